"""Is a file what it should be? Checksums kept beside files, and what the first bytes of a file say it is."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import BinaryIO, Literal, TypeAlias

from seq2seq.errors import CheckpointError
from seq2seq.storage.files import atomic_write, read_bytes, write_text_atomic

Kind: TypeAlias = Literal["empty", "lfs", "html", "zip", "pickle", "safetensors", "unknown"]

_SIDECAR_LINE = re.compile(r"([0-9a-f]{64})  (.+)")


def write_with_checksum(
    path: Path, write: Callable[[BinaryIO], None], *, note: str = "", needed: int = 0
) -> None:
    """Write a file as `atomic_write` does, and its SHA-256 into `path`.sha256, as `sha256sum -c` reads it.

    The checksum is written first, with that of the old file, if any, beside it: whichever of the two files a
    crash leaves, it is vouched for.

    Args:
        note: one line kept as a comment in the checksum file.
    """
    old = _old_digests(path)
    new: list[str] = []

    def vouch(digest: str) -> None:
        new.append(digest)
        _write_sidecar(path, [digest, *old], note)

    atomic_write(path, write, needed=needed, before_rename=vouch)
    if old:
        _write_sidecar(path, new, note)


def _write_sidecar(path: Path, digests: list[str], note: str) -> None:
    lines = [f"# {note}"] if note else []
    lines += [f"{digest}  {path.name}" for digest in digests]
    write_text_atomic(sidecar_of(path), "".join(line + "\n" for line in lines))


def sidecar_of(path: Path) -> Path:
    """The checksum file that belongs to `path`."""
    return path.with_name(path.name + ".sha256")


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
