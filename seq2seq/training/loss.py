"""The training loss: the cross-entropy of a batch at a lag, in fp32 or bf16.

Shape suffixes: B batch, S source positions, T target positions, V vocabulary, N copied spans.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from seq2seq.corpus.batching import Batch
from seq2seq.devices import autocast, uses_tiles
from seq2seq.lag import Lag, read_now
from seq2seq.models.build import Network
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.text.vocabulary import PAD, UNKNOWN, Ids

TILE = 16
"""Rows of an AMX tile."""
STRIDE = 4
"""Sequence lengths are rounded up to multiples of this."""


def batch_loss(
    network: Network,
    batch: Batch,
    lag: Lag,
    precision: str,
    label_smoothing: float = 0.0,
    char_dropout: float = 0.0,
    copied: Sequence[int] = (),
) -> Tensor:
    """Return the cross-entropy of a batch in nats, summed over its target symbols.

    Args:
        network: the network.
        batch: the sentences.
        lag: τ for the whole batch.
        precision: fp32 or bf16.
        label_smoothing: the share of each target's probability that is spread over all symbols.
        char_dropout: the share of the characters of both sides that are replaced by the unknown symbol.
        copied: the ids of the symbols that stand for copied spans; where the target has one, the
            `pointing_loss` is added.
    """
    device = network.output.weight.device
    arrays = [batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT]
    if uses_tiles(device, precision):
        arrays = whole_tiles(*arrays)
    source, lengths, previous, target = (to_device(array, device) for array in arrays)
    if char_dropout:
        source, previous = (hide_characters(ids, char_dropout, copied) for ids in (source, previous))
    written = np.isin(batch.target_BT, copied) if len(copied) else np.zeros(1, np.bool_)
    with autocast(device, precision):
        if not written.any() or not isinstance(network, EncoderDecoder):
            return loss_sum(network(source, lengths, previous, lag), target, label_smoothing)
        logits, weights_BTS = network.attended(source, lengths, previous, lag)
    loss = loss_sum(logits, target, label_smoothing)
    return loss if weights_BTS is None else loss + pointing_loss(weights_BTS, batch, lag, written)


def loss_sum(logits_BTV: Tensor, target_BT: Tensor, label_smoothing: float) -> Tensor:
    """Return the cross-entropy in nats, summed over all target symbols except padding."""
    return nn.functional.cross_entropy(
        logits_BTV.flatten(0, 1).float(),
        target_BT.flatten(),
        ignore_index=PAD,
        label_smoothing=label_smoothing,
        reduction="sum",
    )


def pointing_loss(weights_BTS: Tensor, batch: Batch, lag: Lag, written_BT: NDArray[np.bool_]) -> Tensor:
    """Return the negative log of the attention weights on the copied spans, in nats, summed over the copies.

    Spans of one kind are in the same order on both sides. A copy whose span has not been read at this lag is
    left out, since the attention on it is always zero.

    Args:
        weights_BTS: the attention weights; B and T may be larger than those of the batch.
        batch: the sentences.
        lag: τ for the whole batch.
        written_BT: where the targets have symbols that stand for spans.
    """
    row_N, t_N = written_BT.nonzero()
    symbol_N = batch.target_BT[row_N, t_N]
    same_NT = (batch.target_BT[row_N] == symbol_N[:, None]) & (
        np.arange(batch.target_BT.shape[1]) <= t_N[:, None]
    )
    same_NS = batch.source_BS[row_N] == symbol_N[:, None]
    meant_NS = same_NS & (same_NS.cumsum(axis=1) == same_NT.sum(axis=1)[:, None])
    read_N = read_now(t_N + 1, lag, batch.lengths_B[row_N])
    known_N = meant_NS.any(axis=1) & (meant_NS.argmax(axis=1) < read_N)
    at = row_N[known_N], t_N[known_N], meant_NS[known_N].argmax(axis=1)
    weight_N = weights_BTS[tuple(to_device(part, weights_BTS.device) for part in at)].float()
    return -(weight_N + 1e-9).log().sum()  # no infinity where the weight is 0 in float32


def to_device(array: NDArray[Any], device: torch.device) -> Tensor:
    """Return an array as a tensor on `device`, without waiting for the device."""
    tensor = torch.from_numpy(array)
    return tensor if device.type == "cpu" else tensor.pin_memory().to(device, non_blocking=True)


def whole_tiles(source_BS: Ids, lengths_B: Ids, previous_BT: Ids, target_BT: Ids) -> list[Ids]:
    """Return the arrays padded so that B is a multiple of `TILE` and S and T are multiples of `STRIDE`.

    The loss ignores the padding. The recurrent layers of oneDNN are slow for some batch sizes, it seems those
    with large prime factors: 64 rows take little more than half the time of 62, and 40 % of that of 61.
    oneDNN also compiles a kernel for each shape and keeps the last 1,024 of them, so fewer shapes mean fewer
    compilations. Both were measured with AMX tiles; with AVX-512 alone, padding only costs time.
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


def hide_characters(ids: Tensor, rate: float, kept: Sequence[int] = ()) -> Tensor:
    """Return ids with each character replaced by the unknown symbol with probability `rate`.

    The other special symbols and those in `kept` are unchanged.
    """
    hidden = (torch.rand(ids.shape, device=ids.device) < rate) & (ids > UNKNOWN)
    if len(kept):
        hidden &= ~torch.isin(ids, to_device(np.array(kept), ids.device))
    return ids.masked_fill(hidden, UNKNOWN)
