"""Sampling: at each step, draw the next symbol by its probability.

The draws of a sentence depend on the seed and on the sentence's own number alone, not on the batch that it is
translated in: each sentence has a generator of its own, and takes one number from it at each step.

Shape suffixes: B sentences, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite
from typing import Final

import numpy as np

from seq2seq.errors import UsageError
from seq2seq.plain.cells import Array, IntArray
from seq2seq.text.vocabulary import Ids

LEAST: Final = -4.0
"""How far below the likeliest symbol's log-probability that of one that is drawn may be.

Label smoothing teaches a network to give every symbol a little, and of hundreds one would be drawn now and
then where only one is right.
"""


@dataclass(frozen=True)
class Sampling:
    """How to draw.

    Attributes:
        seed: any whole number from 0.
        temperature: probabilities are raised to the power of 1 / temperature: below 1 prefers likely symbols.
        top_p: draw among the most likely symbols that together have this probability; 1 for all.
        first_line: the number of the first line.
        numbers: for each sentence its line and its place in it, counted from 0.

    Raises:
        UsageError: a number is out of range.
    """

    seed: int = 0
    temperature: float = 1.0
    top_p: float = 1.0
    first_line: int = 0
    numbers: tuple[tuple[int, int], ...] = ()

    def __post_init__(self) -> None:
        if self.seed < 0:
            raise UsageError(f"`seed` is a whole number from 0, not {self.seed}")
        if not (isfinite(self.temperature) and 0.01 <= self.temperature <= 100):
            raise UsageError(f"`temperature` is a number from 0.01 to 100, not {self.temperature:g}")
        if not 0 < self.top_p <= 1:
            raise UsageError(f"`top_p` is a number above 0 and at most 1, not {self.top_p:g}")

    def numbered(self, sentences: Sequence[int]) -> Sampling:
        """Return the sampling of lines with so many sentences each."""
        numbers = [(self.first_line + line, i) for line, count in enumerate(sentences) for i in range(count)]
        return replace(self, numbers=tuple(numbers))

    def select(self, rows: Sequence[int]) -> Sampling:
        """Return the sampling of some of the sentences."""
        return replace(self, numbers=tuple(self.numbers[row] for row in rows))


class Sampler:
    """Draws the symbols of a batch."""

    def __init__(self, sampling: Sampling) -> None:
        self.sampling = sampling
        self._draws = [np.random.default_rng([sampling.seed, *number]) for number in sampling.numbers]

    def choose(self, log_probs_BV: Array, sentence_B: IntArray) -> Ids:
        """Return a symbol for each row.

        Args:
            log_probs_BV: natural logarithms of the probabilities; minus infinity for what may not be written.
            sentence_B: the number of each row's sentence in the batch.
        """
        below_BV = log_probs_BV.astype(np.float64) - log_probs_BV.max(axis=1, keepdims=True)
        share_BV = np.exp(below_BV / self.sampling.temperature) * (below_BV >= LEAST)
        share_BV /= share_BV.sum(axis=1, keepdims=True)
        if self.sampling.top_p < 1:
            order_BV = (-share_BV).argsort(axis=1, kind="stable")
            sorted_BV = np.take_along_axis(share_BV, order_BV, axis=1)
            # A symbol is kept if the more likely ones do not have that much probability yet.
            kept_BV = sorted_BV.cumsum(axis=1) - sorted_BV < self.sampling.top_p
            np.put_along_axis(share_BV, order_BV, sorted_BV * kept_BV, axis=1)
        total_BV = share_BV.cumsum(axis=1)
        draw_B = np.array([self._draws[number].random() for number in sentence_B.tolist()])
        # In the order of ids: rounding moves the limits of a symbol a little and never swaps two of them.
        return np.asarray((total_BV <= draw_B[:, None] * total_BV[:, -1:]).sum(axis=1), np.int64)
