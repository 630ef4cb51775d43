from __future__ import annotations

import unicodedata

import pytest

from seq2seq.lag import LagDistribution
from seq2seq.page import text_tables as tables
from seq2seq.text.span_table import SPAN_PATTERNS
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import CODE_POINTS, Vocabulary


def members(ranges: list[int]) -> set[int]:
    return {code for first, end in zip(ranges[::2], ranges[1::2], strict=True) for code in range(first, end)}


def test_all_tables_are_plain_and_every_expression_is_translated() -> None:
    found = tables.text_tables()
    assert len(found["spans"]) == len(SPAN_PATTERNS)
    assert len(found["patterns"]) > 40
    assert set(found["constants"]["symbols.KINDS"]) == set(KINDS)
    assert "a" in found["spansByFirst"]


@pytest.mark.parametrize("name", ["upper", "space", "dropped"])
def test_classes_are_those_of_python(name: str) -> None:
    codes = members(tables.text_tables()["classes"][name])
    assert codes & set(range(0x3000)) == {code for code in range(0x3000) if tables.CLASSES[name](chr(code))}


@pytest.mark.slow
@pytest.mark.parametrize("name", tables.CLASSES)
def test_no_character_of_a_class_lies_beyond_what_is_looked_at(name: str) -> None:
    codes = members(tables.text_tables()["classes"][name])
    assert codes == {code for code in range(CODE_POINTS) if tables.CLASSES[name](chr(code))}


def test_a_letter_or_number_is_what_expressions_call_one() -> None:
    """JavaScript is told that a word consists of letters and numbers, by category."""
    for code in range(0x3000):
        assert chr(code).isalnum() == (unicodedata.category(chr(code))[0] in "LN"), hex(code)


def test_the_tables_of_a_model_follow_its_vocabulary() -> None:
    vocabulary = Vocabulary(("a", "A", "7", " ", KINDS[0]))
    found = tables.model_tables(vocabulary, LagDistribution.parse({"uniform": [0, 40], "full": 0.5}), "aA 7")
    assert found["small"] == [" "] * 4 + ["a", "a", "7", " ", " "]
    assert (found["digits"], found["alphabetic"]) == ([6], [4, 5])
    assert (found["copied"], found["copies"], found["space"]) == ([3, 8], True, 7)
    assert found["letters"][4:6] == [4, 4]
    assert found["unlearnt"] == [KINDS[0]]
    assert found["lags"] == {"min": 0, "max": 40, "full": True, "any": True}


def test_the_lags_of_a_model_of_one_lag_are_said() -> None:
    vocabulary = Vocabulary(("a",))
    assert tables.model_tables(vocabulary, LagDistribution.parse(3), "a")["lags"] == {
        "min": 3,
        "max": 3,
        "full": False,
        "any": False,
    }
    full = tables.model_tables(vocabulary, LagDistribution.parse("full"), "a")["lags"]
    assert full == {"min": None, "max": None, "full": True, "any": False}
