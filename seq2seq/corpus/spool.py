"""Sentence pairs that wait on disk until the vocabulary is known: no corpus has to fit in memory."""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Final

import numpy as np

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
    """The sentences of one language: their text and their lengths, each in an unnamed file.

    Attributes:
        sentences: how many there are.
        characters: how many characters they have together.
    """

    def __init__(self, directory: Path) -> None:
        self._text = tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=directory)  # noqa: SIM115
        self._lengths = tempfile.TemporaryFile("w+b", dir=directory)  # noqa: SIM115
        self.sentences = self.characters = 0

    def add(self, sentences: Sequence[str]) -> str:
        """Append sentences of at most 2 ** 16 - 1 characters each; return their concatenated text."""
        text = "".join(sentences)
        self._text.write(text)
        self._lengths.write(np.fromiter(map(len, sentences), np.uint16, len(sentences)).data)
        self.sentences += len(sentences)
        self.characters += len(text)
        return text

    def offsets(self) -> Iterator[Ids]:
        """Yield, in blocks, where each sentence begins in the text, and at last where the last one ends."""
        end = np.zeros(1, np.int64)
        yield end
        self._lengths.seek(0)
        while piece := self._lengths.read(2 * BLOCK):
            offsets = end[-1] + np.cumsum(np.frombuffer(piece, np.uint16), dtype=np.int64)
            yield offsets
            end = offsets

    def text(self) -> Iterator[str]:
        """Yield the whole text in blocks."""
        self._text.seek(0)
        while piece := self._text.read(BLOCK):
            yield piece

    def close(self) -> None:
        """Close the files, which deletes them."""
        for file in (self._text, self._lengths):
            with contextlib.suppress(OSError):  # a full disk was reported before, and nothing is lost here
                file.close()


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
