"""The set-up of a run: what a resumed run takes over, what it refuses, and where a new one begins."""

from __future__ import annotations

import csv
import logging
import shutil
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
import torch
from tinyruns import (
    STEPS,
    Reference,
    after_steps,
    bundled,
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
from seq2seq.errors import CheckpointError, Interrupted, UsageError, UserError
from seq2seq.storage.lock import run_lock
from seq2seq.storage.modelfile import read_model
from seq2seq.training.checkpoint import FORMAT_VERSION, latest_state, load_state, save_state
from seq2seq.training.run import train


def test_states_without_a_configuration_are_a_run_too(load: Callable[..., Config], tmp_path: Path) -> None:
    """The states of a new run would mix with those of the old one."""
    stop_after(2, load(), tmp_path / "run")
    (tmp_path / "run" / "config.yaml").unlink()
    with pytest.raises(UsageError, match="there is a run in"):
        train(load(), tmp_path / "run", device="cpu")


def test_a_run_directory_serves_one_process_at_a_time(load: Callable[..., Config], tmp_path: Path) -> None:
    stop_after(2, load(), tmp_path / "run")
    leftover = tmp_path / "run" / ".state_00000003.pt.tmp-999999999"
    leftover.touch()
    before = sorted(path.name for path in (tmp_path / "run").iterdir())
    with run_lock(tmp_path / "run"), pytest.raises(UserError, match=r"is in use by process \d+ on "):
        train(load(), tmp_path / "run", resume=True, device="cpu")
    assert sorted(path.name for path in (tmp_path / "run").iterdir()) == before
    stop_after(3, load(), tmp_path / "run", resume=True)
    assert not leftover.exists()


def test_a_state_of_format_1_is_gone_on_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """The counts of skipped updates, which format 1 lacks, are 0."""
    golden = Path(__file__).parents[1] / "golden" / "state_v1"
    monkeypatch.chdir(Path(__file__).parents[2])  # the golden configuration has paths relative to it
    shutil.copytree(golden, tmp_path / "run")
    config = load_config(golden / "train.yaml")
    assert load_state(golden / "state_00000003.pt")["format_version"] == 1
    train(config, tmp_path / "run", resume=True, device="cpu")
    assert "going on after step 3" in capfd.readouterr().err
    state = load_state(tmp_path / "run" / "state_00000006.pt")
    assert (state["format_version"], state["step"], state["progress"]["skipped"]) == (FORMAT_VERSION, 6, 0)


def test_an_optimiser_of_another_network_is_refused(load: Callable[..., Config], tmp_path: Path) -> None:
    """AdamW accepts any running means, and PyTorch fails one step later."""
    stop_after(2, load(), tmp_path / "run")
    state = load_state(tmp_path / "run" / "state_00000002.pt")
    sums = state["optimisation"]["adamw"]["state"]
    two, three = torch.tensor(2.0), torch.zeros(3)
    for bad, words in (
        ({0: {"step": two, "exp_avg": three, "exp_avg_sq": three}}, "does not fit this network"),
        ({0: sums[0] | {"step": torch.tensor(float("nan"))}}, "does not fit this network or is not finite"),
        ({0: {"step": two, "exp_avg": sums[0]["exp_avg"]}}, "is damaged"),
        ({0: 5}, "is damaged"),
    ):
        state["optimisation"]["adamw"]["state"] = sums | bad
        save_state(tmp_path / "run", 2, state)
        with pytest.raises(CheckpointError, match=f"the optimiser's part of the state {words}"):
            train(load(), tmp_path / "run", resume=True, device="cpu")


def test_what_decides_the_last_bits_is_told_when_it_has_changed(
    load: Callable[..., Config],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    stop_after(1, load("data.dev=null"), tmp_path / "run")
    stop_after(2, load("data.dev=null"), tmp_path / "run", resume=True)
    assert "bit-identical" not in capfd.readouterr().err
    monkeypatch.setattr(torch, "__version__", "3.0")
    stop_after(3, load("data.dev=null", "train.threads=2"), tmp_path / "run", resume=True)
    err = capfd.readouterr().err
    assert "the environment has changed (threads: 1, now 2; torch: 2." in err
    assert "results may not be bit-identical" in err
    torch.set_num_threads(1)


def test_a_run_is_not_overwritten(load: Callable[..., Config], tmp_path: Path) -> None:
    config = load("train.max_steps=1", "data.dev=null")
    train(config, tmp_path / "run", device="cpu")
    before = {path: path.read_bytes() for path in (tmp_path / "run").iterdir()}
    with pytest.raises(UsageError, match="set `resume` to continue it, or choose another") as caught:
        train(config, tmp_path / "run", device="cpu")
    assert str(tmp_path / "run") in str(caught.value)
    assert {path: path.read_bytes() for path in (tmp_path / "run").iterdir()} == before


def test_resuming_nothing_starts_a_new_run_and_says_so(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    train(load("train.max_steps=1", "data.dev=null"), tmp_path / "run", resume=True, device="cpu")
    assert f"there is no training state in {tmp_path / 'run'}: starting a new run" in capfd.readouterr().err
    assert load_state(tmp_path / "run" / "state_00000001.pt")["step"] == 1


def test_data_that_changed_is_refused_with_both_fingerprints(
    load: Callable[..., Config], tmp_path: Path
) -> None:
    moved = write_pairs(tmp_path / "moved.tsv", bundled("train", 200))
    dev = write_pairs(tmp_path / "moved_dev.tsv", bundled("dev", 8))
    stop_after(1, load(), tmp_path / "run")
    state = load_state(tmp_path / "run" / "state_00000001.pt")
    moved_config = load(f"data.train={moved}", f"data.dev={dev}")
    stop_after(2, moved_config, tmp_path / "run", resume=True)  # files may move if their pairs are the same
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
        train(
            load("train.learning_rate=1", "train.clip_norm=0.5"), tmp_path / "run", resume=True, device="cpu"
        )
    assert "train.learning_rate was 0.01, is 1.0; train.clip_norm was 1.0, is 0.5" in str(caught.value)
    capfd.readouterr()
    finish(load("train.checkpoint_every=3", "decode.repeats=true"), tmp_path / "run", 8)
    told = capfd.readouterr().err
    assert "resumed with train.checkpoint_every changed from 5 to 3" in told
    assert "resumed with decode.repeats changed from False to True" in told
    state = load_state(tmp_path / "run" / f"state_{STEPS:08d}.pt")
    assert differences(state, reference.state()) == [
        *("state.config.train.checkpoint_every", "state.config.decode.repeats")
    ]


def test_the_memory_of_the_average_may_change(load: Callable[..., Config], tmp_path: Path) -> None:
    """A cool-down needs a shorter one: else the average at its end is of weights from before it."""
    stop_after(3, load("data.dev=null"), tmp_path / "run")
    stop_after(4, load("data.dev=null", "train.ema=0"), tmp_path / "run", resume=True)
    state = load_state(tmp_path / "run" / "state_00000004.pt")["optimisation"]
    assert all(torch.equal(state["averaged"][name], now) for name, now in state["network"].items())


def test_shares_cannot_change_when_a_run_is_resumed(
    mixed: list[str], load: Callable[..., Config], tmp_path: Path
) -> None:
    stop_after(1, load(*mixed, "data.dev=null"), tmp_path / "run")
    other = mixed[0].replace("share: 3", "share: 4")
    with pytest.raises(UsageError, match=r"the shares of data\.train was \[0\.5, 0\.3, 0\.2\], is \[0\.4"):
        train(load(other, "data.dev=null"), tmp_path / "run", resume=True, device="cpu")


def test_a_run_can_go_on_with_other_batches_in_an_update(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """The batches themselves stay the same, so the place in their order does, too."""
    train(load("train.max_steps=4", "data.dev=null"), tmp_path / "run", device="cpu")
    capfd.readouterr()
    longer = load("train.max_steps=6", "train.accumulate=3", "data.dev=null")
    train(longer, tmp_path / "run", resume=True, device="cpu")
    assert "resumed with train.accumulate changed from 2 to 3" in capfd.readouterr().err
    before, after = (load_state(tmp_path / f"run/state_0000000{step}.pt")["progress"] for step in (4, 6))
    batches = 5  # in an epoch
    places = [progress["epoch"] * batches + progress["index"] for progress in (before, after)]
    assert places == [8, 14]


def test_a_run_can_be_given_a_later_end_and_a_cooldown(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """A run that is extended equals one with the later end from the start: the constant rate is the same."""
    constant = ("train.schedule=constant", "data.dev=null")
    longer = load(*constant, "train.max_steps=8", "train.cooldown_share=0.25")
    train(longer, tmp_path / "whole", device="cpu")
    train(load(*constant, "train.max_steps=6"), tmp_path / "run", device="cpu")
    capfd.readouterr()
    train(longer, tmp_path / "run", resume=True, device="cpu")
    told = capfd.readouterr().err
    assert "resumed with train.max_steps changed from 6 to 8" in told
    assert "the schedule now ends at step 8, and not at 6: step 7 has learning rate 0.01 (formerly" in told
    states = [load_state(tmp_path / name / "state_00000008.pt") for name in ("run", "whole")]
    # The end at step 6 was an evaluation, which the progress records.
    assert [name for name in differences(*states) if "optimisation" in name or "recent" in name] == []
    plain = load(*constant, "train.max_steps=8")
    train(plain, tmp_path / "plain", device="cpu")
    assert differences(states[0], load_state(tmp_path / "plain" / "state_00000008.pt")) != []


def test_a_plateau_and_recurrent_dropout_go_on_with_the_same_bits(
    load: Callable[..., Config], tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    """Stopped between evaluations, and given a later end after one that was not due."""
    settings = (
        *("train.schedule=plateau", "train.plateau_patience=1", "train.plateau_factor=0.1"),
        *("train.eval_every=2", "train.learning_rate=3", "train.warmup_steps=0"),
        *("model.recurrent_dropout=0.5", "train.log_every=1"),
    )
    train(load(*settings, "train.max_steps=8"), tmp_path / "whole", device="cpu")
    assert (
        "the dev loss has not fallen for long: the learning rate is 0.3 from here on"
        in capfd.readouterr().err
    )
    stop_after(3, load(*settings, "train.max_steps=5"), tmp_path / "run")
    for last in (5, 8):
        train(load(*settings, f"train.max_steps={last}"), tmp_path / "run", resume=True, device="cpu")
    run, whole = (load_state(tmp_path / name / "state_00000008.pt") for name in ("run", "whole"))
    assert whole["progress"]["cuts"] >= 2
    # The end at step 5 was an evaluation, which `patience` counts.
    assert set(differences(run, whole)) <= {
        "state.progress.worse",
        "state.progress.best",
        "state.progress.best_step",
    }
    rates = {record["step"]: record["learning_rate"] for record in records(tmp_path / "run", "loss")}
    assert rates == {
        record["step"]: record["learning_rate"] for record in records(tmp_path / "whole", "loss")
    }
    assert len(set(rates.values())) > 2
    with pytest.raises(
        UsageError, match=r"cannot change when a run is resumed: train\.eval_every was 2, is 4"
    ):
        train(load(*settings, "train.eval_every=4"), tmp_path / "run", resume=True, device="cpu")
    with (tmp_path / "run" / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert [row["step"] for row in rows] == [str(step) for step in range(1, 9)]
    assert [row["dev_loss"] != "" for row in rows] == [step % 2 == 0 or step == 5 for step in range(1, 9)]


def test_a_plateau_needs_a_dev_set(load: Callable[..., Config], tmp_path: Path) -> None:
    with pytest.raises(
        UsageError, match=r"^train\.schedule: plateau follows the loss on the dev set: name one"
    ):
        train(load("train.schedule=plateau", "data.dev=null"), tmp_path / "run", device="cpu")


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


def test_a_run_can_start_from_a_model_of_fewer_characters(
    reference: Reference, load: Callable[..., Config], tmp_path: Path
) -> None:
    """At a tiny learning rate, the weights of known characters stay as they were."""
    model = reference.directory / "model.safetensors"
    pairs = [*bundled("train", 200), Pair("ŵ ŷ", "ŵ ŷ"), Pair("ŷ ŵ", "ŷ ŵ")]
    more = write_pairs(tmp_path / "more.tsv", pairs)
    config = load(f"train.init_from={model}", f"data.train={more}", "train.learning_rate=1e-30")
    stop_after(1, config, tmp_path / "run")
    old, state = read_model(model), load_state(tmp_path / "run" / "state_00000001.pt")
    assert state["characters"] == "".join(old.characters) + "ŵŷ"
    for part in ("network", "averaged"):
        for name, tensor in state["optimisation"][part].items():
            known = np.asarray(old.weights[name])
            assert np.array_equal(tensor.numpy()[: len(known)], known)
    embedding = state["optimisation"]["network"]["source_embedding.weight"]
    assert len(embedding) == len(np.asarray(old.weights["source_embedding.weight"])) + 2
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


def test_the_log_is_in_the_run_directory_and_the_logger_as_it_was(
    reference: Reference,
) -> None:
    text = (reference.directory / "train.log").read_text(encoding="utf-8")
    assert "training: 200 lines read" in text
    assert "step 16: dev loss" in text
    assert logging.getLogger("seq2seq").handlers == []
