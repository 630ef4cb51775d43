"""The training state: all that it takes to go on training as if it had never stopped.

A state file holds plain types and tensors. It is read with `torch.load(weights_only=True)`, here and nowhere
else and never anything weaker. Beside it lies its SHA-256, which is verified before the file is opened.
"""

from __future__ import annotations

import hashlib
import io
import math
import re
import zipfile
from collections import OrderedDict
from collections.abc import Callable, Collection
from pathlib import Path
from pickle import UnpicklingError
from typing import Any

import torch

from seq2seq.config.schema import Config
from seq2seq.errors import CheckpointError, UserError
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.files import read_bytes, sha256_file
from seq2seq.storage.integrity import (
    refuse_foreign,
    sidecar_digests,
    sidecar_note,
    sidecar_of,
    sniff,
    write_with_checksum,
)
from seq2seq.storage.modelfile import check_weights, read_settings
from seq2seq.text.vocabulary import Vocabulary

KIND = "training"
FORMAT_VERSION = 2
"""Since 2, the progress counts skipped updates."""
_NAME = re.compile(r"state_([0-9]+)\.pt")
_CONTENT = {
    "run_id": str,
    "config": dict,
    "characters": str,
    "data": list,
    "metrics_bytes": int,
    "progress": dict,
    "optimisation": dict,
}
"""What training goes on from, and of what type it is."""
_REAL = ("seconds", "best")
"""Those numbers of the progress that are not whole."""
_PLAIN = (type(None), bool, int, float, str, torch.Tensor)


def save_state(run_dir: Path, step: int, state: dict[str, Any]) -> Path:
    """Write the state after `step` steps into `run_dir`, whole or not at all, and its checksum beside it.

    Args:
        state: plain types and tensors in lists, tuples and dicts; `run_id`, a string, names the run.

    Returns:
        the path of the file. `load_state` gives `state` back with `kind`, `format_version` and `step` added.

    Raises:
        UserError: the system refused to write; earlier states are as they were.
    """
    path = run_dir / f"state_{step:08d}.pt"
    whole = {"kind": KIND, "format_version": FORMAT_VERSION, "step": step, **state}
    size = _check_plain(whole, "state")
    note = f"run {state['run_id']}"
    write_with_checksum(path, lambda file: torch.save(whole, file), note=note, needed=size)
    return path


def _check_plain(value: object, place: str) -> int:
    """Assert that `value` is of types that `load_state` accepts; return the bytes of its tensors."""
    if isinstance(value, torch.Tensor):
        assert type(value) is torch.Tensor, f"{place} is a {type(value).__name__}, not a plain tensor"
        return value.nbytes
    if type(value) in (dict, OrderedDict):
        assert isinstance(value, dict)
        assert all(type(key) in (str, int) for key in value), (
            f"{place} has a key of another type than str and int"
        )
        return sum(_check_plain(item, f"{place}.{key}") for key, item in value.items())
    if type(value) in (list, tuple):
        assert isinstance(value, (list, tuple))
        return sum(_check_plain(item, f"{place}[{index}]") for index, item in enumerate(value))
    assert type(value) in _PLAIN, f"{place} is a {type(value).__name__}, which a training state cannot hold"
    return 0


