"""The feed-forward network in NumPy.

It computes the same as `models.feedforward`, which shows a drawing of the network.

Shape suffixes: B batch, N hypotheses, W width of the window, E embedding, H hidden units, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import Lag
from seq2seq.plain.cells import IntArray
from seq2seq.plain.sources import Sources
from seq2seq.plain.step import States, Step, log_softmax
from seq2seq.storage.int8 import Weight
from seq2seq.text.vocabulary import PAD, Ids


class NumpyFeedForward:
    """The feed-forward network of a model file.

    Args:
        config: sizes.
        weights: arrays by the names that they have in the model file; see `plain.weights`.
    """

    copied = ()  # without attention nothing can be copied
    parallel = False  # NumPy holds Python's lock for most of a step

    def __init__(self, config: ModelConfig, weights: Mapping[str, Weight]) -> None:
        w = {name: np.asarray(array, np.float32) for name, array in weights.items()}
        self.window = config.window
        self.embedding = w["source_embedding.weight"]
        self.layers = [(w[f"layers.{i}.weight"].T, w[f"layers.{i}.bias"]) for i in range(config.layers)]
        self.output_HV, self.output_bias_V = w["output.weight"].T, w["output.bias"]

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> Sources:
        """Return the sources themselves; they are embedded at each step."""
        del lag  # `step` gets read(t)
        return Sources.of(sources)

    def start(self, batch: int) -> States:
        """Return the number of symbols written, (B,); there is no other state."""
        return [(np.zeros(batch, np.int64),)]

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
        """Write y_t, given the window around x_t; see `plain.step.StepNetwork`."""
        del lag, attention, copies
        ((written_N,),) = states
        each = len(previous_N) // len(read_B)  # all hypotheses of a sentence have the same next symbol
        t_B = written_N[::each] + 1
        x_BX = np.concatenate(
            [self._look(memory, t_B + d, read_B) for d in range(-self.window, self.window + 1)], axis=1
        )
        for weight, bias in self.layers:
            x_BX = np.maximum(x_BX @ weight + bias, 0)
        log_probs_BV = log_softmax(x_BX @ self.output_HV + self.output_bias_V)
        return Step(log_probs_BV.repeat(each, axis=0), [(written_N + 1,)], None)

    def _look(self, memory: Sources, position_B: IntArray, read_B: IntArray) -> NDArray[np.float32]:
        """Return the embedding (B, E) of the symbol at a position; of a blank if it has not been read."""
        return self.embedding[np.where(position_B <= read_B, memory.at(position_B), PAD)]
