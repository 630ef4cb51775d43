"""What has been read as one sentence stays one, online: no full stop and no capital in the middle of it.

A part of a long sentence is translated by itself, so it tends to begin with a capital letter and to end with
a full stop; and a network now and then ends a sentence where its source does not. `Joiner` takes away what
the source does not have, as it is written, and never takes back what it gave.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from seq2seq.text.sentence_ends import is_abbreviation


class Joiner:
    """Follows the reading and the writing of sentences, part by part.

    Of a part that is not the last, a stop at the end is held until the next character or the end of the part.
    Of one that is not the first, the first word is held until it is complete: a capital letter is made small,
    unless the source begins with one as well, or the word looks like a name of the source. The same is done
    within a long part of which the source has no stop inside, where a comma takes the place of the stop. Of a
    short one people make two sentences, too: "Hi, how are you?" may be "Hola. ¿Cómo estás?".
    """

    def __init__(self) -> None:
        self._goes_on = False  # whether this part goes on with the one before
        self._opened = {"¿": 0, "¡": 0}  # of the sentence, and not closed yet
        self._begin_part()

    def _begin_part(self) -> None:
        self._source: list[str] = []
        self._first = ""  # up to the first word of a part that goes on
        self._is_first_settled = not self._goes_on
        self._is_inside = False  # whether that word stands inside the part, behind a stop that is none
        self._last = ""  # the last characters that were given
        self._stop = ""  # a stop that is held, and closing marks behind it

    def read(self, text: str) -> None:
        """Take what has been read of the source of this part: the text of the next symbol, or of all."""
        self._source.append(text)

    def write(self, text: str) -> str:
        """Take what has been written of this part and return what may be shown."""
        return "".join(map(self._write, text))

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
        """Whether the stop that is held ends a sentence that its source does not end."""
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
        """End this part and return the rest of it.

        Args:
            joined: whether the next part goes on with the sentence. If not, a new sentence begins.
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
        """Whether the stop that is held closes what a ¿ or ¡ has opened, so that it has to stay."""
        return any(closing in self._stop and self._opened[mark] for mark, closing in _INVERTED)

    def _stop_within(self) -> str:
        """Return what becomes of the stop at the end of a part that is not the last."""
        stop = self._stop
        source = "".join(self._source).rstrip(" " + _CLOSING)
        if source.endswith(_STOPS) or (stop[:1] == "." and is_abbreviation(self._last)):
            return stop
        closing = stop.lstrip("".join(_STOPS))
        return closing + source[-1:] if stop and source.endswith(_CLAUSE_MARKS) else closing


def join(parts: Iterable[tuple[str, str]]) -> str:
    """Put the translated parts of one sentence together, with a space between two.

    Args:
        parts: source and translation of each.
    """
    parts = list(parts)
    joiner = Joiner()
    texts = []
    for number, (source, text) in enumerate(parts, 1):
        joiner.read(source)
        texts.append(joiner.write(text) + joiner.end_part(joined=number < len(parts)))
    return " ".join(filter(None, texts))


_LONG: Final = 80
"""Characters of the source from which on a stop in the middle is taken for a mistake."""
_STOP_INSIDE: Final = re.compile(r"(\S*?)([.!?…]+)[\"'”’»)]* ")
_INVERTED: Final = (("¿", "?"), ("¡", "!"))
_STOPS: Final = (".", "!", "?", "…")
_CLOSING: Final = "\"'”’»)]"
_CLAUSE_MARKS: Final = (",", ";", ":", "—", "–")
_LOOK_BACK: Final = 32


def _is_to_be_small(word: str, source: str, inside: bool) -> bool:
    """Whether `word` has a capital letter only because a sentence seems to begin there.

    Args:
        word: the first word written there.
        source: what has been read of this part.
        inside: whether the word stands inside the part; the first word of the source then says nothing.
    """
    if not word[:1].isupper() or (len(word) > 1 and word.isupper()):
        return False
    words = _WORD.findall(source)
    if not inside and words and words[0][0].isupper() and words[0] != "I":
        return False
    stem = word[:3].casefold()
    return not any(len(name) > 2 and name[0].isupper() and name[:3].casefold() == stem for name in words)


_WORD: Final = re.compile(r"[^\W\d_]+")
