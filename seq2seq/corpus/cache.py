"""The cache of prepared data: one directory for each combination of files and settings, checked at each load.

An entry holds four arrays (`ARRAYS`), which are memory-mapped, and `meta.json`: its first line is the SHA-256
of the rest, and the rest holds the SHA-256 of each array. An entry without `meta.json` is unfinished.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import logging
import re
import shutil
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

import numpy as np
import numpy.typing as npt

from seq2seq.corpus.pairs import paths
from seq2seq.corpus.prepared import Encoded
from seq2seq.errors import UserError
from seq2seq.storage.files import atomic_write, clear_errors, read_bytes, sha256_file, write_bytes_atomic
from seq2seq.storage.integrity import sidecar_digests, sidecar_of
from seq2seq.text.vocabulary import Vocabulary

if TYPE_CHECKING:
    from seq2seq.config.schema import DataConfig

FORMAT: Final = 3
"""Version of the prepared data. Raise it whenever the same files and settings are prepared differently.

`tests/corpus/test_cache.py` fails when that happens.
"""
ARRAYS: Final = ("source_ids", "source_offsets", "target_ids", "target_offsets")
_META: Final = "meta.json"
_ENTRY_NAME: Final = re.compile("[0-9a-f]{32}")
_log = logging.getLogger(__name__)


@contextlib.contextmanager
def naming_place() -> Iterator[None]:
    """Add to an error of the system in the block, which writes prepared data, how to choose another place."""
    try:
        yield
    except UserError as error:
        if not isinstance(error.__cause__, OSError):
            raise
        raise UserError(
            f"{error} (the directory of prepared data is that of the environment variable SEQ2SEQ_CACHE)"
        ) from error.__cause__


def entry(
    data: DataConfig,
    cache_dir: Path,
    spans: bool,
    vocabulary: Vocabulary | None = None,
    unicode: str = unicodedata.unidata_version,
) -> Path:
    """Return the directory of the entry for these files and settings, whether or not it exists.

    Its name is a hash of all that prepared data depends on: the content of the files, the settings, the
    version of Unicode and `FORMAT`.

    Args:
        data, spans, vocabulary: as for `prepare.prepare`.
        cache_dir: the directory of the cache.
        unicode: the version of Unicode that normalised the text.
    """
    files = [*(part.path for part in data.parts), data.dev, data.test]
    what = {
        "format": FORMAT,
        "unicode": unicode,
        "files": [[(path.suffixes, _digest(path)) for path in paths(each)] for each in files],
        "settings": [data.max_chars, data.max_ratio, data.min_count, data.reverse],
        "vocabulary": None if vocabulary is None else vocabulary.characters,
        "spans": spans,
    }
    return cache_dir / hashlib.sha256(json.dumps(what).encode()).hexdigest()[:32]


def _digest(path: Path) -> str:
    """Return the SHA-256 of a file; of a missing one, what its checksum file says."""
    is_away = not path.exists() and sidecar_of(path).exists()
    return sidecar_digests(path)[0] if is_away else sha256_file(path)


def store(
    directory: Path,
    arrays: Mapping[str, tuple[npt.DTypeLike, int, Iterable[npt.NDArray[Any]]]],
    meta: Mapping[str, Any],
) -> None:
    """Write an entry.

    Args:
        directory: as `entry` returned it.
        arrays: for each of `ARRAYS` its type, its length and its elements in blocks.
        meta: what else is kept, of the types of JSON.

    Raises:
        UserError: it cannot be written.
    """
    with naming_place():
        sums = {name: _store_array(directory / f"{name}.npy", *array) for name, array in arrays.items()}
        _write_meta(directory, {**meta, "entry": directory.name, "arrays": sums})


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


def _write_meta(directory: Path, meta: Mapping[str, Any]) -> None:
    body = json.dumps(meta).encode()
    write_bytes_atomic(directory / _META, hashlib.sha256(body).hexdigest().encode() + b"\n" + body)


def _read_meta(directory: Path) -> dict[str, Any]:
    checksum, _, body = read_bytes(directory / _META).partition(b"\n")
    _check(hashlib.sha256(body).hexdigest() == checksum.decode("ascii", "replace"), _META)
    meta: dict[str, Any] = json.loads(body)
    return meta


def load(directory: Path) -> tuple[Encoded, dict[str, Any]] | None:
    """Return the arrays and the meta data of an entry.

    None if there is none; with a warning, None if it is damaged.
    """
    if not (directory / _META).exists():
        return None
    try:
        meta = _read_meta(directory)
        if meta.get("entry") != directory.name:
            raise UserError("it is a copy of another entry")
        for name, expected in meta["arrays"].items():
            _check(sha256_file(directory / f"{name}.npy") == expected, f"{name}.npy")
    except UserError as error:
        _log.warning("the prepared data in %s is damaged (%s) and will be rebuilt", directory, error)
        return None
    return Encoded(**{name: _map(directory / f"{name}.npy") for name in ARRAYS}), meta


def _check(good: bool, name: str) -> None:
    if not good:
        raise UserError(f"{name} does not match its checksum")


def _map(path: Path) -> npt.NDArray[Any]:
    # A plain view of the mapping: slicing np.memmap itself costs several times as much.
    return np.asarray(np.load(path, mmap_mode="r", allow_pickle=False))


def adopt(directory: Path, unicode: str, data: DataConfig, cache_dir: Path, spans: bool) -> Path:
    """Copy prepared data from another machine into the cache; return the directory of the new entry.

    The training files themselves may be missing if `FILE.sha256` next to where each would be holds its
    checksum.

    Args:
        directory: a copy of an entry of the other machine's cache, prepared with a vocabulary of its own.
        unicode: the version of Unicode of the other machine's Python; this machine's may differ.
        data, cache_dir, spans: as for `prepare.prepare`.

    Raises:
        UserError: the data is damaged, or was prepared from other files, with other settings or by another
            version of this program.
    """
    meta = _read_meta(directory)
    if meta["entry"] != entry(data, cache_dir, spans, unicode=unicode).name:
        raise UserError(
            f"the prepared data in {directory} was made of other files, with other settings or by another "
            "version of this program; prepare and copy it again"
        )
    there = entry(data, cache_dir, spans)
    for name in meta["arrays"]:
        content = read_bytes(directory / f"{name}.npy")
        _check(hashlib.sha256(content).hexdigest() == meta["arrays"][name], f"{name}.npy")
        there.mkdir(parents=True, exist_ok=True)
        write_bytes_atomic(there / f"{name}.npy", content)
    _write_meta(there, {**meta, "entry": there.name})
    return there


@dataclass(frozen=True)
class CacheEntry:
    """One entry as it lies on disk.

    Attributes:
        directory: of the entry.
        size: bytes of all its files.
        written: when it was last written, in seconds since 1970.
        files: the names of the training files; None if it is unfinished or of an older version.
    """

    directory: Path
    size: int
    written: float
    files: tuple[str, ...] | None


def entries(cache_dir: Path) -> list[CacheEntry]:
    """Return the entries of a cache, the oldest first; other files in its directory are left alone.

    Raises:
        UserError: the directory cannot be read.
    """
    with clear_errors("read", cache_dir):
        found = list(cache_dir.iterdir()) if cache_dir.exists() else []
        made = [_look_at(path) for path in found if path.is_dir() and _ENTRY_NAME.fullmatch(path.name)]
    return sorted(made, key=lambda each: (each.written, each.directory))


def _look_at(directory: Path) -> CacheEntry:
    status = [path.stat() for path in directory.iterdir()]
    try:
        files = tuple(_read_meta(directory)["files"])
    except (UserError, KeyError):
        files = None
    written = max((each.st_mtime for each in status), default=directory.stat().st_mtime)
    return CacheEntry(directory, sum(each.st_size for each in status), written, files)


def clear(cache_dir: Path) -> list[CacheEntry]:
    """Delete all entries of a cache and return them.

    Training that is running keeps the arrays that it has opened.

    Raises:
        UserError: an entry cannot be deleted.
    """
    deleted = entries(cache_dir)
    for each in deleted:
        with clear_errors("delete", each.directory):
            shutil.rmtree(each.directory)
    return deleted
