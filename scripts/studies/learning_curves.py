"""The effect of more data, a wider network, longer training and single techniques, on real pairs.

    python -m scripts.studies.learning_curves train.tsv dev.tsv runs/curves [--jobs 2]

Trains the models that are missing, each on one thread, and scores them on the dev pairs. Each run is
configs/en-es.yaml with other sizes: along each of three axes one size changes, and the others are those of
`MIDDLE`; each technique is one change to `SHORT`. A stopped run is resumed. Results: docs/results/curves.json
and docs/curves.png.
"""

from __future__ import annotations

import argparse
import random
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, NamedTuple

from scripts.results import evaluation, machine, training, write_results
from scripts.studies import trainings


class Size(NamedTuple):
    """Sizes of a run: one pair out of `part`, units of a layer, and updates of 2,000 characters."""

    part: int
    hidden: int
    updates: int


MIDDLE = Size(1, 128, 4000)
AXES: dict[str, list[Size]] = {
    "pairs": [MIDDLE._replace(part=part) for part in (64, 8, 1)],
    "parameters": [MIDDLE._replace(hidden=hidden) for hidden in (128, 256)],
    "updates": [MIDDLE._replace(updates=updates) for updates in (2000, 4000)],
}
"""The sizes along each axis."""

SHORT = MIDDLE._replace(updates=2000)
CHANGES: dict[str, dict[str, Any]] = {
    "another seed, nothing else": {"train.seed": 2},
    "attention without the learned bias by distance": {"model.position_bias": "false"},
    "three layers read, one writes": {"model.encoder_layers": 3, "model.decoder_layers": 1},
    "one layer each, of 200 units": {
        "model.encoder_layers": 1,
        "model.decoder_layers": 1,
        "model.hidden": 200,
        "model.embedding": 50,
    },
    "no dropout": {"model.dropout": 0},
    "no label smoothing": {"train.label_smoothing": 0},
    "no moving average of the weights": {"train.ema": 0},
    "no characters dropped from the source": {"train.char_dropout": 0},
    "sources as they are in the corpus": {"train.source_noise": 0},
    "no sentences joined": {"train.joined": 0},
    "half as many updates, of 4,000 characters": {"train.batch_chars": 4000, "train.max_steps": 1000},
    "twice as many updates, of 1,000 characters": {"train.batch_chars": 1000, "train.max_steps": 4000},
    "GRU instead of LSTM": {"model.cell": "gru"},
    "constant learning rate": {"train.schedule": "constant"},
}
"""The changes to `SHORT` by which each technique is tested."""


class Training(NamedTuple):
    """A training: the name of its directory, its part of the pairs, and its settings."""

    name: str
    part: int
    settings: dict[str, Any]


def of_size(size: Size) -> Training:
    """Return the training with the given sizes."""
    settings = {
        "model.hidden": size.hidden,
        "model.embedding": size.hidden // 4,
        "train.max_steps": size.updates,
        "train.batch_chars": 2000,
        "train.accumulate": 1,
        "train.warmup_steps": 100,
        "train.threads": 1,
    }
    return Training("-".join(map(str, size)), size.part, settings)


def changed(change: str) -> Training:
    """Return the training of `SHORT` with one technique changed."""
    run = of_size(SHORT)
    name = change.replace(",", "").replace(" ", "-")
    return Training(name, run.part, {**run.settings, **CHANGES[change]})


def run_all(train: Path, dev: Path, out: Path, jobs: int) -> None:
    """Train and score the models that are missing, the slowest first."""
    sizes = sorted({size for axis in AXES.values() for size in axis}, key=lambda size: -size.hidden)
    pairs = train.read_text(encoding="utf-8").splitlines(keepends=True)
    random.Random(1).shuffle(pairs)
    out.mkdir(parents=True, exist_ok=True)
    for part in {size.part for size in sizes}:
        text = "".join(pairs[: len(pairs) // part])
        (out / f"part-{part}.tsv").write_text(text, encoding="utf-8")
    with ThreadPoolExecutor(jobs) as pool:
        found = pool.map(lambda size: measured(of_size(size), dev, out), sizes)
        rows = dict(zip(sizes, found, strict=True))
        axes = {
            name: [{name: _along(name, rows[size]), **rows[size]} for size in axis]
            for name, axis in AXES.items()
        }
        results = {"machine": machine(), "axes": axes, "short": rows[SHORT], "tried": {}}
        write_results("curves", results)
        techniques = pool.map(lambda change: measured(changed(change), dev, out), CHANGES)
        for change, row in zip(CHANGES, techniques, strict=True):
            results["tried"][change] = row
            write_results("curves", results)


def _along(name: str, row: dict[str, Any]) -> int:
    return int(row["steps"] if name == "updates" else row[name])


def measured(run: Training, dev: Path, out: Path) -> dict[str, Any]:
    """Start or resume a training, and score the model with greedy search at lags `full` and 8."""
    directory, data = out / run.name, out / f"part-{run.part}.tsv"
    settings = {"data.train": data, "data.dev": dev, "data.test": "null", **run.settings}
    settings["train.eval_every"] = run.settings["train.max_steps"]
    overrides = [f"{name}={value}" for name, value in settings.items()]
    trainings.train("en-es", overrides, directory, out / f"{run.name}.log")
    low, full = evaluation(directory, dev, "--lags", "8,full")["rows"]
    with data.open("rb") as file:
        pairs = sum(1 for _ in file)
    chrf, bleu = full["quality"]["chrf"], full["quality"]["bleu"]
    return {
        **training(directory),
        "pairs": pairs,
        "chrf": chrf,
        "bleu": bleu,
        "chrf8": low["quality"]["chrf"],
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("train", type=Path)
    parser.add_argument("dev", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--jobs", type=int, default=2, help="simultaneous trainings (2)")
    options = parser.parse_args()
    run_all(options.train, options.dev, options.out, options.jobs)


if __name__ == "__main__":
    main()
