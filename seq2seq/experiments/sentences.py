"""Claim 2, on sentences: what a lag costs on the bundled corpus, whose smallest lags are known."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

from seq2seq.corpus.lag_bounds import prefix_ceiling
from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError
from seq2seq.experiments.harness import Check, Experiment, Outcome, Row, Setting, at_least, at_most
from seq2seq.experiments.learning import learn
from seq2seq.experiments.tasks import exact
from seq2seq.lag import FULL, Lag

CORPUS = Path(__file__).parents[2] / "data"
LONGEST = 24
"""Characters of the longest sentence taken, which keeps the network small."""

LAGS: tuple[Lag, ...] = (0, 2, 4, 6, 8, 10, 12, FULL)
BLOCKS, BLOCK = 16, 50
"""What is scored: blocks of neighbours in the alphabet, which share beginnings and so need their lags."""

SLACK, RISE = 1.0, 50.0
MODEL = {
    "embedding": 24,
    "hidden": 96,
    "encoder_layers": 1,
    "decoder_layers": 1,
    "position_bias": True,
}


class Sentence(NamedTuple):
    """A pair of the corpus and the smallest lag at which it can be translated by who knows the corpus."""

    source: str
    target: str
    smallest: int


def run(setting: Setting) -> Outcome:
    """Train one network for all lags on short sentences and score it at each, beside what is possible."""
    corpus = read_corpus(CORPUS)
    scored = _blocks(corpus)
    pairs = [Pair(sentence.source, sentence.target) for sentence in scored]
    train = {"seed": setting.seed, "max_steps": 2_500 if setting.quick else 5_000, "learning_rate": 1e-2}
    lags = {"uniform": [0, 12], "full": 0.5}
    taught = [Pair(sentence.source, sentence.target) for sentence in corpus]
    translator = learn(setting.out / "runs" / "sentences", taught, lags, MODEL, train)
    rows = []
    for lag in LAGS:
        answers = translator.translate([pair.source for pair in pairs], lag)
        rows.append(_row(lag, answers, scored))
    return Outcome(rows, _checks(rows), lambda figure: _draw(figure, rows), _NOTES)


def read_corpus(folder: Path) -> list[Sentence]:
    """Return the short sentences of all parts, in alphabetical order.

    Raises:
        UserError: the corpus is not there.
    """
    files = sorted(folder.glob("t*.tsv")) + sorted(folder.glob("dev.tsv"))
    if not files:
        raise UserError(f"the bundled corpus is not in {folder}: run this experiment from a checkout")
    lines = [line.split("\t") for file in files for line in file.read_text(encoding="utf-8").splitlines()]
    found = {Sentence(source, target, int(smallest)) for source, target, smallest, _ in lines}
    return sorted(s for s in found if max(len(s.source), len(s.target)) <= LONGEST)


def _blocks(corpus: Sequence[Sentence]) -> list[Sentence]:
    firsts = [i * (len(corpus) - BLOCK) // max(1, BLOCKS - 1) for i in range(BLOCKS)]
    return sorted({sentence for first in firsts for sentence in corpus[first : first + BLOCK]})


def _row(lag: Lag, answers: Sequence[str], scored: Sequence[Sentence]) -> Row:
    """Score one lag: all sentences, and those whose smallest lag is larger."""
    row: Row = {
        "lag": str(lag),
        "right sentences, %": exact(answers, [Pair(s.source, s.target) for s in scored]),
        "ceiling, %": _ceiling(scored, lag),
    }
    below = [(a, s) for a, s in zip(answers, scored, strict=True) if lag != FULL and s.smallest > lag]
    row["that need more"] = float(len(below))
    if below:
        hard = [s for _, s in below]
        row["of these right, %"] = exact([a for a, _ in below], [Pair(s.source, s.target) for s in hard])
        row["their ceiling, %"] = _ceiling(hard, lag)
    else:
        row["of these right, %"] = row["their ceiling, %"] = "-"
    return row


def _ceiling(sentences: Sequence[Sentence], lag: Lag) -> float:
    return 100 * prefix_ceiling([(s.source, s.target) for s in sentences], lag)


def _checks(rows: Sequence[Row]) -> list[Check]:
    scores = [float(row["right sentences, %"]) for row in rows]
    excess = [float(row["right sentences, %"]) - float(row["ceiling, %"]) for row in rows]
    excess += [
        float(row["of these right, %"]) - float(row["their ceiling, %"])
        for row in rows
        if row["that need more"]
    ]
    falls = max(a - b for a, b in pairwise(scores))
    return [
        at_most("right sentences above the ceiling, points", max(excess), 1e-9),
        at_most("largest fall from one lag to the next, points", falls, SLACK),
        at_least("right sentences at full above those at 0, points", scores[-1] - scores[0], RISE),
    ]


_NOTES = [
    "The ceiling is what the best possible translator gets right that knows these sentences by heart and, at "
    "each place, sees x_1 … x_read(t) and what it has written: worked out by recursion over their prefixes.",
    "The network was taught these sentences among all others of the corpus: this is not about new ones.",
]


def _draw(figure: Any, rows: Sequence[Row]) -> None:
    axes = figure.subplots()
    names = [str(row["lag"]) for row in rows]
    axes.plot(names, [row["right sentences, %"] for row in rows], marker="o", label="right sentences")
    axes.plot(names, [row["ceiling, %"] for row in rows], color="tab:red", ls="--", label="ceiling")
    hard = [row for row in rows if row["that need more"]]
    hard_names = [str(row["lag"]) for row in hard]
    axes.plot(hard_names, [row["of these right, %"] for row in hard], marker=".", label="that need more lag")
    axes.plot(
        hard_names, [row["their ceiling, %"] for row in hard], color="tab:pink", ls="--", label="theirs"
    )
    axes.set_xlabel("lag τ, characters")
    axes.set_ylabel("%")
    axes.grid(alpha=0.3)
    axes.legend(frameon=False)


EXPERIMENT = Experiment(
    number=2,
    name="sentences",
    claim="On English and Spanish sentences, too, quality rises with the lag, as far as a sentence needs it.",
    bound=(
        "On the bundled corpus, with one network for all lags, exact match rises with the lag: from one lag "
        f"to the next it falls by at most {SLACK:g} points, and at full it is at least {RISE:g} points above "
        "lag 0. At no lag is it above what the best possible translator gets right, neither on all sentences "
        "nor on those whose smallest lag is larger."
    ),
    run=run,
)
