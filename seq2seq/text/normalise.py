"""Clean text: NFC, no control or invisible characters, single spaces between words, none at the ends.

The only invisible characters that stay are those that make one emoji of several: a joiner between two, and
the tags of a flag.

A `Normaliser` works online: it takes text in pieces of any size and never changes what it returned.
`normalise` does the same for a whole text.
"""

from __future__ import annotations

import functools
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from seq2seq.errors import MOST_LISTED, counted, listed

REPLACEMENT: Final = "\ufffd"
"""Replaces bytes that could not be decoded and characters that a model does not know; in no vocabulary."""
MOST_MARKS: Final = 30
"""The most combining marks in a row; further ones are dropped. The number is that of UAX #15."""


@dataclass
class Counts:
    """What was changed in the input of a run; reported once, at its end.

    Attributes:
        replaced: bytes that were not UTF-8 and lone surrogates, both replaced by U+FFFD.
        dropped: control and invisible characters, and combining marks beyond `MOST_MARKS`.
        cut: lines with a sentence longer than the model reads at once, which was translated in parts.
        line: the number of the line that is being read, from 1; 0 where lines are not numbered.
        lines: the first lines of each kind.
        characters: the first kinds of characters that were dropped.
    """

    replaced: int = 0
    dropped: int = 0
    cut: int = 0
    line: int = field(default=0, compare=False)
    lines: dict[str, list[int]] = field(default_factory=dict, compare=False)
    characters: dict[str, None] = field(default_factory=dict, compare=False)

    def replace(self, count: int) -> None:
        """Count bytes or surrogates that are replaced in this line."""
        self.replaced += count
        self._note("replaced", count)

    def drop(self, characters: str) -> None:
        """Count characters that are dropped from this line."""
        self.dropped += len(characters)
        self._note("dropped", len(characters))
        for character in characters[:MOST_LISTED]:
            if len(self.characters) <= MOST_LISTED:
                self.characters[character] = None

    def cut_line(self) -> None:
        """Count this line as one with a long sentence."""
        self.cut += 1
        self._note("cut", 1)

    def _note(self, kind: str, count: int) -> None:
        lines = self.lines.setdefault(kind, [])
        if count and self.line and self.line not in lines and len(lines) <= MOST_LISTED:
            lines.append(self.line)

    def __str__(self) -> str:
        """One sentence; empty if nothing was changed."""
        facts = [
            ("replaced", "byte that is not UTF-8 was replaced", "bytes that are not UTF-8 were replaced"),
            ("dropped", "control character was dropped", "control characters were dropped"),
            ("cut", "line had a long sentence that was cut", "lines had long sentences that were cut"),
        ]
        said = []
        for kind, one, many in facts:
            if count := getattr(self, kind):
                codes = [f"U+{ord(character):04X}" for character in self.characters]
                places = [listed(codes, all_there=False)] if kind == "dropped" and codes else []
                places += [in_lines(self.lines[kind])] if self.lines.get(kind) else []
                where = f" ({', '.join(places)})" if places else ""
                said.append(f"{counted(count, one, many)}{where}")
        return f"in the input, {', '.join(said)}" if said else ""


def in_lines(numbers: Sequence[int]) -> str:
    """Return `line 3`, or `lines 3, 7, …`."""
    return f"line{'' if len(numbers) == 1 else 's'} {listed(numbers, all_there=False)}"


def decode_line(raw: bytes, counts: Counts | None = None) -> str:
    """Return one decoded line of UTF-8; other bytes become U+FFFD and are counted if there are `counts`."""
    try:
        return raw.decode()
    except UnicodeDecodeError:
        if counts is not None:
            counts.replace(len(raw) - len(raw.decode(errors="ignore").encode()))
        return raw.decode(errors="replace")


def normalise(text: str, counts: Counts | None = None) -> str:
    """Return `text` as clean text (see the module): all that a model reads or is scored on is made by this.

    White space of any kind becomes a space and a lone surrogate U+FFFD; other control and format characters
    are dropped, except those inside emoji. The result is that of a `Normaliser` fed in pieces of any size.
    """
    if _is_clean(text):
        return text
    normaliser = Normaliser(counts)
    return normaliser.feed(text) + normaliser.finish()


