"""The step network in PyTorch, for many sentences at once and for CUDA.

Whole sources are read by the fused modules. Decoding takes one step at a time, by the equations of `plain`,
with weights that are prepared once. At precision bf16, matrix products are computed in bf16; states,
normalisation and the output layer, which is small and makes the choice, in float32.

Shape suffixes: N hypotheses, B sentences, K hypotheses of each, S source positions, E embedding, H hidden
units, G gates times hidden units, X inputs of the output layer, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seq2seq.devices import autocast
from seq2seq.lag import FULL, Lag
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.layers import DotAttention, RecurrentLayer, TorchState
from seq2seq.plain.cells import IntArray
from seq2seq.plain.step import States, Step, copied_symbols, never_written
from seq2seq.plain.weights import FARTHEST
from seq2seq.text.vocabulary import END, Ids, Vocabulary, pad
from seq2seq.text.words import Place

LEAST_ROWS = 32
"""The fewest sources that are read together, if there are so many: products of fewer rows are slower."""
SIMILAR = 0.9
"""Beyond `LEAST_ROWS`, sources are read together if they are at least so long, relative to the longest."""


@dataclass
class TorchMemory:
    """The encoder states of a batch of sources.

    Attributes:
        states_BSH: the states, in the precision of products.
        whole_BG, unread_BS: the results of `gates` and `unread` at lag `full`, once they have been computed.
    """

    states_BSH: Tensor
    whole_BG: Tensor | None = None
    unread_BS: Tensor | None = None

    def unread(self, read_B: Tensor, lag: Lag) -> Tensor:
        """Return minus infinity for symbols after read(t), and zero for the others, (B, S).

        At lag `full` it is the same at every step, and is computed at the first one.
        """
        if lag == FULL and self.unread_BS is not None:
            return self.unread_BS
        source_S = torch.arange(1, self.states_BSH.shape[1] + 1, device=self.states_BSH.device)
        unread_BS = self.states_BSH.new_zeros((len(read_B), len(source_S)))
        unread_BS.masked_fill_(source_S > read_B[:, None], float("-inf"))
        if lag == FULL:
            self.unread_BS = unread_BS
        return unread_BS

    def gates(self, read_B: Tensor, from_read_HG: Tensor, lag: Lag) -> Tensor:
        """Return the contribution of the encoder states at read(t) to the gates of a layer, (B, G).

        At lag `full` it is the same at every step, and is computed at the first one.
        """
        if lag == FULL and self.whole_BG is not None:
            return self.whole_BG
        rows_B = torch.arange(len(read_B), device=self.states_BSH.device)
        read_BG = self.states_BSH[rows_B, read_B - 1] @ from_read_HG
        if lag == FULL:
            self.whole_BG = read_BG
        return read_BG

    def select(self, rows: IntArray) -> TorchMemory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""
        index = torch.from_numpy(rows).to(self.states_BSH.device)
        known = (
            None if part is None else part.index_select(0, index) for part in (self.whole_BG, self.unread_BS)
        )
        return TorchMemory(self.states_BSH.index_select(0, index), *known)


class TorchStepNetwork:
    """An encoder-decoder on its device; the methods are described in `plain.step.StepNetwork`.

    Args:
        network: in evaluation mode; its weights must not change afterwards.
        precision: fp32 or bf16.
        vocabulary: of both sides; with None no span is copied.
    """

    def __init__(
        self, network: EncoderDecoder, precision: str = "fp32", vocabulary: Vocabulary | None = None
    ) -> None:
        self.network, self.precision, self.copied = network, precision, copied_symbols(vocabulary)
        self.device = network.output.weight.device
        self.parallel = self.device.type == "cpu"
        products = torch.bfloat16 if precision == "bf16" else torch.float32
        with torch.inference_mode():
            self.layers = [_TorchLayer.of(layer, products) for layer in (network.bottom, *network.upper)]
            E = network.config.embedding
            # The bottom layer's input is [embedding of y_{t-1} ; encoder state at read(t)].
            self.from_symbol = replace(self.layers[0], W_IG=self.layers[0].W_IG[:E])
            self.from_read_HG = self.layers[0].W_IG[E:]
            self.query_HH = None if network.attention is None else _scaled_query(network.attention, products)
            self.output_bias = {copies: self._bias_of_output(copies) for copies in (False, True)}
            self._symbols: tuple[Lag | None, Tensor] = (None, self.from_read_HG)  # no lag so far
            self.trie = None if network.target_words is None else network.target_words.trie

    def _bias_of_output(self, copies: bool) -> Tensor:
        """Return the bias (V,) of the output layer: minus infinity for symbols that are never written."""
        bias_V = self.network.output.bias.detach().clone()
        bias_V[never_written(self.copied, copies and self.query_HH is not None)] = float("-inf")
        return bias_V

    @torch.inference_mode()
    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> TorchMemory:
        """Read a batch of whole sources; each layer is one fused call over all symbols.

        On a CPU sources of similar lengths are read together: a padded symbol takes as long as any other.
        """
        lengths_B = np.array([len(source) + 1 for source in sources])
        groups = similar_lengths(lengths_B) if self.parallel else [np.arange(len(sources))]
        if len(groups) == 1:
            return TorchMemory(self._encode(sources, lag))
        memory_BSH = torch.zeros(
            (len(sources), int(lengths_B.max()), self.network.config.hidden), dtype=self.from_read_HG.dtype
        )
        for rows in groups:
            states_GSH = self._encode([sources[row] for row in rows.tolist()], lag)
            memory_BSH[torch.from_numpy(rows), : states_GSH.shape[1]] = states_GSH
        return TorchMemory(memory_BSH)

    def _encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Tensor:
        """Return the encoder states (B, S, H) of sources that are read together."""
        source_BS = torch.from_numpy(pad(sources, None, END)).to(self.device)
        lengths_B = torch.tensor([len(source) + 1 for source in sources], device=self.device)
        with autocast(self.device, self.precision):
            states_BSH = self.network.encode(source_BS, lengths_B, lag)
        return states_BSH.to(self.from_read_HG.dtype).contiguous()

    def start(self, batch: int) -> States:
        """Return the states before y_1."""
        written_N, place = torch.zeros(batch, dtype=torch.long, device=self.device), Place.start(batch)
        return [*(layer.start(batch) for layer in self.layers), (place.node_B, place.last_B), (written_N,)]

    @torch.inference_mode()
    def step(
        self,
        previous_N: Ids,
        memory: TorchMemory,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        """Take one decoding step of all hypotheses."""
        network = self.network
        previous, read = (torch.from_numpy(ids).to(self.device) for ids in (previous_N, read_B))
        written_N = states[-1][0] + 1
        x_NG = self._symbol_gates(lag).index_select(0, previous)
        words, place = [], Place(*states[-2])
        if self.trie is not None:
            place, pair_N = self.trie.step(previous_N, place)
            words_NE = self._word_vectors(place.node_B, pair_N)
            x_NG.addmm_(words_NE.to(x_NG.dtype), self.from_symbol.W_IG)
            words = [words_NE]
        x_BKG = x_NG.view(len(read), -1, x_NG.shape[1])
        x_BKG += memory.gates(read, self.from_read_HG, lag)[:, None]
        below_NH, bottom = self.layers[0].step(x_NG, states[0])
        new, context, weights_NS = [bottom], [], None
        if self.query_HH is not None:
            bias_BS = self._attention_bias(read, memory, written_N[0], lag)
            query_NH = below_NH.to(self.query_HH.dtype) @ self.query_HH
            context_NH, weights_NS = _attend(query_NH, memory.states_BSH, bias_BS, attention)
            context = [context_NH]
        for norm, layer, state in zip(network.decoder_norms, self.layers[1:], states[1:], strict=False):
            out_NH, after = layer.step(layer.project([norm(below_NH), *context]), state)
            below_NH = below_NH + out_NH
            new.append(after)
        top_NX = torch.cat([network.decoder_norms[-1](below_NH), *context, *words], dim=-1)
        logits_NV = F.linear(top_NX, network.output.weight, self.output_bias[copies])
        return Step(
            log_probs_NV=logits_NV.log_softmax(dim=-1).cpu().numpy(),
            states=[*new, (place.node_B, place.last_B), (written_N,)],
            attention_NS=None if weights_NS is None else weights_NS.float().cpu().numpy(),
        )

    def _word_vectors(self, node_N: IntArray, pair_N: IntArray) -> Tensor:
        """Return the embeddings (N, E) of nodes and pairs."""
        words = self.network.target_words
        assert words is not None
        node, pair = (torch.from_numpy(ids).to(self.device) for ids in (node_N, pair_N))
        vectors_NE = words.nodes.weight[node]
        return vectors_NE if words.pairs is None else vectors_NE + words.pairs.weight[pair]

    def _symbol_gates(self, lag: Lag) -> Tensor:
        """Return the contribution of each symbol, as y_{t-1}, to the gates of the bottom layer, (V, G)."""
        known = self._symbols  # another thread may replace it by that of another lag
        if lag != known[0]:
            table_VE = self.network.target_embedding.weight
            if self.network.lag_embedding is not None:
                table_VE = table_VE + self.network.lag_embedding(lag)
            self._symbols = known = (lag, self.from_symbol.project([table_VE]))
        return known[1]

    def _attention_bias(self, read_B: Tensor, memory: TorchMemory, t: Tensor, lag: Lag) -> Tensor:
        """Return the bias of the attention scores at step t, (B, S): minus infinity after read(t)."""
        assert self.network.attention is not None
        near, states_BSH = self.network.attention.near, memory.states_BSH
        unread_BS = memory.unread(read_B, lag)
        if near is None:
            return unread_BS
        distance_S = torch.arange(1, states_BSH.shape[1] + 1, device=self.device) - t
        bias_S = near[distance_S.clamp_(-FARTHEST, FARTHEST).add_(FARTHEST)]
        return unread_BS + bias_S.to(unread_BS.dtype)


def similar_lengths(lengths_B: IntArray) -> list[IntArray]:
    """Return groups of rows of similar lengths, the longest first: many rows, or few of nearly one length."""
    order_B = (-lengths_B).argsort(kind="stable")
    groups, first = [], 0
    for place in range(1, len(order_B)):
        longest, length = lengths_B[order_B[first]], lengths_B[order_B[place]]
        if place - first >= LEAST_ROWS and length < SIMILAR * longest:
            groups.append(order_B[first:place])
            first = place
    return [*groups, order_B[first:]]


def _scaled_query(attention: DotAttention, products: torch.dtype) -> Tensor:
    return (attention.query.weight.detach().T * attention.scale).to(products)


def _attend(
    query_NH: Tensor, memory_BSH: Tensor, bias_BS: Tensor, weights: bool
) -> tuple[Tensor, Tensor | None]:
    """Return the context (N, H) and, if asked for, the attention weights (N, S).

    The hypotheses of a sentence share one memory, because reading it takes most of the time.
    """
    batch, _, hidden = memory_BSH.shape
    query_BKH, bias_B1S = query_NH.view(batch, -1, hidden), bias_BS[:, None]
    if not weights:
        args = (query_BKH[:, None], memory_BSH[:, None], memory_BSH[:, None], bias_B1S[:, None])
        return F.scaled_dot_product_attention(*args, scale=1.0).reshape(-1, hidden), None
    scores_BKS = query_BKH @ memory_BSH.transpose(1, 2) + bias_B1S
    weights_BKS = scores_BKS.float().softmax(dim=-1)
    context_BKH = weights_BKS.to(memory_BSH.dtype) @ memory_BSH
    return context_BKH.reshape(-1, hidden), weights_BKS.flatten(0, 1)


@dataclass(frozen=True)
class _TorchLayer:
    """The weights of one recurrent layer, as in `plain.cells.Layer`, in the precision of products.

    In an LSTM or RNN `b_G` is the sum of both biases.
    """

    cell: str
    W_IG: Tensor
    U_HG: Tensor
    b_G: Tensor
    d_G: Tensor
    initial: Tensor

    @classmethod
    def of(cls, layer: RecurrentLayer, products: torch.dtype) -> _TorchLayer:
        """Return the weights of a layer of the network."""
        W, U, b, d = (part.detach().to(products) for part in layer.fused.all_weights[0])
        return cls(layer.cell, W.T, U.T, b if layer.cell == "gru" else b + d, d, layer.initial.detach())

    def start(self, batch: int) -> TorchState:
        """Return the state before the first step, (B, H) each; h is in the precision of products."""
        h_BH, *c_BH = (row.expand(batch, -1) for row in self.initial)
        return (h_BH.to(self.U_HG.dtype), *c_BH)

    def project(self, parts: Sequence[Tensor]) -> Tensor:
        """Return x W + b for the input x that consists of `parts`: its contribution to the gates."""
        return torch.addmm(
            self.b_G, torch.cat([part.to(self.W_IG.dtype) for part in parts], dim=-1), self.W_IG
        )

    def step(self, x_BG: Tensor, state: TorchState) -> tuple[Tensor, TorchState]:
        """Return h_t in float32 and the state after it, given x W + b (overwritten) and the state before."""
        h_BH, H = state[0], state[0].shape[1]
        if self.cell == "gru":
            h_BG, x_BG = torch.addmm(self.d_G, h_BH, self.U_HG).float(), x_BG.float()
            rz_B2H = (x_BG[:, : 2 * H] + h_BG[:, : 2 * H]).sigmoid_()
            n_BH = (x_BG[:, 2 * H :] + rz_B2H[:, :H] * h_BG[:, 2 * H :]).tanh_()
            new_BH = torch.lerp(n_BH, h_BH.float(), rz_B2H[:, H:])
            return new_BH, (new_BH.to(h_BH.dtype),)
        # In float32: the elementwise functions are slower in bf16.
        a_BG = x_BG.addmm_(h_BH, self.U_HG).float()
        if self.cell == "rnn":
            new_BH = a_BG.tanh_()
            return new_BH, (new_BH.to(h_BH.dtype),)
        # tanh(a) = 2 σ(2 a) - 1: PyTorch's sigmoid takes a quarter of the time of its tanh.
        a_BG[:, 2 * H : 3 * H].mul_(2)
        i_BH, f_BH, g_BH, o_BH = a_BG.sigmoid_().chunk(4, dim=1)
        c_BH = (f_BH * state[1]).addcmul_(i_BH, g_BH.mul_(2).sub_(1))
        new_BH = (c_BH * 2).sigmoid_().mul_(2).sub_(1).mul_(o_BH)
        return new_BH, (new_BH.to(h_BH.dtype), c_BH)
