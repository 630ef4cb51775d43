"""The progress of a run: what the plateau schedule counts, and what numbers a run can have come to."""

from __future__ import annotations

import math
from dataclasses import asdict, replace

import pytest

from seq2seq.config.schema import TrainConfig
from seq2seq.training.progress import Progress, is_progress

PLATEAU = TrainConfig(schedule="plateau", plateau_patience=2, eval_every=10)


def history(losses: list[float], train: TrainConfig = PLATEAU) -> list[tuple[int, int]]:
    """Return stalled evaluations and cuts after each dev loss, ten steps apart."""
    progress, found = Progress(), []
    for loss in losses:
        progress = replace(progress, step=progress.step + 10).after_dev_loss(loss, train)
        found.append((progress.stalled, progress.cuts))
    return found


def test_the_rate_is_cut_after_evaluations_without_a_lower_loss() -> None:
    assert history([3, 2, 2, 2.5, 1, 1.5, math.nan, 1.1, 1.1]) == [
        *[(0, 0), (0, 0), (1, 0), (0, 1), (0, 1)],
        *[(1, 1), (0, 2), (1, 2), (0, 3)],
    ]


def test_other_schedules_count_nothing() -> None:
    train = replace(PLATEAU, schedule="constant", plateau_patience=3)
    progress = Progress(step=10)
    assert progress.after_dev_loss(1.0, train) is progress


def test_an_evaluation_that_is_not_due_does_not_count() -> None:
    """The last one of a run: a run that goes on has the rates of one that never stopped there."""
    progress = Progress(step=13, lowest_loss=1.0, stalled=1)
    assert progress.after_dev_loss(2.0, PLATEAU) is progress
    assert progress.after_dev_loss(0.5, PLATEAU) is progress


@pytest.mark.parametrize(
    ("changes", "possible"),
    [
        ({}, True),
        ({"lowest_loss": 1.5, "stalled": 1, "cuts": 2}, True),
        ({"lowest_loss": math.nan}, False),
        ({"cuts": -1}, False),
        ({"cuts": 1.0}, False),
        ({"unheard_of": 1}, False),
    ],
    ids=str,
)
def test_impossible_numbers(changes: dict[str, object], possible: bool) -> None:
    assert is_progress(asdict(Progress()) | changes) is possible


def test_a_state_from_before_the_schedule_has_no_history() -> None:
    old = {
        name: value
        for name, value in asdict(Progress()).items()
        if name not in ("lowest_loss", "stalled", "cuts")
    }
    assert is_progress(old)
    assert Progress(**old) == Progress()
