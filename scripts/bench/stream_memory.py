"""Memory of a long stream: a million characters on one line, through the tiny model of the tests.

    python -m scripts.bench.stream_memory [--characters 1000000]

Writes docs/results/stream_memory.json and docs/stream_memory.png.
"""

from __future__ import annotations

import argparse
import itertools
import os
import time
from pathlib import Path
from typing import Any

from scripts.results import ROOT, machine, write_results
from seq2seq.corpus.pairs import read_pairs
from seq2seq.drawing.plots import pyplot
from seq2seq.translator import Translator

LAG, POINTS = 8, 100


def resident() -> int:
    """Return the resident memory of this process in bytes (Linux)."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def measure(characters: int) -> dict[str, Any]:
    """Feed the stream; note memory and time at `POINTS` evenly spaced points."""
    stream = Translator.load(ROOT / "tests/golden/tiny", "cpu").stream(LAG)
    text = "".join(f"{pair.source}. " for pair in read_pairs(str(ROOT / "data/train.tsv")))
    endless = itertools.cycle(text[i : i + 100] for i in range(0, len(text), 100))
    points: list[dict[str, float]] = []
    fed = written = 0
    began = time.perf_counter()
    while fed < characters:
        piece = next(endless)
        written += len(stream.feed(piece))
        fed += len(piece)
        if fed * POINTS // characters > len(points):
            seconds = round(time.perf_counter() - began, 2)
            points.append({"read": fed, "written": written, "bytes": resident(), "seconds": seconds})
    return {"machine": machine(), "lag": LAG, "points": points}


def draw(results: dict[str, Any], path: Path) -> None:
    """Draw memory and time against the number of characters read."""
    plt = pyplot()
    figure, (memory, seconds) = plt.subplots(2, 1, figsize=(7, 5), sharex=True)
    read = [point["read"] for point in results["points"]]
    memory.plot(read, [point["bytes"] / 2**20 for point in results["points"]])
    memory.set_ylim(0, 1.3 * max(point["bytes"] for point in results["points"]) / 2**20)
    memory.set_ylabel("resident memory, MiB")
    seconds.plot(read, [point["seconds"] for point in results["points"]])
    seconds.set_ylabel("seconds")
    seconds.set_xlabel("characters read, all on one line")
    seconds.ticklabel_format(style="plain", axis="x")
    for axes in (memory, seconds):
        axes.grid(alpha=0.3)
    figure.tight_layout()
    figure.savefig(path, dpi=120)


def main() -> None:
    """Measure and draw."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--characters", type=int, default=1_000_000)
    results = measure(parser.parse_args().characters)
    write_results("stream_memory", results)
    draw(results, ROOT / "docs/stream_memory.png")


if __name__ == "__main__":
    main()
