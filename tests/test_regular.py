"""What is read whole is a regular file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seq2seq.errors import CheckpointError
from seq2seq.regular import check_regular


def test_devices_and_pipes_are_refused_and_files_are_not(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(CheckpointError, match=f"cannot read {path}: it is not a regular file; save"):
            check_regular(path, CheckpointError)
    (tmp_path / "link").symlink_to(tmp_path / "file")
    for path in (tmp_path, tmp_path / "missing", tmp_path / "link"):
        check_regular(path)
    (tmp_path / "file").touch()
    check_regular(tmp_path / "link")
