"""The directory of a run: one process at a time, writable, with room, and without leftovers."""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import socket
from pathlib import Path
from types import TracebackType

from seq2seq.errors import UserError
from seq2seq.files import clear_errors

_TEMPORARY = re.compile(r"\..+\.tmp-([1-9][0-9]{0,8})")


def check_writable(directory: Path, needed: int) -> None:
    """Make `directory` if it is missing, and see that it can be written and has room for `needed` bytes.

    Raises:
        UserError: it cannot be made or written, or lacks the space.
    """
    probe = directory / f".probe.tmp-{os.getpid()}"
    with clear_errors("write to", directory):
        directory.mkdir(parents=True, exist_ok=True)
        probe.touch()
        probe.unlink()
        free = shutil.disk_usage(directory).free
    if free < needed:
        raise UserError(
            f"{directory} has {free:,} bytes free and {needed:,} are needed; "
            "free some space or choose another directory"
        )


def _is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep_temporaries(directory: Path) -> list[Path]:
    """Remove the temporary files that dead processes left in `directory`, and return their paths.

    Hold the lock of the directory, and call this before writing there: a file that bears this process's own
    number is taken for one of an earlier process that had the same (in a container it often does).
    """
    removed = []
    for path in directory.iterdir():
        match = _TEMPORARY.fullmatch(path.name)
        if match and (int(match[1]) == os.getpid() or not _is_alive(int(match[1]))):
            with clear_errors("remove", path):
                path.unlink(missing_ok=True)
            removed.append(path)
    return removed


class RunLock:
    """Holds a directory for this process, as a context manager; a second process is refused.

    The system drops the lock when the process ends, however it ends; the file left behind hinders nobody.
    """

    def __init__(self, directory: Path) -> None:
        self._path = directory / ".lock"
        self._descriptor = -1

    def __enter__(self) -> RunLock:
        """Take the lock.

        Raises:
            UserError: another process has it; the message names its number and host.
        """
        with clear_errors("lock", self._path):
            self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT, 0o666)
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except BlockingIOError:
                raise UserError(self._refusal()) from None
            os.ftruncate(self._descriptor, 0)
            os.write(self._descriptor, f"process {os.getpid()} on {socket.gethostname()}\n".encode())
        return self

    def _refusal(self) -> str:
        holder = os.read(self._descriptor, 200).decode("utf-8", "replace").strip() or "another process"
        os.close(self._descriptor)
        return f"{self._path.parent} is in use by {holder}; stop that run or choose another directory"

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        os.close(self._descriptor)
