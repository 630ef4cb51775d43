"""The tables and figures of the race and of bulk translation, from small results."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.report import race_tables

ROWS = [
    {"set": "equal size", "system": "ours", "title": "seq2seq", "model": "shipped", "parameters": 9_400_000}
    | {"precision": "fp32", "threads": 2, "beam": 1, "sentences": 2000, "per_second": 200.4, "chrf": 63.5},
    {"set": "trained", "system": "ours", "title": "seq2seq", "model": "256 units", "parameters": 20_000_000}
    | {"word_vectors": 17_000_000, "precision": "int8"}
    | {"threads": 2, "beam": 1, "sentences": 2000, "per_second": 500.2, "chrf": 55.1},
    {"set": "trained", "system": "eole", "title": "Eole", "parameters": 1_100_000, "precision": "fp32"}
    | {"threads": 1, "beam": 5, "sentences": 500, "per_second": 20.0, "chrf": 30.0},
]


def test_the_table_has_a_column_for_each_run(monkeypatch: pytest.MonkeyPatch) -> None:
    machine = {"processor": "Some CPU", "bf16": [], "threads": 2, "date": "2026-01-01"}
    monkeypatch.setattr(race_tables, "read_results", lambda _: {"machine": machine, "rows": ROWS})
    text = race_tables.bulk_block()
    assert "| trained | parameters | beam 5, 1 thread | greedy, 2 threads |" in text
    assert "| seq2seq, shipped | 9.4 million | – | 200 |" in text
    assert (
        "| seq2seq, 256 units, int8 | 3.0 million, and 17.0 million of word vectors | – | 500 (55.1) |"
        in text
    )
    assert "| Eole | 1.1 million | 20 (30.0) | – |" in text
    assert "for 500 or 2,000 sentences" in text


def test_the_figures_are_drawn(tmp_path: Path) -> None:
    points = [{"steps": 1, "cpu": 60.0, "chrf": 20.0}, {"steps": 2, "cpu": 120.0, "chrf": 30.0}]
    systems = {"ours": {"title": "seq2seq", "points": points}}
    race_tables.draw_race({"systems": systems}, tmp_path / "race.png")
    race_tables.draw_bulk(ROWS, tmp_path / "bulk.png")
    assert all((tmp_path / name).stat().st_size > 1000 for name in ("race.png", "bulk.png"))
