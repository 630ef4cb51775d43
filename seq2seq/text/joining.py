"""Joins the translated parts of a long sentence, online: no full stop or capital in its middle.

Each part of a long sentence is translated by itself, so it tends to begin with a capital letter and to end
with a full stop; and sometimes a network ends a sentence where its source does not. `Joiner` removes what the
source does not have while the translation is written, and never changes what it returned.
"""

from __future__ import annotations

import re
from typing import Final

from seq2seq.text.sentence_ends import is_abbreviation


class Joiner:
    """Follows the reading and the writing of sentences, part by part.

    A stop is held until the next character or the end of the part, and is dropped at the end of a part that
    the next one continues. The first word of a part that continues a sentence is held until it is complete:
    its capital letter is made small, unless the source begins with a capital too or the word looks like a
    name in the source. The same happens inside a long part whose source has no stop inside; there a comma
    replaces the stop. In a short part the stop stays: people, too, translate "Hi, how are you?" as "Hola.
    ¿Cómo estás?".
    """

    def __init__(self) -> None:
        self._goes_on = False  # whether this part continues the one before
        self._opened = {"¿": 0, "¡": 0}  # in this sentence, and not closed yet
        self._begin_part()

    def _begin_part(self) -> None:
        self._source: list[str] = []
        self._first = ""  # up to the end of the first word, while it is held
        self._is_first_settled = not self._goes_on
        self._is_inside = False  # whether that word is inside the part, after a stop that was replaced
        self._last = ""  # the last characters that were returned
        self._stop = ""  # a stop that is held, and closing marks after it

    def read(self, text: str) -> None:
        """Take text of the source of this part that has been read since the last call."""
        self._source.append(text)

    def write(self, text: str) -> str:
        """Take text that was written of this part and return the text that is certain now."""
        out, place = [], 0
        while place < len(text):
            if self._is_first_settled and not self._stop and (usual := _NO_MARKS.match(text, place)):
                out.append(self._give(usual[0]))
                place = usual.end()
            else:
                out.append(self._write(text[place]))
                place += 1
        return "".join(out)

    def _write(self, character: str) -> str:
        if not self._is_first_settled:
            if character.isalpha() or not any(map(str.isalpha, self._first)):
                self._first += character
                return ""
            return self._settle_first() + self._write(character)
        if character == " " and self._stop and self._is_too_early():
            out = self._give(self._stop.replace(".", ",", 1) + character)
            self._stop, self._is_first_settled, self._is_inside = "", False, True
            return out
        return self._hold_stop(character)

    def _is_too_early(self) -> bool:
        """Whether the stop that is held ends a sentence where the source does not."""
        if (
            self._stop[0] == "…"
            or self._stop.startswith("..")
            or (self._stop[0] == "." and is_abbreviation(self._last))
        ):
            return False
        source = "".join(self._source)
        inside = _STOP_INSIDE.finditer(source)
        return (self._goes_on or len(source) >= _LONG) and all(
            stop[2] == "." and is_abbreviation(stop[1]) for stop in inside
        )

    def end_part(self, joined: bool) -> str:
        """End this part and return the rest of its text.

        Args:
            joined: whether the next part continues the sentence; if not, a new sentence begins.
        """
        out = "" if self._is_first_settled else self._settle_first()
        asks = self._is_question()
        if joined and not asks:
            self._stop = self._stop_within()
        out += self._give(self._stop)
        self._goes_on = joined
        if not joined:
            self._opened = {"¿": 0, "¡": 0}
        self._begin_part()
        return out

    def _settle_first(self) -> str:
        first, self._first = self._first, ""
        self._is_first_settled = True
        place = next((place for place, character in enumerate(first) if character.isalpha()), len(first))
        if _is_to_be_small(first[place:], "".join(self._source), self._is_inside):
            first = first[:place] + first[place].lower() + first[place + 1 :]
        return self._hold_stop(first)

    def _hold_stop(self, text: str) -> str:
        out = ""
        for character in text:
            if character in _STOPS or (self._stop and character in _CLOSING):
                self._stop += character
            else:
                out += self._give(self._stop + character)
                self._stop = ""
        return out

    def _give(self, text: str) -> str:
        for mark, closing in _INVERTED:
            self._opened[mark] = max(0, self._opened[mark] + text.count(mark) - text.count(closing))
        self._last = (self._last + text)[-_LOOK_BACK:]
        return text

    def _is_question(self) -> bool:
        """Whether the stop that is held closes an open ¿ or ¡ and so has to stay."""
        return any(closing in self._stop and self._opened[mark] for mark, closing in _INVERTED)

    def _stop_within(self) -> str:
        """Return what replaces the stop at the end of a part that the next one continues."""
        stop = self._stop
        source = "".join(self._source).rstrip(" " + _CLOSING)
        if source.endswith(_STOPS) or (stop[:1] == "." and is_abbreviation(self._last)):
            return stop
        closing = stop.lstrip("".join(_STOPS))
        return closing + source[-1:] if stop and source.endswith(_CLAUSE_MARKS) else closing


_LONG: Final = 80
"""From this many characters of the source on, a stop in the middle counts as a mistake."""
_STOP_INSIDE: Final = re.compile(r"(\S*?)([.!?…]+)[\"'”’»)]* ")
_INVERTED: Final = (("¿", "?"), ("¡", "!"))
_STOPS: Final = (".", "!", "?", "…")
_CLOSING: Final = "\"'”’»)]"
_CLAUSE_MARKS: Final = (",", ";", ":", "—", "–")
_LOOK_BACK: Final = 32
_NO_MARKS: Final = re.compile(r"[^.!?…¿¡]+")


def _is_to_be_small(word: str, source: str, inside: bool) -> bool:
    """Whether `word` has a capital letter only because a sentence seems to begin with it.

    Args:
        word: a word of the translation.
        source: the source of this part as far as it has been read.
        inside: whether the word is inside the part, so that the first word of the source says nothing of it.
    """
    if not word[:1].isupper() or (len(word) > 1 and word.isupper()):
        return False
    words = _WORD.findall(source)
    if not inside and words and words[0][0].isupper() and words[0] != "I":
        return False
    stem = word[:3].casefold()
    return not any(len(name) > 2 and name[0].isupper() and name[:3].casefold() == stem for name in words)


_WORD: Final = re.compile(r"[^\W\d_]+")
