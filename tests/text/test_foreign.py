"""Lines that are not in the source language, by the words that a model knows."""

from __future__ import annotations

import pytest

from seq2seq.text.foreign import ForeignLines

LINES = ForeignLines(
    source=["the", "house", "is", "red", "a", "no", "me", "tom", "i", "like", "it", "where", "don't", "and"],
    target=["la", "casa", "es", "roja", "a", "no", "me", "tom", "gusta", "dónde", "está", "y"],
)


@pytest.mark.parametrize(
    ("line", "foreign"),
    [
        ("The house is red.", False),
        ("La casa es roja.", True),
        ("No me gusta.", True),
        ("No me.", False),
        ("Tom, Zorblax, Xiomara", False),
        ("I like la casa.", False),
        ("das haus ist red", True),
        ("The flurbs and the gribble.", False),
        ("gusta", False),
        ("I don’t like it", False),
        ("12 + 3", False),
        ("", False),
        ("¿DÓNDE ESTÁ?", True),
    ],
)
def test_lines_are_judged_by_their_words(line: str, foreign: bool) -> None:
    assert LINES.is_foreign(line) == foreign
