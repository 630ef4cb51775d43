"""Where a cut and a range of the source fall in the translation."""

from __future__ import annotations

from echoing import backwards, capitals

from seq2seq.formats.alignment import Alignment

SOURCE = "one two, three"


def test_tokens_are_words_and_marks() -> None:
    alignment = Alignment("x", [(0, 0, capitals(["x"], False)[0])], "¿Qué, ice-cream?")
    assert [alignment.target[begin:end] for begin, end in alignment.tokens] == [
        "¿",
        "Qué",
        ",",
        "ice-cream",
        "?",
    ]


def test_ranges_and_cuts_follow_attention() -> None:
    turned = Alignment(SOURCE, [(0, 0, backwards([SOURCE], True)[0])], "THREE TWO, ONE")
    assert turned.best_range(0, 3, (0, 4)) == (3, 4)
    assert turned.best_range(4, 7, (0, 4)) == (1, 2)
    assert turned.best_range(4, 14, (0, 4)) == (0, 2)
    assert turned.best_range(4, 7, (0, 4), {0, 1, 2, 3}) is None
    straight = Alignment(SOURCE, [(0, 0, capitals([SOURCE], True)[0])], SOURCE.upper())
    assert [straight.best_cut(place, (0, 4)) for place in (0, 4, 8, 14)] == [0, 1, 3, 4]
    assert straight.best_cut(4, (2, 4)) == 2
