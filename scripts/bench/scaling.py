"""The cost of a larger corpus: measured at two sizes of one at hand, and extrapolated to 10^8 pairs.

    python -m scripts.bench.scaling PAIRS.tsv RUN

Writes docs/results/scaling.json, which `scripts.report.render` puts into docs/scaling.md.

Half of PAIRS and all of PAIRS are prepared, each in a process of its own and with an empty cache. The cost of
a pair is the difference between the two, divided by the difference in pairs. The speed of training is taken
from the metrics of RUN.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from itertools import islice
from pathlib import Path
from typing import Any

from scripts.results import machine, training, write_results

PAIRS = 10**8


def point(pairs: Path) -> dict[str, float]:
    """Prepare a corpus and compute the batches of an epoch; return the costs of this process."""
    import numpy as np

    from seq2seq.config.schema import DataConfig
    from seq2seq.corpus.batching import BatchOrder
    from seq2seq.corpus.cache import default_cache
    from seq2seq.corpus.prepare import prepare

    data = DataConfig(train=str(pairs), dev=None, test=None)
    before = _peak()
    began = time.perf_counter()
    corpus = prepare(data, default_cache()).train
    first = time.perf_counter() - began
    prepared = _peak() - before
    lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
    began = time.perf_counter()
    batches = BatchOrder(*lengths, batch_chars=8000, seed=1).epoch(0)
    assert batches
    return {
        "pairs": len(corpus),
        "symbols": int(lengths[1].sum()) + len(corpus),
        "prepare_seconds": first,
        "epoch_seconds": time.perf_counter() - began,
        "memory": max(prepared, _peak() - before),
        "disk": sum(file.stat().st_size for file in default_cache().rglob("*.npy")),
        "text": pairs.stat().st_size,
    }


def _peak() -> int:
    """Return the peak of this process's memory in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(pairs: Path, run: Path) -> dict[str, Any]:
    """Measure half of the pairs and all of them, and read the speed of training from a run."""
    with pairs.open("rb") as file:
        lines = sum(1 for _ in file)
    points = []
    for count in (lines // 2, lines):
        with tempfile.TemporaryDirectory() as directory:
            part = Path(directory) / "pairs.tsv"
            with pairs.open("rb") as file:
                part.write_bytes(b"".join(islice(file, count)))
            environment = os.environ | {"SEQ2SEQ_CACHE": directory}
            command = [sys.executable, "-m", "scripts.bench.scaling", str(part)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            points.append(json.loads(done.stdout))
    return {"machine": machine(), "training": training(run), "points": points}


def estimate(results: dict[str, Any], pairs: int = PAIRS) -> dict[str, float]:
    """Return the costs of `pairs` sentence pairs in hours and bytes, which all grow linearly.

    A cost is c = pairs · (c₂ - c₁) / (n₂ - n₁) with the two sizes measured; one epoch of training takes
    pairs · symbols per pair / symbols a second.
    """
    half, whole = results["points"]
    grown = {key: (whole[key] - half[key]) / (whole["pairs"] - half["pairs"]) for key in whole}
    return {
        "text": pairs * grown["text"],
        "disk": pairs * grown["disk"],
        "memory": pairs * grown["memory"],
        "prepare": pairs * grown["prepare_seconds"] / 3600,
        "epoch": pairs * grown["epoch_seconds"] / 3600,
        "training": pairs * grown["symbols"] / results["training"]["chars_per_second"] / 3600,
    }


def main() -> None:
    """Run the command line; without RUN, measure one size and print it for `measure` to read."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path)
    parser.add_argument("run", nargs="?", type=Path)
    options = parser.parse_args()
    if options.run is None:
        print(json.dumps(point(options.pairs)))
    else:
        write_results("scaling", measure(options.pairs, options.run))


if __name__ == "__main__":
    main()
