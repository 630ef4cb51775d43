"""Clean text cut into sentences, online: `SentenceCutter` looks at what has come and never ahead."""

from __future__ import annotations

import re
from typing import Final


def cut(text: str, limit: int) -> list[str]:
    """Cut clean text into sentences; no text gives no sentence.

    Sentences of up to `limit` characters stay whole; longer ones are cut as `SentenceCutter` says.

    Single spaces between the sentences give `text` back, unless a word was too long and had to be cut itself.
    It is the same as one `SentenceCutter` fed with `text`, in pieces of any size.
    """
    if len(text) < limit and not _MAYBE_END.search(text):
        return [text] if text else []
    cutter = SentenceCutter(limit)
    return cutter.feed(text) + cutter.finish()


class SentenceCutter:
    """Cuts clean text that arrives in pieces into sentences, looking at what has come and never ahead.

    A sentence is over when the character after it arrives. It ends at the space after . ! ? and closing
    quotes or brackets, but not after an abbreviation, an initial, or dots that only mark a pause. A sentence
    that grows beyond `limit` characters, the longest that a model is trained on, is cut at the next space
    after a clause mark, beyond 5/4 of it at the next space, and at 3/2 of it within a word.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self.limit = limit
        self.longest = limit * 3 // 2
        self._begin()

    def _begin(self) -> None:
        self._pieces: list[str] = []  # in a row, the sentence so far
        self._length = 0  # of all of them
        self._word = ""  # the last word of it
        self._letters = False  # whether a word before that one has any

    def feed(self, text: str) -> list[str]:
        """Take the next piece of clean text and return the sentences that it shows to be over.

        If a single character ends a sentence, that is all that came before it; the character itself begins
        the next sentence, or is the space between the two and belongs to neither.
        """
        first, *words = text.split(" ")
        over = self._append(first)
        for word in words:
            if self.is_over():
                over += self.finish()
            else:
                self._letters = self._has_letters()
                self._grow(" ")
                self._word = ""
            over += self._append(word)
        return over

    def finish(self) -> list[str]:
        """End the text: return its last sentence, if there is one. The next piece begins a new text."""
        last = "".join(self._pieces)
        self._begin()
        return [last] if last else []

    def _append(self, piece: str) -> list[str]:
        over, at = [], 0
        while self._length + len(piece) - at > self.longest:
            room = self.longest - self._length
            self._grow(piece[at : at + room])
            at += room
            over += self.finish()
        self._grow(piece[at:])
        return over

    def _grow(self, piece: str) -> None:
        self._pieces.append(piece)
        self._length += len(piece)
        self._word += piece

    def is_over(self) -> bool:
        """Whether a space, if it came now, would end the sentence so far."""
        if 4 * self._length >= 5 * self.limit or self._length + 1 >= self.longest:
            return True
        clause = self._word.rstrip(_CLOSING).endswith(_CLAUSE_MARKS)
        return (clause and self._length >= self.limit) or (_is_last(self._word) and self._has_letters())

    def _has_letters(self) -> bool:
        return self._letters or any(map(str.isalpha, self._word))


_CLAUSE_MARKS = (",", ";", ":", "–", "—", "...", "…")
_OPENING = "\"'“‘«([¿¡-–—"
_CLOSING = "\"'”’»)]"
_MAYBE_END = re.compile(rf"[.!?…][{re.escape(_CLOSING)}]* ")
_ABBREVIATIONS: Final = frozenset(
    re.findall(
        r"\w+",
        """Mr Mrs Ms Dr Prof Rev Hon Gen Col Capt Lt Sgt Gov Sen Rep St Mt Jr Inc Ltd Co Ave etc vs
        Sr Sra Srta Sres Dra Profa Ud Uds Vd Vds Dña Lic Ing Gral Sto Sta Av Avda EE UU ej núm pág
        sr sra srta dr dra ud uds""",
    )
)
_INITIALS = re.compile(r"[^\W\d_]|([^\W\d_]{1,2}\.)+[^\W\d_]{1,2}")
"""J (as in J. Smith), a.m, U.S, Ph.D, EE.UU, all without the last dot."""


def _is_last(word: str) -> bool:
    """Whether `word`, with a space after it, may be the last one of a sentence."""
    bare = word.rstrip(_CLOSING)
    if not bare.endswith((".", "!", "?", "…")):
        return False
    if bare.endswith(("...", "…")):
        # Most often a pause within a sentence; but before a closing quote the end of what was said.
        return bare != word
    return not (bare.endswith(".") and _is_abbreviation(bare[:-1].lstrip(_OPENING)))


def _is_abbreviation(word: str) -> bool:
    """Whether a full stop after `word` need not end a sentence; after `I`, it nearly always does."""
    return word in _ABBREVIATIONS or (word != "I" and _INITIALS.fullmatch(word) is not None)
