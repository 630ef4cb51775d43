"""Batches of sentence pairs: bucketed by length, bounded by characters, in a reproducible order.

The order is a pure function of seed and epoch, and a batch is one of seed, epoch and index: to resume in the
middle of an epoch, ask for the next index.

Shape suffixes: B sentences, S and T padded lengths with the end mark.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from seq2seq.text.vocabulary import END, PAD, START, Ids

if TYPE_CHECKING:
    from seq2seq.corpus.prepared import Encoded

Rows = NDArray[np.int32]
Lengths = NDArray[np.integer[Any]]
JITTER = 1
"""Up to this much is added to lengths before sorting, so that batches differ between epochs."""


@dataclass(frozen=True)
class Batch:
    """Sentence pairs of one batch.

    Attributes:
        rows_B: which pairs of the corpus these are.
        source_BS: source ids with the end mark, then padding.
        lengths_B: source lengths S, the end mark included.
        previous_BT: the start mark and the target, then padding: the input of the decoder.
        target_BT: the target and the end mark, then padding: its expected output.
    """

    rows_B: Rows
    source_BS: Ids
    lengths_B: Ids
    previous_BT: Ids
    target_BT: Ids

    @property
    def target_symbols(self) -> int:
        """The number of symbols that the loss counts: characters and end marks, no padding."""
        return int(np.count_nonzero(self.target_BT != PAD))


def target_symbols(corpus: Encoded, rows_B: Rows) -> int:
    """Return how many symbols the loss counts in a batch of these pairs, without making the batch."""
    return int((corpus.target_offsets[rows_B + 1] - corpus.target_offsets[rows_B] + 1).sum())


def collate(corpus: Encoded, rows_B: Rows) -> Batch:
    """Return a batch of pairs of the corpus."""
    source_BS, lengths_B = _gather(corpus.source_ids, corpus.source_offsets, rows_B)
    target_BT, _ = _gather(corpus.target_ids, corpus.target_offsets, rows_B)
    previous_BT = np.roll(target_BT, 1, axis=1)
    previous_BT[previous_BT == END] = PAD
    previous_BT[:, 0] = START
    return Batch(rows_B, source_BS, lengths_B, previous_BT, target_BT)


def _gather(ids: NDArray[np.uint16], offsets: Ids, rows_B: Rows) -> tuple[Ids, Ids]:
    """Return sentences with their end marks, padded (B, L), and their lengths, end marks included (B,)."""
    first_B = offsets[rows_B]
    lengths_B = offsets[rows_B + 1] - first_B
    place_L = np.arange(lengths_B.max() + 1)
    ids_BL = ids.take(first_B[:, None] + place_L, mode="clip").astype(np.int64)
    ids_BL[place_L >= lengths_B[:, None]] = PAD
    ids_BL[np.arange(len(rows_B)), lengths_B] = END
    return ids_BL, lengths_B + 1


class BatchOrder:
    """Which pairs make up a batch, epoch by epoch; it keeps 64 bits for each pair.

    Args:
        source_lengths: characters of every source, without the end mark; at most 32,000.
        target_lengths: likewise for the targets.
        batch_chars: largest number of padded characters on the longer side, end marks included. A pair longer
            than this is a batch of its own.
        seed: another seed is another order.
    """

    def __init__(self, source_lengths: Lengths, target_lengths: Lengths, batch_chars: int, seed: int) -> None:
        # int16 saves memory, and NumPy sorts it in linear time (radix sort).
        self.source_lengths, self.target_lengths = (
            lengths.astype(np.int16, copy=False) for lengths in (source_lengths, target_lengths)
        )
        self.batch_chars, self.seed = batch_chars, seed
        self.epoch = lru_cache(maxsize=2)(self._epoch)

    def largest(self) -> Rows:
        """Return the longest pairs, so many that no batch of any epoch has more padded characters."""
        longer = np.maximum(self.source_lengths, self.target_lengths)
        count = -(-self.batch_chars // (int(longer.max()) + 1))
        return np.argsort(longer, kind="stable")[-count:].astype(np.int32)

    def _epoch(self, epoch: int) -> list[Rows]:
        """Return the batches of one epoch, each an array of row numbers, in the order of use."""
        rng = np.random.default_rng([self.seed, epoch])
        longer = np.maximum(self.source_lengths, self.target_lengths) + 1
        blur = rng.integers(0, JITTER, size=len(longer), endpoint=True).astype(np.int16)
        keys = rng.random(len(longer)), self.source_lengths - self.target_lengths, longer + blur
        order = np.lexsort(keys).astype(np.int32)
        batches = _cut(order, longer[order], self.batch_chars)
        return [batches[i] for i in rng.permutation(len(batches))]


class MixedOrder:
    """Batches from several parts of a corpus, in the ratio of their shares; each part has its own epochs.

    A batch holds pairs of one part. An epoch of the mixture has one epoch of the part with the largest share,
    and as many batches of each other part as its share demands, whatever its size; the next epoch of the
    mixture continues where these stopped. So each part has every pair once in each of its own epochs. Like
    `BatchOrder`, this is a pure function of seed and epoch.

    Args:
        source_lengths, target_lengths, batch_chars, seed: as for `BatchOrder`, of all parts in a row.
        parts: (first row, row after the last, share) of each part; no part is empty.
    """

    def __init__(
        self,
        source_lengths: Lengths,
        target_lengths: Lengths,
        batch_chars: int,
        seed: int,
        parts: Sequence[tuple[int, int, float]],
    ) -> None:
        self.all = BatchOrder(source_lengths, target_lengths, batch_chars, seed)
        source, target = self.all.source_lengths, self.all.target_lengths
        self.first = [first for first, _, _ in parts]
        self.orders = [
            BatchOrder(source[first:end], target[first:end], batch_chars, seed) for first, end, _ in parts
        ]
        sizes, shares = [len(order.epoch(0)) for order in self.orders], [share for _, _, share in parts]
        main = shares.index(max(shares))
        self.passes = [
            Fraction(share) / Fraction(shares[main]) * Fraction(sizes[main], size)
            for share, size in zip(shares, sizes, strict=True)
        ]
        self.seed = seed
        self.epoch = lru_cache(maxsize=2)(self._epoch)

    def largest(self) -> Rows:
        """Return the pairs of `BatchOrder.largest` for the batches of all parts."""
        return self.all.largest()

    def _epoch(self, epoch: int) -> list[Rows]:
        """Return the batches of one epoch of the mixture, each an array of row numbers, in order of use."""
        batches = [rows for part in range(len(self.orders)) for rows in self._of_part(part, epoch)]
        rng = np.random.default_rng([self.seed, epoch, len(self.orders)])
        return [batches[i] for i in rng.permutation(len(batches))]

    def _of_part(self, part: int, epoch: int) -> Iterator[Rows]:
        """Yield the batches that one part contributes to an epoch of the mixture."""
        order, first = self.orders[part], np.int32(self.first[part])
        # In epochs of the part; fractions, so that the next epoch begins exactly where this one stops.
        begin, end = epoch * self.passes[part], (epoch + 1) * self.passes[part]
        for own in range(math.floor(begin), math.ceil(end)):
            batches = order.epoch(own)
            start, stop = math.ceil((begin - own) * len(batches)), math.ceil((end - own) * len(batches))
            yield from (rows + first for rows in batches[max(0, start) : stop])


def make_order(
    source_lengths: Lengths,
    target_lengths: Lengths,
    batch_chars: int,
    seed: int,
    parts: Sequence[tuple[int, int, float]],
) -> BatchOrder | MixedOrder:
    """Return the order of batches of a corpus in one or several parts; arguments as for `MixedOrder`."""
    if len(parts) == 1:
        return BatchOrder(source_lengths, target_lengths, batch_chars, seed)
    return MixedOrder(source_lengths, target_lengths, batch_chars, seed, parts)


def _cut(order: Rows, lengths: NDArray[np.int16], batch_chars: int) -> list[Rows]:
    """Return the batches of a sorted order, of at most `batch_chars` padded characters each."""
    batches, first, longest = [], 0, 0
    for i, length in enumerate(lengths.tolist()):
        longest = max(longest, length)
        if i > first and longest * (i - first + 1) > batch_chars:
            batches.append(order[first:i])
            first, longest = i, length
    batches.append(order[first:])
    return batches
