"""Time other character-level translators beside this one: the same pairs, machine and threads, in one run.

    python scripts/bench_peers.py run train.tsv dev.tsv [--cache DIR] [--only ours,eole]
    python scripts/bench_peers.py table     shows docs/results/peers.json as Markdown

Each system gets a virtual environment of its own below the cache directory, which is kept, and trains and
translates by its own programs, set up in scripts/peers/. What does not install or run is said and left out.
All are two recurrent layers of 512 units that read and two that write, with embeddings of 128, as far as they
can be set so. What the figures mean:

training    Target symbols a second: characters, and one end mark for each sentence; no padding. The mean over
            time of what the system itself reports after each update, from the third update on.
decoding    Characters written a second, greedily, loading left out, by the system's own clock. The models
            have hardly been trained, so all are made to write to a fixed length: a peer to the same for every
            sentence, ours to the most that it allows for each, on average the same. Sentences a second are
            these characters divided by the length of a reference and its end mark.
cold start  Seconds from calling the command until it has ended, in a new process that translates one sentence
            to such a length; the least of three.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any, ClassVar, NamedTuple

from measure import RESULTS, ROOT, machine

from seq2seq.decoding import length_limit
from seq2seq.modelfile import read_model, write_model
from seq2seq.pairs import Pair, group_references, read_pairs
from seq2seq.runlog import read_metrics
from seq2seq.text import END, cut

PEERS = ROOT / "scripts" / "peers"
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
        """Write a configuration made from scripts/peers/`template`; return its name in `work`."""
        text = Template((PEERS / template).read_text(encoding="utf-8")).substitute(values)
        name = f"{values['run']}.{template}"
        (self.work / name).write_text(text, encoding="utf-8")
        return name


def complaint(output: str) -> str:
    """Return the line of a failed program's output that says why, as well as can be guessed."""
    lines = [line.strip() for line in output.splitlines() if line.strip()] or ["no word"]
    errors = [line for line in lines if re.match(r"(\w+\.)*\w*(Error|Exception)\b", line, re.IGNORECASE)]
    return (errors or lines)[-1][:200]


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
    process = subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        cwd=bench.work,
        env=bench.environment(),
        encoding="utf-8",
        errors="replace",
        start_new_session=True,
    )
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
        found = self.size.search(output)
        assert found is not None, "the training does not tell its number of parameters"
        return int(found[1])

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
        return count * self.bench.length, sum(map(float, self.took.findall(output)))

    def start(self) -> None:
        """Translate one sentence."""
        command = self.translating(self.run, "fp32", "sentence.txt", self.bench.cold_length)
        self.bench.call(command, 2 * START, "sentence.txt")


class Ours(System):
    """This project."""

    title = "seq2seq"
    package = "seq2seq-lag"

    def program(self, name: str) -> Path:
        """It is installed where this script runs."""
        return Path(sys.executable).with_name(name)

    def install(self) -> None:
        """There is nothing to do."""

    def training(self, run: str, precision: str, batch_chars: int, updates: int) -> list[str | Path]:
        settings = {
            "data.train": "train.tsv",
            "lag.train": "full",
            "train.precision": precision,
            "train.batch_chars": batch_chars,
            "train.max_steps": updates,
            "train.log_every": 1,
        }
        settings |= {f"train.{name}": FOREVER for name in ("eval_every", "checkpoint_every")}
        (self.bench.work / "ours.yaml").write_text("model:\n  kind: encoder_decoder\n")
        shutil.rmtree(self.bench.work / run, ignore_errors=True)
        command = [sys.executable, "-m", "seq2seq", "train", "ours.yaml", "--out", run, "--device", "cpu"]
        return [*command, *(word for key, value in settings.items() for word in ("--set", f"{key}={value}"))]

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
        command = self.training(run, precision, batch_chars, FOREVER)
        minutes = (seconds + 10) / 60  # ten seconds for the data and the warm-up
        self.bench.call([*command, "--set", f"train.max_minutes={minutes}"], 2 * START + 3 * seconds)
        updates = logged(read_metrics(self.bench.work / run / "metrics.jsonl"))
        if len(updates) < LEAST:
            raise Failure(f"only {len(updates)} updates in that time")
        return updates

    def decode(self, precision: str, count: int, timeout: float) -> tuple[int, float]:
        """Its translations differ in length, so it counts them."""
        del count
        command = self.translating(self.run, precision, "sources.txt", 0)
        output = self.bench.call(command, timeout)
        found = re.search(r"for (\d+) characters", output)
        assert found is not None
        return int(found[1]), sum(map(float, self.took.findall(output)))

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


