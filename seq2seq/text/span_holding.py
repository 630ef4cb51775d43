"""When the scanner of spans holds text: a character may begin a span, a space may be inside one.

All functions are pure. `word` is what has been emitted of the current word, `held` is the text held after it.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from typing import Final, NamedTuple

from seq2seq.text.span_expressions import (
    ACRONYMS,
    BETWEEN_NUMBERS,
    BRACKETS,
    CURRENCIES,
    CURRENCY_CODES,
    DIGITS,
    FRACTIONS,
    NAMES_IN_BRACKETS,
    SIGNS,
    TAG,
    TICKS,
    UNITS_APART,
    VALUE_OF_ATTRIBUTE,
)

ALWAYS = frozenset("0123456789@#%{`\\_~/<>=&^+(:[¯²³" + FRACTIONS + CURRENCIES + SIGNS)
"""Characters that may begin or continue a span anywhere."""
AT_THE_START = frozenset("-.;*−±")
"""Characters that may begin a span only where a word may begin."""
BEFORE_A_WORD = frozenset(" \"'“‘«([{¿¡—–=|>*")
"""Characters after which a word may begin."""
JOINERS = frozenset("'’.-")
"""Marks inside a word."""
_GOES_ON: Final = {
    ".": re.compile(r"[\w./]"),
    ";": re.compile(r"[-)(D^]"),
    ":": re.compile(r"[^\s\"”’»]"),
    "(": re.compile(r"[0-9+)]"),
    "[": re.compile(r"[a-z/]"),
    "+": re.compile(r"\S"),
    "-": re.compile(rf"[0-9._b-z>{CURRENCIES}-]"),
    "=": re.compile(r"\S"),
    ">": re.compile(r"\S"),
    "−": re.compile(rf"[0-9.{CURRENCIES}]"),
    "±": re.compile(r"[0-9.]"),
    "*": re.compile("[.\ufe0f\u20e3]"),
    "~": re.compile(r"[0-9/]"),
    "/": re.compile(r"[\w.~$*{]"),
    "<": re.compile(r"\S"),
    "&": re.compile(r"[A-Za-z#]"),
    "^": re.compile(r"[_.^-]"),
    "_": re.compile(r"[\w^]"),
}
"""What must follow a character for a span to begin with it."""
_HUMP = re.compile("[a-z][A-Z]")
_BEGINNINGS_IN_BRACKETS = frozenset(name[:n] for name in NAMES_IN_BRACKETS for n in range(1, len(name) + 1))
CLOSED = re.compile(rf"{TAG}|{BRACKETS}")
"""Matches spans that end with their last character, whatever follows."""

_ATTRIBUTE = (
    rf"\s+(?:[\w:@.-]+\s?=\s?{VALUE_OF_ATTRIBUTE}"
    r"|checked|disabled|hidden|multiple|readonly|required|selected)"
)
_COMPLETE = re.compile(TICKS + r"|\{\{[^{}]*\}\}|\{%[^{}]*%\}|<!--.*?-->|<%.*?%>|<[^<>]*>")
# A quotation `like this' or ``like this'' is no code.
_OPEN = re.compile(
    r"(?<![\w`])`(?=[^\s`])(?![^`']*[\w.)/=-]'(?!\w))[^`]{0,150}\Z"
    r"|(?<![\w`])``(?=[^\s`])(?![^`]*'')[^`]{0,150}\Z"
    r"|\{(?: [\w.]*)?\Z|\{\{[^{}]{0,100}\Z|\{%[^{}]{0,100}\Z"
    r"|<!--(?:(?!<!--).)*\Z|<%(?:(?!<%).)*\Z|<\?[^<>]*\Z|<![A-Za-z\[][^<>]*\Z"
    rf"|<[A-Za-z][\w:.-]*(?:{_ATTRIBUTE})*(?:\s+[\w:@.-]+\s?=\s?(?:\"[^\"<>]*|'[^'<>]*)?)?\s*\Z"
)
_GROUP = r"\(?[0-9]{2,4}\)?(?:[-.,][0-9]+){0,3}"
_AMOUNT = re.compile(
    rf"(?<!\S)[(\[\"'“‘«¿¡]*[-+−±]?(?:[A-Z]{{1,3}})?[{CURRENCIES}]?\(?\+?"
    rf"[0-9.{FRACTIONS}][0-9.,/–){FRACTIONS}-]*(?: {_GROUP})*\Z"
)
"""Matches a number or the beginning of a telephone number, of at most `_LONGEST_AMOUNT` characters."""
_LONGEST_AMOUNT = 30
_TAKES_GROUPS = re.compile(
    r"[^\w+]*[A-Z]*[^\w+]*(?:\+?[0-9]{1,4}|\(\+?[0-9]{1,5}\))"
    r"(?: \(?[0-9]{2,6}\)?(?:-[0-9]{2,4}){0,2})*"
)
_CALCULATION_SO_FAR = re.compile(
    rf"[(\[\"'“‘«¿¡]*[0-9.{FRACTIONS}][0-9.,{FRACTIONS}]*"
    rf"(?: [{BETWEEN_NUMBERS}] [0-9.{FRACTIONS}][0-9.,{FRACTIONS}]*)* [{BETWEEN_NUMBERS}]"
)
_IBAN_SO_FAR = re.compile(r"[A-Z]{2}[0-9]{2}(?: [0-9]{4}){0,7}")
_AFTER_AN_AMOUNT = CURRENCY_CODES | UNITS_APART
"""Words that may belong to the number before them."""
_BEGINNINGS_OF_CODES = frozenset(word[:n] for word in _AFTER_AN_AMOUNT for n in range(1, len(word) + 1))
_BEHIND_A_NUMBER = frozenset("%‰°" + FRACTIONS + CURRENCIES)
_NO_TRIGGER = "a-z ,!?'\"’“”‘…¿¡«»\u00c0-\u024f\u2013\u2014"
TRIGGER = re.compile(
    rf"[^{_NO_TRIGGER}](?:"
    r"(?<=[A-Z])(?<=[a-z][A-Z])"
    r"|(?<=\.)(?![\s\"'”’)\].,…?!]|\Z)"
    r"|(?<=[:;])(?![\s\"”’»]|\Z)"
    r"|(?<=-)(?<![^\W_]-)"
    r"|(?<=\()(?=\))"
    r"|(?<![A-Z.:;(\-)\]*|]))"
)
"""Finds characters of a whole line with which a span may begin, and some more."""
RUN = re.compile("[a-z ,!?]{2,}")
"""Characters that begin no span, except after a dot."""


def may_begin(char: str, word: str, left: str) -> bool:
    """Whether a character, with what follows it, may be a span or the rest of one.

    Args:
        left: the character before `word`.
    """
    if not char.isalpha():
        if char in AT_THE_START:
            return not word and left in BEFORE_A_WORD
        return char in ALWAYS or char > "\u2190"
    if not word:
        return False
    if word[-1] == ".":
        return word[-2] != "."
    # Camel case. A word with a single further capital is an ordinary name: McDonald.
    if "A" <= char <= "Z" and "a" <= word[-1] <= "z":
        return "a" <= word[0] <= "z" or word in ACRONYMS or _HUMP.search(word) is not None
    return False


def is_complete(held: str, char: str) -> bool:
    """Whether `held`, one word, is complete (a whole span, or certainly no span) if `char` follows."""
    if len(held) == 1:
        rule = _GOES_ON.get(held)
        if rule is not None:
            return rule.match(char) is None
    elif len(held) == 2:
        if held == "..":
            return char != "/"
        if held == "--":
            return not "a" <= char <= "z"
        if held[0] == "-" and "b" <= held[1] <= "z":
            return char.isalnum() or char in "'’-"
    if held[0] == "[" and "a" <= held[1] <= "z" and "=" not in held:
        name = held[1:]
        return name + char not in _BEGINNINGS_IN_BRACKETS and not (name in NAMES_IN_BRACKETS and char in "]=")
    return False


class Gap(NamedTuple):
    """A space that may be inside a span.

    Attributes:
        start: where in the held text the word begins whose span may go on after the space.
        is_open: whether the span ends at a closing mark, as `a b` does.
        takes_groups: whether a group of digits may follow.
    """

    start: int
    is_open: bool
    takes_groups: bool


AFTER_A_CURRENCY_CODE: Final = Gap(0, False, True)
"""The space of "EUR 5"; it is held alone, as the letters have been emitted."""


def gap_after(word: str, held: str) -> Gap | None:
    """Return how a span may continue after a space that follows `held`, or None if it cannot."""
    if "`" in held or "{" in held or "<" in held:
        opened = _OPEN.search(_COMPLETE.sub(lambda match: "\0" * len(match[0]), held))
        if opened is not None:
            return Gap(held.rfind(" ", 0, opened.start()) + 1, True, False)
    if word and _IBAN_SO_FAR.fullmatch(word + held):
        return Gap(0, False, True)
    last = held[-1]
    if last in BETWEEN_NUMBERS and _CALCULATION_SO_FAR.fullmatch(held):
        return Gap(0, False, True)
    if last in CURRENCIES:
        follows_a_number = len(held) > 1 and held[:-1].rstrip(" ")[-1:] in DIGITS
        return None if follows_a_number else Gap(held.rfind(" ") + 1, False, True)
    if last not in DIGITS and last != ")":
        return None
    amount = _AMOUNT.search(held, max(0, len(held) - _LONGEST_AMOUNT))
    if amount is None or (amount.start() == 0 and word and held[0] not in CURRENCIES):
        return None
    if _CALCULATION_SO_FAR.fullmatch(held[: max(0, amount.start() - 1)]):
        return Gap(0, False, False)
    takes_groups = _TAKES_GROUPS.fullmatch(held, amount.start()) is not None
    start = 0 if held[0] == " " and amount.start() == 1 else amount.start()  # after a currency code
    return Gap(start, False, takes_groups) if takes_groups or last != ")" else None


def goes_on_after(gap: Gap, held: str, behind: int, char: str) -> bool:
    """Whether a character may continue a span that has a space in it.

    Args:
        behind: where in `held` the word after the last space begins.
    """
    if gap.is_open:
        return True
    word = held[behind:]
    if not word:
        if "0" <= char <= "9":
            return gap.takes_groups
        if held[behind - 2] not in DIGITS:
            return False
        if char in _BEHIND_A_NUMBER or char in _BEGINNINGS_OF_CODES or char in BETWEEN_NUMBERS:
            return True
        return char == "(" and "+" in held
    if word.isalpha():
        return word + char in _BEGINNINGS_OF_CODES or (word in _AFTER_AN_AMOUNT and not char.isalnum())
    return True


@functools.lru_cache(maxsize=10_000)
def is_letter(char: str) -> bool:
    """Whether a character is part of a word: a letter, or a combining mark other than those of emoji."""
    category = unicodedata.category(char)[0]
    return category == "L" or (
        category == "M"
        and not ("\ufe00" <= char <= "\ufe0f" or "\u20d0" <= char <= "\u20ff" or char >= "\U000e0000")
    )


def last_word(text: str, start: int, end: int) -> str:
    """Return the letters and marks within words that `text[start:end]` ends with."""
    at = end
    while at > start and (is_letter(text[at - 1]) or text[at - 1] in JOINERS):
        at -= 1
    return text[at:end].lstrip("'’.-")
