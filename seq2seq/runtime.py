"""What decoding asks of a network, whichever library computes it: `encode`, `start` and `step`.

Two networks answer: `plain.encoder_decoder`, in NumPy, for single sentences and for text that is still
arriving; and `models.runtime`, in PyTorch, for many sentences at once and for CUDA. Only arrays go to and
fro.

Shape suffixes: N hypotheses, B sentences, S source positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np
from numpy.typing import NDArray

from seq2seq.lag import Lag
from seq2seq.text import PAD, START, UNKNOWN

Array: TypeAlias = NDArray[np.float32]
Ids: TypeAlias = NDArray[np.int64]

States: TypeAlias = list[tuple[Any, ...]]
"""What the layers remember: for each layer its arrays (or tensors), each with a row per hypothesis."""

NEVER_WRITTEN = [PAD, START, UNKNOWN]
"""Reserved symbols that are no text: they are left out before a choice is made.

The last one stays where an unknown character of the source could be carried over; see `decoding.copying`.
"""


class Memory(Protocol):
    """What has been made of the sources so far."""

    def select(self, rows: Ids) -> Memory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""


@dataclass(frozen=True)
class Step:
    """What one step of writing gives.

    Attributes:
        log_probs_NV: natural logarithms of the probabilities of y_t; minus infinity for what is no text.
        states: the states after it.
        attention_NS: the weights of the source symbols; None without attention, or if not asked for.
    """

    log_probs_NV: Array
    states: States
    attention_NS: Array | None


class Runtime(Protocol):
    """A network in evaluation mode, ready to decode."""

    def encode(self, sources: Sequence[Sequence[int]]) -> Any:
        """Read whole sources, ids without marks, side by side; return their memory."""

    def start(self, batch: int) -> States:
        """Return the states before y_1 for `batch` hypotheses."""

    def step(
        self,
        previous_N: Ids,
        memory: Any,
        read_B: Ids,
        states: States,
        lag: Lag,
        attention: bool = False,
        unknown: bool = False,
    ) -> Step:
        """Write one symbol: the probabilities of y_t given y_{t-1} and the source up to read(t).

        Args:
            previous_N: y_{t-1}; the start mark for t = 1. Each sentence has N / B hypotheses, side by side.
            memory: of at least read(t) source symbols.
            read_B: read(t) of each sentence.
            states: after t - 1.
            lag: τ.
            attention: whether to give the attention weights, too.
            unknown: whether the unknown symbol may be written; a network without attention never writes it.
        """


def select_states(states: States, rows: Ids) -> States:
    """Return the states of some hypotheses, in the order of `rows`."""
    return [tuple(part[rows] for part in state) for state in states]


def never_written(unknown: bool) -> list[int]:
    """Return the symbols that are left out, where the unknown one may be written or not."""
    return NEVER_WRITTEN[:-1] if unknown else NEVER_WRITTEN


def log_softmax(logits_BV: Array, unknown: bool = False) -> Array:
    """Return log-probabilities of what may be written; the rest gets minus infinity."""
    logits_BV = logits_BV.copy()
    logits_BV[:, never_written(unknown)] = -np.inf
    logits_BV -= logits_BV.max(axis=-1, keepdims=True)
    return np.asarray(logits_BV - np.log(np.exp(logits_BV).sum(axis=-1, keepdims=True)))
