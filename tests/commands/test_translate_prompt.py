"""`translate` at a terminal: the prompt."""

from __future__ import annotations

import sys
from pathlib import Path
from types import SimpleNamespace

import pytest
from commandline import MODEL, SOURCES, Cli, refused

from scripts.results import read_results
from seq2seq.cli import run as run_cli
from seq2seq.commands.options import SMALL_LAGS, SURE_LAG
from seq2seq.commands.prompt import COMMANDS
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
    assert f"lag 1; {SMALL_LAGS}\n" in err


def test_a_colon_without_a_word_is_text_at_a_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    assert prompt(monkeypatch, ":) my dog\n", ":\n") == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == [tiny.translate(":) my dog")]
    assert "there is no command :; :help lists the commands" in err


def test_a_lag_that_a_beam_cannot_serve_does_not_end_the_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    code = prompt(monkeypatch, ":lag 1\n", f"{SOURCES[0]}\n", options=["--beam", "3"])
    out, err = capfd.readouterr()
    assert code == 0
    assert out.splitlines() == [tiny.translate(SOURCES[0], beam=3)]
    assert "beam search needs lag full" in err
    assert "use :beam 1 or :lag full" in err


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
    out, err = capfd.readouterr()
    assert out == ""
    assert err == f"Type English; Ctrl-D on an empty line ends; the translations go to {tmp_path / 'out'}.\n"


def test_every_command_of_the_prompt_works(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    one = SOURCES[0]
    typed = [":help", ":lag", ":beam 3", one, ":beam x", ":show", one, ":show", ":model nix", ":model en-es"]
    code = prompt(
        monkeypatch, *(f"{line}\n" for line in [*typed, ":modle", ":lag 8", ":beam 3", "exit", one])
    )
    out, err = capfd.readouterr()
    assert code == 0
    wide = tiny.translate(one, beam=3)
    assert out.startswith(f"{wide}\n{wide}\n\n    {one[0]}")
    assert all(f"{line}\n" in err for line in COMMANDS.values())
    said = err[err.index(COMMANDS[":q"]) :].splitlines()[1:]
    said = [line.replace("> ", "") for line in said]
    assert said[:2] == ["lag full", "beam 3"]
    assert said[2].startswith("expected a whole number from 1 to 100, not 'x'")
    assert said[3:5] == ["drawing", "not drawing"]
    assert said[5].startswith("there is no model nix")
    assert said[6:8] == ["model en-es, lag full", "there is no command :modle; did you mean :model?"]
    assert "use :beam 1 or :lag full" in said[8]
    assert said[9] == "beam 3"


def test_alternatives_below_lag_full_are_not_sent_from_one_refusal_to_the_next(
    translate: Cli, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    refused(translate("--lag", "8", "--n-best", "3", "hi"), 2, "leave out --n-best, or use --lag full")
    assert prompt(monkeypatch, ":lag 8\n", options=["--beam", "3", "--n-best", "3"]) == 0
    assert "leave out --n-best, or use :lag full" in capfd.readouterr().err


def test_the_sentence_about_small_lags_is_measured() -> None:
    """Fails after a new measurement that needs another number in the sentence."""
    counts = {int(lag): count for lag, count in read_results("first_words")["starts with No"].items()}
    assert max(counts[lag] for lag in range(SURE_LAG)) > 1 >= max(counts[lag] for lag in range(SURE_LAG, 9))


def test_a_small_lag_is_described_where_it_is_chosen(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert prompt(monkeypatch, ":lag 1\n", ":lag 8\n") == 0
    assert [SMALL_LAGS in line for line in capfd.readouterr().err.splitlines() if "lag" in line] == [
        True,
        False,
    ]
    with pytest.raises(SystemExit):
        run_cli(["translate", "--help"])
    help_text = " ".join(capfd.readouterr().out.split())
    assert SMALL_LAGS in help_text
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    assert SMALL_LAGS in " ".join(readme.split())
