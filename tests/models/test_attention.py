"""Attention: what it sees, by hand, with one head and several, and the bias by distance."""

from __future__ import annotations

import math

import pytest
import torch
from torch import Tensor, nn

from seq2seq.config.schema import AttentionKind
from seq2seq.models.attention import Attention

BIAS = pytest.mark.parametrize("bias", [False, True], ids=["", "position bias"])


def scramble(module: nn.Module) -> None:
    """Give every parameter a value that is not its initial one: zeros and ones hide mistakes."""
    generator = torch.Generator().manual_seed(0)
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.copy_(0.4 * torch.randn(parameter.shape, generator=generator))


@pytest.fixture(autouse=True)
def _seeded() -> None:
    torch.manual_seed(0)


READ = [[1, 2, 3], [4, 5, 5]]


def attend(
    bias: bool, kind: AttentionKind = "dot", heads: int = 1
) -> tuple[Attention, Tensor, Tensor, Tensor, Tensor]:
    """Scrambled attention from t = 2, 3, 4 to five states, with what went in and what came out."""
    attention = Attention(kind, 6, heads, bias)
    scramble(attention)
    query_BTH, memory_BSH = torch.randn(2, 3, 6), torch.randn(2, 5, 6)
    with torch.no_grad():
        context, weights = attention(query_BTH, memory_BSH, torch.tensor(READ), torch.tensor([2, 3, 4]))
    return attention, query_BTH, memory_BSH, context, weights


@BIAS
@pytest.mark.parametrize("kind", ["dot", "mlp"])
@pytest.mark.parametrize("heads", [1, 3])
def test_attention_sees_what_was_read_and_no_more(bias: bool, kind: AttentionKind, heads: int) -> None:
    _, _, _, _, weights_BTS = attend(bias, kind, heads)
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


@BIAS
@pytest.mark.parametrize("kind", ["dot", "mlp"])
def test_a_head_is_an_attention_of_its_own_on_its_slice_of_the_units(bias: bool, kind: AttentionKind) -> None:
    attention, query_BTH, memory_BSH, context_BTH, weights_BTS = attend(bias, kind, heads=3)
    query = (attention.query.weight.detach() @ query_BTH[1, 0]).double()
    parts, contexts = [], []
    for head in range(3):
        mine = slice(2 * head, 2 * head + 2)
        if attention.key is None:
            scores = [float(query[mine] @ state[mine].double()) / math.sqrt(2) for state in memory_BSH[1, :4]]
        else:
            assert attention.energy is not None
            keys, energy = (
                memory_BSH[1, :4] @ attention.key.weight.detach().T,
                attention.energy.detach()[mine],
            )
            scores = [float(energy.double() @ (query[mine] + key[mine].double()).tanh()) for key in keys]
        if attention.near is not None:
            near = attention.near[head].tolist()
            scores = [score + near[100 + s - 2] for s, score in enumerate(scores, start=1)]
        shares = [math.exp(score) / sum(map(math.exp, scores)) for score in scores]
        parts.append(shares)
        contexts.append(sum(share * state[mine] for share, state in zip(shares, memory_BSH[1], strict=False)))
    mean = [sum(shares) / 3 for shares in zip(*parts, strict=True)]
    assert weights_BTS[1, 0, :4].tolist() == pytest.approx(mean, abs=1e-6)
    torch.testing.assert_close(context_BTH[1, 0], torch.cat(contexts), rtol=0, atol=1e-6)
    assert max(abs(a - b) for a, b in zip(parts[0], parts[1], strict=True)) > 1e-3, "the heads differ"


@pytest.mark.parametrize("kind", ["dot", "mlp"])
def test_each_head_has_a_bias_by_distance_and_all_weights_learn(kind: AttentionKind) -> None:
    attention, query_BTH, memory_BSH, _, _ = attend(True, kind, heads=2)
    assert attention.near is not None
    assert attention.near.shape == (2, 201)
    context, _ = attention(query_BTH, memory_BSH, torch.tensor(READ), torch.tensor([2, 3, 4]))
    context.square().sum().backward()
    assert all(p.grad is not None and bool(p.grad.any()) for p in attention.parameters())


def look(attention: Attention, size: int, t: int) -> list[float]:
    """Weights on `size` equal states at step t: nothing but the position decides."""
    with torch.no_grad():
        _, weights = attention(
            torch.ones(1, 1, 6), torch.ones(1, size, 6), torch.tensor([[size]]), torch.tensor([t])
        )
    return weights[0, 0].tolist()  # type: ignore[no-any-return]


def test_attention_with_a_position_bias_begins_at_what_is_near() -> None:
    weights = look(Attention("dot", 6, 1, True), 9, 4)
    assert weights.index(max(weights)) == 3  # s = 4
    assert weights[:4] == sorted(weights[:4])
    assert weights[3:] == sorted(weights[3:], reverse=True)
    assert look(Attention("dot", 6, 1, False), 9, 4) == pytest.approx([1 / 9] * 9)


def test_far_positions_share_a_bias() -> None:
    attention = Attention("dot", 6, 1, True)
    scramble(attention)
    weights = look(attention, 400, 200)
    assert weights[:100] == pytest.approx([weights[0]] * 100)  # s - t from -199 to -100
    assert weights[299:] == pytest.approx([weights[-1]] * 101)  # from 100 to 200
    assert len(set(weights[99:300])) > 190
