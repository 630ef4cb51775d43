"""Claim 5: an LSTM remembers over long gaps, where a plain recurrent network does not."""

from __future__ import annotations

import random
from typing import Any

from seq2seq.experiments.harness import Experiment, Outcome, RunOptions, TableRow, at_least
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import CHANCE, recall, sentence_accuracy

CELLS = ("rnn", "gru", "lstm")
REMEMBERS, GUESSES = 99.0, 100 * CHANCE + 5
SENTENCES, TEST = 20_000, 400


def run(options: RunOptions) -> Outcome:
    """For each cell and gap, train a network on all gaps up to it and test it at that gap."""
    gaps = (3, 10, 30) if options.quick else (3, 10, 20, 40, 80)
    cells = ("rnn", "lstm") if options.quick else CELLS
    curves: dict[str, list[float]] = {cell: [] for cell in cells}
    for cell in cells:
        for gap in gaps:
            pairs = recall(random.Random(options.seed), SENTENCES, 1, gap)
            test = recall(random.Random(options.seed + 1), TEST, gap, gap)
            model = {"kind": "lagged_rnn", "cell": cell, "embedding": 16, "hidden": 64, "layers": 1}
            train = {
                "seed": options.seed,
                "max_steps": 1_000 if options.quick else 1_500,
                "batch_chars": 40 * (gap + 1),
                "learning_rate": 2e-3 if cell == "rnn" else 5e-3,
            }
            translator = learn(options.out / "runs" / f"{cell}-{gap}", pairs, "full", model, train)
            curves[cell].append(sentence_accuracy(translator.translate([pair.source for pair in test]), test))
    rows: list[TableRow] = [
        {"cell": cell, **{f"{gap}": score for gap, score in zip(gaps, scores, strict=True)}}
        for cell, scores in curves.items()
    ]
    reached = {
        cell: max((gap for gap, score in zip(gaps, scores, strict=True) if score > REMEMBERS), default=0)
        for cell, scores in curves.items()
    }
    lost = [lstm for lstm, rnn in zip(curves["lstm"], curves["rnn"], strict=True) if rnn <= GUESSES]
    notes = [
        f"Accuracy of the recalled letter, %, at each gap; guessing has {100 * CHANCE:g}.",
        f"The largest gap with an accuracy above {REMEMBERS:g} %: "
        + ", ".join(f"{cell} {gap}" for cell, gap in reached.items())
        + ".",
    ]
    best = max(lost, default=0.0)
    checks = [at_least("accuracy of lstm, %, at a gap where rnn is at chance", best, REMEMBERS)]
    return Outcome(rows, checks, lambda figure: _draw(figure, gaps, curves), notes)


def _draw(figure: Any, gaps: tuple[int, ...], curves: dict[str, list[float]]) -> None:
    axes = figure.subplots()
    for cell, scores in curves.items():
        axes.plot(gaps, scores, marker="osx"[CELLS.index(cell)], fillstyle="none", markersize=9, label=cell)
    axes.axhline(100 * CHANCE, color="0.6", ls=":", label="chance")
    axes.set_xlabel("gap: steps between the letter and the question")
    axes.set_ylabel("accuracy, %")
    axes.set_ylim(0, 103)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


EXPERIMENT = Experiment(
    number=5,
    name="memory",
    claim="LSTM cells keep information over many steps, where a plain recurrent network has lost it.",
    bound=(
        "There is a gap at which the plain network recalls a letter no better than by chance (accuracy at "
        f"most {GUESSES:g} %) and the LSTM has an accuracy of at least {REMEMBERS:g} %."
    ),
    run=run,
)
