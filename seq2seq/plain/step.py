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
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import PAD, START, UNKNOWN, Vocabulary

Array: TypeAlias = NDArray[np.float32]
Ids: TypeAlias = NDArray[np.int64]

States: TypeAlias = list[tuple[Any, ...]]
"""What the layers remember: for each layer its arrays (or tensors), each with a row per hypothesis."""

NO_TEXT = [PAD, START]
"""Reserved symbols that are no text: they are left out before a choice is made."""


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
    """A network in evaluation mode, ready to decode.

    Attributes:
        copied: the symbols that stand for something to be copied.
    """

    @property
    def copied(self) -> Sequence[int]: ...

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Any:
        """Read whole sources, ids without marks, side by side; return their memory for a lag."""

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
            unknown: whether symbols that stand for something to be copied may be written; a network without
                attention never writes them.
        """


def select_states(states: States, rows: Ids) -> States:
    """Return the states of some hypotheses, in the order of `rows`."""
    return [tuple(part[rows] for part in state) for state in states]


def copied_symbols(vocabulary: Vocabulary | None) -> list[int]:
    """Return the symbols that stand for something to be copied: the unknown one and the kinds of spans."""
    kinds = [kind for kind in KINDS if kind in vocabulary] if vocabulary else []
    return [UNKNOWN, *(vocabulary.encode("".join(kinds)) if vocabulary else [])]


def never_written(copied: list[int], copies: bool) -> list[int]:
    """Return the symbols that are left out; those of `copied` only where there is nothing to copy."""
    return NO_TEXT if copies else NO_TEXT + copied


def log_softmax(logits_BV: Array, never: Sequence[int] = (*NO_TEXT, UNKNOWN)) -> Array:
    """Return log-probabilities of what may be written; the symbols in `never` get minus infinity."""
    logits_BV = logits_BV.copy()
    logits_BV[:, list(never)] = -np.inf
    logits_BV -= logits_BV.max(axis=-1, keepdims=True)
    return np.asarray(logits_BV - np.log(np.exp(logits_BV).sum(axis=-1, keepdims=True)))
