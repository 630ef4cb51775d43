"""Trainings killed with SIGKILL at random moments, resumed, and compared with one that was never killed.

A training is a process that runs `seq2seq train`. To make hundreds of them affordable, this process imports
PyTorch once and forks: the child has what a new process has after its imports, and then goes through the same
command line, with its own number, its own memory and files. Nothing is shared that a training could lean on:
the fork happens while there is no second thread, and the uninterrupted training that all are compared with is
a new process, `python -m seq2seq train`, and no fork.

Where a kill falls is drawn in one of two ways. By the clock: this process waits a random time and then kills,
wherever the child may be; a system call under way is interrupted or completed as the kernel likes. By calls:
the child kills itself with the same signal at the n-th call or return of a function, Python's or the
system's, within its saves or its evaluations; n is uniform, so every place between two calls is as likely,
and the seed leads there again.
"""

from __future__ import annotations

import contextlib
import dataclasses
import functools
import importlib
import io
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any, NamedTuple

from chaos_trial import Trial
from measure import ROOT
from tqdm import tqdm

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
"""All that a resumed training could get wrong is on: noise, dropout, an average, mixed lags, accumulation."""

SCENARIOS = (
    "checkpoint_every=5 eval_every=6 log_every=4 select_by=loss",
    "checkpoint_every=1 eval_every=8 log_every=3 select_by=loss keep_checkpoints=3",
    "checkpoint_every=7 eval_every=2 log_every=1 select_by=chrf",
)
"""Settings, below `train`, of the trainings that are killed in turn: saves and evaluations take turns."""

WITHOUT_CURVES = "import sys; sys.modules['matplotlib'] = None; from seq2seq.cli import main; main()"
"""Drawing takes longer than all the rest of these trainings, so only the first of the scenarios does."""

PHASES = ("starting", "stepping", "saving", "evaluating", "drawing", "ending")
STARTING, STEPPING, SAVING, EVALUATING, DRAWING, ENDING = range(6)
MOST_KILLS = 5
WALL_CLOCK = {"seconds", "dev_seconds", "chars_per_second"}


class Moment(NamedTuple):
    """When to kill: after so many seconds, or at so many calls within a phase."""

    seconds: float = 0.0
    phase: int = -1
    calls: int = 0


NEVER = Moment()


class Board:
    """What a child tells its parent through shared memory: the phase it is in, and the calls in each."""

    def __init__(self) -> None:
        self.numbers = RawArray("q", len(PHASES) + 1)

    @property
    def phase(self) -> int:
        return int(self.numbers[-1])

    def calls(self, phase: int) -> int:
        return int(self.numbers[phase])

    def clear(self) -> None:
        self.numbers[:] = [0] * (len(PHASES) + 1)

    def watch(self, moment: Moment) -> None:
        """In a child: note what it does from here on, and kill it when the moment has come."""
        from seq2seq.training.run import Run
        from seq2seq.training.writer import Writer

        numbers = self.numbers

        def count(*_: object) -> None:
            phase = numbers[-1]
            numbers[phase] += 1
            if phase == moment.phase and numbers[phase] == moment.calls:
                os.kill(os.getpid(), signal.SIGKILL)

        def noted(
            owner: type, name: str, phase: int, after: int, profile: Callable[..., None] | None
        ) -> None:
            method = getattr(owner, name)

            @functools.wraps(method)
            def wrapper(*arguments: Any) -> Any:
                numbers[-1] = phase
                sys.setprofile(profile)
                try:
                    return method(*arguments)
                finally:
                    sys.setprofile(None)
                    numbers[-1] = after

            setattr(owner, name, wrapper)

        noted(Writer, "save", SAVING, STEPPING, count)
        noted(Run, "_evaluate", EVALUATING, STEPPING, count)
        noted(Writer, "draw_curves", DRAWING, STEPPING, None)  # it is the last thing in an evaluation
        noted(Run, "loop", STEPPING, ENDING, None)


def fork(arguments: Sequence[str], draws: bool, log: Path, board: Board, moment: Moment) -> int:
    """Start a child that runs the command line with its output in `log`; return its number."""
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len(list(tasks.iterdir())) == 1, (
        "a fork takes one thread along, and all locks"
    )
    board.clear()
    if child := os.fork():
        return child
    code = 70
    try:
        os.setsid()  # Ctrl-C is for the parent
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (_appending(log), 1), (1, 2)):
            os.dup2(descriptor, target)
        tqdm._instances.clear()  # the bar is the parent's
        if not draws:
            sys.modules["matplotlib"] = None  # type: ignore[assignment] # as if it were not installed
        board.watch(moment)
        from seq2seq.cli import main

        main(arguments)
    except SystemExit as done:
        code = done.code if isinstance(done.code, int) else 1
    except BaseException:  # noqa: BLE001 - whatever it is, it is for the log
        traceback.print_exc()
    finally:
        with contextlib.suppress(Exception):
            sys.stderr.flush()
        os._exit(code)


def _appending(log: Path) -> int:
    return os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o666)


def wait(child: int, moment: Moment) -> int:
    """Wait for a child, killing it when its time has come; return its exit code, -9 for a killed one."""
    try:
        if moment.seconds:
            time.sleep(moment.seconds)
            os.kill(child, signal.SIGKILL)  # it may have ended; it is still there to be waited for
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise


