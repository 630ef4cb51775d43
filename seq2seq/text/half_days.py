"""Reads a time with its half of the day, as in "5 p.m.", as one span, online.

The table of spans has only those written together, as "5pm": with a space, training reads the letters one by
one, since their translation may be "de la tarde". A network that has to write them at a lag often loses them;
as one symbol they are copied. So only translation has this scanner, between those of spans and of days.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import product
from typing import Final

from seq2seq.text.item_scanners import JoiningScanner, is_of_word
from seq2seq.text.quotations import CLOSING
from seq2seq.text.sentence_ends import EndKind
from seq2seq.text.span_expressions import CLOCK, HOUR
from seq2seq.text.spans import Item
from seq2seq.text.symbols import NUMBER, ONE, ONE_OCLOCK, TIME


def may_have_half_day(text: str) -> bool:
    """Fast check whether a line may have a time with its half of the day."""
    return _MAYBE.search(text) is not None


class HalfDayScanner(JoiningScanner):
    """Makes one item of a time and the half of the day behind it."""

    def _joined(self, at: int, over: bool) -> tuple[Item, int] | None:
        time, length = self._held[at], 0
        if time.symbol in _HOURS and not time.letters and _TIME.fullmatch(time.text):
            found = _half_length(self._held[at + 1 : at + 1 + _FARTHEST], over)
            if found is None:
                return None
            length = found
        end = at + 1 + length
        return (_with_half(time, self._held[at + 1 : end]) if length else time), end


def _with_half(time: Item, half: Sequence[Item]) -> Item:
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
    if is_of_word(first):
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
