"""Random lines through `seq2seq translate`, in batch and in a stream: N lines in, N lines out.

A try is a file of lines. New processes translate it in batch and as a stream at the same lag: all lines with
the tiny model of the tests or, in two tries of three, with a variant of it that reads spans, also as int8;
and one line in a hundred with the model of the package. Each process must exit with 0, write nothing to
stderr except a count of unusual input, write as many lines as it read without control characters, and use at
most `MOST_MEMORY`. Batch and stream must give the same lines, except for one in a thousand, where two
characters are equally likely up to rounding.
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
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import NamedTuple

from scripts.chaos.cues import CUES, cue_problems, make_subtitles
from scripts.chaos.trial import Trial
from scripts.chaos.variants import TINY, write_variants
from scripts.results import ROOT

LINES = 500
"""Lines of a file."""

MOST_MEMORY = 1 << 30
"""Bytes, including PyTorch, whatever the length of a line."""

HUGE = 100_000
"""Longer lines, in bytes, are only for the tiny model: the other takes an hour for a million."""

LAGS = ("0", "3", "8", "12", "full")
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
            lines = make_lines(trial.rng(index), LINES, huge=index % 40 == 7)
            options = trial.rng(-index - 1)
            few = options.sample([line for line in lines if len(line) < HUGE], len(lines) // 100)
            model = list(tiny)[index % len(tiny)]
            check_file(trial, index, Path(name), tiny[model], lines, options, model)
            if model != "tiny model":
                check_subtitles(trial, index, Path(name), tiny[model], lines, options)
            for other, path in large.items():
                check_file(trial, index, Path(name), path, few, options, other)
    for model in [*tiny, *large]:
        done, different = trial.counts[f"lines, {model}"], trial.counts[f"other in a stream, {model}"]
        if different > max(1, done // 1000):
            trial.fail(trial.tries.start, f"{different} of {done} lines differ in a stream, {model}")


def check_file(
    trial: Trial, index: int, directory: Path, model: Path, lines: list[bytes], rng: random.Random, name: str
) -> None:
    """Translate the same lines in batch and as a stream, and check both outputs."""
    lag, form = rng.choice(LAGS), rng.choice(("text", "text", "jsonl"))
    command = ["translate", "--model", str(model), "--device", "cpu", "--lag", lag]
    if "spans" in name and rng.random() < 0.5:
        glossary = directory / "glossary.tsv"
        glossary.write_bytes(make_glossary(rng, lines))
        command += ["--glossary", str(glossary)]
        trial.counts[f"lines with a glossary, {name}"] += len(lines)
    data = b"\n".join(lines) + rng.choice((b"\n", b"")) if lines[-1] else b"\n".join(lines) + b"\n"
    batch = translate([*command, "--format", form], data, directory, by_name=rng.random() < 0.5)
    stream = translate([*command, "--stream"], data, directory, by_name=False)
    wrong = [
        f"{way}: {problem}"
        for way, done in (("batch", batch), ("stream", stream))
        for problem in problems(done, len(lines), "jsonl" if way == "batch" and form == "jsonl" else "text")
    ]
    trial.counts[f"lines, {name}"] += len(lines)
    for way, done in (("batch", batch), ("stream", stream)):
        key = f"most memory, MiB, {way}, {name}"
        trial.counts[key] = max(trial.counts[key], done.memory >> 20)
    if wrong:
        files = {"in.txt": data, "batch.out": batch.out, "stream.out": stream.out}
        files |= {"batch.err": batch.err, "stream.err": stream.err}
        return trial.fail(index, f"{name}, lag {lag}, {form}: {'; '.join(wrong[:5])}", files)
    pairs = zip(texts(batch.out, form), texts(stream.out, "text"), strict=True)
    trial.counts[f"other in a stream, {name}"] += sum(a != b for a, b in pairs)
    return None


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


# What is put in.


def make_lines(rng: random.Random, count: int, huge: bool) -> list[bytes]:
    """Return lines of bytes without line feeds; one in a hundred is long and, if asked, one a megabyte."""
    lines = [rng.choice(KINDS)(rng) for _ in range(count)]
    for place in range(0, count, 100):
        lines[place] = _long(rng, int(2 ** rng.uniform(8, 13)))
    if huge:
        lines[rng.randrange(1, count, 100)] = _long(rng, 1_000_000)
    return lines


def make_glossary(rng: random.Random, lines: list[bytes]) -> bytes:
    """Return a glossary of words of the lines, and of parts of words, which must not be found."""
    words = sorted({word.decode() for line in lines[:100] for word in re.findall(b"[A-Za-z]{2,20}", line)})
    terms = rng.sample(words, min(40, len(words))) or ["x"]
    terms += [f"{a} {b}" for a, b in zip(terms[::2], terms[1::2], strict=False)]
    terms += [term[: len(term) // 2 + 1] for term in terms[:10]]
    found = {term: rng.choice((term, term.upper(), "otra cosa", "ñ-1 %s", "«x»")) for term in terms}
    return "".join(f"{term}\t{copy}\n" for term, copy in found.items()).encode()


def _long(rng: random.Random, size: int) -> bytes:
    part = rng.choice(KINDS)(rng) or b"x"
    if rng.random() < 0.5:
        return (part * (size // len(part) + 1))[:size]
    data = b""
    while len(data) < size:
        data += rng.choice(KINDS)(rng) * rng.choice((1, 1, 10)) + b" "
    return data[:size]


@cache
def _sentences() -> list[bytes]:
    return [line.split(b"\t")[0] for line in (ROOT / "data" / "dev.tsv").read_bytes().splitlines()]


def _sentence(rng: random.Random) -> bytes:
    return b" ".join(rng.choices(_sentences(), k=rng.choice((1, 1, 2, 3))))


def _mutated(rng: random.Random) -> bytes:
    """A sentence with a few of its bytes changed, dropped or followed by a trap."""
    data = bytearray(_sentence(rng))
    for _ in range(rng.randint(1, 5)):
        place = rng.randrange(len(data))
        data[place : place + rng.randint(0, 2)] = rng.choice((rng.randbytes(1), rng.choice(TRAPS)))
    return bytes(data).replace(b"\n", b"")


def _bytes(rng: random.Random) -> bytes:
    return rng.randbytes(rng.randint(0, 100)).replace(b"\n", b"\r")


def _code_points(rng: random.Random) -> bytes:
    """Code points of all planes or of one block; surrogates as the bytes that some encoders write."""
    begin, end = rng.choice(((0, 0x110000), (0, 0x250), (0x300, 0x370), (0x2000, 0x2070), (0xD700, 0xE100)))
    codes = (rng.randrange(begin, end) for _ in range(rng.randint(0, 60)))
    return "".join(map(chr, codes)).encode("utf-8", "surrogatepass").replace(b"\n", b" ")


def _marks(rng: random.Random) -> bytes:
    """Letters with many combining marks, decomposed Hangul, joined emoji."""
    bases = ("a", "ñ", "\u1112\u1161\u11ab", "👩\u200d🚀", " ", "\u0344", "क")
    tower = (chr(rng.randrange(0x300, 0x370)) for _ in range(int(2 ** rng.uniform(0, 8))))
    return (rng.choice(bases) + "".join(tower) + rng.choice(bases)).encode()


def _traps(rng: random.Random) -> bytes:
    return b"".join(rng.choices(TRAPS, k=rng.randint(0, 20)))


def _spans(rng: random.Random) -> bytes:
    """Text that must stay the same, whole and broken, among words and marks at the edges of a line."""
    pieces = [piece if rng.random() < 0.8 else piece[: rng.randint(0, len(piece))] for piece in SPANS]
    chosen = rng.choices([*pieces, "Tom", "is at", "and", ",", ".", "¿", '"', "(", ")"], k=rng.randint(1, 12))
    edges = ("", "", "- ", "  1. ", "> ", "— ", "TOM: ", "\t", '"', "// ", "« ")
    return (rng.choice(edges) + rng.choice((" ", " ", "")).join(chosen)).encode()


def _punctuation(rng: random.Random) -> bytes:
    return "".join(rng.choices("....!?…,;:\"'“”()[]«»—- aA1", k=rng.randint(0, 80))).encode()


TRAPS = [
    b"\x1b[31m",
    b"\x1b[2J",
    b"\x1b]0;title\x07",
    b"\x1bP+q\x1b\\",
    b"\x1b",
    b"\x07",
    b"\x08",
    b"\x7f",
    b"\0",
    b"\r",
    b"\x0b",
    b"\x0c",
    b"\x1c",
    b"\x1e",
    b"\t",
    b"   ",
    b"\xff",
    b"\xc0\x80",
    b"\xed\xa0\x80",
    b"\xf4\x90",
    b"\xe2\x82",
    b"\xf0\x9f\x98",
    b"\x80",
    b"<s>",
    b"</s>",
    b"<unk>",
    b":lag 3",
    b"--lag",
    b"%s",
    b"{0}",
    b"\\n",
    *(chr(code).encode() for code in (0x85, 0x9B, 0x90, 0xAD, 0xA0, 0x2028, 0x2029, 0x202E, 0x2066, 0x200B)),
    *(
        chr(code).encode()
        for code in (0x200D, 0xFEFF, 0xFFFD, 0xFFFF, 0x1F600, 0xE0001, 0x10FFFF, 0x303, 0x3000)
    ),
]
"""Escape sequences, separators, bytes that are not UTF-8, invisible characters, words that mean something."""

SPANS = [
    *(
        "https://example.org/a?b=c#d",
        "me@example.org",
        "/etc/hosts",
        "C:\\Users\\x",
        "report.pdf",
        "@tom",
        "#tag",
    ),
    *("{name}", "%s", "%(n)d", "$1", "${x}", "{{ x }}", "<b>", "</b>", "&amp;", "<!-- x -->", "`print()`"),
    *(
        "1",
        "2",
        "1984",
        "3.14",
        "1,000,000",
        "-5",
        "20°C",
        "5%",
        "$12.50",
        "5 €",
        "3:30",
        "5 p.m.",
        "2020-05-12",
    ),
    *("v2.3.1", "MH370", "+34 91 123 45 67", "0x1F", "COVID-19", "1st", "1990s", "1/2", "½"),
    *("😀", "👩\u200d🚀", "❤️", "🏳️\u200d🌈", "👍🏽", ":)", "¯\\_(ツ)_/¯", "東京", "Yeşilgöz", "☃"),
]

KINDS: tuple[Callable[[random.Random], bytes], ...] = (
    *(_sentence, _mutated, _mutated, _bytes, _code_points, _marks, _traps, _punctuation, _spans),
)
