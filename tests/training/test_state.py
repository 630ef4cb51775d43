"""Training states as records: what is checked, which one a run goes on from, and what older ones lack."""

from __future__ import annotations

import copy
import random
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from states import assert_same, flip, no_warning, small

from seq2seq.errors import CheckpointError
from seq2seq.storage.integrity import sidecar_digests, sidecar_of
from seq2seq.training.checkpoint import (
    load_state,
    save_state,
)
from seq2seq.training.state import TrainingState, describe_state, newest_good_state


def corrupted(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return a copy of the small state after a change."""
    state = copy.deepcopy(small())
    change(state)
    return state


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "it has no progress": lambda state: state.pop("progress"),
    "it has no metrics_bytes, optimisation": lambda state: state.update(metrics_bytes="0", optimisation=[]),
    "it has no data": lambda state: state["data"].pop(),
    "it has no averaged": lambda state: state["optimisation"].pop("averaged"),
    "it has no network": lambda state: state["optimisation"]["network"].update(more=7),
    r"\(network\) do not fit its configuration: output.weight has shape \(7, 2\) and not \(6, 2\); .*bias": (
        lambda state: state["optimisation"]["network"].update(
            {"output.weight": torch.zeros(7, 2), "output.bias": torch.zeros(7)}
        )
    ),
    "not all numbers are finite in output.bias; use an earlier state": (
        lambda state: state["optimisation"]["averaged"]["output.bias"].fill_(float("nan"))
    ),
    "`model.hidden`: expected a whole number from 1 to 8,192, got 1000000000": (
        lambda state: state["config"]["model"].update(hidden=10**9)
    ),
    r"its vocabulary contains U\+001B": lambda state: state.update(characters="a\x1b"),
    "one of its entries comes again": lambda state: state.update(characters="aa"),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_state_that_cannot_be_gone_on_from_is_refused(tmp_path: Path, words: str) -> None:
    """Weights of another shape used to end in a traceback, and NaN was trained on."""
    path = save_state(tmp_path, 2, corrupted(CHANGES[words]))
    with pytest.raises(CheckpointError, match=words) as caught:
        TrainingState.read(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)
    good, warnings = save_state(tmp_path, 1, small()), list[str]()
    found = newest_good_state(tmp_path, warnings.append)
    assert found is not None
    assert found[0] == good
    assert len(warnings) == 1


NOT_A_PROGRESS: dict[str, Callable[[dict[str, Any]], object]] = {
    "a step in words": lambda progress: progress.update(step="x"),
    "no step": lambda progress: progress.pop("step"),
    "before the first": lambda progress: progress.update(index=-1),
    "half an epoch": lambda progress: progress.update(epoch=0.5),
    "no time": lambda progress: progress.update(seconds=None),
    "time without end": lambda progress: progress.update(seconds=float("inf")),
    "no number": lambda progress: progress.update(best=float("nan")),
    "a truth": lambda progress: progress.update(worse=True),
    "a number of another kind": lambda progress: progress.update(speed=1),
}


@pytest.mark.parametrize("change", NOT_A_PROGRESS)
def test_what_no_run_can_have_come_to_is_refused(change: str, tmp_path: Path) -> None:
    """With a fitting checksum, these used to end in tracebacks later on."""
    state = copy.deepcopy(small())
    NOT_A_PROGRESS[change](state["progress"])
    path = save_state(tmp_path, 2, state)
    with pytest.raises(CheckpointError, match="its progress cannot be that of a run"):
        TrainingState.read(path)


@pytest.mark.parametrize(
    "change",
    [
        {"metrics_bytes": -1},
        {"made_with": 5},
        {"progress": {}},
        {"recent": 5},
        {"recent": {"losses": []}},
        {"recent": {"losses": [torch.zeros(())], "norms": []}},
        {"recent": {"losses": [1.0], "norms": [1.0]}},
        {"recent": {"losses": [torch.tensor(float("inf"))], "norms": [torch.zeros(())]}},
    ],
    ids=lambda change: next(iter(change)),
)
def test_other_parts_that_cannot_be_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = save_state(tmp_path, 2, copy.deepcopy(small()) | change)
    with pytest.raises(CheckpointError, match=r"is damaged: its? "):
        TrainingState.read(path)


def test_a_state_without_sums_of_adamw_is_refused(tmp_path: Path) -> None:
    path = save_state(tmp_path, 2, corrupted(lambda state: state["optimisation"].pop("adamw")))
    with pytest.raises(CheckpointError, match="it has no adamw"):
        TrainingState.read(path)


def test_what_older_states_lack_is_empty(tmp_path: Path) -> None:
    plain = small()
    assert not {"recent", "made_with"} & plain.keys()
    state = TrainingState.read(save_state(tmp_path, 2, plain))
    assert (state.losses, state.norms, state.made_with) == ((), (), {})
    assert state.optimisation["tables"] == {}
    assert state.progress.skipped == 0


def test_a_state_is_read_as_it_was_written(tmp_path: Path) -> None:
    state = TrainingState.read(save_state(tmp_path, 2, small()))
    state = replace(state, losses=(torch.tensor(1.5),), norms=(torch.tensor(2.5),), made_with={"threads": 1})
    path = state.write(tmp_path)
    assert path.name == "state_00000002.pt"
    assert_same(TrainingState.read(path).to_plain(), state.to_plain())


@pytest.mark.parametrize("kind", [torch.int32, torch.complex64])
def test_weights_are_real_numbers(kind: torch.dtype, tmp_path: Path) -> None:
    state = copy.deepcopy(small())
    weights = state["optimisation"]["network"]
    weights["output.bias"] = weights["output.bias"].to(kind)
    path = save_state(tmp_path, 2, state)
    with pytest.raises(CheckpointError, match="it has no network"):
        TrainingState.read(path)


def test_a_tensor_without_numbers_is_no_weight(tmp_path: Path) -> None:
    """Copying it would fill the memory, or fail."""
    for weight in (torch.empty(6, device="meta"), torch.zeros(6).to_sparse()):
        state = copy.deepcopy(small())
        state["optimisation"]["network"]["output.bias"] = weight
        with pytest.raises(CheckpointError, match="it has no network"):
            TrainingState.from_plain(state, tmp_path / "state_00000001.pt")


def test_a_good_newest_state_is_loaded_without_a_word(tmp_path: Path) -> None:
    save_state(tmp_path, 1, small())
    newest = save_state(tmp_path, 2, small())
    found = newest_good_state(tmp_path, no_warning)
    assert found is not None
    assert found[0] == newest
    assert found[1].progress.step == 2


def test_damaged_states_are_passed_over_with_a_warning_each(tmp_path: Path) -> None:
    paths = [save_state(tmp_path, step, small()) for step in (1, 2, 3)]
    flip(paths[2], 8 * 100)
    sidecar_of(paths[1]).unlink()
    warnings: list[str] = []
    found = newest_good_state(tmp_path, warnings.append)
    assert found is not None
    assert found[0] == paths[0]
    assert len(warnings) == 2
    assert "state_00000003.pt is damaged" in warnings[0]
    assert "state_00000002.pt has no checksum file" in warnings[1]
    assert all("trying the state before it" in warning for warning in warnings)


def test_no_state_is_not_the_same_as_no_good_state(tmp_path: Path) -> None:
    assert newest_good_state(tmp_path, no_warning) is None
    flip(save_state(tmp_path, 1, small()), 8 * 100)
    with pytest.raises(
        CheckpointError, match=r"no state in .* can be read; start again in another directory"
    ):
        newest_good_state(tmp_path, lambda _: None)


WRITER = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[3])
from states import small
from seq2seq.training.checkpoint import prune_states, save_state
torch.set_num_threads(1)
print("ready", flush=True)
for step in range(int(sys.argv[2]), 10**9):
    path = save_state(Path(sys.argv[1]), step, small("r") | {"w": torch.full((300_000,), float(step))})
    prune_states(Path(sys.argv[1]), 2, [], "r", print)
"""


@pytest.mark.slow
def test_after_kills_at_random_moments_training_can_go_on(tmp_path: Path) -> None:
    generator, step = random.Random(4), 0
    for _ in range(12):
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(step), str(Path(__file__).parents[1])]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(generator.uniform(0.05, 0.4))
            child.kill()
        for path in tmp_path.glob("state_*.pt"):
            state = load_state(path)
            assert state["w"].unique().tolist() == [float(state["step"])]
        found = newest_good_state(tmp_path, no_warning)
        step = load_state(found[0])["step"] if found else 0
    assert step > 0


def test_a_state_is_summarised(tmp_path: Path) -> None:
    path = save_state(tmp_path, 7, small())
    summary = describe_state(path)
    assert (summary["step"], summary["run_id"], summary["bytes"]) == (7, "run-1", path.stat().st_size)
    assert summary["sha256"] == sidecar_digests(path)[0]
    assert "w" in summary["holds"]
