"""`page`, through the command line."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

import pytest
from commandline import MODEL, Cli, refused

from scripts.studies.page_in_browser import BARE_FACE
from seq2seq.cli import run as run_cli
from seq2seq.commands import page as command
from seq2seq.errors import UsageError
from seq2seq.page import bundle, serving
from seq2seq.storage.modelfile import ModelFile, read_model, write_model


@pytest.fixture(autouse=True)
def bare(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bundle, "FACE", BARE_FACE)


def test_the_page_goes_into_a_file(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    result = cli("page", "-m", MODEL, "-o", path)
    assert (result.code, result.out) == (0, "")
    assert result.err.startswith(f"the page is in {path} (")
    assert path.read_bytes() == bundle.page(read_model(Path(MODEL)), "tiny")


def test_a_pipe_gets_the_page(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    assert not run_cli(["page", "-m", MODEL])
    out, err = capfdbinary.readouterr()
    assert err == b""
    assert out.decode("utf-16").startswith("<!doctype html>")
    assert out.decode("utf-16").rstrip().endswith("</html>")


def test_a_terminal_does_not_get_the_page(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        @staticmethod
        def isatty() -> bool:
            return True

    monkeypatch.setattr(sys, "stdout", Terminal())
    with pytest.raises(UsageError, match="name it with `output`, or use `serve`"):
        command.run(_options(output=None, serve=None))


def _options(**given: object) -> argparse.Namespace:
    return argparse.Namespace(model=MODEL, table_bits=8, **given)


@pytest.mark.parametrize("kind", ["lagged_rnn", "feedforward"])
def test_other_kinds_of_models_are_refused_in_a_sentence(cli: Cli, tmp_path: Path, kind: str) -> None:
    file = read_model(Path(MODEL))
    path = tmp_path / "model.safetensors"
    config = {**file.config, "model": {**file.config["model"], "kind": kind}}
    write_model(path, ModelFile(config, file.characters, file.lags, file.weights, file.info))
    refused(cli("page", "-m", path, "-o", tmp_path / "page.html"), 2, f"this model is a {kind}", "--model")
    assert not (tmp_path / "page.html").exists()


def test_it_is_served_at_the_port_that_is_given(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    served: list[tuple[int, int]] = []
    monkeypatch.setattr(serving, "serve", lambda data, port: served.append((len(data), port)))
    assert cli("page", "-m", MODEL, "--serve", 0).code == 0
    assert cli("page", "-m", MODEL, "--serve").code == 0
    assert [port for _, port in served] == [0, command.USUAL_PORT]
    refused(cli("page", "-m", MODEL, "--serve", "x"), 2, "expected a port")


def test_a_model_that_is_not_there_is_named(cli: Cli, tmp_path: Path) -> None:
    refused(cli("page", "-m", tmp_path / "no", "-o", tmp_path / "x.html"), 1, "there is no model")
