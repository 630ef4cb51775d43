"""Fixtures of the tests of training: a tiny configuration, and a run that was never stopped."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from tinyruns import (
    Reference,
    after_steps,
    bundled,
    tiny_config,
    write_pairs,
)

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.training import run as training
from seq2seq.training import writer
from seq2seq.training.run import train


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Draw no curves, which would take longer than these runs."""
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")


@pytest.fixture(scope="session")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_config(tmp_path_factory.mktemp("data"))


@pytest.fixture
def load(config_file: Path) -> Callable[..., Config]:
    """Return the tiny configuration, with settings changed."""
    return lambda *overrides: load_config(config_file, overrides)


@pytest.fixture(scope="session")
def reference(config_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    directory = tmp_path_factory.mktemp("reference") / "run"
    last: list[int] = []

    def note(run: training.Run) -> None:
        if run.progress.index == len(run.updater.order.epoch(run.progress.epoch)):
            last.append(run.progress.step)

    with after_steps(note), pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
        train(load_config(config_file), directory, device="cpu")
    return Reference(directory, last)


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the setting of three parts with 150, 40 and 10 pairs and shares of 5, 3 and 2."""
    directory = tmp_path_factory.mktemp("mixed")
    pairs, parts = bundled("train", 200), []
    for first, end, share in ((0, 150, 5), (150, 190, 3), (190, 200, 2)):
        path = write_pairs(directory / f"{first}.tsv", pairs[first:end])
        parts.append(f"{{path: {path}, share: {share}}}")
    return [f"data.train=[{', '.join(parts)}]"]
