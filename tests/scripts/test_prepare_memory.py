"""The memory of preparing a corpus: it is read from another process."""

from __future__ import annotations

import os
import sys

import numpy as np
import pytest

from scripts.bench import prepare_memory

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")


def test_memory_that_a_process_takes_is_seen() -> None:
    before = prepare_memory._memory(os.getpid())
    taken = np.ones(24_000_000)  # much, since other memory may be freed meanwhile
    grown = prepare_memory._memory(os.getpid())["own"] - before["own"]
    assert taken.nbytes * 0.9 < grown
    assert before["mapped"] > 1_000_000


def test_a_process_that_has_ended_has_none() -> None:
    assert prepare_memory._memory(2**22 + 1) == {}


@pytest.mark.slow
def test_pairs_are_prepared_in_another_process() -> None:
    point = prepare_memory.measure(3000)
    assert point["pairs"] == 3000
    assert point["seconds"] > 0
    assert 10_000_000 < point["own"] < 2_000_000_000
