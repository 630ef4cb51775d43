"""Checksum files fit at every moment, and the type of a file is detected by its first bytes."""

from __future__ import annotations

import os
import pickle
import random
import shutil
import subprocess
import sys
import time
from pathlib import Path
from typing import BinaryIO

import pytest

from seq2seq.errors import CheckpointError
from seq2seq.storage.files import sha256_file
from seq2seq.storage.integrity import (
    refuse_foreign,
    sidecar_digests,
    sidecar_note,
    sidecar_of,
    sniff,
    write_with_checksum,
)


def save(path: Path, data: bytes, note: str = "") -> None:
    def write(file: BinaryIO) -> None:
        file.write(data)

    write_with_checksum(path, write, note=note)


def assert_vouched_for(path: Path) -> None:
    assert sha256_file(path) in sidecar_digests(path)


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_accepts_the_file_and_refuses_a_changed_one(tmp_path: Path) -> None:
    path = tmp_path / "state.pt"
    save(path, b"content", note="run 1")

    def check() -> int:
        command = ["sha256sum", "--check", "--strict", "state.pt.sha256"]
        return subprocess.run(command, cwd=tmp_path, capture_output=True, check=False).returncode

    assert check() == 0
    path.write_bytes(b"Content")
    assert check() == 1


def test_the_note_is_kept(tmp_path: Path) -> None:
    save(tmp_path / "f", b"x", note="run ñ 1")
    assert sidecar_note(tmp_path / "f") == "run ñ 1"
    save(tmp_path / "g", b"x")
    assert sidecar_note(tmp_path / "g") == ""


def test_a_new_digest_takes_the_place_of_the_old(tmp_path: Path) -> None:
    path = tmp_path / "f"
    save(path, b"old")
    old = sidecar_digests(path)
    save(path, b"new")
    assert len(sidecar_digests(path)) == 1
    assert sidecar_digests(path) != old
    assert_vouched_for(path)


@pytest.mark.parametrize("crash_at", range(4))
@pytest.mark.parametrize("exists", [False, True])
def test_whatever_a_crash_leaves_is_vouched_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, exists: bool, crash_at: int
) -> None:
    path = tmp_path / "f"
    if exists:
        save(path, b"old")
    replace, renamed = os.replace, 0

    def crash(source: Path, target: Path) -> None:
        nonlocal renamed
        if renamed == crash_at:
            raise SystemExit("power cut")
        renamed += 1
        replace(source, target)

    monkeypatch.setattr(os, "replace", crash)
    renames = 3 if exists else 2
    if crash_at < renames:
        with pytest.raises(SystemExit):
            save(path, b"new")
    else:
        save(path, b"new")
    assert renamed == min(crash_at, renames)
    assert path.exists() == (exists or crash_at >= 2)
    if path.exists():
        assert path.read_bytes() == (b"new" if crash_at >= 2 else b"old")
        assert_vouched_for(path)
    monkeypatch.setattr(os, "replace", replace)
    save(path, b"newer")
    assert len(sidecar_digests(path)) == 1
    assert_vouched_for(path)


WRITER = """
import sys
from pathlib import Path
from seq2seq.storage.integrity import write_with_checksum
print("ready", flush=True)
for index in range(10**9):
    path = Path(sys.argv[1]) / f"f{index % 3}"
    write_with_checksum(path, lambda file: file.write(bytes([index % 251]) * 1_000_000) and None)
"""


def kill_a_writer(directory: Path, seconds: float) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(directory)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        time.sleep(seconds)
        child.kill()


@pytest.mark.parametrize("kills", [4, pytest.param(50, marks=pytest.mark.slow)])
def test_after_a_kill_every_visible_file_is_vouched_for(tmp_path: Path, kills: int) -> None:
    generator = random.Random(2)
    for _ in range(kills):
        kill_a_writer(tmp_path, generator.uniform(0.05, 0.15))
        for path in tmp_path.glob("f?"):
            assert_vouched_for(path)
    assert (tmp_path / "f0").exists(), "no child came as far as one whole write"


def test_no_checksum_file(tmp_path: Path) -> None:
    (tmp_path / "f").touch()
    with pytest.raises(
        CheckpointError, match=r"f has no checksum file; copy f\.sha256 to the same directory"
    ):
        sidecar_digests(tmp_path / "f")


@pytest.mark.parametrize(
    "content",
    [b"", b"\xff\xfe", b"# run 1\n", b"0" * 64 + b"  other\n", b"0" * 63 + b"  f\n", b"0" * 64 + b" f\n"],
)
def test_a_checksum_file_that_does_not_speak_of_the_file(tmp_path: Path, content: bytes) -> None:
    sidecar_of(tmp_path / "f").write_bytes(content)
    with pytest.raises(CheckpointError, match=r"f\.sha256 is damaged: it holds no checksum of f$"):
        sidecar_digests(tmp_path / "f")


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"", "empty"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "lfs"),
        (b"\n <!DOCTYPE html><title>404</title>", "html"),
        (b"<HTML><body>", "html"),
        (b"PK\x03\x04\x00\x00", "zip"),
        *[
            (pickle.dumps({"a": [1.5] * n}, protocol), "pickle")
            for protocol in (2, 3, 4, 5)
            for n in (0, 9, 999)
        ],
        ((100).to_bytes(8, "little") + b'{"a":', "safetensors"),
        ((0x0280).to_bytes(8, "little") + b'{"a":', "safetensors"),
        ((10**9).to_bytes(8, "little") + b'{"a":', "unknown"),
        (b"Hello", "unknown"),
        (b"\x80", "unknown"),
    ],
)
def test_sniff(data: bytes, kind: str) -> None:
    assert sniff(data) == kind


def test_foreign_files_are_each_refused_in_their_own_words() -> None:
    path = Path("x.pt")
    sentences = set()
    for kind in ("empty", "lfs", "html", "pickle"):
        with pytest.raises(CheckpointError, match=r"^x\.pt is ") as caught:
            refuse_foreign(path, kind)
        sentences.add(str(caught.value))
    assert len(sentences) == 4
    for known in ("zip", "safetensors", "unknown"):
        refuse_foreign(path, known)
