"""The tables of the text layer for JavaScript: classes of characters, words, expressions, span patterns.

They are taken from the modules of `text` as they are; nothing is listed a second time. The names are those in
the modules, without the underscore of private ones: `sentences.RUN`.
"""

from __future__ import annotations

import functools
import importlib
import re
import unicodedata
from collections.abc import Callable, Container, Mapping
from typing import Any, Final

import numpy as np

from seq2seq.lag import FULL, LagDistribution
from seq2seq.page.expressions import javascript
from seq2seq.plain.step import copied_symbols
from seq2seq.text import edges, span_holding, span_table, times
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import CODE_POINTS, SPECIALS, Vocabulary
from seq2seq.text.words import letter_table

PORTED: Final = (
    "abbreviations", "edges", "half_days", "joining", "lists", "month_days", "normalise", "pairing",
    "quotations", "reader", "sentence_words", "sentences", "span_expressions", "span_holding", "spans",
    "symbols", "terms", "times", "vocabulary", "words",
)  # fmt: skip
"""The modules of `text` that the engine follows and that have tables."""
_OF_EXPRESSIONS: Final = ("span_expressions", "times")
"""Those of them whose texts are parts of expressions."""

CLASSES: Final[dict[str, Callable[[str], bool]]] = {
    "alpha": str.isalpha,
    "alnum": str.isalnum,
    "upper": str.isupper,
    "lower": str.islower,
    "space": str.isspace,
    "digit": str.isdigit,
    "letter": span_holding.is_letter,
    "combining": lambda character: unicodedata.combining(character) > 0,
    "dropped": lambda character: unicodedata.category(character) in ("Cc", "Cf"),
}
"""The classes of characters that the engine asks for, as Python defines them."""


_ASSIGNED: Final = (range(0x34000), range(0xE0000, 0xE1000))
"""Where there are characters of these classes; what lies beyond is not assigned, or for private use."""


@functools.cache
def text_tables() -> Mapping[str, Any]:
    """Return all tables that depend on no model, in plain types; computed once, so nobody may change them."""
    constants: dict[str, Any] = {}
    patterns: dict[str, list[str]] = {}
    for name in PORTED:
        for key, value in vars(importlib.import_module(f"seq2seq.text.{name}")).items():
            full = f"{name}.{key.lstrip('_')}"
            if isinstance(value, re.Pattern):
                patterns[full] = list(javascript(value))
            elif key.isupper() and not (isinstance(value, str) and name in _OF_EXPRESSIONS):
                plain = _plain(value)
                if plain is not None:
                    constants[full] = plain
    patterns |= {
        f"span_holding.GOES_ON.{mark}": list(javascript(pattern))
        for mark, pattern in span_holding._GOES_ON.items()
    }
    patterns["edges.CAPITALS"] = list(javascript(re.compile(f"[{edges._CAPITAL}]+")))
    patterns["times.TIME"] = list(javascript(re.compile(times._TIME)))
    for letter, words in times._IN_WORDS.items():
        patterns[f"times.IN_WORDS.{letter}"] = list(javascript(re.compile(words, re.IGNORECASE)))
    patterns["times.MIDNIGHT"] = list(javascript(re.compile(times._MIDNIGHT, re.IGNORECASE)))
    return {
        "constants": constants,
        "patterns": patterns,
        "spans": [
            {"kind": row.kind, "joins": row.joins, "pattern": javascript(row.pattern)[0]}
            for row in span_table.SPAN_PATTERNS
        ],
        "spansByFirst": {
            first: [span_table.SPAN_PATTERNS.index(row) for row in rows]
            for first, rows in span_table.PATTERNS_BY_FIRST.items()
        },
        "anyPicture": span_table.ANY_PICTURE,
        "classes": {name: _ranges(has) for name, has in CLASSES.items()},
        "folded": {
            character: character.casefold()
            for character in map(chr, _ASSIGNED[0])
            if character.casefold() != character.lower()
        },
    }


def _plain(value: object) -> Any:
    """Return a constant in plain types; None for what is none, such as an expression's parts."""
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, (str, int)):
        return value
    if isinstance(value, tuple) and all(isinstance(part, (str, tuple)) for part in value):
        return [_plain(part) for part in value]
    if isinstance(value, dict) and all(isinstance(part, str) for part in value.values()):
        return value
    return None


def _ranges(has: Callable[[str], bool]) -> list[int]:
    """Return the first code point of each range that is in a class, and the one after its last, in a row."""
    member = np.zeros(CODE_POINTS, np.int8)
    for some in _ASSIGNED:
        member[some.start : some.stop] = [has(chr(code)) for code in some]
    return [int(place) for place in np.flatnonzero(np.diff(member, prepend=0, append=0))]


def model_tables(vocabulary: Vocabulary, lags: LagDistribution, known: Container[str]) -> dict[str, Any]:
    """Return the tables that depend on the vocabulary and the lags of a model.

    `known` are the characters that the model has learnt to read; `unlearnt` are the others.
    `small` is for each character its small letter or digit, by which `decoding.repetition` compares words;
    a space for what separates words.
    """
    characters, fixed = vocabulary.characters, None if lags.fixed == FULL else lags.fixed
    small = [character.lower() if character.isalnum() else " " for character in characters]
    return {
        "characters": list(characters),
        "unlearnt": [character for character in characters if character not in known],
        "copied": copied_symbols(vocabulary),
        "copies": KINDS[0] in vocabulary,
        "space": vocabulary.encode(" ")[0] if " " in vocabulary else None,
        "small": [" "] * SPECIALS + small,
        "digits": [symbol for symbol, letter in enumerate(small, SPECIALS) if letter.isdigit()],
        "alphabetic": [symbol for symbol, letter in enumerate(small, SPECIALS) if letter.isalpha()],
        "letters": letter_table(vocabulary).tolist(),
        "lags": {
            "min": lags.uniform[0] if lags.uniform else fixed,
            "max": lags.uniform[1] if lags.uniform else fixed,
            "full": lags.serves(FULL),
            "any": lags.uniform is not None,
        },
    }
