"""A run handed over to another machine: what is kept goes on, and what is lost is what was said."""

from __future__ import annotations

import json
import math
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tinyruns import after_steps, tiny_config

from scripts.release import handover
from scripts.release.packing import packed_as
from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.modelfile import read_model
from seq2seq.training import checkpoint, writer
from seq2seq.training.run import train
from seq2seq.training.state import TrainingState

WORDS = ("model.word_nodes=300", "model.word_pairs=200")


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)


@pytest.fixture(scope="module")
def config(tmp_path_factory: pytest.TempPathFactory) -> Config:
    return load_config(tiny_config(tmp_path_factory.mktemp("data")), WORDS)


@pytest.fixture(scope="module")
def run(config: Config, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a run with words that has ended, and a state at each fifth step."""
    directory = tmp_path_factory.mktemp("runs") / "run"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
        train(config, directory, device="cpu")
    return directory


def at(run: Path, step: int, tmp_path: Path) -> Path:
    """Return a copy of a run as it was after a step."""
    copy = tmp_path / f"at{step}"
    copy.mkdir()
    for path in (run / "config.yaml", run / "metrics.jsonl", *run.glob(f"state_{step:08d}.pt*")):
        shutil.copyfile(path, copy / path.name)
    return copy


def records(run: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (run / "metrics.jsonl").read_text(encoding="utf-8").splitlines()]


def state_of(run: Path) -> dict[str, Any]:
    path = checkpoint.latest_state(run)
    assert path is not None
    return TrainingState.read(path).to_plain()


def test_a_run_goes_on_where_it_was(config: Config, run: Path, tmp_path: Path) -> None:
    """With the step, the order of batches and the rate that it had, and metrics that it goes on writing."""
    before = at(run, 15, tmp_path)
    handover.take(before, tmp_path / "copy")
    handover.give(tmp_path / "copy" / "run", tmp_path / "there")
    places: list[tuple[int, int, int]] = []

    def note(run: Any) -> None:
        places.append((run.progress.step, run.progress.epoch, run.progress.index))

    with after_steps(note):
        train(config, tmp_path / "there", resume=True, device="cpu")
    there, here = state_of(tmp_path / "there"), state_of(run)
    assert len(places) == 1
    for key in ("step", "epoch", "index"):
        assert there["progress"][key] == here["progress"][key]
    assert there["run_id"] == here["run_id"]
    assert there["progress"]["seconds"] > state_of(before)["progress"]["seconds"]
    ours, theirs = (records(directory) for directory in (run, tmp_path / "there"))
    assert [record["step"] for record in theirs] == [record["step"] for record in ours]
    assert theirs[-1]["dev_loss"] == pytest.approx(ours[-1]["dev_loss"], rel=0.02)
    assert read_model(tmp_path / "there" / "model.safetensors").info["step"] == 16


def test_weights_are_handed_over_and_average_and_sums_begin_anew(run: Path, tmp_path: Path) -> None:
    before = at(run, 15, tmp_path)
    files = handover.take(before, tmp_path / "copy", "float16")
    handover.give(tmp_path / "copy" / "run", tmp_path / "there")
    old, new = (state_of(each)["optimisation"] for each in (before, tmp_path / "there"))
    for name, weight in old["network"].items():
        assert torch.equal(new["network"][name], new["averaged"][name])
        torch.testing.assert_close(new["network"][name], weight, rtol=2e-3, atol=1e-6)
    assert len(old["adamw"]["state"]) > 5
    assert new["adamw"]["state"] == {}
    assert new["tables"].keys() == old["tables"].keys()
    assert not any(part.any() for sums in new["tables"].values() for part in sums)
    model = read_model(tmp_path / "copy" / "model" / "model.safetensors")
    for name, average in old["averaged"].items():
        np.testing.assert_array_equal(files["average"].weights[name], average.numpy())
        np.testing.assert_array_equal(model.weights[name], files["average, written"].weights[name])
    assert any(not torch.equal(weight, old["averaged"][name]) for name, weight in old["network"].items())


def test_large_matrices_are_int8() -> None:
    weights: dict[str, Weight] = {
        "bottom.fused.weight_ih_l0": np.ones((256, 64), np.float32),
        "bottom.fused.bias_ih_l0": np.ones(256, np.float32),
        "source_words.keys": np.arange(5),
    }
    int8 = [isinstance(array, Int8Rows) for array in packed_as("int8", weights).values()]
    assert int8 == [True, False, False]
    kinds = [str(array.dtype) for array in packed_as("float16", weights).values()]
    assert kinds == ["float16", "float16", "int64"]


def test_it_is_small(run: Path, tmp_path: Path) -> None:
    before = at(run, 15, tmp_path)
    handover.take(before, tmp_path / "copy")
    for name in ("run", "model"):
        size = sum(path.stat().st_size for path in (tmp_path / "copy" / name).glob("*.safetensors"))
        assert size < (before / "state_00000015.pt").stat().st_size / 5


def test_the_best_evaluation_is_forgotten(run: Path, tmp_path: Path) -> None:
    """Its weights stay where they are, and what is better than them is not known there."""
    handover.take(run, tmp_path / "copy")
    handover.give(tmp_path / "copy" / "run", tmp_path / "there")
    progress = state_of(tmp_path / "there")["progress"]
    assert state_of(run)["progress"]["best_step"] > 0
    assert (progress["best"], progress["best_step"], progress["evaluated"]) == (-math.inf, -1, -1)


def test_a_new_run_with_other_settings_begins_with_the_weights(run: Path, tmp_path: Path) -> None:
    handover.take(run, tmp_path / "copy")
    yaml = tmp_path / "config.yaml"
    shutil.copyfile(run / "config.yaml", yaml)
    init = f"train.init_from={tmp_path / 'copy' / 'run' / 'weights.safetensors'}"
    other = load_config(yaml, [init, "train.batch_chars=3000", "train.max_steps=2", "train.warmup_steps=2"])
    train(other, tmp_path / "there", device="cpu")
    loss = read_model(tmp_path / "there" / "model.safetensors").info["dev_loss"]
    assert loss == pytest.approx(read_model(run / "model.safetensors").info["dev_loss"], rel=0.05)


def test_a_run_that_is_there_already_is_left_alone(run: Path, tmp_path: Path) -> None:
    before = at(run, 15, tmp_path)
    handover.take(before, tmp_path / "copy")
    first, seconds = handover.give(tmp_path / "copy" / "run", tmp_path / "there")
    content = first.read_bytes()
    assert handover.give(tmp_path / "copy" / "run", tmp_path / "there") == (first, seconds)
    assert first.read_bytes() == content
    assert handover.give(tmp_path / "copy" / "run", run)[0].name == "state_00000016.pt"
    progress = tmp_path / "copy" / "run" / "progress.json"
    other = json.loads(progress.read_text(encoding="utf-8")) | {"run_id": "another"}
    progress.write_text(json.dumps(other), encoding="utf-8")
    with pytest.raises(UsageError, match="holds another run"):
        handover.give(tmp_path / "copy" / "run", tmp_path / "there")


def test_no_run_no_handover(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="there is no training state"):
        handover.take(tmp_path, tmp_path / "copy")


def test_the_dev_loss_is_told_before_and_after(
    run: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["handover.py", "take", str(run), "--out", str(tmp_path / "copy"), "--measure"]
    monkeypatch.setattr("sys.argv", words)
    handover.main()
    told = capsys.readouterr().out.splitlines()
    assert [line.split(" MB")[0].rpartition(" ")[0] for line in told[:2]] == ["step 16:"] * 2
    expected = records(run)[-1]["dev_loss"]
    names = ("weights", "weights, written", "average", "average, written")
    for line, name in zip(told[2:], names, strict=True):
        assert line.endswith(f" of the {name}")
        assert float(line.split()[2]) == pytest.approx(expected, rel=1e-2 if "average" in name else 0.1)
    words = ["handover.py", "give", str(tmp_path / "copy" / "run"), "--out", str(tmp_path / "there")]
    monkeypatch.setattr("sys.argv", words)
    handover.main()
    assert float(capsys.readouterr().out) == state_of(run)["progress"]["seconds"]
