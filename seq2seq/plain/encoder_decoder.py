"""The translator as equations, for single sentences and for text that is still arriving.

It computes what `models.encoder_decoder` computes, which has a drawing of the network, without PyTorch, whose
import alone takes longer than translating a sentence here.

Shape suffixes: B batch, S source positions, E embedding, H hidden units, V vocabulary.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq.batching import pad
from seq2seq.config import ModelConfig
from seq2seq.lag import FULL, Lag
from seq2seq.plain.cells import GATES, Array, Layer, State
from seq2seq.runtime import Ids, States, Step, log_softmax
from seq2seq.text import END

FARTHEST = 100
"""Distances beyond this many characters share a bias of the attention."""


class Memory:
    """Encoder states of what has been read so far, with room for more.

    Args:
        states_BSH: one for each source symbol.
    """

    def __init__(self, states_BSH: Array) -> None:
        self._room = states_BSH
        self.size = states_BSH.shape[1]

    @property
    def states_BSH(self) -> Array:
        """The encoder states so far."""
        return self._room[:, : self.size]

    def append(self, state_BH: Array) -> None:
        """Add the state of one more symbol. The room doubles when it is used up: copying stays linear."""
        if self.size == self._room.shape[1]:
            more = np.empty_like(self._room, shape=(len(state_BH), max(16, self.size), state_BH.shape[1]))
            self._room = np.concatenate([self._room, more], axis=1)
        self._room[:, self.size] = state_BH
        self.size += 1

    def select(self, rows: Ids) -> Memory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""
        return Memory(self.states_BSH[rows])


class EncoderDecoder:
    """The network of a model file.

    Args:
        config: sizes and kinds.
        weights: arrays by the names that they have in the model file; see `weight_shapes`.
    """

    def __init__(self, config: ModelConfig, weights: Mapping[str, NDArray[np.floating]]) -> None:
        w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
        self.config = config
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
        self.attention = _Attention(w, config.hidden) if config.attention == "dot" else None
        self.decoder = [Layer.from_weights(w, "bottom", config.cell)] + [
            Layer.from_weights(w, f"upper.{i}", config.cell) for i in range(config.decoder_layers - 1)
        ]
        self.decoder_norms = [_Norm(w, f"decoder_norms.{i}") for i in range(config.decoder_layers)]
        self.output_XV, self.output_bias_V = np.ascontiguousarray(w["output.weight"].T), w["output.bias"]

    # Reading.

    def start_reading(self, batch: int) -> tuple[Memory, list[State]]:
        """Return an empty memory and the encoder layers' states before x_1."""
        nothing = np.empty((batch, 0, self.config.hidden), np.float32)
        return Memory(nothing), [layer.start(batch) for layer in self.encoder]

    def read(self, symbol_B: Ids, states: list[State]) -> tuple[Array, list[State]]:
        """Read one source symbol; return its encoder state (B, H) and the layers' states after it."""
        below_BH, after = self._read_layers(symbol_B, states)
        return self.encoder_norms[-1](below_BH), after

    def _read_layers(self, symbol_B: Ids, states: list[State]) -> tuple[Array, list[State]]:
        below_BH, first = self.encoder[0].step(self.source_embedding[symbol_B], states[0])
        new = [first]
        for norm, layer, state in zip(self.encoder_norms, self.encoder[1:], states[1:], strict=False):
            out_BH, after = layer.step(norm(below_BH), state)
            below_BH = below_BH + out_BH
            new.append(after)
        return below_BH, new

    def encode(self, sources: Sequence[Sequence[int]]) -> Memory:
        """Read whole sources, ids without marks, side by side; return their memory."""
        source_BS = pad(sources, None, END)
        _, states = self.start_reading(len(sources))
        below_BSH = np.empty((*source_BS.shape, self.config.hidden), np.float32)
        for s, symbol_B in enumerate(source_BS.T):
            below_BSH[:, s], states = self._read_layers(symbol_B, states)
        if self.backward_encoder is not None:
            below_BSH += self._read_backwards(source_BS, [len(source) + 1 for source in sources])
        return Memory(self.encoder_norms[-1](below_BSH))

    def _read_backwards(self, source_BS: Ids, lengths: list[int]) -> Array:
        """States of the layer that reads from the end mark to the front, in the order of the source."""
        assert self.backward_encoder is not None
        out_BSH = np.zeros((*source_BS.shape, self.config.hidden), np.float32)
        for out_SH, source_S, length in zip(out_BSH, source_BS, lengths, strict=True):
            state = self.backward_encoder.start(1)
            for s in reversed(range(length)):
                h_1H, state = self.backward_encoder.step(self.source_embedding[source_S[s : s + 1]], state)
                out_SH[s] = h_1H[0]
        return out_BSH

    # Writing.

    def start(self, batch: int) -> States:
        """Return the states before y_1: of each layer, and how much has been written, (B,)."""
        return [*(layer.start(batch) for layer in self.decoder), (np.zeros(batch, np.int64),)]

    def step(
        self, previous_B: Ids, memory: Memory, read_B: Ids, states: States, lag: Lag, attention: bool = False
    ) -> Step:
        """Write one symbol; see `runtime.Runtime`."""
        memory_BSH = memory.states_BSH
        written_B = states[-1][0] + 1
        y_BE = self.target_embedding[previous_B] + self._embed_lag(lag)
        at_read_BH = memory_BSH[np.arange(len(read_B)), read_B - 1]
        below_BH, bottom = self.decoder[0].step(np.concatenate([y_BE, at_read_BH], axis=1), states[0])
        new, context, weights_BS = [bottom], [], None
        if self.attention is not None:
            context_BH, weights_BS = self.attention(below_BH, memory_BSH, read_B, int(written_B[0]))
            context = [context_BH]
        for norm, layer, state in zip(self.decoder_norms, self.decoder[1:], states[1:], strict=False):
            out_BH, after = layer.step(np.concatenate([norm(below_BH), *context], axis=1), state)
            below_BH = below_BH + out_BH
            new.append(after)
        top_BX = np.concatenate([self.decoder_norms[-1](below_BH), *context], axis=1)
        log_probs_BV = log_softmax(top_BX @ self.output_XV + self.output_bias_V)
        return Step(log_probs_BV, [*new, (written_B,)], weights_BS if attention else None)

    def _embed_lag(self, lag: Lag) -> Array | float:
        """The vector (E,) of a lag, between the learned ones at τ = 0, 1, 3, 7, …; the last is of `full`."""
        if self.lag_table is None:
            return 0.0
        if lag == FULL:
            return np.asarray(self.lag_table[-1])
        place = math.log2(1 + lag)
        low = math.floor(place)
        low_E, high_E = self.lag_table[low], self.lag_table[low + 1]
        return np.asarray(low_E + np.float32(place - low) * (high_E - low_E))