@dataclasses.dataclass(frozen=True)
class Reference:
    """A training that was never killed: what it left, and what of it can be a moment to kill at.

    Attributes:
        config: the file of settings.
        settings: those of the scenario.
        draws: whether it draws its curves.
        left: what it left; see `left_by`.
        seconds: how long a fork of it takes.
        calls: within its saves and its evaluations, by phase.
    """

    config: Path
    settings: list[str]
    draws: bool
    left: dict[str, str]
    seconds: float
    calls: dict[int, int]

    def arguments(self, run: Path, config: Path | None = None, resume: bool = True) -> list[str]:
        """Return the command that begins a training or goes on with it."""
        changes = [word for setting in self.settings for word in ("--set", setting)]
        chosen = ["train", str(config or self.config), "--out", str(run), "--device", "cpu", *changes]
        return [*chosen, "--resume"] if resume else chosen

    def moment(self, rng: random.Random) -> Moment:
        """Draw when to kill."""
        phase = rng.choice([-1, *self.calls])
        if phase < 0:
            return Moment(seconds=rng.uniform(0.001, self.seconds))
        return Moment(phase=phase, calls=rng.randint(1, self.calls[phase]))


def prepare(directory: Path) -> Path:
    """Write a tiny corpus and its configuration; return the latter."""
    for name, count in (("train", 200), ("dev", 8)):
        with (ROOT / "data" / f"{name}.tsv").open("rb") as lines:
            (directory / f"{name}.tsv").write_bytes(b"".join(islice(lines, count)))
    path = directory / "tiny.yaml"
    path.write_text(CONFIG.format(directory), encoding="utf-8")
    return path


def make_reference(number: int, directory: Path, board: Board) -> Reference:
    """Train without a kill, once in a new process and once in a fork, and see that both leave the same."""
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
    assert differences(left_by(forked), left) == [], "a fork trains otherwise than a new process"
    calls = {phase: board.calls(phase) for phase in (SAVING, EVALUATING)}
    return dataclasses.replace(reference, left=left, seconds=seconds, calls=calls)


# What a training left.


def left_by(run: Path) -> dict[str, str]:
    """Describe all that a training left, by name and to the bit, but for what is a matter of time or name."""
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
    """Return every leaf of nested dicts and lists by its place; arrays and tensors as their bytes."""
    if isinstance(value, dict):
        return {key: leaf for k, item in value.items() for key, leaf in _flat(item, f"{name}.{k}").items()}
    if isinstance(value, (list, tuple)):
        return _flat(dict(enumerate(value)), name)
    if hasattr(value, "shape"):
        array = value if hasattr(value, "tobytes") else value.numpy()
        return {name: f"{array.dtype} {array.shape} {array.tobytes().hex()}"}
    return {name: repr(value)}


def differences(left: dict[str, str], expected: dict[str, str]) -> list[str]:
    """Name what is missing, left over, or another."""
    names = sorted(left.keys() | expected.keys())
    return [name for name in names if left.get(name) != expected.get(name)]


def visible(run: Path) -> tuple[int, str]:
    """Verify every checkpoint that a killed training left in sight, as `seq2seq checkpoint verify` does.

    Returns:
        how many there are, and what is wrong with them.
    """
    from seq2seq.cli import run as seq2seq

    paths = sorted([*run.glob("state_*.pt"), *run.glob("model.safetensors")])
    wrong = io.StringIO()
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(wrong):
        code = seq2seq(["checkpoint", "verify", *map(str, paths)]) if paths else 0
    return len(paths), wrong.getvalue() if code else ""


def newest_state(run: Path) -> str:
    """Name the training state of the highest step; nothing is before all."""
    return max((path.name for path in run.glob("state_*.pt")), default="")


def compare(run: Path, reference: Reference, resumed_from: str) -> str:
    """Say how what a training left differs from the reference; nothing if it does not.

    It also keeps the state that it was last resumed from.
    """
    left = left_by(run)
    if resumed_from and f"file {resumed_from}" not in reference.left:
        left = {name: leaf for name, leaf in left.items() if resumed_from not in name}
    return ", ".join(differences(left, reference.left)[:5])


# The trials.


def run(trial: Trial) -> None:
    """Kill as many trainings as are asked for."""
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
    """Import what a training imports, now or later, once for all children."""
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
    """One thread, for children and new processes; no bar that has a thread or a shared lock."""
    tqdm.monitor_interval = 0
    tqdm.set_lock(threading.RLock())  # the usual one is shared by processes, and a killed one never lets go
    before = dict(os.environ)
    os.environ |= {"OMP_NUM_THREADS": "1", "MPLBACKEND": "Agg", "PYTHONPATH": str(ROOT)}
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


def kill_one(trial: Trial, index: int, reference: Reference, directory: Path, board: Board) -> None:
    """Kill one training some times, let it end, and compare what it left."""
    rng, where, log = trial.rng(index), directory / "run", directory / "log"
    wanted, kills, code = rng.randint(1, MOST_KILLS), 0, -1
    while code:
        moment = reference.moment(rng) if kills < wanted else NEVER
        resumed_from, own = newest_state(where), where / "config.yaml"  # which an interrupted run names
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
            shutil.rmtree(where)  # it was faster than its killer
            code = -1
        else:
            wrong = f"exit code {code}" if code else compare(where, reference, resumed_from)
        if wrong:
            shutil.copytree(directory, trial.evidence / f"kills-{trial.seed}-{index}", dirs_exist_ok=True)
            return trial.fail(index, f"after {kills} kills: {wrong}", {"log": log.read_bytes()})
    trial.counts["trainings the same to the bit"] += 1
    return None
