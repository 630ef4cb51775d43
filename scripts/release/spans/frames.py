"""Frames: short parallel sentences with places for spans, about prices, bookings, errors, recipes …

A line of data/frames.tsv is English, tab, Spanish; lines with # are headings. `{money}` is a span of
that sort of `sorts.SORTS`. The same text goes into the same place of the other side, so spans of one sort are
in the same order on both sides. `<food>` is one of the word pairs of data/fillers.tsv.
`{count}` is 2 or more, so its noun is plural, and `{one}` is 1.
"""

from __future__ import annotations

import re
from random import Random
from typing import Final, NamedTuple

from scripts.release.spans.drafts import Draft, capital, one_o_clock
from scripts.release.spans.words import DATA

PLACE: Final = re.compile(r"\{(\w+)\}")
FILLER: Final = re.compile(r"<(\w+)>")
MIXED: Final = {
    "name": "name:76 holder:16 handle:4 code:3 ticked:1",
    "count": "count:94 counter:6",
    "money": "money:96 holder:4",
    "date": "date:97 holder:3",
    "time": "time:97 holder:3",
    "file": "file:95 holder:5",
    "phone": "phone:97 holder:3",
    "percent": "percent:97 holder:3",
    "code": "code:80 reference:20",
}
"""Sorts that may be drawn in the place of a sort, with weights."""


class Frame(NamedTuple):
    """A parallel sentence with places.

    Attributes:
        source: English with its places.
        target: Spanish with the same places.
        sorts: the sorts of the spans, in the order of the English.
    """

    source: str
    target: str
    sorts: tuple[str, ...]


def _rows(name: str) -> list[list[str]]:
    lines = (DATA / name).read_text("utf-8").splitlines()
    return [line.split("\t") for line in lines if not line.startswith("#")]


def _fillers() -> dict[str, list[tuple[str, str]]]:
    table: dict[str, list[tuple[str, str]]] = {}
    for name, english, spanish in _rows("fillers.tsv"):
        table.setdefault(name, []).append((english, spanish))
    return table


FILLERS: Final = _fillers()
FRAMES: Final = [
    Frame(source, target, tuple(PLACE.findall(source))) for source, target in _rows("frames.tsv")
]


def fill(frame: Frame, rng: Random) -> Draft:
    """Return a draft of a frame with spans in its places."""
    source, target = frame.source, frame.target
    for name in dict.fromkeys(FILLER.findall(source)):
        for english, spanish in rng.sample(FILLERS[name], source.count(f"<{name}>")):
            source = source.replace(f"<{name}>", english, 1)
            target = target.replace(f"<{name}>", spanish, 1)
    target = re.sub(r"\b([dD]e|[aA]) el\b", lambda match: match[1] + "l", target)
    draft = Draft(source, target)
    for sort in frame.sorts:
        draft, slot = draft.new(MIXED.get(sort, f"{sort}:1"), rng)
        place = f"{{{sort}}}"
        draft = draft.with_sides(draft.source.replace(place, slot, 1), draft.target.replace(place, slot, 1))
    assert not PLACE.search(draft.source + draft.target)
    draft = one_o_clock(draft)
    return draft.with_sides(capital(draft.source), capital(draft.target))
