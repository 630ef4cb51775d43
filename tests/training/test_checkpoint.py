"""Files of training states: what is saved is loaded, and old ones are deleted."""

from __future__ import annotations

import io
import os
import shutil
import subprocess
import tempfile
from collections import OrderedDict
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from states import Trap, assert_same, flip, names, no_warning, small

from seq2seq.errors import UserError
from seq2seq.storage.files import sha256_file
from seq2seq.storage.integrity import sidecar_digests, sidecar_of
from seq2seq.training.checkpoint import (
    FORMAT_VERSION,
    latest_state,
    load_state,
    prune_states,
    save_state,
)


def example(run_id: str = "run-1") -> dict[str, Any]:
    network = torch.nn.Linear(3, 2)
    optimiser = torch.optim.AdamW(network.parameters())
    network(torch.ones(1, 3)).sum().backward()
    optimiser.step()
    return {
        "run_id": run_id,
        "model": network.state_dict(),
        "optimiser": optimiser.state_dict(),
        "generator": np.random.default_rng(1).bit_generator.state,
        "torch_generator": torch.get_rng_state(),
        "best": {"metric": "chrf", "value": 1.5, "step": None},
        "half": torch.tensor([1.0, float("inf")], dtype=torch.bfloat16),
        "mixed": [1, (2.5, True, "ñ"), {}],
    }


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    path = save_state(tmp_path, 500, example())
    assert path == tmp_path / "state_00000500.pt"
    torch.manual_seed(1)
    expected = {"kind": "training", "format_version": FORMAT_VERSION, "step": 500, **example()}
    torch.manual_seed(1)
    path = save_state(tmp_path, 500, example())
    assert_same(load_state(path), expected)
    assert names(tmp_path) == ["state_00000500.pt", "state_00000500.pt.sha256"]


def test_tensors_come_back_on_the_cpu(tmp_path: Path) -> None:
    state = load_state(save_state(tmp_path, 1, small()))
    assert state["w"].device.type == "cpu"


@pytest.mark.skipif(shutil.which("sha256sum") is None, reason="sha256sum is not installed")
def test_sha256sum_verifies_it(tmp_path: Path) -> None:
    sidecar = sidecar_of(save_state(tmp_path, 1, small()))
    subprocess.run(
        ["sha256sum", "--check", "--strict", sidecar.name], cwd=tmp_path, check=True, capture_output=True
    )


def test_equal_states_give_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    first, second = save_state(tmp_path / "a", 1, small()), save_state(tmp_path / "b", 1, small())
    assert first.read_bytes() == second.read_bytes()


tensors = st.builds(
    lambda size, dtype: torch.arange(size).to(dtype),
    st.integers(0, 4),
    st.sampled_from([torch.float32, torch.bfloat16, torch.int64, torch.bool]),
)


plain = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text() | tensors,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=5) | st.integers(), inner, max_size=3)
    ),
    max_leaves=8,
)


@settings(max_examples=20)
@given(st.dictionaries(st.text(), plain, max_size=4), st.integers(0, 10**9))
def test_whatever_is_plain_comes_back_as_it_was(more: dict[str, Any], step: int) -> None:
    with tempfile.TemporaryDirectory() as directory:
        state = more | {"run_id": "run-1"}
        whole = {"kind": "training", "format_version": FORMAT_VERSION, "step": step} | state
        assert_same(load_state(save_state(Path(directory), step, state)), whole)


@pytest.mark.parametrize(
    ("value", "place"),
    [
        (np.float64(1.5), r"state\.extra is a float64"),
        ([1, (np.int64(2),)], r"state\.extra\[1\]\[0\] is a int64"),
        ({"rng": np.zeros(3)}, r"state\.extra\.rng is a ndarray"),
        (torch.nn.Parameter(torch.zeros(1)), r"state\.extra is a Parameter"),
        ({1, 2}, r"state\.extra is a set"),
        (b"bytes", r"state\.extra is a bytes"),
        (Path("x"), r"state\.extra is a \w*Path"),
        ({(1, 2): 3}, r"state\.extra has a key"),
        ({np.int64(1): 3}, r"state\.extra has a key"),
        (Trap(Path("x")), r"state\.extra is a Trap"),
    ],
)
def test_only_plain_types_are_saved(tmp_path: Path, value: object, place: str) -> None:
    with pytest.raises(AssertionError, match=place):
        save_state(tmp_path, 1, small() | {"extra": value})
    assert names(tmp_path) == []


def test_a_full_disk_leaves_the_earlier_states(tmp_path: Path) -> None:
    import resource

    good = save_state(tmp_path, 1, small())
    before = names(tmp_path)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (50_000, hard))
    try:
        with pytest.raises(
            UserError, match=r"cannot write .*00002\.pt: file too large \(400,000 bytes needed\)"
        ):
            save_state(tmp_path, 2, {"run_id": "run-1", "w": torch.zeros(100_000)})
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert names(tmp_path) == before
    assert load_state(good)["step"] == 1


def test_an_error_while_saving_leaves_the_old_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = save_state(tmp_path, 1, small())
    content, before = good.read_bytes(), names(tmp_path)

    def fail(_value: object, file: io.BytesIO) -> None:
        file.write(b"half of it")
        raise MemoryError

    monkeypatch.setattr(torch, "save", fail)
    with pytest.raises(MemoryError):
        save_state(tmp_path, 1, small())
    assert names(tmp_path) == before
    assert good.read_bytes() == content


