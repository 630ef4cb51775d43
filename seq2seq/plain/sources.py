"""A batch of source symbols: the memory of networks that have no encoder.

Shape suffixes: B batch, S source positions.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq.plain.cells import IntArray
from seq2seq.text.vocabulary import END, PAD, Ids, pad


@dataclass(frozen=True)
class Sources:
    """A batch of sources with their end marks.

    Attributes:
        ids_BS: padded with blanks.
        lengths_B: S of each sentence, the end mark included.
    """

    ids_BS: Ids
    lengths_B: IntArray

    @classmethod
    def of(cls, sources: Sequence[Sequence[int]]) -> Sources:
        """Return a batch of sources, given as ids without marks."""
        return cls(pad(sources, None, END), np.array([len(source) + 1 for source in sources]))

    def select(self, rows: IntArray) -> Sources:
        """Return some sentences of the batch, in the order of `rows`."""
        return Sources(self.ids_BS[rows], self.lengths_B[rows])

    def at(self, position_B: IntArray) -> Ids:
        """Return one symbol of each source, by its position from 1; a blank before x_1 and after x_S."""
        width = self.ids_BS.shape[1]
        inside_B = (position_B >= 1) & (position_B <= width)
        symbol_B = self.ids_BS[np.arange(len(position_B)), position_B.clip(1, width) - 1]
        return np.where(inside_B, symbol_B, PAD)
