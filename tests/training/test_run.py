"""Training: it stops and goes on with the same bits, refuses what would be another run, and it learns."""

from __future__ import annotations

import dataclasses
import itertools
import logging
import math
import random
import shutil
import signal
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from tinyruns import after_steps, bundled, signal_after, tiny_config, write_pairs

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.corpus.augment import MOST_JOINED
from seq2seq.corpus.pairs import Pair, fingerprint
from seq2seq.corpus.prepare import prepare
from seq2seq.errors import CheckpointError, Interrupted, NonFiniteError, UsageError, UserError
from seq2seq.lag import FULL, Lag
from seq2seq.measuring.quality import Quality, score
from seq2seq.storage import integrity
from seq2seq.storage.files import RunLock, atomic_write
from seq2seq.storage.modelfile import read_model, to_bytes
from seq2seq.storage.runlog import read_metrics
from seq2seq.text.normalise import normalise
from seq2seq.text.vocabulary import PAD, UNKNOWN
from seq2seq.training import run as training
from seq2seq.training import writer
from seq2seq.training.checkpoint import FORMAT_VERSION, latest_state, load_state, save_state
from seq2seq.training.loss import hide_characters
from seq2seq.training.run import train
from seq2seq.training.validation import DevPart
from seq2seq.translator import Translator

STEPS = 16


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    """Drawing takes longer than these runs; one test draws."""
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_config(tmp_path_factory.mktemp("data"))


@pytest.fixture
def load(config_file: Path) -> Callable[..., Config]:
    """Return the tiny configuration, with settings changed."""
    return lambda *overrides: load_config(config_file, overrides)


@dataclasses.dataclass(frozen=True)
class Reference:
    """A run that was never stopped, and where in its epochs it was after each step."""

    directory: Path
    last_of_epoch: list[int]

    def state(self) -> dict[str, Any]:
        return load_state(self.directory / f"state_{STEPS:08d}.pt")


