"""Standard input as a file of pairs, `-`: kept in an unnamed file, since pairs are read several times."""

from __future__ import annotations

import atexit
import os
import select
import sys
import tempfile
from functools import cache
from pathlib import Path
from typing import IO, Final, TextIO

from seq2seq.errors import UserError
from seq2seq.storage.files import clear_errors

STANDARD_INPUT: Final = "-"
NAME: Final = "standard input"
"""For messages."""


def open_standard_input() -> IO[bytes]:
    """Return all of standard input, from its beginning, as often as it is asked for.

    Raises:
        UserError: there is none, or it cannot be read or kept.
    """
    if sys.stdin is None:
        raise UserError(f"there is no {NAME}: name a file of pairs, or use a pipe")
    file = _kept(sys.stdin)
    file.seek(0)
    return file


@cache
def _kept(stdin: TextIO) -> IO[bytes]:
    with clear_errors("read", Path(NAME)):
        file = tempfile.TemporaryFile()  # noqa: SIM115 - for as long as the program runs
        atexit.register(file.close)
        while data := _read(stdin.fileno()):
            file.write(data)
    return file


def _read(descriptor: int) -> bytes:
    """Return the bytes that have arrived; none at the end."""
    while True:
        try:
            return os.read(descriptor, 1 << 17)
        except BlockingIOError:  # a non-blocking pipe with nothing in it yet
            select.select([descriptor], [], [])
