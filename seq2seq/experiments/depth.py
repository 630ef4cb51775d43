"""Claim 0: several layers within a time slice, at equal numbers of parameters."""

from __future__ import annotations

import random
from statistics import mean, stdev
from typing import Any

from seq2seq.drawing.style import BLUE
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow
from seq2seq.experiments.learning import learn
from seq2seq.experiments.sizes import equal_width, parameters
from seq2seq.experiments.tasks import LETTERS, character_accuracy, sentence_accuracy, swap
from seq2seq.text.vocabulary import SPECIALS

DEPTHS = (1, 2, 4)
SEEDS = 3
WIDTH = 128
"""Hidden units of the network with one layer; the others have as many parameters."""

SENTENCES, TEST = 20_000, 500
VOCABULARY = SPECIALS + len(LETTERS) + 1


def run(options: RunOptions) -> Outcome:
    """Train networks of 1, 2 and 4 layers with equal numbers of parameters on the task `swap`."""
    seeds = range(options.seed, options.seed + (2 if options.quick else SEEDS))
    rows: list[TableRow] = []
    for depth in DEPTHS:
        model = model_of(depth)
        characters, sentences = [], []
        for seed in seeds:
            rng = random.Random(seed)
            test, pairs = swap(rng, TEST), swap(rng, SENTENCES)
            train = {"seed": seed, "max_steps": 100 if options.quick else 1_200}
            folder = options.out / "runs" / f"{depth}-layers-seed-{seed}"
            answers = learn(folder, pairs, "full", model, train).translate([pair.source for pair in test])
            characters.append(character_accuracy(answers, test))
            sentences.append(sentence_accuracy(answers, test))
        rows.append(
            {
                "layers": str(depth),
                "units per layer": float(model["hidden"]),
                "parameters": float(parameters(model, VOCABULARY)),
                "character accuracy, %": mean(characters),
                "± over seeds": stdev(characters),
                "sentence accuracy, %": mean(sentences),
            }
        )
    notes = [
        f"Mean and standard deviation over {len(seeds)} seeds; the number of updates is the same for each "
        "depth."
    ]
    return Outcome(rows, [], notes=notes)


def model_of(depth: int) -> dict[str, Any]:
    """Return the settings of the network with `depth` layers; all depths have about as many weights."""

    def sized(layers: int) -> dict[str, Any]:
        return {"kind": "lagged_rnn", "embedding": 32, "hidden": WIDTH, "layers": layers}

    goal = parameters(sized(1), VOCABULARY)
    return {**sized(depth), "hidden": equal_width(sized(depth), VOCABULARY, goal)}


def _verdict(result: Result) -> str:
    one, *deeper = result["rows"]
    limit = one["character accuracy, %"] + one["± over seeds"]
    better = [row["layers"] for row in deeper if row["character accuracy, %"] - row["± over seeds"] > limit]
    gain = f"A gain is shown with {' and '.join(better)} layers" if better else "No gain is shown"
    found = ", ".join(
        f"{row['character accuracy, %']:.4g} % with {_layers(row['layers'])}" for row in result["rows"]
    )
    return f"{gain}: the character accuracy is {found}."


def _layers(count: str) -> str:
    return f"{count} layer" if count == "1" else f"{count} layers"


def _draw(figure: Any, result: Result) -> None:
    axes, rows = figure.subplots(), result["rows"]
    axes.errorbar(
        [row["layers"] for row in rows],
        [row["character accuracy, %"] for row in rows],
        [
            [row["± over seeds"] for row in rows],
            [min(row["± over seeds"], 100 - row["character accuracy, %"]) for row in rows],
        ],
        color=BLUE,
        marker="o",
        capsize=6,
        label="mean ± standard deviation over seeds",
    )
    axes.set_title("Accuracy of 1, 2 and 4 layers with equal numbers of weights")
    axes.set_xlabel("layers within a time slice")
    axes.set_ylabel("character accuracy, %")
    axes.grid()
    axes.legend(loc="lower left")


EXPERIMENT = Experiment(
    number=0,
    name="depth",
    claim="A time slice may hold several layers, each of which reads the states of the layer below.",
    equation="Layer l of L: `h_t^l = g(h_{t-1}^l, h_t^{l-1})`, with `h_t^0 = x_t` and `o_t = f(h_t^L)`.",
    method=(
        "Networks of 1, 2 and 4 layers with equal numbers of weights learn to swap two words of random "
        "letters. Each is trained with the same number of updates and several seeds."
    ),
    figure="A point that lies higher is a better network; the bars show how much seeds differ.",
    bound="None: the accuracy of 1, 2 and 4 layers with equal numbers of parameters is reported.",
    limits=(
        "This task needs memory more than depth, and all depths have the same learning rate and number of "
        "updates. So the result says nothing about depth in translation."
    ),
    minutes=4,
    run=run,
    draw=_draw,
    verdict=_verdict,
)
