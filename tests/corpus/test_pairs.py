"""Reading, aligning and comparing sentence pairs."""

from __future__ import annotations

import gzip
import json
import os
import sys
import tracemalloc
import unicodedata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.corpus import archives
from seq2seq.corpus.filters import filter_pairs
from seq2seq.corpus.pairs import (
    Pair,
    align_sentences,
    fingerprint,
    group_references,
    read_pairs,
    scan_pairs,
    sentence_key,
)
from seq2seq.corpus.records import MOST_BYTES
from seq2seq.errors import UserError

GO, WHO = Pair("Go.", "Ve."), Pair("Who is it?", "¿Quién es?")
LINES = "Go.\tVe.\nWho is it?\t¿Quién es?\n"


def put(tmp_path: Path, content: str | bytes, name: str = "pairs.tsv") -> Path:
    path = tmp_path / name
    raw = content.encode("utf-8", "surrogatepass") if isinstance(content, str) else content
    path.write_bytes(gzip.compress(raw) if path.suffix == ".gz" else raw)
    return path


def jsonl(*records: object) -> str:
    return "".join(json.dumps(record) + "\n" for record in records)


# --- reading ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("a.tsv", LINES),
        ("a.txt", LINES),
        ("a.TSV", LINES),
        ("a.tsv.gz", LINES),
        ("a.tsv", LINES.removesuffix("\n")),
        ("a.tsv", LINES.replace("\n", "\r\n")),
        ("a.tsv", "\ufeffGo.\tVe.\n\ufeffWho is it?\t¿Quién es?\r\n"),
        ("a.tsv", "Go.\tVe.\tCC-BY\t7\nWho is it?\t¿Quién es?\t\n"),
        ("a.tsv", " Go. \tVe.\u200b\nWho\u00a0is  it?\t¿Quién es?\n"),
        ("a.tsv", unicodedata.normalize("NFD", LINES)),
        ("a.tsv", LINES.replace(" is", "\u2028is").replace(" es", "\u0085es")),
        (
            "a.jsonl",
            jsonl({"source": "Go.", "target": "Ve."}, {"en": "Who is it?", "es": "¿Quién es?", "id": 7}),
        ),
        (
            "a.jsonl.gz",
            "\ufeff" + jsonl(*({"source": pair.source, "target": pair.target} for pair in (GO, WHO))),
        ),
    ],
)
def test_every_form_of_a_file_gives_the_same_pairs(tmp_path: Path, name: str, content: str) -> None:
    path = put(tmp_path, content, name)
    assert list(read_pairs(path)) == [GO, WHO]
    assert list(read_pairs(str(path), reverse=True)) == [Pair(pair.target, pair.source) for pair in (GO, WHO)]


def test_parallel_files_are_read_line_by_line(tmp_path: Path) -> None:
    files = put(tmp_path, "Go.\r\nWho is it?", "a.en"), put(tmp_path, "\ufeffVe.\n¿Quién es?\n", "a.es.gz")
    assert list(read_pairs(files)) == [GO, WHO]
    assert next(read_pairs([str(file) for file in files], reverse=True)) == Pair("Ve.", "Go.")


def test_empty_sides_and_empty_files_are_not_errors_of_reading(tmp_path: Path) -> None:
    assert list(read_pairs(put(tmp_path, "\tVe.\nGo.\t \n"))) == [Pair("", "Ve."), Pair("Go.", "")]
    assert list(read_pairs(put(tmp_path, ""))) == []


