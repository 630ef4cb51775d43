"""The encoder states read so far and the attention over them, in NumPy.

Shape suffixes: N hypotheses, B sentences, J hypotheses of each sentence, S source positions, H hidden units,
K heads, D units of a head, G gates times hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import FULL, Lag
from seq2seq.plain.cells import Array, IntArray, as_columns
from seq2seq.plain.weights import FARTHEST


class NumpyMemory:
    """The encoder states of the symbols read so far, in an array that grows.

    Args:
        states_BSH: one state for each source symbol.
        whole_BG: the result of `gates` at lag `full`, if it has been computed.
        keys_BSH: the result of `keys`, as far as it has been computed.

    Attributes:
        size: S.
    """

    def __init__(
        self, states_BSH: Array, whole_BG: Array | None = None, keys_BSH: Array | None = None
    ) -> None:
        self._room = states_BSH
        self.size = states_BSH.shape[1]
        self._whole_BG, self._keys_BSH = whole_BG, keys_BSH

    @property
    def states_BSH(self) -> Array:
        """The encoder states so far."""
        return self._room[:, : self.size]

    def append(self, state_BH: Array) -> None:
        """Add the state of one more symbol. The array doubles when it is full: copying takes linear time."""
        if self.size == self._room.shape[1]:
            more = np.empty_like(self._room, shape=(len(state_BH), max(16, self.size), state_BH.shape[1]))
            self._room = np.concatenate([self._room, more], axis=1)
        self._room[:, self.size] = state_BH
        self.size += 1
        self._whole_BG = None

    def gates(self, read_B: IntArray, from_read_HG: Array, lag: Lag) -> Array:
        """Return the contribution of the encoder states at read(t) to the gates of a layer, (B, G).

        At lag `full` it is the same at every step, and is computed at the first one.
        """
        if lag == FULL and self._whole_BG is not None:
            return self._whole_BG
        read_BG = np.asarray(self.states_BSH[np.arange(len(read_B)), read_B - 1] @ from_read_HG)
        if lag == FULL:
            self._whole_BG = read_BG
        return read_BG

    def keys(self, key_HH: Array) -> Array:
        """Return the states times a matrix, (B, S, H); each state is multiplied once."""
        known_BSH = self.states_BSH[:, :0] if self._keys_BSH is None else self._keys_BSH
        if known_BSH.shape[1] < self.size:
            new_BSH = self.states_BSH[:, known_BSH.shape[1] :] @ key_HH
            known_BSH = np.concatenate([known_BSH, new_BSH], axis=1)
            self._keys_BSH = known_BSH
        return known_BSH

    def select(self, rows: IntArray) -> NumpyMemory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""
        known = (None if part is None else part[rows] for part in (self._whole_BG, self._keys_BSH))
        return NumpyMemory(self.states_BSH[rows], *known)


class NumpyAttention:
    """Attention over the symbols read; `models.attention` says what the kinds and the heads are."""

    def __init__(self, weights: Mapping[str, Any], config: ModelConfig) -> None:
        self.heads = config.heads
        query_HH = as_columns(weights["attention.query.weight"])
        self.key_HH = as_columns(weights["attention.key.weight"]) if config.attention == "mlp" else None
        self.energy_H = weights.get("attention.energy")
        scaled = config.attention == "dot"
        self.query_HH = query_HH / np.float32(math.sqrt(config.hidden // self.heads)) if scaled else query_HH
        near = weights.get("attention.near")
        self.near = None if near is None else near.reshape(self.heads, 1, -1)

    def __call__(self, query_NH: Array, memory: NumpyMemory, read_B: IntArray, t: int) -> tuple[Array, Array]:
        """Return the context (N, H) and the weights (N, S), which are zero after read(t).

        The hypotheses of a sentence share one memory. The weights are the mean over the heads.
        """
        B, S, H = memory.states_BSH.shape
        query_BJH = (query_NH @ self.query_HH).reshape(B, -1, H)
        scores_BKJS = self._scores(query_BJH, memory)
        source_S = np.arange(1, S + 1)
        if self.near is not None:
            scores_BKJS += self.near.take(source_S - t + FARTHEST, axis=-1, mode="clip")
        np.copyto(scores_BKJS, -np.inf, where=source_S > read_B[:, None, None, None])
        weights_BKJS = np.exp(scores_BKJS - scores_BKJS.max(axis=-1, keepdims=True))
        weights_BKJS /= weights_BKJS.sum(axis=-1, keepdims=True)
        context_BKJD = weights_BKJS @ self._split(memory.states_BSH)
        weights_BJS = weights_BKJS[:, 0] if self.heads == 1 else weights_BKJS.mean(axis=1)
        return context_BKJD.swapaxes(1, 2).reshape(-1, H), weights_BJS.reshape(-1, S)

    def _scores(self, query_BJH: Array, memory: NumpyMemory) -> Array:
        """Return how well each query fits each key, (B, K, J, S)."""
        if self.key_HH is None:
            product = self._split(query_BJH) @ self._split(memory.states_BSH).swapaxes(-1, -2)
            return np.asarray(product)
        key_BSH = memory.keys(self.key_HH)
        energies_BJSH = np.tanh(query_BJH[:, :, None] + key_BSH[:, None]) * self.energy_H
        apart = energies_BJSH.reshape(*energies_BJSH.shape[:3], self.heads, -1).sum(axis=-1)
        return np.ascontiguousarray(apart.transpose(0, 3, 1, 2))

    def _split(self, x_BLH: Array) -> Array:
        """Return the slices of the units that each head has, (B, K, L, D)."""
        x_BKLD: Array = x_BLH.reshape(*x_BLH.shape[:2], self.heads, -1).swapaxes(1, 2)
        return x_BKLD
