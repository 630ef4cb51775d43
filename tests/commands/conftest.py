"""What the tests of the command line share: the commands as functions, and a finished run."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from commandline import MODEL, SOURCES, Cli, Result
from tinyruns import tiny_config

from seq2seq.cli import run as run_cli
from seq2seq.training import writer
from seq2seq.translator import Translator


@pytest.fixture
def cli(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cli:
    """Return what runs a command in this process, with some bytes as its standard input."""
    path = tmp_path_factory.mktemp("stdin") / "stdin"

    def call(*arguments: object, stdin: bytes = b"") -> Result:
        path.write_bytes(stdin)
        with path.open() as file, monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", file)
            try:
                code: Any = run_cli([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = stop.code
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert "\x1b" not in out + err
        return Result(code or 0, out, err)

    return call


@pytest.fixture
def translate(cli: Cli) -> Cli:
    """Return what runs `translate` with the tiny model on the CPU."""
    return lambda *arguments, **stdin: cli(
        "translate", "--model", MODEL, "--device", "cpu", *arguments, **stdin
    )


@pytest.fixture(scope="module")
def expected(tiny: Translator) -> dict[str, str]:
    """Return the translation of each source at the model's own lag."""
    return dict(zip(SOURCES, tiny.translate(SOURCES), strict=True))


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run of two steps."""
    directory = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")
        code = run_cli(
            [
                *("train", str(tiny_config(directory)), "--out", str(directory / "run")),
                *("--device", "cpu", "--set", "train.max_steps=2"),
            ]
        )
    assert code == 0
    return directory / "run"
