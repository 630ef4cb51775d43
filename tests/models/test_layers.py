"""The layers of the networks: recurrent layers, locked dropout, attention, embeddings of lags."""

from __future__ import annotations

import math

import pytest
import torch
from torch import nn

from seq2seq.lag import FULL
from seq2seq.models.layers import LagEmbedding, LockedDropout, RecurrentLayer
from seq2seq.plain.cells import GATES

CELLS = pytest.mark.parametrize("cell", sorted(GATES))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


def scramble(module: nn.Module, seed: int = 0) -> None:
    """Give every parameter a value that is not its initial one: zeros and ones hide mistakes."""
    generator = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator))


# Recurrent layers.


@CELLS
def test_a_layer_begins_at_its_learned_state(cell: str) -> None:
    layer = RecurrentLayer(cell, 5, 7)
    x_TBI = torch.randn(1, 2, 5)
    before = layer(x_TBI)
    assert all(part.shape == (2, 7) and not part.any() for part in layer.start(2))
    for part in layer.initial:  # each part matters: h, and c if there is one
        with torch.no_grad():
            part += 1
        after = layer(x_TBI)
        assert (after - before).abs().min() > 1e-3
        before = after
    before.sum().backward()
    assert layer.initial.grad is not None
    assert (layer.initial.grad.abs() > 0).all()


def test_only_the_forget_gate_of_an_lstm_begins_open() -> None:
    fused = RecurrentLayer("lstm", 5, 7).fused
    _, _, bias_ih, bias_hh = fused.all_weights[0]
    input_gate, forget, cell, output = (bias_ih + bias_hh).chunk(4)
    assert torch.equal(forget, torch.ones(7))
    assert all((part.abs() < 0.8).all() for part in (input_gate, cell, output))  # 2 / sqrt(7) at most


def test_an_lstm_with_peepholes_begins_as_one_without() -> None:
    plain, peephole = RecurrentLayer("lstm", 5, 7), RecurrentLayer("lstm_peephole", 5, 7)
    peephole.fused.load_state_dict(plain.fused.state_dict())
    x_TBI = torch.randn(9, 2, 5)
    torch.testing.assert_close(peephole(x_TBI), plain(x_TBI))
    assert peephole.peephole is not None
    for row in peephole.peephole:
        before = peephole(x_TBI)
        with torch.no_grad():
            row += 1
        assert (peephole(x_TBI)[1:] - before[1:]).abs().min() > 1e-8, "each gate sees the cell"


# Dropout.


@CELLS
def test_recurrent_dropout_drops_weights_from_h_and_one_mask_serves_all_steps(cell: str) -> None:
    """With the mask put into the weights, a layer without dropout computes the same."""
    layer, masked = RecurrentLayer(cell, 5, 7, recurrent_dropout=0.4), RecurrentLayer(cell, 5, 7)
    scramble(layer)
    masked.load_state_dict(layer.state_dict())
    x_TBI = torch.randn(9, 2, 5)
    torch.manual_seed(6)
    dropped = layer(x_TBI)
    torch.manual_seed(6)
    U_GH = masked.fused.all_weights[0][1]
    with torch.no_grad():
        mask = torch.empty_like(U_GH).bernoulli_(0.6) / 0.6
        U_GH.mul_(mask)
    assert 0.2 < float((mask == 0).float().mean()) < 0.6
    torch.testing.assert_close(dropped, masked(x_TBI))
    dropped.sum().backward()
    gradient = layer.fused.all_weights[0][1].grad
    assert gradient is not None
    assert ((gradient == 0) == (mask == 0)).all(), "a dropped weight does not learn, every other one does"


@CELLS
def test_recurrent_dropout_is_drawn_for_each_batch_and_not_in_evaluation(cell: str) -> None:
    layer, without = RecurrentLayer(cell, 5, 7, recurrent_dropout=0.4), RecurrentLayer(cell, 5, 7)
    without.load_state_dict(layer.state_dict())
    x_TBI = torch.randn(9, 2, 5)
    assert not torch.equal(layer(x_TBI), layer(x_TBI))
    before = torch.get_rng_state()
    assert torch.equal(layer.eval()(x_TBI), without(x_TBI))
    assert torch.equal(without.train()(x_TBI), without(x_TBI))
    assert torch.equal(torch.get_rng_state(), before)


def test_dropout_has_one_mask_for_all_time_steps() -> None:
    torch.manual_seed(0)
    dropped_TBH = LockedDropout(0.5).train()(torch.ones(6, 4, 50))
    assert torch.equal(dropped_TBH, dropped_TBH[:1].expand(6, -1, -1))
    masks = dropped_TBH[0]
    assert len({tuple(row.tolist()) for row in masks}) == 4  # sentences have masks of their own
    assert set(masks.flatten().tolist()) == {0.0, 2.0}


def test_dropout_drops_its_share_and_keeps_the_expectation() -> None:
    torch.manual_seed(0)
    dropped = LockedDropout(0.2).train()(torch.full((1, 200, 500), 3.0))
    assert abs(float((dropped == 0).float().mean()) - 0.2) < 0.01
    assert abs(float(dropped.mean()) - 3.0) < 0.03


def test_dropout_masks_change_from_call_to_call() -> None:
    dropout, ones = LockedDropout(0.5).train(), torch.ones(1, 4, 50)
    assert not torch.equal(dropout(ones), dropout(ones))


@pytest.mark.parametrize(("rate", "training"), [(0.5, False), (0.0, True)])
def test_dropout_that_is_off_changes_nothing_and_draws_nothing(rate: float, training: bool) -> None:
    x = torch.randn(3, 2, 5)
    before = torch.get_rng_state()
    assert LockedDropout(rate).train(training)(x) is x
    assert torch.equal(torch.get_rng_state(), before)


# The vector of a lag.


@pytest.mark.parametrize("largest", [0, 1, 2, 3, 7, 12, 40, 10_000])
def test_every_lag_has_a_vector_and_full_has_one_of_its_own(largest: int) -> None:
    embedding = LagEmbedding(largest, 4)
    few = {lag for lag in (0, 1, 2, 3, 5, 7, 12, 40, 10_000) if lag <= largest}
    before = [embedding(lag).detach().clone() for lag in few]
    full = embedding(FULL).detach().clone()
    with torch.no_grad():
        embedding.table.weight[-1] += 1
    assert all(torch.equal(embedding(lag), vector) for lag, vector in zip(few, before, strict=True))
    assert torch.equal(embedding(FULL), full + 1)


def test_lags_between_the_learned_ones_are_interpolated() -> None:
    embedding = LagEmbedding(12, 4)
    rows = embedding.table.weight
    for place, lag in enumerate((0, 1, 3, 7)):
        assert torch.equal(embedding(lag), rows[place])
    torch.testing.assert_close(embedding(5), torch.lerp(rows[2], rows[3], math.log2(6) - 2))
    torch.testing.assert_close(embedding(2), torch.lerp(rows[1], rows[2], math.log2(3) - 1))
    distances = [(embedding(lag) - rows[3]).norm().item() for lag in (3, 4, 5, 6, 7)]
    assert distances == sorted(distances, reverse=True)
    assert len(set(distances)) == 5
