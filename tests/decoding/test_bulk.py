"""Batches: their sizes, their order, and their share of the cores when they are decoded in threads."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.decoding.bulk import WORKERS, batches_of_similar_length, in_threads


@pytest.fixture
def threads() -> Iterator[int]:
    """Let PyTorch have eight threads, whatever the machine has."""
    before = torch.get_num_threads()
    torch.set_num_threads(8)
    yield 8
    torch.set_num_threads(before)


def testbatches_of_similar_length_are_decoded_at_once_and_come_back_in_order(threads: int) -> None:
    met = threading.Barrier(WORKERS, timeout=60)  # it breaks unless so many are there at the same time

    def decode(number: int) -> tuple[int, int]:
        met.wait()
        return number, torch.get_num_threads()

    found = list(in_threads(decode, range(2 * WORKERS)))
    assert [number for number, _ in found] == list(range(2 * WORKERS))
    assert {count for _, count in found} == {threads // WORKERS}
    assert torch.get_num_threads() == threads


def test_one_batch_has_all_threads(threads: int) -> None:
    assert list(in_threads(lambda _: torch.get_num_threads(), [0])) == [threads]


def test_a_mistake_in_one_ends_them_all(threads: int) -> None:
    def decode(number: int) -> int:
        return 1 // number

    with pytest.raises(ZeroDivisionError):
        list(in_threads(decode, [1, 0, *range(1, 50)]))
    assert torch.get_num_threads() == threads


@given(st.lists(st.integers(1, 60), max_size=40), st.integers(1, 400))
def testbatches_of_similar_length_hold_every_row_once_and_are_bounded(lengths: list[int], limit: int) -> None:
    batches = list(batches_of_similar_length(lengths, limit))
    assert sorted(row for batch in batches for row in batch) == list(range(len(lengths)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * (max(lengths[row] for row in batch) + 1) <= limit
    sizes = [max(lengths[row] for row in batch) for batch in batches]
    assert sizes == sorted(sizes, reverse=True)
