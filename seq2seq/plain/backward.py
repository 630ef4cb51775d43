"""Backpropagation through time by hand: the chain rule for the equations of `plain.cells`, step by step.

Unrolled, a recurrent network is a chain of T copies of its cell, the time slices. Each slice has a copy of
the weights. The gradient of the loss L goes back along the chain, and each slice adds its own part:

    x_1        x_2              x_T
     |          |                |
    [g] - h_1 -[g] - h_2 - … -  [g] - h_T     forward
     |          |                |
    ∂L/∂W₁     ∂L/∂W₂           ∂L/∂W_T       backward: ∂L/∂h_1 <- ∂L/∂h_2 <- … <- ∂L/∂h_T

The gradient of the weights that all slices share is the sum over the slices; of a loss that is the mean over
T steps it is their average (Werbos 1990).

Primes mark values after a step, as in the equations of the cells; `dx` is ∂L/∂x, and a_ is the argument of a
gate's function. Since σ' = σ (1 - σ) and tanh' = 1 - tanh², the value of a gate gives its slope.

Shape suffixes: T time steps, B batch, I input units, H hidden units, G gates times hidden units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields

import numpy as np

from seq2seq.plain.cells import Array, Layer, State, sigmoid


@dataclass(frozen=True)
class WeightGradients:
    """The gradient of the weights of a layer, or of one slice's copy of them; names as in `cells.Layer`.

    Where `Layer.b_G` holds both biases, the gradients of the two are the same: b_G and d_G are equal. Cells
    without peepholes have zeros in their place.
    """

    W_IG: Array
    U_HG: Array
    b_G: Array
    d_G: Array
    peephole_3H: Array

    def __add__(self, other: WeightGradients) -> WeightGradients:
        """Return the sum, for example of two slices."""
        return WeightGradients(
            *(getattr(self, field.name) + getattr(other, field.name) for field in fields(WeightGradients))
        )


@dataclass(frozen=True)
class Gradients:
    """The gradients of a sequence.

    Attributes:
        x_TBI: ∂L/∂x_t.
        states: ∂L/∂ of the state before the first step and after each of the T steps, so T + 1 of them: of
            h_t and, in an LSTM, of c_t; what c_t passes on through h_t of its own step counts for h_t alone.
        slices: ∂L/∂W_t for each slice.
    """

    x_TBI: Array
    states: list[State]
    slices: list[WeightGradients]

    @property
    def shared(self) -> WeightGradients:
        """The gradient of the weights that all slices share."""
        return total(self.slices)

    @property
    def initial(self) -> Array:
        """The gradient of the learned state before the first step, as `Layer.initial` has it."""
        return np.stack([part_BH.sum(axis=0) for part_BH in self.states[0]])


def total(slices: Iterable[WeightGradients]) -> WeightGradients:
    """Return the sum over slices."""
    first, *others = slices
    for other in others:
        first = first + other
    return first


def forward(layer: Layer, x_TBI: Array, state: State | None = None) -> tuple[Array, list[State]]:
    """Unroll a layer over a sequence.

    Args:
        layer: its weights.
        x_TBI: T inputs.
        state: before the first step; by default the learned one.

    Returns:
        h_1 … h_T, (T, B, H), and the states before the first step and after each, T + 1 of them.
    """
    states = [layer.start(x_TBI.shape[1]) if state is None else state]
    outputs = []
    for x_BI in x_TBI:
        h_BH, after = layer.step(layer.project(x_BI), states[-1])
        outputs.append(h_BH)
        states.append(after)
    return np.stack(outputs), states


def backward(layer: Layer, x_TBI: Array, states: list[State], dh_TBH: Array) -> Gradients:
    """Go back through an unrolled layer, from its last slice to its first.

    Args:
        layer: its weights.
        x_TBI: the inputs.
        states: as `forward` returned them.
        dh_TBH: ∂L/∂ of each output, without the part that passes through later slices.
    """
    dstate: State = tuple(np.zeros_like(part_BH) for part_BH in states[-1])
    dx_TBI, dstates, slices = np.empty_like(x_TBI), [], []
    for t in reversed(range(len(x_TBI))):
        # h_t has an effect on the loss at t and on slice t + 1.
        dstate = (dh_TBH[t] + dstate[0], *dstate[1:])
        dstates.append(dstate)
        dx_TBI[t], dstate, slice_ = step_back(layer, x_TBI[t], states[t], dstate)
        slices.append(slice_)
    dstates.append(dstate)
    return Gradients(dx_TBI, dstates[::-1], slices[::-1])


def step_back(layer: Layer, x_BI: Array, state: State, dstate: State) -> tuple[Array, State, WeightGradients]:
    """Go back through one slice.

    Args:
        layer: its weights.
        x_BI: its input.
        state: before it.
        dstate: ∂L/∂ of the state after it, all later slices included.

    Returns:
        ∂L/∂x_t, ∂L/∂ of the state before it, and ∂L/∂ of its copy of the weights.
    """
    back = {"lstm": _lstm, "lstm_peephole": _lstm_peephole, "gru": _gru, "rnn": _rnn}[layer.cell]
    # The gradients of the two sums x W + b and h U + d; they differ in a GRU alone.
    da_BG, du_BG, direct = back(layer, x_BI, state, dstate)
    slice_ = WeightGradients(
        W_IG=x_BI.T @ da_BG,
        U_HG=state[0].T @ du_BG,
        b_G=da_BG.sum(axis=0),
        d_G=du_BG.sum(axis=0),
        peephole_3H=_peepholes(layer, x_BI, state, da_BG),
    )
    dh_BH = du_BG @ layer.U_HG.T + direct[0]
    return da_BG @ layer.W_IG.T, (dh_BH, *direct[1:]), slice_


def _peepholes(layer: Layer, x_BI: Array, state: State, da_BG: Array) -> Array:
    """Return ∂L/∂p, (3, H): dp_i = da_i * c, dp_f = da_f * c and dp_o = da_o * c', summed over the batch."""
    if layer.peephole_3H is None:
        return np.zeros((3, layer.initial.shape[1]))
    da_i, da_f, _, da_o = np.split(da_BG, 4, axis=1)
    _, (_, after_BH) = layer.step(layer.project(x_BI), state)
    return np.stack(
        [(da_i * state[1]).sum(axis=0), (da_f * state[1]).sum(axis=0), (da_o * after_BH).sum(axis=0)]
    )


