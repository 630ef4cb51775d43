"""Tables of pairs: the download of Tatoeba, headers, CSV."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.corpus.tables import find_columns
from seq2seq.errors import UserError

GO, WHO = Pair("Go.", "Ve."), Pair("Who is it?", "¿Quién es?")
TATOEBA = "\ufeff1276\tGo.\t2481\tVe.\n77\tWho is it?\t2482\t¿Quién es?\n"


def put(tmp_path: Path, content: str | bytes, name: str) -> Path:
    path = tmp_path / name
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.mark.parametrize("name", ["a.tsv", "a.txt"])
@pytest.mark.parametrize("content", [TATOEBA, TATOEBA.replace("\n", "\r\n"), TATOEBA.strip("\ufeff\n")])
def test_the_numbers_of_the_tatoeba_download_are_not_taken_for_sentences(
    tmp_path: Path, name: str, content: str
) -> None:
    assert list(read_pairs(put(tmp_path, content, name))) == [GO, WHO]


def test_a_tatoeba_line_of_another_form_is_named(tmp_path: Path) -> None:
    lines = "".join(f"{number}\tGo.\t{number}\tVe.\n" for number in range(1, 31))
    good, bad = lines.splitlines()[:29], "31\tGo.\tVe."
    items = list(scan_pairs(put(tmp_path, "\n".join([*good, bad]), "a.tsv")))
    assert items[:29] == [GO] * 29
    assert "a.tsv:30: not number, sentence, number and sentence" in str(items[29])


@pytest.mark.parametrize(
    "content",
    [
        "42\tcuarenta y dos\t5\tcount\nGo.\tVe.\t3\tcommand\n",  # the columns of the bundled corpus
        "1984\t1984\t7\t7\n",
        "Go.\tVe.\tCC-BY 2.0\tby CK\n",
    ],
)
def test_further_columns_are_no_tatoeba_download(tmp_path: Path, content: str) -> None:
    first, second = content.split("\t")[:2]
    assert next(read_pairs(put(tmp_path, content, "a.tsv"))) == Pair(first, second)


def test_a_header_says_where_the_columns_are(tmp_path: Path) -> None:
    content = "score\tes\ten\n1.5\tVe.\tGo.\n1.2\t¿Quién es?\n"
    first, second = scan_pairs(put(tmp_path, content, "a.tsv"))
    assert first == GO
    assert "a.tsv:3: 2 columns; the header has more" in str(second)


@pytest.mark.parametrize(
    ("names", "columns"),
    [
        (["src", "tgt"], (0, 1)),
        (["id", "Spanish", "English"], (2, 1)),
        (["source", "target", "domain"], (0, 1)),
        (["en-US", "es_MX"], (0, 1)),
        (["inglés", "español"], (0, 1)),
        (["en", "english", "es"], None),
        (["en", "fr"], None),
        ([], None),
    ],
)
def test_columns_are_found_by_their_names(names: list[str], columns: tuple[int, int] | None) -> None:
    assert find_columns(names) == columns


@pytest.mark.parametrize("mark", [",", ";", "\t"])
def test_csv_is_read_by_its_header(tmp_path: Path, mark: str) -> None:
    content = (
        f'\ufeff"es"{mark}id{mark}en\r\nVe.{mark}1{mark}Go.\r\n"¿Quién, es?"{mark}2{mark}"Who ""is"" it?"\r\n'
    )
    pairs = list(read_pairs(put(tmp_path, content, "a.csv")))
    assert pairs == [GO, Pair('Who "is" it?', "¿Quién, es?")]


@pytest.mark.parametrize("content", ["Go.,Ve.\n", "", "a,b,c\n1,2,3\n", '"en,"es"\nGo.,Ve.\n'])
def test_csv_without_names_of_columns_is_refused(tmp_path: Path, content: str) -> None:
    with pytest.raises(UserError, match=r"a\.csv:1: the first line of a \.csv file names its columns"):
        list(read_pairs(put(tmp_path, content, "a.csv")))


@pytest.mark.parametrize(
    ("row", "fault"),
    [
        (b"Go.", "1 columns; the header has more"),
        (b"", "0 columns"),
        (b'"Go."x,Ve.', "not a row of CSV"),
        (b'"Go.\nNow.",Ve.', r'control character U\+000A in "source"'),
        (b"caf\xe9,caf\xc3\xa9", r"not UTF-8 \(byte 4 of the line\)"),
        (b"a\x00,b", r"U\+0000"),
    ],
)
def test_a_bad_row_of_csv_is_named_and_the_others_are_read(tmp_path: Path, row: bytes, fault: str) -> None:
    path = put(tmp_path, b"en,es\nGo.,Ve.\n" + row + b"\nGo.,Ve.\n", "a.csv")
    before, problem, after = scan_pairs(path)
    assert before == after == GO
    with pytest.raises(UserError, match=rf"a\.csv:3: .*{fault}"):
        raise AssertionError(problem) if isinstance(problem, Pair) else problem


def test_a_quotation_that_is_never_closed_says_which_lines_it_costs(tmp_path: Path) -> None:
    first, problem = scan_pairs(put(tmp_path, 'en,es\nGo.,Ve.\n"Go,Ve.\n' + "Go.,Ve.\n" * 9, "a.csv"))
    assert first == GO
    assert "a.csv:3: not a row of CSV" in str(problem)
    assert "lines 3 to 12 are left out" in str(problem)
