"""The systems that scripts/bench/peers.py times: how each is installed, trained, and made to translate."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any, ClassVar, NamedTuple

from seq2seq.storage.modelfile import read_model, write_model
from seq2seq.storage.runlog import read_metrics
from seq2seq.text.vocabulary import END

PEERS = Path(__file__).parent
ROOT = PEERS.parents[2]
TORCH = "torch==2.13.0"
"""Installed by itself first: an open range may bring several gigabytes of CUDA packages with it."""
WARM_UP = 2
"""Updates that are not counted."""
LEAST = 3
"""Updates that are counted even when the time is over."""
START = 60
"""Seconds that a system may take to start before its time runs."""
FOREVER = 100_000_000
SENTENCE = "Where is the station?"


class Failure(Exception):
    """A system did not install or run; the message is one line."""


class Update(NamedTuple):
    """One update of the weights, or a few: the speed that was reported for it, and how long it took."""

    speed: float
    seconds: float


@dataclass(frozen=True)
class Bench:
    """What all systems are given.

    Attributes:
        work: a directory of files in all the forms that they want, where they run and leave what they make.
        cache: where virtual environments are kept.
        threads: for each process.
        sentences: how many sentences are decoded side by side.
        length: characters that are written for each sentence.
        cold_length: likewise for `SENTENCE` alone.
    """

    work: Path
    cache: Path
    threads: int
    sentences: int
    length: int
    cold_length: int

    def environment(self) -> dict[str, str]:
        """Return the variables of every process: the same threads for all, and this checkout to import."""
        threads = {name: str(self.threads) for name in ("OMP_NUM_THREADS", "MKL_NUM_THREADS")}
        ours = {"PYTHONPATH": str(ROOT), "SEQ2SEQ_CACHE": str(self.work / "prepared")}
        return dict(os.environ) | threads | ours

    def call(self, command: Sequence[str | Path], timeout: float, sources: str | None = None) -> str:
        """Run a command to its end and return all that it printed.

        Args:
            command: the program and its arguments.
            timeout: seconds.
            sources: a file in `work` to give it as standard input.
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
    """Tell how far it has come."""
    print(line, file=sys.stderr, flush=True)


def complaint(output: str) -> str:
    """Return the line of a failed program's output that says why, as well as can be guessed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no word"]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception)\b", line, re.IGNORECASE)]
    return (errors or lines)[-1][:200]


def numbers(pattern: re.Pattern[str], output: str) -> list[float]:
    """Return the numbers that are the first group of a pattern in what a program printed."""
    found = pattern.findall(output)
    if not found:
        raise Failure(f"it prints nothing like {pattern.pattern}")
    return [float(number) for number in found]


def mean_speed(updates: Sequence[Update]) -> float:
    """Return the mean of the reported speeds over time."""
    return sum(update.speed * update.seconds for update in updates) / sum(u.seconds for u in updates)


def watch(
    bench: Bench, command: Sequence[str | Path], pattern: re.Pattern[str], seconds: float
) -> list[Update]:
    """Run a training, which prints its speed after every update, for some time; then end it.

    Args:
        bench: where and how it runs.
        command: the training; it would go on for ever.
        pattern: its first group is the speed in a line that reports one.
        seconds: how long, after the warm-up.
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


def _updates(process: subprocess.Popen[str], pattern: re.Pattern[str], seconds: float) -> list[Update]:
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
    return [Update(*both) for both in zip(speeds[WARM_UP:], each, strict=True)]


