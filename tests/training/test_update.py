"""One update: its draws and its batches, numbers that are not finite, and memory that runs out."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from tinyruns import (
    after_steps,
    bundled,
    differences,
    flat,
    records,
    stop_after,
)

from seq2seq.config.schema import Config
from seq2seq.corpus.augment import MOST_JOINED
from seq2seq.errors import NonFiniteError, UserError
from seq2seq.lag import FULL, Lag
from seq2seq.training import run as training
from seq2seq.training import update
from seq2seq.training.checkpoint import latest_state, load_state
from seq2seq.training.loss import batch_loss
from seq2seq.training.optimisation import Optimisation
from seq2seq.training.run import train


def test_a_loss_that_is_not_finite_stops_before_it_does_harm(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    config = load("train.learning_rate=1e20", "train.checkpoint_every=1", "data.dev=null")
    with pytest.raises(NonFiniteError) as caught:
        train(config, tmp_path / "run", device="cpu")
    assert caught.value.exit_code == 3
    path = latest_state(tmp_path / "run")
    assert path is not None
    state = load_state(path)
    tensors = [value for _, value in flat(state) if isinstance(value, torch.Tensor)]
    assert all(bool(torch.isfinite(tensor).all()) for tensor in tensors)
    step = state["step"] + 1
    message = str(caught.value)
    assert f"step {step}: loss " in message
    assert "gradient norm" in message
    assert f"learning rate {1e20 * min(1, step / 4):.3g}" in message
    sources = {pair.source for pair in bundled("train", 200)}
    shown = message.partition("such as: ")[2].partition(". This update was discarded")[0]
    assert set(shown.split("; ")) <= sources
    assert len(shown.split("; ")) == 3


def test_a_gradient_that_is_not_finite_stops_too(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Optimisation, "clip", lambda _: torch.tensor(math.nan))
    with pytest.raises(NonFiniteError, match=r"step 1: loss [0-9.]+, gradient norm nan"):
        train(load(), tmp_path / "run", device="cpu")
    assert latest_state(tmp_path / "run") is None


def poison(*steps: int) -> Callable[[Optimisation], torch.Tensor]:
    """Return a `clip` that reports a norm of NaN at the steps with these numbers, from 1."""
    clip, calls = Optimisation.clip, itertools.count(1)
    return lambda optimisation: clip(optimisation) * (math.nan if next(calls) in steps else 1)


def test_updates_that_are_not_finite_can_be_skipped_and_are_counted(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Optimisation, "clip", poison(2, 3, 5))
    weights: list[torch.Tensor] = []

    def note(run: training.Run) -> None:
        weights.append(run.optimisation.network.output.weight.detach().clone())
        assert run.optimisation.network.output.weight.grad is None

    config = load("train.skip_nonfinite=2", "train.max_steps=6", "train.log_every=1", "data.dev=null")
    with after_steps(note):
        train(config, tmp_path / "run", device="cpu")
    changed = [not torch.equal(*pair) for pair in itertools.pairwise(weights)]
    assert changed == [False, False, True, False, True]
    assert [(r["step"], r["skipped"]) for r in records(tmp_path / "run", "loss")] == [(1, 0), (4, 2), (6, 3)]
    progress = load_state(tmp_path / "run" / "state_00000006.pt")["progress"]
    assert (progress["skipped"], progress["skipped_last"]) == (3, 0)
    warnings = (tmp_path / "run" / "train.log").read_text(encoding="utf-8").split("WARNING ")[1:]
    assert [line.split(":")[0] for line in warnings] == ["step 2", "step 3", "step 5"]
    assert "gradient norm nan" in warnings[1]
    assert "Skipped: 2 in a row, of at most 2" in warnings[1]


def test_skipping_survives_a_stop_and_a_run_that_had_enough_of_it_can_be_given_more(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A run stopped between two skipped steps goes on with the same count and the same bits."""
    bad, config = (3, 4, 5), ["train.max_steps=7", "data.dev=null", "train.checkpoint_every=1"]
    monkeypatch.setattr(Optimisation, "clip", poison(*bad))
    train(load(*config, "train.skip_nonfinite=3"), tmp_path / "whole", device="cpu")
    monkeypatch.setattr(Optimisation, "clip", poison(*bad))
    stop_after(3, load(*config, "train.skip_nonfinite=2"), tmp_path / "run")
    with pytest.raises(
        NonFiniteError, match=r"step 5: .* resume with a higher train\.skip_nonfinite \(now 2\)"
    ):
        train(load(*config, "train.skip_nonfinite=2"), tmp_path / "run", resume=True, device="cpu")
    monkeypatch.setattr(Optimisation, "clip", poison(1))
    train(load(*config, "train.skip_nonfinite=3"), tmp_path / "run", resume=True, device="cpu")
    states = [load_state(tmp_path / name / "state_00000007.pt") for name in ("run", "whole")]
    assert differences(*states) == []
    assert states[0]["progress"]["skipped"] == 3


