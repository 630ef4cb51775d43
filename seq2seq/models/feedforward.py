"""The textbook's counter-example: a network without memory, which computes y_t from the source at position t.

            y_1    y_2    y_3    y_4    y_5
             |      |      |      |      |
            [f]    [f]    [f]    [f]    [f]         the same layers everywhere
             |    / | \\    |      |      |
     _      x_1   x_2   x_3     _      _            padded with blanks; the window drawn here is 1

Sentences are padded with blanks to the length they need; symbols outside the window have no effect. The lag
hides symbols that have not been read: y_t depends on the part of its window within x_1 … x_read(t).

Shape suffixes: S source positions, T target positions, W width of the window, B batch, E embedding,
H hidden units, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import Lag, read_batch
from seq2seq.models.layers import Embedding, LockedDropout
from seq2seq.text.vocabulary import PAD


class FeedForward(nn.Module):
    """A feed-forward network that is applied at each position.

    Args:
        config: sizes and the window.
        vocabulary: V, the number of symbols, reserved ones included.
    """

    def __init__(self, config: ModelConfig, vocabulary: int) -> None:
        super().__init__()
        self.window = config.window
        self.source_embedding = Embedding(vocabulary, config.embedding)
        inputs = (2 * config.window + 1) * config.embedding
        self.layers = nn.ModuleList(
            nn.Linear(config.hidden if i else inputs, config.hidden) for i in range(config.layers)
        )
        self.output = nn.Linear(config.hidden, vocabulary)
        self.dropout = LockedDropout(config.dropout)

    def forward(self, source_BS: Tensor, lengths_B: Tensor, previous_BT: Tensor, lag: Lag) -> Tensor:
        """Return logits (B, T, V) of y_1 … y_T.

        Args:
            source_BS: source ids with the end mark, padded.
            lengths_B: S of each sentence, end mark included.
            previous_BT: only its length T is used.
            lag: τ for the whole batch.
        """
        length = previous_BT.shape[1]
        read_BT1 = read_batch(1, length, lag, lengths_B)[:, :, None]
        t_T1 = torch.arange(1, length + 1, device=source_BS.device)[:, None]
        place_TW = t_T1 + torch.arange(-self.window, self.window + 1, device=source_BS.device)
        inside_BTW = (place_TW >= 1) & (place_TW <= read_BT1)
        symbol_BTW = source_BS[:, (place_TW - 1).clamp(0, source_BS.shape[1] - 1)]
        x_BTX = self.source_embedding(symbol_BTW.masked_fill(~inside_BTW, PAD)).flatten(2)
        x_TBX = self.dropout(x_BTX.transpose(0, 1))
        for layer in self.layers:
            x_TBX = self.dropout(layer(x_TBX).relu())
        return self.output(x_TBX).transpose(0, 1)  # type: ignore[no-any-return]
