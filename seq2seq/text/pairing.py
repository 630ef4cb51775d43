"""Repairs unpaired quotation marks and brackets in a translation where the source shows what they should be.

It needs the whole translation: a missing or extra mark shows only at its end. If the marks of the source are
not in pairs, the translation stays as it is. A pair may have begun before the sentence: at the edge of the
line, or in another sentence.
"""

from __future__ import annotations

import re
from typing import Final

_BRACKETS: Final = (("(", ")"), ("[", "]"), ("{", "}"))
_STYLES: Final = (('"', '"'), ("“", "”"), ("„", "“"), ("«", "»"))
_QUOTATION: Final = re.compile('["“”„«»]')
_MARKS: Final = re.compile(r'["“”„«»()\[\]{}]')
_STOPS: Final = ".!?…"
_PARTNERS: Final = dict((*_BRACKETS, *_STYLES))
_MOST_OPEN: Final = 4
"""The most open marks that are remembered in a line; the first ones are forgotten."""


def still_open(text: str) -> str:
    """Return the marks of a text that open a pair without an end in it, the last `_MOST_OPEN` of them."""
    if not _MARKS.search(text):
        return ""
    kinds = [_QUOTATION, *(_either(*brackets) for brackets in _BRACKETS)]
    places = sorted(place for marks in kinds for place, opens in _match(text, marks)[1] if opens)
    return "".join(text[place] for place in places[-_MOST_OPEN:])


def repair_pairs(source: str, text: str, opened: str = "") -> str:
    """Return `text`, the translation of `source`, with its quotation marks and brackets in pairs.

    Brackets around the whole source are put around the translation if it has none of their kind. If the
    source has more pairs than the translation, the partner of a single mark is added: at the beginning or at
    the end as in the source, and elsewhere so that as many words stand between the marks as in the source.
    Other single marks are dropped. Quotation marks get the style of the source if there are as many. A pair
    that is missing is not added, since nothing shows where. Nothing is changed if the marks of the source are
    not in pairs.

    Args:
        opened: marks before the source in its line that open a pair (`still_open`), which may end in it or
            later; they stand before the translation, too.
    """
    text = _enclose(source, text)
    if opened and text:
        ends = "".join(_PARTNERS[mark] for mark in reversed(still_open(opened + source)))
        mended = _repair(opened + source + ends, opened + text + ends)
        if mended.startswith(opened) and mended.endswith(ends):
            return mended[len(opened) : len(mended) - len(ends)]
    return _repair(source, text)


def _repair(source: str, text: str) -> str:
    if not _MARKS.search(text):
        return text
    for opening, closing in _BRACKETS:
        marks = _either(opening, closing)
        if text.count(opening) != text.count(closing) and not _match(source, marks)[1]:
            text = _mend(source, text, opening, closing, marks)
            text = _balance(source, text, opening, closing, marks)
    return _mend_quotation(source, text)


def _either(opening: str, closing: str) -> re.Pattern[str]:
    return re.compile(f"[{re.escape(opening + closing)}]")


def _enclose(source: str, text: str) -> str:
    inner = source[1:].rstrip(_STOPS)
    for opening, closing in _BRACKETS:
        alone = not any(mark in part for mark in (opening, closing) for part in (inner[:-1], text))
        if source[:1] == opening and inner[-1:] == closing and len(inner) > 1 and alone and text:
            inside = text.rstrip(_STOPS) if source[-1] != closing else text
            return opening + inside + closing + text[len(inside) :]
    return text


def _mend_quotation(source: str, text: str) -> str:
    marks = _QUOTATION.findall(source)
    style = _style(marks)
    if _match(source, _QUOTATION)[1]:
        return text
    if single := _match(text, _QUOTATION)[1]:
        own = next(style for style in _STYLES if text[single[0][0]] in style)
        opening, closing = style or (own if marks else ('"', '"'))
        text = _mend(source, text, opening, closing, _QUOTATION)
        text = _balance(source, text, opening, closing, _QUOTATION)
    if style is None:
        return _close_alike(text) if marks else text
    found = _QUOTATION.findall(text)
    if len(found) % 2 == 0 and (len(found) == len(marks) or _style(found) is None):
        opening, closing = style
        turns = iter([opening, closing] * len(found))
        return _QUOTATION.sub(lambda _: next(turns), text)
    return text