class _Norm:
    """Layer normalisation (Ba et al. 2016)."""

    def __init__(self, weights: Mapping[str, Array], prefix: str) -> None:
        self.gain_H, self.bias_H = weights[f"{prefix}.weight"], weights[f"{prefix}.bias"]

    def __call__(self, x: Array) -> Array:
        centred = x - x.mean(axis=-1, keepdims=True)
        variance = np.square(centred).mean(axis=-1, keepdims=True)
        return np.asarray(centred / np.sqrt(variance + np.float32(1e-5)) * self.gain_H + self.bias_H)


class _Attention:
    """Scaled dot-product attention over what has been read (Luong et al. 2015)."""

    def __init__(self, weights: Mapping[str, Array], hidden: int) -> None:
        self.query_HH = weights["attention.query.weight"].T / np.float32(math.sqrt(hidden))
        self.near = weights.get("attention.near")

    def __call__(self, query_BH: Array, memory_BSH: Array, read_B: Ids, t: int) -> tuple[Array, Array]:
        """Return the context (B, H) and the weights (B, S), which are zero after read(t)."""
        scores_BS = np.matmul(memory_BSH, (query_BH @ self.query_HH)[:, :, None])[:, :, 0]
        source_S = np.arange(1, memory_BSH.shape[1] + 1)
        if self.near is not None:
            scores_BS += self.near[np.clip(source_S - t, -FARTHEST, FARTHEST) + FARTHEST]
        scores_BS[source_S > read_B[:, None]] = -np.inf
        weights_BS = np.exp(scores_BS - scores_BS.max(axis=1, keepdims=True))
        weights_BS /= weights_BS.sum(axis=1, keepdims=True)
        return np.matmul(weights_BS[:, None], memory_BSH)[:, 0], weights_BS


def weight_shapes(config: ModelConfig, vocabulary: int, largest_lag: int) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every weight of a network, in PyTorch's layout.

    Args:
        config: sizes and kinds.
        vocabulary: V, the number of symbols, reserved ones included.
        largest_lag: the largest number among the lags that it is trained for.
    """
    E, H, G = config.embedding, config.hidden, GATES[config.cell] * config.hidden
    context = H if config.attention == "dot" else 0
    shapes: dict[str, tuple[int, ...]] = {
        "source_embedding.weight": (vocabulary, E),
        "target_embedding.weight": (vocabulary, E),
        "output.weight": (vocabulary, H + context),
        "output.bias": (vocabulary,),
    }
    layers = {f"encoder.{i}": H if i else E for i in range(config.encoder_layers)}
    layers |= {"bottom": E + H} | {f"upper.{i}": H + context for i in range(config.decoder_layers - 1)}
    layers |= {"backward_encoder": E} if config.bidirectional else {}
    for name, inputs in layers.items():
        shapes |= {
            f"{name}.initial": (2 if config.cell == "lstm" else 1, H),
            f"{name}.fused.weight_ih_l0": (G, inputs),
            f"{name}.fused.weight_hh_l0": (G, H),
            f"{name}.fused.bias_ih_l0": (G,),
            f"{name}.fused.bias_hh_l0": (G,),
        }
    norms = [f"encoder_norms.{i}" for i in range(config.encoder_layers)]
    norms += [f"decoder_norms.{i}" for i in range(config.decoder_layers)]
    for name in norms:
        shapes |= {f"{name}.weight": (H,), f"{name}.bias": (H,)}
    if config.lag_embedding:
        shapes["lag_embedding.table.weight"] = (math.floor(math.log2(1 + largest_lag)) + 3, E)
    if config.attention == "dot":
        shapes["attention.query.weight"] = (H, H)
    if config.attention == "dot" and config.position_bias:
        shapes["attention.near"] = (2 * FARTHEST + 1,)
    return shapes
