"""Translation quality: BLEU, chrF, character error rate and exact match, with any number of references.

BLEU and chrF are sacreBLEU's with its default settings, each with its signature. All four scores are in
per cent. Texts are compared as they are given.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import zip_longest
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from seq2seq.errors import UserError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray
    from sacrebleu.metrics.base import Metric

MetricName: TypeAlias = Literal["bleu", "chrf"]


@dataclass(frozen=True)
class Quality:
    """Scores of a set of translations.

    Attributes:
        bleu: corpus BLEU, 0 to 100.
        chrf: corpus chrF2, 0 to 100.
        bleu_signature: sacreBLEU's signature of `bleu`, to be published with it.
        chrf_signature: sacreBLEU's signature of `chrf`.
        cer: character error rate, in per cent; above 100 if there are more edits than reference characters.
        exact: percentage of hypotheses equal to one of their references.
        sentences: number of hypotheses.
    """

    bleu: float
    chrf: float
    bleu_signature: str
    chrf_signature: str
    cer: float
    exact: float
    sentences: int

    def to_dict(self) -> dict[str, float | int | str]:
        """Return the fields by name, as plain types."""
        return asdict(self)

    def format(self) -> str:
        """Return the scores as one line of text."""
        return (
            f"BLEU {self.bleu:.1f}, chrF {self.chrf:.1f}, CER {self.cer:.1f} %, exact {self.exact:.1f} % "
            f"({self.sentences:,} sentence{'s' if self.sentences != 1 else ''})"
        )


def score(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> Quality:
    """Score translations, each against one reference or several.

    Args:
        hypotheses: the translations; an empty one is allowed.
        references: for each translation, its references: one or more, in any number.
            Their order matters only where two match equally well: chrF then uses the lengths of the first.

    Raises:
        UserError: there are no translations, or one has no reference.
    """
    _check(hypotheses, references)
    streams = _streams(references)
    bleu, chrf = _metric("bleu"), _metric("chrf")
    return Quality(
        bleu=bleu.corpus_score(hypotheses, streams).score,
        chrf=chrf.corpus_score(hypotheses, streams).score,
        bleu_signature=str(bleu.get_signature()),
        chrf_signature=str(chrf.get_signature()),
        cer=character_error_rate(hypotheses, references),
        exact=100 * sum(h in r for h, r in zip(hypotheses, references, strict=True)) / len(hypotheses),
        sentences=len(hypotheses),
    )


def sentence_chrf(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> list[float]:
    """Return the chrF of each translation by itself, 0 to 100, against the reference that it matches best.

    Raises:
        UserError: as `score`.
    """
    from sacrebleu.metrics.chrf import CHRF

    _check(hypotheses, references)
    chrf = CHRF()
    pairs = zip(hypotheses, references, strict=True)
    return [chrf.sentence_score(hypothesis, own).score for hypothesis, own in pairs]


def character_error_rate(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> float:
    """Return 100 · Σ edits / Σ length, in per cent, summed over the closest reference of each sentence."""
    closest = [closest_reference(h, r) for h, r in zip(hypotheses, references, strict=True)]
    # The sum of lengths is 0 only where all references are empty.
    return 100 * sum(c.edits for c in closest) / max(sum(c.length for c in closest), 1)


class Closest(NamedTuple):
    """The reference that a hypothesis is closest to.

    Attributes:
        edits: number of characters to insert, delete or replace.
        length: number of characters of that reference.
    """

    edits: int
    length: int


def closest_reference(hypothesis: str, references: Sequence[str]) -> Closest:
    """Return edits and length of the reference with the fewest edits; the longest of several such."""
    found = [Closest(edit_distance(hypothesis, reference), len(reference)) for reference in references]
    return min(found, key=lambda closest: (closest.edits, -closest.length))


def edit_distance(a: str, b: str) -> int:
    """Return the Levenshtein distance in code points.

    Myers's bit-parallel algorithm (1999) in Hyyrö's form (2003). Integers hold a column of the table: bit i
    is set in `up` or `down` where the value in row i + 1 is one more or one less than in row i. Python's
    integers are unbounded, so there is no limit to the length.
    """
    if not a or not b:
        return len(a) + len(b)
    rows: dict[str, int] = {}
    for i, character in enumerate(a):
        rows[character] = rows.get(character, 0) | 1 << i
    every, last = (1 << len(a)) - 1, 1 << (len(a) - 1)
    up, down, distance = every, 0, len(a)
    for character in b:
        equal = rows.get(character, 0)
        diagonal = (((equal & up) + up) ^ up) | equal | down
        right_up, right_down = down | ~(diagonal | up), up & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        # The first row of the table grows by one with each character of b, hence the 1 shifted in.
        right_up, right_down = right_up << 1 | 1, right_down << 1
        up, down = (right_down | ~(diagonal | right_up)) & every, right_up & diagonal
    return distance


@dataclass(frozen=True)
class BootstrapResult:
    """Comparison of two sets of translations, a and b, of the same sentences.

    Attributes:
        metric: the metric that was compared.
        score_a: score of a, 0 to 100.
        score_b: score of b, 0 to 100.
        difference: `score_b` - `score_a`.
        low: lower end of the difference's 95 % interval.
        high: upper end of it.
        p_value: two-sided p value.
        samples: number of resamples.
        seed: seed of the resampling.
    """

    metric: MetricName
    score_a: float
    score_b: float
    difference: float
    low: float
    high: float
    p_value: float
    samples: int
    seed: int

    def to_dict(self) -> dict[str, float | int | str]:
        """Return the fields by name, as plain types."""
        return asdict(self)


def paired_bootstrap(
    hypotheses_a: Sequence[str],
    hypotheses_b: Sequence[str],
    references: Sequence[Sequence[str]],
    metric: MetricName = "chrf",
    samples: int = 1000,
    seed: int = 1,
) -> BootstrapResult:
    """Compare two translations of the same sentences by paired bootstrap resampling (Koehn 2004).

    Sentences are drawn with replacement, the same ones for both sides, and both sides are scored again from
    the counts of each sentence. The interval holds the middle 95 % of the differences. The p value is the
    share of resampled differences at least as far from the observed difference as that is from zero (Riezler
    and Maxwell 2005); the observed difference is counted too, so the share is never 0.

    sacreBLEU's own paired bootstrap (`sacrebleu.significance`) gives no interval of the difference.

    Raises:
        UserError: there are no translations, or one has no reference.
    """
    import numpy as np

    _check(hypotheses_a, references)
    _check(hypotheses_b, references)
    scorer, streams, n = _metric(metric), _streams(references), len(references)
    sides = [scorer._extract_corpus_statistics(side, streams) for side in (hypotheses_a, hypotheses_b)]
    counts = np.array(sides, dtype=np.float64)
    score_a, score_b = _rescore(scorer, counts, np.ones(n))
    rng = np.random.default_rng(seed)
    draws = (np.bincount(rng.integers(n, size=n), minlength=n) for _ in range(samples))
    resampled = np.array([_rescore(scorer, counts, draw.astype(np.float64)) for draw in draws])
    differences = resampled[:, 1] - resampled[:, 0]
    difference = score_b - score_a
    low, high = np.quantile(differences, [0.025, 0.975]).tolist()
    as_large = int((abs(differences - difference) >= abs(difference)).sum())
    return BootstrapResult(
        metric=metric,
        score_a=score_a,
        score_b=score_b,
        difference=difference,
        low=low,
        high=high,
        p_value=(as_large + 1) / (samples + 1),
        samples=samples,
        seed=seed,
    )


def _rescore(scorer: Metric, counts: NDArray[np.float64], times: NDArray[np.float64]) -> tuple[float, float]:
    """Score both sides with each sentence counted `times` times.

    Args:
        scorer: the sacreBLEU metric that made the counts.
        counts: its sufficient statistics, shape (2, n, statistics), for both sides and n sentences.
        times: shape (n,).
    """
    a, b = (times @ counts).tolist()
    return scorer._compute_score_from_stats(a).score, scorer._compute_score_from_stats(b).score


def _check(hypotheses: Sequence[str], references: Sequence[Sequence[str]]) -> None:
    """Raise a UserError unless there are hypotheses and each one has a reference."""
    if not hypotheses:
        raise UserError("there is no translation to score; give at least one sentence and its reference")
    if len(hypotheses) != len(references):
        raise UserError(
            f"{len(hypotheses):,} translations cannot be scored against references for {len(references):,} "
            "sentences; give one list of references for each translation"
        )
    for number, own in enumerate(references, start=1):
        if isinstance(own, str):  # a string is a sequence of strings, too
            raise UserError(f"the references of sentence {number:,} are one string; put it into a list")
        if not own:
            raise UserError(f"sentence {number:,} has no reference; give it one or leave it out")


def _streams(references: Sequence[Sequence[str]]) -> list[Any]:
    """Return sacreBLEU's reference streams: the first reference of each sentence, the second ones, and so on.

    Where a sentence has fewer references than others, its place holds None, which means "no reference"; an
    empty string would count as a reference without words.
    """
    return list(zip_longest(*references, fillvalue=None))


def _metric(name: MetricName) -> Metric:
    """Return sacreBLEU's metric with default settings. The import takes 0.1 seconds, so it is done here."""
    from sacrebleu.metrics.bleu import BLEU
    from sacrebleu.metrics.chrf import CHRF

    # `force` changes no score; it suppresses the warning that text with many " ." looks tokenised.
    return BLEU(force=True) if name == "bleu" else CHRF()
