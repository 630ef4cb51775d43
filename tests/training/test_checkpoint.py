"""Training states: nothing is lost, nothing damaged used, nothing executed, and the right ones are kept."""

from __future__ import annotations

import copy
import hashlib
import io
import os
import pickle
import random
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections import OrderedDict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.config.loading import parse_config
from seq2seq.errors import CheckpointError, UserError
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.files import sha256_file
from seq2seq.storage.integrity import sidecar_digests, sidecar_of, write_with_checksum
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.vocabulary import SPECIALS
from seq2seq.training.checkpoint import (
    FORMAT_VERSION,
    check_content,
    describe,
    latest_state,
    load_state,
    newest_good_state,
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


SMALL = parse_config("model: {embedding: 1, hidden: 1, encoder_layers: 1, decoder_layers: 1, cell: rnn}")


def small(run_id: str = "run-1") -> dict[str, Any]:
    """All that a training state has to hold, for next to no network, and a tensor of its own."""
    shapes = weight_shapes(SMALL.model, len("ab") + SPECIALS, SMALL.lag.train.largest, {})
    weights = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return {
        "run_id": run_id,
        "config": SMALL.to_dict(),
        "characters": "ab",
        "data": ["1234", "5678"],
        "metrics_bytes": 0,
        "progress": {"step": 2, "epoch": 0, "index": 2},
        "optimisation": {"network": weights, "averaged": weights, "adamw": {}},
        "w": torch.arange(4.0),
    }


def assert_same(a: Any, b: Any) -> None:
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for item, other in zip(a, b, strict=True):
            assert_same(item, other)
    else:
        assert type(a) is type(b)
        assert a == b


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def no_warning(message: str) -> None:
    pytest.fail(message)


# --- round trip


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


class Trap:
    """Unpickling one of these makes a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.mark}'",)


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


# --- saving fails


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


WRITER = """
import sys
from pathlib import Path
import torch
sys.path.insert(0, sys.argv[3])
from test_checkpoint import small
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
        command = [sys.executable, "-c", WRITER, str(tmp_path), str(step), str(Path(__file__).parent)]
        with subprocess.Popen(command, stdout=subprocess.PIPE) as child:
            assert child.stdout is not None
            child.stdout.readline()
            time.sleep(generator.uniform(0.05, 0.4))
            child.kill()
        for path in tmp_path.glob("state_*.pt"):
            state = load_state(path)
            assert state["w"].unique().tolist() == [float(state["step"])]
        found = newest_good_state(tmp_path, no_warning)
        step = found[1]["step"] if found else 0
    assert step > 0


# --- damage


def test_every_flipped_bit_is_noticed(tmp_path: Path) -> None:
    path = save_state(tmp_path, 1, small())
    load_state(path)
    bits = random.Random(5).sample(range(8 * path.stat().st_size), 400)
    for bit in [*bits, 0, 8, 16, 24]:
        flip(path, bit)
        with pytest.raises(CheckpointError):
            load_state(path)
        flip(path, bit)
    load_state(path)


def test_every_flipped_bit_of_the_digest_is_noticed(tmp_path: Path) -> None:
    path = save_state(tmp_path, 1, small())
    sidecar = sidecar_of(path)
    start = sidecar.read_bytes().index(b"\n") + 1
    for bit in range(8 * start, 8 * (start + 64 + 2 + len(path.name)), 3):
        flip(sidecar, bit)
        with pytest.raises(CheckpointError):
            load_state(path)
        flip(sidecar, bit)
    load_state(path)


@pytest.mark.parametrize("share", [0.0, 0.001, 0.5, 0.999])
def test_a_cut_is_noticed(tmp_path: Path, share: float) -> None:
    path = save_state(tmp_path, 1, small())
    data = path.read_bytes()
    path.write_bytes(data[: int(share * len(data))])
    words = "is empty" if not share else "is damaged: its checksum does not match; use an earlier state"
    with pytest.raises(CheckpointError, match=words):
        load_state(path)


def test_the_checksum_is_missing(tmp_path: Path) -> None:
    path = save_state(tmp_path, 1, small())
    sidecar_of(path).unlink()
    with pytest.raises(CheckpointError, match=r"has no checksum file; copy state_00000001\.pt\.sha256"):
        load_state(path)


def test_missing_and_directory(tmp_path: Path) -> None:
    with pytest.raises(CheckpointError, match="no such file or directory"):
        load_state(tmp_path / "state_00000001.pt")
    with pytest.raises(CheckpointError, match="is a directory"):
        load_state(tmp_path)


# --- malice: the checksum is right, the content is not


def plant(directory: Path, data: bytes) -> Path:
    path = directory / "state_00000001.pt"

    def write(file: Any) -> None:
        file.write(data)

    write_with_checksum(path, write, note="run run-1")
    return path


def saved(value: object) -> bytes:
    file = io.BytesIO()
    torch.save(value, file)
    return file.getvalue()


def envelope(**more: object) -> dict[str, object]:
    return {"kind": "training", "format_version": 1, "step": 1, "run_id": "run-1", **more}


@pytest.mark.parametrize("nested", [False, True])
def test_code_in_a_state_is_refused_and_not_run(tmp_path: Path, nested: bool) -> None:
    mark = tmp_path / "mark"
    data = saved(envelope(rng={"a": [Trap(mark)]}) if nested else Trap(mark))
    with pytest.raises(CheckpointError, match="is refused: it holds more than plain types and tensors"):
        load_state(plant(tmp_path, data))
    assert not mark.exists()
    torch.load(io.BytesIO(data), weights_only=False)
    assert mark.exists(), "the trap does not work"


def test_a_bare_pickle_is_refused_and_not_run(tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    data = pickle.dumps(Trap(mark), 2)
    with pytest.raises(CheckpointError, match="is a Python pickle, which can run code when opened"):
        load_state(plant(tmp_path, data))
    assert not mark.exists()
    pickle.loads(data)
    assert mark.exists(), "the trap does not work"


def test_a_refused_file_is_not_tried_a_second_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load, calls = torch.load, []

    def spy(*arguments: Any, **options: Any) -> Any:
        calls.append(options)
        return load(*arguments, **options)

    monkeypatch.setattr(torch, "load", spy)
    with pytest.raises(CheckpointError):
        load_state(plant(tmp_path, saved(Trap(tmp_path / "mark"))))
    assert [call["weights_only"] for call in calls] == [True]


def test_a_damaged_state_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = save_state(tmp_path, 1, small())
    flip(path, 8 * 300)
    monkeypatch.setattr(torch, "load", lambda *_, **__: pytest.fail("opened before it was verified"))
    with pytest.raises(CheckpointError, match="checksum"):
        load_state(path)


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch remarks on the oddities it is fed here
def test_a_forged_checksum_does_not_let_a_damaged_file_crash_the_program(tmp_path: Path) -> None:
    good = saved(envelope(w=torch.arange(4.0), l=[1, (2, None)], rng={"state": 2**100}))
    start = good.index(b"\x80\x02")
    generator = random.Random(6)
    refused = 0
    for _ in range(300):
        data = bytearray(good)
        for _ in range(generator.choice([1, 2, 5])):
            data[start + generator.randrange(300)] = generator.randrange(256)
        path = tmp_path / "state_00000001.pt"
        path.write_bytes(data)
        sidecar_of(path).write_text(f"{hashlib.sha256(data).hexdigest()}  {path.name}\n")
        try:
            load_state(path)
        except CheckpointError:
            refused += 1
    assert refused > 150


def test_whatever_the_unpickler_trips_over_is_a_damaged_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One bit flipped under a checksum made to fit, and PyTorch asserted `saved_id must be a tuple`.

    The errors expected of it had been listed, and an AssertionError was not among them.
    """

    def trip(*_: object, **__: object) -> None:
        raise AssertionError("saved_id must be a tuple, got int")

    path = save_state(tmp_path, 1, small())
    monkeypatch.setattr(torch, "load", trip)
    with pytest.raises(CheckpointError, match="is a damaged or foreign file; use an earlier state"):
        load_state(path)


def with_pickle(good: bytes, instructions: bytes) -> bytes:
    """The archive `good` with other instructions for the unpickler."""
    file = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(file, "w") as new:
        for name in old.namelist():
            new.writestr(name, instructions if name.endswith("data.pkl") else old.read(name))
    return file.getvalue()


@pytest.mark.parametrize(
    "instructions",
    [
        b"",
        b"\x80\x02",
        b"\x80\x02G\x00",
        b"\x80\x02X\x01\x00\x00\x00\xff.",
        b"\x80\x02h\x05.",
        b"\x80\x02}K\x01a.",
    ],
)
def test_nonsense_for_the_unpickler_is_a_damaged_file(tmp_path: Path, instructions: bytes) -> None:
    with pytest.raises(CheckpointError, match=r"is a damaged or foreign file|is refused"):
        load_state(plant(tmp_path, with_pickle(saved(envelope()), instructions)))


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([1, 2], "is not a training state"),
        ({"w": torch.zeros(2)}, "is not a training state"),
        (envelope(kind="other"), "is not a training state"),
        ({"kind": "training", "format_version": 1}, "is not a training state"),
        (
            envelope(format_version=FORMAT_VERSION + 1),
            rf"was made by a newer seq2seq \(format {FORMAT_VERSION + 1}; this one reads up to",
        ),
        (envelope(format_version="1"), "is damaged: '1' is not a format version"),
        (envelope(format_version=0), "is damaged: 0 is not a format version"),
    ],
)
def test_a_foreign_content_is_named(tmp_path: Path, value: object, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        load_state(plant(tmp_path, saved(value)))


def test_a_state_that_would_fill_the_memory_is_not_unpacked(tmp_path: Path) -> None:
    """A thousand zeros in one byte: PyTorch would unpack them, though its own files are never packed."""
    file = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(saved(envelope()))) as old,
        zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for name in old.namelist():
            new.writestr(name, old.read(name))
        new.writestr("archive/data/0", bytes(10_000_000))
    with pytest.raises(CheckpointError, match=r"is refused: [0-9,]+ bytes that would unpack to 10,00"):
        load_state(plant(tmp_path, file.getvalue()))


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b"version https://git-lfs.github.com/spec/v1\n", "is a Git LFS pointer"),
        (b"<html>", "is a web page"),
        (b"PK\x03\x04 and no more", "is a damaged or foreign file"),
        (b"Hello", "is not a training state"),
    ],
)
def test_a_foreign_file_is_named(tmp_path: Path, data: bytes, words: str) -> None:
    with pytest.raises(CheckpointError, match=words):
        load_state(plant(tmp_path, data))


def test_a_model_file_and_a_training_state_are_told_apart(tmp_path: Path) -> None:
    model = tmp_path / "model.safetensors"
    write_model(model, ModelFile({}, ["a"], "full", {"w": np.ones(2, dtype=np.float32)}, {}))
    with pytest.raises(
        CheckpointError, match="is a model file, without the optimiser's state; training resumes from"
    ):
        load_state(model)
    with pytest.raises(
        CheckpointError, match=r"is a training state or another PyTorch file; use a model\.safetensors"
    ):
        read_model(save_state(tmp_path, 1, small()))


# --- the checksum is right and the content is that of a state, but not of a good one


def corrupted(change: Callable[[dict[str, Any]], object]) -> dict[str, Any]:
    """Return a small state after a change of its own copy of the weights."""
    state = copy.deepcopy(small())
    change(state)
    return state


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "there is no progress": lambda state: state.pop("progress"),
    "there is no metrics_bytes, optimisation": lambda state: state.update(metrics_bytes="0", optimisation=[]),
    "there is no data": lambda state: state["data"].pop(),
    "there is no averaged": lambda state: state["optimisation"].pop("averaged"),
    "there is no network": lambda state: state["optimisation"]["network"].update(more=7),
    r"\(network\) do not fit its configuration: output.weight has shape \(7, 2\) and not \(6, 2\); .*bias": (
        lambda state: state["optimisation"]["network"].update(
            {"output.weight": torch.zeros(7, 2), "output.bias": torch.zeros(7)}
        )
    ),
    "not all numbers are finite in output.bias; use an earlier state": (
        lambda state: state["optimisation"]["averaged"]["output.bias"].fill_(float("nan"))
    ),
    "`model.hidden` expected a whole number from 1 to 8,192, got 1000000000": (
        lambda state: state["config"]["model"].update(hidden=10**9)
    ),
    r"its vocabulary holds U\+001B": lambda state: state.update(characters="a\x1b"),
    "one of its entries comes again": lambda state: state.update(characters="aa"),
}


@pytest.mark.parametrize("words", CHANGES)
def test_a_state_that_cannot_be_gone_on_from_is_refused(tmp_path: Path, words: str) -> None:
    """Weights of another shape ended in PyTorch's own traceback, and NaN was trained on."""
    path = save_state(tmp_path, 2, corrupted(CHANGES[words]))
    with pytest.raises(CheckpointError, match=words) as caught:
        check_content(load_state(path), path)
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
}


@pytest.mark.parametrize("change", NOT_A_PROGRESS)
def test_what_no_run_can_have_come_to_is_refused(change: str, tmp_path: Path) -> None:
    """A state with a checksum that fits is taken for what it says: these ended in tracebacks, later on."""
    state = copy.deepcopy(small())
    NOT_A_PROGRESS[change](state["progress"])
    path = save_state(tmp_path, 2, state)
    with pytest.raises(CheckpointError, match="its progress cannot be that of a run"):
        check_content(load_state(path), path)


@pytest.mark.parametrize(
    "change",
    [{"metrics_bytes": -1}, {"made_with": 5}, {"progress": {}}],
    ids=lambda change: next(iter(change)),
)
def test_other_parts_that_cannot_be_are_refused(change: dict[str, Any], tmp_path: Path) -> None:
    path = save_state(tmp_path, 2, copy.deepcopy(small()) | change)
    with pytest.raises(CheckpointError, match="is damaged: it"):
        check_content(load_state(path), path)


@pytest.mark.parametrize("kind", [torch.int32, torch.complex64])
def test_weights_are_real_numbers(kind: torch.dtype, tmp_path: Path) -> None:
    state = copy.deepcopy(small())
    weights = state["optimisation"]["network"]
    weights["output.bias"] = weights["output.bias"].to(kind)
    path = save_state(tmp_path, 2, state)
    with pytest.raises(CheckpointError, match="there is no network"):
        check_content(load_state(path), path)


def test_a_tensor_without_numbers_is_no_weight(tmp_path: Path) -> None:
    """It would fill whatever memory it is asked to be copied to, or fail there."""
    for weight in (torch.empty(6, device="meta"), torch.zeros(6).to_sparse()):
        state = corrupted(lambda state, w=weight: state["optimisation"]["network"].update({"output.bias": w}))
        with pytest.raises(CheckpointError, match="there is no network"):
            check_content(state, tmp_path / "state_00000001.pt")


# --- which state is the newest


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


def test_a_good_newest_state_is_loaded_without_a_word(tmp_path: Path) -> None:
    save_state(tmp_path, 1, small())
    newest = save_state(tmp_path, 2, small())
    found = newest_good_state(tmp_path, no_warning)
    assert found is not None
    assert found[0] == newest
    assert found[1]["step"] == 2


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


def test_a_damaged_state_is_replaced_when_training_comes_to_its_step_again(tmp_path: Path) -> None:
    path = save_state(tmp_path, 1, small())
    flip(path, 8 * 100)
    save_state(tmp_path, 1, small())
    assert load_state(path)["step"] == 1
    assert sidecar_digests(path) == [sha256_file(path)]


# --- which states are kept


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
    """A kill between the two deletions, or the two renames of a save, used to leave one for good."""
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


# --- summary


def test_describe(tmp_path: Path) -> None:
    path = save_state(tmp_path, 7, small())
    summary = describe(path)
    assert (summary["step"], summary["run_id"], summary["bytes"]) == (7, "run-1", path.stat().st_size)
    assert summary["sha256"] == sidecar_digests(path)[0]
    assert "w" in summary["holds"]


def test_an_ordered_dict_is_plain_enough(tmp_path: Path) -> None:
    state = load_state(save_state(tmp_path, 1, small() | {"model": OrderedDict(w=torch.ones(1))}))
    assert state["model"]["w"].tolist() == [1.0]