@pytest.fixture(scope="module")
def reference(config_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Reference:
    directory = tmp_path_factory.mktemp("reference") / "run"
    last: list[int] = []

    def note(run: training.Run) -> None:
        if run.progress.index == len(run.order.epoch(run.progress.epoch)):
            last.append(run.progress.step)

    with after_steps(note), pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
        train(load_config(config_file), directory, device="cpu")
    return Reference(directory, last)


def stop_after(step: int, config: Config, directory: Path, resume: bool = False) -> None:
    """Train until a SIGINT comes after `step`."""
    with after_steps(signal_after(signal.SIGINT, step)), pytest.raises(Interrupted, match=f"step {step};"):
        train(config, directory, resume, "cpu")


def finish(config: Config, directory: Path, after: int) -> None:
    """Resume a run to its end, and see that it does the steps after `after` and no others."""
    steps: list[int] = []
    with after_steps(lambda run: steps.append(run.progress.step)):
        train(config, directory, resume=True, device="cpu")
    assert steps == list(range(after + 1, STEPS + 1))


def flat(value: Any, name: str = "state") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of nested dicts and lists with its place."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if items is None:
        yield name, value
    else:
        for key, item in items:
            yield from flat(item, f"{name}.{key}")


WALL_CLOCK = {"state.run_id", "state.metrics_bytes", "state.progress.seconds"}


def differences(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """Return where two training states differ, in what is no matter of time or name."""
    left, right = dict(flat(a)), dict(flat(b))
    assert left.keys() == right.keys()
    same = (torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y for x, y in zip_values(left, right))
    return [name for name, equal in zip(left, same, strict=True) if not equal and name not in WALL_CLOCK]


def zip_values(left: dict[str, Any], right: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    return ((left[name], right[name]) for name in left)


def model_bytes(directory: Path) -> bytes:
    """Return the model file of a run as bytes, without what is a matter of time or name."""
    model = read_model(directory / "model.safetensors")
    info = {key: value for key, value in model.info.items() if key not in ("seconds", "run_id")}
    return to_bytes(dataclasses.replace(model, info=info))


def records(directory: Path, key: str) -> list[dict[str, Any]]:
    """Return the metrics that have `key`."""
    return [record for record in read_metrics(directory / "metrics.jsonl") if key in record]


def assert_same_run(directory: Path, reference: Reference) -> None:
    assert differences(load_state(directory / f"state_{STEPS:08d}.pt"), reference.state()) == []
    assert model_bytes(directory) == model_bytes(reference.directory)
    metrics = read_metrics(directory / "metrics.jsonl")
    expected = read_metrics(reference.directory / "metrics.jsonl")
    assert [record["step"] for record in metrics] == [record["step"] for record in expected]
    for ours, theirs in zip(metrics, expected, strict=True):
        for key in theirs.keys() - {"seconds", "dev_seconds", "chars_per_second"}:
            assert ours[key] == theirs[key], (ours["step"], key)


# Stopping and going on.


def test_the_reference_run_is_what_the_tests_below_need(reference: Reference) -> None:
    """It passes ends of epochs, it logs and evaluates between them, and its parts all matter."""
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
    """Stopped in an epoch, before its own save, and stopped again."""
    stop_after(4, load(), tmp_path / "run")
    stop_after(8, load(), tmp_path / "run", resume=True)
    finish(load(), tmp_path / "run", 8)
    assert_same_run(tmp_path / "run", reference)


@pytest.mark.parametrize("beyond", [0, 1])
def test_it_goes_on_with_the_same_bits_at_the_end_of_an_epoch(
    beyond: int, reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """Stopped after the last batch of an epoch, and after the first step of the next."""
    step = reference.last_of_epoch[0] + beyond
    stop_after(step, load(), tmp_path / "run")
    finish(load(), tmp_path / "run", step)
    assert_same_run(tmp_path / "run", reference)


def test_what_was_written_after_the_state_is_written_again_and_not_twice(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """As after a crash: the newest state is of step 5, and the metrics go up to step 8."""

    def crash(run: training.Run) -> None:
        if run.progress.step == 9:
            raise KeyboardInterrupt

    with after_steps(crash), pytest.raises(KeyboardInterrupt):
        train(load(), tmp_path / "run", device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000005.pt"
    assert [record["step"] for record in records(tmp_path / "run", "loss")] == [4, 8]
    finish(load(), tmp_path / "run", 5)
    assert_same_run(tmp_path / "run", reference)


def test_the_steps_before_a_stop_are_in_the_next_line_of_the_metrics(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    """A line of the metrics is the mean of the steps since the last one.

    A resumed run used to begin that mean anew: stopped after step 6, its line for step 8 told of steps 7 and
    8 alone, and of step 5 no line told. Killing trainings at random showed it.
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
    assert f"train '{tmp_path}/a run/config.yaml' --out '{tmp_path}/a run' --resume" in str(caught.value)
    assert load_state(tmp_path / "a run" / "state_00000002.pt")["step"] == 2
    assert read_model(tmp_path / "a run" / "model.safetensors").info["step"] == 2
    assert signal.getsignal(number) is before


def test_a_signal_during_an_evaluation_waits_for_its_end(
    reference: Reference,
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    loss = DevPart.loss

    def interrupted(dev: DevPart, network: Any) -> float:
        signal.raise_signal(signal.SIGTERM)
        return loss(dev, network)

    with monkeypatch.context() as patch:
        patch.setattr(DevPart, "loss", interrupted)
        with pytest.raises(Interrupted, match="step 6;"):
            train(load(), tmp_path / "run", device="cpu")
    finish(load(), tmp_path / "run", 6)
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
    """Both come during an evaluation, which the first one would have waited for."""

    def interrupted(*_: Any) -> float:
        signal.raise_signal(signal.SIGTERM)
        signal.raise_signal(signal.SIGINT)
        raise AssertionError("the second signal was only noted")

    with monkeypatch.context() as patch:
        patch.setattr(DevPart, "loss", interrupted)
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


def test_a_signal_before_the_first_step_stops_before_it(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the data is read: what is saved is the network as it was made, and an optimiser without sums."""

    def interrupted(*arguments: Any, **options: Any) -> Any:
        signal.raise_signal(signal.SIGTERM)
        return prepare(*arguments, **options)

    with monkeypatch.context() as patch:
        patch.setattr(training, "prepare", interrupted)
        with pytest.raises(Interrupted, match="step 0;"):
            train(load(), tmp_path / "run", device="cpu")
    finish(load(), tmp_path / "run", 0)
    assert_same_run(tmp_path / "run", reference)


# What is refused, and what is not.


def test_states_without_a_configuration_are_a_run_too(load: Callable[..., Config], tmp_path: Path) -> None:
    """A new run among them would be pruned and resumed by the numbers of the old one."""
    stop_after(2, load(), tmp_path / "run")
    (tmp_path / "run" / "config.yaml").unlink()
    with pytest.raises(UsageError, match="there is a run in"):
        train(load(), tmp_path / "run", device="cpu")


def test_a_run_directory_serves_one_process_at_a_time(load: Callable[..., Config], tmp_path: Path) -> None:
    stop_after(2, load(), tmp_path / "run")
    leftover = tmp_path / "run" / ".state_00000003.pt.tmp-999999999"
    leftover.touch()
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    with RunLock(tmp_path / "run"), pytest.raises(UserError, match=r"is in use by process \d+ on "):
        train(load(), tmp_path / "run", resume=True, device="cpu")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == before
    stop_after(3, load(), tmp_path / "run", resume=True)
    assert not leftover.exists()


def test_too_little_space_is_noticed_before_the_first_step(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Room is wanted for two states, each with four numbers of four bytes for a weight."""
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=100_000))
    with (
        after_steps(lambda run: pytest.fail(f"there was a step {run.progress.step}")),
        pytest.raises(UserError, match=r"run has 100,000 bytes free and 653,792 are needed; free some space"),
    ):
        train(load(), tmp_path / "run", device="cpu")
    assert 390_368 == 2 * 4 * 4 * 12_199
    assert not (tmp_path / "run" / "config.yaml").exists()


def test_the_state_that_a_run_was_resumed_from_is_kept(load: Callable[..., Config], tmp_path: Path) -> None:
    """So that one can go back to it should the rest go wrong; the next resumption lets go of it."""
    config = load("train.checkpoint_every=1", "data.dev=null")
    stop_after(3, config, tmp_path / "run")
    stop_after(7, config, tmp_path / "run", resume=True)
    states = sorted((tmp_path / "run").glob("state_*.pt"))
    assert [int(path.stem[6:]) for path in states] == [3, 6, 7]
    stop_after(9, config, tmp_path / "run", resume=True)
    states = sorted((tmp_path / "run").glob("state_*.pt"))
    assert [int(path.stem[6:]) for path in states] == [7, 8, 9]


def test_a_state_of_format_1_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """What it lacks is 0: in that format no update could be skipped."""
    golden = Path(__file__).parents[1] / "golden" / "state_v1"
    monkeypatch.chdir(Path(__file__).parents[2])  # the golden configuration names its data from there
    shutil.copytree(golden, tmp_path / "run")
    config = load_config(golden / "train.yaml")
    assert load_state(golden / "state_00000003.pt")["format_version"] == 1
    train(config, tmp_path / "run", resume=True, device="cpu")
    assert "going on after step 3" in capfd.readouterr().err
    state = load_state(tmp_path / "run" / "state_00000006.pt")
    assert (state["format_version"], state["step"], state["progress"]["skipped"]) == (FORMAT_VERSION, 6, 0)


def test_an_optimiser_of_another_network_is_refused(load: Callable[..., Config], tmp_path: Path) -> None:
    """AdamW takes any sums, and PyTorch fails over them one step later."""
    stop_after(2, load(), tmp_path / "run")
    state = load_state(tmp_path / "run" / "state_00000002.pt")
    sums = state["optimisation"]["adamw"]["state"]
    two, three = torch.tensor(2.0), torch.zeros(3)
    for bad, words in (
        ({0: {"step": two, "exp_avg": three, "exp_avg_sq": three}}, "is of another network"),
        ({0: sums[0] | {"step": torch.tensor(float("nan"))}}, "is of another network, or no numbers"),
        ({0: {"step": two, "exp_avg": sums[0]["exp_avg"]}}, "is damaged"),
        ({0: 5}, "is damaged"),
    ):
        state["optimisation"]["adamw"]["state"] = sums | bad
        save_state(tmp_path / "run", 2, state)
        with pytest.raises(CheckpointError, match=f"the optimiser's part of the state {words}"):
            train(load(), tmp_path / "run", resume=True, device="cpu")
    state["optimisation"]["adamw"]["state"] = sums
    state["progress"]["speed"] = 1
    save_state(tmp_path / "run", 2, state)
    with pytest.raises(CheckpointError, match="the progress in the state of step 2 is damaged"):
        train(load(), tmp_path / "run", resume=True, device="cpu")


@pytest.mark.parametrize(
    "recent",
    [
        *(5, {"losses": []}, {"losses": [torch.zeros(())], "norms": []}, {"losses": [1.0], "norms": [1.0]}),
        {"losses": [torch.tensor(float("inf"))], "norms": [torch.zeros(())]},
    ],
)
def test_recent_losses_that_are_none_are_refused(
    recent: object, load: Callable[..., Config], tmp_path: Path
) -> None:
    stop_after(2, load(), tmp_path / "run")
    state = load_state(tmp_path / "run" / "state_00000002.pt")
    save_state(tmp_path / "run", 2, state | {"recent": recent})
    with pytest.raises(CheckpointError, match="the recent losses in the state of step 2 are damaged"):
        train(load(), tmp_path / "run", resume=True, device="cpu")


def test_what_a_kill_kept_from_deletion_is_deleted_on_resuming(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Killed in its last save, before old states were deleted, a run had nothing left to do, or to delete."""
    with monkeypatch.context() as patch:
        patch.setattr(writer.Writer, "_prune", lambda _: None)
        train(load(), tmp_path / "run", device="cpu")
    train(load(), tmp_path / "run", resume=True, device="cpu")
    states = sorted(path.name for path in (tmp_path / "run").glob("state_*.pt"))
    assert states == ["state_00000015.pt", "state_00000016.pt"]


def test_what_decides_the_last_bits_is_told_when_it_has_changed(
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    stop_after(1, load("data.dev=null"), tmp_path / "run")
    stop_after(2, load("data.dev=null"), tmp_path / "run", resume=True)
    assert "last bits" not in capfd.readouterr().err
    monkeypatch.setattr(torch, "__version__", "3.0")
    stop_after(3, load("data.dev=null", "train.threads=2"), tmp_path / "run", resume=True)
    err = capfd.readouterr().err
    assert "with threads 2 and not 1, torch 3.0 and not 2." in err
    assert "results may differ in their last bits" in err
    torch.set_num_threads(1)


def test_weights_that_an_update_has_spoiled_are_not_saved(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    """Loss and gradient were finite, and the step itself left the range of the numbers."""
    config = load("train.learning_rate=1e39", "train.warmup_steps=0", "train.checkpoint_every=1")
    with pytest.raises(NonFiniteError, match="after step 1 not all weights are finite numbers") as caught:
        train(config, tmp_path / "run", device="cpu")
    assert caught.value.exit_code == 3
    assert list((tmp_path / "run").glob("*.pt")) == []


def test_a_run_is_not_overwritten(load: Callable[..., Config], tmp_path: Path) -> None:
    config = load("train.max_steps=1", "data.dev=null")
    train(config, tmp_path / "run", device="cpu")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(UsageError, match="add --resume to go on with it, or choose another --out") as caught:
        train(config, tmp_path / "run", device="cpu")
    assert str(tmp_path / "run") in str(caught.value)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_resuming_nothing_starts_afresh_and_says_so(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(load("train.max_steps=1", "data.dev=null"), tmp_path / "run", resume=True, device="cpu")
    assert f"there is no training state in {tmp_path / 'run'}: starting afresh" in capfd.readouterr().err
    assert load_state(tmp_path / "run" / "state_00000001.pt")["step"] == 1


def test_data_that_changed_is_refused_with_both_fingerprints(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    moved = write_pairs(tmp_path / "moved.tsv", bundled("train", 200))
    dev = write_pairs(tmp_path / "moved_dev.tsv", bundled("dev", 8))
    stop_after(1, load(), tmp_path / "run")
    state = load_state(tmp_path / "run" / "state_00000001.pt")
    moved_config = load(f"data.train={moved}", f"data.dev={dev}")
    stop_after(2, moved_config, tmp_path / "run", resume=True)  # the same pairs elsewhere are the same
    write_pairs(moved, bundled("train", 199))
    with pytest.raises(UserError, match="the data has changed since this run was started") as caught:
        train(moved_config, tmp_path / "run", resume=True, device="cpu")
    assert all(fingerprint in str(caught.value) for fingerprint in state["data"])
    assert len({word for word in str(caught.value).replace(",", "").split() if len(word) == 64}) == 3
    write_pairs(moved, bundled("train", 200))
    write_pairs(dev, bundled("dev", 7))
    with pytest.raises(UserError, match="the data has changed"):
        train(moved_config, tmp_path / "run", resume=True, device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000002.pt"


def test_settings_that_make_another_run_are_refused_and_others_reported(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop_after(8, load(), tmp_path / "run")
    with pytest.raises(UsageError) as caught:
        train(load("train.learning_rate=1", "train.ema=0.5"), tmp_path / "run", resume=True, device="cpu")
    assert "train.learning_rate was 0.01, is 1.0; train.ema was 0.9, is 0.5" in str(caught.value)
    capfd.readouterr()
    finish(load("train.checkpoint_every=3", "decode.repeats=true"), tmp_path / "run", 8)
    told = capfd.readouterr().err
    assert "resumed with train.checkpoint_every changed from 5 to 3" in told
    assert "resumed with decode.repeats changed from False to True" in told
    state = load_state(tmp_path / "run" / f"state_{STEPS:08d}.pt")
    assert differences(state, reference.state()) == [
        *("state.config.train.checkpoint_every", "state.config.decode.repeats")
    ]


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
    shown = message.partition("such as: ")[2].partition(". Nothing of this step is saved")[0]
    assert set(shown.split("; ")) <= sources
    assert len(shown.split("; ")) == 3


def test_a_dev_loss_that_is_not_finite_stops_too(load: Callable[..., Config], tmp_path: Path) -> None:
    """Weights may be finite and so large that what they make is not: there was a traceback from JSON."""

    def enlarge(run: training.Run) -> None:
        with torch.no_grad():
            for weight in run.optimisation.averaged.parameters():
                weight.fill_(1e38)

    with (
        after_steps(enlarge),
        pytest.raises(NonFiniteError, match=r"after step 2 the dev loss is (nan|inf), and nothing of it is"),
    ):
        train(load("train.max_steps=4", "train.eval_every=2"), tmp_path / "run", device="cpu")
    assert not (tmp_path / "run" / "model.safetensors").exists()


def test_a_gradient_that_is_not_finite_stops_too(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.Optimisation, "clip", lambda _: torch.tensor(math.nan))
    with pytest.raises(NonFiniteError, match=r"step 1: loss [0-9.]+, gradient norm nan"):
        train(load(), tmp_path / "run", device="cpu")
    assert latest_state(tmp_path / "run") is None


def poison(*steps: int) -> Callable[[training.Optimisation], torch.Tensor]:
    """Return a `clip` that finds a gradient that is not finite at the steps with these numbers, from 1."""
    clip, calls = training.Optimisation.clip, itertools.count(1)
    return lambda optimisation: clip(optimisation) * (math.nan if next(calls) in steps else 1)


def test_updates_that_are_not_finite_can_be_skipped_and_are_counted(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(training.Optimisation, "clip", poison(2, 3, 5))
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
    """Stopped between two skipped steps: the count goes on, and so does all else, with the same bits."""
    bad, config = (3, 4, 5), ["train.max_steps=7", "data.dev=null", "train.checkpoint_every=1"]
    monkeypatch.setattr(training.Optimisation, "clip", poison(*bad))
    train(load(*config, "train.skip_nonfinite=3"), tmp_path / "whole", device="cpu")
    monkeypatch.setattr(training.Optimisation, "clip", poison(*bad))
    stop_after(3, load(*config, "train.skip_nonfinite=2"), tmp_path / "run")
    with pytest.raises(
        NonFiniteError, match=r"step 5: .* resume with a higher train\.skip_nonfinite \(now 2\)"
    ):
        train(load(*config, "train.skip_nonfinite=2"), tmp_path / "run", resume=True, device="cpu")
    monkeypatch.setattr(training.Optimisation, "clip", poison(1))
    train(load(*config, "train.skip_nonfinite=3"), tmp_path / "run", resume=True, device="cpu")
    states = [load_state(tmp_path / name / "state_00000007.pt") for name in ("run", "whole")]
    assert differences(*states) == []
    assert states[0]["progress"]["skipped"] == 3


def test_the_largest_batch_is_tried_first_and_the_message_says_what_to_lower(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    loss = training.batch_loss

    def limited(*arguments: Any) -> torch.Tensor:
        sizes.append(max(arguments[1].source_BS.size, arguments[1].target_BT.size))
        if len(sizes) == fails:
            raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20.00 GiB")
        return loss(*arguments)

    monkeypatch.setattr(training, "batch_loss", limited)
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
    loss = training.batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        shapes.append(arguments[1].target_BT.shape)
        return loss(*arguments)

    monkeypatch.setattr(training, "batch_loss", noted)
    train(load("train.joined=1e-9", "train.max_steps=1", "data.dev=null"), tmp_path / "run", device="cpu")
    (rows, length), *joined = shapes[:MOST_JOINED]
    assert [fewer for fewer, _ in joined] == [rows // number for number in range(2, MOST_JOINED + 1)]
    assert length * 1.5 < joined[0][1] < joined[-1][1]


def test_other_errors_of_pytorch_are_not_taken_for_a_lack_of_memory(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: Any) -> None:
        raise RuntimeError("shapes do not match")

    monkeypatch.setattr(training, "batch_loss", fail)
    with pytest.raises(RuntimeError, match="shapes do not match"):
        train(load("data.dev=null"), tmp_path / "run", device="cpu")


# Several parts, and another end.


@pytest.fixture(scope="module")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """Return the setting that has 150 pairs drawn for one half, and 40 and 10 for the rest."""
    directory = tmp_path_factory.mktemp("mixed")
    pairs, parts = bundled("train", 200), []
    for first, end, share in ((0, 150, 5), (150, 190, 3), (190, 200, 2)):
        path = write_pairs(directory / f"{first}.tsv", pairs[first:end])
        parts.append(f"{{path: {path}, share: {share}}}")
    return [f"data.train=[{', '.join(parts)}]"]


def test_a_run_stopped_in_the_middle_of_a_mixture_goes_on_with_the_same_bits(
    mixed: list[str], load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    config = load(*mixed, "train.max_steps=8", "data.dev=null")
    seen: list[tuple[int, int]] = []
    rows: list[np.ndarray[Any, Any]] = []
    loss = training.batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        rows.append(arguments[1].rows_B)
        return loss(*arguments)

    with (
        after_steps(lambda run: seen.append((run.progress.epoch, run.progress.index))),
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setattr(training, "batch_loss", noted)
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


def test_shares_cannot_change_when_a_run_is_resumed(
    mixed: list[str], load: Callable[..., Config], tmp_path: Path
) -> None:
    stop_after(1, load(*mixed, "data.dev=null"), tmp_path / "run")
    other = mixed[0].replace("share: 3", "share: 4")
    with pytest.raises(UsageError, match=r"the shares of data\.train was \[0\.5, 0\.3, 0\.2\], is \[0\.4"):
        train(load(other, "data.dev=null"), tmp_path / "run", resume=True, device="cpu")


def test_a_run_can_be_given_a_later_end_and_a_cooldown(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """What was learned at the constant rate is the same, so the run is the one asked for at first."""
    constant = ("train.schedule=constant", "data.dev=null")
    longer = load(*constant, "train.max_steps=8", "train.cooldown_share=0.25")
    train(longer, tmp_path / "whole", device="cpu")
    train(load(*constant, "train.max_steps=6"), tmp_path / "run", device="cpu")
    capfd.readouterr()
    train(longer, tmp_path / "run", resume=True, device="cpu")
    told = capfd.readouterr().err
    assert "resumed with train.max_steps changed from 6 to 8" in told
    assert "the schedule now ends at step 8, and not at 6: step 7 has learning rate 0.01 (it was to" in told
    states = [load_state(tmp_path / name / "state_00000008.pt") for name in ("run", "whole")]
    # The end at step 6 was an evaluation, and the state's own notes tell of it.
    assert [name for name in differences(*states) if "optimisation" in name or "recent" in name] == []
    plain = load(*constant, "train.max_steps=8")
    train(plain, tmp_path / "plain", device="cpu")
    assert differences(states[0], load_state(tmp_path / "plain" / "state_00000008.pt")) != []


def test_a_resumed_run_cannot_end_before_what_it_has_done(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    stop_after(3, load("data.dev=null"), tmp_path / "run")
    with pytest.raises(
        UsageError, match=r"^train\.max_steps is 2, and 3 steps have been done already: a resu"
    ):
        train(load("data.dev=null", "train.max_steps=2"), tmp_path / "run", resume=True, device="cpu")
    with after_steps(lambda run: pytest.fail(f"there was a step {run.progress.step}")):
        train(load("data.dev=null", "train.max_steps=3"), tmp_path / "run", resume=True, device="cpu")
    assert "the schedule now ends at step 3, and not at 16" in capfd.readouterr().err


# Choosing the best, and when to stop.


class Script:
    """Stands in for measuring the dev part: the numbers of one evaluation after the other."""

    def __init__(self, patch: pytest.MonkeyPatch, losses: list[float], chrfs: list[float]) -> None:
        self.losses, self.chrfs = iter(losses), iter(chrfs)
        patch.setattr(DevPart, "loss", lambda *_: next(self.losses))
        patch.setattr(DevPart, "quality", lambda *_: (self.quality(next(self.chrfs)), [("a", "b")]))

    @staticmethod
    def quality(chrf: float) -> Quality:
        return Quality(0.0, chrf, "", "", 0.0, 0.0, 1)


@pytest.mark.parametrize(
    ("select_by", "losses", "chrfs", "best"),
    [
        ("chrf", [1, 2, 3, 4], [10, 30, 20, 25], 2),
        ("loss", [3, 2, 1, 4], [10, 30, 20, 25], 3),
        ("chrf", [9, 9, 9, 9], [10, 10, 10, 10], 1),
        ("chrf", [9, 9, 9, 9], [math.nan, 10, math.nan, 5], 2),
    ],
)
def test_the_model_file_holds_the_best_evaluation(
    select_by: str,
    losses: list[float],
    chrfs: list[float],
    best: int,
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    Script(monkeypatch, losses, chrfs)
    averages = {}

    def note(run: training.Run) -> None:
        weights = run.optimisation.averaged.state_dict()
        averages[run.progress.step] = weights["output.weight"].clone()

    config = load("train.max_steps=4", "train.eval_every=1", f"train.select_by={select_by}")
    with after_steps(note):
        path = train(config, tmp_path / "run", device="cpu")
    model = read_model(path)
    assert path == tmp_path / "run" / "model.safetensors"
    assert model.info["step"] == best
    assert model.info["dev_loss"] == losses[best - 1]
    assert model.info["dev"]["chrf"] == chrfs[best - 1]
    assert np.array_equal(model.weights["output.weight"], averages[best].numpy())


def test_patience_ends_a_run_and_survives_a_stop(
    load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chrfs = [10.0, 12.0, 11.0, 11.5, 99.0]
    Script(monkeypatch, [1.0] * 5, chrfs)
    config = load("train.eval_every=2", "train.patience=2", "train.select_by=chrf")
    stop_after(6, config, tmp_path / "run")
    path = train(config, tmp_path / "run", resume=True, device="cpu")
    assert latest_state(tmp_path / "run") == tmp_path / "run" / "state_00000008.pt"
    assert read_model(path).info["step"] == 4


def test_a_budget_of_time_ends_a_run_and_a_larger_one_extends_it(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The clock stands but for ten seconds a step; what was spent before a stop counts."""
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


def test_without_a_dev_part_the_last_average_is_kept(load: Callable[..., Config], tmp_path: Path) -> None:
    averages = {}

    def note(run: training.Run) -> None:
        averages[run.progress.step] = run.optimisation.averaged.state_dict()["output.weight"].clone()

    with after_steps(note):
        path = train(load("data.dev=null", "train.max_steps=8"), tmp_path / "run", device="cpu")
    model = read_model(path)
    assert model.info["step"] == 8
    assert "dev" not in model.info
    assert np.array_equal(model.weights["output.weight"], averages[8].numpy())
    assert records(tmp_path / "run", "dev_loss") == []


def test_dev_lines_that_are_all_too_long_are_an_error(load: Callable[..., Config], tmp_path: Path) -> None:
    dev = write_pairs(tmp_path / "dev.tsv", [Pair("a" * 201, "b")])
    with pytest.raises(UserError, match=r"data\.max_chars \(200\)"):
        train(load(f"data.dev={dev}"), tmp_path / "run", device="cpu")


# What a run leaves, and where it begins.


def test_a_model_tells_what_it_is_and_nothing_about_the_machine(reference: Reference) -> None:
    model = read_model(reference.directory / "model.safetensors")
    state = reference.state()
    assert model.config["model"]["hidden"] == 16
    assert model.config["data"]["train"] is None
    assert model.lags == {"uniform": [0, 8], "full": 0.5}
    assert [model.info["train_data"], model.info["dev_data"]] == state["data"]
    assert model.info["run_id"] == state["run_id"]
    assert model.info["dev"]["lag"] == FULL
    assert model.info["dev"]["chrf_signature"]
    assert model.info["dev"]["sentences"] == 4
    whole = (reference.directory / "model.safetensors").read_bytes()
    assert str(reference.directory.parent).encode() not in whole
    assert load_config(reference.directory / "config.yaml").to_dict() == state["config"]


def test_further_dev_files_and_lags_are_scored_and_choose_nothing(
    reference: Reference, load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    news = write_pairs(tmp_path / "news.dev.tsv", bundled("test", 6))
    twins = [Pair("Go.", "Ve."), Pair("Go.", "Vaya."), Pair("No.", "No."), Pair("", "empty")]
    words = write_pairs(tmp_path / "words.tsv", twins)
    config = load(f"data.dev_more=[{news}, {words}]", "train.eval_lags=[0, 5]")
    train(config, tmp_path / "run", device="cpu")
    told = capfd.readouterr().err
    for line in ("    news: BLEU ", "    words: BLEU ", "    dev at lag 0: BLEU ", "    dev at lag 5: BLEU "):
        assert told.count(line) == 3
    evaluations = records(tmp_path / "run", "dev_loss")
    assert [record["dev_chrf"] for record in evaluations] == [
        record["dev_chrf"] for record in records(reference.directory, "dev_loss")
    ]
    assert all(record["more"].keys() == {"news", "words"} for record in evaluations)
    model, of_reference = (
        read_model(path / "model.safetensors") for path in (tmp_path / "run", reference.directory)
    )
    assert model.info["dev"] == of_reference.info["dev"]
    assert {"more", "lags"} & of_reference.info.keys() == set()
    assert [model.info["more"][name]["sentences"] for name in ("news", "words")] == [4, 2]
    assert model.info["more"]["words"]["data"] == fingerprint(twins[:3])
    assert (model.info["more"]["news"]["lag"], model.info["lags"]["5"]["lag"]) == (FULL, 5)
    best = next(record for record in evaluations if record["step"] == model.info["step"])
    translator = Translator.load(tmp_path / "run", device="cpu")
    translator.repeats = True
    dev = list({pair.source: pair for pair in bundled("dev", 8)}.values())
    chosen = [dev[i * len(dev) // 4] for i in range(4)]
    texts = translator.translate([pair.source for pair in chosen], 0, beam=1)
    at_zero = score(texts, [[p.target for p in bundled("dev", 8) if p.source == c.source] for c in chosen])
    assert best["lags"]["0"] == {"chrf": at_zero.chrf, "bleu": at_zero.bleu}
    state, expected = load_state(tmp_path / "run" / f"state_{STEPS:08d}.pt"), reference.state()
    assert differences(state | {"config": {}}, expected | {"config": {}}) == []


def test_old_states_are_deleted(reference: Reference) -> None:
    states = sorted(path.name for path in reference.directory.glob("state_*.pt"))
    assert states == ["state_00000015.pt", "state_00000016.pt"]


def test_curves_are_drawn(reference: Reference, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from seq2seq.drawing.plots import draw_curves

    shutil.copytree(reference.directory, tmp_path / "run")
    monkeypatch.setattr(writer, "draw_curves", draw_curves)
    train(load_config(reference.directory / "config.yaml"), tmp_path / "run", resume=True, device="cpu")
    assert (tmp_path / "run" / "curves.png").read_bytes().startswith(b"\x89PNG")


def test_a_run_ends_well_without_matplotlib(
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    def missing(_: Path) -> Path:
        raise UsageError("drawing needs matplotlib")

    monkeypatch.setattr(writer, "draw_curves", missing)
    train(load("train.max_steps=1", "data.dev=null"), tmp_path / "run", device="cpu")
    assert "drawing needs matplotlib" in capfd.readouterr().err


def test_a_run_can_start_from_a_model_of_fewer_characters(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """At a learning rate of next to nothing, what was known stays as it was."""
    model = reference.directory / "model.safetensors"
    pairs = [*bundled("train", 200), Pair("ŵ ŷ", "ŵ ŷ"), Pair("ŷ ŵ", "ŷ ŵ")]
    more = write_pairs(tmp_path / "more.tsv", pairs)
    config = load(f"train.init_from={model}", f"data.train={more}", "train.learning_rate=1e-30")
    stop_after(1, config, tmp_path / "run")
    old, state = read_model(model), load_state(tmp_path / "run" / "state_00000001.pt")
    assert state["characters"] == "".join(old.characters) + "ŵŷ"
    for part in ("network", "averaged"):
        for name, tensor in state["optimisation"][part].items():
            known = old.weights[name]
            assert np.array_equal(tensor.numpy()[: len(known)], known)
    embedding = state["optimisation"]["network"]["source_embedding.weight"]
    assert len(embedding) == len(old.weights["source_embedding.weight"]) + 2
    with after_steps(signal_after(signal.SIGINT, 2)), pytest.raises(Interrupted):
        train(config, tmp_path / "run", resume=True, device="cpu")


def test_a_model_of_another_shape_is_refused_with_what_differs(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    model = reference.directory / "model.safetensors"
    config = load(f"train.init_from={model}", "model.hidden=24", "model.cell=gru", "model.dropout=0.5")
    with pytest.raises(UsageError, match="the same network") as caught:
        train(config, tmp_path / "run", device="cpu")
    assert "model.hidden is 24" in str(caught.value)
    assert "model.cell is 'gru'" in str(caught.value)
    assert "dropout" not in str(caught.value)


def test_deterministic_algorithms_are_enough(load: Callable[..., Config], tmp_path: Path) -> None:
    try:
        config = load("train.deterministic=true", "train.max_steps=1")
        train(config, tmp_path / "run", device="cpu")
        assert torch.are_deterministic_algorithms_enabled()
    finally:
        torch.use_deterministic_algorithms(False)


# What a step does.


def test_hidden_characters_are_unknown_and_marks_stay() -> None:
    torch.manual_seed(1)
    ids = torch.arange(30).repeat(200, 1)
    hidden = hide_characters(ids, 0.3)
    changed = hidden != ids
    assert not changed[:, : UNKNOWN + 1].any()
    assert set(hidden[changed].tolist()) == {UNKNOWN}
    assert changed[:, UNKNOWN + 1 :].float().mean().item() == pytest.approx(0.3, abs=0.03)
    assert PAD < UNKNOWN


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
    """Two batches, averaged over all their symbols: not the average of two averages."""
    seen: list[tuple[float, int]] = []
    loss = training.batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        result = loss(*arguments)
        seen.append((float(result.detach()), arguments[1].target_symbols))
        return result

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "batch_loss", noted)
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
    loss = training.batch_loss

    def noted(*arguments: Any) -> torch.Tensor:
        lags.append(arguments[2])
        return loss(*arguments)

    with after_steps(lambda _: seeds.append(torch.initial_seed())), pytest.MonkeyPatch.context() as patch:
        patch.setattr(training, "batch_loss", noted)
        train(load("train.max_steps=8", "data.dev=null"), tmp_path / "run", device="cpu")
    assert len(set(seeds)) == 8
    assert FULL in lags
    assert len(set(lags)) > 3


def test_the_log_is_in_the_run_directory_and_the_logger_as_it_was(
    reference: Reference,
) -> None:
    text = (reference.directory / "train.log").read_text(encoding="utf-8")
    assert "training: 200 lines read" in text
    assert "step 16: dev loss" in text
    assert logging.getLogger("seq2seq").handlers == []


# Learning.


def strings(rng: random.Random, count: int) -> list[str]:
    """Return `count` different strings of two to six of eight letters."""
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
    """The last letter of the source cannot come first in the target before it was read."""
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
