"""Pairs of sentences as symbols: what stands on both sides and must stay becomes one symbol on both."""

from __future__ import annotations

import re
from collections.abc import Container, Sequence

from seq2seq.pairs import Pair
from seq2seq.text.spans import Item, scan
from seq2seq.text.symbols import KINDS, Sentence, Span

_SEPARATORS = re.compile(r"[^\w%°$€£¥+-]+")
"""What may differ between two ways to write a number: 3.5 and 3,5 are copied alike."""


def as_symbols(pair: Pair, known: Container[str]) -> Pair | None:
    """Return both sides as symbols, as at lag `full`; None where they do not have the same spans.

    A pair of which one side has "3" and the other "tres" would teach to write what cannot be copied. Spans of
    one kind have to come in the same order, for that is how a copy is told from the others in training.

    Args:
        pair: a sentence and its translation, clean.
        known: the characters of the vocabulary.
    """
    source, target = (scan(side, known) for side in pair)
    if _spans(source) != _spans(target):
        return None
    return Pair(_whole(source), _whole(target))


def _spans(items: Sequence[Item]) -> dict[str, list[str]]:
    """Return what the spans of each kind say, in their order."""
    found: dict[str, list[str]] = {}
    for item in items:
        if item.symbol in KINDS:
            found.setdefault(item.symbol, []).append(_SEPARATORS.sub("", item.text))
    return found


def _whole(items: Sequence[Item]) -> str:
    spans = [Span(place, item.text, item.letters) for place, item in enumerate(items) if item.symbol in KINDS]
    return Sentence("".join(item.symbol for item in items), tuple(spans)).whole().symbols