def test_the_largest_batch_is_tried_first_and_the_message_says_what_to_lower(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    loss = batch_loss

    def limited(*arguments: Any) -> torch.Tensor:
        sizes.append(max(arguments[1].source_BS.size, arguments[1].target_BT.size))
        if len(sizes) == fails:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return loss(*arguments)

    monkeypatch.setattr(update, "batch_loss", limited)
    words = (
        r"ran out on cpu after step {}, with batches of up to 1,600 characters; .* lower train\.batch_chars"
    )
    fails = 1
    with pytest.raises(UserError, match=words.format(0)) as caught:
        train(load("data.dev=null"), tmp_path / "run", device="cpu")
    assert caught.value.exit_code == 1
    assert len(sizes) == 1
    assert latest_state(tmp_path / "run") is None
    sizes, fails = [], 2 + 2 * 7  # in the eighth update
    with pytest.raises(UserError, match=words.format(7)):
        train(load("data.dev=null"), tmp_path / "later", device="cpu")
    assert max(sizes) == sizes[0]
    assert latest_state(tmp_path / "later") == tmp_path / "later" / "state_00000005.pt"


def test_sentences_that_are_joined_are_tried_as_well(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shapes: list[tuple[int, ...]] = []
    loss = batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        shapes.append(arguments[1].target_BT.shape)
        return loss(*arguments)

    monkeypatch.setattr(update, "batch_loss", noted)
    train(load("train.joined=1e-9", "train.max_steps=1", "data.dev=null"), tmp_path / "run", device="cpu")
    (rows, length), *joined = shapes[:MOST_JOINED]
    assert [fewer for fewer, _ in joined] == [rows // number for number in range(2, MOST_JOINED + 1)]
    assert length * 1.5 < joined[0][1] < joined[-1][1]


def test_other_errors_of_pytorch_are_not_taken_for_a_lack_of_memory(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(update, "batch_loss", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(load("data.dev=null"), tmp_path / "run", device="cpu")


def test_a_run_stopped_in_the_middle_of_a_mixture_goes_on_with_the_same_bits(
    mixed: list[str], load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = load(*mixed, "train.max_steps=8", "data.dev=null")
    seen: list[tuple[int, int]] = []
    rows: list[np.ndarray[Any, Any]] = []
    loss = batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        rows.append(arguments[1].rows_B)
        return loss(*arguments)

    with (
        after_steps(lambda run: seen.append((run.progress.epoch, run.progress.index))),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(update, "batch_loss", noted)
        train(config, tmp_path / "whole", device="cpu")
    assert len({epoch for epoch, _ in seen}) > 1
    for part in ((0, 150), (150, 190), (190, 200)):
        assert any(part[0] <= batch.min() and batch.max() < part[1] for batch in rows[1:])
    assert "0.tsv: drawn for 50.0%; 150 lines read" in capfd.readouterr().err
    stop_after(3, config, tmp_path / "run")
    stop_after(5, config, tmp_path / "run", resume=True)
    train(config, tmp_path / "run", resume=True, device="cpu")
    states = [load_state(tmp_path / name / "state_00000008.pt") for name in ("run", "whole")]
    assert differences(*states) == []


@pytest.mark.parametrize("setting", ["label_smoothing", "char_dropout"])
def test_a_setting_of_the_loss_reaches_it_in_training_and_not_in_evaluation(
    setting: str, load: Callable[..., Config], tmp_path: Path
) -> None:
    losses, dev_losses = [], []
    for value in (0.0, 0.5):
        run_dir = tmp_path / str(value)
        config = load(
            f"train.{setting}={value}", "train.max_steps=1", "train.log_every=1", "train.learning_rate=1e-30"
        )
        train(config, run_dir, device="cpu")
        losses.append(records(run_dir, "loss")[0]["loss"])
        dev_losses.append(records(run_dir, "dev_loss")[0]["dev_loss"])
    assert abs(losses[0] - losses[1]) > 1e-4
    assert dev_losses[0] == dev_losses[1]


def test_accumulation_is_one_large_batch(load: Callable[..., Config], tmp_path: Path) -> None:
    """The loss is the mean over the symbols of both batches, not the mean of two means."""
    seen: list[tuple[float, int]] = []
    loss = batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        result = loss(*arguments)
        seen.append((float(result.detach()), arguments[1].target_symbols))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(update, "batch_loss", noted)
        config = load("train.max_steps=1", "train.log_every=1", "data.dev=null")
        train(config, tmp_path / "run", device="cpu")
    seen = seen[1:]  # the largest batch was tried first
    assert len(seen) == 2
    assert seen[0][1] != seen[1][1]
    expected = sum(total for total, _ in seen) / sum(symbols for _, symbols in seen)
    assert records(tmp_path / "run", "loss")[0]["loss"] == pytest.approx(expected, rel=1e-5)


def test_each_step_draws_anew(load: Callable[..., Config], tmp_path: Path) -> None:
    seeds: list[int] = []
    lags: list[Lag] = []
    loss = batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        lags.append(arguments[2])
        return loss(*arguments)

    with after_steps(lambda _: seeds.append(torch.initial_seed())), pytest.MonkeyPatch.context() as patch:
        patch.setattr(update, "batch_loss", noted)
        train(load("train.max_steps=8", "data.dev=null"), tmp_path / "run", device="cpu")
    assert len(set(seeds)) == 8
    assert FULL in lags
    assert len(set(lags)) > 3
