"""Ways that turn number words, prices, times and dates of a sentence pair into spans."""

from __future__ import annotations

import re
from random import Random
from typing import Final

from scripts.release.spans import number_texts, spoken_numbers
from scripts.release.spans.drafts import Draft, once, one_o_clock, put
from scripts.release.spans.words import WORDS


def _either(words: str) -> str:
    return "|".join(words.split())


def _pairs(name: str) -> dict[str, str]:
    """Return English words and their Spanish ones from a list of "one=uno"."""
    return dict(pair.split("=", 1) for pair in WORDS[name])


_CLOCK: Final = re.compile(rf"\b({'|'.join(WORDS['clock'])}) $", re.IGNORECASE)
_FRACTION: Final = re.compile(
    rf"[ -]({_either('third fourth fifth sixth tenth quarter')})s?\b"
    rf"|[ -]({_either('thirty fifteen hundred thousand dozen')})\b| o'clock"
    rf"|-(?!(year|years)-old|{_either('hour day week month mile minute night bedroom page')})"
)


def numbers(draft: Draft, rng: Random) -> Draft | None:
    """Turn number words that occur once on each side into digits, often those of another number."""
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
            text = rng.choice((text, number_texts.small_number(rng)))
        elif re.match(r" (million|billion)", after):
            text = rng.choice((text, number_texts.count(rng), number_texts.decimal(rng)))
        elif not re.search(r"\b(a|an|or|and|plus|minus|times) $", before, re.IGNORECASE):
            text = rng.choice((text, text, number_texts.count(rng), number_texts.number(rng)))
        draft, slot = draft.add(text)
        return draft.with_sides(
            put(draft.source, here.start, here.end, slot), put(draft.target, there.start, there.end, slot)
        )
    return None


UNITS: Final = _pairs("units")
_ONE: Final = re.compile(rf"(?<![\w-])[Oo]ne (?P<unit>{'|'.join(UNITS)})\b(?! of)")


def ones(draft: Draft, rng: Random) -> Draft | None:
    """Turn "one hour" and "una hora" into "1 hour" and "1 hora"."""
    here = once(_ONE, draft.source)
    if not here or (here.start() == 0 and rng.random() < 0.5):
        return None
    there = once(re.compile(rf"\b[Uu]na? {UNITS[here['unit']]}\b"), draft.target)
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
    """Turn "ten dollars" and "diez dólares" into a price."""
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
    """Return the minutes since twelve o'clock; None for an hour that a 12-hour clock does not have."""
    words = {**spoken_numbers.ENGLISH, **spoken_numbers.SPANISH}
    hours = int(hour) if hour.isdigit() else words[hour.lower()]
    after = _MINUTES.get((minute or "0").lower())
    after = int(minute or 0) if after is None else after
    return (hours * 60 + shift + sign * after) % 720 if 1 <= hours <= 12 else None


def times(draft: Draft, rng: Random) -> Draft | None:
    """Turn "at two thirty" and "a las dos y media" into "at 6:15" and "a las 6:15", or "a la 1:15"."""
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


DAYS: Final = _pairs("weekdays")
_WEEKDAY: Final = re.compile(
    rf"\b(on|by|until|till|before|after|since|from|for) (?P<day>{'|'.join(DAYS)})\b"
    r"(?! (morning|afternoon|evening|night|at|and|or|through)|'|-)",
    re.IGNORECASE,
)
_DIA: Final = re.compile(
    rf"\b([Ee]l|[Dd]el|[Aa]l) (?P<day>{'|'.join(DAYS.values())})\b"
    r"(?! (por|pasado|que viene|siguiente|próximo|en la|a la|y|o) )"
)


def weekdays(draft: Draft, rng: Random) -> Draft | None:
    """Turn "on Monday" and "el lunes" into a date."""
    here, there = once(_WEEKDAY, draft.source), once(_DIA, draft.target)
    if not here or not there or DAYS[here["day"].capitalize()] != there["day"]:
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
    """Turn "tomorrow" and "mañana" into "on 2021-05-12" and "el 2021-05-12"."""
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
    """Turn "in May", "en mayo", "last year" and "el año pasado" into "in 1990" and "en 1990"."""
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
