"""Sentence pairs as symbols: text on both sides that must stay unchanged becomes one symbol on each side."""

from __future__ import annotations

import re
from collections.abc import Sequence

from seq2seq.corpus.pairs import Pair
from seq2seq.text.reader import Line, Literal, ReadSentence, Separator, read_line, sentence_of
from seq2seq.text.spans import scan
from seq2seq.text.symbols import Sentence

_QUOTES = frozenset("\"“”„«»‹›‘’'")
_LAST_QUOTE = re.compile(r"[\"“”„«»‹›‘’'](?=[.!?…,]*$)")
_SEPARATORS = re.compile(r"[^\w%°$€£¥+-]+")
"""Characters that do not matter in the comparison of two spans: 3.5 and 3,5 are the same number."""


def as_symbols(pair: Pair, known: frozenset[str]) -> Pair | None:
    """Return both sides as symbols, as at lag `full`; None for a pair that is unfit for training.

    Marks at the edges are removed as in translation; of a quotation, the target keeps the marks that the
    source keeps. A pair with "3" on one side and "tres" on the other would teach the network to write what it
    should copy. Spans of one kind must be in the same order on both sides: that is how training knows which
    span is copied.

    Args:
        pair: a sentence and its translation, clean.
        known: the characters of the vocabulary.
    """
    lines = [read_line(side, known, True, 10 * len(side) + 10) for side in pair]
    if not all(line.sentences for line in lines):
        return None  # text without a letter is never translated
    if any(len(line.sentences) > 1 for line in lines):
        source, target = (sentence_of(scan(side, known)) for side in pair)
        text: str | None = target.whole().symbols
    else:
        source, target = (line.sentences[0].sentence for line in lines)
        text = _quoted_alike(lines[0], lines[1])
    if text is None or _spans(source) != _spans(target):
        return None
    return Pair(source.whole().symbols, text)


def _quoted_alike(source: Line, target: Line) -> str | None:
    """Return the target without the quotation marks removed from the source, or None if it lacks them."""
    (begins, ends), (before, after) = (_quotes(line) for line in (source, target))
    text = before + target.sentences[0].sentence.whole().symbols + after
    if begins:
        if text[0] not in _QUOTES:
            return None
        text = text[1:]
    if ends:
        text, count = _LAST_QUOTE.subn("", text)
        if not count:
            return None
    return text


def _literal(parts: Sequence[Literal | Separator | ReadSentence]) -> str:
    return "".join(part.text for part in parts if not isinstance(part, ReadSentence))


def _quotes(line: Line) -> tuple[str, str]:
    """Return the quotation marks before and after the sentence of a line, empty for none."""
    at = next(place for place, part in enumerate(line.parts) if isinstance(part, ReadSentence))
    before, after = (_literal(parts) for parts in (line.parts[:at], line.parts[at + 1 :]))
    return before[-1:] if before[-1:] in _QUOTES else "", after[:1] if after[:1] in _QUOTES else ""


def _spans(sentence: Sentence) -> dict[str, list[str]]:
    """Return the texts of the spans of each kind, without separators, in their order."""
    found: dict[str, list[str]] = {}
    for span in sentence.spans:
        found.setdefault(sentence.symbols[span.place], []).append(_SEPARATORS.sub("", span.text))
    return found
