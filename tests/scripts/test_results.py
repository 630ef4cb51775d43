"""What studies share: their sentences, and what a run found."""

from __future__ import annotations

import json
from pathlib import Path

from scripts.results import evaluations, evenly, some_sentences


def test_items_are_chosen_from_all() -> None:
    assert evenly(range(10), 4) == [0, 2, 5, 7]
    assert evenly(range(10), 6) == [0, 1, 3, 5, 6, 8]
    assert evenly(range(3), 6) == [0, 1, 2]
    assert evenly([], 6) == []


def test_sentences_are_chosen_with_all_their_references(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"s{i}\tt{i}{j}\n" for i in range(4) for j in range(2)), encoding="utf-8")
    assert some_sentences(pairs, 2) == (["s0", "s2"], [["t00", "t01"], ["t20", "t21"]])


def test_evaluations_by_hours(tmp_path: Path) -> None:
    lines = [
        {"step": 50, "loss": 1.0, "seconds": 1800.0},
        {
            "step": 50,
            "dev_loss": 0.51234,
            "dev_chrf": 60.0,
            "lags": {"4": {"chrf": 50.0}},
            "more": {"news": {"chrf": 40.0}},
        },
        {"step": 100, "loss": 0.9, "seconds": 5400.0},
        {"step": 100, "dev_loss": 0.4, "dev_chrf": 62.0},
    ]
    (tmp_path / "metrics.jsonl").write_text("".join(json.dumps(line) + "\n" for line in lines))
    first, second = evaluations(tmp_path)
    assert first == {
        "hours": 0.5,
        "step": 50,
        "dev_loss": 0.5123,
        "chrf": {"full": 60.0, "4": 50.0, "news": 40.0},
    }
    assert (second["hours"], second["chrf"]) == (1.5, {"full": 62.0})
