"""Claim 2: a network needs the lag that the order of the words requires, and no larger one."""

from __future__ import annotations

import random
from itertools import cycle
from typing import Any

from seq2seq.drawing.style import GREY, MARKERS
from seq2seq.experiments.harness import (
    BoundCheck,
    Experiment,
    Outcome,
    Result,
    RunOptions,
    TableRow,
    at_least,
    at_most,
)
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import CHANCE, character_accuracy, drop_first
from seq2seq.lag import FULL, Lag

NEEDED, QUICK_NEEDED = (1, 3, 6), (1, 3)
"""The lags of the tasks; a quick run leaves out the last, which takes the longest to learn."""
LENGTH, LARGEST = 12, 8
LAGS: tuple[Lag, ...] = (*range(LARGEST + 1), FULL)
NEAR, RIGHT = 1.0, 99.5
SENTENCES, TEST = 20_000, 2_000
MODEL = {
    "embedding": 32,
    "hidden": 96,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "position_bias": True,
}


def run(options: RunOptions) -> Outcome:
    """For three tasks that need different lags, train one network for all lags and test it at each."""
    curves: dict[int, list[float]] = {}
    checks: list[BoundCheck] = []
    for needed in QUICK_NEEDED if options.quick else NEEDED:
        rng = random.Random(options.seed + needed)
        test = drop_first(rng, TEST, needed, LENGTH)
        pairs = drop_first(rng, SENTENCES, needed, LENGTH)
        train = {"seed": options.seed, "max_steps": 1_200 if options.quick else 3_000}
        lags = {"uniform": [0, LARGEST], "full": 0.3}
        translator = learn(options.out / "runs" / f"needs-{needed}", pairs, lags, MODEL, train)
        sources = [pair.source for pair in test]
        curves[needed] = [character_accuracy(translator.translate(sources, lag), test) for lag in LAGS]
        checks += _checks(needed, curves[needed])
    rows: list[TableRow] = [
        {"needed lag": str(needed), **{f"τ = {lag}": score for lag, score in zip(LAGS, scores, strict=True)}}
        for needed, scores in curves.items()
    ]
    notes = [
        "Character accuracy, %. Below the needed lag the letter to be written has not been read, so "
        f"guessing, with {100 * CHANCE:g} %, is the upper bound."
    ]
    return Outcome(rows, checks, notes=notes)


def _checks(needed: int, scores: list[float]) -> list[BoundCheck]:
    below, enough = scores[:needed], scores[needed:]
    farthest = max(abs(score - 100 * CHANCE) for score in below)
    return [
        at_most(f"needed lag {needed}: largest distance from the bound below it, points", farthest, NEAR),
        at_least(f"needed lag {needed}: lowest accuracy at and above it, %", min(enough), RIGHT),
    ]


def _draw(figure: Any, result: Result) -> None:
    axes = figure.subplots()
    for row, marker in zip(result["rows"], cycle(MARKERS)):
        scores = {name.removeprefix("τ = "): score for name, score in row.items() if name != "needed lag"}
        label = f"needs a lag of {row['needed lag']}"
        axes.plot(list(scores), list(scores.values()), marker=marker, label=label)
    axes.axhline(100 * CHANCE, color=GREY, ls=":", label="guessing")
    axes.set_title("Accuracy jumps at the lag that the task needs")
    axes.set_xlabel("lag τ, letters")
    axes.set_ylabel("character accuracy, %")
    axes.set_ylim(0, 103)
    axes.grid()
    axes.legend(loc="center right")


EXPERIMENT = Experiment(
    number=2,
    name="lag",
    claim=(
        "A network must write with a lag behind its reading: it can translate what it has read, and cannot "
        "translate what it has not read."
    ),
    bound=(
        f"On tasks that by construction need a lag of {', '.join(map(str, NEEDED))}, one network for each "
        f"task is within {NEAR:g} point of the computed upper bound on accuracy at every smaller lag, and "
        f"has an accuracy of at least {RIGHT:g} % at the needed lag and at every larger one."
    ),
    equation=(
        "y_t is written once x_1 … x_read(t) are read, `read(t) = min(t + τ, S)`; here `y_t = x_{t+L}`."
    ),
    method=(
        "Three tasks shift random letters by L = 1, 3 and 6 places, so with τ < L the letter to be written "
        "has not been read. One network for each task is trained for all lags and tested at each."
    ),
    figure="Each curve stays at the level of guessing (dotted) and jumps to 100 % at τ = L.",
    limits=(
        "The letters are independent. A translator of real sentences can often guess well what it has not "
        "read, so there quality decreases gradually with the lag (docs/lag.md)."
    ),
    minutes=3,
    run=run,
    draw=_draw,
)
