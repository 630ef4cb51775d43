"""Claim 2 on sentences: accuracy at each lag on the bundled corpus, whose smallest lags are known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.corpus.lag_bounds import prefix_ceiling
from seq2seq.corpus.pairs import Pair
from seq2seq.drawing.style import BLUE, VERMILION
from seq2seq.errors import UserError
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
from seq2seq.experiments.tasks import sentence_accuracy
from seq2seq.lag import FULL, Lag

CORPUS = Path(__file__).parents[2] / "data"
LONGEST = 24
"""Longest sentence used, in characters, so that a small network is enough."""

LAGS: tuple[Lag, ...] = (0, 2, 4, 6, 8, 10, 12, FULL)
BLOCKS, BLOCK = 16, 50
"""The test set is blocks of alphabetical neighbours: they share prefixes and so need their lags."""

SLACK, RISE = 1.0, 50.0
MODEL = {
    "embedding": 24,
    "hidden": 96,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "position_bias": True,
}


class CorpusSentence(NamedTuple):
    """A pair of the corpus and its smallest lag: from there on, the corpus determines every character."""

    source: str
    target: str
    smallest: int


def run(options: RunOptions) -> Outcome:
    """Train one network for all lags on short sentences; compare its accuracy with the upper bound."""
    corpus = read_corpus(CORPUS)
    scored = _blocks(corpus)
    pairs = [Pair(sentence.source, sentence.target) for sentence in scored]
    train = {"seed": options.seed, "max_steps": 2_000 if options.quick else 5_000, "learning_rate": 1e-2}
    lags = {"uniform": [0, 12], "full": 0.5}
    training_pairs = [Pair(sentence.source, sentence.target) for sentence in corpus]
    translator = learn(options.out / "runs" / "sentences", training_pairs, lags, MODEL, train)
    rows = []
    for lag in LAGS:
        answers = translator.translate([pair.source for pair in pairs], lag)
        rows.append(_row(lag, answers, scored))
    return Outcome(rows, _checks(rows), notes=_NOTES)


def read_corpus(folder: Path) -> list[CorpusSentence]:
    """Return the short sentences of all parts, in alphabetical order.

    Raises:
        UserError: the corpus is missing.
    """
    files = sorted(folder.glob("t*.tsv")) + sorted(folder.glob("dev.tsv"))
    if not files:
        raise UserError(f"the bundled corpus is not in {folder}: run this experiment from a checkout")
    lines = [line.split("\t") for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    found = {CorpusSentence(source, target, int(smallest)) for source, target, smallest, _ in lines}
    return sorted(s for s in found if max(len(s.source), len(s.target)) <= LONGEST)


def _blocks(corpus: Sequence[CorpusSentence]) -> list[CorpusSentence]:
    firsts = [i * (len(corpus) - BLOCK) // max(1, BLOCKS - 1) for i in range(BLOCKS)]
    return sorted({sentence for first in firsts for sentence in corpus[first : first + BLOCK]})


def _row(lag: Lag, answers: Sequence[str], scored: Sequence[CorpusSentence]) -> TableRow:
    """Score all sentences at one lag, and separately those whose smallest lag is larger."""
    row: TableRow = {
        "lag": str(lag),
        "sentence accuracy, %": sentence_accuracy(answers, [Pair(s.source, s.target) for s in scored]),
        "upper bound, %": _upper_bound(scored, lag),
    }
    below = [(a, s) for a, s in zip(answers, scored, strict=True) if lag != FULL and s.smallest > lag]
    row["sentences that need more lag"] = float(len(below))
    if below:
        hard = [s for _, s in below]
        row["their accuracy, %"] = sentence_accuracy(
            [a for a, _ in below], [Pair(s.source, s.target) for s in hard]
        )
        row["their upper bound, %"] = _upper_bound(hard, lag)
    else:
        row["their accuracy, %"] = row["their upper bound, %"] = "-"
    return row


def _upper_bound(sentences: Sequence[CorpusSentence], lag: Lag) -> float:
    return 100 * prefix_ceiling([(s.source, s.target) for s in sentences], lag)


def _checks(rows: Sequence[TableRow]) -> list[BoundCheck]:
    scores = [float(row["sentence accuracy, %"]) for row in rows]
    excess = [float(row["sentence accuracy, %"]) - float(row["upper bound, %"]) for row in rows]
    excess += [
        float(row["their accuracy, %"]) - float(row["their upper bound, %"])
        for row in rows
        if row["sentences that need more lag"]
    ]
    falls = max(a - b for a, b in pairwise(scores))
    return [
        at_most("accuracy above the upper bound, points", max(excess), 1e-9),
        at_most("largest decrease from one lag to the next, points", falls, SLACK),
        at_least("accuracy at full above that at 0, points", scores[-1] - scores[0], RISE),
    ]


_NOTES = [
    "The upper bound is the accuracy of the best possible translator that knows all these sentences and, at "
    "each place, sees x_1 … x_read(t) and what it has written. It is computed by recursion over prefixes.",
    "The test sentences are part of the training data: this experiment says nothing about new sentences.",
]


def _draw(figure: Any, result: Result) -> None:
    axes, rows = figure.subplots(), result["rows"]
    hard = [row for row in rows if row["sentences that need more lag"]]
    for name, part, accuracy, bound, how in (
        ("all sentences", rows, "sentence accuracy, %", "upper bound, %", {"color": BLUE, "marker": "o"}),
        (
            "sentences that need more lag",
            hard,
            "their accuracy, %",
            "their upper bound, %",
            {"color": VERMILION, "marker": "s"},
        ),
    ):
        lags = [row["lag"] for row in part]
        axes.plot(lags, [row[accuracy] for row in part], **how, label=f"{name}: network")
        hollow = {**how, "ls": "--", "fillstyle": "none", "label": f"{name}: upper bound"}
        axes.plot(lags, [row[bound] for row in part], **hollow)
    axes.set_title("English–Spanish sentences: accuracy rises with the lag")
    axes.set_xlabel("lag τ, characters")
    axes.set_ylabel("sentence accuracy, %")
    axes.set_ylim(0, 103)
    axes.grid()
    axes.legend(loc="lower right")


EXPERIMENT = Experiment(
    number=2,
    name="sentences",
    claim="On English and Spanish sentences, too, accuracy rises with the lag up to the one that is needed.",
    bound=(
        "On the bundled corpus, with one network for all lags, sentence accuracy rises with the lag: from "
        f"one lag to the next it falls by at most {SLACK:g} points, and at `full` it is at least {RISE:g} "
        "points above that at lag 0. At no lag is it above the accuracy of the best possible translator, "
        "neither on all sentences nor on those whose smallest lag is larger."
    ),
    equation=(
        "The smallest lag of a pair is the least τ at which x_1 … x_read(t) and y_1 … y_{t-1} determine "
        "every y_t, `read(t) = min(t + τ, S)`."
    ),
    method=(
        "The bundled corpus is synthetic, so the smallest lag of each sentence is known: from it on, a "
        "translator that knows the corpus has nothing to guess. One network for all lags is tested on "
        "sentences that begin alike, and compared with the best possible translator."
    ),
    figure=(
        "Solid lines rise with the lag and stay below the dashed ones, which no translator can pass; the "
        "orange ones are of the sentences that need more than this lag."
    ),
    limits=(
        "The test sentences are part of the training data, so nothing is said about new sentences. The "
        "article speaks of one lag for a language; in fact the lag that is needed differs between "
        "sentences."
    ),
    minutes=2,
    run=run,
    draw=_draw,
)
