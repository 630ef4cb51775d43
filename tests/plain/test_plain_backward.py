"""Backpropagation by hand: the gradients of PyTorch's fused modules, slice by slice and in all."""

from __future__ import annotations

from dataclasses import fields, replace

import numpy as np
import pytest
import torch
from torch import Tensor

from seq2seq.models.layers import RecurrentLayer
from seq2seq.plain.backward import Gradients, WeightGradients, backward, forward, lstm_gates, total
from seq2seq.plain.cells import GATES, Array, Layer

T, B, I, H = 9, 3, 5, 7  # noqa: E741
CELLS = pytest.mark.parametrize("cell", sorted(GATES))


def fused(cell: str) -> RecurrentLayer:
    """A fused module in float64, its weights, biases and learned state away from zero."""
    torch.manual_seed(1)
    module = RecurrentLayer(cell, I, H).double()
    with torch.no_grad():
        for parameter in module.parameters():
            parameter.normal_(std=0.5)
    return module


def one_step(module: RecurrentLayer, x_BI: Tensor, state: tuple[Tensor, ...]) -> tuple[Tensor, ...]:
    """Run the fused module for a single step; return the state after it, h_t first."""
    if module.peephole is not None:  # the equations again, since no fused module has them
        (W, U, b, d), (h, c) = module.fused.all_weights[0], state
        p_i, p_f, p_o = module.peephole
        i, f, g, o = (x_BI @ W.T + h @ U.T + b + d).chunk(4, dim=1)
        c = torch.sigmoid(f + p_f * c) * c + torch.sigmoid(i + p_i * c) * torch.tanh(g)
        return torch.sigmoid(o + p_o * c) * torch.tanh(c), c
    packed = tuple(part[None].contiguous() for part in state)
    _, after = module.fused(x_BI[None], packed if len(packed) > 1 else packed[0])
    return tuple(part[0] for part in (after if len(packed) > 1 else (after,)))


def plain(module: RecurrentLayer) -> Layer:
    return Layer.from_weights({f"l.{k}": v.numpy() for k, v in module.state_dict().items()}, "l", module.cell)


def gradients(module: RecurrentLayer) -> WeightGradients:
    """Return the gradients of autograd in the layout of the equations; zeros without peepholes."""
    W_IG, U_HG, b_G, d_G = (np.asarray(parameter.grad).T for parameter in module.fused.all_weights[0])
    peephole = np.zeros((3, H)) if module.peephole is None else np.asarray(module.peephole.grad)
    return WeightGradients(W_IG, U_HG, b_G, d_G, peephole)


def example() -> tuple[Tensor, Tensor]:
    """Return inputs, and the gradients of a loss that is linear in the outputs: (T, B, I), (T, B, H)."""
    generator = torch.Generator().manual_seed(2)
    x_TBI = torch.randn(T, B, I, dtype=torch.float64, generator=generator)
    return x_TBI, torch.randn(T, B, H, dtype=torch.float64, generator=generator)


def by_hand(layer: Layer, x_TBI: Array, dh_TBH: Array) -> Gradients:
    _, states = forward(layer, x_TBI)
    return backward(layer, x_TBI, states, dh_TBH)


def close(a: Array, b: Array, within: float = 1e-10) -> None:
    np.testing.assert_allclose(a, b, rtol=0, atol=within)


def same_weights(a: WeightGradients, b: WeightGradients) -> None:
    for field in fields(WeightGradients):
        close(getattr(a, field.name), getattr(b, field.name))


@CELLS
def test_outputs_and_all_gradients_are_those_of_the_fused_module(cell: str) -> None:
    module = fused(cell)
    x_TBI, dh_TBH = example()
    x_TBI.requires_grad_()
    h_TBH = module(x_TBI)
    (h_TBH * dh_TBH).sum().backward()
    layer = plain(module)
    outputs, states = forward(layer, x_TBI.detach().numpy())
    close(outputs, h_TBH.detach().numpy())
    found = backward(layer, x_TBI.detach().numpy(), states, dh_TBH.numpy())
    assert x_TBI.grad is not None
    assert module.initial.grad is not None
    close(found.x_TBI, x_TBI.grad.numpy())
    close(found.initial, module.initial.grad.numpy())
    same_weights(found.shared, gradients(module))
    for field in fields(WeightGradients)[: None if cell == "lstm_peephole" else 4]:
        smallest = np.abs(getattr(found.shared, field.name)).min()
        assert smallest > 1e-10, "a gradient of zero would agree with anything"


