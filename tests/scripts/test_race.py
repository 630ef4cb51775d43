"""What scripts/bench/race.py makes of the systems' checkpoints; the systems themselves are not here."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import yaml

from scripts.bench import race
from scripts.bench.systems import racers
from scripts.bench.systems.base import PEERS, Comparison
from seq2seq.config.loading import load_config


@pytest.fixture
def setting(tmp_path: Path) -> Comparison:
    return Comparison(tmp_path, tmp_path, threads=1, sentences=256, length=200, cold_length=200)


def points(*pairs: tuple[float, float]) -> list[dict[str, Any]]:
    return [{"steps": i, "cpu": cpu, "chrf": chrf} for i, (cpu, chrf) in enumerate(pairs)]


def test_the_clock_is_processor_time_that_of_children_included() -> None:
    """Sleeping costs nothing; a child's work counts while it runs and after it has ended."""
    work = "import time\nwhile time.process_time() < 0.1: pass\n"
    child = f"subprocess.run([sys.executable, '-c', {work!r}])"
    code = f"import subprocess, sys, time\n{child}\nprint(flush=True)\ntime.sleep(9)"
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        used = race.processor_seconds(process.pid)
        time.sleep(0.1)
        later = race.processor_seconds(process.pid)
        process.kill()
    assert used >= 0.1
    assert later - used < 0.05
    assert race.processor_seconds(process.pid) == 0
    assert abs(race.processor_seconds(os.getpid()) - sum(os.times()[:4])) < 0.1


def test_checkpoints_are_spread_over_the_time_and_the_last_one_is_there() -> None:
    found = [{"steps": i, "cpu": 7.0 * i} for i in range(1, 100)]
    kept = race.spaced(found, minutes=10)
    gaps = [b["cpu"] - a["cpu"] for a, b in pairwise(kept[:-1])]
    assert all(gap >= 60 for gap in gaps)
    assert kept[0] is found[0]
    assert kept[-1] is found[-1]
    assert race.spaced([], minutes=10) == []


def test_the_time_to_a_goal_is_interpolated_between_evaluations() -> None:
    curve = points((60, 30), (120, 48), (180, 52))
    assert race.reached(curve, 50) == pytest.approx(2.5)
    assert race.reached(curve, 30) == pytest.approx(1)
    assert race.reached(curve, 55) is None


def test_our_own_evaluations_come_from_the_log_of_the_training(tmp_path: Path) -> None:
    log = tmp_path / "log"
    lines = ["500 parameters", *(json.dumps({"chrf": c, "steps": c, "cpu": 10.0 * c}) for c in (5, 6, 7))]
    log.write_text("\n".join(lines))
    assert [point["chrf"] for point in race.reported(log, seconds=60)] == [5, 6]


def test_the_table_says_who_did_not_get_there() -> None:
    ours = {"title": "seq2seq", "version": "1", "parameters": 20_000_000, "word_vectors": 17_000_000}
    ours["symbols_per_second"] = 5000
    systems = {
        "ours": {**ours, "minutes": 12, "points": points((300, 45), (420, 50), (600, 56))},
        "eole": {
            "title": "Eole",
            "version": "2",
            "parameters": 1_100_000,
            "symbols_per_second": None,
            "minutes": 14,
            "points": points((840, 30)),
        },
    }
    text = race.render({"systems": systems})
    assert (
        "| seq2seq (1) | 3.0 million, and 17.0 million of word vectors | 7.0 min | 9.5 min | × 1.0 "
        "| 56.0 | 10.0 min | 5,000 |" in text
    )
    assert (
        "| Eole (2) | 1.1 million | not in 14 min | not in 14 min | > × 2.0 | 30.0 | 14.0 min | – |" in text
    )


@pytest.mark.parametrize("name", ["eole", "joeynmt"])
def test_the_configurations_are_yaml_once_filled_in(setting: Comparison, name: str) -> None:
    racer = racers.RACERS[name](setting, units=64, layers=2)
    config = Path(str(racer.training()[-1 if name == "eole" else 3]))
    text = (setting.work / config).read_text(encoding="utf-8")
    assert "$" not in text
    assert "64" in str(yaml.safe_load(text)["model"]["decoder"])


def test_our_configuration_is_valid() -> None:
    config = load_config(PEERS / "race_ours.yaml")
    assert config.train.threads == 1
    assert config.train.eval_sentences == race.SENTENCES
