"""Claim 5: an LSTM remembers what it saw long ago, and a plain recurrent network does not."""

from __future__ import annotations

import random
from typing import Any

from seq2seq.experiments.harness import Experiment, Outcome, Row, Setting, at_least
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import CHANCE, exact, recall

CELLS = ("rnn", "gru", "lstm")
REMEMBERS, GUESSES = 99.0, 100 * CHANCE + 5
SENTENCES, TEST = 20_000, 400


def run(setting: Setting) -> Outcome:
    """For each cell and gap train a network on all gaps up to that one, and ask it for the letter at it."""
    gaps = (3, 10, 30) if setting.quick else (3, 10, 20, 40, 80)
    cells = ("rnn", "lstm") if setting.quick else CELLS
    curves: dict[str, list[float]] = {cell: [] for cell in cells}
    for cell in cells:
        for gap in gaps:
            pairs = recall(random.Random(setting.seed), SENTENCES, 1, gap)
            test = recall(random.Random(setting.seed + 1), TEST, gap, gap)
            model = {"kind": "lagged_rnn", "cell": cell, "embedding": 16, "hidden": 64, "layers": 1}
            train = {
                "seed": setting.seed,
                "max_steps": 1_000 if setting.quick else 1_500,
                "batch_chars": 40 * (gap + 1),
                "learning_rate": 2e-3 if cell == "rnn" else 5e-3,
            }
            translator = learn(setting.out / "runs" / f"{cell}-{gap}", pairs, "full", model, train)
            curves[cell].append(exact(translator.translate([pair.source for pair in test]), test))
    rows: list[Row] = [
        {"cell": cell, **{f"{gap}": score for gap, score in zip(gaps, scores, strict=True)}}
        for cell, scores in curves.items()
    ]
    reached = {
        cell: max((gap for gap, score in zip(gaps, scores, strict=True) if score > REMEMBERS), default=0)
        for cell, scores in curves.items()
    }
    lost = [lstm for lstm, rnn in zip(curves["lstm"], curves["rnn"], strict=True) if rnn <= GUESSES]
    notes = [
        f"Right letters, %, by gap; a guess gets {100 * CHANCE:g}.",
        f"The largest gap with more than {REMEMBERS:g} % right: "
        + ", ".join(f"{cell} {gap}" for cell, gap in reached.items())
        + ".",
    ]
    best = max(lost, default=0.0)
    checks = [at_least("right letters of lstm, %, at a gap where rnn is at chance", best, REMEMBERS)]
    return Outcome(rows, checks, lambda figure: _draw(figure, gaps, curves), notes)


def _draw(figure: Any, gaps: tuple[int, ...], curves: dict[str, list[float]]) -> None:
    axes = figure.subplots()
    for cell, scores in curves.items():
        axes.plot(gaps, scores, marker="osx"[CELLS.index(cell)], fillstyle="none", markersize=9, label=cell)
    axes.axhline(100 * CHANCE, color="0.6", ls=":", label="a guess")
    axes.set_xlabel("gap: steps between the letter and the question")
    axes.set_ylabel("right letters, %")
    axes.set_ylim(0, 103)
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


EXPERIMENT = Experiment(
    number=5,
    name="memory",
    claim=("LSTM cells keep what they saw many steps ago, where a plain recurrent network has forgotten it."),
    bound=(
        f"There is a gap at which the plain network recalls a letter no better than chance (at most "
        f"{GUESSES:g} % right) and the LSTM at least {REMEMBERS:g} %."
    ),
    run=run,
)
