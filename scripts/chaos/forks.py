"""Trainings in forked processes that are killed at a given moment."""

from __future__ import annotations

import contextlib
import functools
import os
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from multiprocessing.sharedctypes import RawArray
from pathlib import Path
from typing import Any, NamedTuple

from tqdm import tqdm

PHASES = ("starting", "stepping", "saving", "evaluating", "drawing", "ending")
STARTING, STEPPING, SAVING, EVALUATING, DRAWING, ENDING = range(6)


class Moment(NamedTuple):
    """When to kill: after some seconds, or at a number of calls within a phase."""

    seconds: float = 0.0
    phase: int = -1
    calls: int = 0


NEVER = Moment()


class Board:
    """Shared memory in which a child notes its phase, and the number of calls in each phase."""

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
        """In a child: note its phases and calls from here on, and kill it at the given moment."""
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
        noted(Writer, "draw_curves", DRAWING, STEPPING, None)  # the end of an evaluation
        noted(Run, "loop", STEPPING, ENDING, None)


def fork(arguments: Sequence[str], draws: bool, log: Path, board: Board, moment: Moment) -> int:
    """Start a child that runs the command line, with its output in `log`; return its process number."""
    tasks = Path("/proc/self/task")
    assert not tasks.exists() or len(list(tasks.iterdir())) == 1, (
        "a fork copies all locks, but only one thread"
    )
    board.clear()
    if child := os.fork():
        return child
    code = 70
    try:
        os.setsid()  # Ctrl-C must reach only the parent
        signal.signal(signal.SIGINT, signal.default_int_handler)
        for descriptor, target in ((os.open(os.devnull, os.O_RDONLY), 0), (_appending(log), 1), (1, 2)):
            os.dup2(descriptor, target)
        tqdm._instances.clear()  # the progress bar belongs to the parent
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
    """Wait for a child, killing it at the given moment; return its exit code, -9 for a killed one."""
    try:
        if moment.seconds:
            time.sleep(moment.seconds)
            # A child that has ended can still be signalled until it is waited for.
            os.kill(child, signal.SIGKILL)
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    except KeyboardInterrupt:
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise
