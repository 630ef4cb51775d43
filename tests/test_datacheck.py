"""The report on files of pairs."""

from __future__ import annotations

from pathlib import Path

import pytest

from seq2seq.datacheck import check_files
from seq2seq.errors import UserError


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_every_bad_line_is_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"Go.\tVe.\none\nGO!\tVaya.\nx\xff\ty\nGo.\tVe.\n" + b"z" * 300 + b"\tz\n")
    report = check_files([path], max_chars=200, max_ratio=4.0)
    (part,) = report.parts
    assert [str(problem).split(": ")[0] for problem in part.problems] == [f"{path}:2", f"{path}:4"]
    assert (part.pairs, part.filtered.kept, part.filtered.duplicate, part.filtered.too_long) == (4, 2, 1, 1)
    assert (part.source.different, part.source.longest, part.target.different) == (2, 300, 3)
    assert (part.source.median, part.source.most) == (3, 300)
    assert (part.characters["z"], part.characters["!"]) == (301, 1)
    assert not report.good
    for text in ("4 pairs, 2 bad lines", "only once: ! O y", "1 repeated", f"{path}:4: not UTF-8"):
        assert text in str(report)


def test_long_list_of_problems_is_cut_short(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"Go.\tVe.\n" + b"one\n" * 25)
    assert "and 5 more bad lines" in str(check_files([path], 200, 4.0))


def test_leaks_between_parts_are_named(tmp_path: Path) -> None:
    train = put(tmp_path / "train.tsv", b"Go.\tVe.\nWho?\tQuien?\n")
    dev = put(tmp_path / "dev.tsv", b"go\tId.\n")
    test = put(tmp_path / "test.tsv", b"New.\tNuevo.\n")
    report = check_files([train, dev, test], 200, 4.0)
    assert {name: len(found.shared) for name, found in report.leaks.items()} == {
        f"{dev} against {train}": 1,
        f"{test} against {train}": 0,
        f"{test} against {dev}": 0,
    }
    assert not report.good
    assert f"{dev} against {train}: 1 of 1 pairs" in str(report)
    assert check_files([train, test], 200, 4.0).good


def test_parallel_files_are_one_part(tmp_path: Path) -> None:
    files = put(tmp_path / "a.en", b"Go.\n"), put(tmp_path / "a.es", b"Ve.\n")
    assert check_files([files], 200, 4.0).parts[0].name == f"{files[0]} and {files[1]}"


@pytest.mark.parametrize(("content", "fault"), [(b"", "holds no line"), (b"one\n", "one column")])
def test_file_without_a_pair_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        check_files([put(tmp_path / "a.tsv", content)], 200, 4.0)
