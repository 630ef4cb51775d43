"""The drawing of who was read when."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from seq2seq.decoding.lines import Translation
from seq2seq.drawing.timeline import cell, draw_timeline

TRANSLATION = Translation(
    source="a bc",
    text="xy",
    lag=1,
    score=-0.5,
    mean_probability=0.61,
    confidence=None,
    log_probs=(-0.5, -0.5),
    delays=(2, 3),
    ended=True,
    uncopied=0,
    copied=(),
    spans=(),
    alternatives=(("xy", -0.5),),
    attention=np.array([[0.97, 0.03, 0, 0], [0.05, 0.2, 0.45, 0]], np.float32),
)


def test_a_row_for_each_character_as_wide_as_what_was_read() -> None:
    assert draw_timeline(TRANSLATION).split("\n") == [
        "    a␣bc",
        "x   █·",
        "y   ░▒▓",
        # The ideal writer has read 0 and 2 characters: l = 2 and 1.
        "lag 1; 1.5 characters behind on average (AL); mean probability 0.61",
    ]


def test_a_calibrated_confidence_is_shown() -> None:
    drawn = draw_timeline(replace(TRANSLATION, confidence=0.4))
    assert drawn.endswith("(AL); confidence 0.40; mean probability 0.61")


def test_without_attention_the_reading_alone_is_shown() -> None:
    drawn = draw_timeline(replace(TRANSLATION, attention=None)).split("\n")
    assert drawn[1:3] == ["x   ··", "y   ···"]


def test_nothing_is_drawn_of_nothing() -> None:
    empty = replace(TRANSLATION, source="", text="", delays=(), attention=None, mean_probability=1.0)
    assert draw_timeline(empty) == "    \nlag 1; mean probability 1.00"


def test_every_character_takes_one_column() -> None:
    assert [cell(c) for c in "añ 猫\u0301\x1b\u200b\ufe0fิ"] == ["a", "ñ", "␣", *"□□□□□□"]
