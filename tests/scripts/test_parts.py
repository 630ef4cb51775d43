"""The study of the network's parts: what its trainings found, gathered and shown."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from scripts.report import parts_tables
from scripts.studies.parts import LONGER, PARTS, SHORT, Study, gather


def found(part: str, seed: int, chrf: float) -> dict[str, object]:
    scores = {lag: {"chrf": chrf, "bleu": 10.0} for lag in ("4", "12", "full")}
    size = {"hidden": 128, "minutes": 4.0, "milliseconds": 90.0, "parameters": 1_200_000}
    return {**size, "part": part, "seed": seed, "updates": 2400, "seconds": 250, "scores": scores}


def test_means_over_seeds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    runs = [found("all", 2, 52.0), found("all", 1, 50.0), found("none", 1, 40.0)]
    for number, run in enumerate(runs):
        (tmp_path / f"128-{number}-seed-{run['seed']}.json").write_text(json.dumps(run))
    (tmp_path / "costs-128.json").write_text('{"none": 0.09}')
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


def test_the_least_time_of_an_update_counts_and_is_measured_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "dev.tsv").write_text("a b.\tc d.\n")
    runs: list[tuple[str, int]] = []

    def run(_: Study, part: str, updates: int, name: str) -> tuple[Path, float]:
        folder = tmp_path / name
        folder.mkdir()
        runs.append((part, updates))
        return folder, 5 + updates * (0.4 if len(runs) <= 3 * len(PARTS) else 0.1)  # others ran at first

    monkeypatch.setattr(Study, "run", run)
    study = Study(tmp_path / "train.tsv", tmp_path / "dev.tsv", tmp_path, 128, 1)
    costs = study.costs()
    assert costs == pytest.approx(dict.fromkeys(PARTS, 0.1))
    assert {updates for _, updates in runs} == {SHORT, LONGER}
    before = len(runs)
    assert study.costs() == costs
    assert len(runs) == before
