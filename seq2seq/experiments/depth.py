"""Claim 0: several layers within a time slice, at equal numbers of parameters."""

from __future__ import annotations

import random
from statistics import mean, stdev
from typing import Any

from seq2seq.config.schema import ModelConfig
from seq2seq.experiments.harness import Experiment, Outcome, RunOptions, TableRow
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import LETTERS, character_accuracy, sentence_accuracy, swap
from seq2seq.plain.weights import weight_shapes
from seq2seq.text.vocabulary import SPECIALS

DEPTHS = (1, 2, 4)
SEEDS = 3
WIDTH = 128
"""Hidden units of the network with one layer; the others have as many parameters."""

SENTENCES, TEST = 20_000, 500


def run(options: RunOptions) -> Outcome:
    """Train networks of 1, 2 and 4 layers with equal numbers of parameters on the task `swap`."""
    seeds = range(options.seed, options.seed + (2 if options.quick else SEEDS))
    rows: list[TableRow] = []
    points: dict[int, list[float]] = {}
    for depth in DEPTHS:
        width = _width(depth)
        characters, sentences = [], []
        for seed in seeds:
            rng = random.Random(seed)
            test, pairs = swap(rng, TEST), swap(rng, SENTENCES)
            model = {"kind": "lagged_rnn", "embedding": 32, "hidden": width, "layers": depth}
            train = {"seed": seed, "max_steps": 100 if options.quick else 1_200}
            folder = options.out / "runs" / f"{depth}-layers-seed-{seed}"
            answers = learn(folder, pairs, "full", model, train).translate([pair.source for pair in test])
            characters.append(character_accuracy(answers, test))
            sentences.append(sentence_accuracy(answers, test))
        points[depth] = characters
        rows.append(
            {
                "layers": str(depth),
                "units per layer": float(width),
                "parameters": float(_parameters(depth, width)),
                "character accuracy, %": mean(characters),
                "± over seeds": stdev(characters),
                "sentence accuracy, %": mean(sentences),
            }
        )
    notes = [
        f"Mean and standard deviation over {len(seeds)} seeds; the number of updates is the same for each "
        "depth."
    ]
    return Outcome(rows, [], lambda figure: _draw(figure, points), notes)


def _parameters(depth: int, width: int) -> int:
    config = ModelConfig(kind="lagged_rnn", embedding=32, hidden=width, layers=depth)
    total = 0
    for shape in weight_shapes(config, SPECIALS + len(LETTERS) + 1, 0, {}).values():
        size = 1
        for side in shape:
            size *= side
        total += size
    return total


def _width(depth: int) -> int:
    """Return the width at which `depth` layers have about as many parameters as one layer of `WIDTH`."""
    goal = _parameters(1, WIDTH)
    return min(range(8, WIDTH + 1), key=lambda width: abs(_parameters(depth, width) - goal))


def _draw(figure: Any, points: dict[int, list[float]]) -> None:
    axes = figure.subplots()
    for depth, scores in points.items():
        axes.plot([str(depth)] * len(scores), scores, "o", color="tab:blue", alpha=0.6)
    axes.plot([str(depth) for depth in points], [mean(scores) for scores in points.values()], color="0.5")
    axes.set_xlabel("layers within a time slice, equal numbers of parameters")
    axes.set_ylabel("character accuracy, %")
    axes.grid(alpha=0.3)


EXPERIMENT = Experiment(
    number=0,
    name="depth",
    claim="A time slice may hold several layers, each of which reads the states of the layer below.",
    bound="None: the accuracy of 1, 2 and 4 layers with equal numbers of parameters is reported.",
    run=run,
)
