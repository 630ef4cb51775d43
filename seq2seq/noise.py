"""Sentences as people type them: in small letters or in capitals, without the last mark, with a slip.

A corpus is written with care, and what is asked of a translator is not. Training shows some of its sources in
such a dress; what they should become stays as it is.

Shape suffixes: B sentences, S padded lengths with the end mark, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seq2seq.batching import Batch, Ids
from seq2seq.text import END, PAD, Vocabulary

MARKS: Final = ".?!"
SMALL, CAPITALS, NO_MARK, SLIP = 0.6, 0.1, 0.6, 0.3
"""How much of the sources that are changed is written so; a source may meet several changes, or none."""


class Typist:
    """Rewrites sources by tables over the ids of one vocabulary; a letter without a counterpart stays."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._small_V = _table(vocabulary, str.lower)
        self._capital_V = _table(vocabulary, str.upper)
        self._mark_V = _which(vocabulary, MARKS.__contains__)
        self._letter_V = _which(vocabulary, str.isalpha)

    def retype(self, batch: Batch, share: float, rng: np.random.Generator) -> Batch:
        """Return the batch with about `share` of its sources typed in haste; the targets are untouched."""
        source_BS, lengths_B = batch.source_BS.copy(), batch.lengths_B.copy()
        for row in np.flatnonzero(rng.random(len(source_BS)) < share):
            ids = self._sentence(batch.source_BS[row, : lengths_B[row] - 1], rng)
            lengths_B[row] = len(ids) + 1
            source_BS[row] = PAD
            source_BS[row, : len(ids)] = ids
            source_BS[row, len(ids)] = END
        return replace(batch, source_BS=source_BS, lengths_B=lengths_B)

    def _sentence(self, ids: Ids, rng: np.random.Generator) -> Ids:
        """Return one sentence, without its end mark, as somebody may type it."""
        case, no_mark, slip, place = rng.random(4)
        if no_mark < NO_MARK and len(ids) > 1 and self._mark_V[ids[-1]]:
            ids = ids[:-1]
        if slip < SLIP:
            ids = self._swap(ids, place)
        if case < SMALL:
            return self._small_V[ids]
        return self._capital_V[ids] if case < SMALL + CAPITALS else ids

    def _swap(self, ids: Ids, place: float) -> Ids:
        """Exchange two letters that stand side by side, if there are any; `place` in [0, 1) says which."""
        letters = self._letter_V[ids]
        sites = np.flatnonzero(letters[:-1] & letters[1:])
        if not len(sites):
            return ids
        site = sites[int(place * len(sites))]
        ids = ids.copy()
        ids[site : site + 2] = ids[site : site + 2][::-1]
        return ids


def _table(vocabulary: Vocabulary, change: Callable[[str], str]) -> Ids:
    """Return the id that each id becomes, (V,)."""
    table = np.arange(len(vocabulary), dtype=np.int64)
    for character in vocabulary.characters:
        changed = change(character)
        if len(changed) == 1 and changed in vocabulary:
            table[vocabulary.encode(character)] = vocabulary.encode(changed)
    return table


def _which(vocabulary: Vocabulary, is_one: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Return for each id whether its character is one of those meant, (V,)."""
    marked = np.zeros(len(vocabulary), dtype=bool)
    marked[vocabulary.encode("".join(filter(is_one, vocabulary.characters)))] = True
    return marked
