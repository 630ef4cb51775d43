"""Datasets of the hub, with a module of the same interface in place of the package."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from seq2seq.config.schema import DataConfig
from seq2seq.corpus.check import check_files
from seq2seq.corpus.hub import local_copy
from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.corpus.prepare import prepare
from seq2seq.errors import UserError

GO, WHO = Pair("Go.", "Ve."), Pair("Who is it?", "¿Quién es?")
TRANSLATIONS = [{"id": "1", "translation": {"en": en, "es": es}} for en, es in (GO, WHO)]


@pytest.fixture(autouse=True)
def own_cache(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Iterator[None]:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    local_copy.cache_clear()
    yield
    local_copy.cache_clear()


def offer(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]] | Exception) -> list[tuple[Any, ...]]:
    """Make `import datasets` give a hub with one dataset; return the calls to come."""
    calls = []

    def load_dataset(
        path: str, config: str | None, *, split: str, streaming: bool
    ) -> Iterator[dict[str, Any]]:
        calls.append((path, config, split))
        assert streaming
        assert not isinstance(path, Path)  # which the package refuses
        if isinstance(rows, Exception):
            raise rows
        return iter(rows)

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))
    return calls


@pytest.mark.parametrize(
    "rows",
    [
        TRANSLATIONS,
        [{"en": en, "es": es, "score": 0.5} for en, es in (GO, WHO)],
        [{"english": en, "spanish": es} for en, es in (GO, WHO)],
    ],
)
def test_rows_become_pairs(monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]]) -> None:
    calls = offer(monkeypatch, rows)
    assert list(read_pairs("hf:me/books")) == [GO, WHO]
    assert list(read_pairs("hf:me/books", reverse=True)) == [Pair(*reversed(GO)), Pair(*reversed(WHO))]
    assert calls == [("me/books", None, "train")]  # the second time the copy is read


def test_configuration_and_split_can_be_chosen(monkeypatch: pytest.MonkeyPatch) -> None:
    calls = offer(monkeypatch, TRANSLATIONS)
    for name in ("hf:me/books:en-es", "hf:me/books:en-es:test", "hf:me/books::test"):
        assert list(read_pairs(name)) == [GO, WHO]
    assert calls == [
        ("me/books", "en-es", "train"),
        ("me/books", "en-es", "test"),
        ("me/books", None, "test"),
    ]


@pytest.mark.parametrize("name", ["hf:", "hf:a:b:c:d", "hf:a:b:"])
def test_a_name_of_another_form_is_refused(name: str) -> None:
    with pytest.raises(UserError, match="a dataset is written hf:NAME"):
        list(read_pairs(name))


def test_a_bad_row_is_named_by_its_number(monkeypatch: pytest.MonkeyPatch) -> None:
    offer(monkeypatch, [{"en": "Go.", "es": "Ve."}, {"en": "Go.", "es": None}, {"en": "a\nb", "es": "c"}])
    first, *problems = scan_pairs("hf:me/books")
    assert first == GO
    assert [str(problem).partition(".jsonl:")[2][:2] for problem in problems] == ["2:", "3:"]


def test_a_directory_is_named_by_its_whole_path(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The package takes "csv" for a format, and then reads all CSV files of the working directory."""
    calls = offer(monkeypatch, TRANSLATIONS)
    (tmp_path / "csv").mkdir()
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("hf:csv", "hf:./csv/", "hf:~/csv"):
        assert list(read_pairs(name)) == [GO, WHO]
    assert calls == [(str(tmp_path / "csv"), None, "train")] * 3
    other = tmp_path / "other"
    (other / "csv").mkdir(parents=True)
    here = local_copy("hf:csv::test")
    local_copy.cache_clear()
    monkeypatch.chdir(other)
    assert local_copy("hf:csv::test") != here  # two programs would write one file


@pytest.mark.parametrize(
    ("name", "fault"),
    [
        ("csv", "csv is a format of files"),
        ("./nowhere", "there is no directory ./nowhere"),
        ("~/nowhere:x", "there is no directory ~/nowhere"),
        ("a/b/c", "there is no directory a/b/c"),
        ("pairs.csv", "pairs.csv is a file; give its directory, or its name without `hf:`"),
    ],
)
def test_what_can_be_no_dataset_is_refused_without_the_network(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str, fault: str
) -> None:
    calls = offer(monkeypatch, TRANSLATIONS)
    (tmp_path / "pairs.csv").write_text("en,es\n")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=f"hf:{name}: {fault}"):
        list(read_pairs(f"hf:{name}"))
    assert calls == []


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # the import fails
    with pytest.raises(UserError, match=r"hf:me/books: .*pip install 'seq2seq-lag\[hub\]'"):
        list(read_pairs("hf:me/books"))


