"""Copying: a symbol that stands for a span is written as the text of a span of the source.

A network has one symbol for each kind of span, and one for all characters that it does not know. It may
write such a symbol as often as spans of its kind have been read, and each of them is copied once: no span is
made up or repeated (after Luong et al. 2015, "Addressing the Rare Word Problem"). If there are several spans
of a kind, attention chooses among them.

A span that was read and not copied is a fault. At lag `full` the sentence is searched again. Below `full`, or
if that does not help, the spans that are left are written at the end of the sentence.

Shape suffixes: B sentences, K hypotheses of each, N = B * K, S source positions, C symbols that are copied,
V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.lag import Lag, read
from seq2seq.plain.cells import Array, IntArray
from seq2seq.plain.step import NO_TEXT, log_softmax
from seq2seq.text.vocabulary import END, Ids


class Copies:
    """The number of spans of each kind that each hypothesis of a batch may still copy.

    Args:
        sources: ids of each sentence, without marks.
        copied: the symbols that stand for spans.
        beam: K.
        copy_all: whether a hypothesis may not end before it has copied all spans that were read.

    Attributes:
        wanted: whether there is any span; only then attention and the symbols of spans are needed.
    """

    def __init__(
        self,
        sources: Sequence[Sequence[int]],
        copied: Sequence[int],
        beam: int = 1,
        copy_all: bool = False,
    ) -> None:
        self.copy_all = copy_all
        present = set().union(*(map(int, source) for source in sources))
        self.symbols_C = np.array(sorted(present.intersection(copied)), dtype=np.int64)
        self.others = [symbol for symbol in copied if symbol not in self.symbols_C]
        self.wanted = len(self.symbols_C) > 0
        if self.wanted:
            longest = max(map(len, sources))
            self._read_BSC = np.zeros((len(sources), longest + 2, len(self.symbols_C)), dtype=np.int64)
            for read_SC, source in zip(self._read_BSC, sources, strict=True):
                read_SC[1 : len(source) + 1] = np.equal(np.asarray(source)[:, None], self.symbols_C)
            self._read_BSC.cumsum(axis=1, out=self._read_BSC)
            self._written_BKC = np.zeros((len(sources), beam, len(self.symbols_C)), dtype=np.int64)

    def mask(self, log_probs_NV: Array, read_B: IntArray) -> Array:
        """Return the log-probabilities of a step without symbols of spans that are not left to be copied."""
        if not self.wanted:
            return log_probs_NV
        there_BC = self._read_BSC[np.arange(len(read_B)), read_B]
        left_NC = (there_BC[:, None] - self._written_BKC).reshape(len(log_probs_NV), -1)
        return RemainingSpans(self.symbols_C, self.others, left_NC).mask(log_probs_NV, self.copy_all)

    def write(self, symbol_N: Ids, origin_N: IntArray | None = None) -> None:
        """Count the symbols written, each by a continuation of row `origin_N`; by default of its own row."""
        if self.wanted:
            before_NC = self._written_BKC.reshape(len(symbol_N), -1)
            before_NC = before_NC if origin_N is None else before_NC[origin_N]
            now_NC = before_NC + (symbol_N[:, None] == self.symbols_C)
            self._written_BKC = now_NC.reshape(self._written_BKC.shape)

    def select(self, rows: IntArray) -> None:
        """Continue with some sentences of the batch, in the order of `rows`."""
        if self.wanted:
            self._read_BSC, self._written_BKC = self._read_BSC[rows], self._written_BKC[rows]


@dataclass(frozen=True)
class RemainingSpans:
    """The number of spans of each kind that hypotheses have read and not copied.

    Attributes:
        symbols_C: the kinds.
        others: the symbols of all other kinds.
        left_NC: the number of each kind.
    """

    symbols_C: Ids
    others: Sequence[int]
    left_NC: IntArray

    @classmethod
    def of_one(cls, left: Sequence[int], copied: Sequence[int]) -> RemainingSpans:
        """Return the record of a single hypothesis; `left` holds the symbols of its spans, in any order."""
        symbols_C, counts_C = np.unique(left, return_counts=True)
        others = [symbol for symbol in copied if symbol not in symbols_C]
        return cls(symbols_C, others, counts_C[None])

    def mask(self, log_probs_NV: Array, copy_all: bool = False) -> Array:
        """Return the log-probabilities of a step without what may not be written.

        Args:
            log_probs_NV: those of the network.
            copy_all: whether a hypothesis with a span left may not end.
        """
        masked_NV = log_probs_NV.copy()
        masked_NV[:, list(self.others)] = -np.inf
        shut_NC = self.left_NC <= 0
        for column, symbol in enumerate(self.symbols_C.tolist()):
            masked_NV[shut_NC[:, column], symbol] = -np.inf
        if copy_all:
            masked_NV[~shut_NC.all(axis=1), END] = -np.inf
        return log_softmax(masked_NV, NO_TEXT)


def copied_places(
    ids: Sequence[int],
    looked_TS: Sequence[Array] | Array,
    source: Sequence[int],
    lag: Lag,
    copied: Sequence[int],
) -> tuple[int, ...]:
    """Return for each symbol of a span in `ids` the position in the source of the span that it copies."""
    left = span_places(source, copied)
    if not left:
        return ()
    places = []
    for t, symbol in enumerate(ids, start=1):
        if symbol in copied:
            places.append(pointed_at(left, symbol, source, looked_TS[t - 1], read(t, lag, len(source) + 1)))
            left.remove(places[-1])
    return tuple(places)


def span_places(source: Sequence[int], copied: Sequence[int]) -> list[int]:
    """Return the positions of the spans of a source, from 0."""
    symbols = frozenset(copied)
    return [place for place, symbol in enumerate(source) if symbol in symbols]


def left_over(source: Sequence[int], places: Sequence[int], copied: Sequence[int]) -> list[int]:
    """Return the positions of the spans of a source that are not among `places`, in their order."""
    return [place for place in span_places(source, copied) if place not in places]


def after_all(source: Sequence[int], places: Sequence[int], space: int, first: bool) -> list[int]:
    """Return the symbols that add spans at the end of a sentence, with a space before each.

    Args:
        source: ids of the sentence.
        places: positions of the spans in the source.
        space: the symbol between words.
        first: whether nothing has been written yet, so that the first span needs no space.
    """
    return [symbol for place in places for symbol in (space, source[place])][first and bool(places) :]


def with_all(best: Hypothesis, source: Sequence[int], copied: Sequence[int], space: int | None) -> Hypothesis:
    """Return a hypothesis with the spans that it left out added at its end; `uncopied` still counts them.

    Args:
        best: the hypothesis.
        source: ids of the sentence, without marks.
        copied: the symbols that stand for spans.
        space: the symbol between words; None leaves the hypothesis as it is.
    """
    places = left_over(source, best.copied, copied)
    if space is None or not places:
        return best
    rest, end = after_all(source, places, space, first=not best.ids), len(best.ids)
    looked_TS = best.attention_TS
    if looked_TS is not None:
        looked_TS = np.concatenate([looked_TS, np.zeros((len(rest), looked_TS.shape[1]), looked_TS.dtype)])
    return replace(
        best,
        ids=[*best.ids, *rest],
        log_probs=[*best.log_probs[:end], *[0.0] * len(rest), *best.log_probs[end:]],
        copied=(*best.copied, *places),
        added=len(rest),
        attention_TS=looked_TS,
    )


def pointed_at(left: Sequence[int], symbol: int, source: Sequence[int], looked_S: Array, read_t: int) -> int:
    """Return the position of the span of a kind with the most attention, among the first `read_t` symbols.

    Neighbouring spans of a kind look the same to the network: they are taken in their order.
    """
    places = [place for place in left if place < read_t and source[place] == symbol]
    place = max(places, key=lambda place: float(looked_S[place]))
    while place - 1 in places:
        place -= 1
    return place