def _close_alike(text: str) -> str:
    """Return `text` with the closing quotation mark of each pair in the style of the opening one."""
    for begin, end in _match(text, _QUOTATION)[0]:
        text = text[:end] + _PARTNERS.get(text[begin], text[end]) + text[end + 1 :]
    return text


def _style(marks: list[str]) -> tuple[str, str] | None:
    """Return the style of these quotation marks, if they are of one."""
    return next((style for style in _STYLES if set(style) == set(marks)), None)


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


def _balance(source: str, text: str, opening: str, closing: str, marks: re.Pattern[str]) -> str:
    """Return `text` with a partner for its single marks, or without them; `marks` matches all of the kind."""
    inside = [len(source[begin + 1 : end].split()) or 1 for begin, end in _match(source, marks)[0]]
    pairs, single = _match(text, marks)
    edits: list[tuple[int, int, str]] = []
    for place, opens in single:
        added = sum(begin == end for begin, end, _ in edits)
        if len(pairs) + added >= len(inside):
            apart = text[place - 1 : place] in ("", " ") and text[place + 1 : place + 2] == " "
            edits.append((place, place + 1 + apart, ""))
            continue
        # As many pairs as stand before it stand before its own one in the source.
        own = min(sum(begin < place for begin, _ in pairs) + added, len(inside) - 1)
        where = (_after_words if opens else _before_words)(text, place, inside[own], marks)
        edits += [
            (place, place + 1, opening if opens else closing),
            (where, where, closing if opens else opening),
        ]
    for begin, end, mark in sorted(edits, reverse=True):
        text = text[:begin] + mark + text[end:]
    return text


def _match(text: str, marks: re.Pattern[str]) -> tuple[list[tuple[int, int]], list[tuple[int, bool]]]:
    """Return the places of the pairs of marks, and those of single marks with whether they open a pair."""
    pairs: list[tuple[int, int]] = []
    single: list[tuple[int, bool]] = []
    waiting: list[int] = []
    for found in marks.finditer(text):
        place = found.start()
        if _opens(text, place, bool(waiting)):
            if waiting and any({text[waiting[-1]], text[place]} <= set(style) for style in _STYLES):
                single.append((waiting.pop(), True))  # quotations of one style do not stand in each other
            waiting.append(place)
        elif waiting:
            pairs.append((waiting.pop(), place))
        else:
            single.append((place, False))
    return sorted(pairs), sorted([*single, *((place, True) for place in waiting)])


def _opens(text: str, place: int, within: bool) -> bool:
    """Whether the mark at a place opens a pair; `within` a pair, a straight mark closes it if it can."""
    if text[place] not in '"“':
        return text[place] in "([{„«"
    free_before = text[place - 1 : place] in ("", *" ¿¡")
    free_after = text[place + 1 : place + 2] in ("", *" ,;:", *_STOPS)
    return free_before and not free_after if within else free_before or not free_after


def _after_words(text: str, place: int, words: int, marks: re.Pattern[str]) -> int:
    """Return where the last of so many words after a mark ends, or the last one before another mark."""
    other = marks.search(text, place + 1)
    found = list(re.finditer(r"\S+", text[: other.start() if other else None][place + 1 :]))
    if not found:
        return place + 1
    last = found[min(words, len(found)) - 1]
    return place + 1 + last.start() + len(last[0].rstrip(_STOPS + ",;:"))


def _before_words(text: str, place: int, words: int, marks: re.Pattern[str]) -> int:
    """Return where the first of so many words before a mark begins, or the first one after another mark."""
    begin = max((found.end() for found in marks.finditer(text[:place])), default=0)
    found = list(re.finditer(r"\S+", text[begin:place]))
    return begin + found[-min(words, len(found))].start() if found else place
