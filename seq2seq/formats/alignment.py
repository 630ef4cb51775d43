"""Which words of a translation belong to which part of its source, by the attention of the model."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq.decoding.lines import Translation

_TOKEN = re.compile(r"\w+(?:['’-]\w+)*|[^\w\s]")


class Alignment:
    """The tokens of a translation, words and marks, and where in the source each belongs.

    Args:
        source: the text that was translated.
        pieces: its translations in order, and where in `source` and in `target` each begins. One with
            attention says where its tokens belong; those of others are taken to be in the source's order.
        target: the whole translation.

    Attributes:
        target: the whole translation.
        tokens: begin and end of each token of `target`.
    """

    def __init__(self, source: str, pieces: Sequence[tuple[int, int, Translation]], target: str) -> None:
        self.source, self.target = source, target
        self.tokens = [match.span() for match in _TOKEN.finditer(target)]
        self._rows = [self._row(begin, end, pieces) for begin, end in self.tokens]

    def _row(
        self, begin: int, end: int, pieces: Sequence[tuple[int, int, Translation]]
    ) -> tuple[int, NDArray[np.float64]]:
        """Return a place in the source, and the sums of a token's weights from there to each later place."""
        in_source, in_target, piece = next(each for each in reversed(pieces) if each[1] <= begin)
        if piece.attention is not None:
            weights_S = piece.attention[begin - in_target : end - in_target].sum(axis=0, dtype=np.float64)
            if (total := weights_S.sum()) > 0:
                return in_source, np.concatenate([[0.0], np.cumsum(weights_S / total)])
        share = len(piece.source) / max(1, len(piece.text))
        first, last = int((begin - in_target) * share), int((end - in_target) * share)
        width = max(1, last - first)
        return in_source + first, np.arange(width + 1) / width

    def shares(self, begin: int, end: int) -> NDArray[np.float64]:
        """Return for each token which share of it belongs to source[begin:end]."""
        found = [
            sums[min(max(end - place, 0), len(sums) - 1)] - sums[min(max(begin - place, 0), len(sums) - 1)]
            for place, sums in self._rows
        ]
        return np.array(found, np.float64)

    def best_cut(self, place: int, window: tuple[int, int], allowed: Collection[int] | None = None) -> int:
        """Return the number of tokens that belong before a place of the source.

        Args:
            place: in the source.
            window: the least and the greatest number.
            allowed: the numbers to choose from; by default all in the window.
        """
        cuts = self.ranked_cuts(place, window, allowed)
        return cuts[0] if cuts else window[0]

    def ranked_cuts(
        self, place: int, window: tuple[int, int], allowed: Collection[int] | None = None
    ) -> list[int]:
        """Return the possible results of `best_cut`, the best first."""
        before = self.shares(0, place)
        sums = np.concatenate([[0.0], np.cumsum(2 * before - 1)])
        middle = place / max(1, len(self.source)) * len(self.tokens)
        cuts = [cut for cut in range(window[0], window[1] + 1) if allowed is None or cut in allowed]
        return sorted(cuts, key=lambda cut: (-round(float(sums[cut]), 6), abs(cut - middle)))

    def best_range(
        self, begin: int, end: int, window: tuple[int, int], taken: Collection[int] = ()
    ) -> tuple[int, int] | None:
        """Return the range of tokens that belongs to source[begin:end]; None if all are taken.

        Args:
            begin, end: in the source.
            window: the tokens to choose from.
            taken: tokens that it may not contain.
        """
        if begin == 0 and end == len(self.source) and not taken:
            return window if window[0] < window[1] else None
        scores = self.shares(begin, end) - 0.5
        free = [token for token in range(*window) if token not in taken]
        if not free:
            return None
        best, found, running, start = 0.0, None, 0.0, window[0]
        for token in range(*window):
            if token in taken or running <= 0:
                running, start = 0.0, token + (token in taken)
            if token not in taken:
                running += scores[token]
                if running > best:
                    best, found = running, (start, token + 1)
        if found is None:
            single = max(free, key=lambda token: float(scores[token]))
            found = single, single + 1
        return self._without_marks(found, self.source[begin:end].strip())

    def _without_marks(self, found: tuple[int, int], text: str) -> tuple[int, int]:
        """Leave marks at the edges out, unless the source has some at its edges too."""
        first, last = found
        while last - first > 1 and text[-1:].isalnum() and not self._text(last - 1)[-1].isalnum():
            last -= 1
        while last - first > 1 and text[:1].isalnum() and not self._text(first)[0].isalnum():
            first += 1
        return first, last

    def _text(self, token: int) -> str:
        return self.target[slice(*self.tokens[token])]
