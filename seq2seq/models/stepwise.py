"""The step network in PyTorch, for many sentences at once and for CUDA.

Whole sources are read by the fused modules. Decoding takes one step at a time, by the equations of `plain`,
with weights that are prepared once. At precision bf16 or int8, the large matrix products are computed in it;
states, normalisation and the output layer, which is small and makes the choice, in float32, and the attention
in the faster of the precisions.

Shape suffixes: N hypotheses, B sentences, K hypotheses of each, S source positions, E embedding, H hidden
units, G gates times hidden units, X inputs of the output layer, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from seq2seq.devices import attention_type, autocast
from seq2seq.lag import FULL, Lag
from seq2seq.models.attention import energies, split
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.int8_encoder import Int8Encoder
from seq2seq.models.products import Product, product_of
from seq2seq.models.step_layer import StepLayer, bound_of, symbol_gates
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
        states_BSH: the states, in the precision of the attention.
        whole_BG, unread_BS: the results of `gates` and `unread` at lag `full`, once they have been computed.
        keys_BSH: the result of `keys`, likewise.
    """

    states_BSH: Tensor
    whole_BG: Tensor | None = None
    unread_BS: Tensor | None = None
    keys_BSH: Tensor | None = None

    def keys(self, key: Product) -> Tensor:
        """Return the keys of the additive attention, (B, S, H); they are computed at the first step."""
        if self.keys_BSH is None:
            states_BSH = self.states_BSH
            self.keys_BSH = key(states_BSH.flatten(0, 1)).view(states_BSH.shape).to(states_BSH.dtype)
        return self.keys_BSH

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

    def gates(self, read_B: Tensor, from_read: Product, lag: Lag) -> Tensor:
        """Return the contribution of the encoder states at read(t) to the gates of a layer, (B, G).

        At lag `full` it is the same at every step, and is computed at the first one.
        """
        if lag == FULL and self.whole_BG is not None:
            return self.whole_BG
        rows_B = torch.arange(len(read_B), device=self.states_BSH.device)
        read_BG = from_read(self.states_BSH[rows_B, read_B - 1])
        if lag == FULL:
            self.whole_BG = read_BG
        return read_BG

    def select(self, rows: IntArray) -> TorchMemory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""
        index = torch.from_numpy(rows).to(self.states_BSH.device)
        parts = self.whole_BG, self.unread_BS, self.keys_BSH
        known = (None if part is None else part.index_select(0, index) for part in parts)
        return TorchMemory(self.states_BSH.index_select(0, index), *known)


