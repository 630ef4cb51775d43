"""One recurrent layer of an encoder-decoder, one step at a time, in the precision of decoding.

The weights are prepared once. States, gates and sums are in float32; products are those of `models.products`.

Shape suffixes: B rows, I input units, H hidden units, G gates times hidden units, E embedding, V symbols.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor, nn

from seq2seq.models.layers import RecurrentLayer, TorchState
from seq2seq.models.products import Product, product_of, product_type
from seq2seq.plain.quantised import state_bound
from seq2seq.storage.int8 import Int8Rows


@dataclass(frozen=True)
class StepLayer:
    """The weights of one recurrent layer; names as in `plain.cells.Layer`.

    Attributes:
        cell: lstm, lstm_peephole, gru or rnn.
        input: x W.
        recurrent: h U.
        b_G: bias of the gates; in an LSTM or RNN the sum of both biases.
        d_G: in a GRU, the bias that is added to h U.
        initial: the learned state before the first step, in float32.
        peephole_3H: as in `plain.cells.Layer`.
    """

    cell: str
    input: Product
    recurrent: Product
    b_G: Tensor
    d_G: Tensor
    initial: Tensor
    peephole_3H: Tensor | None = None

    @classmethod
    def of(cls, layer: nn.Module, precision: str, inputs: slice = slice(None)) -> StepLayer:
        """Return the weights of a recurrent layer of the network, with some of its inputs or all."""
        assert isinstance(layer, RecurrentLayer)
        W_GI, U_GH, b_G, d_G = (part.detach() for part in layer.fused.all_weights[0])
        b_G, d_G = (bias.to(product_type(precision)) for bias in (b_G, d_G))
        return cls(
            layer.cell,
            input=product_of(W_GI, precision, inputs=inputs),
            recurrent=product_of(U_GH, precision, bound_of(layer)),
            b_G=b_G if layer.cell == "gru" else b_G + d_G,
            d_G=d_G,
            initial=layer.initial.detach(),
            peephole_3H=None if layer.peephole is None else layer.peephole.detach(),
        )

    def start(self, batch: int) -> TorchState:
        """Return the state before the first step, (B, H) each."""
        h_BH, *c_BH = (row.expand(batch, -1) for row in self.initial)
        return (h_BH if self.cell == "gru" else self.recurrent.keep(h_BH), *c_BH)

    def project(self, parts: Sequence[Tensor]) -> Tensor:
        """Return x W + b for the input x that consists of `parts`: its contribution to the gates."""
        return self.input.add_to(self.b_G, torch.cat(list(parts), dim=-1))

    def kept(self, state: TorchState) -> Tensor:
        """Return h of a state as products read it, which is how an LSTM and an RNN keep it."""
        return self.recurrent.keep(state[0]) if self.cell == "gru" else state[0]

    def step(self, x_BG: Tensor, state: TorchState) -> tuple[Tensor, TorchState]:
        """Return h_t in float32 and the state after it, given x W + b, which may be overwritten."""
        H = state[0].shape[1]
        if self.cell == "gru":
            h_BG, x_BG = self.recurrent.add_to(self.d_G, self.kept(state)).float(), x_BG.float()
            rz_B2H = (x_BG[:, : 2 * H] + h_BG[:, : 2 * H]).sigmoid_()
            n_BH = (x_BG[:, 2 * H :] + rz_B2H[:, :H] * h_BG[:, 2 * H :]).tanh_()
            new_BH = torch.lerp(n_BH, state[0], rz_B2H[:, H:])
            return new_BH, (new_BH,)
        # In float32: the elementwise functions are slower in bf16.
        a_BG = self.recurrent.add_to(x_BG, state[0]).float()
        if self.cell == "rnn":
            new_BH = a_BG.tanh_()
            return new_BH, (self.recurrent.keep(new_BH),)
        if self.peephole_3H is not None:
            p_i, p_f, p_o = self.peephole_3H
            i_BH, f_BH, g_BH, o_BH = a_BG.chunk(4, dim=1)
            i_BH, f_BH = (i_BH + p_i * state[1]).sigmoid_(), (f_BH + p_f * state[1]).sigmoid_()
            c_BH = (f_BH * state[1]).addcmul_(i_BH, g_BH.tanh())
            new_BH = (o_BH + p_o * c_BH).sigmoid_().mul_(c_BH.tanh())
            return new_BH, (self.recurrent.keep(new_BH), c_BH)
        # tanh(a) = 2 σ(2 a) - 1: PyTorch's sigmoid takes a quarter of the time of its tanh.
        a_BG[:, 2 * H : 3 * H].mul_(2)
        i_BH, f_BH, g_BH, o_BH = a_BG.sigmoid_().chunk(4, dim=1)
        c_BH = (f_BH * state[1]).addcmul_(i_BH, g_BH.mul_(2).sub_(1))
        new_BH = (c_BH * 2).sigmoid_().mul_(2).sub_(1).mul_(o_BH)
        return new_BH, (self.recurrent.keep(new_BH), c_BH)


def bound_of(layer: RecurrentLayer) -> float:
    """Return the largest absolute value of an output of a layer."""
    return state_bound(layer.initial.detach().cpu().numpy())


def symbol_gates(layer: nn.Module, precision: str, table_VE: Tensor) -> Tensor:
    """Return x W + b of each row of a table of embeddings, the first inputs of a layer, (V, G).

    In int8 the weights are rounded, but not the embeddings: each symbol is computed once.
    """
    assert isinstance(layer, RecurrentLayer)
    E, dtype = table_VE.shape[1], product_type(precision)
    W_GI, _, b_G, d_G = (part.detach() for part in layer.fused.all_weights[0])
    if precision == "int8":
        W_GI = torch.from_numpy(np.asarray(Int8Rows.of(W_GI.cpu().numpy()))).to(table_VE.device)
    b_G, d_G = b_G.to(dtype), d_G.to(dtype)
    bias_G = b_G if layer.cell == "gru" else b_G + d_G
    return torch.addmm(bias_G, table_VE.to(dtype), W_GI[:, :E].T.to(dtype))
