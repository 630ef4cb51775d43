"""The study of depth on real pairs: what its readings, its intervals and its verdict say."""

from __future__ import annotations

from typing import Any

import pytest

from scripts.report import layer_tables
from scripts.studies.layers import DEPTHS, VOCABULARY, model_of, summary
from seq2seq.experiments.sizes import parameters


def study(gain: float) -> list[dict[str, Any]]:
    """Return trainings whose loss falls by 1 in 100 updates, deeper ones twice as slow and `gain` better."""
    return [
        {
            "layers": depth,
            "seed": seed,
            "units": 8,
            "parameters": 1000,
            "seconds_per_update": 0.1 if depth == 1 else 0.2,
            "losses": [
                [0, 3 + seed / 100],
                [50, 2.5 + seed / 100 - gain * (depth > 1)],
                [100, 2 - gain * (depth > 1)],
            ],
        }
        for depth in (1, 2)
        for seed in (1, 2, 3)
    ]


def test_equal_updates_and_equal_time() -> None:
    one, two = summary(study(0.1))
    assert one["updates"] == {"loss": 2.0, "gain": 0.0, "interval": 0.0}
    assert two["updates"]["gain"] == pytest.approx(0.1)
    assert two["updates_in_time"] == 50
    assert two["time"]["loss"] == pytest.approx(2.42)
    assert two["time"]["gain"] == pytest.approx(-0.42)
    assert two["time"]["interval"] == pytest.approx(4.303 * 0.01 / 3**0.5)


def test_the_verdict_and_its_table() -> None:
    results = {"summary": summary(study(0.1))}
    assert layer_tables.verdict(results) == (
        "**Verdict.** After equal updates, a gain with 2 layers; in equal time, no gain from more layers, "
        "a loss with 2."
    )
    assert "no gain from more layers;" in layer_tables.verdict({"summary": summary(study(0.0))})


def test_one_seed_has_no_interval_and_shows_nothing() -> None:
    runs = [run for run in study(0.1) if run["seed"] == 1]
    assert summary(runs)[1]["updates"]["interval"] is None
    assert "After equal updates, no gain" in layer_tables.verdict({"summary": summary(runs)})


def test_all_depths_have_as_many_weights() -> None:
    sizes = [parameters(model_of(depth), VOCABULARY) for depth in DEPTHS]
    assert max(sizes) / min(sizes) < 1.03
