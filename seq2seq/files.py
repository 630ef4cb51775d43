"""Files that are there whole or not at all: atomic writes, checksums, and errors that a person can read.

A write goes to a temporary file in the same directory, is synced and only then renamed: a crash, a full disk
or a kill at any moment leaves the old file or the new one and nothing in between. POSIX only.
"""

from __future__ import annotations

import contextlib
import errno
import hashlib
import io
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Literal, TypeAlias

from seq2seq.errors import CheckpointError, UserError

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer

Kind: TypeAlias = Literal["empty", "lfs", "html", "zip", "pickle", "safetensors", "unknown"]

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
_SIDECAR_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


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


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


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


def _rename(temporary: Path, path: Path) -> None:
    os.replace(temporary, path)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def atomic_write(
    path: Path,
    write: Callable[[BinaryIO], None],
    *,
    checksum: bool = False,
    note: str = "",
    needed: int = 0,
) -> None:
    """Let `write` fill a temporary file that then takes the place of `path`, whole and synced to the disk.

    With `checksum`, `path`.sha256 is kept beside it, in the form that `sha256sum -c` reads. It is written
    first, with the digest of the old file, if any, beside the new one: whichever file a crash leaves, it is
    vouched for.

    Args:
        path: a link is followed; anything but a regular file is refused.
        write: is given a binary file that can be written, not sought.
        note: one line kept as a comment in the checksum file.
        needed: the size in bytes, if known, for the message when the disk is full.

    Raises:
        UserError: the system refused. The old file is as it was and the temporary file is gone, as they are
            when `write` itself raises.
    """
    path = Path(os.path.realpath(path))
    if path.exists() and not path.is_file():
        raise UserError(f"cannot write {path}: it is not a regular file; choose another name")
    with clear_errors("write", path, needed), _temporary(path) as temporary:
        new = _write_synced(temporary, write)
        old = _old_digests(path) if checksum else []
        if checksum:
            _write_sidecar(path, [new, *old], note)
        _rename(temporary, path)
        if old:
            _write_sidecar(path, [new], note)


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


def sidecar_of(path: Path) -> Path:
    """The checksum file that belongs to `path`."""
    return path.with_name(path.name + ".sha256")


def _write_sidecar(path: Path, digests: list[str], note: str) -> None:
    lines = [f"# {note}"] if note else []
    lines += [f"{digest}  {path.name}" for digest in digests]
    data = "".join(line + "\n" for line in lines).encode("utf-8")
    sidecar = sidecar_of(path)
    with _temporary(sidecar) as temporary:
        _write_synced(temporary, _writer(data))
        _rename(temporary, sidecar)


def _old_digests(path: Path) -> list[str]:
    """The digests that vouch for a file about to be replaced; none for a new or unverifiable one."""
    try:
        return sidecar_digests(path) if path.exists() else []
    except CheckpointError:
        return []


def _read_sidecar(path: Path) -> list[str]:
    sidecar = sidecar_of(path)
    if not sidecar.exists():
        raise CheckpointError(f"{path} has no checksum file; copy {sidecar.name} to the same directory")
    return read_bytes(sidecar, CheckpointError).decode("utf-8", "replace").splitlines()


def sidecar_digests(path: Path) -> list[str]:
    """The SHA-256 digests that the checksum file of `path` allows: one, or two after a crash.

    Raises:
        CheckpointError: there is no checksum file or it does not speak of `path`.
    """
    matches = [_SIDECAR_LINE.fullmatch(line) for line in _read_sidecar(path)]
    digests = [match[1] for match in matches if match and match[2] == path.name]
    if not digests:
        raise CheckpointError(f"{sidecar_of(path)} is damaged: it holds no checksum of {path.name}")
    return digests


def sidecar_note(path: Path) -> str:
    """The comment in the checksum file of `path`; empty if there is none.

    Raises:
        CheckpointError: there is no checksum file.
    """
    return next((line[2:] for line in _read_sidecar(path) if line.startswith("# ")), "")


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


def sniff(data: bytes) -> Kind:
    """Say what a file seems to be, from its first bytes alone; nothing is opened or run."""
    start = data[:512].lstrip().lower()
    if not data:
        return "empty"
    if data.startswith(b"version https://git-lfs"):
        return "lfs"
    if start.startswith((b"<!doctype html", b"<html")):
        return "html"
    if data.startswith(b"PK\x03\x04"):
        return "zip"
    if data[8:9] == b"{" and int.from_bytes(data[:8], "little") <= 100_000_000:
        return "safetensors"
    if data[:1] == b"\x80" and data[1:2] in (b"\x02", b"\x03", b"\x04", b"\x05"):
        return "pickle"
    return "unknown"


_NOT_A_CHECKPOINT: dict[Kind, str] = {
    "empty": "is empty; copy or download it again",
    "lfs": "is a Git LFS pointer and not the file itself; run `git lfs pull`",
    "html": "is a web page, probably the error page of a failed download; download it again",
    "pickle": "is a Python pickle, which can run code when opened, so it was not opened",
}


def refuse_foreign(path: Path, kind: Kind) -> None:
    """Raise a CheckpointError that names what `path` is, if that is no kind of checkpoint."""
    if kind in _NOT_A_CHECKPOINT:
        raise CheckpointError(f"{path} {_NOT_A_CHECKPOINT[kind]}")
