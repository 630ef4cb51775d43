"""From files of sentence pairs to the numbers that training reads, kept on disk between runs.

files -> pairs -> aligned sentences -> filtered -> vocabulary -> ids in four memory-mapped arrays
"""

from __future__ import annotations

import hashlib
import inspect
import io
import json
import logging
import os
import sys
import unicodedata
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeAlias

import numpy as np
import numpy.typing as npt

from seq2seq.errors import UserError
from seq2seq.files import atomic_write, clear_errors, read_bytes, sha256_file
from seq2seq.pairs import (
    FilterReport,
    Pair,
    PairFiles,
    align_sentences,
    describe,
    filter_pairs,
    fingerprint,
    paths,
    read_pairs,
)
from seq2seq.splits import SentenceKeys, leaks
from seq2seq.text import Vocabulary

if TYPE_CHECKING:
    from seq2seq.config import DataConfig

Ids: TypeAlias = npt.NDArray[np.uint16]
Offsets: TypeAlias = npt.NDArray[np.int64]

_ARRAYS = ("source_ids", "source_offsets", "target_ids", "target_offsets")
_META = "meta.json"
_CODE = ("seq2seq.text", "seq2seq.pairs", "seq2seq.splits", __name__)
_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Encoded:
    """N sentence pairs as ids, without end marks; sentence i of a side is ids[offsets[i] : offsets[i + 1]].

    Attributes:
        source_ids, target_ids: all sentences in a row, one id per character.
        source_offsets, target_offsets: shape (N + 1,).
    """

    source_ids: Ids
    source_offsets: Offsets
    target_ids: Ids
    target_offsets: Offsets

    def __len__(self) -> int:
        return len(self.source_offsets) - 1

    def source(self, i: int) -> Ids:
        """Return the ids of source sentence i."""
        return self.source_ids[self.source_offsets[i] : self.source_offsets[i + 1]]

    def target(self, i: int) -> Ids:
        """Return the ids of target sentence i."""
        return self.target_ids[self.target_offsets[i] : self.target_offsets[i + 1]]


