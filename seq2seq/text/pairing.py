"""Repairs unpaired quotation marks and brackets in a translation where the source shows what they should be.

It needs the whole translation: a missing or extra mark shows only at its end. Where the source does not
decide, the translation stays as it is.
"""

from __future__ import annotations

import re
from typing import Final

_BRACKETS: Final = (("(", ")"), ("[", "]"), ("{", "}"))
_STYLES: Final = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"))
_QUOTATION: Final = re.compile('["“”„«»]')
_MARKS: Final = re.compile(r'["“”„«»()\[\]{}]')
_STOPS: Final = ".!?…"


def repair_pairs(source: str, text: str) -> str:
    """Return `text`, the translation of `source`, with its quotation marks and brackets in pairs.

    Brackets around the whole source are put around the translation if it has none of their kind. A single
    mark is dropped if the source has none of its kind. If the source has one pair, the missing mark is added
    where the source has it, at the beginning or at the end, and in the source's style. Nothing else is
    changed, and nothing at all if the marks of the source are not in pairs, as in a sentence that begins or
    ends inside a quotation.
    """
    text = _enclose(source, text)
    if not _MARKS.search(text):
        return text
    for opening, closing in _BRACKETS:
        if source.count(opening) == source.count(closing) and text.count(opening) != text.count(closing):
            text = _mend(source, text, opening, closing, re.compile(f"[{re.escape(opening + closing)}]"))
    return _mend_quotation(source, text)


def _enclose(source: str, text: str) -> str:
    inner = source[1:].rstrip(_STOPS)
    for opening, closing in _BRACKETS:
        alone = not any(mark in part for mark in (opening, closing) for part in (inner[:-1], text))
        if source[:1] == opening and inner[-1:] == closing and len(inner) > 1 and alone and text:
            inside = text.rstrip(_STOPS) if source[-1] != closing else text
            return opening + inside + closing + text[len(inside) :]
    return text


def _mend_quotation(source: str, text: str) -> str:
    used = sorted(set(_QUOTATION.findall(source)))
    style = next((style for style in _STYLES if sorted(set(style)) == used), None)
    if used and (style is None or not _is_paired(source, *style)):
        return text
    if all(_is_paired(text, *each) for each in _STYLES):
        return text
    opening, closing = style or ('"', '"')
    pieces = _QUOTATION.split(text)
    if style and len(pieces) == 3:
        # A pair, but of two styles.
        return pieces[0] + opening + pieces[1] + closing + pieces[2]
    return _mend(source, text, opening, closing, _QUOTATION)


def _is_paired(text: str, opening: str, closing: str) -> bool:
    if opening == closing:
        return text.count(opening) % 2 == 0
    return text.count(opening) == text.count(closing)


def _mend(source: str, text: str, opening: str, closing: str, marks: re.Pattern[str]) -> str:
    """Return `text` without its single mark, or with the other one added; `marks` matches all of the kind."""
    pieces = marks.split(text)
    if len(pieces) != 2:
        return text
    before, after = pieces
    wanted = marks.split(source)
    if len(wanted) == 1:
        stood_apart = before[-1:] in ("", " ") and after[:1] == " "
        return before + (after[1:] if stood_apart else after)
    if len(wanted) != 3:
        return text
    opens = before[-1:] in ("", " ", "¿", "¡") and after[:1] not in ("", " ")
    if opens and not wanted[2].strip(_STOPS):
        stops = len(after) - len(after.rstrip(_STOPS)) if wanted[2] else 0
        return before + opening + after[: len(after) - stops] + closing + after[len(after) - stops :]
    if not opens and not wanted[0] and before:
        return opening + before + closing + after
    return text
