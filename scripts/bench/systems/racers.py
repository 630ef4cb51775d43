"""How each system trains in the race, and how its checkpoints translate."""

from __future__ import annotations

import json
import re
import sys
from collections.abc import Sequence
from pathlib import Path
from statistics import fmean
from typing import ClassVar

import numpy as np

from scripts.bench.systems.base import PEERS, Comparison, System, numbers
from scripts.bench.systems.registry import Eole, JoeyNMT, Keras, Ours
from seq2seq.storage.modelfile import read_model

LONGEST = 200
"""Characters of the longest translation."""
BATCH = 256
"""Sentences in a batch of translating."""


class Racer:
    """One system in the race.

    Attributes:
        kind: the system.
        every: updates between checkpoints.
        reads_characters: whether it reads files of characters separated by spaces, which take time to write.
        beams: whether it has a beam search.
        batch: matches the target symbols of an update in what training prints, if it prints them.
    """

    kind: ClassVar[type[System]]
    every: int = 100
    reads_characters: ClassVar[bool] = False
    beams: ClassVar[bool] = True
    batch: ClassVar[re.Pattern[str] | None] = None

    def __init__(self, bench: Comparison, units: int = 256, layers: int = 1) -> None:
        self.bench, self.system = bench, self.kind(bench)
        self.units, self.layers = units, layers

    @property
    def run(self) -> str:
        """Name of its directory or file in the working directory."""
        return f"race-{self.system.package}"

    def fill(self, template: str, **values: object) -> str:
        """Write its configuration from a template; return its name."""
        sizes = {"units": self.units, "half": self.units // 2, "layers": self.layers}
        return self.bench.fill(template, run=self.run, every=self.every, **sizes, **values)

    def parameters(self) -> dict[str, int]:
        """Return the number of parameters, from the log of the training."""
        log = (self.bench.work / f"{self.run}.log").read_text(encoding="utf-8")
        return {"parameters": int(numbers(self.system.size, log)[0])}

    def symbols(self, target_symbols: int) -> float | None:
        """Return the mean number of target symbols of an update; None if it is not known.

        Args:
            target_symbols: target characters and end marks of all pairs.
        """
        del target_symbols
        log = (self.bench.work / f"{self.run}.log").read_text(encoding="utf-8")
        return None if self.batch is None else fmean(numbers(self.batch, log))

    def training(self) -> Sequence[str | Path]:
        """Return the command that trains without an end."""
        raise NotImplementedError

    def checkpoints(self) -> dict[int, Path]:
        """Return the checkpoints that there are now, by their updates."""
        raise NotImplementedError

    def translate(self, checkpoint: Path, beam: int, length: int | None = None) -> tuple[list[str], float]:
        """Translate sources.txt; return the translations and the seconds without loading.

        Args:
            checkpoint: the weights.
            beam: size of the beam; 1 is greedy search.
            length: number of characters of every translation; by default each ends where the system ends it.
        """
        raise NotImplementedError


def sizes(model: Path) -> dict[str, int]:
    """Return the number of parameters of a model file of ours, and how many of them are vectors of words."""
    weights = read_model(model).weights
    counts = {name: w.size for name, w in weights.items() if np.issubdtype(w.dtype, np.floating)}
    words = sum(count for name, count in counts.items() if name.partition(".")[0].endswith("_words"))
    return {"parameters": sum(counts.values())} | ({"word_vectors": words} if words else {})


class OursRacer(Racer):
    """This project: it evaluates within the training and reports the processor time without that."""

    kind = Ours
    precision = "fp32"

    def training(self) -> Sequence[str | Path]:
        return [
            sys.executable,
            PEERS / "run_race_ours.py",
            self.fill("race_ours.yaml"),
            self.run,
        ]

    def parameters(self) -> dict[str, int]:
        """Return the number of parameters, and how many of them are vectors of words, from the model file."""
        return sizes(self.bench.work / self.run / "model.safetensors")

    def symbols(self, target_symbols: int) -> float:
        """Return the mean of an epoch, whose number of batches is in the log."""
        log = (self.bench.work / f"{self.run}.log").read_text(encoding="utf-8")
        return target_symbols / numbers(re.compile(r"([\d,]+) batches an epoch"), log)[0]

    def checkpoints(self) -> dict[int, Path]:
        return {}

    def translate(self, checkpoint: Path, beam: int, length: int | None = None) -> tuple[list[str], float]:
        assert length is None
        output = self.bench.call(
            [sys.executable, PEERS / "run_ours.py", checkpoint, "sources.txt", self.precision, str(beam)],
            3600,
        )
        *texts, told = output.splitlines()
        return [json.loads(text) for text in texts], float(self.system.took.findall(told)[0])


class EoleRacer(Racer):
    """Eole."""

    kind = Eole
    batch = re.compile(r"bsz: *\d+/ *(\d+)/")
    reads_characters = True

    def training(self) -> Sequence[str | Path]:
        config = self.fill("race_eole.yaml")
        return [self.system.program("eole"), "train", "-c", config]

    def checkpoints(self) -> dict[int, Path]:
        found = (self.bench.work / self.run).glob("step_*")
        return {int(path.name.removeprefix("step_")): path for path in found}

    def translate(self, checkpoint: Path, beam: int, length: int | None = None) -> tuple[list[str], float]:
        values = {"sources": "sources.characters.txt", "output": "eole.out", "checkpoint": checkpoint}
        lengths = {"shortest": length or 0, "longest": length or LONGEST}
        config = self.fill("race_eole_predict.yaml", beam=beam, **values, **lengths)
        output = self.bench.call([self.system.program("eole"), "predict", "-c", config], 3600)
        lines = (self.bench.work / "eole.out").read_text(encoding="utf-8").splitlines()
        texts = ["".join(line.split(" ")).replace("▁", " ") for line in lines]
        return texts, sum(map(float, self.system.took.findall(output)))


class JoeyNMTRacer(Racer):
    """JoeyNMT."""

    kind = JoeyNMT
    every = 50

    def command(self, mode: str, load: str, beam: int, length: int | None, *more: str) -> list[str | Path]:
        """Return a command of its command line."""
        lengths = {"shortest": length or 1, "longest": length or LONGEST, "log": self.every // 2}
        config = self.fill("race_joeynmt.yaml", load=load, beam=beam, **lengths)
        return [self.system.program("python"), PEERS / "run_joeynmt.py", mode, config, *more]

    def training(self) -> Sequence[str | Path]:
        return self.command("train", "", 1, None, "--skip-test")

    def checkpoints(self) -> dict[int, Path]:
        found = (self.bench.work / self.run).glob("*.ckpt")
        return {int(path.stem): path for path in found if path.stem.isdecimal()}

    def translate(self, checkpoint: Path, beam: int, length: int | None = None) -> tuple[list[str], float]:
        command = self.command("translate", f"load_model: {checkpoint}", beam, length)
        output = self.bench.call(command, 3600, "sources.txt")
        texts = re.findall(r"^translation: (.*)$", output, re.MULTILINE)
        return texts, sum(map(float, self.system.took.findall(output)))


class KerasRacer(Racer):
    """The character-level example of Keras, with its 256 units but all pairs in batches of like lengths."""

    kind = Keras
    batch = re.compile(r"\(symbols: (\d+)\)")
    beams = False
    every = 200

    def command(self, mode: str, *words: str) -> list[str | Path]:
        """Return a command of the program."""
        return [self.system.program("python"), PEERS / "run_keras.py", mode, *words]

    def training(self) -> Sequence[str | Path]:
        options = (f"--units={self.units}", "--batch-chars=1000", f"--save-every={self.every}")
        return self.command("train", "train.tsv", f"{self.run}.weights.h5", *options)

    def checkpoints(self) -> dict[int, Path]:
        found = self.bench.work.glob(f"{self.run}.*.weights.h5")
        return {int(path.name.split(".")[1]): path for path in found}

    def translate(self, checkpoint: Path, beam: int, length: int | None = None) -> tuple[list[str], float]:
        del beam  # it has greedy search only
        options = [f"--length={length or LONGEST}", f"--sentences={BATCH}"]
        options += [] if length else ["--until-end"]
        output = self.bench.call(self.command("translate", str(checkpoint), "sources.txt", *options), 3600)
        *texts, told = output.rstrip("\n").split("\n")
        return texts, float(self.system.took.findall(told)[0])


RACERS: dict[str, type[Racer]] = {
    "ours": OursRacer,
    "eole": EoleRacer,
    "keras": KerasRacer,
    "joeynmt": JoeyNMTRacer,
}
