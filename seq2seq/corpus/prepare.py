"""From files of sentence pairs to the numbers that training reads, kept on disk between runs.

files -> pairs -> aligned sentences -> filtered -> vocabulary -> ids in four memory-mapped arrays

The corpus is never in memory: the vocabulary is known only at the end of the files, so the text that was kept
waits on disk until then. What grows with the corpus is 8 bytes for each pair, which tell repeated ones, 4 for
its lengths and, at the end, 8 for where one side begins.
"""

from __future__ import annotations

import contextlib
import hashlib
import inspect
import json
import logging
import os
import sys
import tempfile
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import accumulate, chain, pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple, TypeAlias

import numpy as np
import numpy.typing as npt

from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import (
    FilterReport,
    Pair,
    PairFiles,
    PairFilter,
    align_sentences,
    describe,
    fingerprint,
    paths,
    read_pairs,
    to_lines,
)
from seq2seq.corpus.splits import Overlap, SentenceKeys
from seq2seq.errors import UserError
from seq2seq.storage.files import atomic_write, clear_errors, read_bytes, sha256_file, write_bytes_atomic
from seq2seq.storage.integrity import sidecar_digests, sidecar_of
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import ALPHABET, CODE_POINTS, Vocabulary, code_points
from seq2seq.text.words import Corpus

if TYPE_CHECKING:
    from seq2seq.config.schema import DataConfig

Ids: TypeAlias = npt.NDArray[np.uint16]
Offsets: TypeAlias = npt.NDArray[np.int64]

