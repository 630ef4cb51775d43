"""Files that are not UTF-8: the message names the encoding and the remedy, and no line is lost in silence."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.errors import UserError

TEXT = "Go.\tVe.\nWho is it?\t¿Quién es?\n"


@pytest.mark.parametrize("name", ["a.tsv", "a.csv", "a.jsonl"])
@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-16", "is UTF-16, not UTF-8; convert it: iconv -f UTF-16 -t UTF-8"),
        ("utf-16-le", "looks like UTF-16LE without a byte order mark"),
        ("utf-16-be", "looks like UTF-16BE without a byte order mark"),
        ("utf-32", "is UTF-32, not UTF-8; convert it: iconv -f UTF-32 -t UTF-8"),
    ],
)
def test_utf_16_is_named_at_once(tmp_path: Path, name: str, encoding: str, said: str) -> None:
    path = tmp_path / name
    path.write_bytes(TEXT.encode(encoding))
    with pytest.raises(UserError, match=said) as caught:
        list(scan_pairs(path))
    assert f"{path} > NEW" in str(caught.value)


def test_utf_16_of_two_parallel_files_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.en").write_bytes(b"Go.\n")
    (tmp_path / "a.es").write_bytes("Ve.\n".encode("utf-16"))
    with pytest.raises(UserError, match=r"a\.es: is UTF-16"):
        list(scan_pairs((tmp_path / "a.en", tmp_path / "a.es")))


@pytest.mark.parametrize(
    ("line", "said"),
    [
        (
            "caf\xe9\tcaf\xe9".encode("latin-1"),
            "as Latin-1 (ISO-8859-1) that byte is “é”; convert it: iconv -f ",
        ),
        (
            "“caf\xe9”\tx".encode("cp1252"),
            "as WINDOWS-1252 that byte is ““”; convert it: iconv -f WINDOWS-1252",
        ),
        (b"caf\xc3\tx", "save the file as UTF-8"),
        (b"\xed\xa0\x80\tx", "save the file as UTF-8"),
    ],
)
def test_the_encoding_of_a_line_is_guessed(tmp_path: Path, line: bytes, said: str) -> None:
    path = tmp_path / "my pairs.tsv"
    path.write_bytes(b"Go.\tVe.\n" + line + b"\nGo.\tVe.\n")
    first, problem, last = scan_pairs(path)
    assert first == last == Pair("Go.", "Ve.")
    assert said in str(problem)
    assert ("iconv" in str(problem)) == (f"'{path}' > NEW" in str(problem))
    with pytest.raises(UserError, match=r"my pairs\.tsv:2: not UTF-8"):
        list(read_pairs(path))
