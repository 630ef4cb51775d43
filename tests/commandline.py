"""What the tests of the command line share: the result of a command, and the tiny model."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, NamedTuple

from tiny import GOLDEN, short_pairs

MODEL = str(GOLDEN / "model.safetensors")


SOURCES = [pair.source for pair in short_pairs(12)]


class Result(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        assert self.out == "" or self.out.endswith("\n")
        return self.out.split("\n")[:-1]


Cli = Callable[..., Result]


def refused(result: Result, code: int, *parts: str) -> None:
    """Assert that a command was refused with one line that has all `parts`."""
    assert result.code == code
    assert result.out == ""
    line, rest = result.err.removeprefix("seq2seq: ").split("\n", 1)
    assert result.err.startswith("seq2seq: ")
    assert rest == ""
    assert all(part in line for part in parts), line


@contextmanager
def streaming(*options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that translates what is written to it."""
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", MODEL, "--stream", *map(str, options)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes) as process:
        yield process
        process.kill()


QUICK = ["--set", "train.max_steps=2", "--set", "data.dev=null", "--device", "cpu"]
