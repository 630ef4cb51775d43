"""Streaming with a network on one clock: one time step for each source symbol, in constant memory.

Network, time steps and choices are those of batch decoding.
"""

from __future__ import annotations

import numpy as np

from seq2seq.decoding.hypothesis import check_finite, length_limit
from seq2seq.lag import Lag, writes_at
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.text.vocabulary import END, PAD, START


class ClockedStream:
    """One sentence of any length: takes source symbols and returns the target symbols that are due.

    Args:
        network: the network.
        lag: τ.

    Attributes:
        states: the recurrent states after time step `clock`: all that is kept of the source.
        previous: the symbol written last.
        written: the number of symbols written.
        over: whether the end mark has been read.
        ended: whether the end mark has been written; symbols read later are ignored.
    """

    def __init__(self, network: NumpyLaggedRNN, lag: Lag) -> None:
        self.network, self.lag = network, lag
        self.states = network.start_clock(1)
        self.previous = START
        self.clock = self.written = 0
        self.over = self.ended = False

    def read(self, symbol: int) -> list[int]:
        """Read the next source symbol and return the symbols that are due; after the end mark, all others."""
        if self.ended:
            return []
        self.over = symbol == END
        out = self._tick(symbol)
        source_length = self.clock
        while self.over and not self.ended:
            if self.written >= length_limit(source_length):
                self.ended = True
            else:
                out += self._tick(PAD)
        return out

    def _tick(self, symbol: int) -> list[int]:
        """Take one time step and return what is written at it: one symbol, or none."""
        self.clock += 1
        due = writes_at(self.clock, self.lag, self.over)
        previous = np.array([self.previous if due else PAD])
        top_1H, self.states = self.network.tick(np.array([symbol]), previous, self.states)
        if not due:
            return []
        log_probs_1V = self.network.log_probs(top_1H)
        self.previous = int(log_probs_1V.argmax())
        check_finite(log_probs_1V[:, self.previous], log_probs_1V)
        self.written += 1
        self.ended = self.previous == END
        return [] if self.ended else [self.previous]
