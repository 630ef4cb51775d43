"""What training makes smaller: the cross-entropy of a batch, at a lag, in the precision asked for."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from seq2seq.batching import Batch, Ids
from seq2seq.devices import autocast
from seq2seq.lag import Lag
from seq2seq.models import Network
from seq2seq.models.encoder_decoder import loss_sum
from seq2seq.text import PAD, UNKNOWN

TILE = 16
"""Rows of an AMX tile."""
STRIDE = 4
"""Lengths are rounded up to multiples of this."""


def batch_loss(
    network: Network,
    batch: Batch,
    lag: Lag,
    precision: str,
    label_smoothing: float = 0.0,
    char_dropout: float = 0.0,
) -> Tensor:
    """Return the cross-entropy of a batch in nats, summed over its target symbols.

    Args:
        lag: τ for the whole batch.
        precision: fp32 or bf16.
        label_smoothing: the share of each target that is given to all symbols alike.
        char_dropout: the share of the characters, of both sides, that the network is not shown.
    """
    device = network.output.weight.device
    arrays = [batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT]
    if device.type == "cpu" and precision == "bf16":
        arrays = whole_tiles(*arrays)
    source, lengths, previous, target = (
        torch.from_numpy(array).to(device, non_blocking=True) for array in arrays
    )
    if char_dropout:
        source, previous = hide_characters(source, char_dropout), hide_characters(previous, char_dropout)
    with autocast(device, precision):
        logits = network(source, lengths, previous, lag)
    return loss_sum(logits, target, label_smoothing)


def whole_tiles(source_BS: Ids, lengths_B: Ids, previous_BT: Ids, target_BT: Ids) -> list[Ids]:
    """Add padding until B is a multiple of 16, S and T are multiples of 4; the loss counts none of it.

    The recurrent layers of oneDNN are slow for some numbers of rows, it seems those with large prime factors:
    64 rows take little more than half the time of 62, and 40 % of that of 61. And it makes a kernel for each
    shape and keeps the last 1,024 of them: with fewer shapes they are found again.
    """
    missing = -len(lengths_B) % TILE
    return [
        np.pad(
            array,
            [(0, missing), *((0, -length % STRIDE) for length in array.shape[1:])],
            constant_values=filler,
        )
        for array, filler in ((source_BS, PAD), (lengths_B, 1), (previous_BT, PAD), (target_BT, PAD))
    ]


def hide_characters(ids: Tensor, rate: float) -> Tensor:
    """Make each character unknown with probability `rate`; marks and padding stay."""
    hidden = (torch.rand(ids.shape, device=ids.device) < rate) & (ids > UNKNOWN)
    return ids.masked_fill(hidden, UNKNOWN)
