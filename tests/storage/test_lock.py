"""The lock of a run directory: one process at a time, whatever ended the one before."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from seq2seq.errors import UserError
from seq2seq.storage.lock import run_lock

HOLDER = """
import sys, time
from pathlib import Path
from seq2seq.storage.lock import run_lock
with run_lock(Path(sys.argv[1])):
    print("locked", flush=True)
    time.sleep(60)
"""


def test_a_second_process_is_refused_until_the_first_has_ended(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", HOLDER, str(tmp_path)], stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        with (
            pytest.raises(UserError, match=f"is in use by process {child.pid} on .+; stop that run"),
            run_lock(tmp_path),
        ):
            pytest.fail("two processes hold one directory")
        child.send_signal(signal.SIGKILL)
        child.wait()
        (tmp_path / ".lock").write_text("process 123456789 on a host with a very long name" * 5)
        with run_lock(tmp_path):
            assert re.fullmatch(rf"process {os.getpid()} on \S+\n", (tmp_path / ".lock").read_text())


def test_the_lock_is_given_back_and_also_holds_within_a_process(tmp_path: Path) -> None:
    with run_lock(tmp_path):
        with pytest.raises(UserError, match=f"process {os.getpid()}"), run_lock(tmp_path):
            pytest.fail("held twice")
        with pytest.raises(UserError, match="in use"), run_lock(tmp_path):
            pytest.fail("a refusal gave the lock away")
    with run_lock(tmp_path):
        pass


def test_a_lock_in_a_directory_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="cannot lock"), run_lock(tmp_path / "no"):
        pytest.fail("locked nothing")
