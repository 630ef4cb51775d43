"""Reads lines of raw text, online: the sentences that are translated, and the literal text between them.

    raw line ── Beginning, Ending ──> text ── Normaliser ──> clean text ── SpanScanner ──> items
             ── SentenceCutter ──> sentences

`LineReader` returns events as the characters arrive; `read_line` does the same for a whole line. White space
at the ends and tabs stay; a tab divides the line into cells, each read as a line of its own. Text without a
letter (a cell, or a sentence of spans and signs only) is not translated.
"""

from __future__ import annotations

import re
from collections import deque
from dataclasses import dataclass
from itertools import pairwise
from typing import Final, NamedTuple

from seq2seq.text.edges import Beginning, Ending
from seq2seq.text.glossary import Glossary
from seq2seq.text.half_days import HalfDayScanner, may_have_half_day
from seq2seq.text.item_scanners import ItemScanner
from seq2seq.text.lists import MARK, items_of, mark_before, may_become_list, may_have_list
from seq2seq.text.month_days import MonthDayScanner, may_have_month_day
from seq2seq.text.normalise import REPLACEMENT, Counts, Normaliser
from seq2seq.text.sentences import Cut, SentenceCutter
from seq2seq.text.spans import Item, SpanScanner
from seq2seq.text.symbols import Sentence, Span
from seq2seq.text.terms import TermScanner, has_kept_element, written_alone
from seq2seq.text.whole_lines import WholeScanner, is_plain


class Literal(NamedTuple):
    """Text that is not translated, at its place between the sentences.

    Attributes:
        text: of the source.
        copy: what is written for it instead of `text`, where terms of a glossary stand alone.
    """

    text: str
    copy: str | None = None

    @property
    def written(self) -> str:
        """What is written for it."""
        return self.text if self.copy is None else self.copy

    def then(self, other: Literal) -> Literal:
        """Return this text and another one directly after it as one."""
        copy = None if self.copy is other.copy is None else self.written + other.written
        return Literal(self.text + other.text, copy)


class Separator(NamedTuple):
    """The space between a sentence and what follows it, another sentence or literal text.

    Attributes:
        text: of the source; a comma, too, between the items of a list.
        copy: what is written for it.
    """

    text: str = " "
    copy: str = " "

    def after(self, written: str) -> str:
        """Return what is written for it after `written`: nothing at the beginning or after a space."""
        return self.copy if written and not written[-1].isspace() else ""


class SentenceEnd(NamedTuple):
    """The sentence is over.

    Attributes:
        joined: whether it was cut in the middle, so that the next one continues it.
    """

    joined: bool


Event = Literal | Separator | Item | SentenceEnd
"""What a line consists of, in its order; an `Item` is the next symbol of a sentence."""


class ReadSentence(NamedTuple):
    """A sentence of a line.

    Attributes:
        sentence: what is read.
        joined: whether it was cut in the middle, so that the next one continues it.
        begin: where its text begins in the source of the line.
    """

    sentence: Sentence
    joined: bool
    begin: int


@dataclass(frozen=True)
class Line:
    """A line that has been read.

    Attributes:
        source: the texts of all parts in a row: the line as it was, except for what `text.normalise` changes
            in the sentences and a space between two sentences that had none.
        parts: in their order.
    """

    source: str
    parts: tuple[Literal | Separator | ReadSentence, ...]

    @property
    def sentences(self) -> list[ReadSentence]:
        """The parts that are translated."""
        return [part for part in self.parts if isinstance(part, ReadSentence)]


