"""Glossaries: what they may hold, and what is wrong with a file."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from seq2seq.errors import UsageError, UserError
from seq2seq.text.glossary import LONGEST_TERM, Glossary


def test_a_file_is_read(tmp_path: Path) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes("\ufeffapple\tmanzana\r\n\n  the Bank \t el Banco \nnpm\tnpm\nnpm\tnpm".encode())
    glossary = Glossary.read(path)
    assert glossary == Glossary({"apple": "manzana", "the Bank": "el Banco", "npm": "npm"})
    assert glossary.term("apple") == ("manzana", False)
    assert glossary.term("Apple") == ("manzana", True)
    assert glossary.term("APPLE") is None
    assert glossary.term("npm") == (None, False)
    assert glossary.term("The Bank") == ("el Banco", True)


def test_a_term_with_a_capital_of_its_own_is_another_one() -> None:
    glossary = Glossary({"apple": "manzana", "Apple": "Apple"})
    assert glossary.term("Apple") == (None, False)


def test_terms_are_compared_as_they_are_read() -> None:
    """Decomposed accents and double spaces in the file are those of clean text."""
    assert Glossary({"cafe\u0301  bar": "bar"}).term("café bar") == ("bar", False)


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (
            b"a\tb\napple manzana\n",
            "terms.tsv:2: expected a term, a tab and its translation, but there is no tab",
        ),
        (b"a\tb\tc", "terms.tsv:1: expected a term, a tab and its translation, but there are 2 tabs"),
        (
            b"a\tb\n\nb\t\n",
            "terms.tsv:3: the term 'b' has no translation; a term that is to stay as it is stands",
        ),
        (b"\tb", "terms.tsv:1: the term '' is empty"),
        (b"a\tb\n12\tdoce", "terms.tsv:2: the term '12' has no letter"),
        (b"a\tb\nc\td\na\tx", "terms.tsv:3: the term 'a' has another translation on line 1"),
        (b"a\tb\n\xff\tx", "terms.tsv:2: this line is not UTF-8"),
        (b"a\tb\x1b[2J", "terms.tsv:1: the term 'a' or its translation has a control character"),
        (b"a" * (LONGEST_TERM + 1) + b"\tb", "is longer than 200 characters"),
        (b"\n", "terms.tsv is empty"),
    ],
)
def test_a_wrong_file_is_refused_with_the_line(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "terms.tsv"
    path.write_bytes(content)
    with pytest.raises(UsageError) as error:
        Glossary.read(path)
    assert message in str(error.value)


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    """Like every missing file, it is no wrong command line."""
    with pytest.raises(UserError, match=r"none\.tsv cannot be read: No such file") as error:
        Glossary.read(tmp_path / "none.tsv")
    assert error.value.exit_code == 1


def test_what_may_have_no_end_is_refused(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "fifo")
    for path in (tmp_path / "fifo", Path("/dev/zero")):
        with pytest.raises(UserError, match=f"cannot read {path}: it is not a regular file"):
            Glossary.read(path)


def test_a_wrong_term_is_refused() -> None:
    with pytest.raises(UsageError, match="the glossary's term 'a' has no translation"):
        Glossary({"a": ""})
