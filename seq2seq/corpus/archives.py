"""Compressed files, read within limits, and zip archives of two parallel texts as OPUS offers them."""

from __future__ import annotations

import io
import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Final

from seq2seq.corpus.records import MOST_BYTES, ByteStream
from seq2seq.errors import UserError

MOST_RATIO: Final = 200
"""The largest ratio of unpacked to packed size beyond the first `MOST_BYTES`; text has about four."""

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_ENDINGS = ".en", ".es"
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)


class _Limited(io.RawIOBase):
    """A stream that may not be longer than some number of bytes."""

    def __init__(self, stream: ByteStream, most: int, name: str) -> None:
        self._stream, self._left, self._most, self._name = stream, most, most, name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: WriteableBuffer) -> int:
        data = self._stream.read(len(memoryview(buffer)))
        self._left -= len(data)
        if self._left < 0:
            raise UserError(
                f"{self._name}: refused, for it unpacks to more than {self._most:,} bytes; unpack it yourself"
            )
        memoryview(buffer)[: len(data)] = data
        return len(data)


def limited(stream: ByteStream, packed: int, name: str) -> ByteStream:
    """Return a stream that unpacks `packed` bytes and raises a UserError if that becomes far too much."""
    return io.BufferedReader(_Limited(stream, max(MOST_BYTES, MOST_RATIO * packed), name), 1 << 16)


@contextmanager
def open_moses(path: Path) -> Iterator[tuple[tuple[IO[bytes], str], tuple[IO[bytes], str]]]:
    """Open the English and the Spanish text of an archive, each with its name; nothing is unpacked to disk.

    Raises:
        UserError: not a whole zip archive, or not one with two such texts.
    """
    try:
        with zipfile.ZipFile(path) as archive:
            infos = [_only(archive, path, ending) for ending in _ENDINGS]
            with archive.open(infos[0]) as english, archive.open(infos[1]) as spanish:
                yield (
                    (english, f"{path}:{infos[0].filename}"),
                    (spanish, f"{path}:{infos[1].filename}"),
                )
    except _BROKEN as error:
        raise UserError(f"{path}: not a whole zip archive ({error}); fetch it again") from error


def _only(archive: zipfile.ZipFile, path: Path, ending: str) -> zipfile.ZipInfo:
    found = [info for info in archive.infolist() if info.filename.lower().endswith(ending)]
    if len(found) != 1:
        raise UserError(
            f"{path}: an archive of pairs has one file that ends in .en and one that ends in .es, like those "
            f"of OPUS in the format of Moses; {len(found)} files in it end in {ending}: unpack it, name them"
        )
    if found[0].file_size > max(MOST_BYTES, MOST_RATIO * found[0].compress_size):
        raise UserError(f"{path}: refused, for {found[0].filename} unpacks to {found[0].file_size:,} bytes")
    if found[0].flag_bits & 1:
        raise UserError(f"{path}: {found[0].filename} is encrypted; unpack it and name the files")
    return found[0]
