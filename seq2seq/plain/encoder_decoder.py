"""The encoder-decoder in NumPy, for single sentences and for text that is still arriving.

It computes the same as `models.encoder_decoder`, which shows a drawing of the network. Importing PyTorch
takes longer than translating a sentence here.

Shape suffixes: B sentences, N hypotheses, K of each sentence side by side, S source positions,
E embedding, H hidden units, G gates times hidden units, X inputs of the output layer, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import FULL, Lag
from seq2seq.plain.attention import NumpyAttention, NumpyMemory
from seq2seq.plain.cells import Array, IntArray, Layer, State, as_columns
from seq2seq.plain.quantised import QuantisedMatrix, quantised
from seq2seq.plain.step import States, Step, copied_symbols, log_softmax, never_written
from seq2seq.storage.int8 import Weight, as_real
from seq2seq.text.vocabulary import END, Ids, Vocabulary, pad
from seq2seq.text.words import TRIE_ARRAYS, Place, WordTrie, letter_table


class NumpyEncoderDecoder:
    """The encoder-decoder of a model file.

    Args:
        config: sizes and kinds.
        weights: arrays by the names that they have in the model file; see `plain.weights`.
        vocabulary: of both sides; None for a network without words and kinds of spans.
        precision: fp32, or int8 for the products of recurrent layers, of the attention's query and of words.
    """

    parallel = False  # NumPy holds Python's lock for most of a step

    def __init__(
        self,
        config: ModelConfig,
        weights: Mapping[str, Weight],
        vocabulary: Vocabulary | None = None,
        precision: str = "fp32",
    ) -> None:
        own = {name: weight for name, weight in weights.items() if "_words." not in name}
        w: Mapping[str, Any] = quantised(own) if precision == "int8" else as_real(own, "float32")
        self.config = config
        self.copied = copied_symbols(vocabulary)
        self.source_words, self.target_words = (
            _WordVectors.of(weights, side, letter_table(vocabulary))
            if vocabulary and config.word_nodes
            else None
            for side in ("source_words", "target_words")
        )
        self.word_memory_EH = as_columns(w["word_memory.weight"]) if self.source_words else None
        self.source_embedding = w["source_embedding.weight"]
        self.target_embedding = w["target_embedding.weight"]
        self.lag_table = w.get("lag_embedding.table.weight")
        self.encoder = [
            Layer.from_weights(w, f"encoder.{i}", config.cell) for i in range(config.encoder_layers)
        ]
        self.encoder_norms = [_Norm(w, f"encoder_norms.{i}") for i in range(config.encoder_layers)]
        self.backward_encoder = (
            Layer.from_weights(w, "backward_encoder", config.cell) if config.bidirectional else None
        )
        self.attention = None if config.attention == "none" else NumpyAttention(w, config)
        self.decoder = [Layer.from_weights(w, "bottom", config.cell)] + [
            Layer.from_weights(w, f"upper.{i}", config.cell) for i in range(config.decoder_layers - 1)
        ]
        self.decoder_norms = [_Norm(w, f"decoder_norms.{i}") for i in range(config.decoder_layers)]
        self.output_XV, self.output_bias_V = w["output.weight"].T, w["output.bias"]
        # x W + b of each symbol is computed once: for the bottom layer of the encoder and, for one lag at a
        # time, of the decoder, whose input is [embedding of y_{t-1} ; encoder state at read(t)].
        self.source_gates_VG = _with_real(self.encoder[0]).project(self.source_embedding)
        self.target_gates_VG: tuple[Lag | None, Array] = (None, self.source_gates_VG)
        self.bottom_from_symbol = replace(self.decoder[0], W_IG=self.decoder[0].W_IG[: config.embedding])
        self.encoder_from_word_EG = self.encoder[0].W_IG
        self.bottom_from_read_HG = self.decoder[0].W_IG[config.embedding :]

    # Reading.

    def start_reading(self, batch: int) -> tuple[NumpyMemory, Reading]:
        """Return an empty memory and the reader's state before x_1."""
        nothing = np.empty((batch, 0, self.config.hidden), np.float32)
        return NumpyMemory(nothing), Reading(
            [layer.start(batch) for layer in self.encoder], Place.start(batch)
        )

    def read(self, symbol_B: Ids, reading: Reading) -> tuple[Array, Reading]:
        """Read one source symbol; return its encoder state (B, H) and the reader's state after it."""
        words_BE, place = self._look_up(symbol_B, reading.place)
        below_BH, states = self._read_layers(symbol_B, words_BE, reading.states)
        return self._remember(below_BH, words_BE), Reading(states, place)

    def _look_up(self, symbol_B: Ids, place: Place) -> tuple[Array | None, Place]:
        return (None, place) if self.source_words is None else self.source_words.step(symbol_B, place)

    def _remember(self, below: Array, words: Array | None) -> Array:
        """Return encoder states, given the outputs of the last layer and the embeddings of words."""
        states = self.encoder_norms[-1](below)
        return states if words is None else np.asarray(states + words @ self.word_memory_EH)

    def _read_layers(
        self, symbol_B: Ids, words_BE: Array | None, states: list[State]
    ) -> tuple[Array, list[State]]:
        x_BG = self.source_gates_VG[symbol_B]
        if words_BE is not None:
            x_BG = x_BG + words_BE @ self.encoder_from_word_EG
        below_BH, first = self.encoder[0].step(x_BG, states[0])
        new = [first]
        for norm, layer, state in zip(self.encoder_norms, self.encoder[1:], states[1:], strict=False):
            out_BH, after = layer.step(layer.project(norm(below_BH)), state)
            below_BH = below_BH + out_BH
            new.append(after)
        return below_BH, new

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> NumpyMemory:
        """Read whole sources, ids without marks, side by side; return their memory for a lag."""
        # The longest first: the sentences that are not finished are always the first rows.
        lengths_B = np.array([len(source) + 1 for source in sources])
        order_B = lengths_B.argsort(kind="stable")[::-1]
        source_BS = pad([sources[row] for row in order_B], None, END)
        live_S = [int(np.count_nonzero(lengths_B > s)) for s in range(source_BS.shape[1])]
        states = [layer.start(len(sources)) for layer in self.encoder]
        words_BSE = None if self.source_words is None else self.source_words.walk(source_BS)
        below_BSH = np.zeros((*source_BS.shape, self.config.hidden), np.float32)
        for s, live in enumerate(live_S):
            states = [tuple(part[:live] for part in state) for state in states]
            words_BE = None if words_BSE is None else words_BSE[:live, s]
            below_BSH[:live, s], states = self._read_layers(source_BS[:live, s], words_BE, states)
        if self.backward_encoder is not None and lag == FULL:
            self._read_backwards(self.backward_encoder, source_BS, words_BSE, live_S, below_BSH)
        return NumpyMemory(self._remember(below_BSH, words_BSE)[order_B.argsort()])

    def _read_backwards(
        self, layer: Layer, source_BS: Ids, words_BSE: Array | None, live_S: list[int], out_BSH: Array
    ) -> None:
        """Add the states of the backward layer, which starts at each end mark, to `out_BSH`."""
        state = layer.start(0)
        for s in reversed(range(len(live_S))):
            joining = layer.start(live_S[s] - len(state[0]))
            state = tuple(map(np.concatenate, zip(state, joining, strict=True)))
            x_BE = self.source_embedding[source_BS[: live_S[s], s]]
            x_BG = layer.project(x_BE if words_BSE is None else x_BE + words_BSE[: live_S[s], s])
            h_BH, state = layer.step(x_BG, state)
            out_BSH[: live_S[s], s] += h_BH

    # Writing.

    def start(self, batch: int) -> States:
        """Return the states before y_1: of the layers, the place in the word trie, the symbols written."""
        place = Place.start(batch)
        last = (place.node_B, place.last_B), (np.zeros(batch, np.int64),)
        return [*(layer.start(batch) for layer in self.decoder), *last]

    def step(
        self,
        previous_N: Ids,
        memory: NumpyMemory,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        """Take one decoding step; see `plain.step.StepNetwork`."""
        written_N = states[-1][0] + 1
        x_NG, words, place = self._symbol_gates(previous_N, lag), [], Place(*states[-2])
        if self.target_words is not None:
            words_NE, place = self.target_words.step(previous_N, place)
            x_NG, words = x_NG + words_NE @ self.bottom_from_symbol.W_IG, [words_NE]
        x_BKG = x_NG.reshape(len(read_B), -1, x_NG.shape[1])
        x_BKG += memory.gates(read_B, self.bottom_from_read_HG, lag)[:, None]
        below_NH, bottom = self.decoder[0].step(x_NG, states[0])
        new, context, weights_NS = [bottom], [], None
        if self.attention is not None:
            context_NH, weights_NS = self.attention(below_NH, memory, read_B, int(written_N[0]))
            context = [context_NH]
        for norm, layer, state in zip(self.decoder_norms, self.decoder[1:], states[1:], strict=False):
            x_NG = layer.project(np.concatenate([norm(below_NH), *context], axis=1))
            out_NH, after = layer.step(x_NG, state)
            below_NH = below_NH + out_NH
            new.append(after)
        top_NX = np.concatenate([self.decoder_norms[-1](below_NH), *context, *words], axis=1)
        log_probs_NV = log_softmax(
            top_NX @ self.output_XV + self.output_bias_V,
            never_written(self.copied, copies and self.attention is not None),
        )
        then = [*new, (place.node_B, place.last_B), (written_N,)]
        return Step(log_probs_NV, then, weights_NS if attention else None)

    def _symbol_gates(self, previous_N: Ids, lag: Lag) -> Array:
        """Return the contribution of y_{t-1} to the gates of the bottom layer, (N, G)."""
        known = self.target_gates_VG  # another thread may replace it by that of another lag
        if lag != known[0]:
            embedding_VE = self.target_embedding + self._embed_lag(lag)
            self.target_gates_VG = known = (lag, _with_real(self.bottom_from_symbol).project(embedding_VE))
        return np.asarray(known[1][previous_N])

    def _embed_lag(self, lag: Lag) -> Array | float:
        """Return the embedding (E,) of a lag, interpolated as in `models.layers.LagEmbedding`."""
        if self.lag_table is None:
            return 0.0
        if lag == FULL:
            return np.asarray(self.lag_table[-1])
        place = math.log2(1 + lag)
        low = math.floor(place)
        low_E, high_E = self.lag_table[low], self.lag_table[low + 1]
        return np.asarray(low_E + np.float32(place - low) * (high_E - low_E))


def _with_real(layer: Layer) -> Layer:
    """Return a layer whose input weights are real numbers: symbols are not rounded, only what is computed."""
    return replace(layer, W_IG=layer.W_IG.real()) if isinstance(layer.W_IG, QuantisedMatrix) else layer


@dataclass(frozen=True)
class Reading:
    """The state of the encoder: the states of its layers, and its place in the word trie."""

    states: list[State]
    place: Place


@dataclass(frozen=True)
class _WordVectors:
    """The embeddings of the nodes of a word trie, and of pairs of a word and the node after it."""

    trie: WordTrie
    nodes_NE: Weight
    pairs_QE: Weight | None

    @classmethod
    def of(cls, weights: Mapping[str, Weight], prefix: str, letter_V: NDArray[np.int64]) -> _WordVectors:
        arrays = (np.asarray(weights[f"{prefix}.{name}"], np.int64) for name in TRIE_ARRAYS)
        pairs = weights.get(f"{prefix}.pairs.weight")
        return cls(WordTrie(letter_V, *arrays), weights[f"{prefix}.nodes.weight"], pairs)

    def step(self, symbol_B: Ids, place: Place) -> tuple[Array, Place]:
        """Return the embeddings (B, E) of one more symbol, and the place after it."""
        place, pair_B = self.trie.step(symbol_B, place)
        return self._vectors(place.node_B, pair_B), place

    def walk(self, ids_BL: Ids) -> Array:
        """Return the embeddings (B, L, E) of all positions."""
        return self._vectors(*self.trie.walk(ids_BL))

    def _vectors(self, nodes: IntArray, pairs: IntArray) -> Array:
        vectors = np.asarray(self.nodes_NE[nodes], np.float32)
        return vectors if self.pairs_QE is None else vectors + np.asarray(self.pairs_QE[pairs], np.float32)


class _Norm:
    """Layer normalisation (Ba et al. 2016)."""

    def __init__(self, weights: Mapping[str, Array], prefix: str) -> None:
        self.gain_H, self.bias_H = weights[f"{prefix}.weight"], weights[f"{prefix}.bias"]

    def __call__(self, x: Array) -> Array:
        H = x.shape[-1]
        centred = x - x.sum(axis=-1, keepdims=True) / H
        variance = np.square(centred).sum(axis=-1, keepdims=True) / H
        return np.asarray(centred / np.sqrt(variance + np.float32(1e-5)) * self.gain_H + self.bias_H)
