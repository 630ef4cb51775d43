"""Numbers, ordinals, dates and times of day in English and Spanish words."""

from __future__ import annotations

from random import Random
from typing import Final

from scripts.release.spans.spoken_numbers import ENGLISH, SPANISH

_NAMES: Final = {value: word for word, value in reversed(ENGLISH.items())} | {0: "zero"}
_NOMBRES: Final = {value: word for word, value in reversed(SPANISH.items())} | {0: "cero"}
_ORDINAL_WORDS: Final = (
    "first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
)
_ORDINALS: Final = dict(enumerate(_ORDINAL_WORDS.split(), 1)) | {30: "thirtieth"}
_ORDINAL_WORDS_ES: Final = "primero segundo tercero cuarto quinto sexto séptimo octavo noveno décimo"
_ORDINALES: Final = dict(enumerate(_ORDINAL_WORDS_ES.split(), 1))
MONTHS: Final = (
    "January:enero February:febrero March:marzo April:abril May:mayo June:junio July:julio August:agosto "
    "September:septiembre October:octubre November:noviembre December:diciembre"
)
DAYS: Final = (
    "Monday:lunes Tuesday:martes Wednesday:miércoles Thursday:jueves Friday:viernes Saturday:sábado "
    "Sunday:domingo"
)


def named(table: str) -> list[tuple[str, str]]:
    """Return the pairs of MONTHS or DAYS in their order."""
    return [(english, spanish) for english, _, spanish in (entry.partition(":") for entry in table.split())]


def english(number: int) -> str:
    """Return a number from 0 to 9,999 in English words: two hundred and five, twenty-three."""
    if number >= 1000:
        rest = number % 1000
        link = " and " if 0 < rest < 100 else " "
        return f"{english(number // 1000)} thousand{link + english(rest) if rest else ''}"
    if number >= 100:
        return f"{_NAMES[number // 100]} hundred{f' and {english(number % 100)}' if number % 100 else ''}"
    return _NAMES.get(number) or f"{_NAMES[number // 10 * 10]}-{_NAMES[number % 10]}"


