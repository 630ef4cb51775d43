"""What to say about a file that is not UTF-8: which encoding it seems to have, and how to convert it."""

from __future__ import annotations

import shlex

_MARKS = {
    b"\xff\xfe\x00\x00": "UTF-32",
    b"\x00\x00\xfe\xff": "UTF-32",
    b"\xff\xfe": "UTF-16",
    b"\xfe\xff": "UTF-16",
}
"""Byte order marks, longer ones first."""


def wrong_encoding(start: bytes, file: str) -> str:
    """Return which encoding of two or four bytes a file has, and what to do; empty for other files.

    Args:
        start: the first bytes of the file, such as its first line.
        file: its name.
    """
    for mark, name in _MARKS.items():
        if start.startswith(mark):
            return f"is {name}, not UTF-8; {convert(name, file)}"
    # Without a mark: every second byte of Latin letters in UTF-16 is zero.
    for offset, name in ((0, "UTF-16BE"), (1, "UTF-16LE")):
        half = start[offset:200:2]
        if len(half) > 1 and half.count(0) > 0.7 * len(half):
            return f"looks like {name} without a byte order mark, not UTF-8; {convert(name, file)}"
    return ""


def advice_for_line(line: bytes, bad: int, name: str) -> str:
    """Return what to do about a line that is not UTF-8.

    Args:
        line: its bytes.
        bad: the place of the first byte that is not UTF-8.
        name: of its file.
    """
    if b"\xed\xa0" <= line[bad : bad + 2] <= b"\xed\xbf" or line[bad] in b"\xc3\xe2":
        return "save the file as UTF-8"  # half a character or a lone surrogate: damaged UTF-8
    encoding = "WINDOWS-1252" if any(0x80 <= byte < 0xA0 for byte in line) else "ISO-8859-1"
    character = line[bad : bad + 1].decode(encoding, errors="replace")
    known = "Latin-1 (ISO-8859-1)" if encoding == "ISO-8859-1" else encoding
    return f"as {known} that byte is “{character}”; {convert(encoding, name)}"


def convert(encoding: str, name: str) -> str:
    """Return how to convert the file `name` to UTF-8, as part of a sentence."""
    return f"convert it: iconv -f {encoding} -t UTF-8 {shlex.quote(name)} > NEW"
