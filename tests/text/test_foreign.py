"""Lines that are not in the source language, by the words that a model knows."""

from __future__ import annotations

import pytest

from seq2seq.text.foreign import ForeignLines

SOURCE = ["the", "house", "is", "red", "a", "no", "me", "tom", "i", "like", "it", "where", "don't", "and"]
TARGET = ["la", "casa", "es", "roja", "a", "no", "me", "tom", "gusta", "dónde", "está", "y"]
LINES = ForeignLines(lambda words: [w in SOURCE for w in words], lambda words: [w in TARGET for w in words])


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
    assert LINES.find([line]) == [foreign]


def test_many_lines_are_judged_as_one_by_one() -> None:
    lines = ["La casa es roja.", "", "The house", "la la"] * 3
    assert LINES.find(lines) == [True, False, False, True] * 3