_ARRAYS = ("source_ids", "source_offsets", "target_ids", "target_offsets")
_META = "meta.json"
_UNLIKE = "left out because what has to stay is not the same on both sides"
_CODE = (
    "seq2seq.text.normalise",
    "seq2seq.text.sentences",
    "seq2seq.text.edges",
    "seq2seq.text.reader",
    "seq2seq.text.spans",
    "seq2seq.text.symbols",
    "seq2seq.text.vocabulary",
    "seq2seq.corpus.bitext",
    "seq2seq.corpus.pairs",
    "seq2seq.corpus.splits",
    __name__,
)
_BLOCK = 1 << 20
"""Characters that are worked on at once."""
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
class PartCount:
    """What became of one part of the training files.

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
        unlike: pairs left out because what has to stay is not the same on both sides; None where all text is
            read letter by letter.
        parts: the same for each part of the training files; what an earlier part had counts as repeated.
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
    """Where a part of the training files lies in the corpus, and how much is drawn from it."""

    first: int
    end: int
    share: float


@dataclass(frozen=True)
class Prepared:
    """Everything that training needs to know of its data.

    Attributes:
        vocabulary: of both sides.
        train: the training part, encoded.
        parts: the parts of which it consists, in their order: one, unless `data.train` has several.
        dev: whole lines, normalised, those with an empty side left out; empty without a dev file.
        fingerprint: sha256 of the training pairs as encoded and, of several parts, of where each one ends.
        dev_fingerprint: sha256 of `dev`.
        report: what was read, dropped and unknown.
    """

    vocabulary: Vocabulary
    train: Encoded
    parts: tuple[PartRows, ...]
    dev: list[Pair]
    fingerprint: str
    dev_fingerprint: str
    report: PrepareReport

    def sides(self) -> tuple[Corpus, Corpus]:
        """Return source and target as words are learned from."""
        train = self.train
        source: list[tuple[Ids, Offsets, float]] = []
        target: list[tuple[Ids, Offsets, float]] = []
        for part in self.parts:
            rows = slice(part.first, part.end + 1)
            # A part of which more is drawn than its size says counts for more.
            weight = part.share * len(train) / (part.end - part.first)
            source.append((train.source_ids, train.source_offsets[rows], weight))
            target.append((train.target_ids, train.target_offsets[rows], weight))
        return source, target

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


def prepare(
    data: DataConfig, cache_dir: Path, vocabulary: Vocabulary | None = None, spans: bool = False
) -> Prepared:
    """Read, align, filter and encode the training part and read the dev part; from the cache if it is there.

    Args:
        data: the `data` section of the configuration.
        cache_dir: below it, each combination of files and settings gets a directory of its own.
        vocabulary: the one to encode with; by default one is built from the training part.
        spans: whether what has to stay is one symbol on both sides; see `bitext`. A given vocabulary must
            know the kinds of spans for it.

    Raises:
        UserError: for bad or missing data, and when the filters leave nothing.
    """
    if data.train is None:
        raise UserError("data.train is not set: name a file of sentence pairs")
    _check_there(data, away=True)
    dev = read_whole(data.dev, data.reverse)
    spans = spans and (vocabulary is None or KINDS[0] in vocabulary)
    directory = cache_dir / _cache_key(data, vocabulary, spans)
    loaded = _load_own(data, cache_dir, vocabulary, spans) or _load(directory)
    if loaded is None:
        _check_there(data, away=False)
        _make(directory, data, dev, vocabulary, spans)
        loaded = _load(directory)
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


def adopt(directory: Path, unicode: str, data: DataConfig, cache_dir: Path, spans: bool) -> Path:
    """Take prepared data from another machine into the cache; return where it is.

    The training files themselves may be away: next to where each would be, `FILE.sha256` tells its checksum.

    Args:
        directory: a copy of an entry of the other machine's cache, of a vocabulary of its own.
        unicode: the version of Unicode of the other machine's Python, which may not be that of this one.
        data, cache_dir, spans: as in `prepare`.

    Raises:
        UserError: it is damaged, or was made of other files, with other settings or by other code.
    """
    found = _read_meta(directory)
    if found["entry"] != _cache_key(data, None, spans, unicode):
        raise UserError(
            f"the prepared data in {directory} was made of other files, with other settings or by another "
            "version of this program; prepare and copy it again"
        )
    there = cache_dir / _cache_key(data, None, spans)
    for name in found["arrays"]:
        content = read_bytes(directory / f"{name}.npy")
        _check(hashlib.sha256(content).hexdigest() == found["arrays"][name], f"{name}.npy")
        there.mkdir(parents=True, exist_ok=True)
        write_bytes_atomic(there / f"{name}.npy", content)
    _write_meta(there, {**found, "entry": there.name})
    return there


def entry(data: DataConfig, cache_dir: Path, spans: bool) -> Path:
    """Return where `prepare` keeps what it makes of these files with a vocabulary of their own."""
    return cache_dir / _cache_key(data, None, spans)


def _check_there(data: DataConfig, away: bool) -> None:
    """Report a file that is not there by its setting: the path may stand in a configuration.

    Args:
        away: whether the checksum of a training file will do, for what has been prepared already.
    """
    named = [("train", path) for part in data.parts for path in paths(part.path)]
    named += [("dev", path) for path in paths(data.dev)] + [("test", path) for path in paths(data.test)]
    named += [("dev_more", Path(path)) for path in data.dev_more or ()]
    for setting, path in named:
        if not path.exists() and not (away and setting == "train" and sidecar_of(path).exists()):
            here = "" if path.is_absolute() else f" (looked for in {Path.cwd()})"
            null = "" if setting == "train" else ", or null to do without"
            raise UserError(f"data.{setting}: {path}: no such file{here}; name one that is there{null}")


def read_whole(files: PairFiles | None, reverse: bool) -> list[Pair]:
    """Read a part that is kept as lines, those with an empty side left out; nothing where there is none.

    Raises:
        UserError: for bad data, and for a file without a single pair.
    """
    if files is None:
        return []
    whole = [pair for pair in read_pairs(files, reverse) if pair.source and pair.target]
    if not whole:
        raise UserError(f"{describe(files)}: holds no sentence pair; name another file or null in `data`")
    return whole


def _make(
    directory: Path, data: DataConfig, dev: Sequence[Pair], vocabulary: Vocabulary | None, spans: bool
) -> None:
    """Read the training part and write it, encoded, with all that is kept about it."""
    if spans and vocabulary is None:
        vocabulary = Vocabulary.build(_count(data), data.min_count, [*ALPHABET, *KINDS])
    known = frozenset(vocabulary.characters) if spans and vocabulary else None
    reserved, overlap = SentenceKeys([*dev, *read_whole(data.test, data.reverse)]), Overlap(dev)
    pair_filter = PairFilter(data.max_chars, data.max_ratio)
    with contextlib.closing(_Spool(directory)) as spool:
        parts = []
        for part in data.parts:
            sentences = _Sentences(read_pairs(part.path, data.reverse), overlap, reserved, known)
            parts.append(_read_part(spool, sentences, pair_filter))
            if not parts[-1].filtered.kept:
                raise UserError(
                    f"{describe(part.path)}: nothing to train on; {sentences.read:,} lines read, "
                    f"{parts[-1].filtered}; name another file in data.train or raise data.max_chars or "
                    "data.max_ratio"
                )
            if len(data.parts) > 1:
                spool.end_part()
        counts = {chr(code): int(spool.counts[code]) for code in spool.counts.nonzero()[0]}
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
            "fingerprint": spool.digest.hexdigest(),
            "report": asdict(report),
        }
        _store(directory, spool, vocabulary, meta)


def _count(data: DataConfig) -> dict[str, int]:
    """Count the characters of the training files."""
    total = np.zeros(CODE_POINTS, np.int64)
    for part in data.parts:
        for block in _blocks(read_pairs(part.path, data.reverse)):
            counts = np.bincount(code_points("".join(chain.from_iterable(block))))
            total[: len(counts)] += counts
    return {chr(code): int(total[code]) for code in total.nonzero()[0]}


def _read_part(spool: _Spool, sentences: _Sentences, pair_filter: PairFilter) -> PartCount:
    """Append what the filter keeps of one part; it drops what an earlier part had as well."""
    before, characters = pair_filter.report(), spool.characters
    for block in _blocks(sentences):
        spool.add(pair_filter.keep(block))
    return PartCount(
        read=sentences.read,
        aligned=sentences.aligned,
        held_out=sentences.held_out,
        unlike=sentences.unlike,
        filtered=pair_filter.report() - before,
        characters=spool.characters - characters,
    )


class _Sentences:
    """Lines cut into aligned sentences, one after the other, with a count of what was met on the way.

    A sentence out of a training line may be a line of dev or test (`reserved`) however clean the split of the
    lines is; it is left out.
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


