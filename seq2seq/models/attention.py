"""The attention over the encoder states read so far, in training.

Shape suffixes: S source positions, T target positions, B batch, H hidden units, K heads, D units of a head.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import Tensor, nn

from seq2seq.config.schema import AttentionKind
from seq2seq.plain.weights import FARTHEST


class Attention(nn.Module):
    """Attention over the encoder states read so far, with one head or several.

    Each head has a slice of the units: it compares its slice of the query with its slice of the keys, and its
    context is the weighted mean of that slice of the encoder states (Vaswani et al. 2017, without matrices
    for values and outputs: the layers before and after have these).

    Args:
        kind: dot is the scaled dot product with the encoder states themselves as keys (Luong et al. 2015,
            "general"); mlp is a small network on query and key (Bahdanau et al. 2015), which needs memory and
            time for B · T · S · H numbers, where dot needs B · K · T · S.
        hidden: H.
        heads: K; they divide H.
        position_bias: whether each distance s - t has a learned bias (Raffel et al. 2020), for each head. At
            first it favours s near t, because a translation mostly keeps the order of its source.
    """

    def __init__(self, kind: AttentionKind, hidden: int, heads: int, position_bias: bool) -> None:
        super().__init__()
        self.heads, units = heads, hidden // heads
        self.query = nn.Linear(hidden, hidden, bias=False)
        self.key = nn.Linear(hidden, hidden, bias=False) if kind == "mlp" else None
        self.energy = nn.Parameter(torch.empty(hidden).uniform_(-1, 1) / units**0.5) if self.key else None
        self.scale = 1.0 if self.key else 1 / math.sqrt(units)
        # In NumPy, since operations on the device `meta` would import PyTorch's compiler.
        near = torch.from_numpy(
            np.float32(-0.1) * np.abs(np.arange(-FARTHEST, FARTHEST + 1, dtype=np.float32))
        )
        self.near = nn.Parameter(near.repeat(heads, 1) if heads > 1 else near) if position_bias else None

    def forward(
        self, query_BTH: Tensor, memory_BSH: Tensor, read_BT: Tensor, position_T: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Return the context (B, T, H) and the weights (B, T, S), which are zero after read(t).

        The weights are the mean over the heads.

        Args:
            query_BTH: states of the decoder's bottom layer.
            memory_BSH: encoder states.
            read_BT: read(t), from 1 to S.
            position_T: t, from 1; the same for all sentences.
        """
        scores_BKTS = self._scores(self.query(query_BTH) * self.scale, memory_BSH)
        source_S = torch.arange(1, memory_BSH.shape[1] + 1, device=read_BT.device)
        if self.near is not None:
            distance_TS = (source_S - position_T[:, None]).clamp(-FARTHEST, FARTHEST)
            scores_BKTS = scores_BKTS + self.near.view(self.heads, -1)[:, distance_TS + FARTHEST]
        unread_BTS = source_S > read_BT[:, :, None]
        weights_BKTS = scores_BKTS.masked_fill(unread_BTS[:, None], float("-inf")).softmax(dim=-1)
        context_BKTD = weights_BKTS.to(memory_BSH.dtype) @ split(memory_BSH, self.heads)
        weights_BTS = weights_BKTS[:, 0] if self.heads == 1 else weights_BKTS.mean(dim=1)
        return context_BKTD.transpose(1, 2).flatten(2), weights_BTS

    def _scores(self, query_BTH: Tensor, memory_BSH: Tensor) -> Tensor:
        """Return how well each query fits each key, (B, K, T, S)."""
        if self.key is None:
            return split(query_BTH, self.heads) @ split(memory_BSH, self.heads).transpose(-1, -2)
        return energies(query_BTH, self.key(memory_BSH), self.energy, self.heads)


def split(x_BLH: Tensor, heads: int) -> Tensor:
    """Return the slices of the units that each head has, (B, K, L, D)."""
    return x_BLH.view(*x_BLH.shape[:2], heads, -1).transpose(1, 2)


def energies(query_BTH: Tensor, key_BSH: Tensor, energy_H: Tensor | None, heads: int) -> Tensor:
    """Return the scores of the additive attention, v · tanh(q + k) in each head, (B, K, T, S)."""
    assert energy_H is not None
    hidden_BTSH = (query_BTH[:, :, None] + key_BSH[:, None]).tanh()
    apart = (hidden_BTSH * energy_H).view(*hidden_BTSH.shape[:3], heads, -1)
    return apart.sum(dim=-1).permute(0, 3, 1, 2)
