"""Trainings killed with SIGKILL at random moments, resumed, and compared with one that was never killed.

A training is a process that runs `seq2seq train`. To make hundreds of them affordable, this process imports
PyTorch once and forks: the child starts in the state that a new process has after its imports and runs the
same command line, with its own process number, memory and files. Nothing is shared that a training could
depend on: there is no second thread at the time of the fork, and the uninterrupted training that all are
compared with is a new process, `python -m seq2seq train`, not a fork.

The moment of a kill is drawn in one of two ways. By the clock: this process waits a random time and then
kills the child, whatever it is doing; the kernel interrupts or completes a system call in progress. By calls:
the child kills itself with the same signal at the n-th call or return of a Python or C function during its
saves or its evaluations. n is drawn uniformly, so all places between two calls are equally likely, and the
same seed leads to the same place.
"""

from __future__ import annotations

import contextlib
import dataclasses
import importlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

from tqdm import tqdm

from scripts.chaos.forks import EVALUATING, NEVER, PHASES, SAVING, Board, Moment, fork, wait
from scripts.chaos.remains import compare, differences, left_by, newest_state, visible
from scripts.chaos.trial import Trial
from scripts.results import ROOT

CONFIG = """\
data: {{train: {0}/train.tsv, dev: {0}/dev.tsv}}
lag: {{train: {{uniform: [0, 8], full: 0.5}}}}
model: {{embedding: 8, hidden: 16, dropout: 0.2}}
train:
  max_steps: 16
  batch_chars: 1600
  accumulate: 2
  learning_rate: 1e-2
  warmup_steps: 4
  char_dropout: 0.1
  source_noise: 0.1
  joined: 0.3
  ema: 0.9
  precision: fp32
  eval_sentences: 4
  threads: 1
"""
"""It uses all that resuming could get wrong: noise, dropout, averaging, mixed lags, accumulation."""

SCENARIOS = (
    "checkpoint_every=5 eval_every=6 log_every=4 select_by=loss",
    "checkpoint_every=1 eval_every=8 log_every=3 select_by=loss keep_checkpoints=3",
    "checkpoint_every=7 eval_every=2 log_every=1 select_by=chrf",
)
"""Settings of the section `train`, used in turn; saves and evaluations alternate differently in each."""

WITHOUT_CURVES = "import sys; sys.modules['matplotlib'] = None; from seq2seq.cli import main; main()"
"""Drawing takes longer than the rest of such a training, so only the first scenario draws."""

MOST_KILLS = 5


@dataclasses.dataclass(frozen=True)
class Reference:
    """A training that was never killed: what it left, and the range of moments at which to kill one like it.

    Attributes:
        config: the configuration file.
        settings: the overrides of the scenario.
        draws: whether it draws its curves.
        left: what it left; see `left_by`.
        seconds: the duration of a fork of it.
        calls: the number of calls within its saves and its evaluations, by phase.
    """

    config: Path
    settings: list[str]
    draws: bool
    left: dict[str, str]
    seconds: float
    calls: dict[int, int]

    def arguments(self, run: Path, config: Path | None = None, resume: bool = True) -> list[str]:
        """Return the command that starts or resumes a training."""
        changes = [word for setting in self.settings for word in ("--set", setting)]
        chosen = ["train", str(config or self.config), "--out", str(run), "--device", "cpu", *changes]
        return [*chosen, "--resume"] if resume else chosen

    def moment(self, rng: random.Random) -> Moment:
        """Draw the moment of a kill."""
        phase = rng.choice([-1, *self.calls])
        if phase < 0:
            return Moment(seconds=rng.uniform(0.001, self.seconds))
        return Moment(phase=phase, calls=rng.randint(1, self.calls[phase]))


def prepare(directory: Path) -> Path:
    """Write a tiny corpus and its configuration; return the path of the configuration."""
    for name, count in (("train", 200), ("dev", 8)):
        with (ROOT / "data" / f"{name}.tsv").open("rb") as lines:
            (directory / f"{name}.tsv").write_bytes(b"".join(islice(lines, count)))
    path = directory / "tiny.yaml"
    path.write_text(CONFIG.format(directory), encoding="utf-8")
    return path