@CELLS
def test_gradients_of_every_state_are_those_of_autograd(cell: str) -> None:
    """Step by step, which lets autograd keep the states in between."""
    module = fused(cell)
    x_TBI, dh_TBH = example()
    state = tuple(part.detach().clone().requires_grad_() for part in module.start(B))
    states, loss = [state], torch.zeros((), dtype=torch.float64)
    for x_BI, dh_BH in zip(x_TBI, dh_TBH, strict=True):
        # A copy of c_t does not lead to h_t of the same step: the two parts of a state stand side by side.
        state = tuple(part.clone() for part in one_step(module, x_BI, state))
        for part in state:
            part.retain_grad()
        states.append(state)
        loss = loss + (state[0] * dh_BH).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    found = by_hand(plain(module), x_TBI.numpy(), dh_TBH.numpy())
    assert len(found.states) == T + 1
    for ours, theirs in zip(found.states, states, strict=True):
        for a, b in zip(ours, theirs, strict=True):  # nothing depends on the last c_T
            close(a, np.zeros_like(a) if b.grad is None else b.grad.numpy())


@CELLS
def test_a_slice_is_the_gradient_of_its_own_copy_of_the_weights(cell: str) -> None:
    """Unrolled in PyTorch, with T copies of the weights as parameters."""
    module = fused(cell)
    x_TBI, dh_TBH = example()
    copies = [fused(cell) for _ in range(T)]
    state, loss = module.start(B), torch.zeros((), dtype=torch.float64)
    for copy, x_BI, dh_BH in zip(copies, x_TBI, dh_TBH, strict=True):
        state = one_step(copy, x_BI, state)
        loss = loss + (state[0] * dh_BH).sum()
    loss.backward()  # type: ignore[no-untyped-call]
    found = by_hand(plain(module), x_TBI.numpy(), dh_TBH.numpy())
    for slice_, copy in zip(found.slices, copies, strict=True):
        same_weights(slice_, gradients(copy))
    assert not np.allclose(found.slices[0].U_HG, found.slices[1].U_HG), "slices differ, their copies do not"


@CELLS
def test_the_gradient_of_a_mean_loss_is_the_average_of_the_slices(cell: str) -> None:
    """The textbook's averaging is what a mean does: over the slices' copies, and over the slices' losses."""
    module = fused(cell)
    x_TBI, dh_TBH = example()
    (module(x_TBI) * dh_TBH).sum(dim=(1, 2)).mean().backward()
    mean = gradients(module)
    layer, x, dh = plain(module), x_TBI.numpy(), dh_TBH.numpy()

    def average(parts: list[WeightGradients]) -> WeightGradients:
        return WeightGradients(
            *(getattr(total(parts), field.name) / len(parts) for field in fields(WeightGradients))
        )

    same_weights(average(by_hand(layer, x, dh).slices), mean)
    single = [by_hand(layer, x, np.where(np.arange(T)[:, None, None] == t, dh, 0)).shared for t in range(T)]
    same_weights(average(single), mean)


@CELLS
def test_gradients_are_the_slopes_of_the_loss(cell: str) -> None:
    """By finite differences: the loss half a step to either side of a weight."""
    layer = plain(fused(cell))
    x_TBI, dh_TBH = (tensor.numpy() for tensor in example())
    found = by_hand(layer, x_TBI, dh_TBH).shared
    # Where one bias holds both, the other one is not used.
    used = {"W_IG", "U_HG", "b_G", *({"d_G"} if cell == "gru" else ())}
    used |= {"peephole_3H"} if cell == "lstm_peephole" else set()
    for field in (field for field in fields(WeightGradients) if field.name in used):
        weight = getattr(layer, field.name)
        place = tuple(size // 2 for size in weight.shape)
        losses = []
        for side in (-1, 1):
            moved = weight.copy()
            moved[place] += side * 0.5e-6
            outputs, _ = forward(replace(layer, **{field.name: moved}), x_TBI)
            losses.append(float((outputs * dh_TBH).sum()))
        assert getattr(found, field.name)[place] == pytest.approx((losses[1] - losses[0]) / 1e-6, abs=1e-6)


def test_a_loss_at_the_last_step_reaches_the_first() -> None:
    layer = plain(fused("rnn"))
    x_TBI, dh_TBH = (tensor.numpy() for tensor in example())
    last = np.where(np.arange(T)[:, None, None] == T - 1, dh_TBH, 0)
    found = by_hand(layer, x_TBI, last)
    close(found.states[-1][0], dh_TBH[-1])
    assert all(np.abs(dstate[0]).max() > 0 for dstate in found.states)


@pytest.mark.parametrize("cell", ["lstm", "lstm_peephole"])
def test_the_gates_are_those_of_the_cell(cell: str) -> None:
    layer = plain(fused(cell))
    x_TBI, _ = (tensor.numpy() for tensor in example())
    state = layer.start(B)
    x_BG = layer.project(x_TBI[0])
    i, f, g, o = lstm_gates(layer, x_BG, state)
    h_BH, (_, c_BH) = layer.step(x_BG, state)
    close(c_BH, f * state[1] + i * g)
    close(h_BH, o * np.tanh(c_BH))


def test_a_given_state_takes_the_place_of_the_learned_one() -> None:
    layer = plain(fused("gru"))
    x_TBI, _ = (tensor.numpy() for tensor in example())
    outputs, states = forward(layer, x_TBI)
    later, _ = forward(layer, x_TBI[4:], states[4])
    close(later, outputs[4:], within=0)
