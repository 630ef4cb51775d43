"""Which sentence pairs are worth training on: not empty, not too long, of similar lengths, not repeated."""

from __future__ import annotations

import hashlib
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from itertools import compress
from pathlib import Path
from typing import Final, TypeAlias

import numpy as np
import numpy.typing as npt

from seq2seq.corpus.pairs import Pair, to_lines
from seq2seq.storage.files import clear_errors

IN_MEMORY: Final = 1 << 19
"""The most hashes in an array that stays in memory."""
BLOCK: Final = 1 << 18
"""Hashes that are merged at once."""

_Sorted: TypeAlias = npt.NDArray[np.uint64]


@dataclass(frozen=True)
class FilterReport:
    """How many pairs a `PairFilter` kept, and how many it dropped for the first reason that applies."""

    kept: int
    empty: int
    too_long: int
    ratio: int
    duplicate: int

    def __sub__(self, earlier: FilterReport) -> FilterReport:
        """Return what has been counted since an earlier report."""
        return FilterReport(
            self.kept - earlier.kept,
            self.empty - earlier.empty,
            self.too_long - earlier.too_long,
            self.ratio - earlier.ratio,
            self.duplicate - earlier.duplicate,
        )

    def __str__(self) -> str:
        reasons = (
            (self.empty, "with an empty side"),
            (self.too_long, "longer than max_chars"),
            (self.ratio, "of lengths further apart than max_ratio"),
            (self.duplicate, "repeated"),
        )
        dropped = [f"{count:,} {reason}" for count, reason in reasons if count]
        return f"{self.kept:,} pairs kept; dropped: {', '.join(dropped) or 'none'}"


class PairFilter:
    """Drops pairs that teach nothing, from a corpus in pieces; it keeps 8 bytes for each pair kept.

    Args:
        max_chars: the most characters that either side may have.
        max_ratio: how many times as long as the other side a side may be.
        directory: where what it keeps is stored once it is large; by default it stays in memory.
    """

    def __init__(self, max_chars: int, max_ratio: float, directory: Path | None = None) -> None:
        self.max_chars, self.max_ratio = max_chars, max_ratio
        self._seen = Hashes(directory)
        self._counts: Counter[str] = Counter()

    def keep(self, pairs: Iterable[Pair]) -> list[Pair]:
        """Return those of the next normalised pairs that are kept, in their order, and count all of them."""
        fit = []
        for pair in pairs:
            if reason := self._reason_against(pair):
                self._counts[reason] += 1
            else:
                fit.append(pair)
        kept = list(compress(fit, self._seen.add([hash_text(to_lines([pair])) for pair in fit]).tolist()))
        self._counts["kept"] += len(kept)
        self._counts["duplicate"] += len(fit) - len(kept)
        return kept

    def _reason_against(self, pair: Pair) -> str:
        """Return the field of `FilterReport` that counts the pair as dropped; empty if it fits."""
        short, long = sorted((len(pair.source), len(pair.target)))
        if short == 0:
            return "empty"
        if long > self.max_chars:
            return "too_long"
        return "ratio" if long > self.max_ratio * short else ""

    def report(self) -> FilterReport:
        """Return what has been kept and dropped so far."""
        return FilterReport(**{field.name: self._counts[field.name] for field in fields(FilterReport)})


def filter_pairs(pairs: Iterable[Pair], max_chars: int, max_ratio: float) -> tuple[list[Pair], FilterReport]:
    """Return the pairs that a `PairFilter` keeps, in their order, and its report."""
    pair_filter = PairFilter(max_chars, max_ratio)
    return pair_filter.keep(pairs), pair_filter.report()


def hash_text(text: str) -> bytes:
    """Return 64 bits: among 10⁷ different texts the chance that any two collide is 3 in a million."""
    return hashlib.blake2b(text.encode(), digest_size=8).digest()


class Hashes:
    """A set of 64-bit hashes in sorted arrays, each at least twice as long as the next: adding is cheap.

    Args:
        directory: where arrays of more than `IN_MEMORY` hashes are stored, in unnamed files; None for memory.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self._directory = directory
        self._runs: list[_Sorted] = []

    def add(self, hashes: Sequence[bytes]) -> npt.NDArray[np.bool_]:
        """Add hashes of 8 bytes; return for each whether it is new, of equal ones only the first."""
        values, first = np.unique(np.frombuffer(b"".join(hashes), np.uint64), return_index=True)
        fresh = np.ones(len(values), np.bool_)
        for run in self._runs:
            fresh &= run[np.searchsorted(run, values).clip(max=len(run) - 1)] != values
        if fresh.any():
            self._runs.append(values[fresh])
        while len(self._runs) > 1 and len(self._runs[-2]) < 2 * len(self._runs[-1]):
            self._runs[-2:] = [self._merged(*self._runs[-2:])]
        new = np.zeros(len(hashes), np.bool_)
        new[first[fresh]] = True
        return new

    def _merged(self, one: _Sorted, two: _Sorted) -> _Sorted:
        """Return two sorted arrays without a common element as one."""
        size = len(one) + len(two)
        if self._directory is None or size <= IN_MEMORY:
            return np.concatenate(list(_merge(one, two)))
        with (
            clear_errors("write", self._directory, 8 * size),
            tempfile.TemporaryFile(dir=self._directory) as file,
        ):
            for block in _merge(one, two):
                file.write(block.data)
            file.flush()
            return np.asarray(np.memmap(file, np.uint64, "r"))


def _merge(one: _Sorted, two: _Sorted) -> Iterator[_Sorted]:
    """Yield the elements of two sorted arrays in order, in blocks, so that little is in memory at once."""
    done = 0
    for first in range(0, len(one), BLOCK):
        block = one[first : first + BLOCK]
        # Hashes are spread evenly, so the part of the other array is not much longer than the block.
        end = len(two) if first + BLOCK >= len(one) else int(np.searchsorted(two, block[-1]))
        yield np.sort(np.concatenate([block, two[done:end]]), kind="stable")
        done = end
