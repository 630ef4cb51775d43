"""Regular expressions of Python, written as JavaScript reads them with its flag `v`.

Only the syntax is translated, by one function, which refuses what it does not know. What a class of
characters such as \\w means is written out, because JavaScript's own is that of ASCII.
"""

from __future__ import annotations

import re
from typing import Final, NoReturn

_WORD: Final = r"\p{L}\p{N}_"
_DIGIT: Final = r"\p{Nd}"
_SPACE: Final = r"\t-\r\x1c-\x20\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000"
_CLASSES: Final = {"w": _WORD, "d": _DIGIT, "s": _SPACE}
_OUTSIDE: Final = {
    **{letter: f"[{what}]" for letter, what in _CLASSES.items()},
    **{letter.upper(): f"[^{what}]" for letter, what in _CLASSES.items()},
    "b": f"(?:(?<=[{_WORD}])(?![{_WORD}])|(?<![{_WORD}])(?=[{_WORD}]))",
    "Z": "$",
    "A": "^",
}
_CONTROLS: Final = {"t": "\t", "n": "\n", "r": "\r", "f": "\f", "v": "\v", "0": "\0", "a": "\a"}
_QUANTIFIER: Final = re.compile(r"\{([0-9]*)(,?)([0-9]*)\}")
_NAMED: Final = re.compile(r"\(\?P<([A-Za-z_]\w*)>")
_BACK: Final = re.compile(r"\(\?P=([A-Za-z_]\w*)\)")
_CODE: Final = re.compile(r"x([0-9A-Fa-f]{2})|u([0-9A-Fa-f]{4})|U([0-9A-Fa-f]{8})")
_GROUPS: Final = ("(?:", "(?=", "(?!", "(?<=", "(?<!")
_FLAGS: Final = re.UNICODE | re.IGNORECASE | re.VERBOSE


def javascript(pattern: re.Pattern[str]) -> tuple[str, str]:
    """Return the source and the flags of the same expression in JavaScript.

    Raises:
        ValueError: it uses something that has no translation here.
    """
    if pattern.flags & ~_FLAGS:
        raise ValueError(f"an expression has flags without a translation: {pattern.pattern}")
    text = pattern.pattern
    if pattern.flags & re.VERBOSE:
        text = _without_comments(text)
    return _Rewriting(text).run(), "iv" if pattern.flags & re.IGNORECASE else "v"


def literal(character: str) -> str:
    """Return a character as it stands for itself, in a class of characters and outside."""
    if character.isascii() and character.isalnum():
        return character
    return f"\\u{{{ord(character):x}}}"


class _Rewriting:
    """Rewrites one expression, from left to right."""

    def __init__(self, text: str) -> None:
        self._text, self._at = text, 0
        self._out: list[str] = []

    def run(self) -> str:
        """Return the whole expression."""
        while self._at < len(self._text):
            self._out.append(self._next())
        return "".join(self._out)

    def _refuse(self) -> NoReturn:
        place = self._text[self._at : self._at + 12]
        raise ValueError(f"an expression cannot be translated at {place!r}: {self._text}")

    def _next(self) -> str:
        character = self._text[self._at]
        if character == "\\":
            return self._escape()
        if character == "[":
            return self._class()
        if character == "(":
            return self._group()
        if character == "{":
            return self._quantifier()
        self._at += 1
        if character == ".":
            return r"[^\n]"
        if character in "+*?" and self._text[self._at : self._at + 1] == "+":
            self._refuse()  # a possessive quantifier
        if character == "$":
            self._refuse()  # in Python it also matches before a line feed at the end
        return character if character in "|)^+*?" else literal(character)

    def _escape(self) -> str:
        following = self._text[self._at + 1]
        if following in _OUTSIDE:
            self._at += 2
            return _OUTSIDE[following]
        if following in "123456789":
            self._at += 2
            return f"(?:\\{following})"
        return literal(self._escaped_character())

    def _escaped_character(self) -> str:
        """Return the one character that an escape stands for, and step over it."""
        following = self._text[self._at + 1]
        code = _CODE.match(self._text, self._at + 1)
        if code:
            self._at = code.end()
            return chr(int(next(filter(None, code.groups())), 16))
        if following.isascii() and following.isalnum() and following not in _CONTROLS:
            self._refuse()
        self._at += 2
        return _CONTROLS.get(following, following)

    def _group(self) -> str:
        named = _NAMED.match(self._text, self._at)
        back = _BACK.match(self._text, self._at)
        if named:
            self._at = named.end()
            return f"(?<{named[1]}>"
        if back:
            self._at = back.end()
            return f"(?:\\k<{back[1]}>)"
        for opening in _GROUPS:
            if self._text.startswith(opening, self._at):
                self._at += len(opening)
                return opening
        if self._text.startswith("(?", self._at):
            self._refuse()
        self._at += 1
        return "("

    def _quantifier(self) -> str:
        found = _QUANTIFIER.match(self._text, self._at)
        if not found or not (found[1] or found[3]):
            self._at += 1
            return literal("{")
        self._at = found.end()
        if self._text[self._at : self._at + 1] == "+":
            self._refuse()
        return f"{{{found[1] or '0'}{found[2]}{found[3]}}}"

    def _class(self) -> str:
        self._at += 1
        negated = self._text[self._at] == "^"
        self._at += negated
        parts: list[str] = []
        while self._text[self._at] != "]" or not parts:
            part, is_character = self._member()
            if is_character and self._text[self._at] == "-" and self._text[self._at + 1] != "]":
                self._at += 1
                last, is_character = self._member()
                if not is_character:
                    self._refuse()
                part += f"-{last}"
            parts.append(part)
        self._at += 1
        return f"[{'^' if negated else ''}{''.join(parts)}]"

    def _member(self) -> tuple[str, bool]:
        """Return a member of a class, and whether it is a single character."""
        character = self._text[self._at]
        if character != "\\":
            self._at += 1
            return literal(character), True
        following = self._text[self._at + 1]
        if following.lower() in _CLASSES:
            self._at += 2
            return (_OUTSIDE[following] if following.isupper() else _CLASSES[following]), False
        return literal(self._escaped_character()), True


def _without_comments(text: str) -> str:
    """Return an expression of the flag VERBOSE without its white space and comments."""
    out: list[str] = []
    at, within = 0, False
    while at < len(text):
        character = text[at]
        if character == "\\":
            out.append(text[at : at + 2])
            at += 2
            continue
        if within or character == "[":
            within = character != "]" or out[-1] in ("[", "^") if within else True
        elif character.isspace():
            at += 1
            continue
        elif character == "#":
            at = text.index("\n", at) if "\n" in text[at:] else len(text)
            continue
        out.append(character)
        at += 1
    return "".join(out)
