"""The cost of a larger corpus: measured at two sizes of one at hand, and extrapolated to 10^8 pairs.

    python -m scripts.bench.scaling RUN

Writes docs/results/scaling.json, which `scripts.report.render` puts into docs/scaling.md.

The training files of RUN, in their parts with their shares, are prepared in half and whole, each in a process
of its own and with an empty cache. The cost of a pair is the difference between the two, divided by the
difference in pairs. The speed of training is taken from the metrics of RUN.
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
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

from scripts.results import machine, training, write_results
from seq2seq.config.checks import TrainPart
from seq2seq.config.loading import dump_config, load_config
from seq2seq.config.schema import Config

PAIRS = 10**8


def point(config: Config) -> dict[str, float]:
    """Prepare the training files and compute the batches of an epoch; return the costs of this process."""
    import numpy as np

    from seq2seq.corpus.batching import make_order
    from seq2seq.corpus.cachedir import default_cache
    from seq2seq.corpus.prepare import prepare

    data = replace(config.data, dev=None, dev_more=None, test=None)
    before = _peak()
    began = time.perf_counter()
    prepared = prepare(data, default_cache(), spans=config.copies)
    first = time.perf_counter() - began
    peak = _peak() - before
    corpus = prepared.train
    lengths = np.diff(corpus.source_offsets), np.diff(corpus.target_offsets)
    began = time.perf_counter()
    batches = make_order(*lengths, config.train.batch_chars, 1, prepared.parts).epoch(0)
    assert batches
    return {
        "parts": len(prepared.parts),
        "pairs": len(corpus),
        "symbols": int(lengths[1].sum()) + len(corpus),
        "prepare_seconds": first,
        "epoch_seconds": time.perf_counter() - began,
        "memory": max(peak, _peak() - before),
        "disk": sum(file.stat().st_size for file in default_cache().rglob("*.npy")),
        "text": sum(Path(str(part.path)).stat().st_size for part in data.parts),
    }


def _peak() -> int:
    """Return the peak of this process's memory in bytes."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


def measure(run: Path) -> dict[str, Any]:
    """Measure half of the pairs of a run and all of them, and read the speed of training."""
    config = load_config(run / "config.yaml")
    points = []
    for portion in (2, 1):
        with tempfile.TemporaryDirectory() as directory:
            parts = tuple(
                TrainPart(_head(Path(str(part.path)), Path(directory, f"{number}.tsv"), portion), part.share)
                for number, part in enumerate(config.data.parts)
            )
            smaller = replace(config, data=replace(config.data, train=parts))
            settings = Path(directory, "config.yaml")
            settings.write_text(dump_config(smaller), encoding="utf-8")
            environment = os.environ | {"SEQ2SEQ_CACHE": directory}
            command = [sys.executable, "-m", "scripts.bench.scaling", "--point", str(settings)]
            done = subprocess.run(command, check=True, capture_output=True, text=True, env=environment)
            points.append(json.loads(done.stdout))
    return {"machine": machine(), "training": training(run), "points": points}


def _head(pairs: Path, out: Path, portion: int) -> str:
    """Write the first lines of a file, one in `portion`; return the name of the new file."""
    with pairs.open("rb") as file:
        lines = sum(1 for _ in file)
    with pairs.open("rb") as file:
        out.write_bytes(b"".join(islice(file, lines // portion)))
    return str(out)


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
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("run", nargs="?", type=Path, help="a training with at least `train.log_every` steps")
    parser.add_argument("--point", type=Path, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.point:
        print(json.dumps(point(load_config(options.point))))
    elif options.run is None:
        parser.error("name a run")
    else:
        write_results("scaling", measure(options.run))


if __name__ == "__main__":
    main()
