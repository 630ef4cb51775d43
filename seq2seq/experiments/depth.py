"""Claim 0: layers inside a time slice."""

from __future__ import annotations

import random
from statistics import mean, stdev
from typing import Any

from seq2seq.config.schema import ModelConfig
from seq2seq.experiments.harness import Experiment, Outcome, Row, Setting
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import LETTERS, exact, right_characters, swap
from seq2seq.plain.weights import weight_shapes
from seq2seq.text.vocabulary import SPECIALS

DEPTHS = (1, 2, 4)
SEEDS = 3
WIDTH = 128
"""Hidden units of the network of one layer; the others get as many parameters."""

SENTENCES, TEST = 20_000, 500


def run(setting: Setting) -> Outcome:
    """Train networks of 1, 2 and 4 layers and as many parameters on words that change places."""
    seeds = range(setting.seed, setting.seed + (2 if setting.quick else SEEDS))
    rows: list[Row] = []
    points: dict[int, list[float]] = {}
    for depth in DEPTHS:
        width = _width(depth)
        characters, sentences = [], []
        for seed in seeds:
            rng = random.Random(seed)
            test, pairs = swap(rng, TEST), swap(rng, SENTENCES)
            model = {"kind": "lagged_rnn", "embedding": 32, "hidden": width, "layers": depth}
            train = {"seed": seed, "max_steps": 100 if setting.quick else 1_200}
            folder = setting.out / "runs" / f"{depth}-layers-seed-{seed}"
            answers = learn(folder, pairs, "full", model, train).translate([pair.source for pair in test])
            characters.append(right_characters(answers, test))
            sentences.append(exact(answers, test))
        points[depth] = characters
        rows.append(
            {
                "layers": str(depth),
                "units each": float(width),
                "parameters": float(_parameters(depth, width)),
                "right characters, %": mean(characters),
                "± over seeds": stdev(characters),
                "right sentences, %": mean(sentences),
            }
        )
    notes = [f"{len(seeds)} seeds, as many updates for each depth; mean and standard deviation over seeds."]
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
    """Return the width at which a network of `depth` layers has about as many parameters as one of one."""
    goal = _parameters(1, WIDTH)
    return min(range(8, WIDTH + 1), key=lambda width: abs(_parameters(depth, width) - goal))


def _draw(figure: Any, points: dict[int, list[float]]) -> None:
    axes = figure.subplots()
    for depth, scores in points.items():
        axes.plot([str(depth)] * len(scores), scores, "o", color="tab:blue", alpha=0.6)
    axes.plot([str(depth) for depth in points], [mean(scores) for scores in points.values()], color="0.5")
    axes.set_xlabel("layers inside a time slice, as many parameters in all")
    axes.set_ylabel("right characters, %")
    axes.grid(alpha=0.3)


EXPERIMENT = Experiment(
    number=0,
    name="depth",
    claim="A time slice may hold several layers, whose states pass on what lower layers found.",
    bound="None: what 1, 2 and 4 layers of as many parameters learn is reported, with its spread over seeds.",
    run=run,
)
