"""Bare lists, whose items are sentences of their own at lag `full`."""

from __future__ import annotations

import pytest
from arriving import KNOWN, LIMIT, check_arriving
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.text.glossary import NO_TERMS
from seq2seq.text.lists import items_of, may_become_list
from seq2seq.text.reader import ReadSentence, Separator, read_line


def shown(raw: str) -> str:
    """Return a line with / between the items of a list, and // where no comma is written between them."""
    line = read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS, True)
    assert line.source == raw
    out = []
    for part in line.parts:
        if isinstance(part, Separator) and part.text == ", ":
            out.append(" / " if part.copy == ", " else " // ")
        else:
            out.append(part.sentence.text if isinstance(part, ReadSentence) else part.text)
    return "".join(out)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("milk, eggs, bread, butter, cheese", "milk / eggs / bread / butter / cheese"),
        ("Ice cream, the dog, a, b, or tea.", "Ice cream / the dog / a / b // or tea."),
        ("red, green, blue, white and dark red", "red, green, blue, white and dark red"),
        ("a, red, green, blue, white and dark red", "a / red / green / blue / white and dark red"),
        ("- Buy: a, b, c, d, e", "- Buy: a / b / c / d / e"),
        ("a, b, c, d, tea. f, g, h, i, j!", "a / b / c / d / tea. f / g / h / i / j!"),
        ("a, b, c, d\te, f, g, h, i", "a, b, c, d\te / f / g / h / i"),
        ("milk, eggs, bread, butter", "milk, eggs, bread, butter"),
        ("Tom, Mary, John, Ann, Bob", "Tom, Mary, John, Ann, Bob"),
        ("milk, two, 5, bread, butter, tea", "milk, two, 5, bread, butter, tea"),
        ("We need milk, eggs, bread, tea, salt", "We need milk, eggs, bread, tea, salt"),
        ("a, b, c, d, for all of you", "a, b, c, d, for all of you"),
    ],
)
def test_the_items_of_a_bare_list_are_sentences(line: str, expected: str) -> None:
    assert shown(line) == expected


def test_a_long_list_is_cut_between_its_items() -> None:
    raw = ", ".join(f"thing{'s' * (i % 3)}" for i in range(60))
    line = read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS, True)
    assert line.source == raw
    assert [part.text for part in line.parts if isinstance(part, Separator)] == [", "] * 59


def test_below_full_and_in_training_a_list_is_one_sentence() -> None:
    raw = "milk, eggs, bread, butter, cheese"
    assert len(read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS).sentences) == 1
    assert len(read_line(raw, KNOWN, True, LIMIT).sentences) == 1


WORDS = ["a", "milk", "and tea", "or", "Tom", "don't", "ice cream", "5", "x@a.org", "é", "Buy: tea", "", "-"]
MARKS = st.sampled_from([", ", ", ", ",\xa0", ",  ", ",", " "])
lines = st.tuples(st.lists(st.sampled_from(WORDS), max_size=9), MARKS, st.sampled_from(" .!,?")).map(
    lambda parts: parts[1].join(parts[0]) + parts[2]
)


@given(lines, st.lists(st.integers(0, 60)))
@example("a,\xa0b,\xa0c,\xa0d,\xa0e", [3])
def test_a_list_does_not_depend_on_how_the_line_arrives(raw: str, ends: list[int]) -> None:
    check_arriving(raw, ends, lists=True)


@given(lines)
def test_what_becomes_a_list_may_become_one_from_its_beginning(text: str) -> None:
    if items_of(text):
        assert all(may_become_list(text[:length]) for length in range(len(text) + 1))
