"""From bytes to lines: whatever the pieces, and within bounds."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seq2seq.commands import reading
from seq2seq.commands.reading import open_lines
from seq2seq.errors import UserError


def test_a_line_without_an_end_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A regression: /dev/zero filled the memory."""
    monkeypatch.setattr(reading, "MOST_BYTES", 1 << 17)
    groups = open_lines([], "/dev/zero")
    with pytest.raises(UserError, match=r"line 1 of the input is longer than 131,072 bytes; is it text\?"):
        list(groups)
    long = b"a" * (1 << 17)
    (tmp_path / "in").write_bytes(b"a\nb\n" + long + b"\n" + long + b"\nc")
    lines = [line for group in open_lines([], str(tmp_path / "in")) for line in group]
    assert lines == [b"a", b"b", long, long, b"c"]
    (tmp_path / "in").write_bytes(b"a\nb\n" + 3 * long)
    with pytest.raises(UserError, match="line 3 of"):
        list(open_lines([], str(tmp_path / "in")))


def test_lines_are_whole_however_they_arrive() -> None:
    reader, writer = os.pipe()
    os.write(writer, b"one\ntw")
    groups = reading.read_lines(reader)
    assert next(groups) == [b"one"]
    os.write(writer, b"o\n\nthree")
    os.close(writer)
    assert list(groups) == [[b"two", b""], [b"three"]]
    os.close(reader)
