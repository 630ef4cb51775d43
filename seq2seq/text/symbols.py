"""The symbols that a sentence consists of once it has been read: characters and spans.

A span is a piece of text that must stay unchanged. It is read as one symbol, that of its kind, and written as
the same symbol; attention decides which of the spans read is copied. There are few kinds: as many as the
translation of the words around a span depends on. "At 1" is "a la 1" and "at 3" is "a las 3"; a name may be a
subject, and a markup tag is not part of the sentence at all.

The symbols of kinds are private-use code points, so a sentence of symbols is a string that a vocabulary
encodes like any other. Such a code point in a text is itself a span, of kind `SIGN`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate
from typing import Final

ONE: Final = "\U000f0000"  # the number 1: its noun is singular
NUMBER: Final = "\U000f0001"  # every other number: 2, 007, 3.14, 1,000,000, -5, 1/2
YEAR: Final = "\U000f0002"  # four digits from 1000 to 2099 without a sign or separator
QUANTITY: Final = "\U000f0003"  # a number with a percent, degree or unit sign: 5%, 20°C, 3km
MONEY: Final = "\U000f0004"  # a number with a currency sign or code: $12.50, 5€, US$ 3
TIME: Final = "\U000f0005"  # a time of day in digits: 3:30, 15:45:10
DATE: Final = "\U000f0006"  # a date in digits: 12/05/2020, 2020-05-12
ADDRESS: Final = "\U000f0007"  # URL, e-mail address, domain, path, file name, @handle, #tag
CODE: Final = "\U000f0008"  # versions, codes of letters and digits, telephone numbers, program code
PLACEHOLDER: Final = "\U000f0009"  # {name}, %s, %(n)d, $1, ${x}, {{ x }}: may be any noun, name or number
NAME: Final = "\U000f000a"  # a word with a letter that the vocabulary does not have
MARKUP: Final = "\U000f000b"  # a markup tag or entity: not part of the sentence
ONE_OCLOCK: Final = "\U000f000d"  # a time from 1:00 to 1:59: "a la 1:15", where others are "a las 2:15"
SIGN: Final = "\U000f000c"  # emoji, and signs that the vocabulary does not have: not part of the sentence

KINDS: Final = (
    ONE, NUMBER, YEAR, QUANTITY, MONEY, TIME, DATE, ADDRESS, CODE, PLACEHOLDER, NAME, MARKUP, SIGN,
    ONE_OCLOCK,
)  # fmt: skip
KIND_NAMES: Final = {
    ONE: "one",
    NUMBER: "number",
    YEAR: "year",
    QUANTITY: "quantity",
    MONEY: "money",
    TIME: "time",
    DATE: "date",
    ADDRESS: "address",
    CODE: "code",
    PLACEHOLDER: "placeholder",
    NAME: "name",
    MARKUP: "markup",
    SIGN: "sign",
    ONE_OCLOCK: "one o'clock",
}


@dataclass(frozen=True)
class Span:
    """A piece of text that must stay unchanged.

    Attributes:
        place: the index of its symbol in the sentence.
        text: all of its text.
        letters: how many symbols just before it are its first letters. "mail me@here.org" is read letter by
            letter, because a lag of a few characters cannot wait for the end of every word; only the @ shows
            that m and e begin an address. The symbol that is read then stands for all of "me@here.org".
        copy: what is written for it instead of `text`: the translation of a term of a glossary.
    """

    place: int
    text: str
    letters: int = 0
    copy: str | None = None

    def written(self, begins: bool, source: str) -> str:
        """Return what is written for it; a given translation gets a capital where a sentence begins with it.

        Args:
            begins: whether nothing but marks is written before it.
            source: the text of its sentence, as much as has been read.
        """
        if self.copy is None:
            return self.text
        first = next(filter(str.isalpha, source), "")
        return self.copy[0].upper() + self.copy[1:] if begins and first.isupper() else self.copy


@dataclass(frozen=True)
class Sentence:
    """A sentence that has been read, without its end mark.

    Attributes:
        symbols: one character for each symbol x_1 … x_{S-1}; a span's is that of its kind.
        spans: in the order of their places.
    """

    symbols: str
    spans: tuple[Span, ...] = ()

    @cached_property
    def widths(self) -> list[int]:
        """How many characters of the text each symbol adds to those read."""
        widths = [1] * len(self.symbols)
        for span in self.spans:
            widths[span.place] = len(span.text) - span.letters
        return widths

    @cached_property
    def read(self) -> list[int]:
        """How many characters of the text have been read after 0, 1, 2, … symbols."""
        return [0, *accumulate(self.widths)]

    @cached_property
    def text(self) -> str:
        """The text of the sentence."""
        if not self.spans:
            return self.symbols
        out, spans = "", {span.place: span for span in self.spans}
        for place, symbol in enumerate(self.symbols):
            span = spans.get(place)
            out = out[: len(out) - span.letters] + span.text if span else out + symbol
        return out

    def whole(self) -> Sentence:
        """Return the sentence as read at lag `full`: without the symbols of the first letters of spans."""
        if not any(span.letters for span in self.spans):
            return self
        pieces, spans, done, length = [], [], 0, 0
        for span in self.spans:
            before = self.symbols[done : span.place - span.letters]
            pieces += [before, self.symbols[span.place]]
            length += len(before)
            spans.append(replace(span, place=length, letters=0))
            length += 1
            done = span.place + 1
        return Sentence("".join([*pieces, self.symbols[done:]]), tuple(spans))

    def copied(self, places: Sequence[int], begins: bool = False) -> list[str]:
        """Return what is written for the spans at some places.

        Args:
            places: of the spans.
            begins: whether nothing but marks is written before the first of them.
        """
        spans = {span.place: span for span in self.spans}
        return [spans[place].written(begins and i == 0, self.text) for i, place in enumerate(places)]