@pytest.mark.parametrize(
    ("rows", "fault"),
    [
        (
            ConnectionError("Couldn't reach\nthe Hub"),
            "cannot be loaded: Couldn't reach the Hub; check the name",
        ),
        ([{"text": "Go."}], "this one has text"),
        ([], "has no rows"),
    ],
)
def test_what_the_hub_refuses_is_one_sentence(
    monkeypatch: pytest.MonkeyPatch, rows: list[dict[str, Any]] | Exception, fault: str, tmp_path: Path
) -> None:
    offer(monkeypatch, rows)
    with pytest.raises(UserError, match=f"hf:me/books: .*{fault}"):
        list(read_pairs("hf:me/books"))
    assert list((tmp_path / "cache").rglob("*.jsonl")) == []


def test_training_and_checks_take_a_dataset(
    monkeypatch: pytest.MonkeyPatch, data: DataConfig, tmp_path: Path
) -> None:
    assert data.train is not None
    rows = [{"translation": {"en": en, "es": es}} for en, es in read_pairs(str(data.train))]
    offer(monkeypatch, rows)
    prepared = prepare(DataConfig(train="hf:me/books", dev=data.dev, max_chars=40), tmp_path / "prepared")
    assert prepared.report.read == len(rows)
    assert str(check_files(["hf:me/books"], 200, 4.0)).startswith(f"hf:me/books: {len(rows)} pairs")


INSTALLED = importlib.util.find_spec("datasets") is not None
ROWS = """
import csv, json
from pathlib import Path
import datasets
import pyarrow as pa
import pyarrow.parquet

rows = [{"en": "Go.", "es": "Ve."}, {"en": "Who is it?", "es": "¿Quién es?"}]
for name in ("json", "csv", "parquet"):
    Path(name).mkdir()
for split in ("train", "test"):
    with open(f"json/{split}.jsonl", "w", encoding="utf-8") as file:
        file.writelines(json.dumps({"id": "1", "translation": row}) + "\\n" for row in rows)
with open("csv/train.csv", "w", encoding="utf-8", newline="") as file:
    csv.writer(file).writerows([["english", "spanish"], *(row.values() for row in rows)])
table = pa.Table.from_pylist(rows)
pa.parquet.write_table(table, "parquet/train-00000-of-00001.parquet")
saved = datasets.Dataset(table, fingerprint="a")
saved.save_to_disk("saved")
datasets.DatasetDict({"train": saved, "test": saved}).save_to_disk("splits")
"""


@pytest.mark.slow
@pytest.mark.skipif(not INSTALLED, reason="datasets is not installed (the extra `hub`)")
def test_the_package_itself_reads_directories(tmp_path: Path) -> None:
    """In processes of their own, in the directory of the data, where "json" and "csv" are both names."""
    paths = os.pathsep.join([str(Path(__file__).parents[2]), os.environ.get("PYTHONPATH", "")])
    environment = os.environ | {"PYTHONPATH": paths, "SEQ2SEQ_CACHE": str(tmp_path / "cache")}

    def run(*arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, *arguments], cwd=tmp_path, env=environment, capture_output=True, text=True
        )

    made = run("-c", ROWS)
    assert made.returncode == 0, made.stderr
    for name in ("json", "json::test", "csv", "parquet", "saved", "splits::test"):
        done = run("-m", "seq2seq", "data", "check", f"hf:{name}")
        assert (done.returncode, done.stderr) == (0, ""), done.stderr
        assert done.stdout.startswith(f"hf:{name}: 2 pairs, 0 bad lines\n")
    (tmp_path / "empty").mkdir()
    for name, fault in (
        ("json::dev", "cannot be loaded: Bad split: dev"),
        ("splits::dev", "there is no split dev, but train, test"),
        ("saved::test", "there is no split test, but train"),
        ("empty", "cannot be loaded: The directory at"),
    ):
        done = run("-m", "seq2seq", "data", "check", f"hf:{name}")
        assert done.returncode == 1
        assert done.stderr.startswith(f"seq2seq: hf:{name}: {fault}")
        assert done.stderr.count("\n") == 1
