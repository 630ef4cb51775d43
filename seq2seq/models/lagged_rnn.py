"""The textbook's network, literally: one recurrent stack on one clock, h_s = g(h_{s-1}, x_s), o_s = f(h_s).

    clock s     1    2    3    4    5    6    7    8    9
    reads       x_1  x_2  x_3  x_4  x_5  _    _    _    _       a blank once the source is over
    and         _    _    _    y_0  y_1  y_2  y_3  y_4  y_5     its last output, with `feedback`
    o_s is                     y_1  y_2  y_3  y_4  y_5  y_6     lag 3: trained against y_{s-3}

Clocks up to τ carry no loss. With `full` τ is S - 1: y_1 is written at the clock that reads x_S.

Shape suffixes: C clocks, S source positions, T target positions, B batch, E embedding, H hidden units,
V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import Lag, clock, clock_batch
from seq2seq.models.layers import Embedding, LockedDropout, RecurrentLayer
from seq2seq.text.vocabulary import PAD


class LaggedRNN(nn.Module):
    """A recurrent network that writes each symbol a fixed number of time steps after it has read one.

    Args:
        config: sizes and cell.
        vocabulary: V, the number of symbols, reserved ones included.
    """

    def __init__(self, config: ModelConfig, vocabulary: int) -> None:
        super().__init__()
        hidden, embedding = config.hidden, config.embedding
        self.source_embedding = Embedding(vocabulary, embedding)
        self.target_embedding = Embedding(vocabulary, embedding) if config.feedback else None
        inputs = 2 * embedding if config.feedback else embedding
        self.layers = nn.ModuleList(
            RecurrentLayer(config.cell, hidden if i else inputs, hidden, config.recurrent_dropout)
            for i in range(config.layers)
        )
        self.output = nn.Linear(hidden, vocabulary)
        self.dropout = LockedDropout(config.dropout)

    def forward(self, source_BS: Tensor, lengths_B: Tensor, previous_BT: Tensor, lag: Lag) -> Tensor:
        """Return logits (B, T, V) of y_1 … y_T, each from the clock at which it is written.

        Args:
            source_BS: source ids with the end mark, padded.
            lengths_B: S of each sentence, end mark included.
            previous_BT: the start mark and the target without its end mark, padded.
            lag: τ for the whole batch.
        """
        batch, length = previous_BT.shape
        clocks = clock(length, lag, source_BS.shape[1])
        clock_BT = clock_batch(length, lag, lengths_B)
        blanks = max(0, clocks - source_BS.shape[1])
        x_CBX = self.source_embedding(F.pad(source_BS, (0, blanks), value=PAD)[:, :clocks].T)
        if self.target_embedding is not None:
            blank_BC = previous_BT.new_full((batch, clocks), PAD)
            y_CBE = self.target_embedding(blank_BC.scatter(1, clock_BT - 1, previous_BT).T)
            x_CBX = torch.cat([x_CBX, y_CBE], dim=-1)
        for layer in self.layers:
            x_CBX = layer(self.dropout(x_CBX))
        index_TB1 = (clock_BT - 1).T[:, :, None]
        top_TBH = x_CBX.gather(0, index_TB1.expand(-1, -1, x_CBX.shape[2]))
        return self.output(self.dropout(top_TBH)).transpose(0, 1)  # type: ignore[no-any-return]
