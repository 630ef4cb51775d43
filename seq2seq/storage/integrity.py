"""Checksum files beside the files they belong to, and detection of the type of a file by its first bytes."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from seq2seq.errors import CheckpointError
from seq2seq.storage.files import atomic_write, read_bytes, write_text_atomic

FileKind: TypeAlias = Literal["empty", "lfs", "html", "zip", "pickle", "safetensors", "unknown"]

_SIDECAR_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_with_checksum(
    path: Path, write: Callable[[BinaryIO], None], *, note: str = "", needed: int = 0
) -> None:
    """Write a file atomically, and its SHA-256 to `path`.sha256 in the format of `sha256sum -c`.

    The new checksum is written first, next to that of an old file, so that after a crash the checksum file
    is valid for the old and for the new file.

    Args:
        path, write, needed: as for `atomic_write`.
        note: one line that is kept as a comment in the checksum file.

    Raises:
        UserError: the system refused, as in `atomic_write`.
    """
    old = _old_digests(path)
    new: list[str] = []

    def write_sidecar(digest: str) -> None:
        new.append(digest)
        _write_sidecar(path, [digest, *old], note)

    atomic_write(path, write, needed=needed, before_rename=write_sidecar)
    if old:
        _write_sidecar(path, new, note)


def _write_sidecar(path: Path, digests: list[str], note: str) -> None:
    lines = [f"# {note}"] if note else []
    lines += [f"{digest}  {path.name}" for digest in digests]
    write_text_atomic(sidecar_of(path), "".join(line + "\n" for line in lines))


def sidecar_of(path: Path) -> Path:
    """Return the path of the checksum file of `path`."""
    return path.with_name(path.name + ".sha256")


def _old_digests(path: Path) -> list[str]:
    """Return the checksums of a file that is about to be replaced; none if it is new or has none."""
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
    """Return the SHA-256 digests in the checksum file of `path`: one, or two after a crash.

    Raises:
        CheckpointError: there is no checksum file, or it has no line for `path`.
    """
    matches = [_SIDECAR_LINE.fullmatch(line) for line in _read_sidecar(path)]
    digests = [match[1] for match in matches if match and match[2] == path.name]
    if not digests:
        raise CheckpointError(f"{sidecar_of(path)} is damaged: it holds no checksum of {path.name}")
    return digests


def sidecar_note(path: Path) -> str:
    """Return the comment in the checksum file of `path`; empty if there is none.

    Raises:
        CheckpointError: there is no checksum file.
    """
    return next((line[2:] for line in _read_sidecar(path) if line.startswith("# ")), "")


def sniff(data: bytes) -> FileKind:
    """Return what a file seems to be, judged by its first bytes; nothing is unpacked or executed."""
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


_NOT_A_CHECKPOINT: dict[FileKind, str] = {
    "empty": "is empty; copy or download it again",
    "lfs": "is a Git LFS pointer and not the file itself; run `git lfs pull`",
    "html": "is a web page, probably the error page of a failed download; download it again",
    "pickle": "is a Python pickle, which can run code when opened, so it was not opened",
}


def refuse_foreign(path: Path, kind: FileKind) -> None:
    """Raise a CheckpointError that says what `path` is, if `kind` is not that of a checkpoint."""
    if kind in _NOT_A_CHECKPOINT:
        raise CheckpointError(f"{path} {_NOT_A_CHECKPOINT[kind]}")
