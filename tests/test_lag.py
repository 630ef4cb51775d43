"""The lag: read(t) against tables written by hand, the functions against each other, and mixtures."""

from __future__ import annotations

import subprocess
import sys
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.lag import (
    FULL,
    LARGEST,
    Lag,
    LagDistribution,
    clock,
    clock_batch,
    clock_now,
    delays,
    is_due,
    parse_lag,
    read,
    read_batch,
    reads,
    writes_at,
)

LAGS = st.integers(0, 60) | st.just(FULL)
SIZES = st.integers(1, 50)

# Lag, S with the end mark, then read(1), read(2), …
TABLE: list[tuple[Lag, int, list[int]]] = [
    (0, 4, [1, 2, 3, 4, 4, 4]),
    (1, 4, [2, 3, 4, 4, 4]),
    (3, 9, [4, 5, 6, 7, 8, 9, 9]),
    (3, 4, [4, 4, 4]),
    (8, 5, [5, 5, 5]),
    (0, 1, [1, 1]),
    (FULL, 5, [5, 5, 5]),
    (FULL, 1, [1]),
]


@pytest.mark.parametrize(("lag", "size", "expected"), TABLE)
def test_read_follows_the_table(lag: Lag, size: int, expected: list[int]) -> None:
    assert [read(t, lag, size) for t in range(1, len(expected) + 1)] == expected
    assert reads(len(expected), lag, size) == expected
    assert read_batch(1, len(expected), lag, torch.tensor([size])).tolist() == [expected]


@pytest.mark.parametrize(
    ("written", "lag", "size", "expected"),
    [
        (6, 0, 4, [1, 2, 3, 3, 3, 3]),
        (5, 3, 9, [4, 5, 6, 7, 8]),
        (6, 3, 9, [4, 5, 6, 7, 8, 8]),
        (3, FULL, 5, [4, 4, 4]),
        (2, 0, 1, [0, 0]),
        (0, 3, 9, []),
    ],
)
def test_delays_do_not_count_the_end_mark(written: int, lag: Lag, size: int, expected: list[int]) -> None:
    assert delays(written, lag, size) == expected


def test_what_is_read_of_no_target_is_nothing() -> None:
    assert reads(0, 3, 9) == []


@given(st.lists(SIZES, min_size=1, max_size=5), SIZES, LAGS)
def test_a_batch_reads_what_its_sentences_read(sizes: list[int], last: int, lag: Lag) -> None:
    batch = read_batch(1, last, lag, torch.tensor(sizes))
    assert batch.shape == (len(sizes), last)
    assert batch.dtype == torch.int64
    assert batch.tolist() == [reads(last, lag, size) for size in sizes]


@given(st.lists(SIZES, min_size=1, max_size=5), SIZES, SIZES, LAGS)
def test_a_part_of_the_positions_is_a_part_of_the_table(sizes: list[int], a: int, b: int, lag: Lag) -> None:
    first, last = min(a, b), max(a, b)
    whole = read_batch(1, last, lag, torch.tensor(sizes))
    assert torch.equal(read_batch(first, last, lag, torch.tensor(sizes)), whole[:, first - 1 :])


@given(SIZES, SIZES, LAGS)
def test_reading_goes_on_and_stays_within_the_source(target: int, size: int, lag: Lag) -> None:
    counts = reads(target, lag, size)
    assert counts == sorted(counts)
    assert all(1 <= count <= size for count in counts)
    assert all(b - a <= 1 for a, b in pairwise(counts))
    if lag != FULL:
        assert counts[0] == min(lag + 1, size)  # wait-k with k = τ + 1


@given(SIZES, SIZES, st.integers(0, 9))
def test_a_lag_from_the_length_on_is_full(target: int, size: int, more: int) -> None:
    assert reads(target, size - 1 + more, size) == reads(target, FULL, size)
    if size > 1:
        assert reads(target, size - 2, size) != reads(target, FULL, size)


@given(SIZES, SIZES, LAGS)
def test_on_one_clock_what_is_read_is_what_the_clock_says(target: int, size: int, lag: Lag) -> None:
    """A symbol is written at one clock, one after the other, and read(t) is as far as that clock has come."""
    clocks = [clock(t, lag, size) for t in range(1, target + 1)]
    assert [min(s, size) for s in clocks] == reads(target, lag, size)
    assert all(b - a == 1 for a, b in pairwise(clocks))
    written = [s for s in range(1, clocks[-1] + 1) if writes_at(s, lag, over=s >= size)]
    assert written == clocks


@given(st.lists(SIZES, min_size=1, max_size=5), SIZES, LAGS)
def test_clocks_of_a_batch_are_those_of_its_sentences(sizes: list[int], target: int, lag: Lag) -> None:
    expected = [[clock(t, lag, size) for t in range(1, target + 1)] for size in sizes]
    assert clock_batch(target, lag, torch.tensor(sizes)).tolist() == expected
    assert clock_now(target, lag, np.array(sizes)).tolist() == [row[-1] for row in expected]


@pytest.mark.parametrize(
    ("value", "lag"), [(0, 0), (12, 12), ("12", 12), ("0", 0), ("full", FULL), (LARGEST, LARGEST)]
)
def test_a_lag_is_a_number_or_full(value: object, lag: Lag) -> None:
    assert parse_lag(value) == lag


@pytest.mark.parametrize(
    "value", [-1, "-1", LARGEST + 1, 1.0, True, None, "", "Full", "3 ", "²", "٣", [3], float("nan")]
)
def test_anything_else_is_no_lag(value: object) -> None:
    with pytest.raises(ValueError, match="a lag is a whole number from 0 to 10,000 or `full`, not "):
        parse_lag(value)


