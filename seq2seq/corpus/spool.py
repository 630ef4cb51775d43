"""Sentence pairs that wait on disk until the vocabulary is known: no corpus has to fit in memory."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from seq2seq.corpus.pairs import Pair, to_lines
from seq2seq.storage.files import clear_errors
from seq2seq.text.vocabulary import CODE_POINTS, Ids, code_points

BLOCK: Final = 1 << 20
"""Characters that are read or encoded at once."""


def blocks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Yield pairs in lists of at least `BLOCK` characters, the ends of sentences included."""
    block: list[Pair] = []
    size = 0
    for pair in pairs:
        block.append(pair)
        size += len(pair.source) + len(pair.target) + 2
        if size >= BLOCK:
            yield block
            block, size = [], 0
    yield block


class SpooledSide:
    """The sentences of one language: their text in an unnamed file, their lengths in memory."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=directory)  # noqa: SIM115
        self._lengths: list[npt.NDArray[np.uint16]] = []

    def add(self, sentences: Sequence[str]) -> str:
        """Append sentences of at most 2 ** 16 - 1 characters each; return their concatenated text."""
        text = "".join(sentences)
        self._file.write(text)
        self._lengths.append(np.fromiter(map(len, sentences), np.uint16, len(sentences)))
        return text

    def offsets(self) -> Ids:
        """Return where each sentence begins in the text, and where the last one ends: shape (N + 1,)."""
        return np.cumsum(np.concatenate([np.zeros(1, np.uint16), *self._lengths]), dtype=np.int64)

    def text(self) -> Iterator[str]:
        """Yield the whole text in blocks."""
        self._file.seek(0)
        while piece := self._file.read(BLOCK):
            yield piece

    def close(self) -> None:
        """Close the file, which deletes it."""
        with contextlib.suppress(OSError):  # a full disk was reported before, and nothing is lost here
            self._file.close()


class Spool:
    """The pairs that were kept, as text, until there is a vocabulary to encode them with.

    Attributes:
        source, target: the two sides.
        digest: SHA-256 of the pairs, as in `fingerprint`.
        counts: how often each code point has occurred, shape (`CODE_POINTS`,).
        pairs: the number of pairs.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with clear_errors("write", directory):
            directory.mkdir(parents=True, exist_ok=True)
            self.source, self.target = SpooledSide(directory), SpooledSide(directory)
        self.digest = hashlib.sha256()
        self.counts = np.zeros(CODE_POINTS, np.int64)
        self.pairs = 0

    @property
    def characters(self) -> int:
        """The number of characters of both sides so far."""
        return int(self.counts.sum())

    def add(self, pairs: Sequence[Pair]) -> None:
        """Append pairs."""
        with clear_errors("write", self._directory):
            text = self.source.add([pair.source for pair in pairs])
            text += self.target.add([pair.target for pair in pairs])
        self.digest.update(to_lines(pairs).encode())
        counts = np.bincount(code_points(text))
        self.counts[: len(counts)] += counts
        self.pairs += len(pairs)

    def end_part(self) -> None:
        """Mark the end of one of several parts in the digest."""
        self.digest.update(f"{self.pairs}\n".encode())  # cannot be confused with a pair, which has a tab

    def close(self) -> None:
        """Close the files, which deletes them."""
        self.source.close()
        self.target.close()
