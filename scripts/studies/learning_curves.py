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

import numpy as np

from scripts.report.results import evaluation, machine, training, write_results
from scripts.report.tables import table, where
from scripts.studies import trainings
from seq2seq.drawing.plots import pyplot

COMMAND = "python -m scripts.studies.learning_curves train.tsv dev.tsv runs/curves"


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


class Run(NamedTuple):
    """A training: the name of its directory, its part of the pairs, and its settings."""

    name: str
    part: int
    settings: dict[str, Any]


def of_size(size: Size) -> Run:
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
    return Run("-".join(map(str, size)), size.part, settings)


def changed(change: str) -> Run:
    """Return the training of `SHORT` with one technique changed."""
    run = of_size(SHORT)
    name = change.replace(",", "").replace(" ", "-")
    return Run(name, run.part, {**run.settings, **CHANGES[change]})


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


def measured(run: Run, dev: Path, out: Path) -> dict[str, Any]:
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


# The tables.


def per_doubling(axis: list[dict[str, Any]], name: str) -> float:
    """Return the gain in chrF per doubling, by least squares."""
    sizes = np.log2([row[name] for row in axis])
    return float(np.polyfit(sizes, [row["chrf"] for row in axis], 1)[0])


def block(results: dict[str, Any]) -> str:
    """Return the table of the axes."""
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


def tried_block(results: dict[str, Any]) -> str:
    """Return the table of techniques, the most harmful change first."""
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
    figure, panels = plt.subplots(1, 3, figsize=(9, 3), sharey=True, layout="constrained")
    for axes, (name, rows) in zip(panels, results["axes"].items(), strict=True):
        axes.plot([row[name] for row in rows], [row["chrf"] for row in rows], marker="o")
        axes.set_xscale("log", base=2)
        axes.set_xticks([row[name] for row in rows], [f"{row[name]:,}" for row in rows])
        axes.set_xlabel(name)
        axes.grid(alpha=0.3)
    panels[0].set_ylabel("chrF, greedy, lag full")
    figure.savefig(path, dpi=120)
    plt.close(figure)


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
