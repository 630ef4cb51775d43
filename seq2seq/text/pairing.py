"""Quotation marks and brackets of a translation, mended where the source tells what they should be.

For a sentence that has been translated as a whole: what is missing or too much can only be seen at its end.
Where it is not plain what was meant, the translation stays as it is.
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

    A mark that is alone is dropped if the source has none of its kind. If the source has one pair, the
    missing mark is added at the beginning or at the end, where the source has it, and in the source's style.
    All else stays, and so does everything where the source is not in pairs itself, like a sentence that
    begins or ends within a quotation.
    """
    if not _MARKS.search(text):
        return text
    for opening, closing in _BRACKETS:
        if source.count(opening) == source.count(closing) and text.count(opening) != text.count(closing):
            text = _mend(source, text, opening, closing, re.compile(f"[{re.escape(opening + closing)}]"))
    return _mend_quotation(source, text)


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
    """Drop a mark that is alone, or add the other one of the pair; `marks` matches all of its kind."""
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
