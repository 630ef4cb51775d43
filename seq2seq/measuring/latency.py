"""Latency of simultaneous translation: AP, AL, LAAL and DAL, counted in characters of the text.

Notation: x is the source and y the output, both without their end marks; |x| and |y| are their lengths, y* is
the reference. d_t is the number of characters of x that have been read when y_t is written, t from 1
(`seq2seq.lag.delays`). An ideal writer that spreads |y| characters evenly over |x| has read (t - 1) |x| / |y|
characters before it writes y_t, so that

    l_t = d_t - (t - 1) |x| / |y|

is the lag of y_t behind that writer. The cut-off c is the first t with d_t = |x|, since nothing after it
waits for the source; where the output ends before the source does, c = |y|.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate
from statistics import fmean


@dataclass(frozen=True)
class Latency:
    """Latency of one sentence, or the mean over sentences.

    Attributes:
        ap: average proportion: the share of the source read, averaged over the output; in (0, 1].
        al: average lagging, in characters; below 0 where a short output is ahead of the ideal writer.
        laal: length-adaptive average lagging, in characters; never below AL.
        dal: differentiable average lagging, in characters; never below AL.
    """

    ap: float
    al: float
    laal: float
    dal: float

    def to_dict(self) -> dict[str, float]:
        """Return the four numbers by name."""
        return asdict(self)


def average_proportion(delays: Sequence[int], source_length: int) -> float:
    """AP = 1 / (|x| |y|) · Σ_{t=1..|y|} d_t  (Cho and Esipova 2016, arXiv 1606.02012)."""
    return sum(delays) / (source_length * len(delays))


def average_lagging(delays: Sequence[int], source_length: int, target_length: int) -> float:
    """AL = 1 / c · Σ_{t=1..c} (d_t - (t - 1) |x| / n)  (Ma et al. 2019, STACL, arXiv 1810.08398).

    Args:
        delays: d_1 … d_|y|.
        source_length: |x|.
        target_length: n, the number of characters that the ideal writer spreads over the source: |y| for AL;
            max(|y|, |y*|) for LAAL (Papi et al. 2022, arXiv 2206.05807), so that a short output does not
            count as an early one.
    """
    counted = delays[: delays.index(source_length) + 1] if delays[-1] == source_length else delays
    return fmean(_lags(counted, source_length / target_length))


def differentiable_average_lagging(delays: Sequence[int], source_length: int) -> float:
    """DAL = 1 / |y| · Σ_{t=1..|y|} (d'_t - (t - 1) |x| / |y|)  (Cherry and Foster 2019, arXiv 1906.00048).

    Here d'_1 = d_1 and d'_t = max(d_t, d'_{t-1} + |x| / |y|): writing takes time, so a delay
    cannot be caught up. Subtracting (t - 1) |x| / |y| on both sides shows that the lag at t is
    max(l_1 … l_t), which is what is computed.
    """
    counted = list(accumulate(_lags(delays, source_length / len(delays)), max))
    return fmean(counted)


def _lags(delays: Sequence[int], pace: float) -> list[float]:
    """Return l_t for each t; `pace` is how many source characters the ideal writer reads per character."""
    return [delay - written * pace for written, delay in enumerate(delays)]


def sentence_latency(
    delays: Sequence[int], source_length: int, reference_length: int | None = None
) -> Latency | None:
    """Return the latency of one sentence.

    Args:
        delays: d_t for each character written, the end mark excluded; each from 1 to |x|, never falling.
        source_length: |x|, the end mark excluded.
        reference_length: |y*|, the length of the closest reference; without one, LAAL equals AL.

    Returns:
        None where source or output is empty: latency is not defined there.
    """
    if not delays or not source_length:
        return None
    assert 1 <= min(delays) <= max(delays) <= source_length, "a delay counts characters of the source"
    return Latency(
        ap=average_proportion(delays, source_length),
        al=average_lagging(delays, source_length, len(delays)),
        laal=average_lagging(delays, source_length, max(len(delays), reference_length or 0)),
        dal=differentiable_average_lagging(delays, source_length),
    )


def corpus_latency(sentences: Iterable[Latency | None]) -> Latency | None:
    """Return the mean over the sentences that have a latency; None if there are none."""
    measured = [sentence for sentence in sentences if sentence is not None]
    if not measured:
        return None
    return Latency(
        ap=fmean(sentence.ap for sentence in measured),
        al=fmean(sentence.al for sentence in measured),
        laal=fmean(sentence.laal for sentence in measured),
        dal=fmean(sentence.dal for sentence in measured),
    )
