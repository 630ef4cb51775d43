"""Text with tags in it: the tags are taken out before translation and put back around the same words."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeAlias

from seq2seq.formats.alignment import Alignment
from seq2seq.text.normalise import Counts, normalise

_FIRST_SUBSTITUTE: Final = 0x3400
"""Rare letters stand for pieces to copy: no vocabulary has them, so every model copies them."""
Escape: TypeAlias = Callable[[str, frozenset[str]], str]


def _as_it_is(text: str, _: frozenset[str]) -> str:
    return text


@dataclass(frozen=True)
class Mark:
    """Tags around a part of a text, or tags at one place: then `begin` equals `end`, `closing` is empty."""

    begin: int
    end: int
    opening: str
    closing: str = ""

    def moved(self, by: int) -> Mark:
        """Return the same mark in a text that begins earlier."""
        return replace(self, begin=self.begin + by, end=self.end + by)


@dataclass(frozen=True)
class Marked:
    """A text to translate.

    Attributes:
        raw: as it stands in the document.
        text: clean text without tags.
        marks: the tags, outer ones before inner ones.
        copied: what stands in the document for each letter that stands for a piece to copy.
        plain: the characters of the text that stand in the document as they are.
        escape: writes text so that it is nothing but text in the document; it is given `plain`, too.
    """

    raw: str
    text: str
    marks: tuple[Mark, ...] = ()
    copied: dict[str, str] = field(default_factory=dict)
    plain: frozenset[str] = frozenset()
    escape: Escape = _as_it_is

    @property
    def has_words(self) -> bool:
        """Whether there is anything to translate."""
        return any(letter.isalpha() and letter not in self.copied for letter in self.text)


class MarkedBuilder:
    """Collects the pieces of a text with tags in their order.

    Args:
        counts: counts here what had to be changed in the text.
        avoided: text whose letters cannot stand for copied pieces, such as the whole document.
        escape: as in `Marked`.
    """

    def __init__(self, counts: Counts | None = None, avoided: str = "", escape: Escape = _as_it_is) -> None:
        self._counts, self._avoided, self._escape = counts, avoided, escape
        self._text = ""
        self._marks: list[Mark | None] = []
        self._open: list[tuple[str, int]] = []
        self._copied: dict[str, str] = {}
        self._plain: set[str] = set()

    def text(self, text: str, plain: bool = True) -> None:
        """Append text; `plain` says that the document has it as it is, without escapes."""
        if plain:
            self._plain.update(text)
        clean = normalise(text, self._counts)
        if text[:1].isspace():
            self._space()
        self._text += clean
        if clean and text[-1:].isspace():
            self._space()

    def _space(self) -> None:
        if self._text and not self._text.endswith(" "):
            self._text += " "

    def open(self, name: str, raw: str) -> None:
        """Append an opening tag."""
        self._open.append((name, len(self._marks)))
        self._marks.append(Mark(len(self._text), -1, raw))

    def close(self, name: str, raw: str) -> None:
        """Append a closing tag; without an opening one it is a tag at a place."""
        for depth in reversed(range(len(self._open))):
            if self._open[depth][0] == name:
                place = self._open[depth][1]
                del self._open[depth:]  # those inside that were never closed stay tags at a place
                mark = self._marks[place]
                assert mark is not None
                self._marks[place] = replace(mark, end=len(self._text), closing=raw)
                return
        self.point(raw)

    def point(self, raw: str) -> None:
        """Append a tag that stands at a place and not around words."""
        self._marks.append(Mark(len(self._text), len(self._text), raw))

    def copy(self, raw: str) -> None:
        """Append a piece that is copied like a word, such as code."""
        code = _FIRST_SUBSTITUTE + len(self._copied)
        while chr(code) in self._avoided or chr(code) in self._copied:
            code += 1
        self._copied[chr(code)] = raw
        self._text += chr(code)

    def finish(self, raw: str) -> Marked:
        """Return the text; `raw` is what it is in the document."""
        text = self._text.rstrip(" ")
        marks = [_trimmed(mark, text) for mark in self._marks if mark is not None]
        return Marked(raw, text, tuple(marks), self._copied, frozenset(self._plain), self._escape)


def _trimmed(mark: Mark, text: str) -> Mark:
    """Return a mark without white space at its edges; around nothing it becomes a tag at a place."""
    begin, end = min(mark.begin, len(text)), min(mark.end, len(text))
    if mark.end < 0:
        return replace(mark, begin=begin, end=begin)
    while begin < end and text[begin] == " ":
        begin += 1
    while begin < end and text[end - 1] == " ":
        end -= 1
    if begin >= end and mark.closing:
        return Mark(begin, begin, mark.opening + mark.closing)
    return replace(mark, begin=begin, end=end)


class Placed:
    """A translation with its tags around tokens.

    Attributes:
        alignment: its tokens.
    """

    def __init__(self, marked: Marked, alignment: Alignment) -> None:
        self.alignment, self._marked = alignment, marked
        self._ranges: list[tuple[int, int, Mark]] = []
        self._points: list[tuple[int, Mark]] = []
        paired = [mark for mark in marked.marks if mark.begin < mark.end]
        self._place(_children(paired, None), paired, (0, len(alignment.tokens)))
        for mark in marked.marks:
            if mark.begin == mark.end:
                self._points.append((self._cut(mark), mark))

    def _place(self, marks: Sequence[Mark], paired: Sequence[Mark], window: tuple[int, int]) -> None:
        taken: set[int] = set()
        placed = []
        for mark in marks:
            found = self.alignment.best_range(mark.begin, mark.end, window, taken)
            if found is None:  # fewer words than tags: inside another tag, on the word that fits best
                found = self.alignment.best_range(mark.begin, mark.end, window)
                found = None if found is None else (found[0], found[0] + 1)
            if found is None:
                self._points.append((window[0], Mark(mark.begin, mark.begin, mark.opening + mark.closing)))
                continue
            taken.update(range(*found))
            placed.append((mark, found))
            self._ranges.append((*found, mark))
        for mark, found in placed:
            self._place(_children(paired, mark), paired, found)

    def _cut(self, mark: Mark) -> int:
        around = [(i, j) for i, j, other in self._ranges if other.begin < mark.begin < other.end]
        window = min(around, key=lambda each: each[1] - each[0], default=(0, len(self.alignment.tokens)))
        if mark.begin == 0 or mark.begin == len(self.alignment.source):
            return window[mark.begin > 0]
        return self.alignment.best_cut(mark.begin, window)

    def render(self, window: tuple[int, int] | None = None, breaks: Callable[[str], str] = str) -> str:
        """Return the translation as it stands in the document.

        Args:
            window: the tokens to return; by default all.
            breaks: replaces some of the spaces of the text by line feeds.
        """
        tokens, target = self.alignment.tokens, self.alignment.target
        first, last = window or (0, len(tokens))
        whole = window is None or (first, last) == (0, len(tokens))
        begin = 0 if whole or first == 0 else tokens[first][0] if first < len(tokens) else len(target)
        end = len(target) if whole or last == len(tokens) else tokens[last - 1][1] if last else 0
        text = breaks(target[begin:end])
        # What is inserted at one place: closing tags, inner ones first; tags at a place; opening tags.
        inserted: list[tuple[int, int, int, int, str]] = []
        for order, (i, j, mark) in enumerate(self._ranges):
            i, j = max(i, first), min(j, last)
            if i < j:
                start, stop = tokens[i][0] - begin, tokens[j - 1][1] - begin
                inserted.append((start, 2, -stop, order, mark.opening))
                inserted.append((stop, 0, -start, -order, mark.closing))
        for order, (cut, mark) in enumerate(self._points):
            if first <= cut < last or (cut == last == len(tokens)):
                place = tokens[cut][0] - begin if cut < len(tokens) else len(text)
                inserted.append((place, 1, 0, order, mark.opening))
        out, at = "", 0
        for place, *_, raw in sorted(inserted):
            out, at = out + self._written(text[at:place]) + raw, place
        return out + self._written(text[at:])

    def _written(self, text: str) -> str:
        """Return text, escaped, with the pieces that were copied."""
        marked = self._marked
        parts = re.split(f"([{''.join(marked.copied)}])", text) if marked.copied else [text]
        return "".join(marked.copied.get(part) or marked.escape(part, marked.plain) for part in parts)


def _children(marks: Sequence[Mark], parent: Mark | None) -> list[Mark]:
    """Return the marks directly inside `parent`; the order of `marks` decides between those of one range."""
    inside = list(marks)
    if parent is not None:
        later = marks[next(n for n, mark in enumerate(marks) if mark is parent) + 1 :]
        inside = [mark for mark in later if parent.begin <= mark.begin and mark.end <= parent.end]
    top: list[Mark] = []
    for mark in inside:
        if not any(other.begin <= mark.begin and mark.end <= other.end for other in top):
            top.append(mark)
    return top
