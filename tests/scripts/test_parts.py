"""The study of the network's parts: what its trainings found, gathered and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.report import parts_tables
from scripts.studies.parts import gather


def found(part: str, seed: int, chrf: float) -> dict[str, object]:
    scores = {lag: {"chrf": chrf, "bleu": 10.0} for lag in ("4", "12", "full")}
    size = {"hidden": 128, "minutes": 4.0, "milliseconds": 90.0, "parameters": 1_200_000}
    return {**size, "part": part, "seed": seed, "updates": 2400, "seconds": 250, "scores": scores}


def test_means_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [found("all", 2, 52.0), found("all", 1, 50.0), found("none", 1, 40.0)]
    for number, run in enumerate(runs):
        (tmp_path / f"128-{number}-seed-{run['seed']}.json").write_text(json.dumps(run))
    (tmp_path / "cost-128-0.json").write_text("0.09")
    gathered = gather(tmp_path)
    assert [(run["part"], run["seed"]) for run in gathered] == [("none", 1), ("all", 1), ("all", 2)]
    machine = {"processor": "x", "bf16": [], "threads": 1, "date": "2026-01-01"}
    results = {"machine": machine, "sentences": 500, "runs": gathered}
    monkeypatch.setattr(parts_tables, "read_results", lambda name: {"parts": results}[name])
    block = parts_tables.parts_block()
    assert (
        "| all | 1.2 million | 90 | 2,400 | 51.0 ± 1.0 / 10.0 | 51.0 ± 1.0 / 10.0 | 51.0 ± 1.0 / 10.0 |"
        in block
    )
    assert "| none | 1.2 million | 90 | 2,400 | 40.0 / 10.0 |" in block
    assert "2 seeds" in block
