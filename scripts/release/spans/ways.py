"""The ways in which spans come into real sentence pairs, with how often each is tried.

A way takes a draft and a random generator and returns the draft with one or two more spans, or None if the
pair does not suit it. Both sides stay grammatical: plurals stay plurals, "at 1:15" is "a la 1:15", and an
address stands where a place, a letter or a thing may stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from scripts.release.spans import added_ways, name_ways, number_ways, spoken_numbers
from scripts.release.spans.drafts import Draft

Way = Callable[[Draft, Random], Draft | None]

_COUNTED: Final = rf"\b(?:{'|'.join(list(spoken_numbers.ENGLISH)[1:])}|hundred|thousand|\d+)\b"
WAYS: Final[dict[Way, tuple[float, re.Pattern[str] | None]]] = {
    number_ways.numbers: (16, re.compile(_COUNTED, re.IGNORECASE)),
    number_ways.ones: (2.5, re.compile(rf"\b[Oo]ne (?:{'|'.join(number_ways.UNITS)})\b")),
    number_ways.prices: (4, re.compile("dollars|euros|pounds|yen")),
    number_ways.times: (6, re.compile(rf"{_COUNTED}|o'clock|\d:", re.IGNORECASE)),
    number_ways.weekdays: (2.5, re.compile(rf"\w (?:{'|'.join(number_ways.DAYS)})")),
    number_ways.near_days: (3, re.compile("tomorrow|today|yesterday", re.IGNORECASE)),
    number_ways.years: (2, re.compile(r"(?:last|next) year|\b[Ii]n [JFMASOND]")),
    name_ways.names: (24, name_ways.SHARED),
    name_ways.things: (12, re.compile(rf"\b(?:{'|'.join(english for english, *_ in name_ways.THINGS)})\b")),
    added_ways.brackets: (7, None),
    added_ways.trailing: (5, None),
    added_ways.leading: (7, None),
    added_ways.emojis: (6, None),
    added_ways.vocatives: (4, re.compile("you|thank|hello|hi|sorry|let's", re.IGNORECASE)),
    added_ways.markup: (6, None),
}
"""For each way, the weight with which it is tried and, if it needs one, a pattern of the English side."""
