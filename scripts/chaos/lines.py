"""Random lines through `seq2seq translate`, in batch and in a stream: N lines in, N lines out.

A try is a file of lines. New processes translate it in batch, and some of its lines as a stream at the same
lag: with the tiny model of the tests or, in two tries of three, with a variant of it that reads spans, also
as int8; and one line in a hundred with the model of the package. Half of the files for models with spans have
a glossary, and a third of all is translated with products in int8. Each process must exit with 0, write
nothing to stderr except a count of unusual input, write as many lines as it read without control
characters, and use at most `MOST_MEMORY`. Batch and stream must give the same lines in fp32, except for one
in a thousand, where two characters are equally likely up to rounding.
"""

from __future__ import annotations

import json
import os
import random
import re
import subprocess
import sys
import tempfile
import unicodedata
from pathlib import Path
from typing import NamedTuple

from scripts.chaos.cues import CUES, cue_problems, make_subtitles
from scripts.chaos.garbage import make_glossary, make_lines
from scripts.chaos.trial import Trial
from scripts.chaos.variants import TINY, write_variants
from scripts.results import ROOT

LINES = 2000
"""Lines of a file; half of the time of a smaller one would be the start of the processes."""

MOST_MEMORY = 1 << 30
"""Bytes, including PyTorch, whatever the length of a line."""

HUGE = 100_000
"""Longer lines, in bytes, are only for the tiny model, and not at lag `full`: all else takes an hour."""
LONG = 2000
"""Longer lines, in bytes, are not for the model of the package."""

