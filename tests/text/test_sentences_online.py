"""Cutting lines into sentences gives the same online as at once."""

from __future__ import annotations

import itertools
import os
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.normalise import normalise
from seq2seq.text.sentences import SentenceCutter, split_sentences


def pieces(text: str, ends: list[int]) -> list[str]:
    """Cut `text` at the given places, which may repeat or lie beyond its end."""
    places = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@pytest.mark.parametrize(
    "text", ["1. " * 30_000 + "x", "one, two " * 30_000 + "end. y", "x" * 300_000 + ". y"]
)
def test_many_characters_without_an_end_are_no_trouble(text: str) -> None:
    """Where a sentence may be of any length, looking back over all of it at each word took minutes."""
    assert len(split_sentences(text, limit=2 * len(text))) == (2 if "y" in text else 1)
    assert " ".join(split_sentences(text, limit=2 * len(text))) == text


@pytest.mark.parametrize(
    "sentences",
    [
        [],
        ["No full stop"],
        ["Hello!", "How are you?", "Fine."],
        ["¡Por Dios!", "¿Qué?!", "No diga usted eso."],
        ['"Are you sure?"', '"No."', "(He left.)", "«Ya.»", "End"],
        ["I waited... and waited… until 3.5 seconds were over.", "Then I left."],
        ['"Well..."', "He stopped."],
        ["Mr. and Mrs. Smith met Dr. King at 6 a.m. in St. Louis, U.S. territory.", "Yes."],
        ["J. F. Kennedy and D.H. Lawrence (A.I.) agree.", "So do I.", "Do you?"],
        ["¿Está Ud. con el Sr. White y la Sra. Brown en EE. UU. o en EE.UU. hoy?", "Sí."],
        ["Nació en 604 a. C. en China.", "p. ej. esto, etc. y más."],
        ["1. First.", "2. Second."],
        ["Wait!!", "What?!", "... Oh."],
    ],
)
def test_sentences_end_where_a_reader_would_end_them(sentences: list[str]) -> None:
    assert split_sentences(" ".join(sentences), 1000) == sentences


def test_a_long_sentence_is_cut_at_a_clause_then_at_a_space_then_anywhere() -> None:
    assert split_sentences("aaaa; bb cc", 20) == ["aaaa; bb cc"]
    assert split_sentences("aaaa bb cccc; dd", 20) == ["aaaa bb cccc;", "dd"]
    assert split_sentences("aaaa bb cccc, dd ee, ff", 25) == ["aaaa bb cccc, dd ee,", "ff"]
    assert split_sentences("aaaa bbbb cccc ddddd ee", 20) == ["aaaa bbbb cccc ddddd", "ee"]
    assert split_sentences("a" * 40, 12) == ["a" * 12, "a" * 12, "a" * 12, "aaaa"]
    assert split_sentences("a" * 12 + " b", 12) == ["a" * 12, "b"]


@pytest.mark.parametrize(
    ("so_far", "over"), [("Go.", True), ("Go", False), ("Mr.", False), ("Go...", False), ('"Go."', False)]
)
def test_the_space_alone_decides_whether_a_sentence_is_over(so_far: str, over: bool) -> None:
    cutter = SentenceCutter(100)
    assert [cutter.feed(char) for char in so_far] == [[]] * len(so_far)
    assert cutter.feed(" ") == ([so_far] if over else [])


words = st.sampled_from(
    ["a", "Sí.", "Mr.", "I.", '"No!"', "well...", "¿qué?", "1.", "and,", "x" * 9, "y" * 30, "no", "dijo:"]
)
lines = st.lists(words, max_size=25).map(" ".join)
limits = st.integers(1, 60)


@given(lines | st.text().map(normalise), limits, st.lists(st.integers(0, 100)))
def test_cutting_in_pieces_is_the_same_as_at_once(text: str, limit: int, ends: list[int]) -> None:
    sentences = split_sentences(text, limit)
    for chunks in ([text], pieces(text, ends), list(text)):
        cutter = SentenceCutter(limit)
        over = [sentence for chunk in chunks for sentence in cutter.feed(chunk)]
        assert over + cutter.finish() == sentences


@given(lines, limits)
def test_sentences_are_short_enough_and_give_the_line_back(text: str, limit: int) -> None:
    sentences = split_sentences(text, limit)
    assert all(0 < len(sentence) <= limit for sentence in sentences)
    assert "".join(sentences).replace(" ", "") == text.replace(" ", "")
    if max(map(len, text.split(" "))) <= 0.1 * limit - 1:
        assert " ".join(sentences) == text


@given(lines, lines, limits)
def test_what_follows_changes_no_sentence_that_is_over(text: str, more: str, limit: int) -> None:
    cutter = SentenceCutter(limit)
    over = cutter.feed(text)
    assert split_sentences(text + more, limit)[: len(over)] == over


@given(words, limits)
def test_what_a_model_is_trained_on_whole_stays_whole(word: str, limit: int) -> None:
    line = ("a " * limit)[: limit * 9 // 10].rstrip() or "a"
    assert split_sentences(line, limit) == [line]
    assert len(split_sentences(f"{word}, " * 40, limit)) > 1


def test_the_two_sides_of_real_pairs_are_mostly_cut_into_as_many_sentences() -> None:
    folder = os.environ.get("SEQ2SEQ_TATOEBA") or Path(__file__).parents[3] / "shared/data/tatoeba"
    file = Path(folder) / "train.tsv"
    if not file.exists():
        pytest.skip("the Tatoeba pairs are not there")
    with file.open(encoding="utf-8") as rows:
        pairs = [
            tuple(len(split_sentences(normalise(side), 10**6)) for side in row.split("\t")[:2])
            for row in itertools.islice(rows, 10_000)
        ]
    several = [pair for pair in pairs if pair != (1, 1)]
    assert len(several) > 100
    assert np.mean([source == target for source, target in several]) > 0.75
