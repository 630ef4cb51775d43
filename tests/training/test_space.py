"""The disk space of a run: what the check asks for is enough, and no more than what is written."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tinyruns import stop_after

from seq2seq.config.schema import Config, TrainConfig
from seq2seq.errors import UserError
from seq2seq.storage import integrity, modelfile
from seq2seq.training import checkpoint, writer
from seq2seq.training.run import train
from seq2seq.training.space import SMALL_FILES, FileSizes, FilesThere, file_sizes, needed_space

SIZES = FileSizes(state=1000, model=10)


def needed(states: int, model: bool, step: int, **settings: int) -> int:
    every: dict[str, Any] = {"max_steps": 100, "checkpoint_every": 10, **settings}
    config = TrainConfig(**every)
    return needed_space(config, SIZES, step, FilesThere(states, model)) - SMALL_FILES


@pytest.mark.parametrize(
    ("states", "model", "step", "settings", "expected"),
    [
        (0, False, 0, {}, 3010),  # two to keep, one in flight, and the model
        (0, False, 0, {"keep_checkpoints": 5}, 6010),
        (0, False, 0, {"keep_checkpoints": 1000}, 10_010),  # no more than it will write
        (0, False, 0, {"max_steps": 105, "keep_checkpoints": 1000}, 11_010),
        (0, False, 0, {"max_steps": 5}, 1010),
        (2, True, 50, {}, 1000),  # a run that goes on: only the state in flight is new
        (2, False, 50, {}, 1010),
        (1, True, 5, {}, 2000),
        (7, True, 70, {}, 1000),  # the older ones are deleted first
        (2, True, 95, {}, 1000),
        (2, True, 100, {}, 0),
    ],
)
def test_what_is_needed_from_here_on(
    states: int, model: bool, step: int, settings: dict[str, int], expected: int
) -> None:
    assert needed(states, model, step, **settings) == expected


class Disk:
    """A disk of some size that holds a run directory alone; it refuses a state that does not fit."""

    def __init__(self, run_dir: Path, size: int, patch: pytest.MonkeyPatch) -> None:
        self.run_dir, self.size, self.most = run_dir, size, 0
        write_state, write_model = integrity.write_with_checksum, modelfile.write_model
        patch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=self.size - self.used()))

        def look(path: Path, new: Path) -> None:
            """Count a file as if the one that it replaces had been there until the end."""
            self.most = max(self.most, self.used() + (0 if path == new else new.stat().st_size))
            if self.most > self.size:
                raise UserError("the disk is full")

        def state(path: Path, *more: object, **options: object) -> None:
            write_state(path, *more, **options)  # type: ignore[arg-type]
            look(path, path)

        def model(path: Path, file: object) -> None:
            old = path.stat().st_size if path.exists() else 0
            write_model(path, file)  # type: ignore[arg-type]
            self.most = max(self.most, self.used() + old)

        patch.setattr(checkpoint, "write_with_checksum", state)
        patch.setattr(writer, "write_model", model)

    def used(self) -> int:
        return sum(path.stat().st_size for path in self.run_dir.iterdir()) if self.run_dir.exists() else 0


@pytest.mark.parametrize("keep", [2, 3])
def test_a_run_that_may_begin_can_save_and_go_on_to_its_end(
    keep: int, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Told "everything is saved, resume with …", a run was refused there: two more states had to fit."""
    config = load(
        "train.checkpoint_every=1", "train.max_steps=9", f"train.keep_checkpoints={keep}", "data.dev=null"
    )
    disk = Disk(tmp_path / "run", 10**9, monkeypatch)
    disk.size = 1000
    with pytest.raises(UserError, match=r"bytes free and [\d,]+ are needed") as refused:
        train(config, tmp_path / "run", device="cpu")
    disk.size = int(str(refused.value).split(" free and ")[1].split()[0].replace(",", "")) + 1000
    stop_after(4, config, tmp_path / "run")
    stop_after(6, config, tmp_path / "run", resume=True)
    train(config, tmp_path / "run", resume=True, device="cpu")
    assert disk.size - SMALL_FILES < 1.3 * disk.most  # no more is asked for than is needed
    assert disk.most < disk.size


def test_sizes_are_those_of_the_files(load: Callable[..., Config], tmp_path: Path) -> None:
    config = load("train.max_steps=2", "data.dev=null")
    train(config, tmp_path / "run", device="cpu")
    from seq2seq.training.state import TrainingState

    path = tmp_path / "run" / "state_00000002.pt"
    network = torch.nn.ParameterDict()
    for name, weight in TrainingState.read(path).optimisation["network"].items():
        network[name.replace(".", "_")] = torch.nn.Parameter(weight, requires_grad=weight.is_floating_point())
    sizes = file_sizes(network)  # type: ignore[arg-type]
    assert 0.8 * sizes.state - 60_000 < path.stat().st_size <= sizes.state
    assert (tmp_path / "run" / "model.safetensors").stat().st_size <= sizes.model + 20_000
