"""Data augmentation: sources as people type them, and sentences joined to longer ones.

Corpora are clean; user input is not. So in training some sources are in lower case or capitals, without a
stop, with two letters swapped or with curly quotation marks; their targets stay as they are. Sometimes an
unknown name or sign is put into both sides, so that the network learns to copy it.

Shape suffixes: B sentences, V the vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, Final

import numpy as np
from numpy.typing import NDArray

from seq2seq.corpus.batching import Batch, Rows
from seq2seq.text.symbols import ADDRESS, CODE, KINDS, MONEY, NAME, SIGN
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN, Ids, Vocabulary, pad

MARKS: Final = ".?!"
FOREIGN, NO_MARK, SLIP, SMALL, CAPITALS, CURLY, NO_APOSTROPHE = 0.3, 0.6, 0.3, 0.6, 0.1, 0.3, 0.2
"""The share of the changed sentences with each change; a sentence may have several, or none."""

SHORTEST_NAME, LONGEST_UNKNOWN, LONGEST_MADE_UP = 3, 4, 9
"""Letters of the shortest word that counts as a name, and of the longest names that replace it."""
UNKNOWN_NAME, UNKNOWN_LETTER = 0.25, 0.25
"""Of the names that replace others, the share of unknown ones and of those with one unknown letter."""
SAMPLE = 20_000
"""How many sentences are searched for words in lower case."""
MOST_JOINED = 4
"""The most sentences that are joined to one."""
SPELT: Final = ADDRESS + CODE + MONEY + NAME
"""The kinds of spans that may begin with letters that are read one by one; see `text.symbols.Span`."""
SPELT_SHARE, MOST_SPELT = 0.6, 9
"""The share of these spans that does, and the most letters that are read before the rest."""
VOWELS, CONSONANTS = "aeiou", "bcdfghjklmnpqrstvwxyz"
"""Made-up names alternate between these."""

if TYPE_CHECKING:
    from seq2seq.corpus.prepared import Encoded

IdPair = tuple[Ids, Ids]


class Augmenter:
    """Rewrites sentences with tables over the ids of a vocabulary; a letter without a counterpart stays.

    Args:
        vocabulary: that of `corpus`.
        corpus: used to find words that occur in lower case, that is, words that are not names.
    """

    def __init__(self, vocabulary: Vocabulary, corpus: Encoded) -> None:
        self._small_V = _table(vocabulary, str.lower)
        self._capital_V = _table(vocabulary, str.upper)
        self._is_mark_V = _which(vocabulary, MARKS.__contains__)
        self._is_letter_V = _which(vocabulary, str.isalpha)
        self._is_capital_V = _which(vocabulary, str.isupper)
        self._apostrophe, self._quote = (
            vocabulary.encode(sign)[0] if sign in vocabulary else PAD for sign in "'\""
        )
        self._stop, self._comma = vocabulary.encode(".,")
        self._curly = [vocabulary.encode(c)[0] if c in vocabulary else PAD for c in "’“”"]
        self.copies = KINDS[0] in vocabulary
        unknown_name, unknown_sign = vocabulary.encode(NAME + SIGN)
        self._unknown_name = np.array([unknown_name])
        self._sign = np.array([*vocabulary.encode(" "), unknown_sign])
        self._begin_with_letters = [symbol for symbol in vocabulary.encode(SPELT) if symbol != UNKNOWN]
        some = min(len(corpus), SAMPLE)
        sides = (
            corpus.source_ids[: corpus.source_offsets[some]],
            corpus.target_ids[: corpus.target_offsets[some]],
        )
        self._small_words = [set(vocabulary.decode(side).split()) for side in sides]
        self._some_words = [
            np.array(vocabulary.encode(w)) for w in sorted(self._small_words[0]) if w.isalpha()
        ]
        self._decode = vocabulary.decode
        self._sounds = [np.array(vocabulary.encode(letters)) for letters in (CONSONANTS, VOWELS)]

    def retype(self, batch: Batch, share: float, rng: np.random.Generator) -> Batch:
        """Return the batch with typing noise in about `share` of its sources."""
        sources, targets = _sentences(batch)
        for row in np.flatnonzero(rng.random(len(sources)) < share):
            if foreign := rng.random() < FOREIGN:
                sources[row], targets[row] = self._foreign((sources[row], targets[row]), rng)
            sources[row] = self._with_noise(sources[row], rng, slips=not foreign)
        return _batch(batch.rows_B, sources, targets)

    def prefix_spans(self, batch: Batch, rng: np.random.Generator) -> Batch:
        """Return the batch as it is read below lag full: with letters before spans that begin with them.

        The letters say nothing about the span, so they are taken from random words.
        """
        begins_BS = np.isin(batch.source_BS, self._begin_with_letters)
        rows = np.flatnonzero(begins_BS.any(axis=1)).tolist()
        if not rows or not self._some_words:
            return batch
        sources, targets = _sentences(batch)
        for row in rows:
            for place in reversed(np.flatnonzero(begins_BS[row]).tolist()):
                if rng.random() < SPELT_SHARE:
                    word = self._some_words[rng.integers(len(self._some_words))]
                    letters = word[: rng.integers(1, MOST_SPELT, endpoint=True)]
                    letters = self._capital_V[letters] if rng.random() < 0.3 else letters
                    sources[row] = np.concatenate([sources[row][:place], letters, sources[row][place:]])
        return _batch(batch.rows_B, sources, targets)

    def join(self, batch: Batch, number: int = MOST_JOINED) -> Batch:
        """Return a batch of fewer sentences: each is `number` or more joined, with commas where possible.

        Most sentences of a corpus are short and teach nothing about longer ones. The number of symbols stays
        about the same.
        """
        pairs = list(zip(*_sentences(batch), strict=True))
        fewer = max(1, len(pairs) // number)
        joined = [reduce(self._join, pairs[i::fewer]) for i in range(fewer)]
        return _batch(batch.rows_B, [source for source, _ in joined], [target for _, target in joined])

    def _join(self, first: IdPair, second: IdPair) -> IdPair:
        plain = all(len(side) > 1 and side[-1] == self._stop for side in first)
        begins_small = self._begins_small(second) if plain else (False, False)
        out = []
        for one, other, small in zip(first, second, begins_small, strict=True):
            if plain:
                one = np.append(one[:-1], self._comma)
            if small:
                at = int(np.argmax(self._is_letter_V[other]))  # in Spanish, a mark may come before
                other = np.concatenate([other[:at], self._small_V[other[at : at + 1]], other[at + 1 :]])
            out.append(np.concatenate([one, self._sign[:1], other]))
        return out[0], out[1]

    def _begins_small(self, pair: IdPair) -> tuple[bool, bool]:
        """Whether the first word of each side loses its capital when the sentence is joined to another.

        Names and the English "I" keep it; the translation of "I", such as "Creo", does not.
        """
        source, target = (self._decode(side).split(" ")[0].strip("¿¡") for side in pair)
        if source == target:
            return False, False
        small, its = (
            word.lower() in known for word, known in zip((source, target), self._small_words, strict=True)
        )
        return small, small or its

    def _with_noise(self, ids: Ids, rng: np.random.Generator, slips: bool) -> Ids:
        """Return a source with typing noise."""
        no_mark, slip, case, quotes = rng.random(4)
        if no_mark < NO_MARK and len(ids) > 1 and self._is_mark_V[ids[-1]]:
            ids = ids[:-1]
        if slips and slip < SLIP:
            ids = self._swap(ids, rng)
        if quotes < CURLY:
            ids = self._curl(ids)
        elif quotes < CURLY + NO_APOSTROPHE:
            ids = ids[(ids != self._apostrophe) | (np.arange(len(ids)) == 0)]
        if case < SMALL:
            return self._small_V[ids]
        return self._capital_V[ids] if case < SMALL + CAPITALS else ids

    def _curl(self, ids: Ids) -> Ids:
        """Return a source with curly apostrophes, and quotation marks in pairs."""
        apostrophe, opening, closing = self._curly
        ids = ids.copy()
        if apostrophe != PAD:
            ids[ids == self._apostrophe] = apostrophe
        if PAD not in (opening, closing):
            quotes = np.flatnonzero(ids == self._quote)
            ids[quotes[::2]], ids[quotes[1::2]] = opening, closing
        return ids

    def _swap(self, ids: Ids, rng: np.random.Generator) -> Ids:
        """Return a source with two neighbouring letters swapped, if there are any."""
        letters = self._is_letter_V[ids]
        sites = np.flatnonzero(letters[:-1] & letters[1:])
        if not len(sites):
            return ids
        site = rng.choice(sites)
        return np.concatenate([ids[:site], ids[site : site + 2][::-1], ids[site + 2 :]])

    def _foreign(self, pair: IdPair, rng: np.random.Generator) -> IdPair:
        """Return both sides with something unknown in place of a shared name, or at their ends."""
        source, target = (self._names(ids) for ids in pair)
        if shared := sorted(n for n in source.keys() & target.keys() if len(source[n]) == len(target[n])):
            name = shared[rng.integers(len(shared))]
            new = self._name(name, rng)
            return _put(pair[0], source[name], len(name), new), _put(pair[1], target[name], len(name), new)
        before = int(rng.integers(2))
        one, other = (
            _put(ids, [len(ids) - before * int(self._is_mark_V[ids[-1]])], 0, self._sign) for ids in pair
        )
        return one, other

    def _name(self, name: tuple[int, ...], rng: np.random.Generator) -> Ids:
        """Return an unknown name: unknown characters, one of them among known ones, or made up."""
        kind = rng.random()
        if self.copies and kind < UNKNOWN_NAME + UNKNOWN_LETTER:
            return self._unknown_name
        if kind < UNKNOWN_NAME:
            return np.full(rng.integers(1, LONGEST_UNKNOWN, endpoint=True), UNKNOWN)
        if kind < UNKNOWN_NAME + UNKNOWN_LETTER:
            new = np.array(name)
            new[rng.integers(len(new))] = UNKNOWN
            return new
        length, first = rng.integers(SHORTEST_NAME, LONGEST_MADE_UP, endpoint=True), rng.integers(2)
        new = np.array([rng.choice(self._sounds[(first + i) % 2]) for i in range(length)])
        new[0] = self._capital_V[new[0]]
        return new

    def _names(self, ids: Ids) -> dict[tuple[int, ...], list[int]]:
        """Return the words with a capital, with the places where each begins."""
        edges = np.flatnonzero(np.diff(np.pad(self._is_letter_V[ids].astype(np.int8), 1)))
        found: dict[tuple[int, ...], list[int]] = {}
        for begin, end in edges.reshape(-1, 2).tolist():
            if end - begin >= SHORTEST_NAME and self._is_capital_V[ids[begin]]:
                found.setdefault(tuple(ids[begin:end].tolist()), []).append(begin)
        return found


def _put(ids: Ids, places: list[int], length: int, new: Ids) -> Ids:
    """Return `ids` with `length` symbols at each place replaced by `new`."""
    for place in reversed(places):
        ids = np.concatenate([ids[:place], new, ids[place + length :]])
    return ids


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


def _which(vocabulary: Vocabulary, matches: Callable[[str], bool]) -> NDArray[np.bool_]:
    """Return for each id whether `matches` is true for its character, (V,)."""
    marked = np.zeros(len(vocabulary), dtype=bool)
    marked[vocabulary.encode("".join(filter(matches, vocabulary.characters)))] = True
    return marked
