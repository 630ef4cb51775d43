"""Models for the tests of documents: each changes text in a way that shows where every word came from."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np

from seq2seq.decoding.lines import Translation
from seq2seq.lag import FULL


def _translation(source: str, words: Sequence[tuple[int, int]], attention: bool) -> Translation:
    """Return the words of a source in capitals, in another order, each attending to itself."""
    text, rows = "", list[int]()
    for begin, end in words:
        if text:
            text, rows = text + " ", [*rows, begin]
        text, rows = text + source[begin:end].upper(), [*rows, *range(begin, end)]
    weights = np.zeros((len(text), len(source)), np.float32)
    weights[np.arange(len(text)), rows] = 1
    return Translation(
        source=source,
        text=text,
        lag=FULL,
        score=0.0,
        confidence=1.0,
        log_probs=(0.0,) * len(text),
        delays=(len(source),) * len(text),
        ended=True,
        uncopied=0,
        copied=(),
        alternatives=(),
        attention=weights if attention else None,
    )


def _words(source: str) -> list[tuple[int, int]]:
    return [match.span() for match in re.finditer(r"\S+", source)]


def capitals(lines: Sequence[str], attention: bool) -> list[Translation]:
    """Translate to capitals."""
    return [_translation(line, _words(line), attention) for line in lines]


def backwards(lines: Sequence[str], attention: bool) -> list[Translation]:
    """Translate to capitals, the last word first."""
    return [_translation(line, _words(line)[::-1], attention) for line in lines]


def blind(lines: Sequence[str], attention: bool) -> list[Translation]:
    """Translate to capitals without attention, like a network that has none."""
    del attention
    return [_translation(line, _words(line), False) for line in lines]