@pytest.mark.parametrize(
    ("name", "line", "fault"),
    [
        ("a.tsv", b"one column", "one column"),
        ("a.tsv", b"", "one column"),
        ("a.tsv", b"caf\xe9\tcaf\xc3\xa9", r"not UTF-8 \(byte 4 of the line\)"),
        ("a.tsv", b"\xef\xbb\xbfcaf\xe9\tx", r"not UTF-8 \(byte 7 of the line\)"),
        ("a.tsv", b"\xed\xa0\x80\tx", r"not UTF-8 \(byte 1 of the line\)"),
        ("a.tsv", b"a\tb\x00", r"U\+0000 \(byte 4 of the line\)"),
        ("a.tsv", b"a\x1b[31m\tb", r"U\+001B \(byte 2 of the line\)"),
        ("a.tsv", b"a\rb\tb\rc", r"U\+000D \(byte 2 of the line\)"),
        ("a.tsv", b"a\tb\x0bc", r"U\+000B \(byte 4 of the line\)"),
        ("a.tsv", "é\x9b\tb".encode(), r"U\+009B \(byte 3 of the line\)"),
        ("a.jsonl", b"", "not JSON"),
        ("a.jsonl", b'{"source": "a", "target": ', "not JSON"),
        ("a.jsonl", b"[" * 100_000, "not JSON"),
        ("a.jsonl", b'["a", "b"]', '"source" and "target"'),
        ("a.jsonl", b'{"source": "a", "es": "b"}', '"source" and "target"'),
        ("a.jsonl", b'{"source": "a", "target": null}', '"target" is text, not None'),
        ("a.jsonl", b'{"source": "a\\u0000", "target": "b"}', r'U\+0000 in "source"'),
        ("a.jsonl", b'{"en": "a", "es": "b\\nc"}', r'U\+000A in "es"'),
    ],
)
def test_bad_line_is_named_by_file_line_and_byte(tmp_path: Path, name: str, line: bytes, fault: str) -> None:
    good = b'{"en": "Go.", "es": "Ve."}\n' if "jsonl" in name else b"Go.\tVe.\n"
    path = put(tmp_path, good + line + b"\n" + good, name)
    with pytest.raises(UserError, match=rf"{path}:2: .*{fault}"):
        list(read_pairs(path))
    before, problem, after = scan_pairs(path)
    assert before == after == GO
    assert str(problem).startswith(f"{path}:2: ")


def test_lone_surrogate_in_json_can_be_written_again(tmp_path: Path) -> None:
    (pair,) = read_pairs(put(tmp_path, '{"en": "a\\udcff", "es": "b"}\n', "a.jsonl"))
    assert pair == Pair("a\ufffd", "b")


def test_parallel_files_out_of_step_are_refused_with_the_first_odd_line(tmp_path: Path) -> None:
    longer = put(tmp_path, "a\nb\nc\nd\n", "a.en"), put(tmp_path, "a\n\nd\n", "a.es")
    with pytest.raises(UserError, match=r"a\.en has 4 lines and .*a\.es has 3.*line 2 is the first"):
        list(read_pairs(longer))
    with pytest.raises(UserError, match=r"a\.es has 3 lines and .*a\.en has 4"):
        list(read_pairs(longer[::-1]))


def test_bad_line_of_a_parallel_file_is_named_by_that_file(tmp_path: Path) -> None:
    files = put(tmp_path, "a\nb\n", "a.en"), put(tmp_path, b"a\nb\xff\n", "a.es")
    with pytest.raises(UserError, match=r"a\.es:2: not UTF-8 \(byte 2"):
        list(read_pairs(files))


def test_two_files_of_whole_pairs_are_not_taken_for_two_sides(tmp_path: Path) -> None:
    files = put(tmp_path, "a\tb\n", "a.tsv"), put(tmp_path, "c\td\n", "b.tsv")
    with pytest.raises(UserError, match=r"a\.tsv:1: .* they seem to hold pairs"):
        list(read_pairs(files))


@pytest.mark.parametrize("name", ["a.xlsx", "a", "a.gz", "a.tsv.bz2"])
def test_other_kinds_of_file_are_refused_by_name(tmp_path: Path, name: str) -> None:
    with pytest.raises(UserError, match=r"ends in \.tsv, \.txt, \.csv, \.jsonl or \.tmx"):
        list(read_pairs(put(tmp_path, LINES, name)))


def test_unreadable_files_are_clear_errors(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="No such file"):
        list(read_pairs(tmp_path / "none.tsv"))
    (tmp_path / "directory.tsv").mkdir()
    with pytest.raises(UserError, match="directory"):
        list(read_pairs(tmp_path / "directory.tsv"))
    whole = gzip.compress(LINES.encode() * 100)
    for damaged in (whole[:-9], b"x" + whole, whole[:20] + b"\xff\xff" + whole[22:]):
        (tmp_path / "a.tsv.gz").write_bytes(damaged)
        with pytest.raises(UserError, match="not a whole gzip file"):
            list(read_pairs(tmp_path / "a.tsv.gz"))


def test_endless_line_is_one_line(tmp_path: Path) -> None:
    (long, short) = read_pairs(put(tmp_path, "a" * 10**6 + "\tb\nGo.\tVe.\n"))
    assert (len(long.source), short) == (10**6, GO)
    assert filter_pairs([long, short], 200, 4.0)[0] == [GO]


# --- filtering and aligning ---------------------------------------------------------------------------------


