"""The tables and the figure of `scripts.studies.learning_curves`, for docs/quality.md."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from scripts.report.tables import table, where
from scripts.results import read_results
from scripts.studies.learning_curves import MIDDLE, SHORT
from seq2seq.drawing.plots import pyplot
from seq2seq.drawing.style import WIDTH

COMMAND = "python -m scripts.studies.learning_curves train.tsv dev.tsv runs/curves"


def per_doubling(axis: list[dict[str, Any]], name: str) -> float:
    """Return the gain in chrF per doubling, by least squares."""
    sizes = np.log2([row[name] for row in axis])
    return float(np.polyfit(sizes, [row["chrf"] for row in axis], 1)[0])


def axes_block() -> str:
    """Return the table of the axes."""
    results = read_results("curves")
    rows = []
    for name, axis in results["axes"].items():
        tried = ", ".join(f"{row[name]:,}: {row['chrf']:.1f}" for row in axis)
        last = axis[-1]["chrf"] - axis[-2]["chrf"]
        doublings = np.log2(axis[-1][name] / axis[-2][name])
        rows.append([name, tried, f"{per_doubling(axis, name):+.1f}", f"{last / doublings:+.1f}"])
    head = ["what grows", "chrF, greedy, lag `full`", "gain for a doubling", "at the end"]
    middle = f"{MIDDLE.hidden} units, {MIDDLE.updates:,} updates of 2,000 characters, all pairs"
    note = f"Otherwise {middle}. One seed each. {where(results['machine'])}: `{COMMAND}`."
    return "\n".join([table(head, rows), "", note])


def tried_block() -> str:
    """Return the table of techniques, the most harmful change first."""
    results = read_results("curves")
    short, tried = results["short"], results["tried"]
    rows = [["none", f"{short['chrf']:.1f}", "", f"{short['chrf8']:.1f}", ""]]
    for change, row in sorted(tried.items(), key=lambda item: item[1]["chrf"]):
        away = [f"{row[score] - short[score]:+.1f}" for score in ("chrf", "chrf8")]
        rows.append([change, f"{row['chrf']:.1f}", away[0], f"{row['chrf8']:.1f}", away[1]])
    note = (
        f"Greedy. Otherwise {SHORT.hidden} units, {SHORT.updates:,} updates of 2,000 characters, all "
        "pairs. One seed each, so differences as small as that of another seed mean nothing. "
        f"{where(results['machine'])}: `{COMMAND}`."
    )
    head = ["change", "chrF, lag `full`", "", "chrF, lag 8", ""]
    return "\n".join([table(head, rows), "", note])


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw chrF along each axis, on a logarithmic scale."""
    plt = pyplot()
    figure, panels = plt.subplots(1, 3, figsize=(WIDTH, 3.4), sharey=True, layout="constrained")
    for axes, (name, rows) in zip(panels, results["axes"].items(), strict=True):
        axes.plot([row[name] for row in rows], [row["chrf"] for row in rows], marker="o")
        axes.set_xscale("log", base=2)
        axes.set_xticks([row[name] for row in rows], [f"{row[name]:,}" for row in rows])
        axes.set_xlabel(name)
        axes.margins(x=0.15)  # leaves room for the numbers
        axes.set_title(f"more {name}")
        axes.grid()
    panels[0].set_ylabel("chrF, greedy, lag full")
    figure.savefig(path)
    plt.close(figure)


BLOCKS = {"curves": axes_block, "tried": tried_block}
