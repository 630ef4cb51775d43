"""Puts a lost a.m. or p.m. back: a time in the wrong half of the day is worse than no translation.

It needs the whole translation. The digits of a time are copied, and so the time is found in both texts.
"""

from __future__ import annotations

import re
from typing import Final

_TIME: Final = r"(?<![\w.,:/+-])(?:[01]?[0-9]|2[0-4])(?::[0-5][0-9])?(?![0-9:/%]|[.,-][0-9])"
_IN_SOURCE: Final = re.compile(
    # "At 10 am I late?" has a verb.
    rf"({_TIME})( ?[ap]\. ?m\.| ?[AP]\.? ?M\b\.?|[ap]m\b| pm\b| am\b(?! I\b))"
)
_IN_WORDS: Final = {
    "a": r"(?:de|por) la (?:mañana|madrugada)|in the morning",
    "p": r"(?:de|por) la (?:tarde|noche)|del mediodía|in the (?:afternoon|evening)|at night",
}
_MIDNIGHT: Final = r"(?:de|por) la noche|at night"
_HALF: Final = re.compile(
    # Within the clause and before the next number.
    r"(?P<before>[^0-9.;!?]{0,30}?)(?P<half>\b(?P<letter>[ap])\.? ?m\b\.?"
    rf"|\b(?:{_IN_WORDS['a']}|{_IN_WORDS['p']}))",
    re.IGNORECASE,
)
_ENDS_WITH_HALF: Final = re.compile(r"\b[ap]\. ?m\.\Z", re.IGNORECASE)


def repair_times(source: str, text: str) -> str:
    """Return `text`, the translation of `source`, with the half of the day behind each time that has one.

    It is added where it is missing, as the source writes it, and replaces the other half. A time that occurs
    more than once in one of the two is left alone. After the dot of the last one, a question or exclamation
    mark at the end of the source is put back, too, and a second dot is dropped.
    """
    if not any(character.isdigit() for character in source):
        return text
    for match in _IN_SOURCE.finditer(source):
        time, half = match[1], match[2].strip()
        place = re.compile(_TIME.replace(r"(?:[01]?[0-9]|2[0-4])(?::[0-5][0-9])?", re.escape(time)))
        found = [one.end() for one in place.finditer(text)]
        if len(found) == 1 and len(place.findall(source)) == 1:
            text = text[: found[0]] + _with_half(text[found[0] :], time, half)
    last = source[-1]
    if last in "?!" and last not in text and _ENDS_WITH_HALF.search(text):
        return text + last
    return text[:-1] if text.endswith("..") and _ENDS_WITH_HALF.search(text[:-1]) else text


def _with_half(rest: str, time: str, half: str) -> str:
    """Return what follows a time, with its half of the day."""
    there = _HALF.match(rest)
    if there and _is_same(there, time, half[0].lower()):
        end = there.end()
        lost = half.endswith(".") and there["half"] == half[:-1] and rest[end : end + 1] != "."
        return rest[:end] + "." + rest[end:] if lost else rest
    before, rest = (there["before"] or " ", rest[there.end() :]) if there else (" ", rest)
    if rest[:2] in (" .", " ,"):
        rest = rest[1:]
    if half.endswith(".") and rest == ".":
        rest = ""  # the dot of the abbreviation is that of the sentence, too
    return f"{before}{half}{rest}"


def _is_same(there: re.Match[str], time: str, letter: str) -> bool:
    if there["letter"]:
        return there["letter"].lower() == letter
    early = letter == "a" and time.split(":")[0] in ("12", "1", "2", "3")
    same = _IN_WORDS[letter] + (f"|{_MIDNIGHT}" if early else "")
    return re.fullmatch(same, there["half"], re.IGNORECASE) is not None
