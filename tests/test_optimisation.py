"""What moves a network: schedules by table, the average by its formula, decay where it belongs, resuming."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
import torch

from seq2seq.config import ModelConfig, TrainConfig
from seq2seq.lag import LagDistribution
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.optimisation import Optimisation, describe_change, learning_rate

TRAIN = TrainConfig(max_steps=100, warmup_steps=10, learning_rate=1.0, weight_decay=0.1, ema=0.9)


def optimisation(seed: int = 0, **changes: object) -> Optimisation:
    torch.manual_seed(seed)
    config = ModelConfig(embedding=4, hidden=6, encoder_layers=1, decoder_layers=2)
    network = EncoderDecoder(config, 9, LagDistribution.parse({"uniform": [0, 4], "full": 0.5}))
    return Optimisation(network, replace(TRAIN, **changes))  # type: ignore[arg-type]


def set_gradients(run: Optimisation, seed: int, scale: float = 1.0) -> None:
    generator = torch.Generator().manual_seed(seed)
    for parameter in run.network.parameters():
        parameter.grad = scale * torch.randn(parameter.shape, generator=generator)


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
        "(it was to have 1), the last one 0.01; it falls to zero over the last 100 steps"
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


def test_a_step_uses_the_rate_of_its_number() -> None:
    """The first step of AdamW moves each weight by the learning rate, whatever the gradient's size."""
    run = optimisation(weight_decay=0.0)
    for step, rate in ((4, 0.5), (9, 1.0)):
        run.adamw.state.clear()
        before = run.network.output.weight.detach().clone()
        set_gradients(run, 1)
        run.step(step)
        moved = (run.network.output.weight - before).abs()
        torch.testing.assert_close(moved, torch.full_like(moved, rate), rtol=1e-3, atol=1e-3)


def test_a_step_drops_the_gradients() -> None:
    run = optimisation()
    set_gradients(run, 1)
    run.step(0)
    assert all(parameter.grad is None for parameter in run.network.parameters())


@pytest.mark.parametrize(
    ("ema", "step", "kept"), [(0.9, 0, 0.1), (0.9, 8, 0.5), (0.9, 10_000, 0.9), (0.0, 10_000, 0.0)]
)
def test_the_average_by_its_formula(ema: float, step: int, kept: float) -> None:
    """(1 + step) / (10 + step) at first, later `ema`: the share of the average that is kept."""
    run = optimisation(ema=ema)
    before = [average.clone() for average in run.averaged.parameters()]
    set_gradients(run, 1)
    run.step(step)
    for average, old, now in zip(run.averaged.parameters(), before, run.network.parameters(), strict=True):
        torch.testing.assert_close(average, kept * old + (1 - kept) * now.detach())
        assert not torch.equal(now, old)


def test_the_average_is_a_network_of_its_own_that_does_not_learn() -> None:
    run = optimisation()
    assert run.network.training
    assert not run.averaged.training
    assert not any(parameter.requires_grad for parameter in run.averaged.parameters())
    shared = {p.data_ptr() for p in run.averaged.parameters()} & {
        p.data_ptr() for p in run.network.parameters()
    }
    assert not shared


def test_only_matrices_decay() -> None:
    """Without gradients decay is all that moves a weight."""
    run = optimisation()
    with torch.no_grad():
        for parameter in run.network.parameters():
            parameter.fill_(1.0)
            parameter.grad = torch.zeros_like(parameter)
    run.step(9)
    factors = {name: set(parameter.flatten().tolist()) for name, parameter in run.network.named_parameters()}
    decayed = {name for name, values in factors.items() if values == {torch.tensor(0.9).item()}}
    untouched = {name for name, values in factors.items() if values == {1.0}}
    assert decayed | untouched == set(factors)
    assert {name for name in factors if "weight" in name and "norms" not in name} == decayed
    assert {"bottom.initial", "output.bias", "bottom.fused.bias_hh_l0", "decoder_norms.0.weight"} <= untouched


def test_clipping_gives_the_norm_and_shortens_long_gradients_only() -> None:
    run = optimisation(clip_norm=2.0)
    for scale, expected in ((1.0, 2.0), (1e-3, None)):
        set_gradients(run, 1, scale)
        norm = torch.cat([p.grad.flatten() for p in run.network.parameters() if p.grad is not None]).norm()
        assert float(run.clip()) == pytest.approx(float(norm), rel=1e-5)
        clipped = torch.cat([p.grad.flatten() for p in run.network.parameters() if p.grad is not None]).norm()
        assert float(clipped) == pytest.approx(expected or float(norm), rel=1e-4)


def test_a_state_goes_on_with_the_same_bits() -> None:
    run = optimisation()
    for step in range(3):
        set_gradients(run, step)
        run.step(step)
    file = io.BytesIO()
    torch.save(run.state(), file)
    file.seek(0)
    other = optimisation(seed=5)
    other.load_state(torch.load(file, weights_only=True))
    for step in range(3, 6):
        for each in (run, other):
            set_gradients(each, step)
            each.step(step)
    for one, two in ((run.network, other.network), (run.averaged, other.averaged)):
        assert all(torch.equal(a, b) for a, b in zip(one.parameters(), two.parameters(), strict=True))
    fresh = optimisation(seed=5)
    assert not torch.equal(fresh.network.output.weight, run.network.output.weight)
