"""A hypothesis: one translation of one sentence, as greedy and beam search return it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from seq2seq.errors import CheckpointError
from seq2seq.plain.cells import Array


@dataclass(frozen=True)
class Hypothesis:
    """One translation of one sentence.

    Attributes:
        ids: the symbols written, without the end mark.
        log_probs: natural logarithm of the probability of every symbol, and of the end mark if there is one.
        score: the key of the ranking; the mean of `log_probs` at a length penalty of 1.
        ended: False if the decoder was stopped at the length limit.
        copied: for each symbol of a span in `ids` the position in the source, from 0, of the span it copies.
        uncopied: how many spans of the source the network left out.
        added: how many of `ids` the network did not choose: spans that it left out, and spaces before them.
        attention_TS: for each of `ids` the weights of the source symbols, the end mark included; None if
            nothing was written, without attention, or if not asked for.
    """

    ids: list[int]
    log_probs: list[float]
    score: float
    ended: bool
    copied: tuple[int, ...] = ()
    uncopied: int = 0
    added: int = 0
    attention_TS: Array | None = None


def check_finite(chosen: Array, log_probs_NV: Array) -> None:
    """Check that the network gave numbers to choose by.

    Args:
        chosen: the log-probabilities of the chosen symbols, of any shape.
        log_probs_NV: those of all symbols as the network returned them, before any were excluded.

    Raises:
        CheckpointError: some are not finite, since the products of large weights exceed float32.
    """
    # What is excluded has -inf, too, and where all symbols are, that is no fault of the network.
    if not np.isfinite(chosen).all() and not np.isfinite(log_probs_NV.max(axis=1)).all():
        raise unusable()


def unusable() -> CheckpointError:
    """Return the error for a model whose log-probabilities, or the sums of them, exceed float32."""
    return CheckpointError(
        "this model cannot translate: its weights are finite and so large that what is computed with "
        "them is not; use another model, or one of an earlier step"
    )


def length_limit(source_length: int) -> int:
    """Return the most symbols that a source of S symbols may be translated to, the end mark included.

    Real translations are much shorter; a decoder that repeats itself without end is stopped there.
    """
    return 2 * source_length + 20


Total = TypeVar("Total", float, NDArray[np.float64])


def normalised(total: Total, length: int, length_penalty: float) -> Total:
    """Return one or several sums of log-probabilities, divided by length to the power of the penalty."""
    return total / float(length**length_penalty)