def test_the_newest_is_that_of_the_highest_step(tmp_path: Path) -> None:
    assert latest_state(tmp_path / "no such run") is None
    assert latest_state(tmp_path) is None
    steps = [900, 1000, 99_999_999, 100_000_000, 5]
    for age, step in enumerate(steps):
        path = save_state(tmp_path, step, small())
        os.utime(path, (2e9 - age, 2e9 - age))
    for name in ("state_999999999999.pt.sha256", ".state_999999999.pt.tmp-1", "state_x.pt", "state_9e9.pt"):
        (tmp_path / name).touch()
    assert latest_state(tmp_path) == tmp_path / "state_100000000.pt"


def test_a_damaged_state_is_replaced_when_training_comes_to_its_step_again(tmp_path: Path) -> None:
    path = save_state(tmp_path, 1, small())
    flip(path, 8 * 100)
    save_state(tmp_path, 1, small())
    assert load_state(path)["step"] == 1
    assert sidecar_digests(path) == [sha256_file(path)]


def steps(directory: Path) -> list[int]:
    assert {name + ".sha256" for name in names(directory) if name.endswith(".pt")} == {
        name for name in names(directory) if name.endswith(".sha256")
    }
    return sorted(int(path.stem[6:]) for path in directory.glob("state_*.pt"))


@pytest.mark.parametrize(
    ("keep", "left"), [(2, [500, 1000]), (3, [400, 500, 1000]), (9, [90, 100, 400, 500, 1000])]
)
def test_the_newest_are_kept(tmp_path: Path, keep: int, left: list[int]) -> None:
    for step in (1000, 90, 100, 500, 400):
        save_state(tmp_path, step, small())
    prune_states(tmp_path, keep, [], "run-1", no_warning)
    assert steps(tmp_path) == left


def test_fewer_than_two_are_not_enough(tmp_path: Path) -> None:
    with pytest.raises(AssertionError, match="the last one may be the one being written"):
        prune_states(tmp_path, 1, [], "run-1", no_warning)


def test_protected_states_and_those_of_other_runs_are_left_alone(tmp_path: Path) -> None:
    protected = save_state(tmp_path, 1, small())
    save_state(tmp_path, 2, small("run-2"))
    save_state(tmp_path, 900, small("run-2"))
    for step in (3, 4, 5, 6):
        save_state(tmp_path, step, small())
    prune_states(tmp_path, 2, [protected], "run-1", no_warning)
    assert steps(tmp_path) == [1, 2, 5, 6, 900]


def test_damaged_states_do_not_count_among_those_kept(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4, 5):
        save_state(tmp_path, step, small())
    flip(tmp_path / "state_00000005.pt", 8 * 100)
    flip(tmp_path / "state_00000003.pt", 8 * 100)
    prune_states(tmp_path, 2, [], "run-1", no_warning)
    assert steps(tmp_path) == [2, 3, 4, 5]


def test_a_state_without_a_checksum_file_is_left_alone(tmp_path: Path) -> None:
    for step in (1, 2, 3, 4):
        save_state(tmp_path, step, small())
    sidecar_of(tmp_path / "state_00000001.pt").unlink()
    prune_states(tmp_path, 2, [], "run-1", no_warning)
    assert [name for name in names(tmp_path) if name.endswith(".pt")] == [
        f"state_{step:08d}.pt" for step in (1, 3, 4)
    ]


def test_a_checksum_without_its_state_is_deleted(tmp_path: Path) -> None:
    """A kill between the two deletions, or between the two renames of a save, used to leave one for ever."""
    for step in (1, 2, 3):
        save_state(tmp_path, step, small())
    save_state(tmp_path, 4, small("run-2"))
    for step in (1, 4):
        (tmp_path / f"state_{step:08d}.pt").unlink()
    prune_states(tmp_path, 2, [], "run-1", no_warning)
    assert names(tmp_path) == sorted(
        [f"state_{step:08d}.pt{end}" for step in (2, 3) for end in ("", ".sha256")]
        + ["state_00000004.pt.sha256"]
    )


def test_a_deletion_that_fails_is_a_warning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for step in (1, 2, 3, 4):
        save_state(tmp_path, step, small())
    unlink = Path.unlink

    def refuse(path: Path, missing_ok: bool = False) -> None:
        if path.name == "state_00000002.pt":
            raise PermissionError(13, "Permission denied")
        unlink(path, missing_ok=missing_ok)

    monkeypatch.setattr(Path, "unlink", refuse)
    warnings: list[str] = []
    prune_states(tmp_path, 2, [], "run-1", warnings.append)
    assert warnings == [f"cannot delete {tmp_path}/state_00000002.pt: Permission denied"]
    assert steps(tmp_path) == [2, 3, 4]


def test_an_ordered_dict_is_plain_enough(tmp_path: Path) -> None:
    state = load_state(save_state(tmp_path, 1, small() | {"model": OrderedDict(w=torch.ones(1))}))
    assert state["model"]["w"].tolist() == [1.0]
