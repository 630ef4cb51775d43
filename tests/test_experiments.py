"""The experiments: what is written, a bound that does not hold, and the claims that cost little."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seq2seq.cli import run
from seq2seq.errors import UserError
from seq2seq.experiments import EXPERIMENTS
from seq2seq.experiments.frame import Check, Experiment, Outcome, Setting, at_least, at_most, perform

CHEAP = ("unrolling", "gradients")


def example(*checks: Check) -> Experiment:
    rows = [{"name": "one", "value": 12.5}, {"name": "two", "value": 3e-7}]
    outcome = Outcome(rows, checks, lambda figure: figure.subplots().plot([1, 2]), ["A note."])
    return Experiment(9, "example", "Two is more than one.", "It is.", lambda _: outcome)


def test_what_an_experiment_leaves(tmp_path: Path) -> None:
    markdown = perform(example(at_least("two", 2.0, 1.0)), Setting(tmp_path / "new", quick=True))
    assert (tmp_path / "new" / "result.md").read_text() == markdown
    assert "| one | 12.5 |\n| two | 3e-07 |" in markdown
    assert "| two | 2 | at least 1 | yes |" in markdown
    assert markdown.endswith("A note.\n")
    result = json.loads((tmp_path / "new" / "result.json").read_text())
    assert result["holds"] is True
    assert result["command"] == "seq2seq experiment example --quick"
    assert result["rows"][1] == {"name": "two", "value": 3e-7}
    assert (tmp_path / "new" / "figure.png").read_bytes().startswith(b"\x89PNG")


def test_a_bound_that_does_not_hold_is_an_error_and_all_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = example(at_most("one", 1.5, 1.0), at_most("two", 0.5, 1.0))
    with pytest.raises(
        UserError, match=r"`example` does not hold: one is 1\.5, not at most 1; see"
    ) as caught:
        perform(failing, Setting(tmp_path, quick=False))
    assert caught.value.exit_code == 1
    assert "| one | 1.5 | at most 1 | NO |" in capsys.readouterr().out
    assert json.loads((tmp_path / "result.json").read_text())["holds"] is False
    assert (tmp_path / "figure.png").exists()


def test_not_a_number_holds_nowhere() -> None:
    nan = float("nan")
    assert not at_least("x", nan, 0).holds
    assert not at_most("x", nan, 0).holds


def test_every_claim_is_listed_with_its_bound(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["experiment", "--list"]) == 0
    listed = capsys.readouterr().out
    for name, experiment in EXPERIMENTS.items():
        assert experiment.name == name
        assert f"{experiment.number} {name}: {experiment.claim}\n  {experiment.bound}" in listed
    numbers = [experiment.number for experiment in EXPERIMENTS.values()]
    assert numbers == sorted(set(numbers))


@pytest.mark.parametrize(
    ("arguments", "message"),
    [([], "name an experiment, one of "), (["nope"], "there is no experiment 'nope'; there are ")],
)
def test_an_experiment_that_is_not_there(
    arguments: list[str], message: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", *arguments]) == 2
    assert capsys.readouterr().err.startswith(f"seq2seq: {message}")


@pytest.mark.parametrize("name", CHEAP)
def test_a_claim_that_costs_little_holds(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["experiment", name, "--quick", "--out", str(tmp_path)]) == 0
    assert "| NO |" not in capsys.readouterr().out
    assert {path.name for path in tmp_path.iterdir()} == {"result.json", "result.md", "figure.png"}
    assert json.loads((tmp_path / "result.json").read_text())["checks"]
