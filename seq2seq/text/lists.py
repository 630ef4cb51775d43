"""Finds sentences that are bare lists: "milk, eggs, bread, butter, cheese".

A network that writes a long list of words that have nothing to do with each other loses its place, and so an
item. Where a sentence is known to its end before it is translated, each item of such a list is translated by
itself.
"""

from __future__ import annotations

import re
from typing import Final

MARK: Final = ", "
"""What stands between two items."""


def may_have_list(text: str) -> bool:
    """Fast check whether a line may have a bare list."""
    return text.count(MARK[0]) >= FEWEST - 1  # any white space may stand behind it


def may_become_list(symbols: str) -> bool:
    """Whether a sentence that begins with these symbols may turn out to be a bare list; True may be wrong."""
    *items, last = symbols.split(MARK)
    return (
        _BEGUN.fullmatch(last) is not None
        and all(map(_ITEM.fullmatch, items[1:]))
        and all(map(_FIRST.fullmatch, items[:1]))
    )


def items_of(symbols: str) -> list[str]:
    """Return the items of a bare list, the last one with a stop or comma behind it; none of anything else."""
    first, *items = symbols.split(MARK)
    is_list = (
        len(items) + 1 >= FEWEST
        and _FIRST.fullmatch(first)
        and all(map(_ITEM.fullmatch, items[:-1]))
        and _LAST.fullmatch(items[-1])
    )
    return [first, *items] if is_list else []


def mark_before(item: str) -> str:
    """Return what is written before an item: Spanish has no comma before "y" and "o"."""
    return " " if item.startswith(("and ", "or ")) else MARK


FEWEST: Final = 5
"""Fewer items than these are translated as one sentence: nothing is lost there."""
_WORD: Final = r"[^\W\d_]+(?:['’-][^\W\d_]+)*"
_SMALL: Final = rf"[a-zà-öø-ÿ][^\W\d_]*(?:['’-][^\W\d_]+)*(?: {_WORD})?"
_FIRST: Final = re.compile(f"(?:{_WORD}(?: {_WORD}){{0,2}}: )?{_WORD}(?: {_WORD})?")
_ITEM: Final = re.compile(_SMALL)
"""Names, which are copied, and days, which are written small in Spanish, stay in one sentence."""
_LAST: Final = re.compile(f"(?:(?:and|or) )?{_SMALL}(?: (?:and|or) {_SMALL})?[.!?…,]?")
_BEGUN: Final = re.compile(r"(?:[^\W\d_][\w'’-]*:? ){0,5}(?:[^\W\d_][\w'’-]*[.!?…,:]?)?")
