"""A system to be timed: how it is installed, trained and made to translate."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import ClassVar, NamedTuple

from scripts.results import ROOT

PEERS = Path(__file__).parent
TORCH = "torch==2.13.0"
"""Installed first and by itself: an open range may install several gigabytes of CUDA packages."""
WARM_UP = 2
"""Updates that are left out of the measurement."""
LEAST = 3
"""Least number of updates that are measured, even if that takes longer than asked for."""
START = 60
"""Seconds that a system may take to start, in addition to the measured time."""
FOREVER = 100_000_000
SENTENCE = "Where is the station?"


class Failure(Exception):
    """A system could not be installed or run; the message is one line."""


class TimedUpdates(NamedTuple):
    """One or a few updates of the weights: the speed that was reported, and the seconds they took."""

    speed: float
    seconds: float


@dataclass(frozen=True)
class Comparison:
    """The setting of a comparison, the same for all systems.

    Attributes:
        work: the directory in which they run, with the data in the formats that they read.
        cache: the directory of the virtual environments.
        threads: number of threads of each process.
        sentences: number of sentences in a batch of decoding.
        length: number of characters that are written for each sentence.
        cold_length: the same for `SENTENCE` alone.
    """

    work: Path
    cache: Path
    threads: int
    sentences: int
    length: int
    cold_length: int

    def environment(self) -> dict[str, str]:
        """Return the environment variables of all processes: threads, and this checkout to import."""
        threads = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        ours = {"PYTHONPATH": str(ROOT), "SEQ2SEQ_CACHE": str(self.work / "prepared")}
        return dict(os.environ) | threads | ours

    def call(self, command: Sequence[str | Path], timeout: float, sources: str | None = None) -> str:
        """Run a command to its end and return all its output.

        Args:
            command: the program and its arguments.
            timeout: seconds.
            sources: a file in `work` for its standard input.
        """
        with open(self.work / sources if sources else os.devnull, "rb") as given:
            try:
                done = subprocess.run(
                    command,
                    stdin=given,
                    stdout=subprocess.PIPE,
                    stderr=subprocess.STDOUT,
                    cwd=self.work,
                    env=self.environment(),
                    timeout=timeout,
                    encoding="utf-8",
                    errors="replace",
                )
            except subprocess.TimeoutExpired:
                raise Failure(f"not finished after {timeout:.0f} s") from None
            except OSError as error:
                raise Failure(str(error)) from None
        if done.returncode:
            raise Failure(complaint(done.stdout))
        return done.stdout

    def fill(self, template: str, **values: object) -> str:
        """Write a configuration made from scripts/bench/systems/`template`; return its name in `work`."""
        text = Template((PEERS / template).read_text(encoding="utf-8")).substitute(values)
        name = f"{values['run']}.{template}"
        (self.work / name).write_text(text, encoding="utf-8")
        return name


def say(line: str) -> None:
    """Report progress on stderr."""
    print(line, file=sys.stderr, flush=True)


def complaint(output: str) -> str:
    """Return the line of a failed program's output that most likely names the cause."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no output"]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception)\b", line, re.IGNORECASE)]
    return (errors or lines)[-1][:200]


def numbers(pattern: re.Pattern[str], output: str) -> list[float]:
    """Return the numbers in the first group of a pattern in a program's output."""
    found = pattern.findall(output)
    if not found:
        raise Failure(f"its output has no match for {pattern.pattern}")
    return [float(number.replace(",", "")) for number in found]


def mean_speed(updates: Sequence[TimedUpdates]) -> float:
    """Return the mean of the reported speeds, weighted by time."""
    return sum(update.speed * update.seconds for update in updates) / sum(u.seconds for u in updates)


