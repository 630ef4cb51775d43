"""Where the time of a training step goes: all of it is told, once, and the steps are those of training."""

from __future__ import annotations

import time
from pathlib import Path

import numpy as np
import pytest
import torch
from tinyruns import tiny_config

from scripts.release import profile_step as profile
from seq2seq.config.loading import load_config
from seq2seq.corpus.batching import Batch
from seq2seq.text.vocabulary import PAD
from seq2seq.training import run as training
from seq2seq.training import writer
from seq2seq.training.parallel import join
from seq2seq.training.setup import set_up
from seq2seq.training.signals import Requests


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=pytest.mark.cuda)])
def test_all_parts_of_a_step_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, device: str) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
    config = load_config(tiny_config(tmp_path), ["model.word_nodes=300", "model.word_pairs=100"])
    with join(device) as processes:
        told = profile.report(config, processes, 3, 1).splitlines()
    rows = {line[:24].strip(): line[24:].split() for line in told[2:-1]}
    parts = [float(rows[name][0]) for name in (*profile.PARTS, "the rest")]
    assert all(part > 0 for part in parts)
    assert sum(parts) == pytest.approx(float(rows["all parts"][0]), abs=0.1)
    assert sum(float(rows[name][1].rstrip("%")) for name in (*profile.PARTS, "the rest")) == pytest.approx(
        100, abs=1
    )
    assert float(rows["a step as in training"][0]) > 0
    assert told[-1].startswith("padding: ")


def test_the_share_of_padding() -> None:
    """Of 2 + 6 positions of the sources one is empty, of 4 + 3 of the targets three."""
    rows, none = np.zeros(0, np.int32), np.zeros(0, np.int64)
    one = Batch(rows, np.array([[7, 2]]), none, none, np.array([[7, 2], [2, PAD]]))
    two = Batch(rows, np.array([[7, 8, 2], [7, 2, PAD]]), none, none, np.array([[2, PAD, PAD]]))
    assert profile.padding([one, two]) == (1 / 8, 3 / 7)


def test_what_lies_within_a_part_counts_once(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [0.0]
    monkeypatch.setattr(profile, "time", type("Time", (), {"perf_counter": staticmethod(lambda: now[0])}))
    clock = profile.Clock(torch.device("cpu"))
    with clock.part("outer"):
        now[0] += 1
        with clock.part("inner"):
            now[0] += 10
        now[0] += 100
    assert dict(clock.seconds) == {"outer": 101, "inner": 10}


def test_nothing_of_it_stays(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that is profiled trains as any other one does."""
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
    config = load_config(tiny_config(tmp_path))
    with join("cpu") as processes, Requests() as requests:
        weights = []
        for name in ("one", "two"):
            run = training.Run(set_up(config, tmp_path / name, processes), requests, time.monotonic())
            if name == "one":
                profile.profile(run, 1, 1)
            else:
                for _ in range(3):
                    run._step()
            run.close()
            assert not hasattr(run.updater._gather, "__wrapped__")
            weights.append(run.optimisation.network.output.weight.detach().clone())
    assert torch.equal(*weights)
