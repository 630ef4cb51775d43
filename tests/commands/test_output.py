"""Standard output that is written completely, whatever is at its other end."""

from __future__ import annotations

import fcntl
import io
import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator

import pytest
from commandline import MODEL

from seq2seq.commands.output import complete

LINES = 30_000


@pytest.fixture
def full_pipe() -> Iterator[tuple[int, int]]:
    """A non-blocking pipe of the smallest size: its two ends."""
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, fcntl.fcntl(write, fcntl.F_GETFL) | os.O_NONBLOCK)
    fcntl.fcntl(write, 1031, 4096)  # F_SETPIPE_SZ, which Python names from 3.10 on
    yield read, write
    os.close(read)


def slowly(descriptor: int, found: list[bytes]) -> None:
    time.sleep(0.05)
    while data := os.read(descriptor, 65536):
        found.append(data)


@pytest.mark.parametrize("unbuffered", [False, True])
def test_a_non_blocking_pipe_loses_nothing(full_pipe: tuple[int, int], unbuffered: bool) -> None:
    read, write = full_pipe
    raw = os.fdopen(write, "wb", 0 if unbuffered else -1)
    own = io.TextIOWrapper(raw, encoding="utf-8", write_through=unbuffered)
    stream = complete(own)
    found: list[bytes] = []
    reader = threading.Thread(target=slowly, args=(read, found))
    reader.start()
    text = "".join(f"{number} ñ\n" for number in range(LINES))
    stream.buffer.write(text[:1000].encode())
    stream.write(text[1000:])
    stream.flush()
    own.close()
    reader.join()
    assert b"".join(found).decode() == text


def test_the_form_of_the_stream_is_kept(tmp_path: object) -> None:
    memory = io.StringIO()
    assert complete(memory) is memory
    with open(f"{tmp_path}/x", "w", encoding="latin-1", errors="replace", buffering=1) as file:
        stream = complete(file)
        assert (stream.encoding, stream.errors, stream.line_buffering) == ("latin-1", "replace", True)
        assert stream.fileno() == file.fileno()
        assert not stream.isatty()


@pytest.mark.slow
@pytest.mark.parametrize("unbuffered", ["", "1"])
def test_all_lines_arrive_in_a_non_blocking_pipe(full_pipe: tuple[int, int], unbuffered: str) -> None:
    """With PYTHONUNBUFFERED set, 17,584 of 20,000 lines were lost, and the exit code was 0."""
    read, write = full_pipe
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", MODEL]
    environment = {**os.environ, "PYTHONUNBUFFERED": unbuffered}
    found: list[bytes] = []
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=write, env=environment) as process:
        os.close(write)
        reader = threading.Thread(target=slowly, args=(read, found))
        reader.start()
        process.communicate(b"hi\n" * 4000, timeout=300)
        reader.join()
    assert process.returncode == 0
    assert b"".join(found).count(b"\n") == 4000
