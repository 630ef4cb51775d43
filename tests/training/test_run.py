"""The loop: it stops, saves and goes on with the same bits, keeps to its budget, and it learns."""

from __future__ import annotations

import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import torch
from tinyruns import (
    STEPS,
    Reference,
    after_steps,
    assert_same_run,
    differences,
    finish,
    records,
    signal_after,
    stop_after,
    write_pairs,
)

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import Pair
from seq2seq.errors import Interrupted
from seq2seq.lag import FULL, Lag
from seq2seq.storage import integrity
from seq2seq.storage.files import atomic_write
from seq2seq.storage.modelfile import read_model
from seq2seq.text.normalise import normalise
from seq2seq.training import run as training
from seq2seq.training import setup
from seq2seq.training.checkpoint import latest_state, load_state
from seq2seq.training.progress import Progress
from seq2seq.training.run import train
from seq2seq.training.validation import DevEvaluator
from seq2seq.training.writer import Writer
from seq2seq.translator import Translator


def test_the_reference_run_is_what_the_tests_below_need(reference: Reference) -> None:
    """It passes ends of epochs, logs and evaluates elsewhere, and its average differs from its weights."""
    assert [record["step"] for record in records(reference.directory, "loss")] == [4, 8, 12, 16]
    assert [record["step"] for record in records(reference.directory, "dev_loss")] == [6, 12, 16]
    assert reference.last_of_epoch
    assert reference.last_of_epoch[0] < STEPS - 1
    state = reference.state()
    assert state["progress"]["epoch"] >= 2
    network, averaged = state["optimisation"]["network"], state["optimisation"]["averaged"]
    assert not any(torch.equal(network[name], averaged[name]) for name in network)


