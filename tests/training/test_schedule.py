"""The learning-rate schedules, by table."""

from __future__ import annotations

from dataclasses import replace

import pytest

from seq2seq.config.schema import TrainConfig
from seq2seq.training.schedule import describe_change, learning_rate

TRAIN = TrainConfig(max_steps=100, warmup_steps=10, learning_rate=1.0)


@pytest.mark.parametrize(
    ("schedule", "step", "expected"),
    [
        ("cosine", 0, 0.1),
        ("cosine", 4, 0.5),
        ("cosine", 9, 1.0),
        ("cosine", 54, 0.505),  # half of the way from 1 to a hundredth
        ("cosine", 99, 0.01),
        ("cosine", 500, 0.01),
        ("inverse_sqrt", 0, 0.1),
        ("inverse_sqrt", 9, 1.0),
        ("inverse_sqrt", 39, 0.5),
        ("inverse_sqrt", 999, 0.1),
        ("constant", 4, 0.5),
        ("constant", 9, 1.0),
        ("constant", 10_000, 1.0),
    ],
)
def test_learning_rates(schedule: str, step: int, expected: float) -> None:
    for peak in (1.0, 3e-3):
        train = replace(TRAIN, schedule=schedule, learning_rate=peak)  # type: ignore[arg-type]
        assert learning_rate(step, train) == pytest.approx(peak * expected)


@pytest.mark.parametrize(
    ("share", "warmup", "expected"),
    [
        (0.2, 10, {0: 0.1, 9: 1, 79: 1, 80: 1, 81: 0.95, 90: 0.5, 99: 0.05, 100: 0, 500: 0}),
        (0.5, 100, {0: 0.01, 49: 0.5, 65: 0.66, 67: 0.66, 99: 0.02}),  # the lower one of two slopes
        (0.001, 10, {0: 0.1, 99: 1, 500: 1}),  # less than one step
    ],
)
def test_a_constant_rate_falls_to_zero_at_the_end(
    share: float, warmup: int, expected: dict[int, float]
) -> None:
    train = replace(TRAIN, schedule="constant", cooldown_share=share, warmup_steps=warmup)
    assert {step: learning_rate(step, train) for step in expected} == pytest.approx(expected)


def test_a_cooldown_does_not_touch_the_steps_before_it() -> None:
    without = replace(TRAIN, schedule="constant", learning_rate=3e-3, warmup_steps=7)
    longer = replace(without, max_steps=120, cooldown_share=0.25)
    assert [learning_rate(step, longer) for step in range(90)] == [
        learning_rate(s, without) for s in range(90)
    ]
    assert learning_rate(91, longer) < learning_rate(91, without)


def test_a_change_of_the_schedule_is_told_in_numbers() -> None:
    old = replace(TRAIN, schedule="constant")
    told = describe_change(old, replace(old, max_steps=200, cooldown_share=0.5), 150)
    assert told == (
        "the schedule now ends at step 200, and not at 100: step 151 has learning rate 0.5 "
        "(formerly 1), the last one 0.01; it falls to zero over the last 100 steps"
    )
    assert "falls" not in describe_change(old, replace(old, max_steps=200), 50)


@pytest.mark.parametrize("schedule", ["cosine", "inverse_sqrt", "constant"])
@pytest.mark.parametrize(("warmup", "steps"), [(0, 100), (1, 1), (100, 100), (200, 100)])
def test_learning_rates_at_the_edges(schedule: str, warmup: int, steps: int) -> None:
    train = replace(TRAIN, schedule=schedule, warmup_steps=warmup, max_steps=steps)  # type: ignore[arg-type]
    rates = [learning_rate(step, train) for step in range(300)]
    assert all(0 < rate <= 1 for rate in rates)
    top = rates.index(max(rates))
    assert rates[: top + 1] == sorted(rates[: top + 1])
    assert rates[top:] == sorted(rates[top:], reverse=True)


def test_a_plateau_has_the_peak_until_the_first_cut() -> None:
    train = replace(TRAIN, schedule="plateau", plateau_factor=0.4)
    assert [learning_rate(step, train) for step in (0, 4, 9, 5000)] == pytest.approx([0.1, 0.5, 1, 1])
    assert learning_rate(5000, train, cuts=2) == pytest.approx(0.16)
    assert learning_rate(4, train, cuts=1) == pytest.approx(0.2)
    assert learning_rate(5000, replace(TRAIN, schedule="constant"), cuts=2) == 1, "others do not know cuts"
