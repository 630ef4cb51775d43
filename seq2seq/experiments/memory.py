"""Claim 5: an LSTM remembers over long gaps, where a plain recurrent network does not."""

from __future__ import annotations

import random
from typing import Any

from seq2seq.drawing.style import CELL_STYLES, GREY
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow, at_least
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
    return Outcome(rows, checks, notes=notes)


def _draw(figure: Any, result: Result) -> None:
    axes = figure.subplots()
    for size, row in enumerate(
        result["rows"]
    ):  # larger hollow markers around smaller ones: the curves coincide
        scores = {int(gap): score for gap, score in row.items() if gap != "cell"}
        how = {**CELL_STYLES[row["cell"]], "fillstyle": "none", "markersize": 6 + 3 * size}
        axes.plot(list(scores), list(scores.values()), **how, label=row["cell"])
    axes.axhline(100 * CHANCE, color=GREY, ls=":", label="guessing")
    axes.set_title("Recall of a letter read some steps ago")
    axes.set_xlabel("gap: steps between the letter and the question")
    axes.set_ylabel("accuracy, %")
    axes.set_ylim(0, 106)
    axes.grid()
    axes.legend(loc="center right")


EXPERIMENT = Experiment(
    number=5,
    name="memory",
    claim="LSTM cells keep information over many steps, where a plain recurrent network has lost it.",
    bound=(
        "There is a gap at which the plain network recalls a letter no better than by chance (accuracy at "
        f"most {GUESSES:g} %) and the LSTM has an accuracy of at least {REMEMBERS:g} %."
    ),
    equation=(
        "`c_t = f_t ⊙ c_{t-1} + i_t ⊙ c̃_t`, `h_t = o_t ⊙ tanh(c_t)`; the plain network: `h_t = tanh(U "
        "h_{t-1} + W x_t)`."
    ),
    method=(
        "A network reads one of eight letters, then noise, and then has to recall the letter. For each gap "
        "it is trained on all gaps up to it, so that it can learn short ones first."
    ),
    figure="The curve of rnn falls to guessing (dotted); those of gru and lstm stay at 100 %.",
    limits=(
        "Some weights of a plain network do keep a letter for longer; gradient descent does not find them "
        "within this budget."
    ),
    minutes=3,
    run=run,
    draw=_draw,
)
