"""Faster ways to read lines that come in one piece."""

from __future__ import annotations

import functools
import re
from collections.abc import Iterable

from seq2seq.text.spans import Item, scan


class WholeScanner:
    """Returns all items of a line at its end, which is faster than `SpanScanner`.

    Args:
        known: the characters that the model can read; it must not change.
        spans: whether there are other spans than those of unknown characters.
    """

    def __init__(self, known: frozenset[str], spans: bool) -> None:
        self._known, self._spans = known, spans
        self._text: list[str] = []

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line."""
        self._text.append(text)
        return []

    def finish(self) -> list[Item]:
        """End the line and return its items."""
        text, self._text = "".join(self._text), []
        return scan(text, self._known, self._spans)


def is_plain(line: str, known: frozenset[str]) -> bool:
    """Whether a line is one sentence without marks at its edges, spans and unknown characters.

    False may be wrong.

    Args:
        line: raw text.
        known: the characters that the model can read.
    """
    return _plain(known).fullmatch(line) is not None


@functools.lru_cache(maxsize=8)
def _plain(known: frozenset[str]) -> re.Pattern[str]:
    """Return a pattern of lines of one sentence without marks, spans and unknown characters."""
    latin = [chr(code) for code in range(0x250) if chr(code).isalpha()]
    capital, small, within, between, first, last = (
        _any_of(mark for mark in marks if mark in known)
        for marks in (filter(str.isupper, latin), filter(str.islower, latin), "'’-", ",;", "¿¡", ".!?")
    )
    word = f"{first}*(?:{capital}?{small}+|{capital}+)(?:{within}{small}+)*"
    return re.compile(f"{word}(?:{between}? {word})*{last}*")


def _any_of(characters: Iterable[str]) -> str:
    characters = "".join(characters)
    return f"[{re.escape(characters)}]" if characters else "(?!)"
