"""Ways that turn names into spans, or put spans behind things."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from scripts.release.spans.drafts import SLOT, Draft, once, put
from scripts.release.spans.words import DATA, WORDS

SHARED: Final = re.compile(
    rf"\b({'|'.join(sorted(WORDS['people'] + WORDS['towns'], key=len, reverse=True))})\b(?!-)"
)
_TITLE: Final = re.compile(
    rf"(?<![.?!:] )(?<!^)\b[A-Z]\w+\.? $|\b(Mr|Mrs|Ms|Dr|Miss|{'|'.join(WORDS['people'])})\.? $"
)


def shared_names(draft: Draft) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Return the matches of the names that occur exactly once on each side."""
    ours, theirs = list(SHARED.finditer(draft.source)), list(SHARED.finditer(draft.target))
    names, others = ([found[0] for found in side] for side in (ours, theirs))
    return [
        (here, theirs[others.index(here[0])])
        for here in ours
        if names.count(here[0]) == others.count(here[0]) == 1
    ]


def names(draft: Draft, rng: Random) -> Draft | None:
    """Turn a name that both sides have into a foreign name, a placeholder, a handle, a code or an address."""
    choice = shared_names(draft)
    rng.shuffle(choice)
    for here, there in choice:
        before, after = draft.source[: here.start()], draft.source[here.end() :]
        # The symbol of a span does not say that the name is a woman's, which Spanish may have to agree with.
        if here[0] in WORDS["women"] and rng.random() < 0.6:
            continue
        if (
            re.match(r" (?!I\b)[A-Z]", after)
            or _TITLE.search(before)
            or SLOT.match(after)
            or SLOT.search(before[-1:])
        ):
            continue
        draft, slot = draft.new(_sorts_of_name(draft, here, there), rng)
        return draft.with_parts(here, there, slot)
    return None


def _sorts_of_name(draft: Draft, here: re.Match[str], there: re.Match[str]) -> str:
    """Return the sorts that may replace a name, with weights, by the words around it."""
    before, behind = draft.source[: here.start()], draft.target[: there.start()]
    if re.match(r"['’]s?\b", draft.source[here.end() :]):
        return "name:60 holder:30 handle:10"
    if here[0] in WORDS["towns"]:
        if not re.search(r"\b(a|de|en|desde|hasta|hacia|visitar|ver) $", behind):
            return "name:70 holder:30"
        if re.search(r"\b(to|from|visit|visited|see) $", before):
            return "name:50 holder:20 code:8 url:18 path:4"
        return "name:60 holder:25 code:15"
    if re.search(r"\b(to|for|from|with) $", before) and re.search(r"\b(a|para|de|con) $", behind):
        if re.search(r"\b(wrote|write|written|sent|send|answer\w*|repl\w+|e-?mail\w*)\b", before):
            return "name:25 holder:15 handle:10 mail:50"
        return "name:50 holder:27 handle:15 code:8"
    if re.search(r"\ba $", behind, re.IGNORECASE):
        return "name:60 holder:28 handle:12"
    if here.start() == there.start() == 0:
        return "name:50 holder:26 handle:8 code:14 ticked:2"
    return "name:56 holder:30 handle:12 code:2"


_AFTER: Final = "|".join(WORDS["after"])
_BEHIND: Final = "|".join(WORDS["behind"])
_ARTICLE: Final = "(?P<article>[Tt]he|[Tt]his|[Tt]hat|[Mm]y|[Yy]our|[Hh]is|[Oo]ur)"
_ARTICULO: Final = (
    "(?P<article>[Ee]l|[Ll]a|[Dd]el|[Aa]l|[Ee]s[ea]|[Ee]st[ea]|[Aa]quel|[Aa]quella|[Mm]i|[Tt]u|[Ss]u"
    "|[Nn]uestr[oa])"
)


def _things() -> list[tuple[str, re.Pattern[str], re.Pattern[str], bool, str]]:
    rows = [line.split("\t") for line in (DATA / "things.tsv").read_text("utf-8").splitlines()[1:]]
    return [
        (
            english,
            re.compile(rf"\b{_ARTICLE} {english}\b(?= ?[.,?!;:]|$| ({_AFTER})\b)"),
            re.compile(rf"\b{_ARTICULO} ({spanish})\b(?= ?[.,?!;:]|$| ({_BEHIND})\b)"),
            article == "drops",
            sorts,
        )
        for english, spanish, article, sorts in rows
    ]  # fmt: skip


THINGS: Final = _things()


def things(draft: Draft, rng: Random) -> Draft | None:
    """Put a name behind "the file" and "el archivo", and a number behind "the room" and "la habitación"."""
    found = [
        (here, there, drops, sorts)
        for _, english, spanish, drops, sorts in THINGS
        if (here := once(english, draft.source)) and (there := once(spanish, draft.target))
    ]
    if not found:
        return None
    here, there, drops, sorts = rng.choice(found)
    definite = here["article"].lower() == "the"
    if definite != (there["article"].lower() in ("el", "la", "del", "al")) or (drops and not definite):
        return None
    phrase = here[0]
    if drops:
        phrase = phrase[4:].capitalize() if phrase[0] == "T" else phrase[4:]
    draft, slot = draft.new(sorts, rng)
    return draft.with_sides(
        put(draft.source, here.start(), here.end(), f"{phrase} {slot}"),
        put(draft.target, there.start(), there.end(), f"{there[0]} {slot}"),
    )
