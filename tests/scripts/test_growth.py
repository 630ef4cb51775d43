"""The benchmark of growth: each of its points can be measured."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from scripts.bench.growth import OF_CORPORA, OF_LENGTHS, SETTINGS
from scripts.bench.growth_points import KINDS

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="memory is read from /proc")

POINTS = [(kind, setting) for kind in OF_LENGTHS for setting in SETTINGS]
POINTS += [("normalise and cut", ""), ("translate a batch", "lag full"), ("train on a batch", "lag full")]


@pytest.mark.parametrize(("kind", "setting"), POINTS)
def test_a_point_has_a_time_and_a_memory(kind: str, setting: str) -> None:
    row = KINDS[kind](3, setting)
    assert row["us"] > 0
    assert row["mb"] >= 0


@pytest.mark.slow
def test_a_corpus_is_prepared_and_trained_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    for kind in OF_CORPORA:
        assert KINDS[kind](300, str(tmp_path))["us"] > 0
    assert (tmp_path / "run" / "model.safetensors").exists()
