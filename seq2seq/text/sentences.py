"""Symbols cut into sentences, online: a decision that needs the next word waits for it, and for no more.

A sentence ends at the space after . ! ? and closing quotes or brackets, but not after an abbreviation, an
initial or dots that only mark a pause, and not within a quotation or brackets that were opened in it. It ends
without a space where the next one follows the stop directly, as in "I'm tired.I want to sleep."

No sentence is longer than the limit. One that grows long is cut in the middle: from 60 % of the limit on
after a strong mark (; : — …), from 80 % after a comma or bracket and before a conjunction, from 90 % at a
space, and within a word only where there is none. Looking ahead is not possible, so it is cut a little before
it has to be.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from seq2seq.text.quotations import CLOSING, OPENING, open_marks
from seq2seq.text.sentence_ends import SentenceEnd, end_after
from seq2seq.text.sentence_words import CONJUNCTIONS, FIRST_WORDS, beginnings
from seq2seq.text.symbols import KINDS, MARKUP, NUMBER, ONE, SIGN, YEAR


class Cut(Enum):
    """Where a sentence is over.

    Attributes:
        OVER: at a space, which belongs to neither sentence.
        GLUED: before the symbol that follows it without a space.
        JOINED: in the middle, at a space; the next sentence goes on with it.
        SPLIT: in the middle of a word; the next sentence goes on with it.
    """

    OVER = 0
    GLUED = 1
    JOINED = 2
    SPLIT = 3

    @property
    def joined(self) -> bool:
        """Whether the sentence was cut in the middle, so that the next one goes on with it."""
        return self in (Cut.JOINED, Cut.SPLIT)

    @property
    def spaced(self) -> bool:
        """Whether the cut takes the place of a space."""
        return self in (Cut.OVER, Cut.JOINED)


def cut(text: str, limit: int) -> list[str]:
    """Cut clean text, or the symbols of a line, into sentences; no text gives no sentence.

    Single spaces between the sentences give `text` back, but for those that are cut where no space stands. It
    is the same as one `SentenceCutter` fed with `text`, in pieces of any size.
    """
    if is_one_sentence(text, limit):
        return [text] if text else []
    cutter = SentenceCutter(limit)
    return cutter.feed(text) + cutter.finish()


def is_one_sentence(text: str, limit: int) -> bool:
    """A quick look that settles most lines: True is certain, False is not."""
    return 10 * len(text) < 6 * limit and not _MAYBE_END.search(text)


class SentenceCutter:
    """Cuts symbols that arrive in pieces into sentences, each as soon as it is certain that it is over.

    `mark` and `end` give the symbols back with the cuts between them, `feed` and `finish` whole sentences;
    use one pair or the other.

    A space waits for the symbol after it, unless it ends the sentence whatever follows. A word waits where
    it decides itself whether a sentence ends before it, as long as it may become one that does so: where a
    long sentence may be cut before a conjunction, for at "a" nobody can tell "and" from "apple"; and directly
    behind a stop, for "io.That" may become "io.Thatcher".

    Args:
        limit: the most symbols that a sentence may have.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self.limit = limit
        self._pieces: list[str] = []  # of the sentence so far, for `feed`
        self._begin()

    def _begin(self) -> None:
        self._length = 0  # symbols of the sentence so far, without those held
        self._word = ""  # the last word of it; of a very long one the beginning and the end
        self._previous = ""  # the word before that
        self._letters = False  # whether any word before the last has letters
        self._opened = ""  # the quotation marks and brackets that are open before the last word
        self._held = ""  # a space and perhaps letters after it, or letters directly behind a stop
        self._waits = SentenceEnd.NEVER  # for a space that is held

    def feed(self, symbols: str) -> list[str]:
        """Take the next symbols and return the sentences that they show to be over."""
        return self._collect(self.mark(symbols))

    def finish(self) -> list[str]:
        """End the text: return its last sentence, if there is one. The next symbols begin a new text."""
        over = self._collect(self.end())
        last, self._pieces = "".join(self._pieces), []
        return [*over, last] if last else over

    def _collect(self, pieces: list[str | Cut]) -> list[str]:
        over = []
        for piece in pieces:
            if isinstance(piece, str):
                self._pieces.append(piece)
            else:
                over.append("".join(self._pieces))
                self._pieces = []
        return over

    def mark(self, symbols: str) -> list[str | Cut]:
        """Take the next symbols and return those that are certain now, in their order, and the cuts."""
        out: list[str | Cut] = []
        at = 0
        while at < len(symbols):
            symbol = symbols[at]
            if self._held and self._holds_too(symbol, out):
                at += 1
            elif symbol == " ":
                self._read_space(out)
                at += 1
            elif self._is_glued(symbol):
                if symbol in "¿¡":
                    self._cut(Cut.GLUED, out)
                    self._append(symbol, out)
                else:
                    self._held = symbol
                at += 1
            else:
                words = None if self._is_beyond(6) else _PLAIN_WORDS.match(symbols, at)
                if words is not None and 10 * (self._length + len(words[0])) < 6 * self.limit:
                    self._append_words(words[0], out)
                    at = words.end()
                else:
                    run = _RUN.match(symbols, at)
                    assert run is not None
                    self._append(run[0], out)
                    at = run.end()
        return out

    def end(self) -> list[str | Cut]:
        """End the text: return what was held, but for a space. The next symbols begin a new text."""
        out: list[str | Cut] = []
        if self._held[:1] not in ("", " "):
            self._holds_too(" ", out)
        elif self._held != " ":
            self._release(out)
        self._begin()
        return out

    def go_on(self) -> list[str | Cut]:
        """Note that the line goes on behind what has come; return a space that need not wait for more."""
        out: list[str | Cut] = []
        if self._held == " " and self._waits is SentenceEnd.NEVER and not self._is_beyond(6):
            self._release(out)
        return out

    def is_over(self) -> bool:
        """Whether a space, if it came now, would end the sentence so far whatever follows it."""
        return not self._held and self._judge() is SentenceEnd.SURE

    def _read_space(self, out: list[str | Cut]) -> None:
        ending = self._judge()
        if ending is SentenceEnd.SURE:
            self._cut(Cut.OVER, out)
        else:
            self._held, self._waits = " ", ending

    def _judge(self) -> SentenceEnd:
        """What a space does to the sentence so far."""
        ending = end_after(self._word, self._previous)
        return ending if ending is SentenceEnd.NEVER or self._may_end_here() else SentenceEnd.NEVER

    def _may_end_here(self) -> bool:
        """Whether it has letters, and no quotation or brackets of its own are open, or for too long."""
        if not self._letters and not has_letters(self._word):
            return False
        return self._is_beyond(6) or not open_marks(self._opened, self._word)

    def _is_due(self) -> bool:
        """Whether a space is the place to cut a sentence that grows long, if the line goes on behind it."""
        if not self._word or not self._is_beyond(6):
            return False
        if self._is_beyond(9) or self._length + 2 > self.limit:
            return True
        if self._is_beyond(8) and self._word.endswith(_WEAK):
            return True
        return self._word.endswith(_STRONG) and not set("([{") & set(open_marks(self._opened, self._word))

    def _is_beyond(self, tenths: int) -> bool:
        return 10 * self._length >= tenths * self.limit

    def _holds_too(self, symbol: str, out: list[str | Cut]) -> bool:
        """Decide on what is held with the symbol that follows it; whether that one is held with it."""
        if self._held[0] != " ":
            is_asked = self._word.rstrip(MARKUP).endswith("?")
            if (symbol.islower() and is_asked) or self._is_first_word(symbol):
                word = self._held
                self._cut(Cut.GLUED, out)
                self._held = word
            elif not is_asked and self._held + symbol in _BEGINNINGS_OF_FIRST_WORDS:
                self._held += symbol
                return True
        elif self._held == " " and self._waits.comes_before(symbol):
            self._cut(Cut.OVER, out)
        elif self._held == " " and self._is_due():
            self._cut(Cut.JOINED, out)
        elif symbol == " " and self._held[1:] in CONJUNCTIONS:
            word = self._held[1:]
            self._cut(Cut.JOINED, out)
            self._held = word
        elif self._held[1:] + symbol in _BEGINNINGS and (self._held != " " or self._may_hold_a_word()):
            self._held += symbol
            return True
        self._release(out)
        return False

    def _is_first_word(self, symbol: str) -> bool:
        """Whether the word that is held behind a stop begins a sentence, if `symbol` follows it."""
        if len(self._held) == 1:
            # It may be a name in code as well: re.I.
            return self._held in FIRST_WORDS and symbol in _AFTER_A_LETTER and len(self._word) > 3
        return self._held in FIRST_WORDS and symbol in _AFTER_A_WORD

    def _may_hold_a_word(self) -> bool:
        return self._is_beyond(8) and self._length + 2 + _LONGEST <= self.limit

    def _release(self, out: list[str | Cut]) -> None:
        held, self._held = self._held, ""
        if held[:1] == " ":
            self._letters = self._letters or has_letters(self._word)
            self._opened = open_marks(self._opened, self._word)
            self._grow(" ", out)
            self._previous, self._word = self._word, ""
            held = held[1:]
        if held:
            self._append(held, out)

    def _append(self, letters: str, out: list[str | Cut]) -> None:
        """Add to the last word, and cut it where the sentence would become too long."""
        at = 0
        while self._length + len(letters) - at > self.limit:
            room = self.limit - self._length
            if room:
                self._grow(letters[at : at + room], out)
            at += room
            self._cut(Cut.SPLIT, out)
        self._grow(letters[at:], out)
        self._word += letters[at:]
        if len(self._word) > 2 * _ENDS_OF_A_WORD:
            self._word = self._word[:_ENDS_OF_A_WORD] + self._word[-_ENDS_OF_A_WORD:]

    def _append_words(self, words: str, out: list[str | Cut]) -> None:
        """Add several words at once, the first of them to the last one so far; no sentence ends in them."""
        before, _, last = (self._word + words).rpartition(" ")
        self._letters = self._letters or has_letters(before)
        self._opened = open_marks(self._opened, before.partition(" ")[0])
        self._previous, self._word = before.rpartition(" ")[2], last
        self._grow(words, out)

    def _grow(self, symbols: str, out: list[str | Cut]) -> None:
        out.append(symbols)
        self._length += len(symbols)

    def _cut(self, place: Cut, out: list[str | Cut]) -> None:
        out.append(place)
        self._begin()

    def _is_glued(self, symbol: str) -> bool:
        """Whether a sentence may begin with a symbol that stands directly behind a stop.

        In "tired.I" and "Really?What" it does; in "U.S.A", "J.K.Rowling", "Node.js" and "types.Method" it
        does not. So behind a . or ! it has to be a word with which sentences often begin.
        """
        word = self._word
        if not word.endswith(_GLUE):
            return False
        bare = word.rstrip(MARKUP)
        stop = bare[-1:]
        if not stop or stop not in ".!?" or bare[:-1].endswith("."):
            return False
        if symbol not in "¿¡":
            if not (symbol.isupper() and bare[-2:-1].islower()):
                return False
            if stop != "?" and symbol not in _BEGINNINGS_OF_FIRST_WORDS:
                return False
            if stop == "." and not (self._previous and _is_small_word(bare[:-1])):
                return False
        return end_after(bare, self._previous) is SentenceEnd.SURE and self._may_end_here()


