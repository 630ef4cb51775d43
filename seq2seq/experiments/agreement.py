"""Claim 5 on sentences: an adjective agrees with a subject that was read many words before."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from statistics import mean
from typing import Any

from seq2seq.corpus.pairs import Pair
from seq2seq.drawing.style import CELL_STYLES, GREEN, GREY
from seq2seq.experiments.agreement_tasks import CHANCE, CLAUSES, ending_of, endings, spoken
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow, at_least
from seq2seq.experiments.learning import learn
from seq2seq.experiments.sizes import equal_width, parameters
from seq2seq.experiments.tasks import sentence_accuracy
from seq2seq.lag import FULL
from seq2seq.pretrained import SHIPPED
from seq2seq.text.vocabulary import SPECIALS
from seq2seq.translator import Translator

CELLS = ("rnn", "lstm")
LENGTHS, QUICK_LENGTHS = (0, 3, 6, 9, 12), (0, 6)
SEEDS = 3
SENTENCES, TEST = 8_000, 200
UPDATES, BATCH_CHARS = 1_200, 2_000
WIDTH = 64
"""Units of the LSTM; the plain network has as many weights."""
REMEMBERS, AHEAD = 95.0, 30.0


def run(options: RunOptions) -> Outcome:
    """Train both cells to end the adjectives of made sentences; test the model of the package on others."""
    lengths = QUICK_LENGTHS if options.quick else LENGTHS
    seeds = range(options.seed, options.seed + (1 if options.quick else SEEDS))
    curves: dict[str, dict[int, list[float]]] = {}
    sizes = []
    for cell in CELLS:
        curves[cell] = {length: [] for length in lengths}
        for seed in seeds:
            pairs = endings(random.Random(seed), SENTENCES, lengths)
            model = model_of(cell, pairs)
            train = {
                "seed": seed,
                "max_steps": UPDATES,
                "batch_chars": BATCH_CHARS,
                "learning_rate": 2e-3 if cell == "rnn" else 5e-3,
            }
            translator = learn(options.out / "runs" / f"{cell}-seed-{seed}", pairs, "full", model, train)
            for length in lengths:
                test = endings(random.Random(1000 + length), TEST, (length,))
                answers = translator.translate([pair.source for pair in test])
                curves[cell][length].append(sentence_accuracy(answers, test))
        sizes.append(f"{cell} {model['hidden']} units")
    rows: list[TableRow] = [
        _row(cell, length, mean(scores), min(scores), max(scores))
        for cell, found in curves.items()
        for length, scores in found.items()
    ]
    shipped, wrong = _shipped(options.quick)
    notes = [
        f"Trained networks: lowest and highest of {len(seeds)} seeds; guessing has {100 * CHANCE:g} %; as "
        f"many weights each ({', '.join(sizes)}). {SHIPPED}: 95 % interval of {len(spoken(0))} sentences for "
        "each k, at lag `full`.",
        f"{SHIPPED}, some of its {len(wrong)} wrong endings: {'; '.join(wrong[:3])}." if wrong else "",
    ]
    ahead = [(mean(curves["lstm"][k]), mean(curves["lstm"][k]) - mean(curves["rnn"][k])) for k in lengths]
    most = max((lead for lstm, lead in ahead if lstm >= REMEMBERS), default=0.0)
    checks = [
        at_least(f"points of lstm above rnn at a k at which it has at least {REMEMBERS:g} %", most, AHEAD)
    ]
    return Outcome([*rows, *shipped], checks, notes=[note for note in notes if note])


def model_of(cell: str, pairs: Sequence[Pair]) -> dict[str, Any]:
    """Return the settings of a network with a cell; all have about as many weights as the LSTM."""
    vocabulary = SPECIALS + len({character for pair in pairs for text in pair for character in text})

    def sized(cell: str) -> dict[str, Any]:
        return {"kind": "lagged_rnn", "cell": cell, "embedding": 16, "hidden": WIDTH, "layers": 1}

    goal = parameters(sized("lstm"), vocabulary)
    return {**sized(cell), "hidden": equal_width(sized(cell), vocabulary, goal)}


def _row(network: str, words: int, accuracy: float, low: float, high: float) -> TableRow:
    return {
        "network": network,
        "words between, k": str(words),
        "accuracy of the ending, %": accuracy,
        "low": low,
        "high": high,
    }


def _shipped(quick: bool) -> tuple[list[TableRow], list[str]]:
    """Return the rows of the model of the package, and its translations with a wrong ending."""
    translator = Translator.load()
    rows, wrong = [], []
    for words in QUICK_LENGTHS if quick else CLAUSES:
        pairs = spoken(words)
        answers = translator.translate([pair.source for pair in pairs], FULL)
        right = [ending_of(answer) == pair.target for answer, pair in zip(answers, pairs, strict=True)]
        low, high = wilson(sum(right), len(right))
        rows.append(_row(SHIPPED, words, 100 * sum(right) / len(right), 100 * low, 100 * high))
        wrong += [
            f"“{pair.source}” → «{answer}»"
            for answer, pair, fine in zip(answers, pairs, right, strict=True)
            if not fine
        ]
    return rows, wrong


def wilson(right: int, count: int) -> tuple[float, float]:
    """Return the 95 % interval of a share (Wilson 1927)."""
    z, share = 1.96, right / count
    middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
    half = z / (1 + z**2 / count) * math.sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
    return middle - half, middle + half


def _draw(figure: Any, result: Result) -> None:
    panels = figure.subplots(1, 2, sharey=True)
    styles = {**CELL_STYLES, SHIPPED: {"color": GREEN, "marker": "s"}}
    for network in dict.fromkeys(row["network"] for row in result["rows"]):
        rows = [row for row in result["rows"] if row["network"] == network]
        scores = [row["accuracy of the ending, %"] for row in rows]
        bars = [
            [max(0.0, score - row["low"]) for score, row in zip(scores, rows, strict=True)],
            [max(0.0, row["high"] - score) for score, row in zip(scores, rows, strict=True)],
        ]
        words = [int(row["words between, k"]) for row in rows]
        axes = panels[int(network == SHIPPED)]
        axes.errorbar(words, scores, bars, **styles[network], capsize=4, label=network)
    for axes, title in zip(
        panels, ("trained on made sentences; bars: seeds", "model of the package; bars: 95 %"), strict=True
    ):
        axes.axhline(100 * CHANCE, color=GREY, ls=":", label="guessing")
        axes.set_title(title, fontsize=10)
        axes.set_xlabel("words between subject and predicate, k")
        axes.grid()
        axes.legend(loc="lower left")
    panels[0].set_ylabel("accuracy of the agreeing ending, %")
    panels[0].set_ylim(0, 103)
    figure.suptitle("“The dogs that … are tired”: is it cansado, cansada, cansados or cansadas?")


EXPERIMENT = Experiment(
    number=5,
    name="agreement",
    claim=(
        "A word may depend on one read long before, as an adjective on its subject: the cell must keep it."
    ),
    equation=(
        "`h_t` must hold gender and number of the subject from its last letter to the end of the clause."
    ),
    method=(
        "A grammar makes English sentences whose subject is followed by a relative clause of k words (“the "
        "dogs that I saw by the hen felt tired”), and networks read them and write the ending of the "
        "Spanish adjective (cansad-os). The model of the package translates whole sentences of this kind, "
        "and the ending of its last word is scored."
    ),
    figure=(
        "Left: the further the curve of a cell stays above guessing (dotted), the longer it keeps the "
        "subject. Right: the same for the model of the package."
    ),
    bound=(
        f"There is a k at which the LSTM ends at least {REMEMBERS:g} % of the adjectives rightly (mean over "
        f"seeds) and is at least {AHEAD:g} points above a plain network with as many weights. The model of "
        "the package is reported without a bound."
    ),
    limits=(
        "The trained networks write the ending only, so that nothing but memory is tested. The model of the"
        " package has attention, which can look back at the subject: its curve says how well it translates,"
        " not how long its cells remember. Its sentences are few, short and of one kind."
    ),
    minutes=5,
    run=run,
    draw=_draw,
)
