"""Cuts symbols into sentences, online: a decision that needs the next word waits for it, and for no more.

A sentence ends at the space after . ! ? and closing quotation marks or brackets, but not after an
abbreviation, an initial or dots that only mark a pause, and not inside a quotation or brackets that were
opened in it. It ends without a space where the next sentence follows the stop directly, as in "I'm tired.I
want to sleep."

No sentence is longer than the limit. A sentence that grows long is cut in the middle: from 60 % of the limit
on after a strong mark (; : — …), from 80 % on after a comma or bracket and before a conjunction, from 90 % on
at a space, and inside a word only where there is no space. Because it cannot look ahead, the cutter cuts a
little before it has to.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from seq2seq.text.quotations import CLOSING, OPENING, open_marks
from seq2seq.text.sentence_ends import EndKind, end_after
from seq2seq.text.sentence_words import CONJUNCTIONS, FIRST_WORDS, beginnings
from seq2seq.text.symbols import KINDS, MARKUP, NUMBER, ONE, SIGN, YEAR


class Cut(Enum):
    """How a sentence ends.

    Attributes:
        OVER: at a space, which belongs to neither sentence.
        GLUED: before a symbol that follows without a space.
        JOINED: cut in the middle, at a space; the next sentence continues it.
        SPLIT: cut in the middle of a word; the next sentence continues it.
    """

    OVER = 0
    GLUED = 1
    JOINED = 2
    SPLIT = 3

    @property
    def joined(self) -> bool:
        """Whether the sentence was cut in the middle, so that the next one continues it."""
        return self in (Cut.JOINED, Cut.SPLIT)

    @property
    def spaced(self) -> bool:
        """Whether the cut takes the place of a space."""
        return self in (Cut.OVER, Cut.JOINED)


def split_sentences(text: str, limit: int) -> list[str]:
    """Return the sentences of clean text, or of the symbols of a line; an empty text has none.

    Joined with single spaces they give `text` back, except where a cut has no space. The result is that of a
    `SentenceCutter` fed with `text` in pieces of any size.
    """
    if is_one_sentence(text, limit):
        return [text] if text else []
    cutter = SentenceCutter(limit)
    return cutter.feed(text) + cutter.finish()


def is_one_sentence(text: str, limit: int) -> bool:
    """Fast check: True only if the text is one sentence; False may be wrong."""
    return 10 * len(text) < 6 * limit and not _MAYBE_END.search(text)


class SentenceCutter:
    """Cuts symbols that arrive in pieces into sentences, each as soon as its end is certain.

    Use either `mark` and `end`, which return the symbols with the cuts between them, or `feed` and `finish`,
    which return whole sentences.

    A space is held until the next symbol, unless it ends the sentence whatever follows. The letters of a word
    are held where the word decides whether a sentence ends before it: where a long sentence may be cut before
    a conjunction, since "a" may become "and" or "apple"; and directly after a stop, since "io.That" may
    become "io.Thatcher".

    Args:
        limit: the most symbols that a sentence may have.
    """

    def __init__(self, limit: int) -> None:
        assert limit > 0
        self.limit = limit
        self._pieces: list[str] = []  # of the sentence so far, for `feed`
        self._out: list[str | Cut] = []  # what is certain and not returned yet
        self._begin()

    def _take(self) -> list[str | Cut]:
        out, self._out = self._out, []
        return out

    def _begin(self) -> None:
        self._length = 0  # symbols of the sentence so far, without those held
        self._word = ""  # the last word of it; of a very long one the beginning and the end
        self._previous = ""  # the word before that
        self._letters = False  # whether any word before the last has letters
        self._opened = ""  # the quotation marks and brackets that are open before the last word
        self._held = ""  # a space and perhaps letters after it, or letters directly after a stop
        self._waits = EndKind.NEVER  # for a space that is held

    def feed(self, symbols: str) -> list[str]:
        """Take the next symbols and return the sentences that are certainly over."""
        return self._collect(self.mark(symbols))

    def finish(self) -> list[str]:
        """End the text and return its last sentence, if there is one. The next symbols begin a new text."""
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
        """Take the next symbols; return those that are certain now and the cuts, in their order."""
        at = 0
        while at < len(symbols):
            symbol = symbols[at]
            if self._held and self._hold_or_release(symbol):
                at += 1
            elif symbol == " ":
                self._read_space()
                at += 1
            elif self._is_glued(symbol):
                if symbol in "¿¡":
                    self._cut(Cut.GLUED)
                    self._append(symbol)
                else:
                    self._held = symbol
                at += 1
            else:
                words = None if self._is_beyond(6) else _PLAIN_WORDS.match(symbols, at)
                if words is not None and 10 * (self._length + len(words[0])) < 6 * self.limit:
                    self._append_words(words[0])
                    at = words.end()
                else:
                    run = _RUN.match(symbols, at)
                    assert run is not None
                    self._append(run[0])
                    at = run.end()
        return self._take()

    def end(self) -> list[str | Cut]:
        """End the text and return what was held, except a space. The next symbols begin a new text."""
        if self._held[:1] not in ("", " "):
            self._hold_or_release(" ")
        elif self._held != " ":
            self._release()
        self._begin()
        return self._take()

    def go_on(self) -> list[str | Cut]:
        """Note that the line continues; return a held space if it no longer needs to wait."""
        if self._held == " " and self._waits is EndKind.NEVER and not self._is_beyond(6):
            self._release()
        return self._take()

    def _read_space(self) -> None:
        ending = self._judge()
        if ending is EndKind.SURE:
            self._cut(Cut.OVER)
        else:
            self._held, self._waits = " ", ending

    def _judge(self) -> EndKind:
        """Return whether a space would end the sentence so far."""
        ending = end_after(self._word, self._previous)
        return ending if ending is EndKind.NEVER or self._may_end_here() else EndKind.NEVER

    def _may_end_here(self) -> bool:
        """Whether the sentence has letters and no open quotation or brackets, unless it is long."""
        if not self._letters and not _has_letters(self._word):
            return False
        return self._is_beyond(6) or not open_marks(self._opened, self._word)

    def _is_due(self) -> bool:
        """Whether a long sentence should be cut at a space now, if the line continues."""
        if not self._word or not self._is_beyond(6):
            return False
        if self._is_beyond(9) or self._length + 2 > self.limit:
            return True
        if self._is_beyond(8) and self._word.endswith(_WEAK):
            return True
        return self._word.endswith(_STRONG) and not set("([{") & set(open_marks(self._opened, self._word))

    def _is_beyond(self, tenths: int) -> bool:
        return 10 * self._length >= tenths * self.limit

    def _hold_or_release(self, symbol: str) -> bool:
        """Hold the next symbol too and return True, or cut and release what is held."""
        if self._held[0] != " ":
            is_asked = self._word.rstrip(MARKUP).endswith("?")
            if (symbol.islower() and is_asked) or self._is_first_word(symbol):
                word = self._held
                self._cut(Cut.GLUED)
                self._held = word
            elif not is_asked and self._held + symbol in _BEGINNINGS_OF_FIRST_WORDS:
                self._held += symbol
                return True
        elif self._held == " " and self._waits.comes_before(symbol):
            self._cut(Cut.OVER)
        elif self._held == " " and self._is_due():
            self._cut(Cut.JOINED)
        elif symbol == " " and self._held[1:] in CONJUNCTIONS:
            word = self._held[1:]
            self._cut(Cut.JOINED)
            self._held = word
        elif self._held[1:] + symbol in _BEGINNINGS and (self._held != " " or self._may_hold_a_word()):
            self._held += symbol
            return True
        self._release()
        return False

    def _is_first_word(self, symbol: str) -> bool:
        """Whether the word that is held after a stop begins a sentence if `symbol` follows."""
        if len(self._held) == 1:
            # It may be a name in code: re.I.
            return self._held in FIRST_WORDS and symbol in _AFTER_A_LETTER and len(self._word) > 3
        return self._held in FIRST_WORDS and symbol in _AFTER_A_WORD

    def _may_hold_a_word(self) -> bool:
        return self._is_beyond(8) and self._length + 2 + _LONGEST <= self.limit

    def _release(self) -> None:
        held, self._held = self._held, ""
        if held[:1] == " ":
            self._letters = self._letters or _has_letters(self._word)
            self._opened = open_marks(self._opened, self._word)
            self._grow(" ")
            self._previous, self._word = self._word, ""
            held = held[1:]
        if held:
            self._append(held)

    def _append(self, letters: str) -> None:
        """Add letters to the last word, and cut where the sentence would become too long."""
        at = 0
        while self._length + len(letters) - at > self.limit:
            room = self.limit - self._length
            if room:
                self._grow(letters[at : at + room])
            at += room
            self._cut(Cut.SPLIT)
        self._grow(letters[at:])
        self._word += letters[at:]
        if len(self._word) > 2 * _ENDS_OF_A_WORD:
            self._word = self._word[:_ENDS_OF_A_WORD] + self._word[-_ENDS_OF_A_WORD:]

    def _append_words(self, words: str) -> None:
        """Add words in which no sentence ends; the first of them continues the last word so far."""
        before, _, last = (self._word + words).rpartition(" ")
        self._letters = self._letters or _has_letters(before)
        self._opened = open_marks(self._opened, before.partition(" ")[0])
        self._previous, self._word = before.rpartition(" ")[2], last
        self._grow(words)

    def _grow(self, symbols: str) -> None:
        self._out.append(symbols)
        self._length += len(symbols)

    def _cut(self, place: Cut) -> None:
        self._out.append(place)
        self._begin()

    def _is_glued(self, symbol: str) -> bool:
        """Whether a sentence may begin with a symbol directly after a stop.

        It does in "tired.I" and "Really?What"; it does not in "U.S.A", "J.K.Rowling", "Node.js" and
        "types.Method". So after a . or ! there must be a word with which sentences often begin.
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
        return end_after(bare, self._previous) is EndKind.SURE and self._may_end_here()


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
"""Matches two or more words without a stop, quotation mark or bracket."""
_MAYBE_END = re.compile(rf"[.!?…][{re.escape(CLOSING)}]*(?: |[^\W\d_]|[¿¡])")
_ENDS_OF_A_WORD: Final = 64
"""How many symbols of the beginning and of the end of a longer word are kept."""


def _is_small_word(text: str) -> bool:
    """Whether a text is a word in lower case, and so no name and no code."""
    text = text.lstrip(OPENING)
    return text[:1].islower() and text.replace("'", "").replace("’", "").replace("-", "").isalpha()


_LETTERLESS: Final = frozenset((ONE, NUMBER, YEAR, MARKUP, SIGN))
_LETTERED: Final = frozenset(KINDS) - _LETTERLESS


def _has_letters(word: str) -> bool:
    """Whether a word has more than numbers and signs in it: "1. First" is one sentence."""
    return any(symbol.isalpha() or symbol in _LETTERED for symbol in word)
