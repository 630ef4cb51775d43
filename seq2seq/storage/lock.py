"""The lock of a run directory."""

from __future__ import annotations

import contextlib
import os
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import TextIO

from portalocker import AlreadyLocked, LockException, LockFlags, lock

from seq2seq.errors import UserError
from seq2seq.storage.files import clear_errors


@contextlib.contextmanager
def run_lock(directory: Path) -> Iterator[None]:
    """Hold the lock of a run directory, so that a second process is refused.

    The operating system releases the lock when the process ends, however it ends. The file `.lock` stays.

    Raises:
        UserError: another process holds the lock, and is named by its number and host; or the file cannot be
            opened.
    """
    path = directory / ".lock"
    with contextlib.ExitStack() as stack:
        with clear_errors("lock", path):
            file = stack.enter_context(path.open("a+", encoding="utf-8", errors="replace"))
        try:
            lock(file, LockFlags.EXCLUSIVE | LockFlags.NON_BLOCKING)
        except AlreadyLocked:
            raise UserError(
                f"{directory} is in use by {_lock_holder(file)}; stop that run or choose another directory"
            ) from None
        except LockException as error:
            raise UserError(f"cannot lock {path}: {error}") from error
        with clear_errors("lock", path):
            file.truncate(0)
            file.write(f"process {os.getpid()} on {socket.gethostname()}\n")
            file.flush()
        yield


def _lock_holder(file: TextIO) -> str:
    """Return what the holder of a lock wrote about itself, where others may read it (not on Windows)."""
    try:
        file.seek(0)
        return file.read(200).strip() or "another process"
    except OSError:
        return "another process"