def spanish(number: int, noun: str = "") -> str:
    """Return a number from 0 to 9,999 in Spanish words: doscientos cinco, veintitrés.

    Args:
        number: the number.
        noun: the gender of the noun behind it, "m" or "f"; "" for a number that stands alone.
    """
    if number >= 1000:
        thousands = "mil" if number < 2000 else f"{spanish(number // 1000)} mil"
        return f"{thousands} {spanish(number % 1000, noun)}" if number % 1000 else thousands
    if number > 100:
        hundred = "ciento" if number < 200 else _NOMBRES[number // 100 * 100]
        hundred = hundred[:-2] + "as" if noun == "f" and number >= 200 else hundred
        return f"{hundred} {spanish(number % 100, noun)}" if number % 100 else hundred
    if number > 30 and number % 10:
        return f"{_NOMBRES[number // 10 * 10]} y {spanish(number % 10, noun)}"
    word = _NOMBRES[number]
    if noun and word.endswith("uno"):
        return word[:-1] + "a" if noun == "f" else {"uno": "un", "veintiuno": "veintiún"}[word]
    return word


def ordinal(number: int) -> str:
    """Return the ordinal of a day of the month in English words."""
    return _ORDINALS.get(number) or f"{_NAMES[number // 10 * 10]}-{_ORDINALS[number % 10]}"


def suffixed(number: int) -> str:
    """Return an ordinal in digits: 1st, 22nd, 13th."""
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(number % 10 if number // 10 % 10 != 1 else 0, "th")
    return f"{number}{suffix}"


def date(rng: Random) -> tuple[str, str]:
    """Return a date in English, and in Spanish with its article: ("the 5 of July", "el 5 de julio").

    An ordinal in digits beside a month or a day of the week is read as a number (`text.month_days`).
    """
    month, mes = rng.choice(named(MONTHS))
    day = rng.randint(1, 31 if month not in ("February", "April", "June", "September", "November") else 28)
    form = rng.choices(("{0} {1}", "the {1} of {0}", "{0} the {1}", "{1} {0}"), (10, 5, 2, 1))[0]
    in_words = rng.random() < 0.3 and form != "{1} {0}"
    text = ordinal(day) if in_words else str(day)
    if rng.random() < 0.15 and not in_words and month != "May":
        month = "Sept." if month == "September" else f"{month[:3]}."
    dia = ("primero" if day == 1 else spanish(day)) if in_words else text
    source, target = form.format(month, text), f"el {dia} de {mes}"
    if rng.random() < 0.25:
        year = rng.randint(1850, 2035)
        source, target = source + (f", {year}" if form == "{0} {1}" else f" {year}"), f"{target} de {year}"
    if rng.random() < 0.2:
        weekday, semana = rng.choice(named(DAYS))
        if rng.random() < 0.3:
            return f"{weekday} the {day}", f"el {semana} {day}"
        source, target = f"{weekday}, {source}", f"el {semana}, {target[3:]}"
    return source, target


def place(rng: Random, feminine: bool) -> tuple[str, str, bool]:
    """Return an ordinal in digits, in Spanish the word for it, and whether that stands before its noun.

    A digit of the target would be copied, and an ordinal has none in the source that may be.
    """
    if rng.random() < 0.75:
        number = rng.randint(1, 10)
        word = _ORDINALES[number]
        if feminine:
            return suffixed(number), word[:-1] + "a", True
        return suffixed(number), word[:-1] if number in (1, 3) else word, True
    number = rng.randint(11, 60)
    return suffixed(number), f"número {spanish(number)}", False


def clock(rng: Random) -> tuple[str, str]:
    """Return a time of day in words, in Spanish with its article: ("half past five", "las cinco y media")."""
    hour, minute = rng.randint(1, 12), rng.choice((0, 0, 0, 15, 30, 30, 45, 5, 10, 20, 25, 35, 40, 50, 55))
    if minute == 0 and rng.random() < 0.06:
        return rng.choice((("noon", "el mediodía"), ("midnight", "la medianoche")))
    next_hour = hour % 12 + 1
    past = {15: ("a quarter", "cuarto"), 30: ("half", "media")}
    if minute == 0:
        source, hora, resto = english(hour), hour, ""
    elif rng.random() < 0.4:
        source = f"{english(hour)} {'oh ' if minute < 10 else ''}{english(minute)}"
        parte = past[minute][1] if minute in past and rng.random() < 0.6 else spanish(minute)
        hora, resto = hour, f" y {parte}"
    elif minute <= 30:
        amount, cantidad = past.get(minute, (english(minute), spanish(minute)))
        source, hora, resto = f"{amount} past {english(hour)}", hour, f" y {cantidad}"
    else:
        amount, cantidad = past.get(60 - minute, (english(60 - minute), spanish(60 - minute)))
        source, hora, resto = f"{amount} to {english(next_hour)}", next_hour, f" menos {cantidad}"
    target = f"{'la' if hora == 1 else 'las'} {'una' if hora == 1 else spanish(hora)}{resto}"
    half, source_half, target_half = rng.random(), "", ""
    if half < 0.25:
        source_half = rng.choice((" a.m.", " a.m.", " AM", " in the morning"))
        target_half = " de la noche" if hora == 12 else " de la mañana"
        if hora == 12 and "morning" in source_half:
            source_half = " at night"
    elif half < 0.6:
        evening = hora in (8, 9, 10, 11)
        night = rng.choice((" in the evening", " at night")) if evening else " in the afternoon"
        source_half = rng.choice((" p.m.", " p.m.", " PM", " pm", night))
        target_half = " de la noche" if evening else " del mediodía" if hora == 12 else " de la tarde"
    elif minute == 0:
        source_half = " o'clock"
    return source + source_half, target + target_half
