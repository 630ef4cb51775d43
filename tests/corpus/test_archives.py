"""Archives of OPUS in the format of Moses."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.errors import UserError


def archive(tmp_path: Path, **members: bytes) -> Path:
    path = tmp_path / "en-es.txt.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, content in {"README": b"OPUS", "LICENSE": b"free", **members}.items():
            file.writestr(name, content)
    return path


BOTH = {"Books.en-es.en": b"Go.\nWho is it?\n", "Books.en-es.es": "Ve.\n¿Quién es?\n".encode()}


def test_the_two_texts_of_an_archive_are_pairs(tmp_path: Path) -> None:
    path = archive(tmp_path, **BOTH, **{"Books.en-es.xml": b"<x/>"})
    assert list(read_pairs(path)) == [Pair("Go.", "Ve."), Pair("Who is it?", "¿Quién es?")]
    assert list(tmp_path.iterdir()) == [path]


@pytest.mark.parametrize(
    ("members", "fault"),
    [
        ({"a.en": b"Go.\n"}, "0 files in it end in .es"),
        ({**BOTH, "b.es": b"Ve.\n"}, "2 files in it end in .es"),
        ({"a.en": b"Go.\n", "a.es": b"Ve.\nVa.\n"}, r"zip:a\.en has 1 lines and .*zip:a\.es has 2"),
        ({"a.en": b"Go.\n", "a.es": b"V\xe9.\n"}, r"zip:a\.es:1: not UTF-8"),
    ],
)
def test_another_archive_is_refused(tmp_path: Path, members: dict[str, bytes], fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        list(read_pairs(archive(tmp_path, **members)))


def test_a_damaged_archive_is_refused(tmp_path: Path) -> None:
    path = archive(tmp_path, **{name: content * 1000 for name, content in BOTH.items()})
    whole = path.read_bytes()
    inside = whole.find(b"Books.en-es.en") + 20
    for damaged in (whole[:-30], whole[:inside] + b"\xff" * 5 + whole[inside + 5 :], b"Go.\tVe.\n"):
        path.write_bytes(damaged)
        with pytest.raises(UserError, match="not a whole zip archive"):
            list(scan_pairs(path))