def _blocks(pairs: Iterable[Pair]) -> Iterator[list[Pair]]:
    """Yield pairs in lists of `_BLOCK` characters, the ends of sentences included, or a little more."""
    block: list[Pair] = []
    size = 0
    for pair in pairs:
        block.append(pair)
        size += len(pair.source) + len(pair.target) + 2
        if size >= _BLOCK:
            yield block
            block, size = [], 0
    yield block


class _Side:
    """The sentences of one language: their text in a file without a name, their lengths in memory."""

    def __init__(self, directory: Path) -> None:
        self._file = tempfile.TemporaryFile("w+", encoding="utf-8", newline="", dir=directory)  # noqa: SIM115
        self._lengths: list[npt.NDArray[np.uint16]] = []

    def add(self, sentences: Sequence[str]) -> str:
        """Append sentences, each of at most 2 ** 16 - 1 characters; return their text in a row."""
        text = "".join(sentences)
        self._file.write(text)
        self._lengths.append(np.fromiter(map(len, sentences), np.uint16, len(sentences)))
        return text

    def offsets(self) -> Offsets:
        """Return where each sentence begins in the text, and where the last one ends."""
        return np.cumsum(np.concatenate([np.zeros(1, np.uint16), *self._lengths]), dtype=np.int64)

    def text(self) -> Iterator[str]:
        """Yield all the text in pieces."""
        self._file.seek(0)
        while piece := self._file.read(_BLOCK):
            yield piece

    def close(self) -> None:
        """Give the file up."""
        with contextlib.suppress(OSError):  # a full disk has been told of, and here nothing is lost
            self._file.close()


