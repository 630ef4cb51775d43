"""The layers of the networks: recurrent layers, locked dropout, attention, embeddings of lags."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from seq2seq.lag import FULL
from seq2seq.models.layers import DotAttention, LagEmbedding, LockedDropout, RecurrentLayer

CELLS = pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
BIAS = pytest.mark.parametrize("bias", [False, True], ids=["", "position bias"])


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


# Dropout.


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


# Attention.


READ = [[1, 2, 3], [4, 5, 5]]


def attend(bias: bool) -> tuple[DotAttention, Tensor, Tensor, Tensor, Tensor]:
    """Scrambled attention from t = 2, 3, 4 to five states, with what went in and what came out."""
    attention = DotAttention(6, bias)
    scramble(attention)
    query_BTH, memory_BSH = torch.randn(2, 3, 6), torch.randn(2, 5, 6)
    with torch.no_grad():
        context, weights = attention(query_BTH, memory_BSH, torch.tensor(READ), torch.tensor([2, 3, 4]))
    return attention, query_BTH, memory_BSH, context, weights


@BIAS
def test_attention_sees_what_was_read_and_no_more(bias: bool) -> None:
    _, _, _, _, weights_BTS = attend(bias)
    for row, counts in zip(weights_BTS, READ, strict=True):
        for weights, count in zip(row, counts, strict=True):
            assert (weights[:count] > 0).all()
            assert (weights[count:] == 0).all()
            assert float(weights.sum()) == pytest.approx(1, abs=1e-6)


@BIAS
def test_attention_by_hand(bias: bool) -> None:
    attention, query_BTH, memory_BSH, context_BTH, weights_BTS = attend(bias)
    query = attention.query.weight.detach().double() @ query_BTH[1, 0].double()
    scores = [float(query @ state.double()) / math.sqrt(6) for state in memory_BSH[1, :4]]
    if attention.near is not None:
        near = attention.near.tolist()
        scores = [score + near[100 + s - 2] for s, score in enumerate(scores, start=1)]
    shares = [math.exp(score) / sum(map(math.exp, scores)) for score in scores]
    assert weights_BTS[1, 0, :4].tolist() == pytest.approx(shares, abs=1e-6)
    context = sum(share * state for share, state in zip(shares, memory_BSH[1], strict=False))
    torch.testing.assert_close(context_BTH[1, 0], context, rtol=0, atol=1e-6)


def look(attention: DotAttention, size: int, t: int) -> list[float]:
    """Weights on `size` equal states at step t: nothing but the position decides."""
    with torch.no_grad():
        _, weights = attention(
            torch.ones(1, 1, 6), torch.ones(1, size, 6), torch.tensor([[size]]), torch.tensor([t])
        )
    return weights[0, 0].tolist()  # type: ignore[no-any-return]


def test_attention_with_a_position_bias_begins_at_what_is_near() -> None:
    weights = look(DotAttention(6, True), 9, 4)
    assert weights.index(max(weights)) == 3  # s = 4
    assert weights[:4] == sorted(weights[:4])
    assert weights[3:] == sorted(weights[3:], reverse=True)
    assert look(DotAttention(6, False), 9, 4) == pytest.approx([1 / 9] * 9)


def test_far_positions_share_a_bias() -> None:
    attention = DotAttention(6, True)
    scramble(attention)
    weights = look(attention, 400, 200)
    assert weights[:100] == pytest.approx([weights[0]] * 100)  # s - t from -199 to -100
    assert weights[299:] == pytest.approx([weights[-1]] * 101)  # from 100 to 200
    assert len(set(weights[99:300])) > 190


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
