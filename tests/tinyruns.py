"""Tiny training runs for the tests: a few bundled pairs, a network of a few units, a hand on the brake."""

from __future__ import annotations

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.training import run as training

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
"""Everything that could go wrong on resuming is on: dropout, an average, mixed lags, accumulation."""


def bundled(name: str, count: int) -> list[Pair]:
    """Return the first `count` pairs of a bundled part."""
    return list(islice(read_pairs(DATA / f"{name}.tsv"), count))


def write_pairs(path: Path, pairs: list[Pair]) -> Path:
    """Write pairs as a .tsv file."""
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


def tiny_config(directory: Path) -> Path:
    """Write 200 training and 8 dev pairs and a configuration for them into `directory`; return its path."""
    train = write_pairs(directory / "train.tsv", bundled("train", 200))
    dev = write_pairs(directory / "dev.tsv", bundled("dev", 8))
    path = directory / "tiny.yaml"
    path.write_text(TINY.format(train=train, dev=dev), encoding="utf-8")
    return path


@contextmanager
def after_steps(act: Callable[[training.Run], None]) -> Iterator[None]:
    """Call `act` with the run after each of its steps, for as long as this is entered.

    Signals act as in a terminal, also where whoever started the tests has them ignored.
    """
    step = training.Run._step
    usual = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}

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
    """Return what sends this process a signal after each of `steps`."""

    def act(run: training.Run) -> None:
        if run.progress.step in steps:
            os.kill(os.getpid(), number)

    return act
