"""Repetition: a translation may not repeat a phrase immediately, unless its source does so, too.

A decoder sometimes repeats what it has just written: "un importante importante", or the same phrase until the
length limit. Human translations hardly ever do, so beam search excludes it. This resembles n-gram blocking
(Paulus et al. 2017), but phrases have any length, and only immediate repetition is excluded.

Shape suffixes: B sentences, K hypotheses of each, N = B * K, T letters written, L lengths of a phrase,
V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from seq2seq.plain.cells import Array, IntArray
from seq2seq.text.vocabulary import END, SPECIALS, START, Ids, Vocabulary, pad

BoolArray = npt.NDArray[np.bool_]

LEAST = 3
"""The fewest letters of a phrase that may not be repeated: "no, no" and "1.000.000" are allowed."""

LONGEST = 3
"""How often a symbol other than a digit may occur in a row, spaces ignored: as in "..." and "va a abrir".

Phrases of fewer than `LEAST` letters, such as numbers, may also occur this often in a row.
"""

_TOGETHER = 64
"""The most rows of ids that are searched for repeated phrases side by side."""

_SPACE = 0
"""The number of the letter of all symbols that separate words."""


class WordBoundaries:
    """Which symbols of a vocabulary are lower-case letters and digits, and which ones separate words.

    Attributes:
        letter_V: the number of the small letter or digit of a symbol; 0 for a symbol that separates words.
        separates_V: whether a symbol ends a word; the end mark does, too.
        digit_V: whether a symbol is a digit; digits may be repeated without limit, as in 1000000.
        alphabetic_V: whether a symbol is a letter.
        space: the symbol between words; -1 if there is none.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        letters = [" "] * SPECIALS + [c.lower() if c.isalnum() else " " for c in vocabulary.characters]
        numbers = {letter: number for number, letter in enumerate(dict.fromkeys(letters))}
        assert numbers[" "] == _SPACE
        self._letters = letters
        self.letter_V = np.array([numbers[letter] for letter in letters], np.int32)
        self.separates_V = self.letter_V == _SPACE
        self.digit_V = np.array([letter.isdigit() for letter in letters])
        self.alphabetic_V = np.array([letter.isalpha() for letter in letters])
        self.space = vocabulary.encode(" ")[0] if " " in vocabulary else -1

    def is_degenerate(self, source: Sequence[int], ids: Sequence[int], ended: bool) -> bool:
        """Whether a translation hit the length limit, or repeats something that its source does not."""
        return bool(self.are_degenerate([source], [ids], [ended])[0])

    def are_degenerate(
        self, sources: Sequence[Sequence[int]], rows: Sequence[Sequence[int]], ended: Iterable[bool]
    ) -> BoolArray:
        """Return for each translation, a row of ids, what `is_degenerate` returns."""
        found_B = ~np.fromiter(ended, np.bool_, len(rows))
        for number, (source, ids) in enumerate(zip(sources, rows, strict=True)):
            run = self.longest_run(ids)
            found_B[number] |= run > LONGEST and run > self.run_limit(source)
        twice = np.flatnonzero(self.repeat_phrases(rows) & ~found_B)
        found_B[twice] = ~self.repeat_phrases([sources[number] for number in twice.tolist()], least=1)
        return found_B

    def run_limit(self, source: Sequence[int]) -> int:
        """Return how often a symbol may occur in a row in the translation of `source`."""
        return max(LONGEST, self.longest_run(source))

    def longest_run(self, ids: Sequence[int]) -> int:
        """Return the length of the longest run of one symbol, spaces ignored and digits excepted."""
        signs = np.asarray(ids, np.int64)
        signs = signs[signs != self.space]
        first = np.flatnonzero(np.diff(signs, prepend=-1))
        lengths = np.diff(first, append=len(signs))[~self.digit_V[signs[first]]]
        return int(lengths.max(initial=0))

    def repeats_phrase(self, ids: Sequence[int], least: int = LEAST) -> bool:
        """Whether `ids` contain a phrase of at least `least` letters twice in a row."""
        return bool(self.repeat_phrases([ids], least)[0])

    def repeat_phrases(self, rows: Sequence[Sequence[int]], least: int = LEAST) -> BoolArray:
        """Return for each row of ids what `repeats_phrase` returns."""
        found_B = np.zeros(len(rows), np.bool_)
        suspects = [number for number, ids in enumerate(rows) if self._has_a_word_twice(ids)]
        suspects.sort(key=lambda number: len(rows[number]))  # the work grows with the longest of a group
        for first in range(0, len(suspects), _TOGETHER):
            group = suspects[first : first + _TOGETHER]
            written = WrittenLetters(self, len(group), least)
            for symbol_B in pad([rows[number] for number in group], None, END).T:
                found_B[group] |= written.twice_N & self.separates_V[symbol_B]
                written.write(symbol_B)
        return found_B

    def _has_a_word_twice(self, ids: Iterable[int]) -> bool:
        words = "".join([self._letters[symbol] for symbol in ids]).split()
        return len(set(words)) < len(words)


