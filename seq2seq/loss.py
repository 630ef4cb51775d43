"""What training makes smaller: the cross-entropy of a batch, at a lag, in the precision asked for."""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.batching import Batch
from seq2seq.devices import autocast
from seq2seq.lag import Lag
from seq2seq.models import Network
from seq2seq.models.encoder_decoder import loss_sum
from seq2seq.text import UNKNOWN


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
    source, lengths, previous, target = (
        torch.from_numpy(array).to(device, non_blocking=True)
        for array in (batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT)
    )
    if char_dropout:
        source, previous = hide_characters(source, char_dropout), hide_characters(previous, char_dropout)
    with autocast(device, precision):
        logits = network(source, lengths, previous, lag)
    return loss_sum(logits, target, label_smoothing)


def hide_characters(ids: Tensor, rate: float) -> Tensor:
    """Make each character unknown with probability `rate`; marks and padding stay."""
    hidden = (torch.rand(ids.shape, device=ids.device) < rate) & (ids > UNKNOWN)
    return ids.masked_fill(hidden, UNKNOWN)
