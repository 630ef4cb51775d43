"""Files of training states that are damaged, foreign or forged: each is refused, and nothing is executed."""

from __future__ import annotations

import hashlib
import io
import pickle
import random
import sys
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from states import Trap, flip, small

from seq2seq.errors import CheckpointError, UserError
from seq2seq.storage.integrity import sidecar_of, write_with_checksum
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.training.checkpoint import (
    FORMAT_VERSION,
    load_state,
    save_state,
)


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
    with pytest.raises(UserError, match="no such file or directory"):
        load_state(tmp_path / "state_00000001.pt")
    with pytest.raises(CheckpointError, match="is a directory"):
        load_state(tmp_path)


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


def bombs() -> list[object]:
    """Small files whose tensors would fill the memory once they are copied."""
    one = torch.zeros(1)
    shared = torch.zeros(10_000)
    return [one.expand(100_000), [one.expand(10, 10_000)], {"a": [shared[n:] for n in range(100)]}]


@pytest.mark.parametrize("number", range(3))
def test_tensors_larger_than_the_file_are_refused(tmp_path: Path, number: int) -> None:
    """A state of 18 kB whose tensors were views of one number became 475 MB."""
    path = plant(tmp_path, saved(envelope(w=bombs()[number])))
    with pytest.raises(CheckpointError, match=r"is refused: [\d,]+ bytes with tensors of [\d,]+$"):
        load_state(path)


def test_containers_within_containers_are_no_trouble(tmp_path: Path) -> None:
    """Neither nested ones, for which Python's stack is too small, nor shared ones, 2 to the 40th."""
    deep: list[object] = []
    wide: list[object] = []
    for _ in range(2000):
        deep = [deep]
    for _ in range(40):
        wide = [wide, wide]
    limit = sys.getrecursionlimit()
    sys.setrecursionlimit(10_000)
    try:
        data = saved(envelope(w=wide, v=deep))
    finally:
        sys.setrecursionlimit(limit)
    assert load_state(plant(tmp_path, data))["step"] == 1


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


@pytest.mark.filterwarnings("ignore::UserWarning")  # torch warns about the damaged input
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
    """With one bit flipped and a fitting checksum, PyTorch asserted `saved_id must be a tuple`.

    The code used to catch a list of expected errors, without AssertionError.
    """

    def trip(*_: object, **__: object) -> None:
        raise AssertionError("saved_id must be a tuple, got int")

    path = save_state(tmp_path, 1, small())
    monkeypatch.setattr(torch, "load", trip)
    with pytest.raises(CheckpointError, match="is a damaged or foreign file; use an earlier state"):
        load_state(path)


def with_pickle(good: bytes, instructions: bytes) -> bytes:
    """Return the archive `good` with other instructions for the unpickler."""
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
    """PyTorch would unpack a compressed archive, though its own files are not compressed."""
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
