"""The ways in which spans come into real sentence pairs, each a small function.

A way takes a draft and a random generator and returns the draft with a span or two more, or None where the
pair gives no occasion. Both sides keep their grammar: plurals stay plurals, "at 1:15" is "a la 1:15", an
address stands where a place, a letter or a thing may stand.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from random import Random
from typing import Final

from scripts.release import span_texts, spoken_numbers
from scripts.release.span_drafts import SLOT, Draft, once, one_o_clock, put
from scripts.release.span_texts import DATA, WORDS, pick

Way = Callable[[Draft, Random], Draft | None]


def _either(words: str) -> str:
    return "|".join(words.split())


def _pairs(name: str) -> dict[str, str]:
    """Return English words and their Spanish ones from a list of "one=uno"."""
    return dict(pair.split("=", 1) for pair in WORDS[name])


# Numbers, prices, times, dates


_CLOCK: Final = re.compile(rf"\b({'|'.join(WORDS['clock'])}) $", re.IGNORECASE)
_FRACTION: Final = re.compile(
    rf"[ -]({_either('third fourth fifth sixth tenth quarter')})s?\b"
    rf"|[ -]({_either('thirty fifteen hundred thousand dozen')})\b| o'clock"
    rf"|-(?!(year|years)-old|{_either('hour day week month mile minute night bedroom page')})"
)


def numbers(draft: Draft, rng: Random) -> Draft | None:
    """Number words that stand once on each side become digits, often those of another number."""
    ours, theirs = spoken_numbers.english(draft.source), spoken_numbers.spanish(draft.target)
    values, others = ([number.value for number in side] for side in (ours, theirs))
    choice = [number for number in ours if values.count(number.value) == others.count(number.value) == 1]
    rng.shuffle(choice)
    for here in choice:
        there = theirs[others.index(here.value)]
        before, after = draft.source[: here.start], draft.source[here.end :]
        if _FRACTION.match(after) or re.search(r"\bone (and|or) $|-$", before, re.IGNORECASE):
            continue
        text = str(here.value)
        if re.search(r"\blas $", draft.target[: there.start], re.IGNORECASE) and (
            _CLOCK.search(before) or re.match(r" ?[ap]\.?m", after)
        ):
            if here.value > 12:
                continue
            text = rng.choice((text, span_texts.small_number(rng)))
        elif re.match(r" (million|billion)", after):
            text = rng.choice((text, span_texts.count(rng), span_texts.decimal(rng)))
        elif not re.search(r"\b(a|an|or|and|plus|minus|times) $", before, re.IGNORECASE):
            text = rng.choice((text, text, span_texts.count(rng), span_texts.number(rng)))
        draft, slot = draft.add(text)
        return draft.with_sides(
            put(draft.source, here.start, here.end, slot), put(draft.target, there.start, there.end, slot)
        )
    return None


_UNITS: Final = _pairs("units")
_ONE: Final = re.compile(rf"(?<![\w-])[Oo]ne (?P<unit>{'|'.join(_UNITS)})\b(?! of)")


def ones(draft: Draft, rng: Random) -> Draft | None:
    """ "One hour" and "una hora" become "1 hour" and "1 hora"."""
    here = once(_ONE, draft.source)
    if not here or (here.start() == 0 and rng.random() < 0.5):
        return None
    there = once(re.compile(rf"\b[Uu]na? {_UNITS[here['unit']]}\b"), draft.target)
    if not there:
        return None
    draft, slot = draft.add("1")
    return draft.with_sides(
        put(draft.source, here.start(), here.start("unit") - 1, slot),
        put(draft.target, there.start(), there.start() + there[0].index(" "), slot),
    )


_CURRENCY: Final = re.compile(r" (dollars|euros|pounds|yen)\b(?! bill)")
_MONEDA: Final = re.compile(r" (de )?(dólares|euros|libras|yenes)\b")


def prices(draft: Draft, rng: Random) -> Draft | None:
    """ "Ten dollars" and "diez dólares" become a price."""
    if re.search(r"\b(weigh|los[est]|gain|pounds of|heav|fat|slim)|(dollars|pounds)['’]", draft.source):
        return None
    ours = [
        (n, m) for n in spoken_numbers.english(draft.source) if (m := _CURRENCY.match(draft.source, n.end))
    ]
    theirs = [
        (n, m) for n in spoken_numbers.spanish(draft.target) if (m := _MONEDA.match(draft.target, n.end))
    ]
    if len(ours) != 1 or len(theirs) != 1 or ours[0][0].value != theirs[0][0].value:
        return None
    draft, slot = draft.new("money:1", rng)
    return draft.with_sides(
        put(draft.source, ours[0][0].start, ours[0][1].end(), slot),
        put(draft.target, theirs[0][0].start, theirs[0][1].end(), slot),
    )


_ENGLISH_TIME: Final = re.compile(
    r"\b((?P<part>half past|(?:a )?quarter past|(?:a )?quarter to|ten to|ten past) )?"
    rf"(?P<hour>{'|'.join(list(spoken_numbers.ENGLISH)[:12])}|\d\d?)"
    r"([: -](?P<minute>\d\d|thirty|fifteen|forty-five))?(?P<even> o'clock)?(?= ?[.,?!;]|$| \w| [ap]\.m)",
    re.IGNORECASE,
)
_SPANISH_TIME: Final = re.compile(
    r"\b(?P<before>[Aa]|[Hh]asta|[Dd]esde|[Ss]obre|[Ss]on|[Ee]ran|[Dd]e|que|para|[Ee]ntre|y) las? "
    r"(?P<hour>una|dos|tres|cuatro|cinco|seis|siete|ocho|nueve|diez|once|doce|\d\d?)"
    r"((:| y | menos )(?P<minute>\d\d|media|cuarto|diez|treinta|quince))?(?P<even> en punto)?"
    r"(?= ?[.,?!;]|$| (?!horas|minutos|o |u |y media|y cuarto|menos )\w)"
)
_SHIFTS: Final = {"half past": 30, "quarter past": 15, "quarter to": -15, "ten to": -10, "ten past": 10}
_MINUTES: Final = {
    "thirty": 30,
    "fifteen": 15,
    "forty-five": 45,
    "treinta": 30,
    "quince": 15,
    "media": 30,
    "cuarto": 15,
    "diez": 10,
}


def _clock(hour: str, minute: str | None, shift: int = 0, sign: int = 1) -> int | None:
    """Return the minutes since twelve, None for an hour that no clock of twelve hours has."""
    words = {**spoken_numbers.ENGLISH, **spoken_numbers.SPANISH}
    hours = int(hour) if hour.isdigit() else words[hour.lower()]
    after = _MINUTES.get((minute or "0").lower())
    after = int(minute or 0) if after is None else after
    return (hours * 60 + shift + sign * after) % 720 if 1 <= hours <= 12 else None


def times(draft: Draft, rng: Random) -> Draft | None:
    """ "At two thirty" and "a las dos y media" become "at 6:15" and "a las 6:15", or "a la 1:15"."""
    there = once(_SPANISH_TIME, draft.target)
    ours = [
        found
        for found in _ENGLISH_TIME.finditer(draft.source)
        if found["even"] or found["part"] or found["minute"] or _CLOCK.search(draft.source[: found.start()])
    ]
    if not there or len(ours) != 1:
        return None
    here = ours[0]
    shift = _SHIFTS.get((here["part"] or "").lower().removeprefix("a "), 0)
    when = _clock(here["hour"], here["minute"], shift)
    if when is None or when != _clock(there["hour"], there["minute"], 0, -1 if " menos " in there[0] else 1):
        return None
    before = there["before"]
    if before.lower() in ("son", "eran") and not re.search(
        r"\b[Ii]t('s| is| was) $", draft.source[: here.start()]
    ):
        return None
    half = re.match(r",? (in the|at night|[ap]\.?m|this|tonight)", draft.source[here.end() :]) or re.match(
        r",? (de|en|por) (la|esta) (mañana|tarde|noche)", draft.target[there.end() :]
    )
    draft, slot = draft.new("time12:1" if half else "time:88 small:12", rng)
    return one_o_clock(
        draft.with_sides(
            put(draft.source, here.start(), here.end(), slot),
            put(draft.target, there.start(), there.end(), f"{before} las {slot}"),
        )
    )


_DAYS: Final = _pairs("weekdays")
_WEEKDAY: Final = re.compile(
    rf"\b(on|by|until|till|before|after|since|from|for) (?P<day>{'|'.join(_DAYS)})\b"
    r"(?! (morning|afternoon|evening|night|at|and|or|through)|'|-)",
    re.IGNORECASE,
)
_DIA: Final = re.compile(
    rf"\b([Ee]l|[Dd]el|[Aa]l) (?P<day>{'|'.join(_DAYS.values())})\b"
    r"(?! (por|pasado|que viene|siguiente|próximo|en la|a la|y|o) )"
)


def weekdays(draft: Draft, rng: Random) -> Draft | None:
    """ "On Monday" and "el lunes" become a date."""
    here, there = once(_WEEKDAY, draft.source), once(_DIA, draft.target)
    if not here or not there or _DAYS[here["day"].capitalize()] != there["day"]:
        return None
    draft, slot = draft.new("date:1", rng)
    return draft.with_parts(here, there, slot, "day")


_NEAR_DAYS: Final = {"tomorrow": "mañana", "today": "hoy", "yesterday": "ayer"}
_NEAR_DAY: Final = re.compile(
    "".join(f"(?<!\\b{word} )" for word in ("after", "before", "than", "like", "of", "is", "are", "was"))
    + r"\b(?P<before>(until|till|by|since|for) )?"
    r"(?P<day>tomorrow|today|yesterday)\b"
    rf"(?= ?[.,?!]|$| ({_either('I you he she we they in on with to because that but and when if at')})\b)",
    re.IGNORECASE,
)
_DIA_CERCANO: Final = re.compile(
    "".join(f"(?<!\\b{word} )" for word in WORDS["not_after"])
    + r"\b(?P<day>[Mm]añana|[Hh]oy|[Aa]yer)\b(?! (por|a la|en la|mismo|es|era|al|de) )"
)


def near_days(draft: Draft, rng: Random) -> Draft | None:
    """ "Tomorrow" and "mañana" become "on 2021-05-12" and "el 2021-05-12"."""
    here, there = once(_NEAR_DAY, draft.source), once(_DIA_CERCANO, draft.target)
    if not here or not there or _NEAR_DAYS[here["day"].lower()] != there["day"].lower():
        return None
    if len(re.findall(r"\b(?:today|tomorrow|yesterday|mañana)\b", draft.source, re.IGNORECASE)) > 1:
        return None
    draft, slot = draft.new("date:1", rng)
    before = here["before"] or ("On " if here["day"][0].isupper() else "on ")
    article = "El" if there["day"][0].isupper() else "el"
    return draft.with_sides(
        put(draft.source, here.start(), here.end(), before + slot),
        put(draft.target, there.start(), there.end(), f"{article} {slot}"),
    )


_MONTHS: Final = _pairs("months")
_MONTH: Final = re.compile(rf"(?<=\b[Ii]n )(?:{'|'.join(_MONTHS)})\b(?! of| \d)")
_MES: Final = re.compile(rf"(?<=\b[Ee]n )(?:{'|'.join(_MONTHS.values())})\b(?! de)")
_NEXT_YEAR: Final = re.compile(
    r"(?<!the )(?<!of )(?<!than )(?<!until )(?<!since )(?<!by )(?<!for )\b(last|next) year\b(?!'|-)"
)
_ANO: Final = re.compile(
    r"(?<!de )(?<!para )(?<!hasta )(?<!desde )\b([Ee])l (año pasado|próximo año|año que viene|año próximo)\b"
)


def years(draft: Draft, rng: Random) -> Draft | None:
    """ "In May" and "en mayo", "last year" and "el año pasado" become "in 1990" and "en 1990"."""
    here, there = once(_MONTH, draft.source), once(_MES, draft.target)
    if here and there and _MONTHS[here[0]] == there[0]:
        draft, slot = draft.new("year:1", rng)
        return draft.with_parts(here, there, slot)
    here, there = once(_NEXT_YEAR, draft.source), once(_ANO, draft.target)
    if not here or not there or (here[1] == "last") != (there[2] == "año pasado"):
        return None
    draft, slot = draft.new("year:1", rng)
    return draft.with_sides(
        put(draft.source, here.start(), here.end(), f"in {slot}"),
        put(draft.target, there.start(), there.end(), f"{there[1]}n {slot}"),
    )


# Names and things


_SHARED: Final = re.compile(
    rf"\b({'|'.join(sorted(WORDS['people'] + WORDS['towns'], key=len, reverse=True))})\b(?!-)"
)
_TITLE: Final = re.compile(
    rf"(?<![.?!:] )(?<!^)\b[A-Z]\w+\.? $|\b(Mr|Mrs|Ms|Dr|Miss|{'|'.join(WORDS['people'])})\.? $"
)


def shared_names(draft: Draft) -> list[tuple[re.Match[str], re.Match[str]]]:
    """Return the names that stand exactly once on either side, with their places."""
    ours, theirs = list(_SHARED.finditer(draft.source)), list(_SHARED.finditer(draft.target))
    names, others = ([found[0] for found in side] for side in (ours, theirs))
    return [
        (here, theirs[others.index(here[0])])
        for here in ours
        if names.count(here[0]) == others.count(here[0]) == 1
    ]


def names(draft: Draft, rng: Random) -> Draft | None:
    """A name of both sides becomes a foreign name, a placeholder, a handle, a code or an address."""
    choice = shared_names(draft)
    rng.shuffle(choice)
    for here, there in choice:
        before, after = draft.source[: here.start()], draft.source[here.end() :]
        # What is read of a span does not tell that a woman is meant.
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
    """Return what may stand where a name does, by the words around it."""
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


_THINGS: Final = _things()


def things(draft: Draft, rng: Random) -> Draft | None:
    """ "The file" and "el archivo" get a name behind them, "the room" and "la habitación" a number."""
    found = [
        (here, there, drops, sorts)
        for _, english, spanish, drops, sorts in _THINGS
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


# What needs no grammar


_END: Final = re.compile(r"(?:[.!?]|\.\.\.|…|\?!|!!+)$")


def _ends(draft: Draft) -> tuple[str, str, str, str] | None:
    """Return both sides without their final marks, and these; None where one has none."""
    here, there = _END.search(draft.source), _END.search(draft.target)
    if not here or not there:
        return None
    return draft.source[: here.start()], here[0], draft.target[: there.start()], there[0]


def _before_the_mark(draft: Draft, here: str, there: str) -> Draft | None:
    """Return the draft with a piece before the final mark of each side."""
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
    """A bracket before the final mark: "(v2.1)", "(see report.pdf)"."""
    if draft.source.rstrip(".!?")[-1:] == ")":
        return None
    if rng.random() < 0.7:
        draft, slot = draft.new(_ANY, rng)
        return _before_the_mark(draft, f" ({slot})", f" ({slot})")
    here, there, sorts = rng.choice(_BRACKETS)
    draft, slot = draft.new(sorts, rng)
    return _before_the_mark(draft, f" ({here} {slot})", f" ({there} {slot})")


def trailing(draft: Draft, rng: Random) -> Draft | None:
    """ ": SPAN" or " - SPAN" at the end of a statement, or a tag or address behind it."""
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
    """ "SPAN: " or "[ERROR SPAN] " before the sentence."""
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
    """An emoji at the end, for or before the final mark, at the start or between two sentences."""
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
    """Somebody who is spoken to: ", {name}" before the final mark."""
    if (
        len(draft.source) > 50
        or re.search(r",|\bplease\b", draft.source, re.IGNORECASE)
        or _SHARED.search(draft.source)
    ):
        return None
    if not re.search(r"\b(you|your|thank\w*|hello|hi|sorry|let's)\b", draft.source, re.IGNORECASE):
        return None
    draft, slot = draft.new("name:45 holder:35 handle:20", rng)
    return _before_the_mark(draft, f", {slot}", f", {slot}")


_AND: Final = re.compile(r"(?<=\w )and(?= \w)")
_Y: Final = re.compile(r"(?<=\w )y(?= \w)")


def markup(draft: Draft, rng: Random) -> Draft | None:
    """Tags around the sentence or a shared name, one of them alone, or "&amp;" in the place of "and"."""
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
    opening, closing = span_texts.tags(rng)
    draft, first = draft.add(opening)
    draft, last = draft.add(closing)
    if choice and chance < 0.65:
        here, there = rng.choice(choice)
        return draft.with_parts(here, there, first + here[0] + last)
    if parts and parts[1] == parts[3] == "." and rng.random() < 0.3:
        return draft.with_sides(f"{first}{parts[0]}{last}.", f"{first}{parts[2]}{last}.")
    return draft.with_sides(first + draft.source + last, first + draft.target + last)


_COUNTED: Final = rf"\b(?:{'|'.join(list(spoken_numbers.ENGLISH)[1:])}|hundred|thousand|\d+)\b"
WAYS: Final[dict[Way, tuple[float, re.Pattern[str] | None]]] = {
    numbers: (16, re.compile(_COUNTED, re.IGNORECASE)),
    ones: (2.5, re.compile(rf"\b[Oo]ne (?:{'|'.join(_UNITS)})\b")),
    prices: (4, re.compile("dollars|euros|pounds|yen")),
    times: (6, re.compile(rf"{_COUNTED}|o'clock|\d:", re.IGNORECASE)),
    weekdays: (2.5, re.compile(rf"\w (?:{'|'.join(_DAYS)})")),
    near_days: (3, re.compile("tomorrow|today|yesterday", re.IGNORECASE)),
    years: (2, re.compile(r"(?:last|next) year|\b[Ii]n [JFMASOND]")),
    names: (24, _SHARED),
    things: (12, re.compile(rf"\b(?:{'|'.join(english for english, *_ in _THINGS)})\b")),
    brackets: (7, None),
    trailing: (5, None),
    leading: (7, None),
    emojis: (6, None),
    vocatives: (4, re.compile("you|thank|hello|hi|sorry|let's", re.IGNORECASE)),
    markup: (6, None),
}
"""How often each way is tried, and what an English side has that may give it an occasion, if it needs one."""


# What adds no span


_QUOTES: Final = (('"', '"'), ("“", "”"), ("‘", "’"), ("'", "'"))


def quote(draft: Draft, rng: Random) -> Draft:
    """Put the same quotation marks around the sentence or a shared name of both sides."""
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
