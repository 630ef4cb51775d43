"""A signal ends a command quietly, with 128 + its number, at any moment."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from types import FrameType

import pytest
from commandline import MODEL

from seq2seq.commands import stopping

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
IN_AN_IMPORT = """
import os, signal, sys
from seq2seq.commands import stopping
signal.signal(signal.SIGINT, signal.default_int_handler)
stopping.install()
sys.path.insert(0, sys.argv[1])
import stopped_here
"""


@pytest.fixture(autouse=True)
def _own_handlers() -> object:
    defaults = dict.fromkeys(STOPPING, signal.SIG_DFL) | {signal.SIGINT: signal.default_int_handler}
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_says_its_exit_code(number: signal.Signals) -> None:
    stopping.install()
    with pytest.raises(stopping.Stopped) as stop:
        signal.raise_signal(number)
    assert stop.value.exit_code == 128 + number


def test_an_ignored_signal_stays_ignored() -> None:
    """As under nohup."""
    signal.signal(signal.SIGHUP, signal.SIG_IGN)
    stopping.install()
    signal.raise_signal(signal.SIGHUP)
    assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN


def test_other_handlers_and_threads_are_left_alone() -> None:
    def own(number: int, frame: FrameType | None) -> None: ...

    signal.signal(signal.SIGTERM, own)
    other = threading.Thread(target=stopping.install)
    other.start()
    other.join()
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler
    stopping.install()
    assert signal.getsignal(signal.SIGTERM) is own


def test_ctrl_c_within_an_import_is_quiet(tmp_path: Path) -> None:
    """It was a traceback, and an abort within that of PyTorch."""
    (tmp_path / "stopped_here.py").write_text("import signal\nsignal.raise_signal(signal.SIGINT)\n")
    done = subprocess.run(
        [sys.executable, "-c", IN_AN_IMPORT, str(tmp_path)], capture_output=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, b"", b"")


SOON = 20
"""Seconds: two on a free machine, and far less than what is stopped would take."""
QUIET = ("", "seq2seq: stopped", "seq2seq: stopped after 0 lines")


@pytest.mark.slow
@pytest.mark.parametrize("number", STOPPING)
def test_a_signal_at_any_moment_of_the_start_is_quiet(number: signal.Signals) -> None:
    """Before that Python itself starts, and nothing can be done about it."""
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", MODEL, "--beam", "5"]
    text = b"I am here.\n" * 20_000  # enough for PyTorch to be imported
    for delay in (0.25, 0.4, 0.6, 0.9, 1.2, 1.5, 2.0, 3.0):
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            preexec_fn=lambda: signal.signal(number, signal.SIG_DFL),
            env={**os.environ, "PYTHONPATH": os.getcwd()},
        ) as process:
            feeder = threading.Thread(target=feed, args=(process, text))
            feeder.start()
            time.sleep(delay)
            process.send_signal(number)
            began = time.monotonic()
            code = process.wait(60)
            assert time.monotonic() - began < SOON, delay
            feeder.join()
            assert process.stderr is not None
            err = process.stderr.read().decode()
        assert code == 128 + number, delay
        assert err.strip() in QUIET, delay


def feed(process: subprocess.Popen[bytes], text: bytes) -> None:
    assert process.stdin is not None
    try:
        process.stdin.write(text)
        process.stdin.close()
    except BrokenPipeError:
        pass


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "command"),
    [
        (signal.SIGTERM, ["train", "x.yaml", "--out", "run"]),
        (signal.SIGINT, ["train", "x.yaml", "--out", "run"]),
        (signal.SIGTERM, ["data", "check", "pairs.tsv"]),
        (signal.SIGINT, ["data", "prepare", "pairs.tsv", "--out", "parts"]),
    ],
)
def test_a_signal_ends_hashing_and_reading(
    number: signal.Signals, command: list[str], tmp_path: Path
) -> None:
    """Training did not hear it before its first step, however long a corpus took to hash and prepare."""
    with (tmp_path / "data.tsv").open("wb") as file:
        file.truncate(1 << 38)  # a file of zeros that takes no space
    (tmp_path / "x.yaml").write_text("data: {train: data.tsv}\n")
    (tmp_path / "pairs.tsv").write_text("I am here.\tEstoy aquí.\n" * 2_000_000)
    with subprocess.Popen(
        [sys.executable, "-m", "seq2seq", *command],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),
        env={**os.environ, "PYTHONPATH": os.getcwd(), "SEQ2SEQ_CACHE": str(tmp_path / "cache")},
    ) as process:
        time.sleep(6)
        assert process.poll() is None
        process.send_signal(number)
        began = time.monotonic()
        _, err = process.communicate(timeout=60)
        assert time.monotonic() - began < SOON
    assert process.returncode == 128 + number
    assert err.strip() in QUIET  # on a busy machine the program may still be starting
