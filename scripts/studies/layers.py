"""One, two and four layers within a time slice on real pairs, at equal weights and at equal time.

    python -m scripts.studies.layers train.tsv dev.tsv runs/layers [--updates 400] [--seeds 3]

The files hold pairs as `seq2seq data fetch tatoeba` writes them. Encoder and decoder have as many layers
each, and all networks about as many weights. Every training has a constant learning rate, so its dev loss can
be read after any update: after all of them, and after those that fit into the processor time of the fastest
network. Writes docs/results/layers.json after each training; a stopped study goes on after the last one.
"""

from __future__ import annotations

import argparse
import math
import random
import shutil
import time
from collections.abc import Sequence
from itertools import product
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import numpy as np

from scripts.results import machine, read_results, write_results
from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.experiments.learning import learn
from seq2seq.experiments.sizes import equal_width, parameters
from seq2seq.storage.runlog import read_metrics

DEPTHS = (1, 2, 4)
WIDTH, EMBEDDING, VOCABULARY = 96, 32, 100
"""Sizes of the network with one layer; the vocabulary is about that of English and Spanish."""
PAIRS, DEV, READINGS = 20_000, 200, 8
BATCH_CHARS = 1000
STUDENT = {2: 12.706, 3: 4.303, 4: 3.182, 5: 2.776}
"""The quantile of Student's t that gives a 95 % interval, by the number of seeds."""


def model_of(depth: int) -> dict[str, Any]:
    """Return the settings of the network with `depth` layers on each side."""

    def sized(layers: int, width: int) -> dict[str, Any]:
        sizes = {"embedding": EMBEDDING, "hidden": width, "encoder_layers": layers, "decoder_layers": layers}
        return {**sizes, "position_bias": True}

    goal = parameters(sized(1, WIDTH), VOCABULARY)
    return sized(depth, equal_width(sized(depth, WIDTH), VOCABULARY, goal))


def measure(
    depth: int, seed: int, pairs: Sequence[Pair], dev: Sequence[Pair], updates: int, out: Path
) -> dict[str, Any]:
    """Train one network; return its dev losses by update and its processor time, evaluations included."""
    folder = out / f"{depth}-layers-seed-{seed}"
    train = {
        "seed": seed,
        "max_steps": updates,
        "batch_chars": BATCH_CHARS,
        "learning_rate": 4e-3,
        "schedule": "constant",
        "eval_every": max(1, updates // READINGS),
        "eval_sentences": 1,
    }
    model = model_of(depth)
    shutil.rmtree(folder, ignore_errors=True)  # a training that was stopped starts anew: its time is whole
    began = time.process_time()
    learn(folder, pairs, "full", model, train, dev)
    seconds = time.process_time() - began
    losses = [
        [record["step"], record["dev_loss"]]
        for record in read_metrics(folder / "metrics.jsonl")
        if "dev_loss" in record
    ]
    return {
        "layers": depth,
        "seed": seed,
        "units": model["hidden"],
        "parameters": parameters(model, VOCABULARY),
        "seconds_per_update": seconds / updates,
        "losses": losses,
    }


def summary(runs: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """Return for each depth its dev loss, after equal updates and in equal time, and its gain over one layer.

    A gain is the mean, over seeds, of how much lower the loss is than that of one layer with the same seed,
    with half the width of its 95 % interval; a gain is shown if the interval lies above 0.
    """
    depths = sorted({run["layers"] for run in runs})
    # The least of the seeds: other programs on the machine can only make a training slower.
    cost = {
        depth: min(run["seconds_per_update"] for run in runs if run["layers"] == depth) for depth in depths
    }
    updates = max(step for run in runs for step, _ in run["losses"])
    reach = {"updates": dict.fromkeys(depths, float(updates))}
    reach["time"] = {depth: updates * min(cost.values()) / cost[depth] for depth in depths}
    rows = []
    for depth in depths:
        of_depth = [run for run in runs if run["layers"] == depth]
        row: dict[str, Any] = {
            "layers": depth,
            "units": of_depth[0]["units"],
            "parameters": of_depth[0]["parameters"],
            "milliseconds": 1000 * cost[depth],
            "updates_in_time": round(reach["time"][depth]),
        }
        for name, limit in reach.items():
            found = {run["seed"]: _loss(run, limit[depth]) for run in of_depth}
            first = {run["seed"]: _loss(run, limit[1]) for run in runs if run["layers"] == 1}
            gains = [first[seed] - loss for seed, loss in found.items() if seed in first]
            row[name] = {"loss": mean(found.values()), "gain": mean(gains), "interval": _interval(gains)}
        rows.append(row)
    return rows


def _loss(run: dict[str, Any], update: float) -> float:
    """Return the dev loss after a number of updates, linear between two evaluations."""
    steps, losses = zip(*run["losses"], strict=True)
    return float(np.interp(update, steps, losses))


def _interval(gains: Sequence[float]) -> float | None:
    """Return half the width of the 95 % interval of the mean; None of a single number."""
    if len(gains) < 2:
        return None
    return STUDENT[len(gains)] * stdev(gains) / math.sqrt(len(gains))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--updates", type=int, default=400, help="of 1,000 characters (400)")
    parser.add_argument("--seeds", type=int, choices=list(STUDENT), default=3)
    options = parser.parse_args()
    pairs, dev = list(read_pairs(str(options.train))), list(read_pairs(str(options.dev)))
    random.Random(1).shuffle(pairs)
    random.Random(1).shuffle(dev)
    results = read_results("layers")
    runs = results.get("runs", []) if results.get("updates") == options.updates else []
    done = {(run["layers"], run["seed"]) for run in runs}
    for seed, depth in product(range(1, options.seeds + 1), DEPTHS):
        if (depth, seed) not in done:
            runs.append(measure(depth, seed, pairs[:PAIRS], dev[:DEV], options.updates, options.out))
            results = {"machine": machine(), "updates": options.updates, "batch_chars": BATCH_CHARS}
            write_results("layers", {**results, "summary": summary(runs), "runs": runs})


if __name__ == "__main__":
    main()
