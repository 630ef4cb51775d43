"""Reading sources of similar lengths together: every source once, and to the states that it has alone."""

from __future__ import annotations

import numpy as np
import pytest
import tiny
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.lag import FULL, Lag
from seq2seq.models import stepwise
from seq2seq.models.stepwise import LEAST_ROWS, SIMILAR, TorchStepNetwork, similar_lengths


@given(st.lists(st.integers(1, 300), min_size=1, max_size=200))
def test_groups_hold_every_row_once_and_are_many_rows_or_similar(lengths: list[int]) -> None:
    groups = similar_lengths(np.array(lengths))
    assert sorted(row for group in groups for row in group.tolist()) == list(range(len(lengths)))
    in_order = [lengths[row] for group in groups for row in group.tolist()]
    assert in_order == sorted(lengths, reverse=True)
    for group in groups:
        assert len(group) <= LEAST_ROWS or lengths[group[-1]] >= SIMILAR * lengths[group[0]] - 1e-9
    assert all(len(group) >= LEAST_ROWS for group in groups[:-1])


@pytest.mark.parametrize("lag", [3, FULL])
def test_the_states_are_those_of_all_sources_read_together(monkeypatch: pytest.MonkeyPatch, lag: Lag) -> None:
    translator = tiny.load()
    network = translator.networks.torch
    assert isinstance(network, TorchStepNetwork)
    sources = [translator.vocabulary.encode("the dog sees a cat"[: 3 + row]) for row in range(15)]
    together = network.encode(sources, lag).states_BSH
    monkeypatch.setattr(stepwise, "LEAST_ROWS", 2)
    assert len(similar_lengths(np.array(list(map(len, sources))))) > 3
    apart = network.encode(sources, lag).states_BSH
    assert apart.shape == together.shape
    for row, source in enumerate(sources):
        size = len(source) + 1
        np.testing.assert_allclose(apart[row, :size], together[row, :size], atol=1e-5)
        assert not apart[row, size:].isnan().any()
