"""Generated tasks: right by construction, and ceilings that can be worked out by hand."""

from __future__ import annotations

import random

import pytest

from seq2seq.corpus.pairs import Pair
from seq2seq.experiments.tasks import (
    CHANCE,
    LETTERS,
    NOISE,
    character_accuracy,
    count_marks,
    drop_first,
    keep_time,
    recall,
    sentence_accuracy,
    substitute,
    swap,
    window_upper_bound,
)


def test_the_order_is_all_that_tells_the_two_tasks_apart() -> None:
    same, swapped = (task(random.Random(3), 200) for task in (substitute, swap))
    for (source, target), (again, turned) in zip(same, swapped, strict=True):
        assert source == again
        first, second = target.split(" ")
        assert turned == f"{second} {first}"
        letters = zip(source.replace(" ", ""), target.replace(" ", ""), strict=True)
        assert all(LETTERS[(LETTERS.index(x) + 1) % len(LETTERS)] == y for x, y in letters)
    assert len({len(source) for source, _ in same}) > 3


def test_a_letter_is_known_once_its_lag_is_over() -> None:
    for source, target in drop_first(random.Random(3), 50, 3, 12):
        assert len(source) == 12
        assert target == source[3:]


def test_the_letter_stands_a_gap_before_the_end_mark() -> None:
    pairs = recall(random.Random(3), 200, 2, 9)
    assert {len(source) for source, _ in pairs} == set(range(2, 10))
    for source, target in pairs:
        assert target == source[0]
        assert set(source[1:]) <= set(NOISE)
        assert not set(NOISE) & set(LETTERS)


def test_marks_are_as_many_as_letters() -> None:
    pairs = count_marks(random.Random(3), 200, 2, 5)
    assert {len(source) for source, _ in pairs} == {2, 3, 4, 5}
    assert all(source == "a" * len(target) and target == "b" * len(source) for source, target in pairs)


def test_a_mark_comes_at_every_period_and_the_first_letter_names_it() -> None:
    pairs = keep_time(random.Random(3), 200, (3, 5), 11)
    assert set(pairs) == {
        Pair(f"{LETTERS[0]}xxxxxxxxxx", "..|..|..|.."),
        Pair(f"{LETTERS[1]}xxxxxxxxxx", "....|....|."),
    }


def test_scores() -> None:
    pairs = [Pair("x", "abcd"), Pair("x", "ab")]
    assert character_accuracy(["abxd!", ""], pairs) == pytest.approx(100 * 3 / 6)
    assert sentence_accuracy(["abcd", "b"], pairs) == 50


def test_a_ceiling_by_hand() -> None:
    """A space stands below a space, and a letter is guessed; in the second pair each is below the other once.

    Below nine letters then come eight letters and a space: one guess in eight, or the space, is right once.
    """
    first, second = Pair("ab cd", "de bc"), Pair("ab cde", "def bc")
    assert window_upper_bound([first], 0) == pytest.approx(100 * (1 + 4 * CHANCE) / 5)
    assert window_upper_bound([first], 2) == pytest.approx(100 * (1 + 4 * CHANCE) / 5)
    assert window_upper_bound([first, second], 0) == pytest.approx(100 * 2 / 11)
    assert window_upper_bound([second], 2) == pytest.approx(100 * (1 + 5 * CHANCE) / 6)


def test_without_reordering_words_that_change_places_are_guessed() -> None:
    pairs = swap(random.Random(3), 2000)
    ceilings = [window_upper_bound(pairs, window) for window in (0, 1, 2)]
    assert 100 * CHANCE < ceilings[0] < ceilings[1] < ceilings[2] < 40
