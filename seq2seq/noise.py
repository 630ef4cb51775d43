"""Sentences as people type them: in small letters or capitals, without marks, with a slip, with curly quotes.

A corpus is written with care, and what is asked of a translator is not. Training shows some of its sources
in such a dress; what they should become stays as it is. Now and then both sides have a name or a sign in them
that nobody knows, so that the network learns to carry it over.

Shape suffixes: B sentences, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Final

import numpy as np
from numpy.typing import NDArray

from seq2seq.batching import Batch, Ids, Rows, pad
from seq2seq.text import END, PAD, START, UNKNOWN, Vocabulary

MARKS: Final = ".?!"
FOREIGN, NO_MARK, SLIP, SMALL, CAPITALS, CURLY, NO_APOSTROPHE = 0.3, 0.6, 0.3, 0.6, 0.1, 0.3, 0.2
"""How much of the sentences that are changed is changed so; one may meet several changes, or none."""

NAME, LONGEST_UNKNOWN = 3, 4
"""Letters of the shortest word that is taken for a name, and of the longest unknown one put in its place."""
MOST_JOINED = 4
"""Sentences that are made into one, at the most."""
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
"""What names are made up of, in turn."""

Pair = tuple[Ids, Ids]


class Typist:
    """Rewrites sentences by tables over the ids of one vocabulary; a letter without a counterpart stays."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._small_V = _table(vocabulary, str.lower)
        self._capital_V = _table(vocabulary, str.upper)
        self._is_mark_V = _which(vocabulary, MARKS.__contains__)
        self._is_letter_V = _which(vocabulary, str.isalpha)
        self._is_capital_V = _which(vocabulary, str.isupper)
        self._apostrophe, self._quote = (
            vocabulary.encode(sign)[0] if sign in vocabulary else PAD for sign in "'\""
        )
        self._stop, self._comma, self._i = vocabulary.encode(".,I")
        self._curly = vocabulary.encode("’“”")
        self._sign = np.array([*vocabulary.encode(" "), UNKNOWN])
        self._sounds = [np.array(vocabulary.encode(letters)) for letters in (CONSONANTS, VOWELS)]

    def retype(self, batch: Batch, share: float, rng: np.random.Generator) -> Batch:
        """Return the batch with about `share` of its sentences typed in haste."""
        sources, targets = _sentences(batch)
        for row in np.flatnonzero(rng.random(len(sources)) < share):
            if rng.random() < FOREIGN:
                sources[row], targets[row] = self._foreign((sources[row], targets[row]), rng)
            sources[row] = self._in_haste(sources[row], rng)
        return _batch(batch.rows_B, sources, targets)

    def join(self, batch: Batch, number: int = MOST_JOINED) -> Batch:
        """Return a batch of fewer sentences: each is `number` of them, with a comma between if that can be.

        Most sentences of a corpus have a few words, and teach nothing of longer ones.
        """
        sources, targets = _sentences(batch)
        fewer = len(sources) // number
        if not fewer:
            return batch
        pairs = list(zip(sources, targets, strict=True))
        parts = (pairs[i * fewer : (i + 1) * fewer] for i in range(number))
        joined = [reduce(self._join, several) for several in zip(*parts, strict=True)]
        return _batch(batch.rows_B, [source for source, _ in joined], [target for _, target in joined])

    def _join(self, first: Pair, second: Pair) -> Pair:
        plain = all(len(side) > 1 and side[-1] == self._stop for side in first)
        names = self._names(second[0]).keys() & self._names(second[1]).keys()
        small = plain and not any(self._names(side).get(name) == 0 for name in names for side in second)
        out = []
        for one, other in zip(first, second, strict=True):
            if plain:
                one = np.append(one[:-1], self._comma)
            if small and not self._is_i(other):
                other = np.append(self._small_V[other[:1]], other[1:])
            out.append(np.concatenate([one, self._sign[:1], other]))
        return out[0], out[1]

    def _is_i(self, ids: Ids) -> bool:
        """Whether a sentence begins with the word I, which keeps its capital."""
        return bool(ids[0] == self._i and not (len(ids) > 1 and self._is_letter_V[ids[1]]))

    def _in_haste(self, ids: Ids, rng: np.random.Generator) -> Ids:
        """Return a source as somebody may type it."""
        no_mark, slip, case, quotes = rng.random(4)
        if no_mark < NO_MARK and len(ids) > 1 and self._is_mark_V[ids[-1]]:
            ids = ids[:-1]
        if slip < SLIP:
            ids = self._swap(ids, rng)
        if quotes < CURLY:
            ids = self._curl(ids)
        elif quotes < CURLY + NO_APOSTROPHE:
            ids = ids[(ids != self._apostrophe) | (np.arange(len(ids)) == 0)]
        if case < SMALL:
            return self._small_V[ids]
        return self._capital_V[ids] if case < SMALL + CAPITALS else ids

    def _curl(self, ids: Ids) -> Ids:
        """Write apostrophes and quotation marks as word processors do; the latter come in pairs."""
        apostrophe, opening, closing = self._curly
        ids = np.where(ids == self._apostrophe, apostrophe, ids)
        quotes = np.flatnonzero(ids == self._quote)
        ids[quotes[::2]], ids[quotes[1::2]] = opening, closing
        return ids

    def _swap(self, ids: Ids, rng: np.random.Generator) -> Ids:
        """Exchange two letters that stand side by side, if there are any."""
        letters = self._is_letter_V[ids]
        sites = np.flatnonzero(letters[:-1] & letters[1:])
        if not len(sites):
            return ids
        site = rng.choice(sites)
        return np.concatenate([ids[:site], ids[site : site + 2][::-1], ids[site + 2 :]])

    def _foreign(self, pair: Pair, rng: np.random.Generator) -> Pair:
        """Put something new at one place of both sides: in the stead of a name, or about the last mark."""
        source, target = (self._names(ids) for ids in pair)
        if shared := sorted(source.keys() & target.keys()):
            name = shared[rng.integers(len(shared))]
            new = self._name(name, rng)
            places = [slice(at, at + len(name)) for at in (source[name], target[name])]
        else:
            new, before = self._sign, int(rng.integers(2))
            ends = [len(ids) - before * int(self._is_mark_V[ids[-1]]) for ids in pair]
            places = [slice(end, end) for end in ends]
        one, other = (
            np.concatenate([ids[: place.start], new, ids[place.stop :]])
            for ids, place in zip(pair, places, strict=True)
        )
        return one, other

    def _name(self, name: tuple[int, ...], rng: np.random.Generator) -> Ids:
        """Return a name that nobody has met: unknown characters, one among known ones, or made up."""
        kind = rng.random()
        if kind < 0.25:
            return np.full(rng.integers(1, LONGEST_UNKNOWN, endpoint=True), UNKNOWN)
        if kind < 0.5:
            new = np.array(name)
            new[rng.integers(len(new))] = UNKNOWN
            return new
        length, first = rng.integers(NAME, 10), rng.integers(2)
        new = np.array([rng.choice(self._sounds[(first + i) % 2]) for i in range(length)])
        new[0] = self._capital_V[new[0]]
        return new

    def _names(self, ids: Ids) -> dict[tuple[int, ...], int]:
        """Return the words with a capital and where each begins."""
        edges = np.flatnonzero(np.diff(np.pad(self._is_letter_V[ids].astype(np.int8), 1)))
        return {
            tuple(ids[begin:end].tolist()): int(begin)
            for begin, end in edges.reshape(-1, 2)
            if end - begin >= NAME and self._is_capital_V[ids[begin]]
        }


def _sentences(batch: Batch) -> tuple[list[Ids], list[Ids]]:
    """Return the sources and targets of a batch, without marks and padding."""
    ends = np.count_nonzero(batch.target_BT != PAD, axis=1) - 1
    sources = [ids[:length] for ids, length in zip(batch.source_BS, batch.lengths_B - 1, strict=True)]
    return sources, [ids[:length] for ids, length in zip(batch.target_BT, ends, strict=True)]


def _batch(rows_B: Rows, sources: list[Ids], targets: list[Ids]) -> Batch:
    return Batch(
        rows_B,
        source_BS=pad(sources, None, END),
        lengths_B=np.array([len(ids) + 1 for ids in sources], dtype=np.int64),
        previous_BT=pad(targets, START, None),
        target_BT=pad(targets, None, END),
    )


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
