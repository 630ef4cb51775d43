"""Errors for users: each has a message and an exit code.

All text for the terminal passes through `print_error` or `printable`, because it may contain untrusted data.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
from collections.abc import Iterable
from typing import Final

# Of PyTorch's allocator, cuBLAS, oneDNN (which says the same, with a description, of what it cannot do at
# all), of the system, of a thread without room for its stack, and of a library without room to be loaded.
_NO_MEMORY: Final = re.compile(
    "can't allocate memory|ALLOC_FAILED|could not create a primitive$|[Cc]annot allocate memory"
    "|can't start new thread|failed to map segment"
)
MOST_LISTED: Final = 5
"""The most items that a message names."""
_LONGEST: Final = 4000
"""The most characters of a line on stderr: nobody reads more, and what a message quotes may be endless."""


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


def memory_ran_out(error: BaseException) -> bool:
    """Whether an error means that memory ran out; libraries have no common class for that."""
    return isinstance(error, MemoryError) or bool(_NO_MEMORY.search(str(error)))


def listed(items: Iterable[object], separator: str = ", ", all_there: bool = True) -> str:
    """Return the first `MOST_LISTED` items for a message, each shortened, and how many more there are.

    Files from outside may hold any number of names of any length.

    Args:
        items: what is named.
        separator: between two items.
        all_there: whether `items` are all that there are; otherwise their number is not told.
    """
    every = list(items)
    shown = [shortened(str(item), 200) for item in every[:MOST_LISTED]]
    if (more := len(every) - MOST_LISTED) > 0:
        shown.append(f"and {more:,} more" if all_there else "…")
    return separator.join(shown)


def shortened(text: str, most: int) -> str:
    """Return a text of at most `most` characters: its two ends, if it is longer."""
    if len(text) <= most:
        return text
    half = (most - 3) // 2
    return f"{text[:half]} … {text[-half:]}"


def printable(text: str) -> str:
    """Return `text` with control characters escaped, so that no file or argument can control the terminal."""
    return "".join(c if c.isprintable() or c == "\n" else ascii(c)[1:-1] for c in text)


def print_error(text: str) -> None:
    """Write a line to stderr; do nothing if stderr cannot be written, as when its terminal is closed."""
    lines = "\n".join(shortened(line, _LONGEST) for line in text.split("\n"))
    try:
        print(printable(lines), file=sys.stderr, flush=True)
    except OSError:
        # The text in the buffer would fail again at exit, and change the exit code.
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())
