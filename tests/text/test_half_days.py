"""Times with their half of the day, which are read as one span where a line is translated."""

from __future__ import annotations

import pytest
from arriving import KNOWN, LIMIT, check_arriving
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.glossary import NO_TERMS
from seq2seq.text.half_days import HalfDayScanner
from seq2seq.text.reader import Literal, ReadSentence, read_line
from seq2seq.text.spans import SpanScanner
from seq2seq.text.symbols import KIND_NAMES


def shown(raw: str) -> str:
    """Return a line with its spans as ⟦text⟧, those of one o'clock as ⟦1: text⟧, and | between sentences."""
    out = []
    for part in read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS).parts:
        if isinstance(part, Literal):
            out.append(part.text)
        elif isinstance(part, ReadSentence):
            symbols = list(part.sentence.symbols)
            for span in part.sentence.spans:
                mark = "1: " if KIND_NAMES[symbols[span.place]] == "one o'clock" else ""
                symbols[span.place] = f"⟦{mark}{span.text}⟧"
            out.append("".join(symbols))
    return "|".join(out)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("It opens at 5 p.m.", "It opens at ⟦5 p.m⟧."),
        ("It opens at 5 p.m. on Monday.", "It opens at ⟦5 p.m.⟧ on Monday."),
        ("Is it open at 5 p.m.?", "Is it open at ⟦5 p.m.⟧?"),
        ("At 5 p. m., or at 10:30 A.M., or 11 PM.", "At ⟦5 p. m.⟧, or at ⟦10:30 A.M.⟧, or ⟦11 PM⟧."),
        ("It is 5 p.m. We go.", "It is ⟦5 p.m⟧.|We go."),
        ('He said: "At 5 p.m." Then he left.', 'He said: "At ⟦5 p.m⟧."|Then he left.'),
        ("Lunch is at 1 p.m. today, or at 1:30 pm.", "Lunch is at ⟦1: 1 p.m.⟧ today, or at ⟦1: 1:30 pm⟧."),
        ("From 9 am to 5 pm, or 9-5 pm.", "From ⟦9 am⟧ to ⟦5 pm⟧, or ⟦9-5 pm⟧."),
        ("At 10 am I late?", "At ⟦10⟧ am I late?"),
        ("At 10 am Ida came.", "At ⟦10 am⟧ Ida came."),
        ("We go at 9 am", "We go at ⟦9 am⟧"),
        ("I have 5 ambitions, 5 pmx and 5 p.", "I have ⟦5⟧ ambitions, ⟦5⟧ pmx and ⟦5⟧ p."),
        ("Version 1.5 p.m. and 30 p.m. it is.", "Version ⟦1.5⟧ p.m. and ⟦30⟧ p.m. it is."),
        ("Mail 5 p.m.x@here.org now.", "Mail ⟦5⟧ p.⟦p.m.x@here.org⟧ now."),
        ("At 5 p.m.x we go.", "At ⟦5⟧ p.m.x we go."),
        ("5 p.m.", "5 p.m."),
    ],
)
def test_a_time_and_its_half_of_the_day_are_one_span(line: str, expected: str) -> None:
    assert shown(line) == expected


def test_training_reads_the_letters() -> None:
    line = read_line("It opens at 5 p.m. today.", KNOWN, True, LIMIT)
    assert [span.text for span in line.sentences[0].sentence.spans] == ["5"]


PIECES = [
    "5", "1", "10:30", " ", " ", "a", "p", ".", ".", "m", "M", "P", "am", " p.m.", " pm", "I", "T", "x",
    "@a.org", "?", '"', ")", "\t", "-", "\u200b", "é", " %",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.lists(st.integers(0, 60)))
def test_times_do_not_depend_on_how_the_line_arrives(parts: list[str], ends: list[int]) -> None:
    check_arriving("".join(parts), ends)


def test_a_stream_waits_for_the_half_of_the_day_only_as_long_as_it_may_come() -> None:
    scanner = HalfDayScanner(SpanScanner(KNOWN))

    def feed(text: str) -> str:
        return "".join([item.text for item in scanner.feed(text)])

    assert feed("at 5 am") == "at "
    assert feed("b") == "5 amb"
    assert feed(" 6 p.m. ") == " "
    assert feed("o") == "6 p.m. o"
    assert feed(" 7 p.m.") == " "
    assert "".join([item.text for item in scanner.finish()]) == "7 p.m."
