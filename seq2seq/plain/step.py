"""The interface between networks and decoding: `encode`, `start` and `step`, in NumPy or PyTorch.

The networks of `plain` implement it in NumPy, for single sentences and for text that is still arriving;
`models.stepwise` implements it in PyTorch, for many sentences at once and for CUDA. All arguments and results
are NumPy arrays, but for states and memories, which only their own network looks into.

Shape suffixes: N hypotheses, B sentences, S source positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol, TypeAlias

import numpy as np

from seq2seq.lag import Lag
from seq2seq.plain.cells import Array, IntArray
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import PAD, START, UNKNOWN, Ids, Vocabulary

States: TypeAlias = list[tuple[Any, ...]]
"""The recurrent states: for each layer a tuple of arrays (or tensors), each with one row per hypothesis."""

NO_TEXT = [PAD, START]
"""Reserved symbols that are never written: their probability is set to zero before a choice is made."""


class Memory(Protocol):
    """The encoder's memory: what the network keeps of the sources read so far."""

    def select(self, rows: IntArray) -> Memory:
        """Return the memory of some sentences of the batch, in the order of `rows`."""


@dataclass(frozen=True)
class Step:
    """The result of one decoding step.

    Attributes:
        log_probs_NV: natural logarithms of the probabilities of y_t; minus infinity for symbols
            that may not be written.
        states: the states after the step.
        attention_NS: the weights of the source symbols; None without attention, or if not asked for.
    """

    log_probs_NV: Array
    states: States
    attention_NS: Array | None


class StepNetwork(Protocol):
    """A network in evaluation mode, ready to decode.

    Attributes:
        copied: the symbols that stand for something to be copied.
        parallel: whether several batches may be decoded at once, each in a thread of its own.
    """

    @property
    def copied(self) -> Sequence[int]: ...

    @property
    def parallel(self) -> bool: ...

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Any:
        """Read a batch of whole sources, ids without marks; return their memory for a lag."""

    def start(self, batch: int) -> States:
        """Return the states before y_1 for `batch` hypotheses."""

    def step(
        self,
        previous_N: Ids,
        memory: Any,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        """Take one decoding step: the probabilities of y_t given y_{t-1} and the source up to read(t).

        Args:
            previous_N: y_{t-1}; the start mark for t = 1. Each sentence has N / B hypotheses, in
                neighbouring rows.
            memory: of at least read(t) source symbols.
            read_B: read(t) of each sentence.
            states: after t - 1.
            lag: τ.
            attention: whether to return the attention weights, too.
            copies: whether symbols that are copied may be written; a network without attention never writes
                them.
        """


def select_states(states: States, rows: IntArray) -> States:
    """Return the states of some hypotheses, in the order of `rows`."""
    return [tuple(part[rows] for part in state) for state in states]


def copied_symbols(vocabulary: Vocabulary | None) -> list[int]:
    """Return the symbols that stand for something to be copied: the unknown one and the kinds of spans."""
    kinds = [kind for kind in KINDS if kind in vocabulary] if vocabulary else []
    return [UNKNOWN, *(vocabulary.encode("".join(kinds)) if vocabulary else [])]


def never_written(copied: list[int], copies: bool) -> list[int]:
    """Return the symbols that may not be written: those of `copied` only if nothing may be copied."""
    return NO_TEXT if copies else NO_TEXT + copied


def log_softmax(logits_BV: Array, never: Sequence[int] = (*NO_TEXT, UNKNOWN)) -> Array:
    """Return the logarithm of the softmax over all symbols but those in `never`, which get minus infinity."""
    logits_BV = logits_BV.copy()
    logits_BV[:, list(never)] = -np.inf
    logits_BV -= logits_BV.max(axis=-1, keepdims=True)
    return np.asarray(logits_BV - np.log(np.exp(logits_BV).sum(axis=-1, keepdims=True)))
