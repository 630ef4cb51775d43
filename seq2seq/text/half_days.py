"""Reads a time with its half of the day, as in "5 p.m.", as one span, online.

The table of spans has only those written together, as "5pm": with a space, training reads the letters one by
one, since their translation may be "de la tarde". A network that has to write them at a lag often loses them;
as one symbol they are copied. So only translation has this scanner, between that of spans and the terms.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from typing import Final, Protocol

from seq2seq.text.quotations import CLOSING
from seq2seq.text.sentence_ends import EndKind
from seq2seq.text.span_expressions import CLOCK, HOUR
from seq2seq.text.span_holding import is_letter
from seq2seq.text.spans import Item
from seq2seq.text.symbols import NUMBER, ONE, ONE_OCLOCK, TIME


class ItemScanner(Protocol):
    """What turns the clean text of a line into items: `SpanScanner`, or one of the whole line at once."""

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items."""


def may_have_half_day(text: str) -> bool:
    """Fast check whether a line may have a time with its half of the day."""
    return _MAYBE.search(text) is not None


class HalfDayScanner:
    """Makes one item of a time and the half of the day behind it.

    Args:
        scanner: reads the text.
    """

    def __init__(self, scanner: ItemScanner) -> None:
        self._scanner = scanner
        self._held: list[Item] = []

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""
        return self._release(self._scanner.feed(text), False)

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items. The next piece begins a new line."""
        return self._release(self._scanner.finish(), True)

    def _release(self, items: list[Item], over: bool) -> list[Item]:
        """Return the items that are certain after some more; all of them if the line is over."""
        held = self._held = self._held + items
        out: list[Item] = []
        at = 0
        while at < len(held):
            length = 0
            if held[at].symbol in _HOURS and not held[at].letters and _TIME.fullmatch(held[at].text):
                found = _half_length(held[at + 1 : at + 1 + _FARTHEST], over)
                if found is None:
                    break
                length = found
            out.append(_joined(held[at], held[at + 1 : at + 1 + length]) if length else held[at])
            at += 1 + length
        del held[:at]
        return out


def _joined(time: Item, half: Sequence[Item]) -> Item:
    kind = ONE_OCLOCK if _FROM_ONE.match(time.text) else TIME
    return Item(kind, time.text + "".join([item.text for item in half]))


def _half_length(items: Sequence[Item], over: bool) -> int | None:
    """Return of how many items behind a time its half of the day consists; None if that is not certain yet.

    The dot of "p.m." belongs to it only if the sentence goes on.
    """
    symbols = "".join([item.symbol for item in items])
    length = 0
    while symbols[: length + 1] in _BEGINNINGS and length < len(symbols):
        length += 1
    half, rest = symbols[:length], symbols[length:]
    if length == len(symbols) and not over:
        return None
    if half not in _HALVES or any(item.letters for item in items[: length + 1]):
        return 0
    first, second, third = (rest[place : place + 1] for place in range(3))
    if first.isalnum() or first == "_" or (first and is_letter(first)):
        return 0
    if half[-1] != ".":
        if half != " am" or first != " ":
            return length
        if not over and (not second or (second == "I" and not third)):
            return None
        return 0 if second == "I" and not third.isalnum() else length  # "At 10 am I late?"
    if first == " " and not second and not over:
        return None
    is_last = not first or first in CLOSING or (first == " " and (not second or _ENDS.comes_before(second)))
    return length - is_last


_HOURS: Final = (ONE, NUMBER, TIME, ONE_OCLOCK)
_TIME: Final = re.compile(rf"{HOUR}(?:[-–]{HOUR})?|{CLOCK}(?:[-–]{CLOCK})?")
_FROM_ONE: Final = re.compile(r"0?1(?![0-9])")
_HALVES: Final = frozenset(
    f" {letter}{rest}"
    for letters, ends in (("ap", (".m.", ". m.", "m")), ("AP", (".M.", ". M.", "M")))
    for letter, rest in product(letters, ends)
)
_BEGINNINGS: Final = frozenset(half[:n] for half in _HALVES for n in range(1, len(half) + 1))
_FARTHEST: Final = max(map(len, _HALVES)) + 3
"""How many items behind a time are looked at."""
_ENDS: Final = EndKind.CAPITAL
_MAYBE: Final = re.compile("[0-9].*[mM]")
