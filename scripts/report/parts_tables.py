"""The table of `scripts.studies.parts`, for docs/quality.md."""

from __future__ import annotations

from collections.abc import Callable
from statistics import mean
from typing import Any

from scripts.report.tables import table, where, wrapped
from scripts.results import read_results
from scripts.studies.parts import LAGS, PARTS

COMMAND = "python -m scripts.studies.parts train.tsv dev.tsv runs/parts"


def parts_block() -> str:
    """Return the scores of networks with each part alone and with all, by size."""
    results = read_results("parts")
    if not results:
        return f"Not measured yet: `{COMMAND}`."
    sizes = sorted({run["hidden"] for run in results["runs"]})
    shown = [_of_size([run for run in results["runs"] if run["hidden"] == size]) for size in sizes]
    note = wrapped(
        f"chrF / BLEU, greedy, of {results['sentences']} dev sentences; means of the seeds, ± half of the "
        f"difference of their chrF. {where(results['machine'])}: `{COMMAND}`."
    )
    return "\n\n".join([*shown, note])


def _of_size(runs: list[dict[str, Any]]) -> str:
    seeds = len({run["seed"] for run in runs})
    said = (
        f"**{runs[0]['hidden']} units**, {runs[0]['minutes']:g} minutes of one thread for each training, "
        f"{seeds} seed{'s' if seeds > 1 else ''}:"
    )
    rows = []
    for part in PARTS:
        if of_part := [run for run in runs if run["part"] == part]:
            first = of_part[0]
            size = f"{first['parameters'] / 1e6:.1f} million"
            rows.append([part, size, f"{first['milliseconds']:.0f}", f"{first['updates']:,}"])
            rows[-1] += [_scores([run["scores"][lag] for run in of_part]) for lag in LAGS]
    head = ["parts", "weights", "ms an update", "updates", *(f"lag {lag}" for lag in LAGS)]
    return f"{said}\n\n{table(head, rows)}"


def _scores(found: list[dict[str, float]]) -> str:
    chrf = [one["chrf"] for one in found]
    apart = f" ± {(max(chrf) - min(chrf)) / 2:.1f}" if len(chrf) > 1 else ""
    return f"{mean(chrf):.1f}{apart} / {mean(one['bleu'] for one in found):.1f}"


BLOCKS: dict[str, Callable[[], str]] = {"parts": parts_block}
