"""The recurrent cells as equations: h_t = g(h_{t-1}, x_t), one step at a time.

They compute the same as `torch.nn.LSTM`, `GRU` and `RNN`, in any precision. A row of an array is a sentence;
x W is the product of the row x and the matrix W, σ the logistic function, * the element-wise product.

Shape suffixes: B batch, I input units, H hidden units, G gates times hidden units.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Array: TypeAlias = NDArray[Any]
IntArray: TypeAlias = NDArray[np.int64]
"""Counts, positions and numbers of rows; ids of symbols are `text.vocabulary.Ids`."""
State: TypeAlias = tuple[Array, ...]
"""(h_BH, c_BH) of an LSTM, with peepholes or without; (h_BH,) of the other cells."""

GATES = {"lstm": 4, "lstm_peephole": 4, "gru": 3, "rnn": 1}
"""The number of gates of each cell: its matrices have as many blocks of H columns."""
STATES = {"lstm": 2, "lstm_peephole": 2, "gru": 1, "rnn": 1}
"""The number of vectors in the state of each cell."""


@dataclass(frozen=True)
class Layer:
    """The weights of one recurrent layer.

    Attributes:
        cell: lstm, lstm_peephole, gru or rnn.
        W_IG: from the input to all gates; the gates come in the order i f g o, or r z n. In a network at
            precision int8, W_IG and U_HG are of the class `plain.quantised.QuantisedMatrix`.
        U_HG: from h_{t-1} to all gates.
        b_G: bias of the gates.
        d_G: in a GRU, the bias that is added to h_{t-1} U. In the other cells b_G is the sum of both biases.
        initial: the learned state before the first step: a row for h and, in an LSTM, a row for c.
        peephole_3H: in an LSTM with peepholes, the weights from c to i, f and o; else None.
    """

    cell: str
    W_IG: Array
    U_HG: Array
    b_G: Array
    d_G: Array
    initial: Array
    peephole_3H: Array | None = None

    @classmethod
    def from_weights(cls, weights: Mapping[str, Any], prefix: str, cell: str) -> Layer:
        """Return a layer, given the weights of its network in PyTorch's names and layout."""
        b_G, d_G = weights[f"{prefix}.fused.bias_ih_l0"], weights[f"{prefix}.fused.bias_hh_l0"]
        return cls(
            cell=cell,
            W_IG=as_columns(weights[f"{prefix}.fused.weight_ih_l0"]),
            U_HG=as_columns(weights[f"{prefix}.fused.weight_hh_l0"]),
            b_G=b_G if cell == "gru" else b_G + d_G,
            d_G=d_G,
            initial=weights[f"{prefix}.initial"],
            peephole_3H=weights[f"{prefix}.peephole"] if cell == "lstm_peephole" else None,
        )

    def start(self, batch: int) -> State:
        """Return the state before the first step for `batch` sequences, each (B, H)."""
        return tuple(np.repeat(row[None], batch, axis=0) for row in self.initial)

    def project(self, x_BI: Array) -> Array:
        """Return x W + b, (B, G): the contribution of the input to the gates."""
        x_BG = x_BI @ self.W_IG
        x_BG += self.b_G
        return x_BG

    def step(self, x_BG: Array, state: State) -> tuple[Array, State]:
        """Return h_t and the state after it, given x_t W + b and the state after t - 1."""
        if self.cell == "lstm":
            return lstm(self, x_BG, *state)
        if self.cell == "lstm_peephole":
            return lstm_peephole(self, x_BG, *state)
        return (gru if self.cell == "gru" else rnn)(self, x_BG, *state)


def as_columns(weight: Any) -> Any:
    """Return a weight in the layout that x W needs: PyTorch's transposed, a `QuantisedMatrix` as it is."""
    return weight.T if isinstance(weight, np.ndarray) else weight


def sigmoid(x: Array) -> Array:
    """Return σ(x) = 1 / (1 + exp(-x)), in the form that does not overflow."""
    return np.asarray(0.5 * np.tanh(0.5 * x) + 0.5)


def lstm(layer: Layer, x_BG: Array, h_BH: Array, c_BH: Array) -> tuple[Array, State]:
    """Long short-term memory (Hochreiter and Schmidhuber 1997, Gers et al. 2000).

    i = σ(x W_i + h U_i + b_i)     input gate
    f = σ(x W_f + h U_f + b_f)     forget gate
    g = tanh(x W_g + h U_g + b_g)  candidate
    o = σ(x W_o + h U_o + b_o)     output gate
    c' = f * c + i * g            h' = o * tanh(c')
    """
    a_BG = h_BH @ layer.U_HG
    a_BG += x_BG
    H = h_BH.shape[1]
    # One call for i and f, which are neighbours.
    if_B2H, g_BH, o_BH = sigmoid(a_BG[:, : 2 * H]), np.tanh(a_BG[:, 2 * H : 3 * H]), sigmoid(a_BG[:, 3 * H :])
    c_BH = if_B2H[:, H:] * c_BH + if_B2H[:, :H] * g_BH
    h_BH = o_BH * np.tanh(c_BH)
    return h_BH, (h_BH, c_BH)


def lstm_peephole(layer: Layer, x_BG: Array, h_BH: Array, c_BH: Array) -> tuple[Array, State]:
    """An LSTM whose gates also see the cell, each unit its own (Gers and Schmidhuber 2000).

    i = σ(x W_i + h U_i + p_i * c + b_i)    f = σ(x W_f + h U_f + p_f * c + b_f)
    g = tanh(x W_g + h U_g + b_g)           c' = f * c + i * g
    o = σ(x W_o + h U_o + p_o * c' + b_o)   h' = o * tanh(c')
    """
    assert layer.peephole_3H is not None
    p_i, p_f, p_o = layer.peephole_3H
    i_BH, f_BH, g_BH, o_BH = np.split(x_BG + h_BH @ layer.U_HG, 4, axis=1)
    before_BH = c_BH
    c_BH = sigmoid(f_BH + p_f * before_BH) * before_BH + sigmoid(i_BH + p_i * before_BH) * np.tanh(g_BH)
    h_BH = sigmoid(o_BH + p_o * c_BH) * np.tanh(c_BH)
    return h_BH, (h_BH, c_BH)


def gru(layer: Layer, x_BG: Array, h_BH: Array) -> tuple[Array, State]:
    """Gated recurrent unit (Cho et al. 2014).

    r = σ(x W_r + b_r + h U_r + d_r)            z = σ(x W_z + b_z + h U_z + d_z)
    n = tanh(x W_n + b_n + r * (h U_n + d_n))   h' = (1 - z) * n + z * h
    """
    h_BG = h_BH @ layer.U_HG + layer.d_G
    H = h_BH.shape[1]
    rz_B2H = sigmoid(x_BG[:, : 2 * H] + h_BG[:, : 2 * H])
    n_BH = np.tanh(x_BG[:, 2 * H :] + rz_B2H[:, :H] * h_BG[:, 2 * H :])
    z_BH = rz_B2H[:, H:]
    h_BH = (1 - z_BH) * n_BH + z_BH * h_BH
    return h_BH, (h_BH,)


def rnn(layer: Layer, x_BG: Array, h_BH: Array) -> tuple[Array, State]:
    """Simple recurrent network (Elman 1990): h' = tanh(x W + b + h U)."""
    h_BH = np.tanh(x_BG + h_BH @ layer.U_HG)
    return h_BH, (h_BH,)
