"""Atomic writes, and errors in one sentence."""

from __future__ import annotations

import errno
import os
import random
import resource
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from seq2seq.errors import CheckpointError, UserError
from seq2seq.storage.files import (
    atomic_write,
    clear_errors,
    make_directory,
    read_bytes,
    sha256_file,
    sweep_temporaries,
    write_bytes_atomic,
    write_text_atomic,
)

OLD = b"the old content"


@pytest.fixture
def old_file(tmp_path: Path) -> Path:
    directory = tmp_path / "a run, ñandú"
    directory.mkdir()
    path = directory / "file.bin"
    path.write_bytes(OLD)
    return path


def assert_untouched(path: Path) -> None:
    assert path.read_bytes() == OLD
    assert [entry.name for entry in path.parent.iterdir()] == [path.name]


def failing(number: int) -> Callable[[BinaryIO], None]:
    def write(file: BinaryIO) -> None:
        file.write(b"half of it")
        raise OSError(number, os.strerror(number))

    return write


# --- writing


def test_a_write_replaces_the_old_file_and_leaves_nothing_else(old_file: Path) -> None:
    write_bytes_atomic(old_file, b"new")
    assert old_file.read_bytes() == b"new"
    assert len(list(old_file.parent.iterdir())) == 1


def test_text_is_utf8_with_its_line_ends_kept(tmp_path: Path) -> None:
    write_text_atomic(tmp_path / "t", "¿qué?\r\n")
    assert (tmp_path / "t").read_bytes() == b"\xc2\xbfqu\xc3\xa9?\r\n"


def test_permissions_are_those_the_umask_gives(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        write_bytes_atomic(tmp_path / "f", b"x")
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "f").stat().st_mode) == 0o640


def test_a_link_stays_a_link_to_the_new_content(old_file: Path, tmp_path: Path) -> None:
    link = tmp_path / "link"
    link.symlink_to(old_file)
    write_bytes_atomic(link, b"new")
    assert link.is_symlink()
    assert old_file.read_bytes() == b"new"


def test_a_device_is_not_replaced() -> None:
    with pytest.raises(UserError, match="cannot write /dev/null: it is not a regular file"):
        write_bytes_atomic(Path("/dev/null"), b"x")
    assert Path("/dev/null").is_char_device()


def test_a_directory_is_not_replaced(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="not a regular file"):
        write_bytes_atomic(tmp_path, b"x")


