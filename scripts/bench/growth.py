"""How time and memory grow with sentences, lines, corpora and batches.

    python -m scripts.bench.growth [--only text length corpus batch] [--largest 10000000] [--draw]

Each point is measured in a process of its own, on one thread: processor time per character (or pair), and the
peak of resident memory above what the process used before. Networks are untrained and made to write as many
characters as they read. Results: docs/results/growth.json and docs/growth.png. `--only` measures some parts
again and keeps the others; `--draw` measures none. A corpus of 10^7 pairs (`--largest`) takes about eight
minutes and 4 GB of disk.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from scripts.bench.cost import CostRow
from scripts.bench.growth_points import KINDS, SENTENCE
from scripts.results import RESULTS, ROOT, machine

RESULT, FIGURE = RESULTS / "growth.json", ROOT / "docs" / "growth.png"

LENGTHS = (10, 30, 100, 300, 1_000, 3_000, 10_000)
SETTINGS = ("lag 8", "lag full", "lag full, no attention")
LINES = (100, 1_000, 10_000, 100_000, 1_000_000)
CORPORA = (10**3, 10**4, 10**5, 10**6)
BATCHES = (1, 4, 16, 64, 256)
OF_LENGTHS = ("stream", "translate", "training step")
OF_CORPORA = (
    "prepare, first time",
    "prepare, from the cache",
    "order and first batch",
    "three training steps",
)


def point(kind: str, size: int, setting: str) -> CostRow:
    """Measure one point in a new process.

    Args:
        kind: one of `KINDS`.
        size: the size that grows.
        setting: one of `SETTINGS` or, for a corpus, its directory.
    """
    command = [sys.executable, "-m", "scripts.bench.growth", "--point", kind, str(size), setting]
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, env=environment)
    name = f"{kind}, {setting}" if kind in OF_LENGTHS else kind
    row = {"name": name, "size": size, **json.loads(done.stdout)}
    figures = f"{row['us']:12.2f} µs{row['mb']:10.1f} MB, {row['mapped_mb']:.1f} MB of it mapped files"
    print(f"{name:44}{size:12,}{figures}", flush=True)
    return row


def texts() -> list[CostRow]:
    """Measure lines of growing length."""
    rows = [point("normalise and cut", size, "lag full") for size in LINES]
    return rows + [point("translate a line", size, "lag full") for size in LINES[:-1]]


def lengths() -> list[CostRow]:
    """Measure sentences of growing length."""
    return [point(kind, size, setting) for kind in OF_LENGTHS for setting in SETTINGS for size in LENGTHS]


def batches() -> list[CostRow]:
    """Measure batches of growing size."""
    kinds = ("translate a batch", "train on a batch")
    return [point(kind, size, "lag full") for kind in kinds for size in BATCHES]


def corpora(largest: int) -> list[CostRow]:
    """Measure corpora of growing size."""
    rows = []
    for size in sorted({size for size in (*CORPORA, largest) if size <= largest}):
        with tempfile.TemporaryDirectory() as directory:
            rows += [point(kind, size, directory) for kind in OF_CORPORA]
    return rows


def draw(parts: dict[str, list[CostRow]], path: Path) -> None:
    """Draw time per character or pair (left) and memory (right), with a row of panels for each part."""
    from seq2seq.drawing.plots import pyplot
    from seq2seq.drawing.style import MARKERS, WIDTH

    plt = pyplot()
    titles = {
        "text": ("length of the line", "characters in the line", "character"),
        "length": ("length of the sentence", "characters in the sentence", "character"),
        "corpus": ("size of the corpus", "pairs in the corpus", "pair"),
        "batch": ("size of the batch", f"sentences of {SENTENCE} characters in the batch", "character"),
    }
    figure = plt.figure(figsize=(WIDTH, 17), layout="constrained")
    parted = figure.subfigures(4, 1, height_ratios=(3.8, 5, 4, 3.8))
    for part, (name, (what, axis, unit)) in zip(parted, titles.items(), strict=True):
        panels = part.subplots(1, 2)
        _draw_part(panels, parts.get(name, []), MARKERS)
        for axes in panels:
            axes.set_xscale("log")
            axes.set_yscale("log")
            axes.set_xlabel(axis)
            axes.grid()
        panels[0].set_title(f"Time by {what}", fontsize=10)
        panels[1].set_title(f"Memory by {what}", fontsize=10)
        panels[0].set_ylabel(f"processor time, µs per {unit}")
        panels[1].set_ylabel("memory taken, MB")
        part.legend(*panels[0].get_legend_handles_labels(), loc="outside upper center", ncols=3)
    figure.savefig(path)
    plt.close(figure)


def _draw_part(panels: Any, found: list[CostRow], markers: str) -> None:
    times, memories = panels
    series: dict[str, list[CostRow]] = {}
    for row in found:
        series.setdefault(row["name"], []).append(row)
    for number, (name, rows) in enumerate(series.items()):
        sizes = [row["size"] for row in rows]
        how = {"marker": markers[number % len(markers)], "linestyle": "-:"[number // len(markers)]}
        times.plot(sizes, [row["us"] for row in rows], label=name, **how)
        memories.plot(sizes, [max(row["mb"], 0.1) for row in rows], **how)
    if found:
        ends = [min(row["size"] for row in found), max(row["size"] for row in found)]
        level = min(row["us"] for row in found) / 2
        times.plot(ends, [level, level], "k--", label="linear growth")
        most = max(row["mb"] for row in found) * 2
        memories.plot(ends, [most * ends[0] / ends[1], most], "k--")
        memories.set_ylim(bottom=0.1)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parts = ("text", "length", "corpus", "batch")
    parser.add_argument("--only", nargs="+", choices=parts, default=parts)
    parser.add_argument("--largest", type=int, default=max(CORPORA), metavar="PAIRS")
    parser.add_argument("--draw", action="store_true", help="measure nothing, only draw")
    parser.add_argument("--point", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        kind, size, setting = options.point
        print(json.dumps(KINDS[kind](int(size), setting)))
        return
    results = json.loads(RESULT.read_text()) if RESULT.exists() else {}
    if not options.draw:
        measures = {"text": texts, "length": lengths, "batch": batches}
        for part in options.only:
            results[part] = corpora(options.largest) if part == "corpus" else measures[part]()
        results["machine"] = {**machine(), "threads": 1}
        RESULT.parent.mkdir(parents=True, exist_ok=True)
        RESULT.write_text(json.dumps(results, indent=1) + "\n")
    draw(results, FIGURE)


if __name__ == "__main__":
    main()
