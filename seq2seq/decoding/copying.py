"""Spans are copied: where attention points to one of the kind that is written, it is written as it stands.

A network has one symbol for each kind of span, and one for all characters that it does not know. It may
write such a symbol as often as spans of its kind have been read, and each of them is copied once; so nothing
is made up, and nothing goes round in circles (after Luong et al. 2015, "Addressing the Rare Word Problem").
Which of several spans of a kind is meant, attention says.

A span that has been read and never written is a fault. At lag `full` the sentence is searched again. Where
nothing can be taken back, and where that does not help, what is left is written at the end.

Shape suffixes: B sentences, K hypotheses of each, N = B * K, S source positions, C symbols that are copied,
V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from seq2seq.lag import Lag, read
from seq2seq.runtime import NO_TEXT, Array, Ids, log_softmax
from seq2seq.text import END


class Copies:
    """How many spans of each kind every hypothesis of a batch may still copy.

    Args:
        sources: ids of each sentence, without marks.
        copied: the symbols that stand for spans.
        beam: K.
        all_of_them: whether a hypothesis may not end before all spans that were read are copied.
        space: if it would: the symbol to write, unless it was the last one, before one of those that are left;
            None has the network go on as it likes.

    Attributes:
        wanted: whether there is any span; only then are attention and the symbols of spans asked for.
    """

    def __init__(
        self,
        sources: Sequence[Sequence[int]],
        copied: Sequence[int],
        beam: int = 1,
        all_of_them: bool = False,
        space: int | None = None,
    ) -> None:
        self.all_of_them, self.space = all_of_them, space
        present = np.unique(np.concatenate([np.asarray(source, np.int64) for source in sources]))
        self.symbols_C = present[np.isin(present, copied)]
        self.others = [symbol for symbol in copied if symbol not in self.symbols_C]
        self.wanted = len(self.symbols_C) > 0
        if self.wanted:
            longest = max(map(len, sources))
            self._read_BSC = np.zeros((len(sources), longest + 2, len(self.symbols_C)), dtype=np.int64)
            for read_SC, source in zip(self._read_BSC, sources, strict=True):
                read_SC[1 : len(source) + 1] = np.equal(np.asarray(source)[:, None], self.symbols_C)
            self._read_BSC.cumsum(axis=1, out=self._read_BSC)
            self._written_BKC = np.zeros((len(sources), beam, len(self.symbols_C)), dtype=np.int64)
            self._last_N = np.full(len(sources) * beam, -1, dtype=np.int64)
            self._held_N = self._due_N = np.zeros(len(sources) * beam, dtype=np.bool_)

    def mask(self, log_probs_NV: Array, read_B: Ids) -> Array:
        """Return the log-probabilities of a step: of the symbols of spans only where they may stand."""
        if not self.wanted:
            return log_probs_NV
        there_BC = self._read_BSC[np.arange(len(read_B)), read_B]
        left_NC = (there_BC[:, None] - self._written_BKC).reshape(len(log_probs_NV), -1)
        left = Left(self.symbols_C, self.others, left_NC, self._last_N, self._due_N)
        log_probs_NV = left.mask(log_probs_NV, self.all_of_them, self.space)
        self._held_N = is_held(log_probs_NV)
        return log_probs_NV

    def write(self, symbol_N: Ids, origin_N: Ids | None = None) -> None:
        """Count what was written, after the hypotheses in rows `origin_N`; by default each after itself."""
        if self.wanted:
            before_NC = self._written_BKC.reshape(len(symbol_N), -1)
            before_NC = before_NC if origin_N is None else before_NC[origin_N]
            now_NC = before_NC + (symbol_N[:, None] == self.symbols_C)
            self._written_BKC, self._last_N = now_NC.reshape(self._written_BKC.shape), symbol_N
            held_N = self._held_N if origin_N is None else self._held_N[origin_N]
            self._due_N = held_N & (symbol_N == self.space)

    def select(self, rows: Ids) -> None:
        """Go on with some sentences of the batch, in the order of `rows`."""
        if self.wanted:
            beam = self._written_BKC.shape[1]
            self._read_BSC, self._written_BKC = self._read_BSC[rows], self._written_BKC[rows]
            self._last_N = self._last_N.reshape(-1, beam)[rows].ravel()
            self._due_N = self._due_N.reshape(-1, beam)[rows].ravel()


@dataclass(frozen=True)
class Left:
    """How many spans of each kind hypotheses have read and not copied.

    Attributes:
        symbols_C: the kinds.
        others: the symbols of all other kinds.
        left_NC: how many there are of each.
        last_N: the symbol that each hypothesis wrote last.
        due_N: whether that was a space in the place of the end mark: one of those that are left comes next.
    """

    symbols_C: Ids
    others: Sequence[int]
    left_NC: Ids
    last_N: Ids
    due_N: NDArray[np.bool_]

    @classmethod
    def of_one(cls, left: Sequence[int], copied: Sequence[int], last: int, due: bool) -> Left:
        """Return what a single hypothesis has left: symbols, in any order."""
        symbols_C, counts_C = np.unique(left, return_counts=True)
        others = [symbol for symbol in copied if symbol not in symbols_C]
        return cls(symbols_C, others, counts_C[None], np.array([last]), np.array([due]))

    def mask(self, log_probs_NV: Array, all_of_them: bool, space: int | None) -> Array:
        """Return the log-probabilities of a step with what may not be written left out; see `Copies`."""
        log_probs_NV[:, list(self.others)] = -np.inf
        shut_NC = self.left_NC <= 0
        for column, symbol in enumerate(self.symbols_C.tolist()):
            log_probs_NV[shut_NC[:, column], symbol] = -np.inf
        if all_of_them:
            self._hold_end(log_probs_NV, shut_NC, space)
        return log_softmax(log_probs_NV, NO_TEXT)

    def _hold_end(self, log_probs_NV: Array, shut_NC: NDArray[np.bool_], space: int | None) -> None:
        """Keep the hypotheses that have something left to copy from ending."""
        rows_R = np.flatnonzero(~shut_NC.all(axis=1))
        if space is not None:  # only those that would end now, and what they write instead is settled
            rows_R = rows_R[(log_probs_NV[rows_R].argmax(axis=1) == END) | self.due_N[rows_R]]
            apart_R = self.last_N[rows_R] == space
            kept_RV = np.zeros((len(rows_R), log_probs_NV.shape[1]), np.bool_)
            kept_RV[:, self.symbols_C] = ~shut_NC[rows_R] & apart_R[:, None]
            kept_RV[:, space] = ~apart_R
            log_probs_NV[rows_R] = np.where(kept_RV, log_probs_NV[rows_R].clip(min=-1e9), -np.inf)
        log_probs_NV[rows_R, END] = -np.inf


def is_held(log_probs_NV: Array) -> NDArray[np.bool_]:
    """Return which hypotheses `Left.mask` keeps from ending."""
    return np.asarray(np.isneginf(log_probs_NV[:, END]))


def copied_places(
    ids: Sequence[int],
    looked_TS: Sequence[Array] | Array,
    source: Sequence[int],
    lag: Lag,
    copied: Sequence[int],
) -> tuple[int, ...]:
    """Return for each symbol of a span in `ids` the place in the source of the span that it stands for."""
    left = [place for place, symbol in enumerate(source) if symbol in copied]
    places = []
    for t, symbol in enumerate(ids, start=1):
        if symbol in copied:
            places.append(pointed_at(left, symbol, source, looked_TS[t - 1], read(t, lag, len(source) + 1)))
            left.remove(places[-1])
    return tuple(places)


def after_words(source: Sequence[int], places: Sequence[int], space: int) -> list[int]:
    """Return what a translation that was cut goes on with if these places are left: each after a space."""
    return [symbol for place in places for symbol in (space, source[place])]


def pointed_at(left: Sequence[int], symbol: int, source: Sequence[int], looked_S: Array, read_t: int) -> int:
    """Return that of the spans left of one kind, among the first `read_t` symbols, to which attention points.

    Spans of a kind that stand side by side look alike to the network: they are taken in their order.
    """
    places = [place for place in left if place < read_t and source[place] == symbol]
    place = max(places, key=lambda place: float(looked_S[place]))
    while place - 1 in places:
        place -= 1
    return place
