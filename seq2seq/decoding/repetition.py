"""Repetition: a translation may not repeat a phrase immediately, unless its source does so, too.

A decoder sometimes repeats what it has just written: "un importante importante", or the same phrase until the
length limit. Human translations hardly ever do, so beam search excludes it. This resembles n-gram blocking
(Paulus et al. 2017), but phrases have any length, and only immediate repetition is excluded.

Shape suffixes: B sentences, K hypotheses of each, N = B * K, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby

import numpy as np

from seq2seq.plain.cells import Array, IntArray
from seq2seq.text.vocabulary import SPECIALS, START, Ids, Vocabulary

LEAST = 3
"""The fewest letters of a phrase that may not be repeated: "no, no" and "1.000.000" are allowed."""

LONGEST = 3
"""How often a symbol other than a digit may occur in a row, spaces ignored: as in "..." and "va a abrir".

Phrases of fewer than `LEAST` letters, such as numbers, may also occur this often in a row.
"""


class WordBoundaries:
    """Which symbols of a vocabulary are lower-case letters and digits, and which ones separate words.

    Attributes:
        separates_V: whether a symbol ends a word; the end mark does, too.
        digit_V: whether a symbol is a digit; digits may be repeated without limit, as in 1000000.
        space: the symbol between words; -1 if there is none.
    """

    def __init__(self, vocabulary: Vocabulary) -> None:
        letters = [c.lower() if c.isalnum() else " " for c in vocabulary.characters]
        self._letter_V = [" "] * SPECIALS + letters
        self.separates_V = np.array([letter == " " for letter in self._letter_V])
        self.digit_V = np.array([letter.isdigit() for letter in self._letter_V])
        self.space = vocabulary.encode(" ")[0] if " " in vocabulary else -1

    def extended(self, text: str, symbol: int) -> str:
        """Return `text`, words with a space before each, with one more symbol; an empty text is one space."""
        letter = self._letter_V[symbol]
        return text if letter == " " == text[-1] else text + letter

    def text(self, ids: Iterable[int]) -> str:
        """Return the words that `ids` make, with a space before each."""
        text = " "
        for symbol in ids:
            text = self.extended(text, symbol)
        return text

    def is_degenerate(self, source: Sequence[int], ids: Sequence[int], ended: bool) -> bool:
        """Whether a translation hit the length limit, or repeats something that its source does not."""
        if not ended or self.longest_run(ids) > self.run_limit(source):
            return True
        return self.repeats_phrase(ids) and not self.repeats_phrase(source, least=1)

    def run_limit(self, source: Iterable[int]) -> int:
        """Return how often a symbol may occur in a row in the translation of `source`."""
        return max(LONGEST, self.longest_run(source))

    def longest_run(self, ids: Iterable[int]) -> int:
        """Return the length of the longest run of one symbol, spaces ignored and digits excepted."""
        signs = (symbol for symbol in ids if symbol != self.space)
        runs = (sum(1 for _ in run) for symbol, run in groupby(signs) if not self.digit_V[symbol])
        return max(runs, default=0)

    def repeats_phrase(self, ids: Iterable[int], least: int = LEAST) -> bool:
        """Whether `ids` contain a phrase of at least `least` letters twice in a row."""
        words = self.text(ids).split()
        ends = np.cumsum([1 + len(word) for word in words]).tolist()
        text = " " + " ".join(words)
        return any(says_twice(text[:end], least) for end in ends)


def says_twice(text: str, least: int = LEAST) -> bool:
    """Whether `text`, words with a space before each, ends with a phrase that also stands just before it.

    A phrase of fewer than `least` letters, such as a number, counts if it occurs more than `LONGEST` times.
    """
    place = text.rfind(" ")
    if place == len(text) - 1 or text.find(text[place:], 0, place) < 0:
        return False  # the usual case: no word at the end, or none before it that begins like it
    while place > 0:
        phrase = text[place:]
        if 2 * len(phrase) > len(text):
            return False
        if text.endswith(phrase, 0, place) and (
            sum(map(str.isalpha, phrase)) >= least or text.endswith((1 + LONGEST) * phrase)
        ):
            return True
        place = text.rfind(" ", 0, place)
    return False


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
            free_B = [words.repeats_phrase(source, least=1) for source in sources]
            self._text_N = ["" if free else " " for free in free_B for _ in range(beam)]
            self._twice_N = np.zeros(len(self._text_N), dtype=bool)
            self._limit_N = np.repeat([words.run_limit(source) for source in sources], beam)
            self._last_N, self._run_N = np.full_like(self._limit_N, START), np.zeros_like(self._limit_N)

    def mask(self, log_probs_NV: Array) -> Array:
        """Return the log-probabilities of a step; no symbol may end the last word of a repeated phrase."""
        if self.words is not None:
            log_probs_NV = log_probs_NV.copy()
            log_probs_NV[np.ix_(self._twice_N, self.words.separates_V)] = -np.inf
            full_N = (self._run_N >= self._limit_N) & ~self.words.digit_V[self._last_N]
            log_probs_NV[full_N, self._last_N[full_N]] = -np.inf
        return log_probs_NV

    def write(self, symbol_N: Ids, origin_N: IntArray) -> None:
        """Record the symbols written, each by a continuation of row `origin_N`."""
        if self.words is None:
            return
        last_N, run_N = self._last_N[origin_N], self._run_N[origin_N]
        space_N, same_N = symbol_N == self.words.space, symbol_N == last_N
        self._run_N = np.select([space_N, same_N], [run_N, run_N + 1], 1)
        self._last_N, self._limit_N = np.where(space_N, last_N, symbol_N), self._limit_N[origin_N]
        before = [self._text_N[row] for row in origin_N.tolist()]
        self._text_N = [
            text and self.words.extended(text, symbol)
            for text, symbol in zip(before, symbol_N.tolist(), strict=True)
        ]
        self._twice_N = np.array([bool(text) and says_twice(text) for text in self._text_N], dtype=bool)

    def select(self, rows: IntArray) -> None:
        """Continue with some hypotheses, in the order of `rows`."""
        if self.words is not None:
            self._text_N = [self._text_N[row] for row in rows.tolist()]
            self._twice_N, self._limit_N = self._twice_N[rows], self._limit_N[rows]
            self._last_N, self._run_N = self._last_N[rows], self._run_N[rows]
