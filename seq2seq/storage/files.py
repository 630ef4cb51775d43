"""Files that are there whole or not at all, directories held by one run, and errors that a person can read.

A write goes to a temporary file in the same directory, is synced and only then renamed: a crash, a full disk
or a kill at any moment leaves the old file or the new one and nothing in between. POSIX only.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import io
import os
import re
import shutil
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, BinaryIO

from seq2seq.errors import UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

_REMEDIES = {
    errno.ENOSPC: "free some space or choose another directory",
    errno.EDQUOT: "free some space or choose another directory",
    errno.EFBIG: "raise the limit on the size of files (`ulimit -f`)",
    errno.EROFS: "choose a directory that can be written",
    errno.EACCES: "check its permissions",
    errno.EPERM: "check its permissions",
    errno.ENOENT: "check the path",
    errno.ENOTDIR: "check the path",
    errno.EISDIR: "name a file in it",
    errno.ENAMETOOLONG: "choose a shorter name",
}
_TEMPORARY = re.compile(r"\..+\.tmp-([1-9][0-9]{0,8})")


@contextlib.contextmanager
def clear_errors(
    action: str, path: Path, needed: int = 0, error_type: type[UserError] = UserError
) -> Iterator[None]:
    """Turn an `OSError` in the block into one sentence: what cannot be done to `path`, why, and the remedy.

    Args:
        action: a verb, as in "cannot write PATH".
        needed: the bytes that a write needs, 0 where not known; named when space was what was lacking.
    """
    try:
        yield
    except OSError as error:
        number = error.errno or 0
        reason = os.strerror(number) if number else str(error)
        reason = reason[:1].lower() + reason[1:]
        if needed and number in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            reason += f" ({needed:,} bytes needed)"
        remedy = f"; {_REMEDIES[number]}" if number in _REMEDIES else ""
        raise error_type(f"cannot {action} {path}: {reason}{remedy}") from error


class _HashingFile(io.BufferedWriter):
    """A file written from start to end that hashes what it is given and remembers a failure."""

    def __init__(self, path: Path) -> None:
        super().__init__(io.FileIO(path, "x"))
        self.digest = hashlib.sha256()
        self.failure: OSError | None = None

    def write(self, data: ReadableBuffer) -> int:
        self.digest.update(data)
        try:
            return super().write(data)
        except OSError as error:
            self.failure = error
            raise

    def seekable(self) -> bool:
        return False

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        raise io.UnsupportedOperation(f"this file is hashed while it is written: no seek({offset}, {whence})")


def _write_synced(path: Path, write: Callable[[BinaryIO], None]) -> str:
    """Create `path`, let `write` fill it, sync it to the disk; return the SHA-256 of its bytes."""
    file = _HashingFile(path)
    try:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    except RuntimeError:
        # torch reports a failed write as an error of its own about its position in the file.
        if file.failure is not None:
            raise file.failure from None
        raise
    finally:
        with contextlib.suppress(OSError):
            file.close()
    return file.digest.hexdigest()


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """A name beside `path` for a file that is gone at the end of the block, unless it was renamed."""
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    temporary.unlink(missing_ok=True)  # of an earlier process that happened to have the same number
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Make a rename last, but where a file system (a network's, for one) cannot sync a directory."""
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    except OSError as error:
        if error.errno not in (errno.EINVAL, errno.ENOTSUP):
            raise
    finally:
        os.close(descriptor)


def atomic_write(
    path: Path,
    write: Callable[[BinaryIO], None],
    *,
    needed: int = 0,
    before_rename: Callable[[str], None] | None = None,
) -> None:
    """Let `write` fill a temporary file that then takes the place of `path`, whole and synced to the disk.

    Args:
        path: a link is followed; anything but a regular file is refused.
        write: is given a binary file that can be written, not sought.
        needed: the size in bytes, if known, for the message when the disk is full.
        before_rename: is told the SHA-256 of the new file while the old one is still in place.

    Raises:
        UserError: the system refused. The old file is as it was and the temporary file is gone, as they are
            when `write` itself raises.
    """
    path = Path(os.path.realpath(path))
    with clear_errors("write", path, needed), _temporary(path) as temporary:
        if path.exists() and not path.is_file():
            raise UserError(f"cannot write {path}: it is not a regular file; choose another name")
        if path.exists() and not os.access(path, os.W_OK):
            raise UserError(f"cannot write {path}: it is write-protected; choose another name")
        digest = _write_synced(temporary, write)
        if before_rename:
            before_rename(digest)
        os.replace(temporary, path)
        _sync_directory(path.parent)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Write `data` in the place of `path`, whole or not at all; errors as in `atomic_write`."""
    atomic_write(path, _writer(data), needed=len(data))


def write_text_atomic(path: Path, text: str) -> None:
    """Write `text` as UTF-8 in the place of `path`, whole or not at all; errors as in `atomic_write`."""
    write_bytes_atomic(path, text.encode("utf-8"))


def _writer(data: bytes) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(data)

    return write


def sha256_file(path: Path) -> str:
    """The SHA-256 of the bytes of a file, in hexadecimal."""
    digest = hashlib.sha256()
    with clear_errors("read", path), path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def read_bytes(path: Path, error_type: type[UserError] = UserError) -> bytes:
    """Read a whole file.

    Raises:
        UserError: or `error_type`: it is missing, a directory or not readable.
    """
    with clear_errors("read", path, error_type=error_type):
        return path.read_bytes()


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
            f"{directory} has {free:,} bytes free and {needed:,} are needed; {_REMEDIES[errno.ENOSPC]}"
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
