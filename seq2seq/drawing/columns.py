"""How many columns of a terminal a text takes."""

from __future__ import annotations

import unicodedata


def columns(text: str) -> int:
    """Return the number of terminal columns of `text`: combining marks take none, wide characters two."""
    return sum(_columns(character) for character in text)


def _columns(character: str) -> int:
    if character < "\u0300":
        return 1
    joins = "\u1160" <= character <= "\u11ff"  # medial and final letters of a Hangul syllable
    if joins or unicodedata.category(character) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1
