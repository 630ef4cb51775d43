"""The width of text in a terminal."""

from __future__ import annotations

import pytest

from seq2seq.drawing.columns import columns


@pytest.mark.parametrize(
    ("text", "width"),
    [
        ("", 0),
        ("año", 3),
        ("an\u0303o", 3),  # the same word, decomposed
        ("日本", 4),
        ("\u1112\u1161\u11ab", 2),  # one Hangul syllable of three letters
        ("Ａ", 2),  # a fullwidth letter
        ("a\u200db", 2),  # a joiner
    ],
)
def test_columns(text: str, width: int) -> None:
    assert columns(text) == width
