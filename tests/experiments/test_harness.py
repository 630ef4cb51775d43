"""What an experiment writes: a bound that holds, one that does not, and none."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from seq2seq.errors import UserError
from seq2seq.experiments.harness import (
    BoundCheck,
    Experiment,
    Outcome,
    RunOptions,
    TableRow,
    at_least,
    at_most,
    perform,
    to_markdown,
    to_result,
)


def example(*checks: BoundCheck) -> Experiment:
    rows: list[TableRow] = [{"name": "one", "value": 12.5}, {"name": "two", "value": 3e-7}]
    outcome = Outcome(rows, checks, {"line": [1, 2]}, ["A note."])
    return Experiment(
        number=9,
        name="example",
        claim="Two is more than one.",
        equation="`2 > 1`",
        method="Both are counted.",
        figure="A rising line.",
        bound="It is.",
        limits="Three.",
        minutes=1,
        run=lambda _: outcome,
        draw=lambda figure, result: figure.subplots().plot(result["data"]["line"]),
        verdict=None if checks else lambda result: f"{len(result['rows'])} rows.",
    )


def test_what_an_experiment_leaves(tmp_path: Path) -> None:
    markdown = perform(example(at_least("two", 2.0, 1.0)), RunOptions(tmp_path / "new", quick=True))
    assert (tmp_path / "new" / "result.md").read_text() == markdown
    assert "| one | 12.5 |\n| two | 3e-07 |" in markdown
    assert "| two | 2 | at least 1 | yes |" in markdown
    _, verdict, textbook, *_ = markdown.split("\n\n")
    assert verdict == "**Verdict.** Holds (1 of 1 checks hold). Bound: It is."
    assert textbook.startswith("**Textbook.** Two is more than one. ([Recurrent Neural Network](https://")
    order = ("Equation", "Experiment", "Figure", "| name", "A note", "Not shown", "Repeat", "| quantity")
    places = [markdown.index(word) for word in order]
    assert places == sorted(places)
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
        perform(failing, RunOptions(tmp_path, quick=False))
    assert caught.value.exit_code == 1
    written = capsys.readouterr().out
    assert "| one | 1.5 | at most 1 | NO |" in written
    assert "**Verdict.** Does not hold (1 of 2 checks hold): one is 1.5, not at most 1. Bound" in written
    assert json.loads((tmp_path / "result.json").read_text())["holds"] is False
    assert (tmp_path / "figure.png").exists()


def test_without_a_bound_the_verdict_is_what_was_found(tmp_path: Path) -> None:
    markdown = perform(example(), RunOptions(tmp_path, quick=False))
    assert "**Verdict.** 2 rows. Bound: It is." in markdown


def test_not_a_number_holds_nowhere() -> None:
    nan = float("nan")
    assert not at_least("x", nan, 0).holds
    assert not at_most("x", nan, 0).holds


@pytest.mark.parametrize(("seconds", "said"), [(1.7, "2 seconds"), (59.6, "60 seconds"), (90, "1.5 minutes")])
def test_the_time_is_said_in_a_unit_that_fits(seconds: float, said: str) -> None:
    experiment = example()
    result = to_result(experiment, RunOptions(Path(), quick=False), experiment.run(None), seconds)  # type: ignore[arg-type]
    assert f"`seq2seq experiment example`, {said}." in to_markdown(experiment, result, "figure.png")