def test_a_stopped_run_goes_on_with_the_same_bits(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """It is stopped twice, within an epoch and before a regular save."""
    stop_after(4, load(), tmp_path / "run")
    stop_after(8, load(), tmp_path / "run", resume=True)
    finish(load(), tmp_path / "run", 8)
    assert_same_run(tmp_path / "run", reference)


@pytest.mark.parametrize("beyond", [0, 1])
def test_it_goes_on_with_the_same_bits_at_the_end_of_an_epoch(
    beyond: int, reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """It is stopped after the last batch of an epoch, or after the first step of the next one."""
    step = reference.last_of_epoch[0] + beyond
    stop_after(step, load(), tmp_path / "run")
    finish(load(), tmp_path / "run", step)
    assert_same_run(tmp_path / "run", reference)


def test_what_was_written_after_the_state_is_written_again_and_not_twice(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """After a crash, the newest state is of step 5, and the metrics go up to step 8."""

    def crash(run: training.Run) -> None:
        if run.progress.step == 9:
            raise KeyboardInterrupt

    with after_steps(crash), pytest.raises(KeyboardInterrupt):
        train(load(), tmp_path / "run", device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000005.pt"
    assert [record["step"] for record in records(tmp_path / "run", "loss")] == [4, 8]
    finish(load(), tmp_path / "run", 5)
    assert_same_run(tmp_path / "run", reference)


@pytest.mark.slow
def test_the_steps_before_a_stop_are_in_the_next_line_of_the_metrics(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    """A line of the metrics is the mean of the steps since the last one.

    A resumed run used to restart that mean: stopped after step 6, its line for step 8 counted only steps 7
    and 8, and no line counted step 5. Killing trainings at random showed it.
    """
    every = "train.eval_every=16"
    train(load(every), tmp_path / "whole", device="cpu")
    stop_after(6, load(every), tmp_path / "run")
    finish(load(every), tmp_path / "run", 6)
    losses = [[record["loss"] for record in records(tmp_path / name, "loss")] for name in ("run", "whole")]
    assert losses[0] == losses[1]


def test_another_seed_is_another_run(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    train(load("train.seed=2"), tmp_path / "run", device="cpu")
    state = load_state(tmp_path / "run" / f"state_{STEPS:08d}.pt")
    names = [name for name in differences(state, reference.state()) if ".network." in name]
    assert len(names) == len(state["optimisation"]["network"])


def test_a_finished_run_can_be_resumed_and_has_nothing_to_do(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    shutil.copytree(reference.directory, tmp_path / "run")
    with after_steps(lambda run: pytest.fail(f"there was a step {run.progress.step}")):
        train(load(), tmp_path / "run", resume=True, device="cpu")
    assert_same_run(tmp_path / "run", reference)


def test_a_damaged_state_gives_way_to_the_one_before_it(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop_after(9, load(), tmp_path / "run")
    path = tmp_path / "run" / "state_00000009.pt"
    path.write_bytes(path.read_bytes()[:-100])
    finish(load(), tmp_path / "run", 5)
    err = capfd.readouterr().err
    assert "state_00000009.pt is damaged" in err
    assert "trying the state before it" in err
    assert "going on after step 5" in err
    assert_same_run(tmp_path / "run", reference)


@pytest.mark.parametrize(("name", "code"), [("SIGINT", 130), ("SIGTERM", 143), ("SIGHUP", 129)])
def test_a_signal_stops_after_the_step_and_everything_is_saved(
    name: str, code: int, load: Callable[..., Config], tmp_path: Path
) -> None:
    number = getattr(signal, name)
    before = signal.getsignal(number)
    with after_steps(signal_after(number, 2)), pytest.raises(Interrupted) as caught:
        train(load("data.dev=null"), tmp_path / "a run", device="cpu")
    assert caught.value.exit_code == code
    assert load_state(tmp_path / "a run" / "state_00000002.pt")["step"] == 2
    assert read_model(tmp_path / "a run" / "model.safetensors").info["step"] == 2
    assert signal.getsignal(number) is before


@pytest.mark.parametrize("step", [6, 16])
def test_a_signal_during_an_evaluation_ends_it_and_a_resumed_run_does_it_again(
    step: int,
    reference: Reference,
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """It used to wait for the end, which may be minutes away. The last one, after step 16, is one of them."""
    evaluate = DevEvaluator.evaluate

    def interrupted(validator: DevEvaluator, network: Any, now: int) -> Any:
        if now == step:
            signal.raise_signal(signal.SIGTERM)
            pytest.fail("the evaluation went on")
        return evaluate(validator, network, now)

    with monkeypatch.context() as patch:
        patch.setattr(DevEvaluator, "evaluate", interrupted)
        with pytest.raises(Interrupted, match=f"step {step};"):
            train(load(), tmp_path / "run", device="cpu")
    finish(load(), tmp_path / "run", step)
    assert_same_run(tmp_path / "run", reference)


def test_a_signal_that_comes_when_all_is_done_changes_nothing(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    with after_steps(signal_after(signal.SIGINT, 3)):
        train(load("train.max_steps=3", "data.dev=null"), tmp_path / "run", device="cpu")
    assert load_state(tmp_path / "run" / "state_00000003.pt")["step"] == 3


def test_sigusr1_saves_and_goes_on(load: Callable[..., Config], tmp_path: Path) -> None:
    config = load("train.max_steps=4", "data.dev=null")
    with after_steps(signal_after(signal.SIGUSR1, 2)):
        train(config, tmp_path / "run", device="cpu")
    assert [path.name for path in sorted((tmp_path / "run").glob("state_*.pt"))] == [
        "state_00000002.pt",
        "state_00000004.pt",
    ]


def test_a_second_signal_acts_at_once_and_what_was_saved_is_good(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both come while a model is written, whose end the first one alone would wait for."""
    write_model = Writer.write_model

    def interrupted(writer: Writer, progress: Progress, scores: dict[str, Any]) -> None:
        if progress.step == 6:
            signal.raise_signal(signal.SIGTERM)
            signal.raise_signal(signal.SIGINT)
            pytest.fail("the second signal was only noted")
        write_model(writer, progress, scores)

    with monkeypatch.context() as patch:
        patch.setattr(Writer, "write_model", interrupted)
        with after_steps(lambda _: None), pytest.raises(KeyboardInterrupt):
            train(load(), tmp_path / "run", device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000005.pt"
    finish(load(), tmp_path / "run", 5)
    assert_same_run(tmp_path / "run", reference)


@pytest.mark.parametrize("place", ["before", "within", "after"])
def test_a_signal_during_a_save_waits_for_its_end_and_nothing_is_saved_twice(
    place: str,
    reference: Reference,
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    saves: list[str] = []
    write = atomic_write

    def interrupted(path: Path, fill: Callable[..., None], **options: Any) -> None:
        if path.suffix != ".pt":
            return write(path, fill, **options)
        saves.append(path.name)

        def filled(file: Any) -> None:
            if place == "within":
                signal.raise_signal(signal.SIGTERM)
            fill(file)

        if place == "before":
            signal.raise_signal(signal.SIGTERM)
        write(path, filled, **options)
        if place == "after":
            signal.raise_signal(signal.SIGTERM)
        return None

    with monkeypatch.context() as patch:
        patch.setattr(integrity, "atomic_write", interrupted)
        with pytest.raises(Interrupted, match="step 5;"):
            train(load(), tmp_path / "run", device="cpu")
    assert saves == ["state_00000005.pt"]
    finish(load(), tmp_path / "run", 5)
    assert_same_run(tmp_path / "run", reference)


def test_a_signal_while_data_are_read_acts_at_once(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was noted and heard before the first step, which may be minutes later. Nothing is lost."""

    def interrupted(*_: Any, **__: Any) -> Any:
        signal.raise_signal(signal.SIGINT)
        pytest.fail("the signal was only noted")

    with monkeypatch.context() as patch:
        patch.setattr(setup, "prepare", interrupted)
        with after_steps(lambda _: None), pytest.raises(KeyboardInterrupt):
            train(load(), tmp_path / "run", device="cpu")
    train(load(), tmp_path / "run", device="cpu")
    assert_same_run(tmp_path / "run", reference)


def test_a_budget_of_time_ends_a_run_and_a_larger_one_extends_it(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock advances ten seconds a step, and time before a stop counts."""
    clock = [0.0]
    monkeypatch.setattr(training, "time", SimpleNamespace(monotonic=lambda: clock[0]))

    def tick(_: training.Run) -> None:
        clock[0] += 10

    with after_steps(tick):
        train(load("train.max_minutes=1"), tmp_path / "run", device="cpu")
        assert load_state(tmp_path / "run" / "state_00000006.pt")["progress"]["seconds"] == 60
        clock[0] = 1e6
        train(load("train.max_minutes=2"), tmp_path / "run", resume=True, device="cpu")
        assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000012.pt"
        train(load(), tmp_path / "run", resume=True, device="cpu")
    assert_same_run(tmp_path / "run", reference)


def strings(rng: random.Random, count: int) -> list[str]:
    """Return `count` different strings of two to six letters, out of eight."""
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices("abcdefgh", k=rng.randint(2, 6)))] = None
    return list(found)


LEARNED = 95


LEARNING = """\
data: {{train: {train}, dev: null, max_ratio: 1}}
lag: {{train: {lag}}}
model: {{embedding: 16, hidden: 64, encoder_layers: 1, decoder_layers: 2, dropout: 0.0}}
train: {{max_steps: {steps}, batch_chars: 500, learning_rate: 1e-2, warmup_steps: 20, label_smoothing: 0.0,
         ema: 0.98, precision: fp32, checkpoint_every: 10000, threads: 1}}
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("task", "lag", "steps", "learned"),
    [("copy", 0, 200, True), ("reverse", FULL, 500, True), ("reverse", 0, 200, False)],
)
def test_a_task_is_learned_if_its_lag_allows_it(
    task: str, lag: Lag, steps: int, learned: bool, tmp_path: Path
) -> None:
    """At lag 0 the last letter of the source cannot be written first."""
    texts = strings(random.Random(1), 2200)
    turn = slice(None, None, -1 if task == "reverse" else 1)
    path = write_pairs(tmp_path / "train.tsv", [Pair(text, text[turn]) for text in texts[200:]])
    config_file = tmp_path / "task.yaml"
    config_file.write_text(LEARNING.format(train=path, lag=lag, steps=steps))
    model = train(load_config(config_file), tmp_path / "run", device="cpu")
    translated = Translator.load(model, device="cpu").translate(texts[:200])
    exact = sum(text[turn] == out for text, out in zip(texts[:200], translated, strict=True)) / 2
    assert (exact > LEARNED) == learned
    assert normalise(texts[0]) == texts[0]
