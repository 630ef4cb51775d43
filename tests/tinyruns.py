"""Tiny training runs for the tests, ways to stop them, and comparisons of what they leave."""

from __future__ import annotations

import dataclasses
import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any

import pytest
import torch

from seq2seq.config.schema import Config
from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.errors import Interrupted
from seq2seq.storage.modelfile import read_model, to_bytes
from seq2seq.storage.runlog import read_metrics
from seq2seq.training import run as training
from seq2seq.training.checkpoint import load_state
from seq2seq.training.run import train

DATA = Path(__file__).parent.parent / "data"

TINY = """\
data: {{train: {train}, dev: {dev}}}
lag: {{train: {{uniform: [0, 8], full: 0.5}}}}
model: {{embedding: 8, hidden: 16, dropout: 0.2}}
train:
  max_steps: 16
  batch_chars: 1600
  accumulate: 2
  learning_rate: 1e-2
  warmup_steps: 4
  char_dropout: 0.1
  ema: 0.9
  precision: fp32
  eval_every: 6
  checkpoint_every: 5
  eval_sentences: 4
  select_by: loss
  log_every: 4
  threads: 1
"""
"""All that matters for resuming is on: dropout, the average, mixed lags, accumulation."""


def bundled(name: str, count: int) -> list[Pair]:
    """Return the first `count` pairs of a bundled part."""
    return list(islice(read_pairs(DATA / f"{name}.tsv"), count))


def write_pairs(path: Path, pairs: list[Pair]) -> Path:
    """Write pairs as a .tsv file."""
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


def tiny_config(directory: Path) -> Path:
    """Write 200 training and 8 dev pairs and a configuration for them into `directory`; return its path."""
    parts = {"train": bundled("train", 200), "dev": bundled("dev", 8)}
    files = {name: write_pairs(directory / f"{name}.tsv", pairs) for name, pairs in parts.items()}
    path = directory / "tiny.yaml"
    path.write_text(TINY.format(**files), encoding="utf-8")
    return path


@contextmanager
def after_steps(act: Callable[[training.Run], None]) -> Iterator[None]:
    """Within the block, call `act` with the run after each of its steps.

    Signals act as in a terminal, even if the process that started the tests ignores them.
    """
    step = training.Run._step
    usual: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}

    def watched(run: training.Run) -> None:
        step(run)
        act(run)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(training.Run, "_step", watched)
        before = {number: signal.signal(number, handler) for number, handler in usual.items()}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)


def signal_after(number: int, *steps: int) -> Callable[[training.Run], None]:
    """Return a function for `after_steps` that sends this process a signal after each of `steps`."""

    def act(run: training.Run) -> None:
        if run.progress.step in steps:
            os.kill(os.getpid(), number)

    return act


STEPS = 16


WALL_CLOCK = {"state.run_id", "state.metrics_bytes", "state.progress.seconds"}


@dataclasses.dataclass(frozen=True)
class Reference:
    """A run that was never stopped, and where in its epochs it was after each step."""

    directory: Path
    last_of_epoch: list[int]

    def state(self) -> dict[str, Any]:
        return load_state(self.directory / f"state_{STEPS:08d}.pt")


def stop_after(step: int, config: Config, directory: Path, resume: bool = False) -> None:
    """Train until a SIGINT comes after `step`."""
    with after_steps(signal_after(signal.SIGINT, step)), pytest.raises(Interrupted, match=f"step {step};"):
        train(config, directory, resume, "cpu")


def finish(config: Config, directory: Path, after: int) -> None:
    """Resume a run to its end, and check that it does exactly the steps after `after`."""
    steps: list[int] = []
    with after_steps(lambda run: steps.append(run.progress.step)):
        train(config, directory, resume=True, device="cpu")
    assert steps == list(range(after + 1, STEPS + 1))


def flat(value: Any, name: str = "state") -> Iterator[tuple[str, Any]]:
    """Yield every leaf of nested dicts and lists with its path."""
    items = (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else None
    )
    if items is None:
        yield name, value
    else:
        for key, item in items:
            yield from flat(item, f"{name}.{key}")


def differences(a: dict[str, Any], b: dict[str, Any]) -> list[str]:
    """Return the paths at which two training states differ, except for times and names."""
    left, right = dict(flat(a)), dict(flat(b))
    assert left.keys() == right.keys()
    same = (torch.equal(x, y) if isinstance(x, torch.Tensor) else x == y for x, y in zip_values(left, right))
    return [name for name, equal in zip(left, same, strict=True) if not equal and name not in WALL_CLOCK]


def zip_values(left: dict[str, Any], right: dict[str, Any]) -> Iterator[tuple[Any, Any]]:
    return ((left[name], right[name]) for name in left)


def model_bytes(directory: Path) -> bytes:
    """Return the model file of a run as bytes, without times and names."""
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
