"""Zip archives of two parallel texts, as OPUS offers them in the format of Moses."""

from __future__ import annotations

import struct
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from seq2seq.errors import UserError

_ENDINGS = ".en", ".es"
_BROKEN = (zipfile.BadZipFile, zlib.error, struct.error, EOFError, NotImplementedError, RuntimeError)


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
    if found[0].flag_bits & 1:
        raise UserError(f"{path}: {found[0].filename} is encrypted; unpack it and name the files")
    return found[0]
