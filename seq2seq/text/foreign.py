"""Lines that are not in the source language: already in that of the translation, or in a third one.

What decides is the vocabulary that a model has learned: the words of its source and of its target that have
an embedding. So it works for any two languages, and only for models with such words.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Final, TypeAlias

FEWEST_WORDS: Final = 2
"""A line of fewer words is not judged."""
MOST_KEPT: Final = 100_000
"""The most words whose languages are remembered."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")

WordTest: TypeAlias = Callable[[Sequence[str]], Sequence[bool]]
"""Says of each of some words, in small letters, whether a language has it."""


class ForeignLines:
    """Finds the lines that are not in the source language.

    Args:
        source: tests words for the source language.
        target: the same for the language of the translation.
    """

    def __init__(self, source: WordTest, target: WordTest) -> None:
        self._source, self._target = source, target
        self._languages: dict[str, tuple[bool, bool]] = {}

    def find(self, lines: Sequence[str]) -> list[bool]:
        """Return for each line whether it has more foreign words than words of the source language alone.

        Foreign are the words of the other language alone and, in small letters, those of neither: an unknown
        word with a capital may be a name. Two foreign words are needed, or one of the other language where
        none belongs to the source alone.
        """
        words = [_WORD.findall(line) for line in lines]
        self._look_up({_small(word) for found in words for word in found})
        return [self._is_foreign(found) for found in words]

    def _look_up(self, words: set[str]) -> None:
        if len(self._languages) > MOST_KEPT:
            self._languages.clear()
        if new := sorted(words - self._languages.keys()):
            self._languages.update(
                zip(new, zip(self._source(new), self._target(new), strict=True), strict=True)
            )

    def _is_foreign(self, words: list[str]) -> bool:
        ours = theirs = unknown = 0
        for word in words:
            language = self._languages[_small(word)]
            ours += language == (True, False)
            theirs += language == (False, True)
            unknown += language == (False, False) and word.islower()
        foreign = theirs + unknown
        many = foreign >= FEWEST_WORDS and foreign > ours
        return len(words) >= FEWEST_WORDS and (many or (theirs > 0 and ours == 0))


def _small(word: str) -> str:
    return word.lower().replace("’", "'")
