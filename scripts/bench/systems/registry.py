"""The systems that `scripts.bench.peers` times."""

from __future__ import annotations

import re
import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from typing import Any, ClassVar

import numpy as np

from scripts.bench.systems.base import (
    FOREVER,
    LEAST,
    PEERS,
    SENTENCE,
    START,
    WARM_UP,
    Failure,
    System,
    TimedUpdates,
    numbers,
)
from seq2seq.storage.modelfile import read_model, write_model
from seq2seq.storage.runlog import read_metrics
from seq2seq.text.vocabulary import END


class Ours(System):
    """This project."""

    title = "seq2seq"
    package = "seq2seq-lag"

    def program(self, name: str) -> Path:
        """Return a program of the environment that runs this script."""
        return Path(sys.executable) if name == "python" else Path(sys.executable).with_name(name)

    def install(self) -> None:
        """Do nothing: it runs in the environment of this script."""

    def training(
        self, run: str, precision: str, batch_chars: int, updates: int, minutes: float = FOREVER
    ) -> list[str | Path]:
        shutil.rmtree(self.bench.work / run, ignore_errors=True)
        values = {"precision": precision, "batch_chars": batch_chars, "updates": updates, "minutes": minutes}
        config = self.bench.fill("ours.yaml", run=run, **values)
        return [sys.executable, "-m", "seq2seq", "train", config, "--out", run, "--device", "cpu"]

    def translating(self, run: str, precision: str, sources: str, length: int) -> list[str | Path]:
        del length  # it has its own limit
        return [sys.executable, PEERS / "run_ours.py", f"{run}/model.safetensors", sources, precision]

    def first(self) -> int:
        """Train briefly; then make the end mark so unlikely that translations run to their length limit."""
        self.bench.call(self.training(self.run, "fp32", 2000, WARM_UP), 3 * START)
        path = self.bench.work / self.run / "model.safetensors"
        model = read_model(path)
        bias_V = np.array(model.weights["output.bias"])
        bias_V[END] = -1e4
        write_model(path, replace(model, weights={**model.weights, "output.bias": bias_V}))
        return sum(array.size for array in model.weights.values())

    def train(self, precision: str, batch_chars: int, seconds: float) -> list[TimedUpdates]:
        """Train until its own time budget ends; its speeds are in its metrics file."""
        run = f"{self.package}-timed"
        minutes = (seconds + 10) / 60  # ten seconds for data and warm-up
        command = self.training(run, precision, batch_chars, FOREVER, minutes)
        self.bench.call(command, 2 * START + 3 * seconds)
        updates = logged(read_metrics(self.bench.work / run / "metrics.jsonl"))
        if len(updates) < LEAST:
            raise Failure(f"only {len(updates)} updates in that time")
        return updates

    def decode(self, precision: str, count: int, timeout: float) -> tuple[int, float]:
        """Translate all sources; it counts its characters itself, since its translations differ in length."""
        del count
        output = self.bench.call(self.translating(self.run, precision, "sources.txt", 0), timeout)
        characters = numbers(re.compile(r"for (\d+) characters"), output)
        return int(sum(characters)), sum(numbers(self.took, output))

    def start(self) -> None:
        """Translate one sentence with the command that a user types."""
        model = f"{self.run}/model.safetensors"
        self.bench.call([sys.executable, "-m", "seq2seq", "translate", "--model", model, SENTENCE], START)


def logged(records: Sequence[dict[str, Any]]) -> list[TimedUpdates]:
    """Return the updates recorded in metrics.jsonl, without the warm-up."""
    records = [record for record in records if "chars_per_second" in record][WARM_UP - 1 :]
    return [
        TimedUpdates(after["chars_per_second"], after["seconds"] - before["seconds"])
        for before, after in pairwise(records)
    ]


class JoeyNMT(System):
    """Its recurrent model, bidirectional, since its unidirectional version fails."""

    title = "JoeyNMT"
    package = "joeynmt"
    precisions = ("fp32",)  # on a CPU it switches to fp32 by itself
    bare = "joeynmt==2.3.0"
    speed = re.compile(r"Tokens per Sec: +(\d+)")
    size = re.compile(r"Total params: (\d+)")
    took = re.compile(r"Generation took ([\d.]+)\[sec\]")

    def command(self, mode: str, run: str, **values: int) -> list[str | Path]:
        """Return a command of its command line."""
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
    """The network of its character-level example: one layer on each side, one-hot input, no attention."""

    title = "Keras example, 512 units"
    package = "keras"
    units: ClassVar[int] = 512
    speed = re.compile(r"symbols a second: ([\d.]+)")

    def command(self, mode: str, precision: str, *words: str, **options: int) -> list[str | Path]:
        """Return a command of the program."""
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
    """The same network, as wide as needed for as many parameters as ours."""

    title = "Keras example, 1,024 units"
    units = 1024


SYSTEMS: dict[str, type[System]] = {
    "ours": Ours,
    "joeynmt": JoeyNMT,
    "eole": Eole,
    "keras": Keras,
    "keras-wide": KerasWide,
}
