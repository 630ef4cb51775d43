"""Quotation marks, brackets and apostrophes: which are open, and which only look like quotation marks."""

from __future__ import annotations

import re
from typing import Final

from seq2seq.text.symbols import MARKUP, SIGN

OPENING: Final = "\"'“‘«‹([{¿¡-–—"
"""Marks that may precede the first letter of a word."""
CLOSING: Final = "\"'”’»›)]}" + MARKUP + SIGN
"""Symbols that may follow the stop of a sentence and still belong to it."""
_PAIRED = re.compile("[\"“”«»()\\[\\]{}‘’']")
_PARTNERS: Final = {")": "(", "]": "[", "}": "{", "”": "“", "»": "«", "’": "‘", "'": "'", '"': '"'}
_MOST_OPEN = 16


def open_marks(opened: str, word: str) -> str:
    """Return the quotation marks and brackets that are open after a word.

    Args:
        opened: those that were open before it.
    """
    if not _PAIRED.search(word):
        return opened
    for place, mark in enumerate(word):
        first = place == 0 or word[place - 1] in OPENING
        if mark in "([{“«":
            is_face = mark in "([{" and place > 0 and word[place - 1] in ":;=-"
            if not is_face and len(opened) < _MOST_OPEN:
                opened += mark
        elif mark in "‘'\"" and first and _begins_quotation(word[place:]):
            if mark not in opened and len(opened) < _MOST_OPEN:
                opened += mark
        elif mark in _PARTNERS and not (mark in "’'" and word[place + 1 : place + 2].isalpha()):
            before, found, _ = opened.rpartition(_PARTNERS[mark])
            opened = before if found else opened
    return opened


def _begins_quotation(word: str) -> bool:
    """Whether the mark at the beginning of a word opens a quotation and is no apostrophe."""
    rest = word[1:]
    if word[0] == '"':
        return rest != ""
    return rest[:1].isalpha() and not is_apostrophe(rest)


def is_apostrophe(rest: str) -> bool:
    """Whether `rest`, which follows a ', is a word without its beginning, as in 'tis or 'em."""
    letters = _LETTERS.match(rest)
    return rest[:1].isdigit() or (letters is not None and letters[0].lower() in SHORTENED)


_LETTERS = re.compile(r"[^\W\d_]+")
SHORTENED: Final = frozenset(
    re.findall(
        r"\w+",
        """tis twas twere twill em cause cos cuz til till bout round neath tween nother kay sup n s
        d ll re ve m er im ere ad is e is""",
    )
)
"""Words with an apostrophe in place of their beginning."""
