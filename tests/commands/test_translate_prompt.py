"""`translate` at a terminal: the prompt."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from commandline import MODEL, SOURCES

from seq2seq.cli import run as run_cli
from seq2seq.translator import Translator


class Terminal:
    """Somebody at a keyboard."""

    def __init__(self, *typed: str) -> None:
        self.typed = iter(typed)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return next(self.typed, "")


def prompt(monkeypatch: pytest.MonkeyPatch, *typed: str, options: list[str] | None = None) -> int:
    monkeypatch.setattr(sys, "stdin", Terminal(*typed))
    return run_cli(["translate", "-m", MODEL, "--device", "cpu", *(options or [])])


def test_a_prompt_answers_line_by_line_and_its_dial_turns(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, str],
    tiny: Translator,
) -> None:
    one = SOURCES[1]
    code = prompt(monkeypatch, f"{one}\n", ":lag 1\n", f"{one}\n", ":lag 99\n", ":tau\n", f"{one}\n")
    out, err = capfd.readouterr()
    assert code == 0
    early = tiny.translate(one, lag=1)
    assert early != expected[one]
    assert out.splitlines() == [expected[one], early, early]
    assert "not trained for lag 99" in err
    assert "there is no command :tau" in err
    assert "lag 1\n" in err


def test_a_colon_without_a_word_is_text_at_a_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    assert prompt(monkeypatch, ":) my dog\n", ":\n") == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == [tiny.translate(":) my dog")]
    assert "there is no command :;" in err


def test_a_lag_that_a_beam_cannot_serve_does_not_end_the_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    code = prompt(monkeypatch, ":lag 1\n", f"{SOURCES[0]}\n", options=["--beam", "3"])
    out, err = capfd.readouterr()
    assert code == 0
    assert out.splitlines() == [tiny.translate(SOURCES[0], beam=3)]
    assert "beam search needs lag full" in err


def test_at_a_terminal_a_file_for_the_output_is_filled_without_a_prompt(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, str],
    tmp_path: Path,
) -> None:
    (tmp_path / "typed").write_text(f"{SOURCES[0]}\n")
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, fileno=typed.fileno))
        assert run_cli(["translate", "-m", MODEL, "--device", "cpu", "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text("utf-8") == expected[SOURCES[0]] + "\n"
    assert capfd.readouterr() == ("", "")