class System:
    """One translator: how to install it, train it, and translate with it.

    Attributes:
        title: its name in tables.
        package: the distribution whose version is reported.
        precisions: those that it offers on a CPU.
        bare: a requirement that is installed without those of its own.
        speed: what its training prints after an update; the first group is target symbols a second.
        size: what its training prints about its number of parameters.
        took: what its translating prints about the seconds that it took; all of them are added up.
    """

    title: ClassVar[str]
    package: ClassVar[str]
    precisions: ClassVar[tuple[str, ...]] = ("fp32", "bf16")
    bare: ClassVar[str | None] = None
    speed: ClassVar[re.Pattern[str]]
    size: ClassVar[re.Pattern[str]] = re.compile(r"parameters: (\d+)")
    took: ClassVar[re.Pattern[str]] = re.compile(r"translating took ([\d.]+) s")

    def __init__(self, bench: Bench) -> None:
        self.bench = bench
        self.home = bench.cache / self.package

    def program(self, name: str) -> Path:
        """Return a program of its environment."""
        return self.home / "bin" / name

    def install(self) -> None:
        """Create its environment, unless there is one made from the same requirements."""
        requirements = PEERS / f"{self.package}.txt"
        recipe = "\n".join([TORCH, str(self.bare), requirements.read_text(encoding="utf-8")])
        made = self.home / "made-from.txt"
        if made.exists() and made.read_text(encoding="utf-8") == recipe:
            return
        say(f"{self.title}: installing into {self.home}")
        self.bench.call([sys.executable, "-m", "venv", "--clear", self.home], 120)
        pip: list[str | Path] = [self.program("python"), "-m", "pip", "install", "--quiet"]
        pinned = self.home / "torch.txt"
        pinned.write_text(f"{TORCH}\n")
        self.bench.call([*pip, TORCH], 1200)
        self.bench.call([*pip, "-c", pinned, "-r", requirements], 1200)
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
        """Train for a moment, so that there is a model; return its number of parameters."""
        output = self.bench.call(self.training(self.run, "fp32", 2000, WARM_UP), 3 * START)
        return int(sum(numbers(self.size, output)))

    @property
    def run(self) -> str:
        """What the model is called that it translates with."""
        return f"{type(self).__name__.lower()}-first"

    def train(self, precision: str, batch_chars: int, seconds: float) -> list[Update]:
        """Train for some time and tell how fast, warm-up left out."""
        command = self.training(f"{self.package}-timed", precision, batch_chars, FOREVER)
        return watch(self.bench, command, self.speed, seconds)

    def decode(self, precision: str, count: int, timeout: float) -> tuple[int, float]:
        """Translate all sources; return how many characters were written, and in how many seconds."""
        command = self.translating(self.run, precision, "sources.txt", self.bench.length)
        output = self.bench.call(command, timeout, "sources.txt")
        return count * self.bench.length, sum(numbers(self.took, output))

    def start(self) -> None:
        """Translate one sentence."""
        command = self.translating(self.run, "fp32", "sentence.txt", self.bench.cold_length)
        self.bench.call(command, 2 * START, "sentence.txt")


class Ours(System):
    """This project."""

    title = "seq2seq"
    package = "seq2seq-lag"

    def program(self, name: str) -> Path:
        """It runs where this script does."""
        return Path(sys.executable) if name == "python" else Path(sys.executable).with_name(name)

    def install(self) -> None:
        """There is nothing to do."""

    def training(
        self, run: str, precision: str, batch_chars: int, updates: int, minutes: float = FOREVER
    ) -> list[str | Path]:
        shutil.rmtree(self.bench.work / run, ignore_errors=True)
        values = {"precision": precision, "batch_chars": batch_chars, "updates": updates, "minutes": minutes}
        config = self.bench.fill("ours.yaml", run=run, **values)
        return [sys.executable, "-m", "seq2seq", "train", config, "--out", run, "--device", "cpu"]

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        del length  # its own limit
        return [sys.executable, PEERS / "run_ours.py", f"{run}/model.safetensors", sources, precision]

    def first(self) -> int:
        """Likewise; and make the end mark so unlikely that every translation goes on to its limit."""
        self.bench.call(self.training(self.run, "fp32", 2000, WARM_UP), 3 * START)
        path = self.bench.work / self.run / "model.safetensors"
        model = read_model(path)
        bias_V = model.weights["output.bias"].copy()
        bias_V[END] = -1e4
        write_model(path, replace(model, weights={**model.weights, "output.bias": bias_V}))
        return sum(array.size for array in model.weights.values())

    def train(self, precision: str, batch_chars: int, seconds: float) -> list[Update]:
        """It ends by itself, and its speeds are in a file."""
        run = f"{self.package}-timed"
        minutes = (seconds + 10) / 60  # ten seconds for the data and the warm-up
        command = self.training(run, precision, batch_chars, FOREVER, minutes)
        self.bench.call(command, 2 * START + 3 * seconds)
        updates = logged(read_metrics(self.bench.work / run / "metrics.jsonl"))
        if len(updates) < LEAST:
            raise Failure(f"only {len(updates)} updates in that time")
        return updates

    def decode(self, precision: str, count: int, timeout: float) -> tuple[int, float]:
        """Its translations differ in length, so it counts them."""
        del count
        output = self.bench.call(self.translating(self.run, precision, "sources.txt", 0), timeout)
        characters = numbers(re.compile(r"for (\d+) characters"), output)
        return int(sum(characters)), sum(numbers(self.took, output))

    def start(self) -> None:
        """The command as a user types it."""
        model = f"{self.run}/model.safetensors"
        self.bench.call([sys.executable, "-m", "seq2seq", "translate", "--model", model, SENTENCE], START)