class LineReader:
    """Reads a line that arrives in pieces; the events do not depend on where the pieces end.

    Args:
        known: the characters that the model can read.
        spans: whether there are other spans than those of unknown characters.
        limit: the most symbols that a sentence may have.
        counts: counts what had to be changed.
        whole: whether a line always comes in one piece; it is read faster, and all events come at its end.
        glossary: terms whose translations are given, possibly none, if the line is read for translation;
            None reads it as in training.
        lists: whether each item of a bare list becomes a sentence; then what may be one is held to its end.
    """

    def __init__(
        self,
        known: frozenset[str],
        spans: bool,
        limit: int,
        counts: Counts | None = None,
        whole: bool = False,
        glossary: Glossary | None = None,
        lists: bool = False,
    ) -> None:
        self.counts = Counts() if counts is None else counts
        self._lists = lists
        self._normaliser = Normaliser(self.counts)
        scanner: ItemScanner = WholeScanner(known, spans) if whole else SpanScanner(known, spans)
        if glossary is not None:
            scanner = TermScanner(MonthDayScanner(HalfDayScanner(scanner)), glossary)
        self._scanner = scanner
        self._cutter = SentenceCutter(limit)
        self._items: deque[Item] = deque()  # those that the cutter holds
        self._returned = False  # whether the last character was a carriage return
        self._is_cut = False  # whether a sentence of the line was cut in the middle
        self._begin_cell()

    def _begin_cell(self) -> None:
        self._beginning = Beginning()
        self._ending = Ending([])
        self._space_scanned = False  # whether the space that the normaliser holds has been scanned
        self._due: Separator | None = None  # before the next sentence or literal text
        self._goes_on = False  # whether the next sentence continues the last one
        self._begin_sentence()

    def _begin_sentence(self) -> None:
        self._length = 0  # symbols of the sentence so far
        self._listed: list[Item] | None = [] if self._lists else None  # those of it, while it may be a list
        self._pending: list[Item] = []  # its first symbols, until one of them is a letter
        self._has_letter = False  # whether any of them is a letter

    def feed(self, text: str) -> list[Event]:
        """Take the next characters of the line and return the events that are certain now."""
        if self._returned or not text.isprintable():
            text, count = _SURROGATE.subn(REPLACEMENT, text)
            self.counts.replace(count)
            # Control characters could steer a terminal, so they are dropped from literal text, too.
            text = _LINE_BREAK.sub(" ", text)
            self.counts.drop("".join(_CONTROL.findall(text)))
            text = _CONTROL.sub("", text)
            text = self._without_returns(text)
        out: list[Event] = []
        first, *cells = text.split("\t")
        self._feed_cell(first, out)
        for cell in cells:
            self._end_cell(out)
            out.append(Literal("\t"))
            self._feed_cell(cell, out)
        return out

    def _without_returns(self, text: str) -> str:
        """Return text without carriage returns; one at the very end of the line is white space and stays."""
        text = "\r" * self._returned + text
        body = text.rstrip("\r")
        self._returned = body != text
        self.counts.drop("\r" * (body.count("\r") + max(0, len(text) - len(body) - 1)))
        return body.replace("\r", "")

    def finish(self) -> list[Event]:
        """End the line and return its remaining events. The next characters begin a new line."""
        out: list[Event] = []
        if self._returned:
            self._feed_cell("\r", out)
            self._returned = False
        self._end_cell(out)
        self._is_cut = False
        return out

    def _feed_cell(self, text: str, out: list[Event]) -> None:
        if text and not self._beginning.is_over:
            marks, text = self._beginning.feed(text)
            self._begin_text(marks, out)
        if text:
            self._read(self._ending.feed(text), out)

    def _begin_text(self, marks: str, out: list[Event]) -> None:
        if marks:
            out.append(Literal(marks))
        if self._beginning.is_over:
            self._ending = Ending(self._beginning.closing)

    def _end_cell(self, out: list[Event]) -> None:
        if not self._beginning.is_over:
            marks, text = self._beginning.finish()
            self._begin_text(marks, out)
            self._read(self._ending.feed(text), out)
        text, marks = self._ending.finish()
        self._read(text, out)
        self._scan(self._normaliser.finish(), out)
        self._cut(self._scanner.finish(), out)
        self._take(self._cutter.end(), out)
        self._items.clear()  # a space at the end
        self._end_sentence(False, out)
        if marks:
            out.append(Literal(marks))
        self._begin_cell()

    def _read(self, text: str, out: list[Event]) -> None:
        clean = self._normaliser.feed(text)
        self._scan(clean, out)
        if self._normaliser.holds_space and not self._space_scanned:
            # Whether more follows or the line ends here, the space may end a sentence.
            self._cut(self._scanner.feed(" "), out)
            self._space_scanned = True

    def _scan(self, clean: str, out: list[Event]) -> None:
        if clean and self._space_scanned:
            assert clean[0] == " "
            clean, self._space_scanned = clean[1:], False
            self._take(self._cutter.go_on(), out)
        self._cut(self._scanner.feed(clean), out)

    def _cut(self, items: list[Item], out: list[Event]) -> None:
        self._items += items
        self._take(self._cutter.mark("".join([item.symbol for item in items])), out)

    def _take(self, pieces: list[str | Cut], out: list[Event]) -> None:
        for piece in pieces:
            if isinstance(piece, str):
                self._read_items([self._items.popleft() for _ in piece], out)
            else:
                if piece.spaced:
                    self._items.popleft()
                if piece.joined and not self._is_cut:
                    self.counts.cut_line()
                    self._is_cut = True
                due = Separator(MARK, MARK) if self._leaves_mark(piece) else Separator()
                self._end_sentence(piece.joined, out)
                self._due = None if piece is Cut.SPLIT else due

    def _read_items(self, items: list[Item], out: list[Event]) -> None:
        for place, item in enumerate(items):
            if item.letters > self._length + place:
                # The sentence was cut inside the first letters of a span.
                lost = item.letters - self._length - place
                items[place] = Item(item.symbol, item.text[lost:], item.letters - lost)
        self._length += len(items)
        if self._listed is not None:
            self._listed += items
            if may_become_list("".join([item.symbol for item in self._listed])):
                return
            items, self._listed = self._listed, None
        self._read_on(items, out)

    def _read_on(self, items: list[Item], out: list[Event]) -> None:
        if not self._has_letter:
            self._pending += items
            if not self._goes_on and not any(item.symbol.isalpha() for item in items):
                return
            self._has_letter = True
            self._separate(out)
            items, self._pending = self._pending, []
        out += items

    def _leaves_mark(self, cut: Cut) -> bool:
        """Take the comma off the last item of a list that is cut behind it; return whether there is one."""
        if cut is not Cut.JOINED or not self._listed or self._listed[-1].symbol != MARK[0]:
            return False
        is_list = items_of("".join([item.symbol for item in self._listed])) != []
        if is_list:
            self._listed.pop()
        return is_list

    def _read_list(self, items: list[Item], out: list[Event]) -> None:
        """Read what was held: a list item by item, all but the last with their ends, or anything else."""
        begin = 0
        for one, following in pairwise(items_of("".join([item.symbol for item in items]))):
            self._read_on(items[begin : begin + len(one)], out)
            out += [SentenceEnd(True), Separator(MARK, mark_before(following))]
            begin += len(one) + len(MARK)
        self._read_on(items[begin:], out)

    def _separate(self, out: list[Event]) -> None:
        if self._due is not None:
            out.append(self._due)
        self._due = None

    def _end_sentence(self, joined: bool, out: list[Event]) -> None:
        if self._listed:
            self._read_list(self._listed, out)
        if self._has_letter:
            out.append(SentenceEnd(joined))
        elif self._pending:
            self._separate(out)
            out.append(Literal("".join([item.text for item in self._pending]), written_alone(self._pending)))
        self._goes_on = joined and self._has_letter
        self._begin_sentence()


