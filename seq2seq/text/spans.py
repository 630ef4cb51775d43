"""Clean text read as characters and spans, online: `SpanScanner` never looks ahead.

A span is a piece of text that must stay unchanged (`text.symbols`); the table of them is `text.span_table`.
The letters of ordinary words are emitted at once. A character that may belong to a span is held, with what
follows it, until the next space (`text.span_holding`): then the word is complete, and the longest match of
the table wins at each place. Only a few spans have a space in them ("5 %", "10 000", "`a b`"); a word that
may begin such a span is held over the space.

A span may begin with letters that were emitted already. Its item then says how many of the items before it
are its first letters.
"""

from __future__ import annotations

from collections.abc import Container
from string import ascii_lowercase
from typing import Final, NamedTuple

from seq2seq.text.span_expressions import CURRENCY_CODES
from seq2seq.text.span_holding import (
    AFTER_A_CURRENCY_CODE,
    ALWAYS,
    CLOSED,
    JOINERS,
    RUN,
    TRIGGER,
    Gap,
    gap_after,
    goes_on_after,
    is_complete,
    is_letter,
    last_word,
    may_begin,
)
from seq2seq.text.span_table import ANY_PICTURE, PATTERNS_BY_FIRST
from seq2seq.text.symbols import KINDS, NAME, SIGN

LONGEST: Final = 1000
"""The most characters of a word that are held. A longer span is continued by another span of its kind."""
LONGEST_OVER_SPACES: Final = 500
"""The most characters that are held where a span may have spaces in it, such as a tag with attributes."""


class Item(NamedTuple):
    """A character or a span.

    Attributes:
        symbol: the character, or the kind of the span.
        text: all the text that it stands for.
        letters: how many items just before it, all of them characters, are the first letters of `text`.
        copy: what is written for it instead of `text`: the translation of a term of a glossary.
    """

    symbol: str
    text: str
    letters: int = 0
    copy: str | None = None


def scan(text: str, known: Container[str], spans: bool = True) -> list[Item]:
    """Return the items of one line of clean text: the same as from a `SpanScanner` fed in any pieces.

    Args:
        known: the characters that the model can read; it must not change.
        spans: whether there are other spans than those of unknown characters.
    """
    if not (spans and TRIGGER.search(text)):
        items = list(map(_characters(known).__getitem__, text))
        if None not in items:
            return items  # type: ignore[return-value]
    scanner = SpanScanner(known, spans)
    return scanner.feed(text) + scanner.finish()


class _Characters(dict[str, Item | None]):
    """The items of characters, made when first needed; None for what the vocabulary does not have."""

    def __init__(self, known: Container[str]) -> None:
        self.known = known

    def __missing__(self, char: str) -> Item | None:
        item = Item(char, char) if char == " " or (char < _FIRST_KIND and char in self.known) else None
        if len(self) < 10_000:  # a text may have every code point there is
            self[char] = item
        return item


_FIRST_KIND: Final = min(KINDS)
_characters_by_id: dict[int, _Characters] = {}


def _characters(known: Container[str]) -> _Characters:
    characters = _characters_by_id.get(id(known))
    if characters is None:
        if len(_characters_by_id) >= 8:
            _characters_by_id.clear()
        # The table keeps `known`, so that no other object has the same id.
        characters = _characters_by_id[id(known)] = _Characters(known)
    return characters


