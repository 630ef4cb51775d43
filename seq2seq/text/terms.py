"""Finds the terms of a glossary, and elements that are not to be translated, in the items of a line, online.

`TermScanner` stands between the scanner of spans and the cutter of sentences. What may become a term is held
until it is certain: a term is over once what follows shows that its last word is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from seq2seq.text.glossary import NO_TERMS, Glossary, Term
from seq2seq.text.item_scanners import ItemScanner, JoiningScanner, is_of_word
from seq2seq.text.sentence_ends import EndKind, end_after
from seq2seq.text.spans import LONGEST_OVER_SPACES, Item
from seq2seq.text.symbols import MARKUP, SIGN, Span


def has_kept_element(text: str) -> bool:
    """Fast check whether a line may have an element that is not to be translated."""
    return "translate" in text and "<" in text


def written_alone(items: Sequence[Item]) -> str | None:
    """Return what is written for terms without other words around them; None if that is just their text."""
    if all(item.copy is None for item in items):
        return None
    source, out = "".join([item.text for item in items]), ""
    for item in items:
        out += Span(0, item.text, 0, item.copy).written(not any(map(str.isalnum, out)), source)
    return out


class TermScanner(JoiningScanner):
    """Makes one item of the items of a term, and of an element that is not to be translated.

    Args:
        scanner: reads the text.
        glossary: the terms; None for none.
    """

    def __init__(self, scanner: ItemScanner, glossary: Glossary | None) -> None:
        super().__init__(scanner)
        self._glossary = glossary or NO_TERMS
        self._begin()

    def _begin(self) -> None:
        self._left = "  "  # the two characters before those that are held
        self._word, self._previous = "", ""  # the word before them so far, and the one before that
        self._at_start = True  # whether a sentence begins here, but for marks

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items. The next piece begins a new line."""
        out = super().finish()
        self._begin()
        return out

    def _joined(self, at: int, over: bool) -> tuple[Item, int] | None:
        item = self._held[at]
        opened = _KEPT.match(item.text) if item.symbol == MARKUP else None
        return self._kept_element(opened[1], at, over) if opened else self._longest_term(at, over)

    def _follow(self, item: Item) -> None:
        self._left = (self._left + item.text[item.letters :])[-2:]
        if item.symbol == " ":
            self._at_start = self._at_start or end_after(self._word, self._previous) is not EndKind.NEVER
            self._word, self._previous = "", self._word
            return
        self._word = (self._word + item.symbol)[-_LONGEST_WORD:]
        if item.symbol.isalnum() or (item.symbol >= _FIRST_KIND and item.symbol not in (MARKUP, SIGN)):
            self._at_start = False

    def _longest_term(self, at: int, over: bool) -> tuple[Item, int] | None:
        """Return the item that begins at a place and the place after it; None if it is not certain yet."""
        held, text, end = self._held, "", at
        item = held[at]
        found: list[tuple[str, int, Term]] = []
        if self._may_begin(item):
            while end < len(held) and held[end].letters <= end - at:
                text += held[end].text[held[end].letters :]
                if not self._glossary.may_begin_with(text):
                    break
                end += 1
                term = self._glossary.term(text)
                if term is not None and (self._at_start or not term.at_start):
                    found.append((text, end, term))
            else:
                if end == len(held) and not over:
                    return None
        for text, end, term in reversed(found):
            ends = self._ends_before(text[-1], end, over)
            if ends is None:
                return None
            if ends:
                return Item(self._glossary.kind, text, copy=term.copy), end
        return item, at + 1

    def _may_begin(self, item: Item) -> bool:
        """Whether a word begins with an item."""
        if item.letters or not item.text[0].isalnum():
            return not item.letters
        before, last = self._left[0], self._left[1]
        return not (is_of_word(last) or (last in _WITHIN and is_of_word(before)))

    def _ends_before(self, last: str, at: int, over: bool) -> bool | None:
        """Whether a word that ends with `last` is over before a place; None if that is not certain yet."""
        if at == len(self._held):
            return True if over else None
        following = self._held[at]
        if following.letters:
            return False
        if not is_of_word(last):
            return True
        first = following.text[0]
        if first not in _WITHIN:
            return not is_of_word(first)
        rest = "".join(item.text for item in self._held[at + 1 : at + 3])
        if any(item.letters for item in self._held[at + 1 : at + 3]):
            return False
        if not over and (not rest or (first in _APOSTROPHES and rest in ("s", "S"))):
            return None
        if first in _APOSTROPHES and rest[:1] in ("s", "S"):
            return not is_of_word(rest[1:2])  # of "the bank's door"
        return not is_of_word(rest[:1])

    def _kept_element(self, name: str, at: int, over: bool) -> tuple[Item, int] | None:
        """Return a whole element that is not to be translated and the place after it; None to wait for more.

        If it has no end, or only far behind, that is its opening tag alone.
        """
        closing = re.compile(rf"</{re.escape(name)}\s*>", re.IGNORECASE)
        text = ""
        for place in range(at, len(self._held)):
            item = self._held[place]
            text += item.text[item.letters :]
            if item.symbol == MARKUP and closing.fullmatch(item.text):
                return Item(self._glossary.kind, text), place + 1
            if len(text) > LONGEST_OVER_SPACES:
                break
        else:
            if not over:
                return None
        return self._held[at], at + 1


_FIRST_KIND: Final = "\U000f0000"
_LONGEST_WORD: Final = 60
_APOSTROPHES: Final = ("'", "’")
_WITHIN: Final = ("'", "’", "-", ".")
"""Marks within words."""
_KEPT: Final = re.compile(r"<([A-Za-z][\w-]*)(?:\s[^<>]*)?\stranslate\s?=\s?[\"']?no[\"']?(?:\s[^<>]*)?>")
