"""Prepared data: the sentence pairs as ids, and a report on the files that they come from."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np

from seq2seq.corpus.filters import FilterReport
from seq2seq.corpus.pairs import Pair
from seq2seq.text.vocabulary import Ids, StoredIds, Vocabulary
from seq2seq.text.words import EncodedPart

_UNLIKE: Final = "dropped because their spans differ"


@dataclass(frozen=True)
class Encoded:
    """N sentence pairs as ids, without end marks; sentence i of a side is ids[offsets[i] : offsets[i + 1]].

    Attributes:
        source_ids, target_ids: all sentences in a row, one id per symbol.
        source_offsets, target_offsets: shape (N + 1,).
    """

    source_ids: StoredIds
    source_offsets: Ids
    target_ids: StoredIds
    target_offsets: Ids

    def __len__(self) -> int:
        return len(self.source_offsets) - 1

    def source(self, i: int) -> StoredIds:
        """Return the ids of source sentence i."""
        return self.source_ids[self.source_offsets[i] : self.source_offsets[i + 1]]

    def target(self, i: int) -> StoredIds:
        """Return the ids of target sentence i."""
        return self.target_ids[self.target_offsets[i] : self.target_offsets[i + 1]]


@dataclass(frozen=True)
class PartCount:
    """A report on one part of the training files.

    Attributes:
        read, aligned, held_out, unlike, filtered, characters: as in `PrepareReport`.
    """

    read: int
    aligned: int
    held_out: int
    unlike: int
    filtered: FilterReport
    characters: int

    def __str__(self) -> str:
        return (
            f"{self.read:,} lines read, {self.aligned:,} of them cut into aligned sentences; "
            f"{self.held_out:,} of these left out; {self.unlike:,} pairs {_UNLIKE}; {self.filtered}; "
            f"{self.characters:,} characters"
        )


@dataclass(frozen=True)
class PrepareReport:
    """A report on the training files.

    Attributes:
        read: lines read.
        aligned: lines that were cut into several pairs of sentences.
        held_out: such pairs left out because a line of dev or test shares a side with them.
        filtered: what the filter kept and dropped afterwards.
        characters: characters of the training part, both sides.
        unknown: those that the vocabulary does not have.
        unknown_kinds: the number of different ones among them.
        shared: dev lines that share a side with a line of the training files.
        unlike: pairs dropped because the spans of the two sides differ; None if
            all text is read letter by letter.
        parts: the same for each part of the training files; pairs of an earlier part count as repeated.
    """

    read: int
    aligned: int
    held_out: int
    filtered: FilterReport
    characters: int
    unknown: int
    unknown_kinds: int
    shared: int
    parts: tuple[PartCount, ...]
    unlike: int | None = None

    def __str__(self) -> str:
        return "\n".join(
            (
                f"training: {self.read:,} lines read, {self.aligned:,} of them cut into aligned sentences; "
                f"{self.held_out:,} of these sentences left out because dev or test has them",
                f"training: {self.filtered}",
                *([] if self.unlike is None else [f"training: {self.unlike:,} pairs {_UNLIKE}"]),
                f"training: {self.characters:,} characters; {self.unknown:,} of them are unknown to the "
                f"vocabulary, {self.unknown_kinds:,} different ones",
                f"dev: {self.shared:,} lines share a side with a training line",
            )
        )


class PartRows(NamedTuple):
    """The rows of the corpus that a part of the training files makes up, and its share of training."""

    first: int
    end: int
    share: float


@dataclass(frozen=True)
class Prepared:
    """The data of a training run.

    Attributes:
        vocabulary: of both sides.
        train: the training part, encoded.
        parts: its parts in their order: one, unless `data.train` has several.
        dev: normalised lines without those that have an empty side; empty without a dev file.
        fingerprint: SHA-256 of the training pairs and, of several parts, of where each one ends.
        dev_fingerprint: SHA-256 of `dev`.
        report: what was read, dropped and unknown.
    """

    vocabulary: Vocabulary
    train: Encoded
    parts: tuple[PartRows, ...]
    dev: list[Pair]
    fingerprint: str
    dev_fingerprint: str
    report: PrepareReport

    def sides(self) -> tuple[list[EncodedPart], list[EncodedPart]]:
        """Return the sources and the targets of all parts, from which the words are learned."""
        train = self.train
        source: list[EncodedPart] = []
        target: list[EncodedPart] = []
        for part in self.parts:
            rows = slice(part.first, part.end + 1)
            # A part counts in proportion to its share of training, not to its size.
            weight = part.share * len(train) / (part.end - part.first)
            source.append((train.source_ids, train.source_offsets[rows], weight))
            target.append((train.target_ids, train.target_offsets[rows], weight))
        return source, target

    @property
    def fingerprints(self) -> tuple[str, str]:
        """Those of the training part and of the dev part."""
        return self.fingerprint, self.dev_fingerprint

    @property
    def shared(self) -> int:
        """The number of dev lines that share a side with a training line; a clean split has none."""
        return self.report.shared


def encode_pairs(pairs: Sequence[Pair], vocabulary: Vocabulary) -> Encoded:
    """Return pairs encoded in memory."""
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    return Encoded(
        source_ids=vocabulary.encode_array("".join(sources)),
        source_offsets=np.cumsum([0, *map(len, sources)], dtype=np.int64),
        target_ids=vocabulary.encode_array("".join(targets)),
        target_offsets=np.cumsum([0, *map(len, targets)], dtype=np.int64),
    )