class SpanScanner:
    """Reads a line of clean text that arrives in pieces.

    Memory is bounded by `LONGEST`; time is linear in the length of the text.

    Args:
        known: the characters that the model can read; it must not change.
        spans: whether there are other spans than those of unknown characters.
    """

    def __init__(self, known: Container[str], spans: bool = True) -> None:
        self._characters = _characters(known)
        self._spans = spans
        self._out: list[Item] = []  # the items that are certain and not returned yet
        self._begin()

    def _begin(self) -> None:
        self._word = ""  # what has been emitted of the current word: letters, and marks within it
        self._left = " "  # the character before that
        self._held = ""
        self._gap: Gap | None = None  # the last space in what is held
        self._behind = 0  # where the word after it begins
        self._kind = ""  # of a span that is longer than may be held, while it goes on

    def feed(self, text: str) -> list[Item]:
        """Take the next piece of the line and return the items that are certain now."""
        self._read(text)
        out, self._out = self._out, []
        return out

    def finish(self) -> list[Item]:
        """End the line and return the items of what was held. The next piece begins a new line."""
        if self._kind and self._held:
            self._out.append(Item(self._kind, self._held))
            self._held = ""
        while self._held:
            self._read(self._release())
        out, self._out = self._out, []
        self._begin()
        return out

    def _read(self, text: str) -> None:
        later: list[tuple[str, int]] = []  # what follows the text that is read again
        at = 0
        while at < len(text) or later:
            if at == len(text):
                text, at = later.pop()
            elif not self._held and (run := RUN.match(text, at)) and self._emit_run(run[0]):
                at = run.end()
            else:
                char, at = text[at], at + 1
                if not self._held:
                    self._emit(char)
                elif again := self._hold(char):
                    later.append((text, at))
                    text, at = again, 0

    def _emit_run(self, run: str) -> bool:
        """Emit a run of ordinary characters at once, if possible; return whether it was."""
        word = self._word
        if self._kind or word[-1:] == "." or len(word) + len(run) >= LONGEST or word in CURRENCY_CODES:
            return False
        items = list(map(self._characters.__getitem__, run))
        if None in items:
            return False
        self._out += items  # type: ignore[arg-type]
        last = run[len(run.rstrip(ascii_lowercase)) :]
        if last == run:
            self._word = word + run
        else:
            self._word, self._left = last, run[-len(last) - 1]
        return True

    def _emit(self, char: str) -> None:
        """Emit a character while none is held, or begin to hold."""
        item = self._characters[char]
        word = self._word
        begins = self._spans and may_begin(char, word, self._left)
        if item is None or (self._kind and char != " ") or begins:
            self._held = char
            return
        if char == " " and self._spans and not self._kind and word in CURRENCY_CODES:
            self._held, self._gap, self._behind = char, AFTER_A_CURRENCY_CODE, 1
            return
        self._kind = ""
        joins = (word or char.isalpha()) and (char in JOINERS or is_letter(char))
        if joins and len(word) < LONGEST:
            self._word = word + char
        else:
            self._word, self._left = "", char
        self._out.append(item)

    def _hold(self, char: str) -> str:
        """Take a character while others are held; return the text that is to be read again."""
        held = self._held
        if self._kind:
            if char != " " and len(held) < LONGEST:
                self._held = held + char
                return ""
            self._out.append(Item(self._kind, held))
            self._held, self._word, self._left = "", "", held[-1]
            return char
        if char == " ":
            return self._hold_space()
        if self._gap is not None:
            if len(held) >= LONGEST_OVER_SPACES or not goes_on_after(self._gap, held, self._behind, char):
                return self._release_before_the_gap() + char
        elif self._is_complete(char):
            return self._release() + char
        self._held = held + char
        if len(self._held) >= LONGEST and self._gap is None:
            return self._release(cut=True)
        if char in ">]" and self._spans and CLOSED.fullmatch(self._held):
            return self._release()
        return ""

    def _hold_space(self) -> str:
        held = self._held
        gap = gap_after(self._word, held) if self._spans and len(held) < LONGEST_OVER_SPACES else None
        if gap is None:
            return self._release() + " "
        if gap.start > 0:
            rest = self._release(gap.start - 1)
            if len(rest) != len(held) - gap.start + 1:
                return rest + " "
            self._out.append(Item(" ", " "))
            self._word, self._left, self._held = "", " ", rest[1:]
        self._held += " "
        self._gap, self._behind = gap, len(self._held)
        return ""

    def _is_complete(self, char: str) -> bool:
        """Whether what is held, one word, is a whole span or certainly no span if `char` follows."""
        held = self._held
        known = self._characters[char] is not None
        if not self._spans:
            return known and not (is_letter(char) and is_letter(held[-1]))
        if is_complete(held, char):
            return True
        if char.isalpha() and known:
            signs = (self._characters[c] is None and not is_letter(c) for c in reversed(held))
            return held[0] not in ALWAYS and all(signs)
        return False

    def _release_before_the_gap(self) -> str:
        """Emit the first word of what is held, without looking at the last one; return the rest."""
        end = self._behind - 1
        if end == 0:  # the space after a currency code
            return self._release()
        rest, self._held = self._held[end:], self._held[:end]
        return self._release() + rest

    def _release(self, stop: int = 0, cut: bool = False) -> str:
        """Emit what is held as items, up to the first space from `stop` on outside spans; return the rest.

        Args:
            cut: whether the word goes on, so that a span at its end does too.
        """
        text, emitted = self._left + self._word + self._held, 1 + len(self._word)
        if self._held[:1] == " ":
            stop = max(stop, 1)  # the space after a currency code is emitted too
        end, last = self._emit_items(text, emitted, emitted + stop)
        self._held, self._gap, self._behind = "", None, 0
        self._word = last_word(text, max(last, 1), end)
        self._left = text[end - len(self._word) - 1]
        if cut and last == end and self._out[-1].symbol not in (NAME, SIGN):
            self._kind = self._out[-1].symbol
        return text[end:]

    def _emit_items(self, text: str, emitted: int, stop: int) -> tuple[int, int]:
        """Emit the items of `text` up to the first space from `stop` on outside spans.

        Args:
            text: the character before a word, and the word with all that is held.
            emitted: how many characters of `text` have been emitted already.

        Returns:
            Where the items end, and where the last span ends.
        """
        has_unknown = None in map(self._characters.__getitem__, text)
        at, done, last = 1, emitted, 0
        out = self._out
        while at < len(text) and not (text[at] == " " and at >= stop):
            kind, end = self._match(text, at, emitted, last) if self._spans else ("", 0)
            if has_unknown and end <= emitted:
                kind, end = self._match_unknown(text, at, last)
            if end <= max(at, emitted):
                at += 1
                continue
            self._emit_characters(text[done:at])
            if kind == SIGN and at == last and out and out[-1].symbol == SIGN:
                out[-1] = Item(SIGN, out[-1].text + text[at:end])
            else:
                out.append(Item(kind, text[at:end], max(emitted - at, 0)))
            at = done = last = end
        self._emit_characters(text[done:at])
        return at, last

    def _emit_characters(self, text: str) -> None:
        for char in text:
            item = self._characters[char]
            assert item is not None
            self._out.append(item)

    def _match(self, text: str, at: int, emitted: int, last: int) -> tuple[str, int]:
        """Return the kind and end of the longest span of the table that begins at `at`, or an end of 0."""
        char = text[at]
        begins = at == last or not (text[at - 1] == "_" or text[at - 1].isalnum())
        first = "a" if char.isalpha() else char
        kind, end = "", 0
        if not begins and first == "a":
            return kind, end
        patterns = PATTERNS_BY_FIRST.get(first)
        if patterns is None:
            if char <= "\xa8":
                return kind, end
            patterns = PATTERNS_BY_FIRST[ANY_PICTURE]
        for each in patterns:
            if begins if each.joins else at >= emitted:
                match = each.pattern.match(text, at)
                if match is not None and match.end() > end:
                    kind, end = each.kind, match.end()
        return kind, end

    def _match_unknown(self, text: str, at: int, last: int) -> tuple[str, int]:
        """Return the kind and end of a word or of signs that the vocabulary does not have, or an end of 0."""
        stop = at
        if is_letter(text[at]):
            if at > 1 and at != last and is_letter(text[at - 1]):
                return "", 0
            has_unknown = False
            while stop < len(text) and is_letter(text[stop]):
                has_unknown = has_unknown or self._characters[text[stop]] is None
                stop += 1
            return NAME, stop if has_unknown else 0
        while stop < len(text) and self._characters[text[stop]] is None and not is_letter(text[stop]):
            stop += 1
            if self._spans and stop < len(text) and text[stop] in PATTERNS_BY_FIRST:
                break
        return SIGN, stop if stop > at else 0