@dataclass(frozen=True)
class PrepareReport:
    """What became of the training files.

    Attributes:
        read: lines read.
        aligned: lines of several sentences that were cut into pairs of sentences.
        held_out: such sentences left out because the dev or test part has them as lines of its own.
        filtered: what was dropped afterwards.
        characters: characters of the training part, both sides.
        unknown: those of them that the vocabulary does not have.
        unknown_kinds: how many different ones these are.
        shared: dev lines of which a side is also a line of the training files.
    """

    read: int
    aligned: int
    held_out: int
    filtered: FilterReport
    characters: int
    unknown: int
    unknown_kinds: int
    shared: int

    def __str__(self) -> str:
        return "\n".join(
            (
                f"training: {self.read:,} lines read, {self.aligned:,} of them cut into aligned sentences; "
                f"{self.held_out:,} of these sentences left out because dev or test has them",
                f"training: {self.filtered}",
                f"training: {self.characters:,} characters; {self.unknown:,} of them are unknown to the "
                f"vocabulary, {self.unknown_kinds:,} different ones",
                f"dev: {self.shared:,} lines share a side with a training line",
            )
        )


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs to know of its data.

    Attributes:
        vocabulary: of both sides.
        train: the training part, encoded.
        dev: whole lines, normalised, those with an empty side left out; empty without a dev file.
        fingerprint: sha256 of the training pairs as encoded.
        dev_fingerprint: sha256 of `dev`.
        report: what was read, dropped and unknown.
    """

    vocabulary: Vocabulary
    train: Encoded
    dev: list[Pair]
    fingerprint: str
    dev_fingerprint: str
    report: PrepareReport

    @property
    def shared(self) -> int:
        """Dev lines of which a side is also a line of the training files; a clean split has none."""
        return self.report.shared


def default_cache() -> Path:
    """Return where prepared data is kept: $SEQ2SEQ_CACHE, $XDG_CACHE_HOME/seq2seq or ~/.cache/seq2seq."""
    if own := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(own)
    # The XDG specification has relative values ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "seq2seq"


def prepare(data: DataConfig, cache_dir: Path, vocabulary: Vocabulary | None = None) -> Prepared:
    """Read, align, filter and encode the training part and read the dev part; from the cache if it is there.

    Args:
        data: the `data` section of the configuration.
        cache_dir: below it, each combination of files and settings gets a directory of its own.
        vocabulary: the one to encode with; by default one is built from the training part.

    Raises:
        UserError: for bad or missing data, and when the filters leave nothing.
    """
    if data.train is None:
        raise UserError("data.train is not set: name a file of sentence pairs")
    dev = _read_whole(data.dev, data.reverse)
    directory = cache_dir / _cache_key(data, vocabulary)
    loaded = _load(directory)
    if loaded is None:
        _store(directory, *_encode_training(data, dev, vocabulary))
        loaded = _load(directory)
        assert loaded is not None
    train, meta = loaded
    report = dict(meta["report"], filtered=FilterReport(**meta["report"]["filtered"]))
    return Prepared(
        vocabulary=Vocabulary(tuple(meta["characters"])),
        train=train,
        dev=dev,
        fingerprint=meta["fingerprint"],
        dev_fingerprint=fingerprint(dev),
        report=PrepareReport(**report),
    )


def _read_whole(files: PairFiles | None, reverse: bool) -> list[Pair]:
    """Read a part that is kept as lines; nothing where there is no such part."""
    if files is None:
        return []
    whole = [pair for pair in read_pairs(files, reverse) if pair.source and pair.target]
    if not whole:
        raise UserError(f"{describe(files)}: holds no sentence pair; name another file or null in `data`")
    return whole


def _encode_training(
    data: DataConfig, dev: Sequence[Pair], vocabulary: Vocabulary | None
) -> tuple[Encoded, dict[str, Any]]:
    """Return the training part and all that is kept about it, of plain types."""
    assert data.train is not None
    lines = list(read_pairs(data.train, data.reverse))
    reserved = SentenceKeys([*dev, *_read_whole(data.test, data.reverse)])
    sentences, aligned, held_out = _cut_lines(lines, reserved)
    kept, filtered = filter_pairs(sentences, data.max_chars, data.max_ratio)
    if not kept:
        raise UserError(
            f"{describe(data.train)}: nothing to train on; {len(lines):,} lines read, {filtered}; "
            "name another file in data.train or raise data.max_chars or data.max_ratio"
        )
    counts = Counter("".join(side for pair in kept for side in pair))
    if vocabulary is None:
        vocabulary = Vocabulary.build(counts, data.min_count)
    unknown = {character: count for character, count in counts.items() if character not in vocabulary}
    report = PrepareReport(
        read=len(lines),
        aligned=aligned,
        held_out=held_out,
        filtered=filtered,
        characters=sum(counts.values()),
        unknown=sum(unknown.values()),
        unknown_kinds=len(unknown),
        shared=len(leaks(lines, dev).shared),
    )
    return encode_pairs(kept, vocabulary), {
        "characters": list(vocabulary.characters),
        "fingerprint": fingerprint(kept),
        "report": asdict(report),
    }


def _cut_lines(lines: Iterable[Pair], reserved: SentenceKeys) -> tuple[list[Pair], int, int]:
    """Cut lines into aligned sentences; return these and the numbers of lines cut and of sentences left out.

    A sentence out of a training line may be a line of dev or test (`reserved`) however clean the split of the
    lines is; it is left out.
    """
    sentences: list[Pair] = []
    aligned = held_out = 0
    for line in lines:
        cut = align_sentences(line)
        if len(cut) > 1:
            aligned += 1
            fresh = [sentence for sentence in cut if sentence not in reserved]
            held_out += len(cut) - len(fresh)
            cut = fresh
        sentences += cut
    return sentences, aligned, held_out


def encode_pairs(pairs: Sequence[Pair], vocabulary: Vocabulary) -> Encoded:
    """Encode pairs in memory, all at once."""
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    return Encoded(
        source_ids=vocabulary.encode_array("".join(sources)),
        source_offsets=np.cumsum([0, *map(len, sources)], dtype=np.int64),
        target_ids=vocabulary.encode_array("".join(targets)),
        target_offsets=np.cumsum([0, *map(len, targets)], dtype=np.int64),
    )


def _cache_key(data: DataConfig, vocabulary: Vocabulary | None) -> str:
    """Name the outcome by all that it depends on: file contents, settings, Unicode version, this code."""
    parts = (data.train, data.dev, data.test)
    what = {
        "code": [inspect.getsource(sys.modules[name]) for name in _CODE],
        "unicode": unicodedata.unidata_version,
        "files": [[(path.suffixes, sha256_file(path)) for path in paths(files)] for files in parts],
        "settings": [data.max_chars, data.max_ratio, data.min_count, data.reverse],
        "vocabulary": None if vocabulary is None else vocabulary.characters,
    }
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _store(directory: Path, train: Encoded, meta: dict[str, Any]) -> None:
    """Write the arrays, then the file that vouches for them and, in its first line, for itself."""
    with clear_errors("write", directory):
        directory.mkdir(parents=True, exist_ok=True)
    sums = {name: _store_bytes(directory / f"{name}.npy", _npy(getattr(train, name))) for name in _ARRAYS}
    body = json.dumps({**meta, "arrays": sums}).encode()
    _store_bytes(directory / _META, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _store_bytes(path: Path, content: bytes) -> str:
    def write(file: BinaryIO) -> None:
        file.write(content)

    atomic_write(path, write, needed=len(content))
    return hashlib.sha256(content).hexdigest()


def _npy(array: npt.NDArray[Any]) -> bytes:
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    return buffer.getvalue()


def _load(directory: Path) -> tuple[Encoded, dict[str, Any]] | None:
    """Return what `_store` wrote; None where there is nothing, and with a warning where it is damaged."""
    if not (directory / _META).exists():
        return None
    try:
        checksum, _, body = read_bytes(directory / _META).partition(b"\n")
        _check(hashlib.sha256(body).hexdigest() == checksum.decode("ascii", "replace"), _META)
        meta: dict[str, Any] = json.loads(body)
        for name, expected in meta["arrays"].items():
            _check(sha256_file(directory / f"{name}.npy") == expected, f"{name}.npy")
    except UserError as error:
        _log.warning("the prepared data in %s is damaged (%s) and is made again", directory, error)
        return None
    return Encoded(**{name: _map(directory / f"{name}.npy") for name in _ARRAYS}), meta


def _check(good: bool, name: str) -> None:
    if not good:
        raise UserError(f"the bytes of {name} have changed")


def _map(path: Path) -> npt.NDArray[Any]:
    # A plain view of the mapping: slicing np.memmap itself costs several times as much.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
