"""What another system lacks is not missed. These tests never ran on Windows itself; see docs/install.md."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from tinyruns import TINY, bundled, write_pairs

from seq2seq.errors import UserError
from seq2seq.storage import files

ROOT = Path(__file__).parent.parent


def without_posix(*arguments: str | Path, stdin: str = "") -> str:
    done = subprocess.run(
        [sys.executable, ROOT / "tests" / "without_posix.py", *map(str, arguments)],
        input=stdin,
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


@pytest.mark.slow
def test_translation_works_without_what_windows_lacks(tmp_path: Path) -> None:
    """The names of signals, terminals and processor masks used to be taken for granted."""
    text, out = tmp_path / "in.txt", tmp_path / "out.txt"
    text.write_bytes(b"Where is the station?\r\n\x1aI am tired.\n")
    without_posix("translate", "-i", text, "-o", out)
    assert out.read_text("utf-8").splitlines() == ["¿Dónde está la estación?", "Estoy cansado."]
    assert without_posix("translate", stdin="Where is the station?\n") == "¿Dónde está la estación?\n"
    streamed = without_posix("translate", "--stream", "--lag", "8", stdin="Where is the station?\n")
    assert streamed == without_posix("translate", "--lag", "8", "Where is the station?")


@pytest.mark.slow
def test_training_and_resuming_work_without_what_windows_lacks(tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", bundled("train", 60))
    config = tmp_path / "tiny.yaml"
    config.write_text(TINY.format(train=pairs, dev=pairs), "utf-8")
    run = tmp_path / "run"
    without_posix("train", config, "--out", run, "--set", "train.max_steps=5")
    without_posix("train", config, "--out", run, "--resume", "--set", "train.max_steps=7")
    assert sorted(path.name for path in run.glob("state_*.pt"))[-1] == "state_00000007.pt"


def as_windows(monkeypatch: pytest.MonkeyPatch, **functions: Any) -> None:
    names = {name: getattr(os, name) for name in dir(os) if not name.startswith("__")}
    monkeypatch.setattr(files, "os", SimpleNamespace(**{**names, "name": "nt", **functions}))


def test_a_file_that_another_process_reads_is_replaced_as_soon_as_that_is_done(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    refusals = iter([True, True])

    def replace(old: Path, new: Path) -> None:
        if next(refusals, False):
            raise PermissionError(13, "Access is denied")
        os.replace(old, new)

    as_windows(monkeypatch, replace=replace)
    monkeypatch.setattr(files, "_PAUSES", (0.0, 0.0, 0.0))
    target = tmp_path / "model"
    files.write_text_atomic(target, "old")
    refusals = iter([True, True])
    files.write_text_atomic(target, "new")
    assert target.read_text() == "new"


def test_a_file_that_stays_open_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def replace(*_: Path) -> None:
        raise PermissionError(13, "Access is denied")

    as_windows(monkeypatch, replace=replace)
    monkeypatch.setattr(files, "_PAUSES", (0.0,))
    with pytest.raises(UserError, match=r"cannot write .*model: permission denied; "):
        files.write_text_atomic(tmp_path / "model", "new")
    assert list(tmp_path.iterdir()) == []


def test_no_process_is_sent_a_signal_to_learn_whether_it_lives(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """On Windows, signal 0 is Ctrl-C. What is open there cannot be deleted, so deleting is tried."""

    def kill(*_: int) -> None:
        raise AssertionError("another process was sent a signal")

    as_windows(monkeypatch, kill=kill)
    left, in_use = tmp_path / ".a.tmp-1", tmp_path / ".b.tmp-1"
    left.touch()
    in_use.touch()
    really = Path.unlink

    def unlink(path: Path, missing_ok: bool = False) -> None:
        if path == in_use:
            raise PermissionError(32, "The process cannot access the file")
        really(path, missing_ok)

    monkeypatch.setattr(Path, "unlink", unlink)
    assert files.sweep_temporaries(tmp_path) == [left]
    assert in_use.exists()
