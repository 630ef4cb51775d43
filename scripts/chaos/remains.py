"""What a training leaves in its run directory, in a form that can be compared to the bit."""

from __future__ import annotations

import contextlib
import io
from pathlib import Path
from typing import Any

WALL_CLOCK = {"seconds", "dev_seconds", "chars_per_second"}
"""Names of measured times, which differ from run to run."""


def left_by(run: Path) -> dict[str, str]:
    """Return all that a training left, to the bit, by name, except for measured times and the run's name."""
    from seq2seq.storage.modelfile import read_model
    from seq2seq.storage.runlog import read_metrics
    from seq2seq.training.checkpoint import load_state

    left = {f"file {path.relative_to(run)}": "" for path in run.rglob("*")}
    for path in run.glob("state_*.pt"):
        state = load_state(path)
        del state["run_id"], state["metrics_bytes"], state["progress"]["seconds"]
        left |= _flat(state, path.name)
    model = read_model(run / "model.safetensors")
    info = {key: value for key, value in model.info.items() if key not in {"run_id", *WALL_CLOCK}}
    left |= _flat({**vars(model), "info": info}, "model")
    for number, record in enumerate(read_metrics(run / "metrics.jsonl")):
        left |= _flat(
            {key: value for key, value in record.items() if key not in WALL_CLOCK}, f"metrics {number}"
        )
    return left


def _flat(value: Any, name: str) -> dict[str, str]:
    """Return every leaf of nested dictionaries and lists by its place; arrays and tensors as bytes."""
    if isinstance(value, dict):
        return {key: leaf for k, item in value.items() for key, leaf in _flat(item, f"{name}.{k}").items()}
    if isinstance(value, (list, tuple)):
        return _flat(dict(enumerate(value)), name)
    if hasattr(value, "shape"):
        array = value if hasattr(value, "tobytes") else value.numpy()
        return {name: f"{array.dtype} {array.shape} {array.tobytes().hex()}"}
    return {name: repr(value)}


def differences(left: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Return the names whose values are missing, additional or different."""
    names = sorted(left.keys() | expected.keys())
    return [name for name in names if left.get(name) != expected.get(name)]


def visible(run: Path) -> tuple[int, str]:
    """Verify every checkpoint in the run directory of a killed training with `seq2seq checkpoint verify`.

    Returns:
        The number of checkpoints, and the messages about the damaged ones.
    """
    from seq2seq.cli import run as seq2seq

    paths = sorted([*run.glob("state_*.pt"), *run.glob("model.safetensors")])
    wrong = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(wrong):
        code = seq2seq(["checkpoint", "verify", *map(str, paths)]) if paths else 0
    return len(paths), wrong.getvalue() if code else ""


def newest_state(run: Path) -> str:
    """Return the name of the training state of the highest step; "" if there is none."""
    return max((path.name for path in run.glob("state_*.pt")), default="")


def compare(run: Path, expected: dict[str, str], resumed_from: str) -> str:
    """Return the first differences between a finished training and what was expected, as text.

    The state that it was last resumed from is kept, so it is not a difference.
    """
    left = left_by(run)
    if resumed_from and f"file {resumed_from}" not in expected:
        left = {name: leaf for name, leaf in left.items() if resumed_from not in name}
    return ", ".join(differences(left, expected)[:5])
