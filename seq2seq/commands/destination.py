"""Where the results of `seq2seq translate` go: standard output, a device, or a file that appears whole."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO

from seq2seq.commands.options import check_parent
from seq2seq.errors import Interrupted, UserError, counted


class Destination:
    """Lines of results, written to standard output or a device at once, or to a file in the end.

    Args:
        name: a file; None is standard output.

    Attributes:
        path: the file that is written in the end; None for standard output and devices.

    Raises:
        UserError: the file cannot be written.
    """

    def __init__(self, name: str | None) -> None:
        self.path: Path | None = None
        self._kept: list[bytes] = []
        self._written = 0
        self._device: BinaryIO | None = None
        self._stream: BinaryIO | None = None if sys.stdout is None else sys.stdout.buffer
        if name is None or is_stdout(name):
            return
        path = Path(name)
        if path.exists() and not path.is_file() and not path.is_dir():  # a device or a pipe
            try:
                self._stream = self._device = path.open("wb")
            except OSError as error:
                raise UserError(f"cannot write {path}: {error.strerror}") from None
            return
        check_parent(path)
        self.path = path

    def write(self, lines: list[bytes]) -> None:
        """Write lines, or keep them for the end."""
        self._written += len(lines)
        if self.path is not None:
            self._kept += lines
        elif self._stream is not None:
            self._stream.write(b"".join(lines))
            self._stream.flush()

    def finish(self) -> None:
        """Write the file, if there is one, or close the device."""
        if self.path is not None:
            from seq2seq.storage.files import write_bytes_atomic

            write_bytes_atomic(self.path, b"".join(self._kept))
        elif self._device is not None:
            self._device.close()

    def write_all(self, groups: Iterable[list[bytes]]) -> None:
        """Write groups of lines and finish; what is done when a signal stops the work is kept.

        Raises:
            Interrupted: a signal has come.
        """
        try:
            for lines in groups:
                self.write(lines)
        except KeyboardInterrupt as stop:
            number = getattr(stop, "exit_code", 128 + signal.SIGINT) - 128
            raise self._interrupted(number) from None
        self.finish()

    def _interrupted(self, number: int) -> Interrupted:
        """Save the lines that are kept, and return the error that says how far the work has come.

        Args:
            number: of the signal.
        """
        message = f"stopped after {counted(self._written, 'line')}"
        if self.path is not None and self._kept:
            from seq2seq.storage.files import write_bytes_atomic

            part = self.path.with_name(f"{self.path.name}.part")
            write_bytes_atomic(part, b"".join(self._kept))
            message += f", which are in {part}"
        return Interrupted(message, number)


def is_stdout(name: str) -> bool:
    """Whether a name stands for standard output: `-`, or the name of the same file, such as /dev/stdout."""
    if name == "-":
        return True
    try:
        return os.path.samestat(os.stat(name), os.fstat(sys.stdout.fileno()))
    except (OSError, ValueError, AttributeError):  # there is no such file, or no standard output
        return False