def logged(records: Sequence[dict[str, Any]]) -> list[Update]:
    """Return the updates that metrics.jsonl tells of, warm-up left out."""
    records = [record for record in records if "chars_per_second" in record][WARM_UP - 1 :]
    return [
        Update(after["chars_per_second"], after["seconds"] - before["seconds"])
        for before, after in pairwise(records)
    ]


class JoeyNMT(System):
    """Its recurrent model, of two directions, since its version for one fails."""

    title = "JoeyNMT"
    package = "joeynmt"
    precisions = ("fp32",)  # on a CPU it switches half precision off
    bare = "joeynmt==2.3.0"
    speed = re.compile(r"Tokens per Sec: +(\d+)")
    size = re.compile(r"Total params: (\d+)")
    took = re.compile(r"Generation took ([\d.]+)\[sec\]")

    def command(self, mode: str, run: str, **values: int) -> list[str | Path]:
        """Return a call of its command line."""
        given = {"batch_chars": 1, "updates": 1, "length": 1, "sentences": self.bench.sentences} | values
        config = self.bench.fill("joeynmt.yaml", run=run, **given)
        return [self.program("python"), PEERS / "run_joeynmt.py", mode, config]

    def training(self, run: str, precision: str, batch_chars: int, updates: int) -> list[str | Path]:
        del precision
        return [*self.command("train", run, batch_chars=batch_chars, updates=updates), "--skip-test"]

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        del precision, sources  # it reads standard input
        return self.command("translate", run, length=length)


class Eole(System):
    """Its recurrent model without input feeding, the faster of its two."""

    title = "Eole"
    package = "eole"
    speed = re.compile(r"/ *(\d+) tok/s")
    size = re.compile(r"number of parameters: (\d+)")
    took = re.compile(r"(?:Step 0 time|Subsequent prediction time including all) \(s\): ([\d.]+)")

    def training(self, run: str, precision: str, batch_chars: int, updates: int) -> list[str | Path]:
        values = {"precision": precision, "batch_chars": batch_chars, "updates": updates}
        return [self.program("eole"), "train", "-c", self.bench.fill("eole_train.yaml", run=run, **values)]

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        values = {"precision": precision, "length": length, "sentences": self.bench.sentences}
        sources = sources.replace(".txt", ".characters.txt")
        config = self.bench.fill("eole_predict.yaml", run=run, sources=sources, **values)
        return [self.program("eole"), "predict", "-c", config]


class Keras(System):
    """The network of its character-level example for beginners: one layer each, one-hot, no attention."""

    title = "Keras example, 512 units"
    package = "keras"
    units: ClassVar[int] = 512
    speed = re.compile(r"symbols a second: ([\d.]+)")

    def command(self, mode: str, precision: str, *words: str, **options: int) -> list[str | Path]:
        """Return a call of the program."""
        flags = [f"--{name.replace('_', '-')}={value}" for name, value in options.items()]
        return [
            self.program("python"),
            PEERS / "run_keras.py",
            mode,
            *words,
            *flags,
            f"--precision={precision}",
        ]

    def training(self, run: str, precision: str, batch_chars: int, updates: int) -> list[str | Path]:
        options = {"units": self.units, "batch_chars": batch_chars, "updates": updates}
        return self.command("train", precision, "train.tsv", f"{run}.weights.h5", **options)

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        options = {"length": length, "sentences": self.bench.sentences}
        return self.command("translate", precision, f"{run}.weights.h5", sources, **options)


class KerasWide(Keras):
    """The same, so wide that it has as many parameters as ours."""

    title = "Keras example, 1,024 units"
    units = 1024


SYSTEMS: dict[str, type[System]] = {
    "ours": Ours,
    "joeynmt": JoeyNMT,
    "eole": Eole,
    "keras": Keras,
    "keras-wide": KerasWide,
}
