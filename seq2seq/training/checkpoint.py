"""The files of training states: plain types and tensors, with a checksum beside each file.

`torch.load(weights_only=True)` in this module is the only way in which the package reads them. The SHA-256 is
verified before a file is opened. What a state holds is defined in `training.state`.
"""

from __future__ import annotations

import hashlib
import io
import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from seq2seq.errors import CheckpointError, UserError, shortened
from seq2seq.storage.files import read_bytes, sha256_file
from seq2seq.storage.integrity import (
    refuse_foreign,
    sidecar_digests,
    sidecar_note,
    sidecar_of,
    sniff,
    write_with_checksum,
)

KIND = "training"
FORMAT_VERSION = 2
"""Version 2 counts skipped updates in the progress."""
_NAME = re.compile(r"state_([0-9]+)\.pt")
_PLAIN = (type(None), bool, int, float, str, torch.Tensor)


def save_state(run_dir: Path, step: int, state: dict[str, Any]) -> Path:
    """Write the state after `step` steps into `run_dir` atomically, with its checksum beside it.

    Args:
        run_dir: the directory of the run.
        step: optimiser steps done.
        state: plain types and tensors in lists, tuples and dicts; `run_id`, a string, names the run.

    Returns:
        the path of the file. `load_state` returns `state` with `kind`, `format_version` and `step` added.

    Raises:
        UserError: the system refused; earlier states are unchanged.
    """
    path = run_dir / f"state_{step:08d}.pt"
    whole = {"kind": KIND, "format_version": FORMAT_VERSION, "step": step, **state}
    _assert_plain(whole, "state")
    note = f"run {state['run_id']}"
    write_with_checksum(path, lambda file: torch.save(whole, file), note=note, needed=_tensor_bytes(whole))
    return path


def _assert_plain(value: object, place: str) -> None:
    """Assert that `load_state` accepts the types in `value`."""
    if type(value) in (dict, OrderedDict):
        assert isinstance(value, dict)
        assert all(type(key) in (str, int) for key in value), f"{place} has a key that is no str or int"
        for key, item in value.items():
            _assert_plain(item, f"{place}.{key}")
    elif type(value) in (list, tuple):
        assert isinstance(value, (list, tuple))
        for index, item in enumerate(value):
            _assert_plain(item, f"{place}[{index}]")
    else:
        assert type(value) in _PLAIN, f"{place} is a {type(value).__name__}, which a state cannot hold"


def _tensor_bytes(value: object) -> int:
    """Return the size of all tensors in plain containers, as if each had a memory of its own."""
    size, waiting, seen = 0, [value], set[int]()
    while waiting:  # no recursion: a file from outside may nest its containers as deep as it likes
        item = waiting.pop()
        if isinstance(item, torch.Tensor):
            size += item.numel() * item.element_size()
        elif isinstance(item, (dict, list, tuple)) and id(item) not in seen:
            seen.add(id(item))
            waiting.extend(item.values() if isinstance(item, dict) else item)
    return size


def load_state(path: Path) -> dict[str, Any]:
    """Read a training state, with its tensors on the CPU.

    Raises:
        CheckpointError: the file is missing, damaged, of a newer version, not a training state, or would take
            more memory than its size.
    """
    data = read_bytes(path, CheckpointError)
    kind = sniff(data)
    refuse_foreign(path, kind)
    if kind == "safetensors":
        raise CheckpointError(
            f"{path} is a model file, without the optimiser's state; training resumes from a state_*.pt "
            "(or starts from a model file with train.init_from)"
        )
    if hashlib.sha256(data).hexdigest() not in sidecar_digests(path):
        raise CheckpointError(f"{path} is damaged: its checksum does not match; use an earlier state")
    if kind != "zip":
        raise CheckpointError(f"{path} is not a training state; use a state_*.pt that seq2seq wrote")
    return _check_state(_open(data, path), path)


def _open(data: bytes, path: Path) -> object:
    try:
        # torch.save does not compress, so an archive that does was made to fill the memory.
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{path} is a damaged or foreign file; use an earlier state") from error
    if size > len(data):
        raise CheckpointError(f"{path} is refused: {len(data):,} bytes that would unpack to {size:,}")
    try:
        state: object = torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise CheckpointError(f"{path} is refused: it holds more than plain types and tensors") from error
    except Exception as error:  # PyTorch raises many kinds of errors here; no second attempt is made
        raise CheckpointError(f"{path} is a damaged or foreign file; use an earlier state") from error
    # A tensor may be a view that repeats a single number: all its copies together would fill the memory.
    size = _tensor_bytes(state)
    if size > len(data):
        raise CheckpointError(f"{path} is refused: {len(data):,} bytes with tensors of {size:,}")
    return state


def _check_state(state: object, path: Path) -> dict[str, Any]:
    if not isinstance(state, dict) or state.get("kind") != KIND or not {"step", "run_id"} <= state.keys():
        raise CheckpointError(f"{path} is not a training state; use a state_*.pt that seq2seq wrote")
    version = state.get("format_version")
    if type(version) is not int or version < 1:
        raise CheckpointError(
            f"{path} is damaged: {shortened(repr(version), 40)} is not a format version; use an earlier state"
        )
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} was made by a newer seq2seq (format {version}; this one reads up to {FORMAT_VERSION}); "
            "upgrade seq2seq-lag"
        )
    return state


def state_files(run_dir: Path) -> list[Path]:
    """Return the state files of a run directory, highest step first; their times do not matter."""
    if not run_dir.is_dir():
        return []
    matches = [(_NAME.fullmatch(path.name), path) for path in run_dir.iterdir()]
    numbered = [(int(match[1]), path) for match, path in matches if match]
    return [path for _, path in sorted(numbered, reverse=True)]


def latest_state(run_dir: Path) -> Path | None:
    """Return the state file of the highest step, damaged or not; None if there is none."""
    return next(iter(state_files(run_dir)), None)


def prune_states(
    run_dir: Path, keep: int, protect: Collection[Path], run_id: str, warn: Callable[[str], None]
) -> None:
    """Delete old states of a run.

    The newest `keep` undamaged states and all states newer than these are kept. Checksum files without a
    state, as a kill leaves them, are deleted, too. States of other runs are left alone.

    Args:
        run_dir: the directory of the run.
        keep: how many undamaged states to keep, at least 2.
        protect: states that are kept in any case.
        run_id: the name of the run.
        warn: called with a message for each file that cannot be deleted.
    """
    assert keep >= 2, "the last one may be the one being written"
    good = 0
    protected = {path.name for path in protect}
    for path in state_files(run_dir):
        if not belongs(path, run_id):
            continue
        if good < keep:
            good += _is_undamaged(path)
        elif path.name not in protected:
            _delete(path, warn)
    for path in (sidecar.with_suffix("") for sidecar in run_dir.glob("state_*.pt.sha256")):
        if not path.exists() and belongs(path, run_id):
            _delete(path, warn)


def belongs(path: Path, run_id: str) -> bool:
    """Whether a state is one of the run of this name, by its checksum file."""
    try:
        return sidecar_note(path) == f"run {run_id}"
    except CheckpointError:
        return False


def _is_undamaged(path: Path) -> bool:
    try:
        return sha256_file(path) in sidecar_digests(path)
    except UserError:
        return False


def _delete(path: Path, warn: Callable[[str], None]) -> None:
    """Delete a state first and then its checksum, so that no state is left without a checksum."""
    try:
        path.unlink(missing_ok=True)
        sidecar_of(path).unlink(missing_ok=True)
    except OSError as error:
        warn(f"cannot delete {path}: {error.strerror}")
