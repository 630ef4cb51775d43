"""From bytes to lines: the input of `seq2seq translate`, and the warning about what was odd in it."""

from __future__ import annotations

import codecs
import errno
import os
import stat
import sys
from collections.abc import Iterator, Sequence

from seq2seq.commands.output import wait_for
from seq2seq.errors import UserError, print_error
from seq2seq.text.normalise import REPLACEMENT, Counts

READ_ONLY = os.O_RDONLY | getattr(os, "O_BINARY", 0)
"""Windows would translate line ends and end a file at Ctrl-Z."""
FIRST_BYTES, READ_BYTES = 1 << 14, 1 << 17
"""The most bytes read at once from a file or pipe, first and later; their lines are translated together."""


MOST_BYTES = 1 << 26
"""The most bytes of a line, which is held in memory until it ends; a device such as /dev/zero has no end."""


def open_lines(texts: Sequence[str], file: str | None) -> Iterator[list[bytes]]:
    """Return the input in groups of whole lines: the texts, or else the file, or else standard input.

    A missing file is noticed at once, before a model is loaded.

    Raises:
        UserError: the file cannot be read.
    """
    if texts:
        return iter([[os.fsencode(text.replace("\n", " ")) for text in texts]])
    if not file or file == "-":
        return read_lines(sys.stdin.fileno()) if sys.stdin is not None else iter(())
    try:
        descriptor = os.open(file, READ_ONLY)
        if stat.S_ISDIR(os.fstat(descriptor).st_mode):
            raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR))
    except OSError as error:
        raise UserError(f"{file} cannot be read: {error.strerror}") from None
    return read_lines(descriptor)


def read_lines(descriptor: int) -> Iterator[list[bytes]]:
    """Yield the complete lines that have arrived, as soon as there are any; only a line feed ends a line.

    The groups grow: the first results of a large file come soon, and the others are translated faster.

    Raises:
        UserError: a line is longer than `MOST_BYTES`.
    """
    begun: list[bytes] = []
    size = FIRST_BYTES
    count = length = 0
    while data := read_bytes(descriptor, size):
        size = min(READ_BYTES, 2 * size)
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join((*begun, lines[0]))
            begun, length = [], 0
            count += len(lines)
            yield lines
        if rest:
            begun.append(rest)
            length += len(rest)
        if length > MOST_BYTES:
            raise UserError(
                f"line {count + 1:,} of the input is longer than {MOST_BYTES:,} bytes; is it text? --stream "
                "translates lines of any length"
            )
    if begun:
        yield [b"".join(begun)]


def read_bytes(descriptor: int, most: int = READ_BYTES) -> bytes:
    """Return the bytes that have arrived, at most `most`; none at the end of the input.

    Raises:
        UserError: the input cannot be read; it is a directory, for example.
    """
    try:
        while True:
            try:
                return os.read(descriptor, most)
            except BlockingIOError:  # a non-blocking pipe with nothing in it yet
                wait_for(descriptor)
    except OSError as error:
        raise UserError(
            f"the input cannot be read: {error.strerror}; give a file or a pipe of text"
        ) from None


def incremental_decoder(counts: Counts) -> codecs.IncrementalDecoder:
    """Return a decoder of UTF-8 for bytes as they arrive; it counts bytes that become U+FFFD."""

    def replace(error: UnicodeError) -> tuple[str, int]:
        assert isinstance(error, UnicodeDecodeError)
        counts.replace(error.end - error.start)
        return REPLACEMENT, error.end

    codecs.register_error("seq2seq", replace)
    return codecs.getincrementaldecoder("utf-8")("seq2seq")


def warn(counts: Counts, remarks: Sequence[str] = ()) -> None:
    """Write one warning about the whole input to stderr, if there is anything to warn about.

    Args:
        counts: what had to be changed in the input.
        remarks: further ones, each one sentence.
    """
    warnings = [str(counts)] if str(counts) else []
    warnings += remarks
    if warnings:
        print_error(f"seq2seq: {'; '.join(warnings)}")
