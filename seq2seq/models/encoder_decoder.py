"""The encoder-decoder: the encoder reads the source, the decoder writes from what has been read.

              y_t                     context_t = attention over encoder states 1 … read(t)
               |                           |
          [ output layer ] <---------------+
               |                           |
          [ upper layers ] <---------------+
               |                           ^
          [ bottom layer ] ------ query ---+
             |       |
    embedding of   encoder state at read(t) <--- [ encoder layers ] <--- embedding of x_1 … x_read(t)
      y_{t-1}

With word embeddings, the embedding of each symbol is the sum of its own and that of its node in the word
trie; the node's embedding is also part of the encoder states and of the input of the output layer, each
through a linear map. A bidirectional network also reads from the end of the sentence at lag `full`.

The source has an effect on y_t only up to read(t), and there is no input feeding: in training every layer is
therefore one fused call over all positions, and the lag is an index and a mask.

Shape suffixes: S source positions, T target positions, B batch, E embedding, H hidden units, V vocabulary.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

from seq2seq.config.schema import ModelConfig
from seq2seq.lag import FULL, Lag, LagDistribution, read_batch
from seq2seq.models.attention import Attention
from seq2seq.models.layers import Embedding, LagEmbedding, LockedDropout, RecurrentLayer, WordEmbedding
from seq2seq.text.words import WordTrie


class EncoderDecoder(nn.Module):
    """LSTM (or GRU, RNN) encoder-decoder with a lag.

    Args:
        config: sizes and kinds.
        vocabulary: V, the number of symbols, reserved ones included.
        lags: the lags that it is trained for.
        tries: the words of source and target, for word embeddings.
    """

    def __init__(
        self,
        config: ModelConfig,
        vocabulary: int,
        lags: LagDistribution,
        tries: tuple[WordTrie, WordTrie] | None = None,
    ) -> None:
        super().__init__()
        hidden, embedding, dropped = config.hidden, config.embedding, config.recurrent_dropout
        self.config, self.lags = config, lags
        self.source_embedding = Embedding(vocabulary, embedding)
        self.target_embedding = Embedding(vocabulary, embedding)
        self.lag_embedding = LagEmbedding(lags.largest, embedding) if config.lag_embedding else None
        known = tries or (None, None)
        self.source_words, self.target_words = (
            WordEmbedding(trie, embedding, config.word_dropout) if trie else None for trie in known
        )
        self.word_memory = nn.Linear(embedding, hidden, bias=False) if tries else None
        self.encoder = nn.ModuleList(
            RecurrentLayer(config.cell, hidden if i else embedding, hidden, dropped)
            for i in range(config.encoder_layers)
        )
        self.encoder_norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(config.encoder_layers))
        self.backward_encoder = (
            RecurrentLayer(config.cell, embedding, hidden, dropped) if config.bidirectional else None
        )
        context = 0 if config.attention == "none" else hidden
        self.attention = (
            Attention(config.attention, hidden, config.heads, config.position_bias) if context else None
        )
        self.bottom = RecurrentLayer(config.cell, embedding + hidden, hidden, dropped)
        self.upper = nn.ModuleList(
            RecurrentLayer(config.cell, hidden + context, hidden, dropped)
            for _ in range(config.decoder_layers - 1)
        )
        self.decoder_norms = nn.ModuleList(nn.LayerNorm(hidden) for _ in range(config.decoder_layers))
        self.output = nn.Linear(hidden + context + (embedding if tries else 0), vocabulary)
        self.dropout = LockedDropout(config.dropout)
        self.source_embedding.draw(embedding**-0.5)
        self.target_embedding.draw(embedding**-0.5)

    def encode(self, source_BS: Tensor, lengths_B: Tensor, lag: Lag) -> Tensor:
        """Read whole sources, each with its end mark and padded to S; return the encoder states (B, S, H).

        At lag `full` a bidirectional network also reads backwards, except in batches dropped by
        `backward_dropout`.
        """
        x_SBE: Tensor = self.source_embedding(source_BS.T)
        words_SBE = None if self.source_words is None else self.source_words(source_BS).transpose(0, 1)
        if words_SBE is not None:
            x_SBE = x_SBE + words_SBE
        x_SBE = self.dropout(x_SBE)
        below_SBH = self._encode_layers(x_SBE)
        if self.backward_encoder is not None and lag == FULL and not self._drop_backward():
            flip_SB = flip_index(lengths_B, source_BS.shape[1])
            back_SBH = self.backward_encoder(take(x_SBE, flip_SB))
            below_SBH = below_SBH + take(back_SBH, flip_SB)
        memory_SBH: Tensor = self.encoder_norms[-1](below_SBH)
        if self.word_memory is not None:
            memory_SBH = memory_SBH + self.word_memory(words_SBE)
        return memory_SBH.transpose(0, 1)

    def _drop_backward(self) -> bool:
        """Draw whether this batch is read forwards only, so that the network also learns to do so."""
        share = self.config.backward_dropout
        return self.training and share > 0 and bool(torch.rand(()) < share)

    def _encode_layers(self, x_SBE: Tensor) -> Tensor:
        below_SBH: Tensor = self.encoder[0](x_SBE)
        for norm, layer in zip(self.encoder_norms, self.encoder[1:], strict=False):
            below_SBH = below_SBH + layer(self.dropout(norm(below_SBH)))
        return below_SBH

    def forward(self, source_BS: Tensor, lengths_B: Tensor, previous_BT: Tensor, lag: Lag) -> Tensor:
        """Return logits (B, T, V) of y_1 … y_T, given y_0 … y_{T-1} and the source as far as `lag` allows.

        Args:
            source_BS: source ids with the end mark, padded.
            lengths_B: S of each sentence, end mark included.
            previous_BT: the start mark and the target without its end mark, padded.
            lag: τ for the whole batch.
        """
        return self.attended(source_BS, lengths_B, previous_BT, lag)[0]

    def attended(
        self, source_BS: Tensor, lengths_B: Tensor, previous_BT: Tensor, lag: Lag
    ) -> tuple[Tensor, Tensor | None]:
        """Return the logits as `forward` does, and the attention weights (B, T, S), if there is attention."""
        memory_BSH = self.encode(source_BS, lengths_B, lag)
        read_BT = read_batch(1, previous_BT.shape[1], lag, lengths_B)
        at_read_TBH = take(memory_BSH.transpose(0, 1), (read_BT - 1).T)
        y_TBE, words = self._embed_target(previous_BT, lag)
        bottom_in = torch.cat([y_TBE.to(at_read_TBH.dtype), at_read_TBH], dim=-1)  # both bf16, or both fp32
        below_TBH: Tensor = self.bottom(self.dropout(bottom_in))
        context: list[Tensor] = []
        weights_BTS = None
        if self.attention is not None:
            position_T = torch.arange(1, previous_BT.shape[1] + 1, device=read_BT.device)
            context_BTH, weights_BTS = self.attention(
                below_TBH.transpose(0, 1), memory_BSH, read_BT, position_T
            )
            context = [context_BTH.transpose(0, 1)]
        for norm, layer in zip(self.decoder_norms, self.upper, strict=False):
            below_TBH = below_TBH + layer(self.dropout(torch.cat([norm(below_TBH), *context], dim=-1)))
        top = [self.decoder_norms[-1](below_TBH), *context, *words]
        logits_TBV: Tensor = self.output(self.dropout(torch.cat(top, dim=-1)))
        return logits_TBV.transpose(0, 1), weights_BTS

    def _embed_target(self, previous_BT: Tensor, lag: Lag) -> tuple[Tensor, list[Tensor]]:
        """Return the embedding of y_{t-1} for the bottom layer, (T, B, E), and that of its word, if any."""
        embedded_TBE: Tensor = self.target_embedding(previous_BT.T)
        if self.lag_embedding is not None:
            embedded_TBE = embedded_TBE + self.lag_embedding(lag)
        if self.target_words is None:
            return embedded_TBE, []
        words_TBE = self.target_words(previous_BT).transpose(0, 1)
        return embedded_TBE + words_TBE, [words_TBE]


def take(x_SBH: Tensor, index_TB: Tensor) -> Tensor:
    """Pick, for each sentence, the rows `index_TB` of its own sequence: (T, B, H)."""
    return x_SBH.gather(0, index_TB[:, :, None].expand(-1, -1, x_SBH.shape[2]))


def flip_index(lengths_B: Tensor, size: int) -> Tensor:
    """Return positions that reverse each sentence within its length and keep the padding: (S, B)."""
    position_S1 = torch.arange(size, device=lengths_B.device)[:, None]
    return torch.where(position_S1 < lengths_B, lengths_B - 1 - position_S1, position_S1)