def lstm_gates(layer: Layer, x_BG: Array, state: State) -> tuple[Array, Array, Array, Array]:
    """Return i, f, g and o of one step of an LSTM, each (B, H), given x_t W + b and the state before it."""
    h_BH, c_BH = state
    i, f, g, o = np.split(x_BG + h_BH @ layer.U_HG, 4, axis=1)
    if layer.peephole_3H is None:
        return sigmoid(i), sigmoid(f), np.tanh(g), sigmoid(o)
    p_i, p_f, p_o = layer.peephole_3H
    i, f, g = sigmoid(i + p_i * c_BH), sigmoid(f + p_f * c_BH), np.tanh(g)
    return i, f, g, sigmoid(o + p_o * (f * c_BH + i * g))


def _lstm(layer: Layer, x_BI: Array, state: State, dstate: State) -> tuple[Array, Array, State]:
    """Back through c' = f * c + i * g and h' = o * tanh(c').

    do  = dh' * tanh(c')                     dc' gets dh' * o * (1 - tanh²(c')) as well
    di  = dc' * g     df = dc' * c           dg = dc' * i
    da_i = di * i (1 - i), likewise f and o; da_g = dg * (1 - g²)
    dc  = dc' * f: the only path without a matrix; it stays open while the forget gate is open
    """
    (h_BH, c_BH), (dh_BH, dc_BH) = state, dstate
    i, f, g, o = lstm_gates(layer, layer.project(x_BI), state)
    tanh_c = np.tanh(f * c_BH + i * g)
    dc_BH = dc_BH + dh_BH * o * (1 - tanh_c**2)
    da_BG = np.concatenate(
        [
            dc_BH * g * i * (1 - i),
            dc_BH * c_BH * f * (1 - f),
            dc_BH * i * (1 - g**2),
            dh_BH * tanh_c * o * (1 - o),
        ],
        axis=1,
    )
    return da_BG, da_BG, (np.zeros_like(h_BH), dc_BH * f)


def _lstm_peephole(layer: Layer, x_BI: Array, state: State, dstate: State) -> tuple[Array, Array, State]:
    """Back through an LSTM in which i and f also read c, and o also reads c'.

    As in `_lstm`, but dc' gets da_o * p_o as well, and dc gets da_i * p_i + da_f * p_f.
    """
    assert layer.peephole_3H is not None
    (h_BH, c_BH), (dh_BH, dc_BH) = state, dstate
    p_i, p_f, p_o = layer.peephole_3H
    i, f, g, o = lstm_gates(layer, layer.project(x_BI), state)
    tanh_c = np.tanh(f * c_BH + i * g)
    da_o = dh_BH * tanh_c * o * (1 - o)
    dc_BH = dc_BH + dh_BH * o * (1 - tanh_c**2) + da_o * p_o
    da_i, da_f, da_g = dc_BH * g * i * (1 - i), dc_BH * c_BH * f * (1 - f), dc_BH * i * (1 - g**2)
    da_BG = np.concatenate([da_i, da_f, da_g, da_o], axis=1)
    return da_BG, da_BG, (np.zeros_like(h_BH), dc_BH * f + da_i * p_i + da_f * p_f)


def _gru(layer: Layer, x_BI: Array, state: State, dstate: State) -> tuple[Array, Array, State]:
    """Back through h' = (1 - z) * n + z * h, where n = tanh(x W_n + b_n + r * v) and v = h U_n + d_n.

    dz  = dh' * (h - n)     dn = dh' * (1 - z)     da_n = dn * (1 - n²)
    dr  = da_n * v          dv = da_n * r          da_r = dr * r (1 - r), da_z = dz * z (1 - z)
    dh  = dh' * z, and the part that comes through the gates
    """
    (h_BH,), (dh_BH,) = state, dstate
    H = h_BH.shape[1]
    x_BG, h_BG = layer.project(x_BI), h_BH @ layer.U_HG + layer.d_G
    r, z = np.split(sigmoid(x_BG[:, : 2 * H] + h_BG[:, : 2 * H]), 2, axis=1)
    v = h_BG[:, 2 * H :]
    n = np.tanh(x_BG[:, 2 * H :] + r * v)
    da_n = dh_BH * (1 - z) * (1 - n**2)
    da_r = da_n * v * r * (1 - r)
    da_z = dh_BH * (h_BH - n) * z * (1 - z)
    da_BG = np.concatenate([da_r, da_z, da_n], axis=1)
    du_BG = np.concatenate([da_r, da_z, da_n * r], axis=1)
    return da_BG, du_BG, (dh_BH * z,)


def _rnn(layer: Layer, x_BI: Array, state: State, dstate: State) -> tuple[Array, Array, State]:
    """Back through h' = tanh(a): da = dh' * (1 - h'²); every path passes through the matrix."""
    (h_BH,), (dh_BH,) = state, dstate
    after_BH, _ = layer.step(layer.project(x_BI), state)
    da_BH = dh_BH * (1 - after_BH**2)
    return da_BH, da_BH, (np.zeros_like(h_BH),)
