"""Unknown characters are carried over: where attention points to one, it is written as it stands.

A network has one symbol for all characters that it does not know. It may write that symbol as often as there
are such characters in what has been read, and each of them is carried over once; so nothing is made up, and
nothing goes round in circles (after Luong et al. 2015, "Addressing the Rare Word Problem").

Shape suffixes: B sentences, K hypotheses of each, N = B * K, S source positions, T target positions.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq.lag import Lag, read
from seq2seq.runtime import Array, Ids, log_softmax
from seq2seq.text import UNKNOWN


class Copies:
    """How many unknown characters each hypothesis of a batch may still carry over.

    Args:
        sources: character ids of each sentence, without marks.
        beam: K.

    Attributes:
        wanted: whether there is any; only then are attention and the unknown symbol asked for.
    """

    def __init__(self, sources: Sequence[Sequence[int]], beam: int = 1) -> None:
        self.wanted = any(UNKNOWN in source for source in sources)
        if self.wanted:
            longest = max(map(len, sources))
            self._read_BS = np.zeros((len(sources), longest + 2), dtype=np.int64)
            for row_S, source in zip(self._read_BS, sources, strict=True):
                row_S[1 : len(source) + 1] = np.equal(source, UNKNOWN)
            self._read_BS.cumsum(axis=1, out=self._read_BS)
            self._written_BK = np.zeros((len(sources), beam), dtype=np.int64)

    def mask(self, log_probs_NV: Array, read_B: Ids) -> Array:
        """Return the log-probabilities of a step: of the unknown symbol only where it may stand."""
        if not self.wanted:
            return log_probs_NV
        there_B = self._read_BS[np.arange(len(read_B)), read_B]
        return without_unknown(log_probs_NV, (self._written_BK >= there_B[:, None]).ravel())

    def write(self, symbol_N: Ids, origin_N: Ids | None = None) -> None:
        """Count what was written, after the hypotheses in rows `origin_N`; by default each after itself."""
        if self.wanted:
            before_N = self._written_BK.ravel()
            before_N = before_N if origin_N is None else before_N[origin_N]
            self._written_BK = (before_N + (symbol_N == UNKNOWN)).reshape(self._written_BK.shape)

    def select(self, rows: Ids) -> None:
        """Go on with some sentences of the batch, in the order of `rows`."""
        if self.wanted:
            self._read_BS, self._written_BK = self._read_BS[rows], self._written_BK[rows]


def without_unknown(log_probs_NV: Array, rows_N: NDArray[np.bool_]) -> Array:
    """Take the unknown symbol out of some rows and let the others share its probability."""
    log_probs_NV[rows_N, UNKNOWN] = -np.inf
    log_probs_NV[rows_N] = log_softmax(log_probs_NV[rows_N])
    return log_probs_NV


def carried_over(
    ids: Sequence[int], looked_TS: Sequence[Array] | Array, source: Sequence[int], lag: Lag
) -> tuple[int, ...]:
    """Return for each unknown symbol in `ids` the place in the source of the character that it stands for."""
    left = [place for place, symbol in enumerate(source) if symbol == UNKNOWN]
    places = []
    for t, symbol in enumerate(ids, start=1):
        if symbol == UNKNOWN:
            places.append(pointed_at(left, looked_TS[t - 1], read(t, lag, len(source) + 1)))
            left.remove(places[-1])
    return tuple(places)


def pointed_at(places: Sequence[int], looked_S: Array, read_t: int) -> int:
    """Return that of the `places` among the first `read_t` symbols at which attention looks most.

    Unknown characters that stand side by side look alike to the network: they are taken in their order.
    """
    place = max((place for place in places if place < read_t), key=lambda place: float(looked_S[place]))
    while place - 1 in places:
        place -= 1
    return place
