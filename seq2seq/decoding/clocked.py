"""A network on one clock while its source is still arriving: a clock for each symbol, in constant memory.

The same network, the same clocks and the same choice as in batch decoding.
"""

from __future__ import annotations

import numpy as np

from seq2seq.decoding.hypothesis import length_limit
from seq2seq.lag import Lag, writes_at
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.text.vocabulary import END, PAD, START


class ClockedStream:
    """One sentence, or one that never ends: takes source symbols and gives back what is due.

    Args:
        network: on one clock.
        lag: τ.

    Attributes:
        states: of the layers, after clock `clock`: all that it keeps of what was read.
        previous: the symbol written last.
        written: how many have been.
        over: whether the end mark has been read.
        ended: whether the end mark has been written; what is read from then on is dropped.
    """

    def __init__(self, network: NumpyLaggedRNN, lag: Lag) -> None:
        self.network, self.lag = network, lag
        self.states = network.start_clock(1)
        self.previous = START
        self.clock = self.written = 0
        self.over = self.ended = False

    def read(self, symbol: int) -> list[int]:
        """Read the next source symbol and return what is due: after the end mark, all the rest."""
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
        """Let the clock go on by one and return what is written at it: one symbol, or none."""
        self.clock += 1
        due = writes_at(self.clock, self.lag, self.over)
        previous = np.array([self.previous if due else PAD])
        top_1H, self.states = self.network.tick(np.array([symbol]), previous, self.states)
        if not due:
            return []
        self.previous = int(self.network.log_probs(top_1H).argmax())
        self.written += 1
        self.ended = self.previous == END
        return [] if self.ended else [self.previous]
