"""Turning scores into text: greedy and beam search over the same `step` of a network.

Both take sources as lists of ids, put them side by side, and give back hypotheses in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

from seq2seq.plain.step import Array


@dataclass(frozen=True)
class Hypothesis:
    """One translation of one sentence.

    Attributes:
        ids: the characters written, without the end mark.
        log_probs: natural logarithm of the probability of every symbol, of the end mark too if there is one.
        score: what hypotheses are ranked by; the mean of `log_probs` at a length penalty of 1.
        ended: False where the decoder was cut at the length limit.
        copied: for each symbol of a span in `ids` the place in the source of the span that it stands for.
        uncopied: how many spans of the source the network left out.
        added: how many of `ids` are not the network's own: spans that it left out, when all has been read.
        attention_TS: for each of `ids` the weights of the source symbols, the end mark included; None where
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


def length_limit(source_length: int) -> int:
    """Return the most symbols that a source of S symbols may be translated to, the end mark included.

    Real translations stay below it by far; a decoder that goes round in circles is cut there and flagged.
    """
    return 2 * source_length + 20


def normalised(total: float, length: int, length_penalty: float) -> float:
    """Return the sum of log-probabilities divided by length to the power of the penalty."""
    return total / float(length**length_penalty)
