"""The tables and figures of `scripts.bench.race` and `scripts.bench.bulk`, for docs/performance.md."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from scripts.bench import race
from scripts.report.tables import table, where
from scripts.results import read_results
from seq2seq.drawing.plots import pyplot

COLOURS = {"ours": "#0072b2", "eole": "#d55e00", "keras": "#009e73", "joeynmt": "#cc79a7"}
"""Of the palette of Okabe and Ito, whose colours the colour-blind can tell apart."""
MARKERS = {"ours": "o", "eole": "s", "keras": "^", "joeynmt": "D"}
TICKS = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000]
NOT_YET = "Not measured yet."


def race_block() -> str:
    """Return the processor minutes of each system to a useful model."""
    results = read_results("race")
    if not results:
        return NOT_YET
    note = f"{where(results['machine'])}: `python -m scripts.bench.race`."
    return "\n\n".join([race.render(results), note])


def name_of(row: dict[str, Any]) -> str:
    """Return a system, with the model if it has several and with the precision if it is not fp32."""
    words = [row["title"], row.get("model"), None if row["precision"] == "fp32" else row["precision"]]
    return ", ".join(word for word in words if word)


def bulk_block() -> str:
    """Return sentences a second of each system, with ours relative to the others in the same run."""
    results = read_results("bulk")
    if not results:
        return NOT_YET
    runs = sorted({(row["threads"], row["beam"]) for row in results["rows"]})
    heads = [
        f"{'greedy' if beam == 1 else f'beam {beam}'}, {threads} thread{'s' * (threads > 1)}"
        for threads, beam in runs
    ]
    parts = []
    for kind in ("equal size", "trained"):
        rows = [row for row in results["rows"] if row["set"] == kind]
        lines = []
        for name in dict.fromkeys(map(name_of, rows)):
            mine = {(row["threads"], row["beam"]): row for row in rows if name_of(row) == name}
            one = next(iter(mine.values()))
            lines.append([name, race.size(one), *(cell(mine.get(run), kind) for run in runs)])
        parts.append(table([kind, "parameters", *heads], lines))
    counts = sorted({row["sentences"] for row in results["rows"]})
    told = " or ".join(f"{count:,}" for count in counts)
    parts.append(
        f"Sentences a second, for {told} sentences, and their chrF. {where(results['machine'])}: "
        "`python -m scripts.bench.bulk`."
    )
    return "\n\n".join(parts)


def cell(row: dict[str, Any] | None, kind: str) -> str:
    """Return sentences a second, and for trained models chrF."""
    if row is None:
        return "–"
    return f"{row['per_second']:,.0f}" + (f" ({row['chrf']:.1f})" if kind == "trained" else "")


def draw_race(results: dict[str, Any], path: Path) -> None:
    """Draw chrF against the processor time of training."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6.6, 3.8), layout="constrained")
    for name, system in results["systems"].items():
        minutes = [point["cpu"] / 60 for point in system["points"]]
        chrf = [point["chrf"] for point in system["points"]]
        axes.plot(
            minutes, chrf, marker=MARKERS[name], markersize=4, color=COLOURS[name], label=system["title"]
        )
    for goal in race.GOALS:
        axes.axhline(goal, color="0.6", linewidth=0.8, linestyle="--")
    axes.set_xlabel("processor minutes of training, one thread, from raw pairs")
    axes.set_ylabel("chrF of 500 dev sentences, greedy")
    axes.set_xlim(left=0)
    axes.set_ylim(bottom=0)
    axes.grid(alpha=0.3)
    axes.legend()
    figure.savefig(path, dpi=120)
    plt.close(figure)


def draw_bulk(rows: Sequence[dict[str, Any]], path: Path) -> None:
    """Draw chrF against sentences a second of the trained models."""
    plt = pyplot()
    figure, axes = plt.subplots(figsize=(6.6, 4.2), layout="constrained")
    for row in (row for row in rows if row["set"] == "trained"):
        filled = COLOURS[row["system"]] if row["beam"] == 1 else "white"
        axes.plot(
            row["per_second"],
            row["chrf"],
            marker=MARKERS[row["system"]],
            markersize=8,
            color=COLOURS[row["system"]],
            markerfacecolor=filled,
        )
        is_exact = row["precision"] == "fp32"  # the other precision of a model stands beside it
        axes.annotate(
            name_of(row) if is_exact else row["precision"],
            (row["per_second"], row["chrf"]),
            xytext=(0, 8) if is_exact else (9, -3),
            textcoords="offset points",
            ha="center" if is_exact else "left",
            fontsize=8,
        )
    for label, filled in (("greedy", "0.4"), ("beam 5", "white")):
        axes.plot([], [], "o", color="0.4", markerfacecolor=filled, label=label)
    speeds = [row["per_second"] for row in rows if row["set"] == "trained"]
    axes.set_xscale("log")
    axes.set_xticks(TICKS, [str(tick) for tick in TICKS])
    axes.set_xticks([], minor=True)
    axes.set_xlim(min(speeds) / 1.6, max(speeds) * 1.6)
    axes.set_xlabel("sentences a second of processor time, one thread")
    axes.set_ylabel("chrF of the dev sentences")
    axes.margins(y=0.15)
    axes.grid(alpha=0.3)
    axes.legend(loc="lower left")
    figure.savefig(path, dpi=120)
    plt.close(figure)


BLOCKS = {"race": race_block, "bulk": bulk_block}