class TorchStepNetwork:
    """An encoder-decoder on its device; the methods are described in `plain.step.StepNetwork`.

    Args:
        network: in evaluation mode; its weights must not change afterwards.
        precision: fp32, bf16 or int8.
        vocabulary: of both sides; with None no span is copied.
    """

    def __init__(
        self, network: EncoderDecoder, precision: str = "fp32", vocabulary: Vocabulary | None = None
    ) -> None:
        self.network, self.precision, self.copied = network, precision, copied_symbols(vocabulary)
        self.device = network.output.weight.device
        self.parallel = self.device.type == "cpu"
        self.attention_type = attention_type(self.device, precision)
        bottom, attention = network.bottom, network.attention
        E = network.config.embedding
        with torch.inference_mode():
            # The bottom layer's input is [embedding of y_{t-1} ; encoder state at read(t)].
            layers = [StepLayer.of(bottom, precision, slice(E))]
            self.layers = layers + [StepLayer.of(layer, precision) for layer in network.upper]
            W_GI = bottom.fused.all_weights[0][0]
            self.from_read = product_of(W_GI, precision, inputs=slice(E, None))
            self.query = self.key = None
            if attention is not None:
                weight, bound = attention.query.weight, bound_of(bottom)
                self.query = product_of(weight, precision, bound, factor=attention.scale)
                if attention.key is not None:
                    self.key = product_of(attention.key.weight, precision)
            self.int8_encoder = Int8Encoder(network) if precision == "int8" else None
            self.output_bias = {copies: self._bias_of_output(copies) for copies in (False, True)}
            self._symbols: tuple[Lag | None, Tensor] = (None, W_GI)  # no lag so far
            self.trie = None if network.target_words is None else network.target_words.trie

    def _bias_of_output(self, copies: bool) -> Tensor:
        """Return the bias (V,) of the output layer: minus infinity for symbols that are never written."""
        bias_V = self.network.output.bias.detach().clone()
        bias_V[never_written(self.copied, copies and self.query is not None)] = float("-inf")
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
            (len(sources), int(lengths_B.max()), self.network.config.hidden), dtype=self.attention_type
        )
        for rows in groups:
            states_GSH = self._encode([sources[row] for row in rows.tolist()], lag)
            memory_BSH[torch.from_numpy(rows), : states_GSH.shape[1]] = states_GSH
        return TorchMemory(memory_BSH)

    def _encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Tensor:
        """Return the encoder states (B, S, H) of sources that are read together."""
        source_BS = torch.from_numpy(pad(sources, None, END)).to(self.device)
        lengths_B = torch.tensor([len(source) + 1 for source in sources], device=self.device)
        if self.int8_encoder is not None:
            states_BSH = self.int8_encoder.encode(source_BS, lengths_B, lag)
        else:
            with autocast(self.device, self.precision):
                states_BSH = self.network.encode(source_BS, lengths_B, lag)
        return states_BSH.to(self.attention_type).contiguous()

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
            x_NG = self.layers[0].input.add_to(x_NG, words_NE)
            words = [words_NE]
        x_BKG = x_NG.view(len(read), -1, x_NG.shape[1])
        x_BKG += memory.gates(read, self.from_read, lag)[:, None]
        below_NH, bottom = self.layers[0].step(x_NG, states[0])
        new, context, weights_NS = [bottom], [], None
        if self.query is not None:
            query_NH = self.query(self.layers[0].kept(bottom)).to(memory.states_BSH.dtype)
            bias_BK1S = self._attention_bias(read, memory, written_N[0], lag)
            context_NH, weights_NS = self._attend(query_NH, memory, bias_BK1S, attention)
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
            self._symbols = known = (lag, symbol_gates(self.network.bottom, self.precision, table_VE))
        return known[1]

    def _attention_bias(self, read_B: Tensor, memory: TorchMemory, t: Tensor, lag: Lag) -> Tensor:
        """Return the bias of the attention scores at step t: minus infinity after read(t).

        It is (B, K, 1, S) for K heads with a bias by distance, and otherwise (B, 1, 1, S).
        """
        assert self.network.attention is not None
        near, states_BSH = self.network.attention.near, memory.states_BSH
        unread_B11S = memory.unread(read_B, lag)[:, None, None]
        if near is None:
            return unread_B11S
        distance_S = torch.arange(1, states_BSH.shape[1] + 1, device=self.device) - t
        index_S = distance_S.clamp_(-FARTHEST, FARTHEST).add_(FARTHEST)
        bias_K1S = near.view(self.network.attention.heads, 1, -1)[..., index_S]
        return unread_B11S + bias_K1S.to(unread_B11S.dtype)

    def _attend(
        self, query_NH: Tensor, memory: TorchMemory, bias_BK1S: Tensor, weights: bool
    ) -> tuple[Tensor, Tensor | None]:
        """Return the context (N, H) and, if asked for, the attention weights (N, S), the mean over the heads.

        The hypotheses of a sentence share one memory, because reading it takes most of the time.
        """
        attention, memory_BSH = self.network.attention, memory.states_BSH
        assert attention is not None
        batch, size, hidden = memory_BSH.shape
        query_BJH = query_NH.view(batch, -1, hidden)
        query_BKJD, memory_BKSD = split(query_BJH, attention.heads), split(memory_BSH, attention.heads)
        if self.key is not None:
            assert attention.energy is not None
            energy_H = attention.energy.to(memory_BSH.dtype)
            scores_BKJS = energies(query_BJH, memory.keys(self.key), energy_H, attention.heads)
        elif weights:
            scores_BKJS = query_BKJD @ memory_BKSD.transpose(-1, -2)
        else:
            args = (query_BKJD, memory_BKSD, memory_BKSD, bias_BK1S)
            context_BKJD = F.scaled_dot_product_attention(*args, scale=1.0)
            return context_BKJD.transpose(1, 2).reshape(-1, hidden), None
        weights_BKJS = (scores_BKJS + bias_BK1S).float().softmax(dim=-1)
        context_BKJD = weights_BKJS.to(memory_BSH.dtype) @ memory_BKSD
        weights_NS = weights_BKJS.mean(dim=1).view(-1, size) if weights else None
        return context_BKJD.transpose(1, 2).reshape(-1, hidden), weights_NS


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