LAGS = ("0", "3", "8", "12", "full")
STREAMED, STREAMED_AT_FULL, FEWEST = 4, 40, 5
"""One line in so many is streamed, too, but not fewer: a batch translates hundreds of sentences at a time, a
stream one, which at lag `full` is searched with a beam."""
STRAY = ("Cc", "Cs", "Zl", "Zp")
"""Unicode categories of characters that can control a terminal or end a line."""
ALLOWED, DIRECTION = set("\n\t\r"), set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Characters of these categories that are allowed, and characters of other categories that are not."""


def run(trial: Trial) -> None:
    """Run the trial: translate one file for each try."""
    from seq2seq.pretrained import locate

    large = {"model of the package": locate()} if locate().exists() else {}
    if not large and trial.model:
        large = {"another model": trial.model}
    with tempfile.TemporaryDirectory() as name:
        tiny = {"tiny model": TINY} | write_variants(Path(name))
        for index in trial.each():
            lines = make_lines(trial.rng(index), LINES, huge=index % 50 == 7)
            options = trial.rng(-index - 1)
            few = options.sample([line for line in lines if len(line) < LONG], len(lines) // 100)
            model = list(tiny)[index % len(tiny)]
            check_file(trial, index, Path(name), tiny[model], lines, options, model)
            if model != "tiny model":
                check_subtitles(trial, index, Path(name), tiny[model], lines, options)
            for other, path in large.items():
                check_file(trial, index, Path(name), path, few, options, other)
                if index % 5 == 0:  # it takes as long as all else with this model
                    check_subtitles(trial, index, Path(name), path, lines, options)
    for model in [*tiny, *large]:
        done = trial.counts[f"lines compared with a stream, {model}"]
        different = trial.counts[f"other in a stream, {model}"]
        if different > max(1, done // 1000):
            trial.fail(trial.tries.start, f"{different} of {done} lines differ in a stream, {model}")


def check_file(
    trial: Trial, index: int, directory: Path, model: Path, lines: list[bytes], rng: random.Random, name: str
) -> None:
    """Translate lines in batch and some of them as a stream, and check both outputs."""
    huge = max(map(len, lines)) > HUGE
    lag, form = rng.choice(LAGS[: -1 if huge else None]), rng.choice(("text", "text", "jsonl"))
    command = ["translate", "--model", str(model), "--device", "cpu", "--lag", lag]
    precision = rng.choice(("fp32", "fp32", "int8"))
    command += ["--precision", precision]
    if name not in ("tiny model", "another model") and rng.random() < 0.5:
        glossary = directory / "glossary.tsv"
        glossary.write_bytes(make_glossary(rng, lines))
        command += ["--glossary", str(glossary)]
        trial.counts[f"lines with a glossary, {name}"] += len(lines)
    again = to_stream(lines, lag, rng)
    data, some = joined(lines, rng), joined([lines[place] for place in again], rng)
    batch = translate([*command, "--format", form], data, directory, by_name=rng.random() < 0.5)
    stream = translate([*command, "--stream"], some, directory, by_name=False)
    wrong = [f"batch: {problem}" for problem in problems(batch, len(lines), form)]
    wrong += [f"stream: {problem}" for problem in problems(stream, len(again), "text")]
    trial.counts[f"lines, {name}"] += len(lines)
    trial.counts[f"lines in a stream, {name}"] += len(again)
    trial.counts[f"lines with products in {precision}"] += len(lines)
    for way, done in (("batch", batch), ("stream", stream)):
        key = f"most memory, MiB, {way}, {name}"
        trial.counts[key] = max(trial.counts[key], done.memory >> 20)
    if wrong:
        files = {"in.txt": data, "stream.txt": some, "batch.out": batch.out, "stream.out": stream.out}
        files |= {"batch.err": batch.err, "stream.err": stream.err}
        return trial.fail(index, f"{name}, lag {lag}, {precision}, {form}: {'; '.join(wrong[:5])}", files)
    if precision != "fp32":
        return None  # the same lines in a stream are promised in fp32 alone
    found = texts(batch.out, form)
    pairs = zip(again, texts(stream.out, "text"), strict=True)
    trial.counts[f"lines compared with a stream, {name}"] += len(again)
    trial.counts[f"other in a stream, {name}"] += sum(found[place] != text for place, text in pairs)
    return None


def to_stream(lines: list[bytes], lag: str, rng: random.Random) -> list[int]:
    """Return the places of the lines that are streamed, too, in their order: a huge one always."""
    count = max(FEWEST, len(lines) // (STREAMED_AT_FULL if lag == "full" else STREAMED))
    huge = [place for place, line in enumerate(lines) if len(line) > HUGE]
    return sorted({*huge, *rng.sample(range(len(lines)), count)})


def joined(lines: list[bytes], rng: random.Random) -> bytes:
    """Return a file of lines, the last of which may have no end."""
    end = rng.choice((b"\n", b"")) if lines[-1] else b"\n"
    return b"\n".join(lines) + end


def check_subtitles(
    trial: Trial, index: int, directory: Path, model: Path, lines: list[bytes], rng: random.Random
) -> None:
    """Translate some of the lines as subtitles, and check that every cue is where it was."""
    data = make_subtitles(rng, lines)
    command = ["translate", "--model", str(model), "--device", "cpu", "--format", "srt"]
    done = translate(command, data, directory, by_name=rng.random() < 0.5)
    wrong = [f"exit code {done.code}"] * (done.code != 0) + cue_problems(data, done.out)
    trial.counts["cues of subtitles"] += CUES
    if wrong:
        files = {"in.srt": data, "out.srt": done.out, "out.err": done.err}
        trial.fail(index, f"subtitles: {'; '.join(wrong)}", files)


REMARKS = r"in the input, |the model left out |[0-9,]+ parts? of the input |[0-9,]+ lines? "
"""How the line on stderr may begin."""


class Done(NamedTuple):
    """The result of a process: exit code, stdout or output file, stderr, and peak memory in bytes."""

    code: int
    out: bytes
    err: bytes
    memory: int


def translate(arguments: list[str], data: bytes, directory: Path, by_name: bool) -> Done:
    """Run `seq2seq` in a new process on a file, given by name or as standard input."""
    paths = {name: directory / name for name in ("in.txt", "out.txt", "err.txt")}
    paths["in.txt"].write_bytes(data)
    paths["out.txt"].unlink(missing_ok=True)
    named = ["-i", str(paths["in.txt"]), "-o", str(paths["out.txt"])] if by_name else []
    environment = os.environ | {"PYTHONPATH": str(ROOT), "OMP_NUM_THREADS": "1"}
    with paths["in.txt"].open("rb") as source, paths["err.txt"].open("wb") as err:
        target = subprocess.DEVNULL if by_name else paths["out.txt"].open("wb")
        process = subprocess.Popen(
            [sys.executable, "-m", "seq2seq", *arguments, *named],
            stdin=source,
            stdout=target,
            stderr=err,
            env=environment,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    out = paths["out.txt"].read_bytes() if paths["out.txt"].exists() else b""
    unit = 1 if sys.platform == "darwin" else 1024
    return Done(process.returncode, out, paths["err.txt"].read_bytes(), usage.ru_maxrss * unit)


def problems(done: Done, count: int, form: str) -> list[str]:
    """Return all that is wrong with the output for `count` lines."""
    wrong = []
    if done.code:
        wrong.append(f"exit code {done.code}")
    said = done.err.decode("utf-8", errors="surrogateescape")  # a byte that is not UTF-8 is not printable
    if not re.fullmatch(rf"(seq2seq: ({REMARKS})[^\n]+\n)?", said) or not said.rstrip("\n").isprintable():
        wrong.append(f"stderr {done.err[-200:]!r}")
    if done.out.count(b"\n") != count or not done.out.endswith(b"\n"):
        wrong.append(f"{count} lines in, {done.out.count(bytes([10]))} out")
    if done.memory > MOST_MEMORY:
        wrong.append(f"{done.memory >> 20} MiB of memory")
    try:
        shown = "\n".join([done.out.decode("utf-8"), *texts(done.out, form)])
    except ValueError as error:
        return [*wrong, f"not readable: {error}"]
    stray = {character for character in set(shown) - ALLOWED if unicodedata.category(character) in STRAY}
    stray |= set(shown) & DIRECTION
    return [*wrong, f"stray characters: {sorted(map(ascii, stray))}"] if stray else wrong


def texts(out: bytes, form: str) -> list[str]:
    """Return the translations in an output, one per line."""
    lines = out.decode("utf-8").split("\n")[:-1]
    return [json.loads(line)["translation"] for line in lines] if form == "jsonl" else lines
