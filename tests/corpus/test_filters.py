"""Pairs that are dropped and why, in one piece and in many."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.corpus import filters
from seq2seq.corpus.filters import PairFilter, filter_pairs
from seq2seq.corpus.pairs import Pair

GO = Pair("Go.", "Ve.")


def test_each_pair_is_dropped_for_the_first_reason_and_counted() -> None:
    pairs = [
        GO,
        Pair("", "x"),
        Pair("x", ""),
        Pair("x" * 11, "x" * 11),
        Pair("ab", "x" * 9),
        GO,
        Pair("Go.", "Id."),
    ]
    kept, report = filter_pairs(pairs, max_chars=10, max_ratio=4.0)
    assert kept == [GO, Pair("Go.", "Id.")]
    assert (report.kept, report.empty, report.too_long, report.ratio, report.duplicate) == (2, 2, 1, 1, 1)
    for count in ("2 pairs kept", "2 with an empty side", "1 longer than max_chars", "1 repeated"):
        assert count in str(report)


words = st.text("ab", max_size=3)


@given(st.lists(st.lists(st.builds(Pair, words, words), max_size=12), max_size=12))
def test_corpus_in_pieces_is_filtered_like_a_whole_one(blocks: list[list[Pair]]) -> None:
    """Few words, so that pairs come again: within a piece, in the next one, and after many others."""
    pair_filter = PairFilter(max_chars=2, max_ratio=1.0)
    kept = [pair for block in blocks for pair in pair_filter.keep(block)]
    whole = [pair for block in blocks for pair in block]
    right = [pair for pair in whole if 1 <= len(pair.source) == len(pair.target) <= 2]
    assert kept == list(dict.fromkeys(right))
    assert (kept, pair_filter.report()) == filter_pairs(whole, max_chars=2, max_ratio=1.0)
    assert pair_filter.report().duplicate == len(right) - len(kept)


def test_repeated_pairs_are_found_among_many_pieces() -> None:
    pair_filter = PairFilter(max_chars=9, max_ratio=4.0)
    numbers = [*range(500), *range(0, 1000, 3)]
    kept = [p for i in numbers for p in pair_filter.keep([Pair(str(i), "x")])]
    assert kept == [Pair(str(i), "x") for i in dict.fromkeys(numbers)]


def test_what_shows_repeated_pairs_waits_on_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With small limits, so that arrays are merged in many blocks and most of them lie in files."""
    monkeypatch.setattr(filters, "IN_MEMORY", 20)
    monkeypatch.setattr(filters, "BLOCK", 7)
    pair_filter = PairFilter(max_chars=9, max_ratio=9.0, directory=tmp_path)
    numbers = [*range(400), *range(0, 800, 3)]
    pieces = [numbers[first : first + 9] for first in range(0, len(numbers), 9)]
    kept = [p for piece in pieces for p in pair_filter.keep([Pair(str(i), "x") for i in piece])]
    assert kept == [Pair(str(i), "x") for i in dict.fromkeys(numbers)]
    runs = pair_filter._seen._runs
    assert sum(map(len, runs)) == len(kept)
    assert all((run[1:] > run[:-1]).all() for run in runs)
    assert {len(run) > 20 for run in runs if isinstance(run.base, np.memmap)} == {True}
    assert not list(tmp_path.iterdir())  # the files have no names


def test_limits_themselves_are_allowed() -> None:
    pairs = [Pair("x" * 10, "y" * 10), Pair("ab", "x" * 8)]
    assert filter_pairs(pairs, max_chars=10, max_ratio=4.0)[0] == pairs
    assert "none" in str(filter_pairs(pairs, 10, 4.0)[1])