_STRONG = (";", ":", "–", "—", "...", "…")
_WEAK = (",", ',"', ",”", ",'", ",’", ",»", ")", "]", *_STRONG)
_BEGINNINGS: Final = beginnings(CONJUNCTIONS)
_LONGEST: Final = max(map(len, CONJUNCTIONS))
_BEGINNINGS_OF_FIRST_WORDS: Final = beginnings(FIRST_WORDS)
_AFTER_A_LETTER = " '’"
_AFTER_A_WORD = " '’,.!?"
_GLUE = (".", "!", "?", MARKUP)
_RUN = re.compile(f"[^ .!?…{MARKUP}]+[.!?…{MARKUP}]*|[.!?…{MARKUP}]+")
_PLAIN = rf"(?:[^ .!?…‘“„«‹(\[{{{re.escape(CLOSING)}]|(?<=[A-Za-z])['’](?=[A-Za-z]))+"
_PLAIN_WORDS = re.compile(f"{_PLAIN}(?: {_PLAIN}){{1,20}}")
"""Two words or more with no stop, quotation mark or bracket in them."""
_MAYBE_END = re.compile(rf"[.!?…][{re.escape(CLOSING)}]*(?: |[^\W\d_]|[¿¡])")
_ENDS_OF_A_WORD: Final = 64
"""Symbols that are kept of the beginning and of the end of a longer word."""


def _is_small_word(text: str) -> bool:
    """Whether text is a word that does not look like a name or code."""
    text = text.lstrip(OPENING)
    return text[:1].islower() and text.replace("'", "").replace("’", "").replace("-", "").isalpha()


_LETTERLESS: Final = frozenset((ONE, NUMBER, YEAR, MARKUP, SIGN))
_LETTERED: Final = frozenset(KINDS) - _LETTERLESS


def has_letters(word: str) -> bool:
    """Whether a word has more in it than numbers and signs: "1. First" is one sentence."""
    return any(symbol.isalpha() or symbol in _LETTERED for symbol in word)