def test_a_write_protected_file_is_not_replaced(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = old_file.read_bytes()
    monkeypatch.setattr(os, "access", lambda _, mode: mode != os.W_OK)  # root may write anywhere
    with pytest.raises(UserError, match="it is write-protected"):
        write_bytes_atomic(old_file, b"new")
    assert old_file.read_bytes() == before


def test_the_temporary_file_is_beside_the_file(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TMPDIR", "/nonexistent")
    seen: list[str] = []

    def write(file: BinaryIO) -> None:
        file.write(b"x")
        seen.extend(sorted(entry.name for entry in old_file.parent.iterdir()))

    atomic_write(old_file, write)
    assert seen == [f".file.bin.tmp-{os.getpid()}", "file.bin"]


def test_a_leftover_of_the_same_process_number_is_no_obstacle(old_file: Path, tmp_path: Path) -> None:
    precious = tmp_path / "precious"
    precious.write_bytes(b"precious")
    (old_file.parent / f".file.bin.tmp-{os.getpid()}").symlink_to(precious)
    write_bytes_atomic(old_file, b"new")
    assert precious.read_bytes() == b"precious"
    assert not old_file.is_symlink()
    assert old_file.read_bytes() == b"new"


def test_the_file_is_synced_before_the_rename_and_the_directory_after(
    old_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    events: list[str] = []
    fsync, replace = os.fsync, os.replace

    def spy_fsync(descriptor: int) -> None:
        target = os.fstat(descriptor)
        is_directory = os.path.samestat(target, old_file.parent.stat())
        events.append("sync the directory" if is_directory else f"sync {target.st_size} bytes")
        fsync(descriptor)

    def spy_replace(source: Path, target: Path) -> None:
        events.append(f"rename to {target.name}")
        replace(source, target)

    monkeypatch.setattr(os, "fsync", spy_fsync)
    monkeypatch.setattr(os, "replace", spy_replace)
    atomic_write(
        old_file, lambda file: _write(file, b"new content"), before_rename=lambda _: events.append("told")
    )
    assert events == ["sync 11 bytes", "told", "rename to file.bin", "sync the directory"]


def _write(file: BinaryIO, data: bytes) -> None:
    file.write(data)


def test_the_digest_is_that_of_the_bytes_on_the_disk(tmp_path: Path) -> None:
    digests: list[str] = []

    def write(file: BinaryIO) -> None:
        for size in (0, 1, 100_000, 7):
            file.write(memoryview(random.Random(size).randbytes(size)))

    atomic_write(tmp_path / "f", write, before_rename=digests.append)
    assert digests == [sha256_file(tmp_path / "f")]


def test_seeking_would_spoil_the_digest_and_is_refused(old_file: Path) -> None:
    def write(file: BinaryIO) -> None:
        assert not file.seekable()
        file.seek(0)

    with pytest.raises(UserError, match="hashed while it is written"):
        atomic_write(old_file, write)
    assert_untouched(old_file)


# --- failing


@pytest.mark.parametrize(
    ("number", "reason"),
    [
        (errno.ENOSPC, r"no space left on device \(1,234,567 bytes needed\); free some space or choose"),
        (errno.EDQUOT, r"disk quota exceeded \(1,234,567 bytes needed\); free some space or choose"),
        (errno.EFBIG, r"file too large \(1,234,567 bytes needed\); raise the limit"),
        (errno.EROFS, "read-only file system; choose a directory that can be written"),
        (errno.EACCES, "permission denied; check its permissions"),
        (errno.EIO, "input/output error$"),
    ],
)
def test_the_system_refuses(old_file: Path, number: int, reason: str) -> None:
    with pytest.raises(UserError, match=reason) as caught:
        atomic_write(old_file, failing(number), needed=1_234_567)
    assert str(caught.value).startswith(f"cannot write {old_file}: ")
    assert "\n" not in str(caught.value)
    assert_untouched(old_file)


@contextmanager
def limited_file_size(size: int) -> Iterator[None]:
    """Let the kernel itself refuse to write more than `size` bytes to a file."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_real_refusal_in_the_middle_of_the_file(old_file: Path) -> None:
    with limited_file_size(50_000), pytest.raises(UserError, match=r"\(200,000 bytes needed\)"):
        write_bytes_atomic(old_file, bytes(200_000))
    assert_untouched(old_file)
    write_bytes_atomic(old_file, bytes(200_000))
    assert old_file.stat().st_size == 200_000


def test_a_writer_that_hides_the_refusal_does_not_hide_it_from_the_user(old_file: Path) -> None:
    def write(file: BinaryIO) -> None:
        try:
            file.write(bytes(200_000))
        except OSError:
            raise RuntimeError("unexpected pos 64 vs 0") from None

    with limited_file_size(50_000), pytest.raises(UserError, match="file too large"):
        atomic_write(old_file, write)
    assert_untouched(old_file)


@pytest.mark.parametrize("error", [ValueError, RuntimeError, KeyboardInterrupt, SystemExit])
def test_an_error_of_the_writer_passes_through(old_file: Path, error: type[BaseException]) -> None:
    def write(file: BinaryIO) -> None:
        file.write(b"half of it")
        raise error("mine")

    with pytest.raises(error, match="mine"):
        atomic_write(old_file, write)
    assert_untouched(old_file)


def test_the_rename_fails(old_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_source: Path, _target: Path) -> None:
        raise OSError(errno.EACCES, "Permission denied")

    monkeypatch.setattr(os, "replace", refuse)
    with pytest.raises(UserError, match="permission denied"):
        write_bytes_atomic(old_file, b"new")
    assert_untouched(old_file)


@pytest.mark.parametrize(
    ("number", "is_error"), [(errno.EINVAL, False), (errno.ENOTSUP, False), (errno.EIO, True)]
)
def test_a_directory_that_cannot_be_synced(
    old_file: Path, monkeypatch: pytest.MonkeyPatch, number: int, is_error: bool
) -> None:
    fsync = os.fsync

    def refuse_directories(descriptor: int) -> None:
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise OSError(number, os.strerror(number))
        fsync(descriptor)

    monkeypatch.setattr(os, "fsync", refuse_directories)
    if is_error:
        with pytest.raises(UserError, match="input/output error"):
            write_bytes_atomic(old_file, b"new")
    else:
        write_bytes_atomic(old_file, b"new")
        assert old_file.read_bytes() == b"new"


def test_no_such_directory(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no such file or directory; check the path"):
        write_bytes_atomic(tmp_path / "no" / "file", b"x")


WRITER = """
import sys
from pathlib import Path
from seq2seq.storage.files import write_bytes_atomic
print("ready", flush=True)
for index in range(10**9):
    write_bytes_atomic(Path(sys.argv[1]), bytes([index % 251]) * 3_000_000)
"""


def test_a_killed_writer_leaves_a_whole_file(old_file: Path) -> None:
    generator = random.Random(1)
    contents = set[bytes]()
    for attempt in range(8):  # on a busy machine a child may not come to its first write
        if attempt >= 4 and contents != {OLD[:1]}:
            break
        with subprocess.Popen([sys.executable, "-c", WRITER, str(old_file)], stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(generator.uniform(0.02, 0.12))
            child.kill()
        data = old_file.read_bytes()
        assert data == OLD or (len(data) == 3_000_000 and len(set(data)) == 1)
        contents.add(data[:1])
    assert contents != {OLD[:1]}, "no child came as far as one whole write"
    sweep_temporaries(old_file.parent)
    assert [entry.name for entry in old_file.parent.iterdir()] == ["file.bin"]


# --- reading


def test_read_bytes_names_the_path_and_the_reason(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=f"cannot read {tmp_path}/no: no such file or directory"):
        read_bytes(tmp_path / "no")
    with pytest.raises(CheckpointError, match="is a directory; name a file in it"):
        read_bytes(tmp_path, CheckpointError)


def test_a_file_without_permission(old_file: Path) -> None:
    def no_permission() -> bytes:
        raise PermissionError(errno.EACCES, "Permission denied", str(old_file))

    with (
        pytest.raises(UserError, match=r"cannot read .*file\.bin: permission denied"),
        clear_errors("read", old_file),
    ):
        no_permission()


def test_an_error_without_a_number_keeps_its_words(tmp_path: Path) -> None:
    with (
        pytest.raises(UserError, match=r"cannot read .*: odd$"),
        clear_errors("read", tmp_path),
    ):
        raise OSError("Odd")


# --- the directory of a run


def test_make_directory_makes_the_directory_and_leaves_it_empty(tmp_path: Path) -> None:
    make_directory(tmp_path / "runs" / "one", 1)
    assert list((tmp_path / "runs" / "one").iterdir()) == []


def test_make_directory_names_the_bytes_that_lack(tmp_path: Path) -> None:
    with pytest.raises(
        UserError, match=r"bytes free and 1,000,000,000,000,000,000 are needed; free some space"
    ):
        make_directory(tmp_path, 10**18)


def test_make_directory_where_a_file_is_in_the_way(old_file: Path) -> None:
    with pytest.raises(UserError, match="cannot write to"):
        make_directory(old_file / "run", 1)


@pytest.mark.skipif(os.geteuid() == 0, reason="nothing is forbidden to root")
def test_make_directory_without_permission(tmp_path: Path) -> None:
    tmp_path.chmod(0o500)
    try:
        with pytest.raises(UserError, match="permission denied; check its permissions"):
            make_directory(tmp_path, 1)
    finally:
        tmp_path.chmod(0o700)


def test_only_the_temporary_files_of_dead_processes_are_swept(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as alive:
        dead = subprocess.run(
            ["sh", "-c", "echo $$"], capture_output=True, text=True, check=True
        ).stdout.strip()
        swept = [f".state_00000500.pt.tmp-{dead}", f".a.tmp-{os.getpid()}"]
        kept = [
            f".state_00000500.pt.tmp-{alive.pid}",
            f"state_00000500.pt.tmp-{dead}",
            f".x.tmp-{dead}.pt",
            ".tmp-1",
            ".y.tmp-",
            ".z.tmp-99999999999999999999",
            ".lock",
        ]
        for name in swept + kept:
            (tmp_path / name).touch()
        assert sorted(path.name for path in sweep_temporaries(tmp_path)) == sorted(swept)
        alive.communicate(b"\n")
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(kept)


def test_devices_and_pipes_are_not_read(tmp_path: Path) -> None:
    """A device may have no end, and a pipe can be read only once."""
    os.mkfifo(tmp_path / "pipe")
    for path in (Path("/dev/zero"), tmp_path / "pipe"):
        for read in (read_bytes, sha256_file):
            with pytest.raises(UserError, match=f"cannot read {path}: it is not a regular file"):
                read(path)
    with pytest.raises(CheckpointError, match="not a regular file"):
        read_bytes(tmp_path / "pipe", CheckpointError)