_ADDED: Final = (has_kept_element, may_have_half_day, may_have_month_day)
"""Fast checks for what is read otherwise for translation than in training."""
_SURROGATE = re.compile("[\ud800-\udfff]")
_LINE_BREAK = re.compile("[\n\x0b\x0c\x85\u2028\u2029]")
_CONTROL = re.compile("[\0-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, also those of the direction of writing, except the tab and line breaks."""


def read_line(
    raw: str,
    known: frozenset[str],
    spans: bool,
    limit: int,
    counts: Counts | None = None,
    glossary: Glossary | None = None,
    lists: bool = False,
) -> Line:
    """Return a whole line as it is read; the arguments are those of `LineReader`."""
    lists = lists and may_have_list(raw)
    if glossary is not None and not (glossary.terms or any(may_have(raw) for may_have in _ADDED)):
        glossary = None
    if glossary is None and not lists and 10 * len(raw) < 6 * limit and is_plain(raw, known):
        return Line(raw, (ReadSentence(Sentence(raw), False, 0),))
    reader = LineReader(known, spans, limit, counts, whole=True, glossary=glossary, lists=lists)
    return assemble(reader.feed(raw) + reader.finish())


def assemble(events: list[Event]) -> Line:
    """Return the line that consists of all events of a `LineReader`."""
    parts: list[Literal | Separator | ReadSentence] = []
    source: list[str] = []
    length = 0
    items: list[Item] = []
    for event in events:
        if isinstance(event, Item):
            items.append(event)
            continue
        if isinstance(event, SentenceEnd):
            sentence = sentence_of(items)
            text = sentence.text if sentence.spans else sentence.symbols
            parts.append(ReadSentence(sentence, event.joined, length))
            items = []
        else:
            text = event.text
            last = parts[-1] if parts else None
            if isinstance(last, Literal) and isinstance(event, Literal):
                parts[-1] = last.then(event)
            else:
                parts.append(event)
        source.append(text)
        length += len(text)
    return Line("".join(source), tuple(parts))


def sentence_of(items: list[Item]) -> Sentence:
    """Return the sentence that consists of these items; there must be at least one."""
    symbols = "".join([item.symbol for item in items])
    if max(symbols) < _PRIVATE:
        return Sentence(symbols)
    spans = [
        Span(place, item.text, item.letters, item.copy)
        for place, item in enumerate(items)
        if item.symbol >= _PRIVATE
    ]
    return Sentence(symbols, tuple(spans))


_PRIVATE: Final = "\U000f0000"