def load_state(path: Path) -> dict[str, Any]:
    """Read a training state, with its tensors on the CPU.

    Raises:
        CheckpointError: it is missing, damaged, of a newer version, or something else, such as a model file,
            or would take more memory than its size.
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
        # torch.save packs nothing, so what is larger inside than outside was made to fill the memory.
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            size = sum(member.file_size for member in archive.infolist())
    except (zipfile.BadZipFile, ValueError, NotImplementedError) as error:
        raise CheckpointError(f"{path} is a damaged or foreign file; use an earlier state") from error
    if size > len(data):
        raise CheckpointError(f"{path} is refused: {len(data):,} bytes that would unpack to {size:,}")
    try:
        return torch.load(io.BytesIO(data), map_location="cpu", weights_only=True)
    except UnpicklingError as error:
        raise CheckpointError(f"{path} is refused: it holds more than plain types and tensors") from error
    except Exception as error:  # what torch trips over is not foreseeable; nothing is tried a second time
        raise CheckpointError(f"{path} is a damaged or foreign file; use an earlier state") from error


def _check_state(state: object, path: Path) -> dict[str, Any]:
    if not isinstance(state, dict) or state.get("kind") != KIND or not {"step", "run_id"} <= state.keys():
        raise CheckpointError(f"{path} is not a training state; use a state_*.pt that seq2seq wrote")
    version = state.get("format_version")
    if type(version) is not int or version < 1:
        raise CheckpointError(f"{path} is damaged: {version!r} is not a format version; use an earlier state")
    if version > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} was made by a newer seq2seq (format {version}; this one reads up to {FORMAT_VERSION}); "
            "upgrade seq2seq-lag"
        )
    return state


def check_content(state: dict[str, Any], path: Path) -> tuple[Config, Vocabulary]:
    """See that a state holds all that training goes on from; return its configuration and its vocabulary.

    Raises:
        CheckpointError: something is missing, weights do not fit the configuration, or are not finite.
    """
    lacking = [key for key, kind in _CONTENT.items() if type(state.get(key)) is not kind]
    if lacking or [type(item) for item in state["data"]] != [str, str]:
        raise CheckpointError(
            f"{path} is not a whole training state: there is no {', '.join(lacking) or 'data'}; "
            "use an earlier state"
        )
    if not _is_progress(state["progress"]) or state["metrics_bytes"] < 0:
        raise CheckpointError(
            f"{path} is damaged: its progress cannot be that of a run; use an earlier state"
        )
    if not isinstance(state.get("made_with", {}), dict):
        raise CheckpointError(
            f"{path} is damaged: it cannot tell what it was made with; use an earlier state"
        )
    config, vocabulary = read_settings(state["config"], state["characters"], str(path))
    for part in ("network", "averaged"):
        weights = state["optimisation"].get(part)
        if not isinstance(weights, dict) or not all(map(_is_weight, weights.values())):
            raise CheckpointError(
                f"{path} is not a whole training state: there is no {part}; use an earlier state"
            )
        expected = weight_shapes(config.model, len(vocabulary), config.lag.train.largest, weights)
        check_weights(weights, expected, f"{path} ({part})")
        if bad := [name for name, weight in weights.items() if not torch.isfinite(weight).all()]:
            raise CheckpointError(
                f"{path} cannot be used: not all numbers are finite in {', '.join(bad)}; use an earlier state"
            )
    return config, vocabulary


def _is_progress(progress: dict[str, Any]) -> bool:
    """Whether these are numbers that a run can have come to."""
    whole = [value for name, value in progress.items() if name not in _REAL]
    real = [progress[name] for name in _REAL if name in progress]
    return (
        all(type(value) is int and -1 <= value < 2**63 for value in whole)
        and all(type(value) in (int, float) and not math.isnan(value) for value in real)
        and all(progress.get(name, -1) >= 0 for name in ("step", "epoch", "index"))
        and math.isfinite(progress.get("seconds", 0))
    )


def _is_weight(value: object) -> bool:
    """Whether a value is a tensor of numbers of its own, and not sparse or a mere description."""
    return (
        isinstance(value, torch.Tensor)
        and (value.is_floating_point() or value.dtype == torch.int64)
        and value.layout == torch.strided
        and value.device.type == "cpu"
    )


def _states(run_dir: Path) -> list[Path]:
    """The state files of a run directory, the newest first: by the number in the name, never by time."""
    if not run_dir.is_dir():
        return []
    matches = [(_NAME.fullmatch(path.name), path) for path in run_dir.iterdir()]
    numbered = [(int(match[1]), path) for match, path in matches if match]
    return [path for _, path in sorted(numbered, reverse=True)]


def latest_state(run_dir: Path) -> Path | None:
    """The state file of the highest step, good or not; None if there is none."""
    return next(iter(_states(run_dir)), None)


def newest_good_state(run_dir: Path, warn: Callable[[str], None]) -> tuple[Path, dict[str, Any]] | None:
    """Load the newest state that can be read; `warn` is told of each newer one that cannot.

    Returns:
        its path and content, or None if there is no state at all.

    Raises:
        CheckpointError: there are states and not one of them can be read.
    """
    paths = _states(run_dir)
    for path in paths:
        try:
            state = load_state(path)
            check_content(state, path)
            return path, state
        except CheckpointError as error:
            warn(f"{error}; trying the state before it")
    if paths:
        raise CheckpointError(f"no state in {run_dir} can be read; start again in another directory")
    return None


def prune_states(
    run_dir: Path, keep: int, protect: Collection[Path], run_id: str, warn: Callable[[str], None]
) -> None:
    """Delete the states of this run but for the newest `keep` that are undamaged, those newer, and `protect`.

    Checksums whose state is not there, as a kill leaves them, go too. States of other runs are left alone,
    and a deletion that fails is a warning.
    """
    assert keep >= 2, "the last one may be the one being written"
    good = 0
    protected = {path.name for path in protect}
    for path in _states(run_dir):
        if not _belongs(path, run_id):
            continue
        if good < keep:
            good += _is_undamaged(path)
        elif path.name not in protected:
            _delete(path, warn)
    for path in (sidecar.with_suffix("") for sidecar in run_dir.glob("state_*.pt.sha256")):
        if not path.exists() and _belongs(path, run_id):
            _delete(path, warn)


def _belongs(path: Path, run_id: str) -> bool:
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
    """The state first: a checksum without its file misleads nobody."""
    try:
        path.unlink(missing_ok=True)
        sidecar_of(path).unlink(missing_ok=True)
    except OSError as error:
        warn(f"cannot delete {path}: {error.strerror}")


def describe(path: Path) -> dict[str, Any]:
    """Summarise a training state in plain types. Errors as in `load_state` and `check_content`."""
    state = load_state(path)
    check_content(state, path)
    return {
        "file": str(path),
        "kind": "training state",
        "bytes": path.stat().st_size,
        "sha256": sha256_file(path),
        "format_version": state["format_version"],
        "step": state["step"],
        "run_id": state["run_id"],
        "holds": sorted(state),
    }