class Normaliser:
    """Normalises a line that arrives in pieces.

    The last character is held until the next code point or the end of the line shows that it is complete: an
    accent may still follow it, or a joiner and another emoji. A space is held until another character follows
    it. Nothing else is held, and at most `MOST_MARKS` marks of a character, so memory is bounded.
    """

    def __init__(self, counts: Counts | None = None) -> None:
        self.counts = Counts() if counts is None else counts
        self._held = ""
        self._begun = False

    def feed(self, text: str) -> str:
        """Take the next piece of the line and return the clean text that is certain now."""
        return "".join([self._feed(text[at : at + _BLOCK]) for at in range(0, len(text), _BLOCK)])

    def _feed(self, text: str) -> str:
        text = _SPACES.sub(" ", self._joined(self._held + self._visible(text)))
        if not self._begun:
            text = text.lstrip(" ")
            self._begun = text != ""
        last = _last_character(text)
        self._held = self._bounded(text[last:])
        return unicodedata.normalize("NFC", self._bounded(text[:last]))

    def finish(self) -> str:
        """End the line and return what was held. The next piece begins a new line."""
        held = self._held.rstrip(_JOINERS)
        self.counts.drop(self._held[len(held) :])
        last = unicodedata.normalize("NFC", held).rstrip(" ")
        self._held, self._begun = "", False
        return last

    @property
    def holds_space(self) -> bool:
        """Whether a space is held until another character follows it."""
        return self._held == " "

    def _visible(self, text: str) -> str:
        if text.isprintable():
            return text
        visible = text.translate(_VISIBLE)
        if len(visible) < len(text):
            self.counts.drop("".join(c for c in text if not c.translate(_VISIBLE)))
        self.counts.replace(len(_SURROGATE.findall(text)))
        return visible

    def _joined(self, text: str) -> str:
        """Return `text` without joiners and tags outside emoji, except at its end."""
        if not _INVISIBLE_IN_EMOJI.search(text):
            return text
        joined, joiner = "", ""
        for character in text:
            if character in _JOINERS:
                if not joiner and _JOINS.fullmatch(joined[-1:]):
                    joiner = character
            elif _INVISIBLE_IN_EMOJI.match(character):
                if _TAKES_TAG.search(joined):
                    joined, joiner = joined + character, ""
            else:
                joined += joiner * (_JOINED.match(character) is not None) + character
                joiner = ""
        joined += joiner
        self.counts.drop(_missing(text, joined))
        return joined

    def _bounded(self, text: str) -> str:
        if not _CROWDED.search(text):
            return text
        decomposed = unicodedata.normalize("NFD", text)
        bounded = _surplus_marks().sub(r"\1", decomposed)
        self.counts.drop(_missing(decomposed, bounded))
        return bounded


def _missing(text: str, kept: str) -> str:
    """Return what a text has and its part `kept`, a subsequence, has not."""
    missing, at = [], 0
    for character in text:
        if at < len(kept) and kept[at] == character:
            at += 1
        else:
            missing.append(character)
    return "".join(missing)


class _Visible:
    """A table for `str.translate` that drops or replaces code points."""

    def __getitem__(self, code: int) -> int | str | None:
        character = chr(code)
        if character.isspace() and not 0x1C <= code <= 0x1F:
            return " "
        category = unicodedata.category(character)
        if category == "Cs":
            return REPLACEMENT
        if _INVISIBLE_IN_EMOJI.match(character):
            return code  # `_joined` decides on it
        return None if category in ("Cc", "Cf") else code


_VISIBLE = _Visible()
_BLOCK = 256
"""Code points normalised at once: `unicodedata` sorts the marks of a character in quadratic time."""
_SPACES = re.compile("  +")
_JOINERS = "\u200c\u200d"
_INVISIBLE_IN_EMOJI = re.compile(f"[{_JOINERS}\U000e0020-\U000e007f]")
"""Joiners, and the tags that follow a black flag and name its country."""
# Arrows and mathematical operators are excluded, because some of them compose with combining marks.
_JOINED = re.compile("[\u231a\u231b\u232b-\u23ff\u25a0-\u27bf\u2b00-\u2bff\U0001f000-\U0001faff]")
_JOINS = re.compile(f"{_JOINED.pattern}|\ufe0f")
_TAKES_TAG = re.compile("\U0001f3f4[\U000e0020-\U000e007f]{0,6}\\Z")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CROWDED = re.compile("[^\0-\x7f]{10}")
"""Where there may be too many marks: a code point has at most four of them, and an ASCII one has none."""


def is_text(character: str) -> bool:
    """Whether a code point may be anywhere in clean text: no control character and no part of an emoji."""
    if _INVISIBLE_IN_EMOJI.match(character):
        return False
    return character == " " or _VISIBLE[ord(character)] == ord(character)


def _is_clean(text: str) -> bool:
    """Fast check: True only if the text is clean; False may be wrong."""
    if not text.isprintable() or "  " in text or text != text.strip(" "):
        return False
    return text.isascii() or (not _CROWDED.search(text) and unicodedata.is_normalized("NFC", text))


def _last_character(text: str) -> int:
    """Return where the last character of `text` begins; what is before it is final, whatever follows.

    It begins at the last starter that does not compose with what precedes it, as some vowel signs and the
    later letters of a Hangul syllable do.
    """
    for place in range(len(text) - 1, 0, -1):
        code_point = text[place]
        if code_point < "\u0300" or (_is_starter(code_point) and _is_apart(text[:place], text[place:])):
            return place
    return 0


def _is_starter(code_point: str) -> bool:
    if _INVISIBLE_IN_EMOJI.match(code_point):
        return False
    return unicodedata.combining(unicodedata.normalize("NFD", code_point)[0]) == 0


def _is_apart(before: str, after: str) -> bool:
    nfc = functools.partial(unicodedata.normalize, "NFC")
    return nfc(before + after) == nfc(before) + nfc(after)


@functools.cache
def _surplus_marks() -> re.Pattern[str]:
    """Return a pattern that matches a run of too many marks in decomposed text; its group is what stays."""
    marks = "".join(mark for mark in map(chr, range(0x300, 0x20000)) if unicodedata.combining(mark))
    return re.compile(f"([{marks}]{{{MOST_MARKS}}})[{marks}]+")
