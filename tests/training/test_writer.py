"""The files of a run: which are kept, which are deleted, and what the model file says."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from tinyruns import (
    Reference,
    after_steps,
    stop_after,
)

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.errors import NonFiniteError, UsageError, UserError
from seq2seq.lag import FULL
from seq2seq.storage.modelfile import read_model
from seq2seq.training import writer
from seq2seq.training.run import train


def test_too_little_space_is_noticed_before_the_first_step(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What must fit is in test_space.py."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000))
    with (
        after_steps(lambda run: pytest.fail(f"there was a step {run.progress.step}")),
        pytest.raises(UserError, match=r"run has 100,000 bytes free and [\d,]+ are needed; free some space"),
    ):
        train(load(), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_the_state_that_a_run_was_resumed_from_is_kept(load: Callable[..., Config], tmp_path: Path) -> None:
    """One can go back to it if the resumed run goes wrong; it is deleted after the next resumption."""
    config = load("train.checkpoint_every=1", "data.dev=null")
    stop_after(3, config, tmp_path / "run")
    stop_after(7, config, tmp_path / "run", resume=True)
    states = sorted((tmp_path / "run").glob("state_*.pt"))
    assert [int(path.stem[6:]) for path in states] == [3, 6, 7]
    stop_after(9, config, tmp_path / "run", resume=True)
    states = sorted((tmp_path / "run").glob("state_*.pt"))
    assert [int(path.stem[6:]) for path in states] == [7, 8, 9]


def test_what_a_kill_kept_from_deletion_is_deleted_on_resuming(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run killed in its last save, before the deletion of old states, used to keep them."""
    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "_prune", lambda _: None)
        train(load(), tmp_path / "run", device="cpu")
    train(load(), tmp_path / "run", resume=True, device="cpu")
    states = sorted(path.name for path in (tmp_path / "run").glob("state_*.pt"))
    assert states == ["state_00000015.pt", "state_00000016.pt"]


def test_weights_that_an_update_has_spoiled_are_not_saved(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    """Loss and gradient are finite, but the step makes weights that are not."""
    config = load("train.learning_rate=1e39", "train.warmup_steps=0", "train.checkpoint_every=1")
    with pytest.raises(NonFiniteError, match="after step 1 not all weights are finite numbers") as caught:
        train(config, tmp_path / "run", device="cpu")
    assert caught.value.exit_code == 3
    assert list((tmp_path / "run").glob("*.pt")) == []


def test_a_model_tells_what_it_is_and_nothing_about_the_machine(reference: Reference) -> None:
    model = read_model(reference.directory / "model.safetensors")
    state = reference.state()
    assert model.config["model"]["hidden"] == 16
    assert model.config["data"]["train"] is None
    assert model.lags == {"uniform": [0, 8], "full": 0.5}
    assert [model.info["train_data"], model.info["dev_data"]] == state["data"]
    assert model.info["run_id"] == state["run_id"]
    assert model.info["dev"]["lag"] == FULL
    assert model.info["dev"]["chrf_signature"]
    assert model.info["dev"]["sentences"] == 4
    whole = (reference.directory / "model.safetensors").read_bytes()
    assert str(reference.directory.parent).encode() not in whole
    assert load_config(reference.directory / "config.yaml").to_dict() == state["config"]


def test_old_states_are_deleted(reference: Reference) -> None:
    states = sorted(path.name for path in reference.directory.glob("state_*.pt"))
    assert states == ["state_00000015.pt", "state_00000016.pt"]


def test_curves_are_drawn(reference: Reference, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from seq2seq.drawing.plots import draw_curves

    shutil.copytree(reference.directory, tmp_path / "run")
    monkeypatch.setattr(writer, "draw_curves", draw_curves)
    train(load_config(reference.directory / "config.yaml"), tmp_path / "run", resume=True, device="cpu")
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_ends_well_without_matplotlib(
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def missing(_: Path) -> Path:
        raise UsageError("drawing needs matplotlib")

    monkeypatch.setattr(writer, "draw_curves", missing)
    train(load("train.max_steps=1", "data.dev=null"), tmp_path / "run", device="cpu")
    assert "drawing needs matplotlib" in capfd.readouterr().err