def test_line_that_never_ends_is_refused_and_does_not_fill_the_memory(tmp_path: Path) -> None:
    """A hundred kilobytes of .gz hold a hundred megabytes of one letter."""
    path = tmp_path / "bomb.tsv.gz"
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(100):
            file.write(b"a" * (1 << 20))
    tracemalloc.start()
    try:
        with pytest.raises(UserError, match=r"bomb\.tsv\.gz: holds a line of more than 16,777,216 bytes"):
            list(read_pairs(path))
        assert tracemalloc.get_traced_memory()[1] < 4 * MOST_BYTES
    finally:
        tracemalloc.stop()


def test_lines_are_cut_where_both_sides_have_equally_many_sentences() -> None:
    line = Pair("I am here. Where are you?", "Estoy aquí. ¿Dónde estás?")
    assert align_sentences(line) == [
        Pair("I am here.", "Estoy aquí."),
        Pair("Where are you?", "¿Dónde estás?"),
    ]
    for whole in (GO, Pair(line.source, "Estoy aquí, ¿dónde estás?"), Pair("", "Ve. Ve."), Pair("", "")):
        assert align_sentences(whole) == [whole]


def test_line_is_not_cut_for_its_length() -> None:
    long = Pair("one, two; " * 100 + "x" * 500, "uno, dos; " * 100 + "y" * 500)
    assert align_sentences(long) == [long]
    assert len(align_sentences(Pair(f"Go. {long.source}", f"Ve. {long.target}"))) == 2


# --- comparing ----------------------------------------------------------------------------------------------


def test_key_ignores_case_spaces_and_signs_but_not_accents() -> None:
    assert sentence_key("¿Quién es?") == sentence_key("quién  ES!") == "quiénes"
    assert sentence_key("Quien es") != sentence_key("Quién es")
    assert sentence_key("a_b 1") == "ab1"
    assert sentence_key("...") == "..." != sentence_key("?!")


@given(st.text(min_size=1))
def test_key_is_letters_and_digits_or_the_text_itself(text: str) -> None:
    assert sentence_key(text) == text or all(character.isalnum() for character in sentence_key(text))
    assert sentence_key(text) != ""


def test_references_are_grouped_in_order_and_once_each() -> None:
    pairs = [Pair("b", "1"), Pair("a", "2"), Pair("b", "0"), Pair("b", "1")]
    assert list(group_references(pairs).items()) == [("b", ["1", "0"]), ("a", ["2"])]


@pytest.mark.parametrize("name", ["a.tsv", "a.tsv.gz", "a.zip", "a.tmx", "a"])
def test_a_pipe_is_no_file_of_pairs(name: str, tmp_path: Path) -> None:
    """It would be read only once, or wait for ever."""
    os.mkfifo(tmp_path / name)
    for files in (tmp_path / name, (tmp_path / name, tmp_path / name)):
        with pytest.raises(UserError, match="it is not a regular file"):
            list(read_pairs(files))


def test_standard_input_is_read_as_often_as_needed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "in").write_text(LINES + "odd\n", "utf-8")
    with (tmp_path / "in").open() as stdin:
        monkeypatch.setattr(sys, "stdin", stdin)
        for _ in range(2):
            *pairs, error = scan_pairs("-")
            assert pairs == [GO, WHO]
            assert str(error).startswith("standard input:3: one column")
    monkeypatch.setattr(sys, "stdin", None)
    with pytest.raises(UserError, match="there is no standard input"):
        list(read_pairs("-"))


def test_fingerprint_tells_order_and_borders_apart() -> None:
    variants = [
        [GO, WHO],
        [WHO, GO],
        [GO],
        [],
        [Pair("a", "bc")],
        [Pair("ab", "c")],
        [Pair(*reversed(GO)), WHO],
    ]
    assert len({fingerprint(pairs) for pairs in variants}) == len(variants)
    assert fingerprint(iter([GO, WHO])) == fingerprint([GO, WHO])
    assert fingerprint([]) == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"


def test_archive_that_unpacks_too_far_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.tsv.gz"
    path.write_bytes(gzip.compress(b"a\tb\n" * 50_000))
    assert sum(1 for _ in read_pairs(path)) == 50_000  # little text may be as monotonous as it likes
    monkeypatch.setattr(archives, "MOST_BYTES", 1000)
    with pytest.raises(UserError, match=f"{path}: refused, for it unpacks to more than"):
        list(read_pairs(path))
    path.write_bytes(gzip.compress("".join(f"{n}\t{n}\n" for n in range(1000)).encode()))
    assert sum(1 for _ in read_pairs(path)) == 1000
