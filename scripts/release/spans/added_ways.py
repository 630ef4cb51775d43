"""Ways that add spans, markup or quotation marks to any sentence, whatever its grammar."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from scripts.release.spans.drafts import SLOT, Draft, once
from scripts.release.spans.name_texts import tags
from scripts.release.spans.name_ways import SHARED, shared_names
from scripts.release.spans.words import pick

_END: Final = re.compile(r"(?:[.!?]|\.\.\.|…|\?!|!!+)$")


def _ends(draft: Draft) -> tuple[str, str, str, str] | None:
    """Return source, its final mark, target and its final mark; None if a side has no final mark."""
    here, there = _END.search(draft.source), _END.search(draft.target)
    if not here or not there:
        return None
    return draft.source[: here.start()], here[0], draft.target[: there.start()], there[0]


def _before_the_mark(draft: Draft, here: str, there: str) -> Draft | None:
    """Return the draft with a text before the final mark of each side."""
    parts = _ends(draft)
    if parts is None or SLOT.search(parts[0][-1]):
        return None
    source, mark, target, other = parts
    return draft.with_sides(source + here + mark, target + there + other)


_ANY: Final = (
    "count:8 percent:8 quantity:8 version:7 reference:12 code:8 money:10 time:6 hours:2 date:10 year:8 url:8 "
    "file:8 mail:3 "
    "phone:5 holder:10 name:5 handle:3 ticked:4 odd:4 score:2 one:2 temperature:3 decimal:3"
)
_BRACKETS: Final = (
    ("see", "véase", "file:40 url:30 path:10 reference:10"),
    ("page", "página", "count:90 holder:10"),
    ("from", "de", "url:40 mail:30 handle:20 name:40"),
    ("version", "versión", "version:90 holder:10"),
    ("error", "error", "reference:60 count:40"),
    ("by", "por", "name:60 handle:40 holder:20"),
    ("photo:", "foto:", "name:50 handle:50"),
    ("since", "desde", "year:100"),
    ("about", "unos", "money:60 count:10"),
)


def brackets(draft: Draft, rng: Random) -> Draft | None:
    """Put brackets before the final mark: "(v2.1)", "(see report.pdf)"."""
    if draft.source.rstrip(".!?")[-1:] == ")":
        return None
    if rng.random() < 0.7:
        draft, slot = draft.new(_ANY, rng)
        return _before_the_mark(draft, f" ({slot})", f" ({slot})")
    here, there, sorts = rng.choice(_BRACKETS)
    draft, slot = draft.new(sorts, rng)
    return _before_the_mark(draft, f" ({here} {slot})", f" ({there} {slot})")


def trailing(draft: Draft, rng: Random) -> Draft | None:
    """Put ": SPAN" or " - SPAN" at the end of a statement, or a tag or an address behind it."""
    parts = _ends(draft)
    if (
        parts is None
        or parts[1] != "."
        or parts[3] != "."
        or re.search("[:–-] ", draft.source + draft.target)
    ):
        return None
    if rng.random() < 0.2:
        draft, slot = draft.new("tag:40 url:40 handle:20", rng)
        return draft.with_sides(f"{draft.source} {slot}", f"{draft.target} {slot}")
    sign, stop = rng.choice((": ", ": ", " - ", " – ")), rng.choice(("", "", "."))
    draft, slot = draft.new(_ANY, rng)
    return draft.with_sides(f"{parts[0]}{sign}{slot}{stop}", f"{parts[2]}{sign}{slot}{stop}")


_LEADING: Final = (
    "name:14 holder:12 handle:8 reference:14 code:8 file:8 path:5 time:10 date:10 version:4 count:6 ticked:3 "
    "year:4 one:2"
)


def leading(draft: Draft, rng: Random) -> Draft | None:
    """Put "SPAN: " or "[ERROR SPAN] " before the sentence."""
    if rng.random() < 0.15:
        draft, slot = draft.new("count:50 reference:50", rng)
        form = rng.choice(("[ERROR {}] ", "[{}] ", "Error {}: ", "[WARNING {}] ", "ERROR {}: "))
    else:
        draft, slot = draft.new(_LEADING, rng)
        form = rng.choice(("{}: ", "{}: ", "{}: ", "[{}] ", "{} - ", "({}) "))
    piece = form.format(slot)
    return draft.with_sides(piece + draft.source, piece + draft.target)


_BETWEEN: Final = re.compile(r"(?<=[.!?]) (?=[¿¡]?[A-ZÁÉÍÓÚÑ])")


def emojis(draft: Draft, rng: Random) -> Draft | None:
    """Put an emoji at the end, instead of or before the final mark, at the start or between two sentences."""
    draft, slot = draft.new("emoji:1", rng)
    place, parts = pick(rng, "instead:40 behind:15 before:12 start:20 between:13"), _ends(draft)
    if place == "instead" and parts and parts[1] == parts[3] == ".":
        return draft.with_sides(f"{parts[0]} {slot}", f"{parts[2]} {slot}")
    if place == "before":
        return _before_the_mark(draft, f" {slot}", f" {slot}")
    if place == "start":
        return draft.with_sides(f"{slot} {draft.source}", f"{slot} {draft.target}")
    if place == "between":
        halves = [_BETWEEN.split(side) for side in (draft.source, draft.target)]
        if len(halves[0]) != 2 or len(halves[1]) != 2:
            return None
        return draft.with_sides(*(f"{first} {slot} {second}" for first, second in halves))
    return draft.with_sides(f"{draft.source} {slot}", f"{draft.target} {slot}")


def vocatives(draft: Draft, rng: Random) -> Draft | None:
    """Put the name of the person addressed before the final mark: ", {name}."."""
    if (
        len(draft.source) > 50
        or re.search(r",|\bplease\b", draft.source, re.IGNORECASE)
        or SHARED.search(draft.source)
    ):
        return None
    if not re.search(r"\b(you|your|thank\w*|hello|hi|sorry|let's)\b", draft.source, re.IGNORECASE):
        return None
    draft, slot = draft.new("name:45 holder:35 handle:20", rng)
    return _before_the_mark(draft, f", {slot}", f", {slot}")


_AND: Final = re.compile(r"(?<=\w )and(?= \w)")
_Y: Final = re.compile(r"(?<=\w )y(?= \w)")


def markup(draft: Draft, rng: Random) -> Draft | None:
    """Put tags around the sentence or a shared name, put one tag alone, or replace "and" by "&amp;"."""
    chance = rng.random()
    if chance < 0.1:
        here, there = once(_AND, draft.source), once(_Y, draft.target)
        if not here or not there:
            return None
        draft, slot = draft.add("&amp;")
        return draft.with_parts(here, there, slot)
    if chance < 0.3:
        draft, slot = draft.add("\\n") if rng.random() < 0.15 else draft.new("mark:1", rng)
        gap = "" if draft.text(slot) == "\\n" else rng.choice(("", " "))
        if rng.random() < 0.5:
            return draft.with_sides(f"{draft.source}{gap}{slot}", f"{draft.target}{gap}{slot}")
        return draft.with_sides(f"{slot}{gap}{draft.source}", f"{slot}{gap}{draft.target}")
    choice, parts = shared_names(draft), _ends(draft)
    opening, closing = tags(rng)
    draft, first = draft.add(opening)
    draft, last = draft.add(closing)
    if choice and chance < 0.65:
        here, there = rng.choice(choice)
        return draft.with_parts(here, there, first + here[0] + last)
    if parts and parts[1] == parts[3] == "." and rng.random() < 0.3:
        return draft.with_sides(f"{first}{parts[0]}{last}.", f"{first}{parts[2]}{last}.")
    return draft.with_sides(first + draft.source + last, first + draft.target + last)


_QUOTES: Final = (('"', '"'), ("“", "”"), ("‘", "’"), ("'", "'"))


def quote(draft: Draft, rng: Random) -> Draft:
    """Return the draft with quotation marks around the sentence or a shared name, the same on both sides."""
    if re.search("[\"“”‘«»]|'(?!\\w)|(?<!\\w)'", draft.source + draft.target):
        return draft
    before, after = rng.choice(_QUOTES)
    if before in "'‘" and re.search("['’]", draft.source):
        return draft
    choice = [
        pair for pair in shared_names(draft) if not draft.source[pair[0].end() :].startswith(("'", "’"))
    ]
    if choice and rng.random() < 0.5:
        here, there = rng.choice(choice)
        return draft.with_parts(here, there, before + here[0] + after)
    return draft.with_sides(before + draft.source + after, before + draft.target + after)
