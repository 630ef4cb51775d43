"""The vocabulary gives back what it took."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import UserError
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import PAD, START, UNKNOWN, Vocabulary


def test_vocabulary_is_built_from_frequent_characters_in_the_order_of_code_points() -> None:
    vocabulary = Vocabulary.build({"ñ": 2, "a": 5, "z": 1, " ": 9, "\ufffd": 7}, min_count=2)
    assert vocabulary.characters == (" ", "a", "ñ")
    assert len(vocabulary) == 7
    assert "ñ" in vocabulary
    assert "z" not in vocabulary
    assert vocabulary.encode("a ñz\ufffd") == [5, 4, 6, UNKNOWN, UNKNOWN]
    assert vocabulary.decode([START, 5, 4, PAD, 6, UNKNOWN, 2]) == "a ñ\ufffd"


def test_extending_keeps_the_old_ids() -> None:
    old = Vocabulary(("b", "a"))
    new = old.extend("zab\ufffdcz")
    assert new.characters == ("b", "a", "c", "z")
    assert new.encode("ab") == old.encode("ab")
    assert old.extend("ab") == old


@given(st.text(st.characters(exclude_characters=["\ufffd", *KINDS])))
def test_what_the_vocabulary_knows_comes_back(text: str) -> None:
    vocabulary = Vocabulary(()).extend(text)
    ids = vocabulary.encode_array(text)
    assert ids.dtype == np.uint16
    assert ids.shape == (len(text),)
    assert vocabulary.decode(ids) == text
    assert vocabulary.encode(text) == [4 + vocabulary.characters.index(char) for char in text]


def test_no_text_can_name_a_special_id() -> None:
    vocabulary = Vocabulary(tuple("</s>?"))
    assert min(vocabulary.encode("</s><s>")) >= 4
    assert vocabulary.encode("\x00\x01\x02\ud800😀") == [UNKNOWN] * 5


@pytest.mark.parametrize(
    ("characters", "reason"),
    [
        (("a", ""), "single"),
        (("ab",), "single"),
        (("a", "b", "a"), "once"),
        (tuple(map(chr, range(65533))), "at most"),
    ],
)
def test_a_vocabulary_that_cannot_be_is_refused(characters: tuple[str, ...], reason: str) -> None:
    with pytest.raises(UserError, match=reason):
        Vocabulary(characters)
