"""From files of sentence pairs to the ids that training reads, kept in the cache between runs.

    files -> pairs -> aligned sentences -> filtered -> vocabulary -> ids in four memory-mapped arrays

The corpus is never in memory: the vocabulary is known only at the end of the files, so until then the text
waits on disk (`corpus.spool`), and so do the hashes that show which pairs are repeated (`corpus.filters`).
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from seq2seq.corpus import cache, spool
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.filters import FilterReport, PairFilter
from seq2seq.corpus.pairs import Pair, PairFiles, align_sentences, fingerprint, name_files, paths, read_pairs
from seq2seq.corpus.prepared import Encoded, PartCount, PartRows, Prepared, PrepareReport
from seq2seq.corpus.splits import Overlap, SentenceKeys
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.integrity import sidecar_of
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import ALPHABET, CODE_POINTS, Vocabulary, code_points

if TYPE_CHECKING:
    from seq2seq.config.schema import DataConfig


def prepare(
    data: DataConfig, cache_dir: Path, vocabulary: Vocabulary | None = None, spans: bool = False
) -> Prepared:
    """Read, align, filter and encode the training part, or load it from the cache, and read the dev part.

    Args:
        data: the `data` section of the configuration.
        cache_dir: the directory of the cache; see `cachedir.default_cache`.
        vocabulary: the one to encode with; by default one is built from the training part.
        spans: whether text that must stay unchanged becomes one symbol on both sides; see `bitext`. A given
            vocabulary must have the symbols of spans for it.

    Raises:
        UserError: for bad or missing data, and when the filters leave nothing.
        UsageError: `data.train` is not set.
    """
    if data.train is None:
        raise UsageError("data.train is not set: name a file of sentence pairs")
    _check_there(data, allow_checksum_only=True)
    dev = read_whole(data.dev, data.reverse)
    spans = spans and (vocabulary is None or KINDS[0] in vocabulary)
    directory = cache.entry(data, cache_dir, spans, vocabulary)
    loaded = _load_own(data, cache_dir, vocabulary, spans) or cache.load(directory)
    if loaded is None:
        _check_there(data, allow_checksum_only=False)
        _make(directory, data, dev, vocabulary, spans)
        loaded = cache.load(directory)
        assert loaded is not None
    train, meta = loaded
    counts = [
        PartCount(**dict(count, filtered=FilterReport(**count["filtered"])))
        for count in meta["report"]["parts"]
    ]
    report = meta["report"] | {
        "filtered": FilterReport(**meta["report"]["filtered"]),
        "parts": tuple(counts),
    }
    ends = [0, *accumulate(count.filtered.kept for count in counts)]
    return Prepared(
        vocabulary=Vocabulary(tuple(meta["characters"])),
        train=train,
        parts=tuple(
            PartRows(*rows, part.share) for rows, part in zip(pairwise(ends), data.parts, strict=True)
        ),
        dev=dev,
        fingerprint=meta["fingerprint"],
        dev_fingerprint=fingerprint(dev),
        report=PrepareReport(**report),
    )


def _load_own(
    data: DataConfig, cache_dir: Path, vocabulary: Vocabulary | None, spans: bool
) -> tuple[Encoded, dict[str, Any]] | None:
    """Return the entry with a vocabulary of its own if a given vocabulary is the same."""
    if vocabulary is None:
        return None
    loaded = cache.load(cache.entry(data, cache_dir, spans))
    return loaded if loaded and loaded[1]["characters"] == list(vocabulary.characters) else None


def _check_there(data: DataConfig, allow_checksum_only: bool) -> None:
    """Raise a UserError that names the setting of a missing file: its path may come from a configuration.

    Args:
        allow_checksum_only: whether the checksum file of a training file is enough, as for prepared data.
    """
    named = [("train", path) for part in data.parts for path in paths(part.path)]
    named += [("dev", path) for path in paths(data.dev)] + [("test", path) for path in paths(data.test)]
    named += [("dev_more", path) for more in data.dev_more or () for path in paths(more)]
    for setting, path in named:
        if path.exists() and not path.is_file():
            raise UserError(f"data.{setting}: {path} is not a regular file; name a file of sentence pairs")
        if not path.exists() and not (
            allow_checksum_only and setting == "train" and sidecar_of(path).exists()
        ):
            here = "" if path.is_absolute() else f" (looked for in {Path.cwd()})"
            null = "" if setting == "train" else ", or null to do without"
            raise UserError(f"data.{setting}: {path}: no such file{here}; name one that is there{null}")


def read_whole(files: PairFiles | None, reverse: bool) -> list[Pair]:
    """Read a part whose lines are not cut into sentences, without pairs that have an empty side.

    The list is empty if `files` is None.

    Raises:
        UserError: for bad data, and for a file without a single pair.
    """
    if files is None:
        return []
    whole = [pair for pair in read_pairs(files, reverse) if pair.source and pair.target]
    if not whole:
        raise UserError(f"{name_files(files)}: contains no sentence pair; use another file, or null")
    return whole


def _make(
    directory: Path, data: DataConfig, dev: Sequence[Pair], vocabulary: Vocabulary | None, spans: bool
) -> None:
    """Read the training part, encode it and write the entry of the cache."""
    if spans and vocabulary is None:
        vocabulary = Vocabulary.build(_count(data), data.min_count, [*ALPHABET, *KINDS])
    known = frozenset(vocabulary.characters) if spans and vocabulary else None
    reserved, overlap = SentenceKeys([*dev, *read_whole(data.test, data.reverse)]), Overlap(dev)
    with cache.naming_place():
        kept = spool.Spool(directory)
    with contextlib.closing(kept):
        pair_filter = PairFilter(data.max_chars, data.max_ratio, directory)
        parts = []
        for part in data.parts:
            sentences = _AlignedSentences(read_pairs(part.path, data.reverse), overlap, reserved, known)
            parts.append(_read_part(kept, sentences, pair_filter))
            if not parts[-1].filtered.kept:
                raise UserError(
                    f"{name_files(part.path)}: nothing to train on; {sentences.read:,} lines read, "
                    f"{parts[-1].filtered}; name another file in data.train or raise data.max_chars or "
                    "data.max_ratio"
                )
            if len(data.parts) > 1:
                kept.end_part()
        counts = {chr(code): int(kept.counts[code]) for code in kept.counts.nonzero()[0]}
        if vocabulary is None:
            vocabulary = Vocabulary.build(counts, data.min_count)
        unknown = [count for character, count in counts.items() if character not in vocabulary]
        report = PrepareReport(
            read=sum(part.read for part in parts),
            aligned=sum(part.aligned for part in parts),
            held_out=sum(part.held_out for part in parts),
            filtered=pair_filter.report(),
            characters=sum(counts.values()),
            unknown=sum(unknown),
            unknown_kinds=len(unknown),
            shared=len(overlap.report().shared),
            parts=tuple(parts),
            unlike=None if known is None else sum(part.unlike for part in parts),
        )
        meta = {
            "characters": list(vocabulary.characters),
            "files": [path.name for part in data.parts for path in paths(part.path)],
            "fingerprint": kept.digest.hexdigest(),
            "report": asdict(report),
        }
        arrays: dict[str, tuple[npt.DTypeLike, int, Iterable[npt.NDArray[Any]]]] = {}
        for name, side in (("source", kept.source), ("target", kept.target)):
            ids = map(vocabulary.encode_array, side.text())
            arrays[f"{name}_ids"] = np.uint16, side.characters, ids
            arrays[f"{name}_offsets"] = np.int64, side.sentences + 1, side.offsets()
        cache.store(directory, arrays, meta)


def _count(data: DataConfig) -> dict[str, int]:
    """Count the characters of the training files."""
    total = np.zeros(CODE_POINTS, np.int64)
    for part in data.parts:
        for block in spool.blocks(read_pairs(part.path, data.reverse)):
            counts = np.bincount(code_points("".join(chain.from_iterable(block))))
            total[: len(counts)] += counts
    return {chr(code): int(total[code]) for code in total.nonzero()[0]}


def _read_part(kept: spool.Spool, sentences: _AlignedSentences, pair_filter: PairFilter) -> PartCount:
    """Append the pairs of one part that pass the filter; those of earlier parts count as repeated."""
    before, characters = pair_filter.report(), kept.characters
    for block in spool.blocks(sentences):
        pairs = pair_filter.keep(block)
        with cache.naming_place():
            kept.add(pairs)
    return PartCount(
        read=sentences.read,
        aligned=sentences.aligned,
        held_out=sentences.held_out,
        unlike=sentences.unlike,
        filtered=pair_filter.report() - before,
        characters=kept.characters - characters,
    )


class _AlignedSentences:
    """Iterates over lines cut into aligned sentences and counts what it meets.

    A sentence of a training line may be a whole line of dev or test (`reserved`) even if the split of the
    lines is clean; such sentences are left out.
    """

    def __init__(
        self,
        lines: Iterable[Pair],
        overlap: Overlap,
        reserved: SentenceKeys,
        known: frozenset[str] | None = None,
    ) -> None:
        self.lines, self.overlap, self.reserved, self.known = lines, overlap, reserved, known
        self.read = self.aligned = self.held_out = self.unlike = 0

    def __iter__(self) -> Iterator[Pair]:
        for line in self.lines:
            self.read += 1
            self.overlap.meet(line)
            cut = align_sentences(line)
            if len(cut) > 1:
                self.aligned += 1
                fresh = [sentence for sentence in cut if sentence not in self.reserved]
                self.held_out += len(cut) - len(fresh)
                cut = fresh
            yield from cut if self.known is None else self._as_symbols(cut, self.known)

    def _as_symbols(self, pairs: list[Pair], known: frozenset[str]) -> list[Pair]:
        alike = [pair for pair in (as_symbols(pair, known) for pair in pairs) if pair]
        self.unlike += len(pairs) - len(alike)
        return alike
