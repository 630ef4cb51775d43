"""English and Spanish numbers in words: their places in a sentence, and their values."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True)
class Spoken:
    """A number of a sentence.

    Attributes:
        start, end: its place in the sentence.
        value: its value.
    """

    start: int
    end: int
    value: int


def _number(words: str, first: int, step: int) -> dict[str, int]:
    """Return the values of words that are `step` apart; forms of one word have bars between them."""
    return {form: first + step * i for i, word in enumerate(words.split()) for form in word.split("|")}


ENGLISH: Final = {
    **_number(
        "one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen",
        1,
        1,
    ),
    **_number("twenty thirty forty|fourty fifty sixty seventy eighty ninety", 20, 10),
}
SPANISH: Final = {
    **_number(
        "uno|una|un dos tres cuatro cinco seis siete ocho nueve diez once doce trece catorce quince "
        "dieciséis|dieciseis diecisiete dieciocho diecinueve veinte veintiuno|veintiuna|veintiún "
        "veintidós|veintidos veintitrés|veintitres veinticuatro veinticinco veintiséis|veintiseis "
        "veintisiete veintiocho veintinueve",
        1,
        1,
    ),
    **_number("treinta cuarenta cincuenta sesenta setenta ochenta noventa", 30, 10),
    **_number(
        "cien|ciento doscientos|doscientas trescientos|trescientas cuatrocientos|cuatrocientas "
        "quinientos|quinientas seiscientos|seiscientas setecientos|setecientas ochocientos|ochocientas "
        "novecientos|novecientas",
        100,
        100,
    ),
}


def _either(words: dict[str, int]) -> str:
    return "|".join(sorted(words, key=len, reverse=True))


_WORD: Final = rf"(?:{_either(ENGLISH)}|hundred|thousand)"
_ENGLISH: Final = re.compile(
    rf"\b(?:a(?= (?:hundred|thousand)\b)|{_WORD})(?:(?: |-|(?<=hundred) and |(?<=thousand) and ){_WORD}\b)*\b"
    r"|\d+",
    re.IGNORECASE,
)
_PALABRA: Final = rf"(?:{_either(SPANISH)}|mil)"
_SPANISH: Final = re.compile(
    rf"\b{_PALABRA}(?:(?: |(?<=nta) y ){_PALABRA}\b)*\b|\d+",
    re.IGNORECASE,
)


def english(text: str) -> list[Spoken]:
    """Return the numbers from 2 on of an English text; what is none as a whole ("two thirty") is left out."""
    return _find(_ENGLISH, text, _english_value)


def spanish(text: str) -> list[Spoken]:
    """Return the numbers from 2 on of a Spanish text."""
    return _find(_SPANISH, text, _spanish_value)


def _find(pattern: re.Pattern[str], text: str, value_of: Callable[[list[str]], int]) -> list[Spoken]:
    found = []
    for match in pattern.finditer(text):
        words = match[0].lower()
        before, after = text[: match.start()], text[match.end() :]
        if words.isdigit():
            # Part of a longer thing, such as 2:30, 1,000 or B12.
            if re.search(r"[\w.,:/-]$", before) or re.match(r"[\w:/%-]|[.,]\d", after):
                continue
            value = int(words)
        else:
            value = value_of(re.split(r"[ -]", words))
        if value >= 2:
            found.append(Spoken(match.start(), match.end(), value))
    return found


def _english_value(words: list[str]) -> int:
    """Return the value, 0 for words that are no number together."""
    total = part = 0
    last = 10**9  # what the next word has to be below
    for word in words:
        if word == "and":
            continue
        if word == "a":
            part = 1
        elif word == "hundred":
            if not 1 <= part <= 99 or (part % 10 == 0 and part > 9):
                return 0
            part, last = part * 100, 100
        elif word == "thousand":
            if not part or total:
                return 0
            total, part, last = part * 1000, 0, 1000
        else:
            value = ENGLISH[word]
            if value >= last:
                return 0
            part += value
            last = 10 if value >= 20 else 1
    return total + part


def _spanish_value(words: list[str]) -> int:
    total = part = 0
    last = 10**9
    for word in words:
        if word == "y":
            continue
        if word == "mil":
            if total:
                return 0
            total, part, last = (part or 1) * 1000, 0, 1000
        else:
            value = SPANISH[word]
            if value >= last:
                return 0
            part += value
            last = 100 if value >= 100 else 10 if value >= 30 else 1
    return total + part
