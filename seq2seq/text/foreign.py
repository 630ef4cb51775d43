"""Lines that are not in the source language: already in that of the translation, or in a third one.

What decides is the vocabulary that a model has learned: the words of its source and of its target that have
an embedding. So it works for any two languages, and only for models with such words.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

FEWEST_WORDS: Final = 2
"""A line of fewer words is not judged."""
_WORD: Final = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")


class ForeignLines:
    """Finds the lines that are not in the source language.

    Args:
        source: the words of the source language that a model knows, in small letters.
        target: those of the language that it translates to.
    """

    def __init__(self, source: Iterable[str], target: Iterable[str]) -> None:
        source, target = set(source), set(target)
        self._only_source, self._only_target = source - target, target - source
        self._known = source | target

    def is_foreign(self, line: str) -> bool:
        """Whether a line has more foreign words than words that belong to the source language alone.

        Foreign are the words of the other language alone and, in small letters, those of neither: an unknown
        word with a capital may be a name. Two foreign words are needed, or one of the other language where
        none belongs to the source alone.
        """
        words = _WORD.findall(line)
        ours = theirs = unknown = 0
        for word in words:
            small = word.lower().replace("’", "'")
            ours += small in self._only_source
            theirs += small in self._only_target
            unknown += word.islower() and small not in self._known
        foreign = theirs + unknown
        many = foreign >= FEWEST_WORDS and foreign > ours
        return len(words) >= FEWEST_WORDS and (many or (theirs > 0 and ours == 0))