def spread(items: Sequence[Any], count: int) -> list[Any]:
    """Return about `count` of the items, evenly spaced."""
    return list(items[:: max(1, len(items) // count)])[:count]


def choose(train: Path, dev: Path, pairs: int, sentences: int) -> tuple[list[Pair], dict[str, list[str]]]:
    """Return pairs to train on, and sources, each one sentence, with their references."""
    short = [pair for pair in read_pairs(train) if min(map(len, pair)) and max(map(len, pair)) <= 100]
    groups = group_references(read_pairs(dev))
    single = [source for source in groups if len(cut(source, 100)) == 1]
    return spread(short, pairs), {source: groups[source] for source in spread(single, sentences)}


def write_data(work: Path, pairs: Sequence[Pair], sources: Sequence[str]) -> None:
    """Write the pairs and sources in all the forms that the systems want."""

    def put(name: str, lines: Iterator[str]) -> None:
        (work / name).write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")

    put("train.tsv", ("\t".join(pair) for pair in pairs))
    for side, suffix in enumerate(("en", "es")):
        texts = [pair[side] for pair in pairs]
        put(f"train.{suffix}", iter(texts))
        put(f"few.{suffix}", iter(texts[:10]))
        put(f"train.characters.{suffix}", map(as_tokens, texts))
        counts = Counter(character for text in texts for character in as_tokens(text).split())
        put(f"vocabulary.{suffix}", (f"{token}\t{count}" for token, count in counts.most_common()))
    for name, lines in (("sources", sources), ("sentence", [SENTENCE])):
        put(f"{name}.txt", iter(lines))
        put(f"{name}.characters.txt", map(as_tokens, lines))


def as_tokens(text: str) -> str:
    """Put a space between all characters, and a sign in place of each space."""
    return " ".join(text.replace(" ", "▁"))


def say(line: str) -> None:
    """Tell how far it has come."""
    print(line, file=sys.stderr, flush=True)


def measure(
    system: System, batches: Sequence[int], count: int, seconds: tuple[float, float]
) -> dict[str, Any]:
    """Install and time one system.

    Args:
        system: which one.
        batches: sizes of training batches in characters, all tried in all its precisions.
        count: how many sources there are.
        seconds: for all its training and for all its decoding.

    Returns:
        What was measured; `failed` tells why there is nothing, in the whole or in a part.
    """
    result: dict[str, Any] = {"title": system.title, "training": [], "decoding": []}
    try:
        system.install()
        result |= {"version": system.version(), "parameters": system.first()}
    except Failure as failure:
        say(f"{system.title}: left out: {failure}")
        return result | {"failed": str(failure)}
    share = seconds[0] / (len(system.precisions) * len(batches))
    for precision in system.precisions:
        for batch_chars in batches:
            row: dict[str, Any] = {"precision": precision, "batch_chars": batch_chars}
            result["training"].append(row | timed_training(system, precision, batch_chars, share))
            tell(system, "training", result["training"][-1])
        limit = START + seconds[1] / len(system.precisions)
        result["decoding"].append({"precision": precision} | timed_decoding(system, precision, count, limit))
        tell(system, "decoding", result["decoding"][-1])
    result["cold_start"] = timed_starts(system)
    tell(system, "cold start", result["cold_start"])
    return result


def tell(system: System, what: str, row: dict[str, Any]) -> None:
    """Tell one figure."""
    say(f"{system.title}: {what}: {', '.join(f'{key} {value}' for key, value in row.items())}")


def timed_training(system: System, precision: str, batch_chars: int, seconds: float) -> dict[str, Any]:
    """Time a training, or tell why not."""
    try:
        updates = system.train(precision, batch_chars, seconds)
    except Failure as failure:
        return {"failed": str(failure)}
    took = sum(update.seconds for update in updates)
    return {"per_second": round(mean_speed(updates), 1), "updates": len(updates), "seconds": round(took, 1)}


def timed_decoding(system: System, precision: str, count: int, limit: float) -> dict[str, Any]:
    """Time the translation of all sources, or tell why not."""
    try:
        characters, seconds = system.decode(precision, count, limit)
    except Failure as failure:
        return {"failed": str(failure)}
    return {
        "per_second": round(characters / seconds, 1),
        "characters": characters,
        "seconds": round(seconds, 2),
    }


def timed_starts(system: System) -> dict[str, Any]:
    """Time three cold starts, or tell why not."""
    times = []
    for _ in range(3):
        began = time.perf_counter()
        try:
            system.start()
        except Failure as failure:
            return {"failed": str(failure)}
        times.append(round(time.perf_counter() - began, 2))
    return {"seconds": min(times), "all": times}


def best(rows: Sequence[dict[str, Any]], precision: str | None = None) -> dict[str, Any] | None:
    """Return the fastest row, of a precision or of all; None where there is none."""
    good = [row for row in rows if "per_second" in row and precision in (None, row["precision"])]
    return max(good, key=lambda row: row["per_second"], default=None)


def ratios(ours: dict[str, Any], peer: dict[str, Any]) -> dict[str, float | None]:
    """Return how many times as fast as a peer ours is: at the best precision of each, at fp32, from cold."""
    found: dict[str, float | None] = {}
    for kind in ("training", "decoding"):
        for name, precision in ((kind, None), (f"{kind}_fp32", "fp32")):
            one, other = best(ours[kind], precision), best(peer[kind], precision)
            found[name] = one["per_second"] / other["per_second"] if one and other else None
    one, other = ours.get("cold_start", {}), peer.get("cold_start", {})
    both = "seconds" in one and "seconds" in other
    found["cold_start"] = other["seconds"] / one["seconds"] if both else None
    return found


def render(results: dict[str, Any]) -> str:
    """Return the tables in Markdown."""
    setting, systems = results["setting"], results["systems"]
    rows = [
        "| | parameters | training, symbols/s | in fp32 | decoding, characters/s | in fp32 | sentences/s "
        "| cold start |",
        "|---|---|---|---|---|---|---|---|",
    ]
    rows += [figures(system, setting["reference"]) for system in systems.values() if "failed" not in system]
    if "ours" in systems and "failed" not in systems["ours"]:
        rows += [
            "",
            f"How many times as fast {systems['ours']['title']} is:",
            "",
            "| as | training | in fp32 | decoding | in fp32 | cold start |",
            "|---|---|---|---|---|---|",
        ]
        peers = [s for name, s in systems.items() if name != "ours" and "failed" not in s]
        for peer in peers:
            times = ratios(systems["ours"], peer).values()
            shown = ("–" if ratio is None else f"{ratio:.1f}" for ratio in times)
            rows.append(f"| {peer['title']} | {' | '.join(shown)} |")
    rows += ["", *(f"{s['title']} was left out: {s['failed']}" for s in systems.values() if "failed" in s)]
    return "\n".join(rows).rstrip()


def figures(system: dict[str, Any], reference: float) -> str:
    """Return a system's row; `reference` is the length of a sentence, end mark included."""
    cells = [f"{system['title']} ({system['version']})", f"{system['parameters'] / 1e6:.1f} million"]
    for kind in ("training", "decoding"):
        fastest, plain = best(system[kind]), best(system[kind], "fp32")
        cells.append(f"{fastest['per_second']:,.0f} ({fastest['precision']})" if fastest else "–")
        cells.append(f"{plain['per_second']:,.0f}" if plain else "–")
    cells.append(f"{fastest['per_second'] / reference:,.0f}" if fastest else "–")
    start = system["cold_start"].get("seconds")
    cells.append("–" if start is None else f"{start:.2f} s")
    return f"| {' | '.join(cells)} |"


def compare(options: argparse.Namespace) -> dict[str, Any]:
    """Time all systems that are asked for."""
    cache = options.cache.expanduser().resolve()
    work = cache / "work"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    pairs, groups = choose(options.train, options.dev, options.pairs, options.sentences)
    sources = list(groups)
    write_data(work, pairs, sources)
    limits = [length_limit(len(source) + 1) for source in sources]
    bench = Bench(
        work=work,
        cache=cache,
        threads=options.threads,
        sentences=256,
        length=round(sum(limits) / len(limits)),
        cold_length=length_limit(len(SENTENCE) + 1),
    )
    references = [len(targets[0]) + 1 for targets in groups.values()]
    setting = {
        "pairs": len(pairs),
        "sentences": len(sources),
        "reference": round(sum(references) / len(references), 2),
        "length": bench.length,
        "cold_length": bench.cold_length,
        "threads": options.threads,
        "batch_chars": options.batch_chars,
        "seconds": [options.train_seconds, options.decode_seconds],
    }
    seconds = options.train_seconds, options.decode_seconds
    systems = {
        name: measure(SYSTEMS[name](bench), options.batch_chars, len(sources), seconds)
        for name in options.only
    }
    return {"machine": machine() | {"threads": options.threads}, "setting": setting, "systems": systems}


def parse_arguments() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    commands = parser.add_subparsers(dest="what", required=True)
    run = commands.add_parser("run", help="time everything")
    run.add_argument("train", type=Path, help="pairs to train on")
    run.add_argument("dev", type=Path, help="pairs whose sources are translated")
    home = Path(tempfile.gettempdir()) / "seq2seq-peers"
    run.add_argument("--cache", type=Path, default=home, help=f"where systems are installed ({home})")
    run.add_argument("--only", type=lambda text: text.split(","), default=list(SYSTEMS), metavar="NAME,…")
    run.add_argument("--pairs", type=int, default=20_000, help="how many pairs (%(default)s)")
    run.add_argument("--sentences", type=int, default=512, help="how many sources (%(default)s)")
    run.add_argument("--train-seconds", type=float, default=60, help="for each system (%(default)s)")
    run.add_argument("--decode-seconds", type=float, default=60, help="at most, for each (%(default)s)")
    run.add_argument(
        "--batch-chars",
        type=lambda text: [int(word) for word in text.split(",")],
        default=[2000, 8000],
        metavar="N,…",
        help="characters in a training batch; all are tried (2000,8000)",
    )
    run.add_argument("--threads", type=int, default=2, help="of every process (%(default)s)")
    run.add_argument("--out", type=Path, default=RESULTS / "peers.json", help="results (%(default)s)")
    table = commands.add_parser("table", help="show the tables")
    table.add_argument("--out", type=Path, default=RESULTS / "peers.json", help="results (%(default)s)")
    options = parser.parse_args()
    if options.what == "run":
        if unknown := set(options.only) - SYSTEMS.keys():
            parser.error(f"there is no {', '.join(sorted(unknown))}; there are {', '.join(SYSTEMS)}")
        if options.cache.expanduser().resolve().is_relative_to(ROOT.resolve()):
            parser.error("--cache must be outside of the repository: it takes gigabytes")
    return options


def main() -> None:
    """Do what the arguments say."""
    options = parse_arguments()
    if options.what == "run":
        results = compare(options)
        options.out.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(render(json.loads(options.out.read_text(encoding="utf-8"))))


if __name__ == "__main__":
    main()
