"""A sentence pair, and the strict reading of lines that hold one: every error names its place.

The readers of all formats of files are made of these parts; `corpus.pairs` chooses the reader.
"""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Iterable, Iterator
from typing import IO, NamedTuple, TypeAlias

from seq2seq.corpus.encodings import advice_for_line, wrong_encoding
from seq2seq.errors import UserError
from seq2seq.text.normalise import normalise

ByteStream: TypeAlias = IO[bytes] | io.BufferedIOBase
"""A file, packed or not, that is read from start to end."""

MOST_BYTES = 1 << 24
"""The most bytes of a line, and of any other unit of a file that is read at once."""

# U+0085 (C2 85) is a line separator and becomes a space like other line separators; it is no error.
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x84\x86-\x9f]")


class Pair(NamedTuple):
    """A sentence and its translation, both normalised."""

    source: str
    target: str


def scan_lines(lines: Iterable[bytes], name: str, parse: Callable[[str], Pair]) -> Iterator[Pair | UserError]:
    """Yield what `parse` makes of each line, or an error that gives its place in `name`."""
    for number, line in enumerate(lines, 1):
        try:
            yield parse(decode_strictly(line, name))
        except ValueError as error:
            yield UserError(f"{name}:{number}: {error}")


def limited_lines(stream: ByteStream, name: str) -> Iterator[bytes]:
    """Yield lines of limited length, which end at line feeds only, each with its end.

    A small compressed file may hold a line that would fill the memory.

    Raises:
        UserError: for a line that is too long, and for text in UTF-16 or UTF-32.
    """
    first = stream.readline(MOST_BYTES + 1)
    if encoding := wrong_encoding(first, name):
        raise UserError(f"{name}: {encoding}")
    line = first
    while line:
        if len(line) > MOST_BYTES:
            raise UserError(f"{name}: holds a line of more than {MOST_BYTES:,} bytes; it is no file of pairs")
        yield line
        line = stream.readline(MOST_BYTES + 1)


def decode_strictly(line: bytes, name: str) -> str:
    """Return a decoded line without its end and its byte order mark.

    Raises:
        ValueError: with the first bad byte, counted from 1 in the line, and what to do about the file `name`.
    """
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if bad := _CONTROL_BYTES.search(line):
        code = bad[0][-1]
        raise ValueError(f"control character U+{code:04X} (byte {bad.start() + 1} of the line); remove it")
    try:
        return line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        advice = advice_for_line(line, error.start, name)
        raise ValueError(f"not UTF-8 (byte {error.start + 1} of the line); {advice}") from None


def clean_value(name: str, value: object) -> str:
    """Return a value of a record, normalised.

    Raises:
        ValueError: it is no text, or has a control character or line break; the message quotes `name`.
    """
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is text, not {value!r:.40}')
    if bad := _CONTROL.search(value):
        raise ValueError(f'control character U+{ord(bad[0]):04X} in "{name}"; remove it')
    return normalise(value)
