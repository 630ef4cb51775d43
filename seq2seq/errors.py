"""Errors for users: each has a message and an exit code.

All text for the terminal passes through `print_error` or `printable`, because it may contain untrusted data.
"""

from __future__ import annotations

import contextlib
import os
import sys


class UserError(ValueError):
    """An error that the user can fix: in a file, a disk or a value. The message says what to do."""

    exit_code: int = 1


class UsageError(UserError):
    """A command line, an argument or a configuration that is not valid.

    The message names parameters of the library in back-quotes; the command line replaces them by its flags.
    """

    exit_code = 2


class NonFiniteError(UserError):
    """The loss or a gradient is no longer a finite number."""

    exit_code = 3


class CheckpointError(UserError):
    """A model file or a training state that is damaged, of another program, or does not fit."""

    exit_code = 4


class Interrupted(UserError):
    """Training was stopped by a signal and everything is saved; the message says how to resume."""

    def __init__(self, message: str, signal_number: int) -> None:
        super().__init__(message)
        self.exit_code = 128 + signal_number


class PrecisionWarning(UserWarning):
    """The precision that was asked for is no faster than fp32 here, or fp32 is used instead of it."""


def counted(number: int, noun: str, plural: str = "") -> str:
    """Return a number and its noun, as in `1 pair` and `1,200 pairs`."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def printable(text: str) -> str:
    """Return `text` with control characters escaped, so that no file or argument can control the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def print_error(text: str) -> None:
    """Write a line to stderr; do nothing if stderr cannot be written, as when its terminal is closed."""
    try:
        print(printable(text), file=sys.stderr, flush=True)
    except OSError:
        # The text in the buffer would fail again at exit, and change the exit code.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