class WrittenLetters:
    """The words that the hypotheses of a batch have written, and whether each ends with a repeated phrase.

    A phrase is repeated if the last letters are the same as those at a certain distance before them, for as
    many letters as the distance is long. For each distance the number of such letters is kept, so a new
    letter is compared once with each letter before it.

    Args:
        words: of the vocabulary.
        rows: N.
        least: the fewest letters of a phrase that may not be repeated; shorter phrases may occur `LONGEST`
            times in a row.

    Attributes:
        twice_N: whether the words end with a phrase that also stands just before it; false after a space.
    """

    def __init__(self, words: WordBoundaries, rows: int, least: int = LEAST) -> None:
        self._words, self._least = words, least
        # T letters, the last one first: their numbers, -1 before the beginning, which is a space.
        self._letter_NT = np.full((rows, 1), _SPACE, np.int32)
        self._alphabetic_NT = np.zeros((rows, 1), np.bool_)
        # Of each distance 1 … T: how many of the last letters are the same as so many letters before.
        self._same_NT = np.zeros((rows, 1), np.int32)
        self.twice_N = np.zeros(rows, np.bool_)

    def write(self, symbol_N: npt.NDArray[np.integer[Any]]) -> None:
        """Add a symbol to each row; of several separators in a row only the first one counts."""
        letter_N = self._words.letter_V[symbol_N]
        old_NT = self._letter_NT
        same_NT = np.where(old_NT == letter_N[:, None], self._same_NT + 1, 0)
        new_NT, same_NT = _before(letter_N, old_NT), _after(same_NT, 0)
        alphabetic_NT = _before(self._words.alphabetic_V[symbol_N], self._alphabetic_NT)
        stays = np.flatnonzero((letter_N == _SPACE) & (old_NT[:, 0] == _SPACE))
        if len(stays):
            new_NT[stays] = _after(old_NT[stays], -1)
            same_NT[stays] = _after(self._same_NT[stays], 0)
            alphabetic_NT[stays] = _after(self._alphabetic_NT[stays], False)
        self._letter_NT, self._same_NT, self._alphabetic_NT = new_NT, same_NT, alphabetic_NT
        self.twice_N = self._say_twice()

    def _say_twice(self) -> BoolArray:
        half = self._letter_NT.shape[1] // 2
        length_L = np.arange(1, half + 1)
        # A phrase begins with a space, and does not end with one.
        again_NL = (self._letter_NT[:, :half] == _SPACE) & (self._same_NT[:, :half] >= length_L)
        again_NL &= self._letter_NT[:, :1] != _SPACE
        twice_N: BoolArray = again_NL.any(axis=1)
        if twice_N.any():
            rows = np.flatnonzero(twice_N)
            enough_NL = self._alphabetic_NT[rows, :half].cumsum(axis=1) >= self._least
            enough_NL |= self._same_NT[rows, :half] >= LONGEST * length_L
            twice_N[rows] = (again_NL[rows] & enough_NL).any(axis=1)
        return twice_N

    def select(self, rows: IntArray) -> None:
        """Continue with some rows, in the order of `rows`."""
        self._letter_NT, self._same_NT = self._letter_NT[rows], self._same_NT[rows]
        self._alphabetic_NT, self.twice_N = self._alphabetic_NT[rows], self.twice_N[rows]


def _before(first_N: npt.NDArray[Any], rest_NT: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.concatenate([first_N[:, None], rest_NT], axis=1)


def _after(first_NT: npt.NDArray[Any], last: int) -> npt.NDArray[Any]:
    column_N1 = np.full((len(first_NT), 1), last, first_NT.dtype)
    return np.concatenate([first_NT, column_N1], axis=1)


class Repetition:
    """Excludes hypotheses of a batch that repeat a phrase, or one symbol too often.

    Args:
        words: of the vocabulary; None allows everything.
        sources: ids of each sentence, without marks; if one repeats itself, its translation may, too.
        beam: K.
    """

    def __init__(self, words: WordBoundaries | None, sources: Sequence[Sequence[int]], beam: int) -> None:
        self.words = words
        if words is not None:
            free_B = words.repeat_phrases(sources, least=1)
            self._free_N = np.repeat(free_B, beam)
            self._written = WrittenLetters(words, len(sources) * beam)
            self._limit_N = np.repeat([words.run_limit(source) for source in sources], beam)
            self._last_N, self._run_N = np.full_like(self._limit_N, START), np.zeros_like(self._limit_N)

    def mask(self, log_probs_NV: Array) -> Array:
        """Return the log-probabilities of a step; no symbol may end the last word of a repeated phrase."""
        if self.words is None:
            return log_probs_NV
        twice_N = self._written.twice_N & ~self._free_N
        full_N = (self._run_N >= self._limit_N) & ~self.words.digit_V[self._last_N]
        if not (twice_N.any() or full_N.any()):
            return log_probs_NV
        log_probs_NV = log_probs_NV.copy()
        log_probs_NV[np.ix_(twice_N, self.words.separates_V)] = -np.inf
        log_probs_NV[full_N, self._last_N[full_N]] = -np.inf
        return log_probs_NV

    def write(self, symbol_N: Ids, origin_N: IntArray) -> None:
        """Record the symbols written, each by a continuation of row `origin_N`."""
        if self.words is None:
            return
        self.select(origin_N)
        space_N, same_N = symbol_N == self.words.space, symbol_N == self._last_N
        self._run_N = np.where(space_N, self._run_N, np.where(same_N, self._run_N + 1, 1))
        self._last_N = np.where(space_N, self._last_N, symbol_N)
        self._written.write(symbol_N)

    def select(self, rows: IntArray) -> None:
        """Continue with some hypotheses, in the order of `rows`."""
        if self.words is not None:
            self._written.select(rows)
            self._free_N, self._limit_N = self._free_N[rows], self._limit_N[rows]
            self._last_N, self._run_N = self._last_N[rows], self._run_N[rows]
