"""Atomic writes, and readable messages for the errors of the operating system.

A write goes to a temporary file in the same directory, which is synced and then renamed. A crash, a full disk
or a kill at any moment leaves either the old file or the new one.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from seq2seq.errors import UserError
from seq2seq.regular import check_regular

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
_PAUSES = (0.05, 0.1, 0.2, 0.4, 0.8, 1.6)
"""Seconds between attempts to replace a file that another process has open on Windows."""
_TEMPORARY = re.compile(r"\..+\.tmp-([1-9][0-9]{0,8})")


@contextlib.contextmanager
def clear_errors(
    action: str, path: Path, needed: int = 0, error_type: type[UserError] = UserError
) -> Iterator[None]:
    """Replace an `OSError` in the block by an error with one sentence: what failed, why, and the remedy.

    Args:
        action: a verb, as in "cannot write PATH".
        path: the file or directory that the message names.
        needed: the bytes that a write needs, 0 if not known; the message gives them if space ran out.
        error_type: the class of the error that is raised.
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
    """A file that is written from start to end; it hashes what is written and remembers a failed write."""

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
    """Create `path`, let `write` fill it, and sync it to the disk; return the SHA-256 of its bytes."""
    file = _HashingFile(path)
    try:
        write(file)
        file.flush()
        os.fsync(file.fileno())
    except RuntimeError:
        # torch hides the failed write behind an error of its own about the position in the file.
        if file.failure is not None:
            raise file.failure from None
        raise
    finally:
        with contextlib.suppress(OSError):
            file.close()
    return file.digest.hexdigest()


@contextlib.contextmanager
def _temporary(path: Path) -> Iterator[Path]:
    """Yield a path beside `path`; a file left there at the end of the block is deleted."""
    temporary = path.with_name(f".{path.name}.tmp-{os.getpid()}")
    temporary.unlink(missing_ok=True)  # left by an earlier process with the same number
    try:
        yield temporary
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)


def _sync_directory(directory: Path) -> None:
    """Make a rename durable; some file systems, such as network ones, cannot sync a directory."""
    if os.name == "nt":  # Windows cannot open a directory
        return
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
    """Let `write` fill a temporary file, sync it to the disk, and rename it to `path`.

    Args:
        path: links are followed; anything but a regular file is refused.
        write: called with a binary file that can be written to, but not moved in.
        needed: the size in bytes, if known, for the message when the disk is full.
        before_rename: called with the SHA-256 of the new file while the old file is still in place.

    Raises:
        UserError: the system refused. As when `write` itself raises, the old file is unchanged and the
            temporary file is deleted.
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
        replace(temporary, path)
        _sync_directory(path.parent)


def replace(old: Path, new: Path) -> None:
    """Rename `old` to `new`, which may exist.

    Windows refuses that with a `PermissionError` while another process has `new` open, for example a virus
    scanner or a translation that is loading the model. Those are done soon, so it is tried for a while.
    """
    for pause in _PAUSES if os.name == "nt" else ():
        with contextlib.suppress(PermissionError):
            os.replace(old, new)
            return
        time.sleep(pause)
    os.replace(old, new)


def write_bytes_atomic(path: Path, data: bytes) -> None:
    """Write `data` to `path` atomically; errors as in `atomic_write`."""
    atomic_write(path, _writer(data), needed=len(data))


def write_text_atomic(path: Path, text: str) -> None:
    """Write `text` as UTF-8 to `path` atomically; errors as in `atomic_write`."""
    write_bytes_atomic(path, text.encode("utf-8"))


def _writer(data: bytes) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(data)

    return write


def sha256_file(path: Path) -> str:
    """Return the SHA-256 of a regular file, in hexadecimal; UserError if it cannot be read."""
    digest = hashlib.sha256()
    check_regular(path)
    with clear_errors("read", path), path.open("rb") as file:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def read_bytes(path: Path, error_type: type[UserError] = UserError) -> bytes:
    """Read a whole regular file.

    Raises:
        UserError: there is no such file.
        error_type: it is a directory, or cannot be read.
    """
    missing = not path.exists()
    check_regular(path, error_type)
    with clear_errors("read", path, error_type=UserError if missing else error_type):
        return path.read_bytes()


def make_directory(directory: Path, needed: int = 0) -> None:
    """Create `directory` if it is missing; check that it is writable and has `needed` bytes free.

    Raises:
        UserError: the directory cannot be created or written to, or has too little space.
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
    if os.name == "nt":
        # There, signal 0 is Ctrl-C. Nobody needs to be asked: a file that is open cannot be deleted.
        return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def sweep_temporaries(directory: Path) -> list[Path]:
    """Delete the temporary files that dead processes left in `directory`, and return the deleted paths.

    The caller holds the lock of the directory and has not written there yet: a file with the number of this
    process is deleted, too, since an earlier process may have had the same number (in a container it often
    has).
    """
    removed = []
    for path in directory.iterdir():
        match = _TEMPORARY.fullmatch(path.name)
        if match and (int(match[1]) == os.getpid() or not _is_alive(int(match[1]))):
            with clear_errors("remove", path):
                try:
                    path.unlink(missing_ok=True)
                except PermissionError:
                    if os.name == "nt":
                        continue  # another process is writing it
                    raise
            removed.append(path)
    return removed
