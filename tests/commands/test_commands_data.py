"""`data`, through the command line."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from commandline import Cli, refused
from tinyruns import bundled, write_pairs

from seq2seq.config.schema import DataConfig
from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.prepare import prepare


def test_data_is_unpacked_prepared_and_checked(cli: Cli, tmp_path: Path) -> None:
    archive, pairs, parts = tmp_path / "spa-eng.zip", tmp_path / "pairs.tsv", tmp_path / "parts"
    text = "".join(f"{source}\t{target}\tsomebody\n" for source, target in bundled("train", 50))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("spa.txt", text)
        file.writestr("_about.txt", "about")
    result = cli("data", "fetch", archive, "--out", pairs)
    assert result.code == 0
    assert result.lines[0].startswith(f"{pairs}: 50 pairs")
    result = cli("data", "prepare", pairs, "--out", parts, "--dev", "5", "--test", "0.1")
    assert result.code == 0
    sizes = [
        len((parts / f"{name}.tsv").read_text("utf-8").splitlines()) for name in ("train", "dev", "test")
    ]
    assert sizes == [40, 5, 5]
    refused(cli("data", "prepare", pairs, "--out", parts), 2, "exist; choose", "--force")
    result = cli("data", "prepare", pairs, "--out", parts, "--dev", "1", "--test", "0", "--force")
    assert result.code == 0
    assert not (parts / "test.tsv").exists()
    result = cli("data", "check", *(parts / f"{name}.tsv" for name in ("train", "dev")))
    assert result.code == 0
    assert "49" in result.out


def test_data_check_fails_where_there_is_trouble(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"a\tb\nc\n\xff\td\n")
    result = cli("data", "check", path)
    assert result.code == 1
    assert f"{path}:2: one column" in result.out
    assert f"{path}:3: not UTF-8 (byte 1" in result.out
    assert result.err.startswith("seq2seq: these files have errors")


def test_data_check_reads_standard_input(cli: Cli, tmp_path: Path) -> None:
    path = write_pairs(tmp_path / "pairs.tsv", bundled("train", 20))
    again = write_pairs(tmp_path / "again.tsv", bundled("train", 20))
    named = cli("data", "check", path, again)
    result = cli("data", "check", path, "-", stdin=path.read_bytes())
    assert result.code == named.code == 1  # they share all sentences
    assert result.out == named.out.replace(str(again), "standard input")
    refused(cli("data", "check", "-"), 1, "standard input: is empty")


def test_data_mistakes_are_one_line(cli: Cli, tmp_path: Path) -> None:
    refused(cli("data", "prepare", "a", "--parallel", "--out", tmp_path), 2, "two files, not 1")
    refused(cli("data", "prepare", "nowhere.tsv", "--out", tmp_path / "out"), 1, "nowhere.tsv")
    refused(cli("data", "prepare", "a.tsv", "--dev", "many", "--out", tmp_path), 2, "many")
    assert cli("data", "fetch", "ftp://example.org/a.zip", "--out", tmp_path / "a").code in (1, 2)
    assert cli("data").code == 2


def test_the_cache_is_listed_and_cleared(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    write_pairs(tmp_path / "few.tsv", bundled("train", 9))
    prepare(DataConfig(train=str(tmp_path / "few.tsv")), default_cache())
    result = cli("data", "cache")
    assert result.code == 0
    assert "few.tsv" in result.lines[0]
    assert f"{tmp_path / 'cache'}: 1 entry" in result.lines[1]
    assert cli("data", "cache", "--clear").lines[-1].endswith("deleted")
    assert cli("data", "cache").lines == [f"{tmp_path / 'cache'}: 0 entries, 0 B"]


def test_what_is_missing_is_told_as_missing(cli: Cli, tmp_path: Path) -> None:
    refused(cli("data", "check", tmp_path / "nofile"), 1, "nofile: no such file")
    refused(cli("data", "fetch", "tatoba", "--out", tmp_path / "a.tsv"), 1, "did you mean tatoeba?")


def test_parts_that_are_not_written_are_told(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "few.tsv").write_text("one\tuno\ntwo\tdos\nthree\ttres\n")
    result = cli("data", "prepare", tmp_path / "few.tsv", "--out", tmp_path, "--test", "1")
    assert "no dev part: the size that was asked for is no whole pair" in result.out
    assert f"{tmp_path / 'test.tsv'}: 1 pair\n" in result.out
    result = cli("data", "prepare", tmp_path / "few.tsv", "--out", tmp_path)
    refused(result, 2, "train.tsv,", "test.tsv exist; choose another directory")