def watch(
    bench: Comparison, command: Sequence[str | Path], pattern: re.Pattern[str], seconds: float
) -> list[TimedUpdates]:
    """Run a training that prints its speed after every update for some time, then end it.

    Args:
        bench: the setting.
        command: a training without an end.
        pattern: matches a line that reports a speed; the first group is the speed.
        seconds: duration after the warm-up.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=bench.work,
        env=bench.environment(),
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    ) as process:
        limit = threading.Timer(2 * START + 3 * seconds, _end, [process])
        limit.start()
        try:
            return _updates(process, pattern, seconds)
        finally:
            limit.cancel()
            _end(process)


def _end(process: subprocess.Popen[str]) -> None:
    """End a process and its children."""
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _updates(process: subprocess.Popen[str], pattern: re.Pattern[str], seconds: float) -> list[TimedUpdates]:
    assert process.stdout is not None
    printed: list[str] = []
    speeds: list[float] = []
    times: list[float] = []
    for line in process.stdout:
        printed.append(line)
        if found := pattern.search(line):
            speeds.append(float(found[1]))
            times.append(time.monotonic())
            counted = len(times) - WARM_UP
            if counted >= LEAST and times[-1] - times[WARM_UP - 1] >= seconds:
                break
    if len(times) < WARM_UP + LEAST:
        raise Failure(f"ended after {len(times)} updates: {complaint(''.join(printed))}")
    each = [after - before for before, after in pairwise(times[WARM_UP - 1 :])]
    return [TimedUpdates(*both) for both in zip(speeds[WARM_UP:], each, strict=True)]


class System:
    """One translator: how to install it, train it, and translate with it.

    Attributes:
        title: its name in tables.
        package: the distribution whose version is reported.
        precisions: the precisions that it offers on a CPU.
        bare: a requirement that is installed without its own requirements.
        speed: matches the speed that training prints after an update, in target symbols a second.
        size: matches the number of parameters that training prints.
        took: matches the seconds that translating prints; they are added up.
    """

    title: ClassVar[str]
    package: ClassVar[str]
    precisions: ClassVar[tuple[str, ...]] = ("fp32", "bf16")
    bare: ClassVar[str | None] = None
    speed: ClassVar[re.Pattern[str]]
    size: ClassVar[re.Pattern[str]] = re.compile(r"parameters: (\d+)")
    took: ClassVar[re.Pattern[str]] = re.compile(r"translating took ([\d.]+) s")

    def __init__(self, bench: Comparison) -> None:
        self.bench = bench
        self.home = bench.cache / self.package

    def program(self, name: str) -> Path:
        """Return a program of its environment."""
        return self.home / "bin" / name

    def install(self) -> None:
        """Create its environment, unless one made from the same requirements exists."""
        requirements, versions = PEERS / f"{self.package}.txt", PEERS / f"{self.package}.versions.txt"
        files = [path.read_text(encoding="utf-8") for path in (requirements, versions)]
        recipe = "\n".join([TORCH, str(self.bare), *files])
        made = self.home / "made-from.txt"
        if made.exists() and made.read_text(encoding="utf-8") == recipe:
            return
        say(f"{self.title}: installing into {self.home}")
        self.bench.call([sys.executable, "-m", "venv", "--clear", self.home], 120)
        pip: list[str | Path] = [self.program("python"), "-m", "pip", "install", "--quiet"]
        pinned = self.home / "torch.txt"
        pinned.write_text(f"{TORCH}\n")
        self.bench.call([*pip, TORCH], 1200)
        self.bench.call([*pip, "-c", pinned, "-c", versions, "-r", requirements], 1200)
        if self.bare:
            self.bench.call([*pip, "--no-deps", self.bare], 300)
        made.write_text(recipe, encoding="utf-8")

    def version(self) -> str:
        """Return the version that is installed."""
        code = f"from importlib.metadata import version; print(version({self.package!r}))"
        return self.bench.call([self.program("python"), "-c", code], START).split()[-1]

    def training(self, run: str, precision: str, batch_chars: int, updates: int) -> list[str | Path]:
        """Return the command that trains for some updates and leaves a model called `run`."""
        raise NotImplementedError

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        """Return the command that translates a file with the model called `run`."""
        raise NotImplementedError

    def first(self) -> int:
        """Train briefly to make a model; return its number of parameters."""
        output = self.bench.call(self.training(self.run, "fp32", 2000, WARM_UP), 3 * START)
        return int(sum(numbers(self.size, output)))

    @property
    def run(self) -> str:
        """Name of the model that it translates with."""
        return f"{type(self).__name__.lower()}-first"

    def train(self, precision: str, batch_chars: int, seconds: float) -> list[TimedUpdates]:
        """Train for some time; return the updates after the warm-up."""
        command = self.training(f"{self.package}-timed", precision, batch_chars, FOREVER)
        return watch(self.bench, command, self.speed, seconds)

    def decode(self, precision: str, count: int, timeout: float) -> tuple[int, float]:
        """Translate all sources; return the number of characters written, and the seconds."""
        command = self.translating(self.run, precision, "sources.txt", self.bench.length)
        output = self.bench.call(command, timeout, "sources.txt")
        return count * self.bench.length, sum(numbers(self.took, output))

    def start(self) -> None:
        """Translate one sentence."""
        command = self.translating(self.run, "fp32", "sentence.txt", self.bench.cold_length)
        self.bench.call(command, 2 * START, "sentence.txt")