class _Spool:
    """The pairs that were kept, waiting in the directory of their entry for a vocabulary.

    Attributes:
        source, target: the two sides.
        digest: of the pairs, as in `fingerprint`.
        counts: how often each code point has occurred.
        pairs: how many there are.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        with clear_errors("write", directory):
            directory.mkdir(parents=True, exist_ok=True)
            self.source, self.target = _Side(directory), _Side(directory)
        self.digest = hashlib.sha256()
        self.counts = np.zeros(CODE_POINTS, np.int64)
        self.pairs = 0

    @property
    def characters(self) -> int:
        """The characters of both sides so far."""
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
        """Have the digest tell where one of several parts ends."""
        self.digest.update(f"{self.pairs}\n".encode())  # a line without a tab is no pair

    def close(self) -> None:
        """Give the files up."""
        self.source.close()
        self.target.close()


def encode_pairs(pairs: Sequence[Pair], vocabulary: Vocabulary) -> Encoded:
    """Encode pairs in memory, all at once."""
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    return Encoded(
        source_ids=vocabulary.encode_array("".join(sources)),
        source_offsets=np.cumsum([0, *map(len, sources)], dtype=np.int64),
        target_ids=vocabulary.encode_array("".join(targets)),
        target_offsets=np.cumsum([0, *map(len, targets)], dtype=np.int64),
    )


def _cache_key(
    data: DataConfig,
    vocabulary: Vocabulary | None,
    spans: bool,
    unicode: str = unicodedata.unidata_version,
) -> str:
    """Name the outcome by all that it depends on: file contents, settings, Unicode version, this code."""
    files = [*(part.path for part in data.parts), data.dev, data.test]
    what = {
        "code": [inspect.getsource(sys.modules[name]) for name in _CODE],
        "unicode": unicode,
        "files": [[(path.suffixes, _digest(path)) for path in paths(each)] for each in files],
        "settings": [data.max_chars, data.max_ratio, data.min_count, data.reverse],
        "vocabulary": None if vocabulary is None else vocabulary.characters,
        "spans": spans,
    }
    return hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file; of one that is away, what its checksum file tells."""
    is_away = not path.exists() and sidecar_of(path).exists()
    return sidecar_digests(path)[0] if is_away else sha256_file(path)


def _store(directory: Path, spool: _Spool, vocabulary: Vocabulary, meta: dict[str, Any]) -> None:
    """Write the arrays, then the file that vouches for them and, in its first line, for itself."""
    sums = {}
    for name, side in (("source", spool.source), ("target", spool.target)):
        offsets = side.offsets()
        ids = map(vocabulary.encode_array, side.text())
        sums[f"{name}_ids"] = _store_array(directory / f"{name}_ids.npy", np.uint16, int(offsets[-1]), ids)
        sums[f"{name}_offsets"] = _store_array(
            directory / f"{name}_offsets.npy", np.int64, len(offsets), [offsets]
        )
    _write_meta(directory, {**meta, "entry": directory.name, "arrays": sums})


def _write_meta(directory: Path, meta: dict[str, Any]) -> None:
    body = json.dumps(meta).encode()
    write_bytes_atomic(directory / _META, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _read_meta(directory: Path) -> dict[str, Any]:
    checksum, _, body = read_bytes(directory / _META).partition(b"\n")
    _check(hashlib.sha256(body).hexdigest() == checksum.decode("ascii", "replace"), _META)
    meta: dict[str, Any] = json.loads(body)
    return meta


def _store_array(path: Path, dtype: npt.DTypeLike, length: int, blocks: Iterable[npt.NDArray[Any]]) -> str:
    """Write an array of shape (length,) that comes in blocks; return the SHA-256 of the file."""
    dtype = np.dtype(dtype)
    header = {"descr": dtype.str, "fortran_order": False, "shape": (length,)}

    def write(file: BinaryIO) -> None:
        np.lib.format.write_array_header_1_0(file, header)
        for block in blocks:
            file.write(block.data)

    digests: list[str] = []
    atomic_write(path, write, needed=length * dtype.itemsize, before_rename=digests.append)
    return digests[0]


def _load(directory: Path) -> tuple[Encoded, dict[str, Any]] | None:
    """Return what `_store` wrote; None where there is nothing, and with a warning where it is damaged."""
    if not (directory / _META).exists():
        return None
    try:
        meta = _read_meta(directory)
        if meta.get("entry") != directory.name:
            raise UserError("it is a copy of another entry")
        for name, expected in meta["arrays"].items():
            _check(sha256_file(directory / f"{name}.npy") == expected, f"{name}.npy")
    except UserError as error:
        _log.warning("the prepared data in %s is damaged (%s) and is made again", directory, error)
        return None
    return Encoded(**{name: _map(directory / f"{name}.npy") for name in _ARRAYS}), meta


def _load_own(
    data: DataConfig, cache_dir: Path, vocabulary: Vocabulary | None, spans: bool
) -> tuple[Encoded, dict[str, Any]] | None:
    """Return what was prepared with a vocabulary of its own, if a given one is the same."""
    if vocabulary is None:
        return None
    loaded = _load(entry(data, cache_dir, spans))
    return loaded if loaded and loaded[1]["characters"] == list(vocabulary.characters) else None


def _check(good: bool, name: str) -> None:
    if not good:
        raise UserError(f"the bytes of {name} have changed")


def _map(path: Path) -> npt.NDArray[Any]:
    # A plain view of the mapping: slicing np.memmap itself costs several times as much.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))
