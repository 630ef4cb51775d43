"""Datasets of the hub, with a module of the same interface in place of the package."""

from __future__ import annotations

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
        if isinstance(rows, Exception):
            raise rows
        return iter(rows)

    monkeypatch.setitem(sys.modules, "datasets", SimpleNamespace(load_dataset=load_dataset))  # type: ignore[arg-type]
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


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "datasets", None)  # type: ignore[arg-type]  # the import fails
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
