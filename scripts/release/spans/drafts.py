"""Drafts: sentence pairs while spans are being put into them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from random import Random
from typing import Final

from scripts.release.spans.number_texts import is_one_o_clock
from scripts.release.spans.sorts import SORTS
from scripts.release.spans.words import pick
from seq2seq.corpus.pairs import Pair

FIRST: Final = 0x100000
"""In a draft, spans are code points from this one on: a private plane that no text uses."""
SLOT: Final = re.compile("[\U00100000-\U0010ffff]")


@dataclass(frozen=True)
class Draft:
    """A pair into which spans are put.

    Attributes:
        source, target: the sides, with a code point from `FIRST` on for each span.
        texts: the texts of the spans.
    """

    source: str
    target: str
    texts: tuple[str, ...] = ()

    def add(self, text: str) -> tuple[Draft, str]:
        """Return the draft with one more span in its list, and the code point of that span."""
        return Draft(self.source, self.target, (*self.texts, text)), chr(FIRST + len(self.texts))

    def new(self, sorts: str, rng: Random) -> tuple[Draft, str]:
        """Like `add`, for a random text of one of the sorts in "sort:weight sort:weight …"."""
        _, generate = SORTS[pick(rng, sorts)]
        return self.add(generate(rng))

    def text(self, slot: str) -> str:
        """Return the text of a span."""
        return self.texts[ord(slot) - FIRST]

    def slots(self) -> list[tuple[str, str]]:
        """Return the code point and the text of each span."""
        return [(chr(FIRST + number), text) for number, text in enumerate(self.texts)]

    def with_sides(self, source: str, target: str) -> Draft:
        """Return the draft with other sides and the same spans."""
        return Draft(source, target, self.texts)

    def with_parts(self, here: re.Match[str], there: re.Match[str], new: str, group: str | int = 0) -> Draft:
        """Return the draft with a group of a match replaced by `new` on each side."""
        return self.with_sides(
            put(self.source, here.start(group), here.end(group), new),
            put(self.target, there.start(group), there.end(group), new),
        )

    def pair(self) -> Pair:
        """Return the pair with the texts of its spans."""

        def text(slot: re.Match[str]) -> str:
            return self.text(slot[0])

        return Pair(SLOT.sub(text, self.source), SLOT.sub(text, self.target))


def put(text: str, start: int, end: int, middle: str) -> str:
    """Return `text` with the part from start to end replaced."""
    return text[:start] + middle + text[end:]


def once(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    """Return the only match of a pattern; None if there is no match or more than one."""
    found = pattern.search(text)
    return None if found is None or pattern.search(text, found.end()) else found


def capital(text: str) -> str:
    """Return `text` with its first letter in upper case, also behind opening marks."""
    return re.sub(r"^([¿¡\"“(]*)(\w)", lambda match: match[1] + match[2].upper(), text)


_HOURS = re.compile(rf"(?:\b(?P<verb>son|eran) )?\b(?P<article>las) (?P<slot>{SLOT.pattern})", re.IGNORECASE)
_SINGULAR: Final = {"son": "es", "Son": "Es", "eran": "era", "Eran": "Era"}


def one_o_clock(draft: Draft) -> Draft:
    """Return the draft with "la" before times at one o'clock: "son las 1:15" is "es la 1:15"."""

    def singular(match: re.Match[str]) -> str:
        text = draft.text(match["slot"])
        if not (":" in text or text.endswith("m")) or not is_one_o_clock(text):
            return match[0]
        verb = f"{_SINGULAR[match['verb']]} " if match["verb"] else ""
        return f"{verb}{match['article'][0]}a {match['slot']}"

    return draft.with_sides(draft.source, _HOURS.sub(singular, draft.target))