FIXED = st.integers(0, 50) | st.just(FULL)
MIXED = st.builds(
    lambda a, b, full: {"uniform": [min(a, b), max(a, b)], "full": full},
    *(st.integers(0, 50), st.integers(0, 50), st.floats(0, 1, exclude_max=True)),
)


@given(FIXED | MIXED)
def test_plain_form_and_back(plain: Any) -> None:
    lags = LagDistribution.parse(plain)
    assert lags.to_plain() == plain
    assert LagDistribution.parse(lags.to_plain()) == lags


def test_the_share_of_full_is_none_unless_it_is_said() -> None:
    assert LagDistribution.parse({"uniform": [2, 2]}) == LagDistribution(None, (2, 2), 0.0)


def test_the_default_is_full() -> None:
    assert LagDistribution() == LagDistribution.parse("full")


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ({"uniform": [0, 4], "half": 0.5}, "it has no half"),
        ({"full": 0.5}, "`uniform` is missing"),
        ({}, "`uniform` is missing"),
        ({"uniform": 4}, "`uniform` is a list of the smallest and the largest lag, not 4"),
        ({"uniform": [4]}, "`uniform` is a list"),
        ({"uniform": [0, 4, 8]}, "`uniform` is a list"),
        ({"uniform": "04"}, "`uniform` is a list"),
        ({"uniform": [5, 4]}, "from a smaller number to a larger one"),
        ({"uniform": [0, "full"]}, "from a smaller number to a larger one"),
        ({"uniform": ["full", 4]}, "from a smaller number to a larger one"),
        ({"uniform": [-1, 4]}, "a lag is a whole number"),
        ({"uniform": [0, 4], "full": 1}, "from 0 to below 1"),
        ({"uniform": [0, 4], "full": -0.1}, "from 0 to below 1"),
        ({"uniform": [0, 4], "full": True}, "from 0 to below 1"),
        ({"uniform": [0, 4], "full": "0.5"}, "from 0 to below 1"),
        ({"uniform": [0, 4], "full": float("nan")}, "from 0 to below 1"),
        ([0, 4], "a lag is a whole number"),
        (None, "a lag is a whole number"),
    ],
)
def test_what_is_no_distribution(value: object, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        LagDistribution.parse(value)


@pytest.mark.parametrize(
    ("plain", "served", "refused"),
    [
        (FULL, [FULL], [0, 12]),
        (12, [12], [0, 11, 13, FULL]),
        ({"uniform": [2, 9], "full": 0.5}, [2, 5, 9, FULL], [0, 1, 10]),
        ({"uniform": [0, 9]}, [0, 9], [10, FULL]),
    ],
)
def test_serves_what_it_was_trained_for_and_nothing_else(
    plain: Any, served: list[Lag], refused: list[Lag]
) -> None:
    lags = LagDistribution.parse(plain)
    assert [lag for lag in served if not lags.serves(lag)] == []
    assert [lag for lag in refused if lags.serves(lag)] == []


@pytest.mark.parametrize(
    ("plain", "described", "largest"),
    [
        (FULL, "full", 0),
        (12, "12", 12),
        ({"uniform": [0, 40], "full": 0.5}, "0 to 40 and full", 40),
        ({"uniform": [3, 8]}, "3 to 8", 8),
    ],
)
def test_a_distribution_describes_itself(plain: Any, described: str, largest: int) -> None:
    lags = LagDistribution.parse(plain)
    assert lags.describe() == described
    assert lags.largest == largest


def _draw(lags: LagDistribution, seed: int, count: int) -> list[Lag]:
    rng = np.random.default_rng(seed)
    return [lags.sample(rng) for _ in range(count)]


def test_samples_are_reproducible_and_within_bounds() -> None:
    lags = LagDistribution.parse({"uniform": [3, 6], "full": 0.5})
    drawn = _draw(lags, 1, 1000)
    assert drawn == _draw(lags, 1, 1000)
    assert drawn != _draw(lags, 2, 1000)
    assert set(drawn) == {3, 4, 5, 6, FULL}
    assert all(type(lag) is int for lag in drawn if lag != FULL)
    assert 430 < drawn.count(FULL) < 570  # 4.4 standard deviations
    assert all(80 < drawn.count(lag) < 170 for lag in (3, 4, 5, 6))


def test_full_is_not_drawn_without_a_share() -> None:
    assert FULL not in _draw(LagDistribution.parse({"uniform": [0, 1]}), 1, 200)


@given(MIXED, st.integers(0, 2**32))
def test_samples_are_served(plain: Any, seed: int) -> None:
    lags = LagDistribution.parse(plain)
    assert all(lags.serves(lag) for lag in _draw(lags, seed, 20))


@pytest.mark.parametrize("lag", [FULL, 7])
def test_a_fixed_lag_draws_nothing(lag: Lag) -> None:
    rng = np.random.default_rng(1)
    before = rng.bit_generator.state
    assert LagDistribution.parse(lag).sample(rng) == lag
    assert rng.bit_generator.state == before


def test_the_lag_needs_neither_torch_nor_numpy() -> None:
    code = "import sys, seq2seq.lag; sys.exit('torch' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


@given(t=st.integers(1, 60), lag=st.one_of(st.integers(0, 60), st.just(FULL)), length=st.integers(1, 60))
def test_a_symbol_is_due_as_soon_as_all_it_reads_has_come(t: int, lag: Lag, length: int) -> None:
    """While the source arrives S is not known; what is due then is due whatever S turns out to be."""
    for received in range(1, length + 1):
        over = received == length
        assert is_due(t, lag, received, over) == (read(t, lag, length) <= received and (over or lag != FULL))
