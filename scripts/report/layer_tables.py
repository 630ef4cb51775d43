"""The table and the figure of `scripts.studies.layers`, for docs/claims.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from scripts.report.tables import table, where, wrapped
from scripts.results import read_results
from scripts.studies.layers import DEPTHS
from seq2seq.drawing.plots import pyplot
from seq2seq.drawing.style import BLUE, VERMILION, WIDTH

COMMAND = "python -m scripts.studies.layers train.tsv dev.tsv runs/layers"
WAYS = {"updates": "after equal updates", "time": "in equal time"}


def block() -> str:
    """Return the verdict and the table of networks of 1, 2 and 4 layers on real pairs."""
    results = read_results("layers")
    if not is_complete(results):
        return f"Not measured yet: `{COMMAND}`."
    rows = []
    for row in results["summary"]:
        shown = [
            f"{row['layers']}",
            f"{row['units']}",
            f"{row['parameters']:,}",
            f"{row['milliseconds']:.0f}",
        ]
        for way in WAYS:
            shown += [f"{row[way]['loss']:.3f}", _gain(row, way)]
        rows.append(shown)
    head = ["layers", "units", "weights", "ms an update"]
    for said in WAYS.values():
        head += [f"dev loss {said}", "gain over 1 layer"]
    seeds = len({run["seed"] for run in results["runs"]})
    characters = results["updates"] * results["batch_chars"]
    note = (
        f"Dev loss in nats per character, {seeds} seeds, ± half of a 95 % interval. Each training saw "
        f"{characters:,} characters ({results['updates']:,} updates): the first minutes of one that takes "
        "hours. A time is that of the processor, evaluations included. "
        f"{where(results['machine'])}: `{COMMAND} --updates {results['updates']}`."
    )
    return "\n\n".join(
        [
            wrapped(verdict(results)),
            "![layers on real pairs](claims/layers.png)",
            table(head, rows),
            wrapped(note),
        ]
    )


def is_complete(results: dict[str, Any]) -> bool:
    """Whether every depth has at least two trainings, so that there is an interval."""
    rows = results.get("summary", [])
    return [row["layers"] for row in rows if row["updates"]["interval"] is not None] == list(DEPTHS)


def verdict(results: dict[str, Any]) -> str:
    """Return at which depths a gain is shown: the interval of the gain lies above zero."""
    said = []
    for way, words in WAYS.items():
        deeper = [row for row in results["summary"] if row["layers"] > 1]
        shown = [row["layers"] for row in deeper if _sure(row[way]) > 0]
        worse = [row["layers"] for row in deeper if _sure(row[way]) < 0]
        said.append(
            f"{words}, "
            + (f"a gain with {_listed(shown)} layers" if shown else "no gain from more layers")
            + (f", a loss with {_listed(worse)}" if worse else "")
        )
    return f"**Verdict.** {said[0][0].upper()}{said[0][1:]}; {said[1]}."


def _sure(way: dict[str, Any]) -> int:
    """Return 1 if the interval of a gain lies above zero, -1 if below, 0 otherwise."""
    gain, interval = way["gain"], way["interval"]
    if interval is None or abs(gain) <= interval:
        return 0
    return 1 if gain > 0 else -1


def _listed(depths: list[int]) -> str:
    return " and ".join(map(str, depths))


def _gain(row: dict[str, Any], way: str) -> str:
    gain, interval = row[way]["gain"], row[way]["interval"]
    if row["layers"] == 1:
        return ""
    return f"{gain:+.3f}" + ("" if interval is None else f" ± {interval:.3f}")


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw the dev loss against the number of layers, after equal updates and in equal time."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(WIDTH, 3.8), layout="constrained")
    rows = results["summary"]
    for way, colour, marker in (("updates", BLUE, "o"), ("time", VERMILION, "s")):
        losses, bars = ([row[way][key] or 0 for row in rows] for key in ("loss", "interval"))
        x = [str(row["layers"]) for row in rows]
        axes.errorbar(x, losses, bars, color=colour, marker=marker, capsize=6, label=WAYS[way])
    axes.set_title("Real pairs, networks of equal size; bars: 95 % interval of the difference to 1 layer")
    axes.set_xlabel("layers of encoder and of decoder")
    axes.set_ylabel("dev loss, nats per character (lower is better)")
    axes.grid()
    axes.legend()
    figure.savefig(path)
    plt.close(figure)


BLOCKS = {"claim-layers": block}
