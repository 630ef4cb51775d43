"""Counting the lines that are no pairs."""

from __future__ import annotations

from seq2seq.corpus.bad_lines import MOST_KEPT, BadLines
from seq2seq.corpus.pairs import Pair
from seq2seq.errors import UserError


def test_the_first_are_kept_and_all_are_counted() -> None:
    bad, pair = BadLines(), Pair("a", "b")
    items: list[Pair | UserError] = [pair, *(UserError(f"line {n}") for n in range(7)), pair]
    assert list(bad.without(items)) == [pair, pair]
    assert bad.count == 7
    assert len(bad.first) == MOST_KEPT
    assert bad.lines() == [*(f"line {n}" for n in range(5)), "and 2 more bad lines"]


def test_few_are_all_shown() -> None:
    bad = BadLines()
    assert bad.lines() == []
    bad.add(UserError("one"))
    assert bad.lines() == ["one"]
