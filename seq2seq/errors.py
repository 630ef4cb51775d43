"""What can go wrong for a user: each error is one sentence for a person and an exit code for a shell.

What is said to a person goes through `tell` or `printable`: names and data may come from strangers.
"""

from __future__ import annotations

import contextlib
import os
import sys


class UserError(ValueError):
    """Something outside the program is wrong: a file, a disk, a value. The message has place and remedy."""

    exit_code: int = 1


class UsageError(UserError):
    """A command line or a configuration that cannot be meant."""

    exit_code = 2


class NonFiniteError(UserError):
    """The loss or a gradient stopped being a finite number."""

    exit_code = 3


class CheckpointError(UserError):
    """A model file or a training state that is damaged, foreign or not meant for this."""

    exit_code = 4


class Interrupted(UserError):
    """Stopped by a signal, with everything saved; the message says how to go on."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


def printable(text: str) -> str:
    """Return `text` with control characters spelled out: no file or argument may steer the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def tell(text: str) -> None:
    """Write a line to stderr. Where nobody reads that any more, as when its terminal is gone, be quiet."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        # What is still in the buffer would fail again at the end, and change the exit code.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
