"""The recurrent network on one clock in NumPy, for whole sentences and for text that is still arriving.

It computes the same as `models.lagged_rnn`, which shows a drawing of the network.

Shape suffixes: B batch, N hypotheses, E embedding, H hidden units, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import Lag, clock_now
from seq2seq.plain.cells import Array, IntArray, Layer
from seq2seq.plain.sources import Sources
from seq2seq.plain.step import States, Step, log_softmax
from seq2seq.storage.int8 import Weight
from seq2seq.text.vocabulary import PAD, Ids


class NumpyLaggedRNN:
    """The lagged RNN of a model file.

    Args:
        config: sizes and cell.
        weights: arrays by the names that they have in the model file; see `plain.weights`.
    """

    copied = ()  # without attention nothing can be copied
    parallel = False  # NumPy holds Python's lock for most of a step

    def __init__(self, config: ModelConfig, weights: Mapping[str, Weight]) -> None:
        w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
        self.source_embedding = w["source_embedding.weight"]
        self.target_embedding = w.get("target_embedding.weight")
        self.layers = [Layer.from_weights(w, f"layers.{i}", config.cell) for i in range(config.layers)]
        self.output_HV, self.output_bias_V = np.ascontiguousarray(w["output.weight"].T), w["output.bias"]

    # One clock.

    def start_clock(self, batch: int) -> States:
        """Return the layers' states before clock 1."""
        return [layer.start(batch) for layer in self.layers]

    def tick(self, symbol_B: Ids, previous_B: Ids, states: States) -> tuple[Array, States]:
        """Take one time step; return the top layer's h_s (B, H) and the states after it.

        Args:
            symbol_B: x_s; a blank once the source is over.
            previous_B: y_{s-τ-1}; a blank before clock τ + 1.
            states: after clock s - 1.
        """
        below = self.source_embedding[symbol_B]
        if self.target_embedding is not None:
            below = np.concatenate([below, self.target_embedding[previous_B]], axis=1)
        new = []
        for layer, state in zip(self.layers, states, strict=True):
            below, after = layer.step(layer.project(below), state)
            new.append(after)
        return below, new

    def log_probs(self, top_BH: Array) -> Array:
        """Return the log-probabilities (B, V) of o_s, given the top layer's h_s."""
        return log_softmax(top_BH @ self.output_HV + self.output_bias_V)

    # Whole sentences; see `plain.step.StepNetwork`.

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Sources:
        """Return the sources themselves: they are read while the translation is written."""
        del lag  # only `step` needs it
        return Sources.of(sources)

    def start(self, batch: int) -> States:
        """Return the states before clock 1: of each layer, and the number of symbols written, (B,)."""
        return [*self.start_clock(batch), (np.zeros(batch, np.int64),)]

    def step(
        self,
        previous_N: Ids,
        memory: Sources,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        """Write y_t at its time step; before y_1, take the time steps that write nothing."""
        del attention, copies  # there is no attention
        each = len(previous_N) // len(read_B)
        *layers, (written_N,) = states
        clock_B = clock_now(int(written_N[0]) + 1, lag, memory.lengths_B)
        if not written_N[0]:
            layers = self._listen(memory, layers, clock_B - 1, each)
        top_NH, layers = self.tick(memory.at(clock_B).repeat(each), previous_N, layers)
        return Step(self.log_probs(top_NH), [*layers, (written_N + 1,)], None)

    def _listen(self, memory: Sources, states: States, until_B: IntArray, each: int) -> States:
        """Return the states after the first `until_B` time steps of each sentence, which write nothing."""
        until_N = until_B.repeat(each)
        blank_N = np.full_like(until_N, PAD)
        for s in range(1, int(until_B.max(initial=0)) + 1):
            symbol_N = memory.at(np.full_like(until_B, s)).repeat(each)
            _, after = self.tick(symbol_N, blank_N, states)
            going_N1 = (s <= until_N)[:, None]
            states = [
                tuple(np.where(going_N1, b, a) for a, b in zip(old, new, strict=True))
                for old, new in zip(states, after, strict=True)
            ]
        return states
