"""Reads the day of a date that is written as an ordinal, as in "May 12th" or "the 5th of July", online.

Training reads the characters of ordinals, since most of them are translated: "the 3rd floor". The day of a
date is a cardinal number in Spanish, the same one, so for translation it is a span of which the number alone
is written. If no month or day of the week stands before it, it is held until a month has followed or not.
"""

from __future__ import annotations

import re
from itertools import product
from typing import Final

from seq2seq.text.item_scanners import ItemScanner, JoiningScanner, is_of_word
from seq2seq.text.spans import Item
from seq2seq.text.symbols import NUMBER, ONE


def may_have_month_day(text: str) -> bool:
    """Fast check whether a line may have the day of a date as an ordinal."""
    return _MAYBE.search(text) is not None


class MonthDayScanner(JoiningScanner):
    """Makes one item of an ordinal that is the day of a date.

    Args:
        scanner: reads the text.
    """

    def __init__(self, scanner: ItemScanner) -> None:
        super().__init__(scanner)
        self._before = ""  # the last symbols that were released

    def finish(self) -> list[Item]:
        """End the line and return the rest of its items. The next piece begins a new line."""
        out = super().finish()
        self._before = ""
        return out

    def _joined(self, at: int, over: bool) -> tuple[Item, int] | None:
        item = self._held[at]
        if item.symbol not in _DIGITS or is_of_word(self._before[-1:]):
            return item, at + 1
        items = self._held[at : at + _FARTHEST]
        symbols = "".join([item.symbol for item in items])
        if _UNFINISHED.fullmatch(symbols) and not over:
            return None
        day = _ORDINAL.match(symbols)
        if not day or any(item.letters for item in items[: day.end() + 1]):
            return item, at + 1
        if not _DATE_BEFORE.search(self._before):
            is_day = _month_follows(symbols[day.end() :], over)
            if is_day is None:
                return None
            if not is_day:
                return item, at + 1
        elif is_of_word(symbols[day.end() : day.end() + 1]):
            return item, at + 1
        kind = ONE if day[1] == "1" else NUMBER
        return Item(kind, day[0], copy=day[1]), at + day.end()

    def _follow(self, item: Item) -> None:
        symbol = item.symbol if item.copy is None else _DAY
        self._before = (self._before + symbol)[-_FARTHEST:]


def _month_follows(rest: str, over: bool) -> bool | None:
    """Return whether `rest` begins with a month, after " of " or a space; None if that is not certain yet."""
    length = 0
    while rest[: length + 1] in _BEGINNINGS and length < len(rest):
        length += 1
    if length == len(rest) and not over:
        return None
    return rest[:length] in _FOLLOWING and not is_of_word(rest[length : length + 1])


_DIGITS: Final = frozenset("0123456789")
_DAY: Final = "0"
"""Stands for the day of a date among the symbols that were released: no digit stands there otherwise."""
_NAMES: Final = (
    *("January", "February", "March", "April", "May", "June", "July", "August", "September", "October"),
    *("November", "December"),
)
_SHORT: Final = ("Jan", "Feb", "Mar", "Apr", "Jun", "Jul", "Aug", "Sep", "Sept", "Oct", "Nov", "Dec")
_MONTHS: Final = _NAMES + _SHORT
_WORDS: Final = ("march", "may", "mar", "jun", "jan", "dec")
"""Months that mean something else, or nothing, in small letters: "the 5th may come"."""
_FOLLOWING: Final = frozenset(
    [
        *(between + month for between, month in product((" ", " of "), _MONTHS)),
        *(" of " + month.lower() for month in _MONTHS),
        *(" " + month.lower() for month in _MONTHS if month.lower() not in _WORDS),
    ]
)
_BEGINNINGS: Final = frozenset(words[:n] for words in _FOLLOWING for n in range(1, len(words) + 1))
_FARTHEST: Final = max(map(len, _FOLLOWING)) + 5
"""How many items from an ordinal on are looked at, and how many before it."""
_SUFFIX: Final = "(?:st|nd|rd|th)"
_ORDINAL: Final = re.compile(rf"(3[01]|[12][0-9]|[1-9]){_SUFFIX}")
_UNFINISHED: Final = re.compile(rf"[0-9]{{1,2}}(?:[snrt]|{_SUFFIX})?")
_WEEKDAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_DATE_BEFORE: Final = re.compile(
    rf"(?<!\w)(?:(?:{'|'.join(_NAMES + _WEEKDAYS)}|(?:{'|'.join(_SHORT)})\.?),?|0(?:,? (?:and|or|to)|,|-|–))"
    r" ?(?:the )?\Z",
    re.IGNORECASE,
)
"""What the day follows: a month, a day of the week, another day."""
_MAYBE: Final = re.compile("[0-9].*[dht]")
"""Raw text may have characters within an ordinal that are dropped."""