def make_reference(number: int, directory: Path, board: Board) -> Reference:
    """Train without a kill, in a new process and in a fork, and check that both leave the same."""
    settings = [f"train.{setting}" for setting in SCENARIOS[number].split()]
    reference = Reference(prepare(directory), settings, number == 0, {}, 0.0, {})
    new, forked, log = directory / "new", directory / "fork", directory / "log"
    start = ["-m", "seq2seq"] if reference.draws else ["-c", WITHOUT_CURVES]
    command = [sys.executable, *start, *reference.arguments(new, resume=False)]
    subprocess.run(command, check=True, capture_output=True)
    began = time.perf_counter()
    child = fork(reference.arguments(forked, resume=False), reference.draws, log, board, NEVER)
    code = wait(child, NEVER)
    seconds = time.perf_counter() - began
    assert code == 0, log.read_text()
    left = left_by(new)
    assert differences(left_by(forked), left) == [], "a training in a fork differs from one in a new process"
    calls = {phase: board.calls(phase) for phase in (SAVING, EVALUATING)}
    return dataclasses.replace(reference, left=left, seconds=seconds, calls=calls)


# The trials.


def run(trial: Trial) -> None:
    """Run the trial: kill one training for each try."""
    _import_all()
    with tempfile.TemporaryDirectory() as name, _environment():
        board, references = Board(), []
        for number in range(len(SCENARIOS)):
            directory = Path(name, f"reference {number}")
            directory.mkdir()
            os.environ["SEQ2SEQ_CACHE"] = str(directory / "cache")
            references.append(make_reference(number, directory, board))
        for index in trial.each():
            directory = Path(name, f"training {index}")
            directory.mkdir()
            os.environ["SEQ2SEQ_CACHE"] = str(directory / "cache")
            kill_one(trial, index, references[index % len(references)], directory, board)
            shutil.rmtree(directory)


def _import_all() -> None:
    """Import all that a training imports, once for all children."""
    for name in (
        "torch._dynamo",
        "matplotlib.pyplot",
        "sacrebleu",
        "seq2seq.commands.train",
        "seq2seq.training.run",
    ):
        importlib.import_module(name)


@contextlib.contextmanager
def _environment() -> Iterator[None]:
    """Give children and new processes one thread, and a progress bar without a thread or a shared lock."""
    tqdm.monitor_interval = 0
    # The usual lock is shared by processes, and a killed one never releases it.
    tqdm.set_lock(threading.RLock())
    before = dict(os.environ)
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def kill_one(trial: Trial, index: int, reference: Reference, directory: Path, board: Board) -> None:
    """Kill one training up to `MOST_KILLS` times, let it end, and compare what it left."""
    rng, where, log = trial.rng(index), directory / "run", directory / "log"
    wanted, kills, code = rng.randint(1, MOST_KILLS), 0, -1
    while code:
        moment = reference.moment(rng) if kills < wanted else NEVER
        resumed_from, own = newest_state(where), where / "config.yaml"  # an interrupted run names it
        config = own if own.exists() and rng.random() < 0.5 else None
        arguments = reference.arguments(where, config, own.exists())
        code, wrong = wait(fork(arguments, reference.draws, log, board, moment), moment), ""
        if code == -signal.SIGKILL:
            kills += 1
            seen, wrong = visible(where)
            wrong += "a state was lost" if newest_state(where) < resumed_from else ""
            trial.counts["kills"] += 1
            trial.counts[f"killed while {PHASES[board.phase]}"] += 1
            trial.counts["checkpoints verified"] += seen
        elif code == 0 and not kills:
            shutil.rmtree(where)  # it ended before it could be killed
            code = -1
        else:
            wrong = f"exit code {code}" if code else compare(where, reference.left, resumed_from)
        if wrong:
            shutil.copytree(directory, trial.evidence / f"kills-{trial.seed}-{index}", dirs_exist_ok=True)
            return trial.fail(index, f"after {kills} kills: {wrong}", {"log": log.read_bytes()})
    trial.counts["trainings the same to the bit"] += 1
    return None
