"""Days of dates that are written as ordinals, which are read as numbers where a line is translated."""

from __future__ import annotations

import pytest
from arriving import KNOWN, LIMIT, check_arriving
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.text.glossary import NO_TERMS
from seq2seq.text.month_days import MonthDayScanner
from seq2seq.text.reader import Literal, ReadSentence, read_line
from seq2seq.text.spans import SpanScanner
from seq2seq.text.symbols import KIND_NAMES


def shown(raw: str) -> str:
    """Return a line with its spans as ⟦kind: what is written⟧, and | between sentences."""
    out = []
    for part in read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS).parts:
        if isinstance(part, Literal):
            out.append(part.text)
        elif isinstance(part, ReadSentence):
            symbols = list(part.sentence.symbols)
            for span in part.sentence.spans:
                symbols[span.place] = f"⟦{KIND_NAMES[symbols[span.place]]}: {span.copy or span.text}⟧"
            out.append("".join(symbols))
    return "|".join(out)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("We met on May 12th.", "We met on May ⟦number: 12⟧."),
        ("On Jan. 3rd, 1995 it rained.", "On Jan. ⟦number: 3⟧, ⟦year: 1995⟧ it rained."),
        ("It is July the 5th today.", "It is July the ⟦number: 5⟧ today."),
        ("It is the 5th of July.", "It is the ⟦number: 5⟧ of July."),
        ("It is 22nd June", "It is ⟦number: 22⟧ June"),
        ("The 1st of May is free.", "The ⟦one: 1⟧ of May is free."),
        ("from may 3rd to the 9th", "from may ⟦number: 3⟧ to the ⟦number: 9⟧"),
        ("June 2nd-4th, or 5th and 6th", "June ⟦number: 2⟧-⟦number: 4⟧, or ⟦number: 5⟧ and ⟦number: 6⟧"),
        ("Friday the 13th, Tuesday, the 22nd", "Friday the ⟦number: 13⟧, Tuesday, the ⟦number: 22⟧"),
        ("on the 31st of december", "on the ⟦number: 31⟧ of december"),
        ("the 32nd of May, the 0th of May", "the 32nd of May, the 0th of May"),
        ("the 5th may come, the 5th maybe", "the 5th may come, the 5th maybe"),
        ("the 3rd floor in Mayfair, 3rd Mayor", "the 3rd floor in Mayfair, 3rd Mayor"),
        ("the 112th of May, May-5th", "the 112th of May, May-5th"),
        ("dismay 5th, the 19th century", "dismay 5th, the 19th century"),
        ("The 5th of", "The 5th of"),
        ("He came in May. 5th graders go.", "He came in May.|5th graders go."),
    ],
)
def test_the_day_of_a_date_is_a_number(line: str, expected: str) -> None:
    assert shown(line) == expected


def test_training_reads_the_characters() -> None:
    line = read_line("We met on May 12th.", KNOWN, True, LIMIT)
    assert line.sentences[0].sentence.spans == ()


PIECES = [
    "5", "1", "12", "st", "nd", "th", "5th", "3rd", " ", " ", " of ", "May", "may", "june", "Dec", ".", ",",
    "-", "Friday", " the ", " and ", " to ", "a", "x@a.org", "\t", '"', "\u200b", "é",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=14), st.lists(st.integers(0, 80)))
@example(["May 5", "\u200b", "th"], [])
def test_days_do_not_depend_on_how_the_line_arrives(parts: list[str], ends: list[int]) -> None:
    check_arriving("".join(parts), ends)


def test_a_stream_waits_for_the_month_only_as_long_as_it_may_come() -> None:
    scanner = MonthDayScanner(SpanScanner(KNOWN))

    def feed(text: str) -> str:
        return "".join([item.text for item in scanner.feed(text)])

    assert feed("the 5th ") == "the "
    assert feed("of Ju") == ""
    assert feed("d") == "5th of Jud"
    assert feed(" May 5th ") == " May 5th "
    assert feed("6th of ") == ""
    assert "".join([item.text for item in scanner.finish()]) == "6th of "
