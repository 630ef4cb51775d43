"""Mutated configuration files: each gives settings, or an error with file and line, in bounded time."""

from __future__ import annotations

import random
import re
import signal
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from scripts.chaos.trial import Trial
from scripts.results import ROOT

MOST_SECONDS = 20
"""Processor time for one file: a hundred times that of the slowest."""

PIECES = [
    b"&a ",
    b"*a",
    b"!!python/object/apply:os.system ['x']",
    b"!!int ",
    b"<<: *a",
    b"<<: {a: 1}",
    b"? ",
    b": ",
    b"- ",
    b"[",
    b"]",
    b"{",
    b"}",
    b"[" * 50,
    b"{a: " * 50,
    b"#",
    b"|",
    b">",
    b"'",
    b'"',
    b"\\",
    b"%",
    b"@",
    b"`",
    b"---",
    b"...",
    b"%YAML 1.1",
    b"\t",
    b"\r",
    b"\n",
    b"\r\n",
    b"\0",
    b"\x1b[31m",
    b"\x07",
    b"\x7f",
    b"\xff",
    b"1e999",
    b"-1",
    b"0x1F",
    b"0o17",
    b"010",
    b"1_000",
    b"9" * 400,
    b".inf",
    b".nan",
    b"1e-3",
    b"12:30:00",
    b"~",
    b"null",
    b"yes",
    b"No",
    b"2020-01-01",
    b"true",
    b'"\\ud800"',
    b'"\\UFFFFFFFF"',
    b'"\\x1b"',
    b"=",
    b"<<",
    *(
        text.encode("utf-8")
        for text in ("é", "ñ", "日本", "😀", "\u202e", "\u2028", "\u0085", "\ufeff", "a\u0301")
    ),
    *("data: {train: x}\n".encode(codec) for codec in ("utf-16", "utf-16-be", "utf-32")),
]
"""Texts that mutations insert: special cases of YAML, of numbers and of Unicode."""


def run(trial: Trial) -> None:
    """Run the trial: mutate one file for each try."""
    from seq2seq.config.loading import describe_settings

    seeds = [path.read_bytes() for path in sorted((ROOT / "configs").glob("*.yaml"))] + [
        describe_settings().encode()
    ]
    with tempfile.TemporaryDirectory() as name, time_limit() as begin:
        path = Path(name, "x.yaml")
        for index in trial.each():
            rng = trial.rng(index)
            data = mutate(rng.choice(seeds), rng)
            path.write_bytes(data)
            begin()
            outcome, wrong = examine(path)
            trial.counts[outcome] += 1
            if wrong:
                trial.fail(index, wrong, {"x.yaml": data})


@contextmanager
def time_limit() -> Iterator[Callable[[], None]]:
    """Yield a function that starts a limited span of processor time, after which TimeoutError is raised."""

    def over(*_: object) -> None:
        raise TimeoutError(f"more than {MOST_SECONDS} seconds of processor time")

    def begin() -> None:
        signal.setitimer(signal.ITIMER_VIRTUAL, MOST_SECONDS)

    before = signal.signal(signal.SIGVTALRM, over)
    try:
        yield begin
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def mutate(data: bytes, rng: random.Random) -> bytes:
    """Return data with one to eight mutations."""
    for _ in range(rng.choice((1, 1, 1, 2, 3, 8))):
        data = rng.choice(MUTATIONS)(data, rng)
    return data


def examine(path: Path) -> tuple[str, str]:
    """Load a configuration; return the outcome, and what is wrong with it ("" if nothing)."""
    from seq2seq.config.loading import dump_config, load_config, parse_config
    from seq2seq.config.messages import ConfigError

    try:
        config = load_config(path)
        if parse_config(dump_config(config)) != config:
            return "settings", "the settings change when they are written and read again"
        return "settings", ""
    except ConfigError as error:
        bad = [
            line for line in str(error).split("\n") if not re.match(rf"{re.escape(str(path))}:\d+: .", line)
        ]
        bad += [line for line in error.problems if not line.isprintable()]
        return "errors with file and line", f"an error says {bad[0]!r}" if bad else ""
    except Exception as error:  # noqa: BLE001 - any other exception is a failure
        return "other exceptions", f"{type(error).__name__}: {error}"


# Mutations.


def _splice(data: bytes, rng: random.Random) -> bytes:
    """Replace up to three bytes by a piece."""
    place = rng.randint(0, len(data))
    return data[:place] + rng.choice(PIECES) + data[place + rng.randint(0, 3) :]


def _value(data: bytes, rng: random.Random) -> bytes:
    """Replace a value by a piece."""
    lines = data.split(b"\n")
    at = rng.randrange(len(lines))
    key, colon, _ = lines[at].partition(b":")
    lines[at] = key + colon + b" " + rng.choice(PIECES)
    return b"\n".join(lines)


def _byte(data: bytes, rng: random.Random) -> bytes:
    """Change, delete or double a byte."""
    place = rng.randrange(len(data) or 1)
    return data[:place] + rng.choice((rng.randbytes(1), b"", 2 * data[place : place + 1])) + data[place + 1 :]


def _lines(data: bytes, rng: random.Random) -> bytes:
    """Delete, double, swap or indent a line, or give it the key of another line."""
    lines = data.split(b"\n")
    a, b = rng.randrange(len(lines)), rng.randrange(len(lines))
    match rng.randrange(5):
        case 0:
            del lines[a]
        case 1:
            lines.insert(b, lines[a])
        case 2:
            lines[a], lines[b] = lines[b], lines[a]
        case 3:
            lines[a] = rng.choice((b" ", b"  ", b"\t", b" " * 40)) + lines[a]
        case 4:
            lines[a] = lines[b].partition(b":")[0] + b":" + lines[a].partition(b":")[2]
    return b"\n".join(lines)


def _cut(data: bytes, rng: random.Random) -> bytes:
    """Cut off the end or the beginning."""
    place = rng.randint(0, len(data))
    return rng.choice((data[:place], data[place:]))


def _much(data: bytes, rng: random.Random) -> bytes:
    """Repeat a part, up to a megabyte in all."""
    a, b = sorted((rng.randint(0, len(data)), rng.randint(0, len(data))))
    part = data[a:b][: rng.choice((1, 10, 100, 1000))]
    times = min(rng.choice((10, 1000, 100_000)), 1_000_000 // (len(part) or 1))
    return data[:a] + part * times + data[b:]


MUTATIONS = (_splice, _splice, _value, _value, _byte, _lines, _lines, _cut, _much)
