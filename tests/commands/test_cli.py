"""The command line: every command and option, whatever the input, and one clear line for every mistake."""

from __future__ import annotations

import json
import math
import os
import pickle
import pty
import shlex
import signal
import subprocess
import sys
import time
import unicodedata
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, NamedTuple

import pytest
import torch
from tiny import GOLDEN, copying_file, short_pairs
from tinyruns import after_steps, bundled, signal_after, tiny_config, write_pairs

from seq2seq import cli as cli_module
from seq2seq.cli import main
from seq2seq.cli import run as run_cli
from seq2seq.commands.reading import read_lines
from seq2seq.config.loading import parse_config
from seq2seq.config.schema import Config, DataConfig
from seq2seq.corpus.cache import default_cache
from seq2seq.corpus.prepare import prepare
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.errors import UserError, printable
from seq2seq.models.build import build, to_weights
from seq2seq.storage.lock import run_lock
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import WordTrie
from seq2seq.training import writer
from seq2seq.training.checkpoint import latest_state
from seq2seq.translator import Translator

ROOT = Path(__file__).parents[2]
MODEL = str(GOLDEN / "model.safetensors")
SOURCES = [pair.source for pair in short_pairs(12)]


class Result(NamedTuple):
    """The result of a command."""

    code: int
    out: str
    err: str

    @property
    def lines(self) -> list[str]:
        assert self.out == "" or self.out.endswith("\n")
        return self.out.split("\n")[:-1]


Cli = Callable[..., Result]


@pytest.fixture
def cli(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path_factory: pytest.TempPathFactory,
) -> Cli:
    """Return what runs a command in this process, with some bytes as its standard input."""
    path = tmp_path_factory.mktemp("stdin") / "stdin"

    def call(*arguments: object, stdin: bytes = b"") -> Result:
        path.write_bytes(stdin)
        with path.open() as file, monkeypatch.context() as patch:
            patch.setattr(sys, "stdin", file)
            try:
                code: Any = run_cli([str(argument) for argument in arguments])
            except SystemExit as stop:
                code = stop.code
        out, err = capfd.readouterr()
        assert "Traceback" not in err
        assert "\x1b" not in out + err
        return Result(code or 0, out, err)

    return call


@pytest.fixture
def translate(cli: Cli) -> Cli:
    """Return what runs `translate` with the tiny model on the CPU."""
    return lambda *arguments, **stdin: cli(
        "translate", "--model", MODEL, "--device", "cpu", *arguments, **stdin
    )


@pytest.fixture(scope="module")
def expected(tiny: Translator) -> dict[str, str]:
    """Return the translation of each source at the model's own lag."""
    return dict(zip(SOURCES, tiny.translate(SOURCES), strict=True))


@pytest.fixture(autouse=True)
def _no_curves(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the directory of a finished run of two steps."""
    directory = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir / "curves.png")
        code = run_cli(
            [
                *("train", str(tiny_config(directory)), "--out", str(directory / "run")),
                *("--device", "cpu", "--set", "train.max_steps=2"),
            ]
        )
    assert code == 0
    return directory / "run"


def refused(result: Result, code: int, *parts: str) -> None:
    """Assert that a command was refused with one line that has all `parts`."""
    assert result.code == code
    assert result.out == ""
    line, rest = result.err.removeprefix("seq2seq: ").split("\n", 1)
    assert result.err.startswith("seq2seq: ")
    assert rest == ""
    assert all(part in line for part in parts), line


# Translating: all ways in and out are the same.


def test_arguments_files_and_pipes_give_the_same_answer(
    translate: Cli, expected: dict[str, str], tmp_path: Path
) -> None:
    text = "".join(f"{source}\n" for source in SOURCES)
    file, out = tmp_path / "in.txt", tmp_path / "out.txt"
    file.write_text(text, encoding="utf-8")
    answer = Result(0, "".join(f"{line}\n" for line in expected.values()), "")
    assert len(set(expected.values())) > 8
    assert translate(*SOURCES) == answer
    assert translate(stdin=text.encode()) == answer
    assert translate(stdin=text.encode().removesuffix(b"\n")) == answer
    assert translate("-i", file) == answer
    assert translate("-i", file, "-o", out) == Result(0, "", "")
    assert out.read_text("utf-8") == answer.out
    assert translate("-o", out, *SOURCES[:1]) == Result(0, "", "")
    assert out.read_text("utf-8") == expected[SOURCES[0]] + "\n"
    assert translate("--stream", stdin=text.encode()) == answer


def test_a_stream_is_the_same_at_every_lag(translate: Cli) -> None:
    text = "\n".join(SOURCES[:5]).encode()
    for lag in (0, 5):
        assert translate("--stream", "--lag", lag, stdin=text) == translate("--lag", lag, stdin=text)
    assert translate("--lag", 0, stdin=text) != translate("--lag", 5, stdin=text)


def test_a_run_directory_stands_for_its_model(cli: Cli, expected: dict[str, str]) -> None:
    result = cli("translate", "-m", GOLDEN, "--device", "cpu", SOURCES[0])
    assert result.lines == [expected[SOURCES[0]]]


ODD_LINES: list[bytes] = [
    b"",
    SOURCES[0].encode(),
    b"   \t ",
    b"\xef\xbb\xbf" + SOURCES[1].encode() + b"\r",
    "\u2028\u2029\x85".encode(),
    f"{SOURCES[2]}\u2028{SOURCES[3]}\x0b\x0c\x1c{SOURCES[4]}".encode(),
    "🦤 👩‍👩‍👧 ñandú 猫".encode(),
    b"\xff\xfe\x00",
    b"\x1b[31mred\x1b[0m \x07",
    b"\r",
    ("the red house is big. " * 40).encode(),
    ("x" * 500).encode(),
    "\u0301\u0301 \u200b\u202e\ufeff".encode(),
    b"\xed\xa0\x80 \xf0\x9f",
    SOURCES[5].encode(),
]


def test_as_many_lines_come_out_as_went_in(translate: Cli, expected: dict[str, str]) -> None:
    for options in ([], ["--lag", "2"], ["--stream"]):
        result = translate(*options, stdin=b"\n".join(ODD_LINES))
        assert result.code == 0
        assert len(result.lines) == len(ODD_LINES)
        # White space stays, but what could end a line or steer a terminal does not.
        assert [result.lines[place] for place in (0, 2, 4, 9)] == ["", "   \t ", "   ", "\r"]
        kept = set(result.out) - set("\n\r\t\ufeff\u200b\u200d")
        assert not any(unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp") for c in kept)
    whole = translate(stdin=b"\n".join(ODD_LINES)).lines
    assert [whole[place] for place in (1, 14)] == [expected[SOURCES[place]] for place in (0, 5)]
    assert whole[3] == f"\ufeff{expected[SOURCES[1]]}\r"


def test_one_warning_at_the_end_counts_what_was_odd(translate: Cli) -> None:
    lines = [b"a\xff\xfe", b"\0\x1b[31mb\x07", b"i like it. " * 40, "猫".encode(), b"plain"]
    result = translate(stdin=b"\n".join(lines))
    assert result.code == 0
    assert result.err == (
        "seq2seq: in the input, 2 bytes that are not UTF-8 were replaced, "
        "3 control characters were dropped, 1 long line was cut into sentences; "
        "the model did not copy 42 parts of the input (spans or unknown characters)\n"
    )
    assert translate(stdin=b"plain\r\n\n").err == ""


def test_composed_and_decomposed_text_are_the_same(translate: Cli) -> None:
    text = "¿dónde está el niño? mañana."
    composed, decomposed = (unicodedata.normalize(form, text) for form in ("NFC", "NFD"))
    assert composed != decomposed
    results = [translate("--format", "jsonl", one) for one in (composed, decomposed)]
    assert results[0] == results[1]


@pytest.mark.slow
def test_a_line_of_a_million_characters_is_one_line(translate: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without the network: the line is cut and joined in little time."""
    seen: list[list[int]] = []

    def echo(_: object, sources: list[list[int]], *__: object) -> list[list[Hypothesis]]:
        seen.extend(sources)
        return [[Hypothesis(ids, [0.0] * (len(ids) + 1), 0.0, True)] for ids in sources]

    monkeypatch.setattr("seq2seq.translator.search", echo)
    line = ("where is the dog? " * 60_000)[:1_000_000].strip()
    result = translate(stdin=f"{line}\n\n{line[:100]}".encode())
    assert result.lines == [line, "", line[:100].strip()]
    assert max(map(len, seen)) <= 200
    assert result.err == ""  # each of its sentences is short enough


@pytest.mark.slow
def test_a_million_characters_go_through_the_network(translate: Cli) -> None:
    result = translate(stdin=("where is the dog? " * 60_000)[:1_000_000].encode())
    assert result.code == 0
    assert len(result.lines) == 1
    assert len(result.out) > 500_000


def test_whole_lines_are_there_before_the_next_are_sent() -> None:
    receive, send = os.pipe()
    lines = read_lines(receive)
    os.write(send, b"one\ntwo\nthr")
    assert next(lines) == [b"one", b"two"]
    os.write(send, b"ee")
    os.write(send, b"\n\n\xc3")
    assert next(lines) == [b"three", b""]
    os.write(send, b"\xb1")
    os.close(send)
    assert list(lines) == [["ñ".encode()]]
    os.close(receive)


# What is told about each line.


def test_jsonl_tells_all_about_each_line(translate: Cli, expected: dict[str, str]) -> None:
    sources = [*SOURCES[:3], "", "猫 \x07"]
    result = translate("--format", "jsonl", "--lag", "4", *sources)
    records = [json.loads(line) for line in result.lines]
    assert [record["source"] for record in records] == [*SOURCES[:3], "", "猫 "]
    assert [record["translation"] for record in records[3:]] == ["", "猫 "]
    assert [record["translation"] for record in records] == translate("--lag", "4", *sources).lines
    for record in records:
        text, source = record["translation"], record["source"]
        assert record["lag"] == 4
        assert record["delays"] == [min(t + 4, len(source)) for t in range(1, len(text) + 1)]
        assert (record["copied"], record["uncopied"]) == ([], 0)
        assert len(record["log_probs"]) == len(text)
        assert all(value <= 0 for value in record["log_probs"])
        assert 0 < record["confidence"] <= 1
        assert record["ended"] in (True, False)
        assert record["alternatives"] == [{"translation": text, "score": record["score"]}]
    full = [json.loads(line) for line in translate("--format", "jsonl", *SOURCES[:3]).lines]
    assert [record["lag"] for record in full] == ["full"] * 3
    assert [record["translation"] for record in full] == [expected[source] for source in SOURCES[:3]]
    assert all(record["score"] < 0 for record in full)
    for record in full:  # the end mark counts as well, so the confidence is near the mean and not equal to it
        characters = math.exp(sum(record["log_probs"]) / len(record["log_probs"]))
        assert record["confidence"] == pytest.approx(math.exp(record["score"]), abs=1e-4)
        assert record["confidence"] == pytest.approx(characters, abs=0.1)


def test_jsonl_tells_what_was_copied_and_what_was_left_out(cli: Cli, tmp_path: Path) -> None:
    text = "see me@here.org at 7"
    for liking, uncopied in ((50, 0), (-50, 2)):
        model = tmp_path / f"{liking}.safetensors"
        write_model(model, copying_file(liking, ending=4))
        result = cli("translate", "-m", model, "--device", "cpu", "--format", "jsonl", text)
        (record,) = map(json.loads, result.lines)
        assert sorted(record["copied"]) == ["7", "me@here.org"]
        assert record["uncopied"] == uncopied
        assert all(copied in record["translation"] for copied in record["copied"])
        assert record["translation"].endswith(" me@here.org 7") == bool(uncopied)


def test_spans_that_were_left_out_are_counted_at_the_end(cli: Cli, tmp_path: Path) -> None:
    """By a batch and by a stream; at lag 3, where no sentence is searched again."""
    text = b"see me@here.org at 7\n\nit is 12:30"
    for liking, warning in (
        (50, ""),
        (
            -50,
            "seq2seq: the model did not copy 3 parts of the input (spans or unknown characters)\n",
        ),
    ):
        model = tmp_path / f"{liking}.safetensors"
        write_model(model, copying_file(liking))
        for options in ([], ["--stream"]):
            result = cli("translate", "-m", model, "--device", "cpu", "--lag", 3, *options, stdin=text)
            assert result.err == warning
            assert result.lines[0].endswith(" me@here.org 7") == bool(warning)


def test_alternatives_come_best_first(translate: Cli) -> None:
    beam = translate("--beam", 4, *SOURCES[:4]).lines
    result = translate("--beam", 4, "--n-best", 3, *SOURCES[:4])
    columns = [line.split("\t") for line in result.lines]
    assert [len(set(texts)) for texts in columns] == [3] * 4
    assert [texts[0] for texts in columns] == beam
    told = translate("--beam", 4, "--n-best", 3, "--format", "jsonl", *SOURCES[:4]).lines
    for line, texts in zip(told, columns, strict=True):
        alternatives = json.loads(line)["alternatives"]
        assert [one["translation"] for one in alternatives] == texts
        scores = [one["score"] for one in alternatives]
        assert scores == sorted(scores, reverse=True)


def test_the_length_penalty_reaches_the_search(translate: Cli) -> None:
    short, long = (translate("--beam", 4, "--length-penalty", p, *SOURCES).lines for p in (0, 10))
    assert sum(map(len, short)) < sum(map(len, long))


@pytest.mark.usefixtures("bf16")
def test_precision_reaches_the_network(translate: Cli) -> None:
    fine, rough = (
        translate("--precision", p, "--format", "jsonl", *SOURCES[:3]).lines for p in ("fp32", "bf16")
    )
    assert fine != rough
    assert [json.loads(line)["source"] for line in rough] == SOURCES[:3]


def test_show_draws_what_had_been_read_for_each_character(translate: Cli, tmp_path: Path) -> None:
    source = SOURCES[0]
    (text,) = translate("--lag", 3, source).lines
    result = translate("--lag", 3, "--show", "--plot", tmp_path / "out.png", source)
    assert result.lines[:3] == [text, "", "    " + source.replace(" ", "␣")]
    rows = result.lines[3 : 3 + len(text)]
    assert [row[0] for row in rows] == list(text.replace(" ", "␣"))
    assert [len(row) - 4 for row in rows] == [min(t + 3, len(source)) for t in range(1, len(text) + 1)]
    assert any(shade in "".join(rows) for shade in "▒▓█")
    assert "lag 3" in result.lines[3 + len(text)]
    assert (tmp_path / "out.png").read_bytes().startswith(b"\x89PNG")


def test_there_is_nothing_to_draw_of_nothing(translate: Cli, tmp_path: Path) -> None:
    result = translate("--plot", tmp_path / "out.png", "")
    assert result.code == 1
    assert "the translation is empty" in result.err
    assert translate("--show", "").code == 0


def test_what_is_too_long_to_draw_is_translated_all_the_same(translate: Cli, tmp_path: Path) -> None:
    result = translate("--plot", tmp_path / "out.png", "pizza " * 80)
    assert result.code == 1
    assert len(result.lines) == 1
    assert "give a sentence of at most 400" in result.err
    assert not (tmp_path / "out.png").exists()


# Translating: as it arrives.


@contextmanager
def streaming(*options: object) -> Iterator[subprocess.Popen[bytes]]:
    """A process that translates what is written to it."""
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", MODEL, "--stream", *map(str, options)]
    pipes: dict[str, Any] = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    with subprocess.Popen(command, **pipes) as process:
        yield process
        process.kill()


def test_a_slow_writer_is_answered_character_by_character(tiny: Translator) -> None:
    """Text that is due arrives before more is sent, also if a character arrives in two pieces."""
    source = "josé has a dog"
    expected = tiny.translate(source, lag=2)
    assert len(expected) > 8
    with streaming("--lag", 2) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        got = b""
        for count, byte in enumerate(source.encode(), start=1):
            process.stdin.write(bytes([byte]))
            process.stdin.flush()
            # One byte of é says nothing yet, and a character is complete when the next one has come.
            complete = len(source.encode()[:count].decode(errors="ignore")) - 1
            while len(got.decode()) < min(complete - 2, len(expected)):
                got += process.stdout.read1() or pytest.fail("it has ended")  # type: ignore[attr-defined]
        assert len(got.decode()) > 8  # all of it before the end of the input
        process.stdin.close()
        assert (got + process.stdout.read()).decode() == expected + "\n"
        assert process.wait(60) == 0


def test_a_stream_counts_bytes_and_characters_as_batch_does(translate: Cli) -> None:
    text = b"a\xff\xfe b \xf0\x9f c\n\xe7\x8c\xab \x07plain \xf0\x9f\n" + b"i like it " * 40
    stream, batch = translate("--stream", stdin=text), translate(stdin=text)
    assert stream == batch
    assert "6 bytes that are not UTF-8 were replaced" in stream.err
    assert "1 long line was cut into sentences" in stream.err


def test_a_fast_writer_is_answered_before_the_end_of_what_it_wrote(tiny: Translator) -> None:
    """A regression: a stream translated a whole megabyte before it wrote anything of it."""
    sentence = "my dog is hungry. "
    with streaming("--lag", 3) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(sentence.encode() * 3000)
        process.stdin.flush()
        first = process.stdout.read(1)
        assert tiny.translate(sentence, lag=3).startswith(first.decode())
        os.set_blocking(process.stdout.fileno(), False)
        assert len(process.stdout.read1() or b"") < 1000  # type: ignore[attr-defined]


@pytest.mark.parametrize("way", ["> /dev/full", ">&-"])
@pytest.mark.parametrize("options", ["--stream", ""])
def test_output_that_cannot_be_written_is_one_line(way: str, options: str) -> None:
    command = f"echo my dog is hungry | {sys.executable} -m seq2seq translate -m {MODEL} {options} {way}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    (line,) = done.stderr.splitlines()
    assert line.startswith("seq2seq: standard output")


@pytest.mark.parametrize("full", [True, False])
def test_output_that_fails_at_the_very_end_is_no_traceback_either(full: bool) -> None:
    """Short text is in the buffer until the program ends; there is no message about a closed pipe."""
    reader, output = os.pipe()
    os.close(reader)
    if full:
        os.close(output)
        output = os.open("/dev/full", os.O_WRONLY)
    command = [sys.executable, "-m", "seq2seq", "train", "--settings"]
    done = subprocess.run(command, stdout=output, stderr=subprocess.PIPE, text=True, check=False)
    os.close(output)
    said = "seq2seq: standard output cannot be used: No space left on device\n"
    assert (done.returncode, done.stderr) == (1, said if full else "")


@pytest.mark.parametrize("way", ["2>&-", "2>/dev/full", "2> >(true)"])
def test_messages_that_nobody_reads_change_neither_output_nor_code(way: str) -> None:
    """A regression: with standard error closed, Python printed messages among the results."""
    mistake = f"{sys.executable} -m seq2seq translate -m nowhere a {way}"
    done = subprocess.run(["bash", "-c", mistake], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (1, "", "")


def test_a_reader_of_a_stream_that_stops_is_no_traceback() -> None:
    with streaming("--lag", 0) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        process.stdin.write(b"my dog is hungry. " * 20)
        process.stdin.close()
        assert process.wait(60) == 1
        assert process.stderr.read() == b""


# Translating: mistakes.


@pytest.mark.parametrize(
    ("options", "code", "parts"),
    [
        (["--lag", "13"], 2, ["not trained for lag 13", "it serves 0 to 12 and full"]),
        (["--lag", "soon"], 2, ["a lag is a whole number from 0 to 10,000 or `full`, not 'soon'"]),
        (["--lag", "-1"], 2, ["not '-1'"]),
        (["--lag", "4", "--beam", "2"], 2, ["beam search needs lag full", "lag 4", "use --beam 1"]),
        (["--n-best", "2"], 2, ["--n-best 2 needs --beam 2 or more"]),
        (["--n-best", "5", "--beam", "4"], 2, ["--n-best 5 needs --beam 5"]),
        (["-i", ""], 2, ["--input needs a file name"]),
        (["-o", ""], 2, ["--output needs a file name"]),
        (["-i", "nowhere.txt"], 1, ["nowhere.txt cannot be read: No such file"]),
        (["--device", "gpu"], 2, ["--device is auto, cpu, cuda or cuda:NUMBER, not 'gpu'"]),
        (["-o", "nowhere/out.txt"], 1, ["cannot write", "nowhere/out.txt"]),
        (["--stream", "--beam", "2", "--lag", "3"], 2, ["beam search needs lag full", "at lag 3"]),
        (["--stream", "--beam", "2", "--n-best", "2"], 2, ["--stream", "be combined with --n-best"]),
        (["--stream", "--format", "jsonl"], 2, ["--stream", "be combined with --format jsonl"]),
        (["--stream", "--precision", "bf16"], 2, ["--stream computes in fp32"]),
        (["--stream", "--device", "cuda"], 2, ["--stream computes on the CPU", "--device cuda"]),
        (["--stream", "--lag", "13"], 2, ["not trained for lag 13"]),
        (["--stream", "--lag", "-1"], 2, ["not '-1'"]),
        (["--stream", "--lag", "2.5"], 2, ["not '2.5'"]),
        (["--stream", "--show", "--plot", "x"], 2, ["--stream", "be combined with --show, --plot"]),
        (["--stream", "--length-penalty", "2"], 2, ["--stream", "be combined with --length-penalty"]),
        (
            ["--stream", "--device", "cpu", "--precision", "fp32", "--lag", "13"],
            2,
            ["not trained for lag 13"],
        ),
        (["--lag", "9" * 5000], 2, ["a lag is a whole number"]),
        (["--plot", "nowhere/x.png", "a"], 1, ["cannot write nowhere/x.png", "no directory nowhere"]),
        (["--plot", "out.png"], 2, ["--plot draws one sentence"]),
        (["--show", "--format", "jsonl"], 2, ["--show", "leave out --format jsonl"]),
    ],
)
def test_options_that_cannot_be_served_are_refused(
    options: list[str], code: int, parts: list[str], translate: Cli
) -> None:
    refused(translate(*options, stdin=b"a\n"), code, *parts)


@pytest.mark.parametrize(
    "options",
    [
        ["--beam", "0"],
        ["--beam", "two"],
        ["--n-best", "1001"],
        ["--length-penalty", "-1"],
        ["--format", "xml"],
        ["--precision", "fp16"],
        ["--nonsense"],
    ],
)
def test_options_of_no_sense_are_explained_by_the_parser(options: list[str], translate: Cli) -> None:
    result = translate(*options)
    assert result.code == 2
    assert result.out == ""
    assert "usage: seq2seq" in result.err
    assert options[0] in result.err.splitlines()[-1]


def test_text_and_a_file_together_are_refused(translate: Cli) -> None:
    refused(translate("text", "-i", "file"), 2, "either TEXT or -i FILE")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a CUDA device")
def test_a_device_that_is_not_there_is_refused(cli: Cli) -> None:
    refused(cli("translate", "-m", MODEL, "--device", "cuda", "a"), 1, "there is no CUDA device", "cpu")


def test_a_model_has_to_be_there(cli: Cli, tmp_path: Path) -> None:
    refused(cli("translate", "-m", tmp_path / "none", "a"), 1, f"there is no model {tmp_path}/none")
    refused(cli("translate", "-m", tmp_path, "a"), 1, f"there is no model {tmp_path}/model.safetensors")


class _Bomb:
    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple[Any, ...]:
        return os.mkdir, (str(self.path),)


def test_what_is_no_whole_model_is_refused_and_not_run(cli: Cli, tmp_path: Path) -> None:
    data, path = Path(MODEL).read_bytes(), tmp_path / "model.safetensors"
    for bad, word in ((data[:-1], "cut short"), (data[:1000], "cut short"), (b"", "empty")):
        path.write_bytes(bad)
        refused(cli("translate", "-m", path, "a"), 4, str(path), word)
    path.write_bytes(data[:-9] + bytes([data[-9] ^ 1]) + data[-8:])
    refused(cli("translate", "-m", path, "a"), 4, "its checksum does not match")
    path.write_bytes(pickle.dumps(_Bomb(tmp_path / "harm")))
    refused(cli("translate", "-m", path, "a"), 4, "pickle")
    torch.save({"weights": _Bomb(tmp_path / "harm")}, path)
    refused(cli("translate", "-m", path, "a"), 4, str(path))
    assert not (tmp_path / "harm").exists()


def test_messages_cannot_steer_the_terminal(cli: Cli) -> None:
    result = cli("translate", "-m", "a\x1b[31mb", "a")
    assert "a\\x1b[31mb" in result.err
    assert printable("ñ\n\x9b\u202e") == "ñ\n\\x9b\\u202e"


ESCAPE = "\x1b[31m\x9b7m\u202e"


def test_what_strangers_call_their_files_cannot_steer_the_terminal(cli: Cli, tmp_path: Path) -> None:
    """A regression: names of files and of members of archives, and texts in model files, were not escaped.

    `cli` looks for the escape character in all that comes out; the other two are looked for here.
    """
    model = tmp_path / f"m{ESCAPE}.safetensors"
    write_model(model, replace(read_model(Path(MODEL)), info={ESCAPE: ESCAPE}))
    bad, archive = tmp_path / f"d{ESCAPE}.tsv", tmp_path / "a.zip"
    bad.write_text("a\tb\nc\n")
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr(f"pairs{ESCAPE}.txt", "a\tb\nc\td\ne\n")
    commands = [
        ("checkpoint", "verify", model),
        ("checkpoint", "inspect", model),
        ("data", "check", bad),
        ("data", "prepare", bad, "--dev", 0, "--test", 0, "--out", tmp_path / ESCAPE),
        ("data", "fetch", archive, "--out", tmp_path / f"o{ESCAPE}.tsv"),
        ("evaluate", "-m", MODEL, "-i", bad),
        ("translate", "-m", MODEL, f"--{ESCAPE}"),
        ("train", bad),
    ]
    for command in commands:
        result = cli(*command)
        said = result.out + result.err
        assert "31m" in said, command
        assert "\x9b" not in said, command
        assert "\u202e" not in said, command


def test_a_vocabulary_of_control_characters_is_refused(cli: Cli, tmp_path: Path) -> None:
    """A model file of a stranger could hold escape sequences instead of letters."""
    path = tmp_path / "m.safetensors"
    good = read_model(Path(MODEL))
    write_model(path, replace(good, characters=["\x1b", *good.characters[1:]]))
    for command in (["translate", "-m", path, "a"], ["checkpoint", "verify", path]):
        refused(cli(*command), 4, "its vocabulary contains U+001B")


def test_a_model_that_names_another_network_is_refused(cli: Cli, tmp_path: Path) -> None:
    path, good = tmp_path / "m.safetensors", read_model(Path(MODEL))
    for section, key, value, part in (
        ("model", "hidden", 10**9, "`model.hidden`: expected a whole number from 1 to 8,192"),
        ("model", "hidden", 8192, "do not fit its configuration"),
        ("model", "_target_", "os.system", "`model._target_` is unknown"),
    ):
        config = {**good.config, section: {**good.config[section], key: value}}
        write_model(path, replace(good, config=config))
        for command in (["translate", "-m", path, "a"], ["checkpoint", "verify", path]):
            refused(cli(*command), 4, str(path), part)


# The prompt.


class Terminal:
    """Somebody at a keyboard."""

    def __init__(self, *typed: str) -> None:
        self.typed = iter(typed)

    def isatty(self) -> bool:
        return True

    def readline(self) -> str:
        return next(self.typed, "")


def prompt(monkeypatch: pytest.MonkeyPatch, *typed: str, options: list[str] | None = None) -> int:
    monkeypatch.setattr(sys, "stdin", Terminal(*typed))
    return run_cli(["translate", "-m", MODEL, "--device", "cpu", *(options or [])])


def test_a_prompt_answers_line_by_line_and_its_dial_turns(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, str],
    tiny: Translator,
) -> None:
    one = SOURCES[1]
    code = prompt(monkeypatch, f"{one}\n", ":lag 1\n", f"{one}\n", ":lag 99\n", ":tau\n", f"{one}\n")
    out, err = capfd.readouterr()
    assert code == 0
    early = tiny.translate(one, lag=1)
    assert early != expected[one]
    assert out.splitlines() == [expected[one], early, early]
    assert "not trained for lag 99" in err
    assert "there is no command :tau" in err
    assert "lag 1\n" in err


def test_a_colon_without_a_word_is_text_at_a_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    assert prompt(monkeypatch, ":) my dog\n", ":\n") == 0
    out, err = capfd.readouterr()
    assert out.splitlines() == [tiny.translate(":) my dog")]
    assert "there is no command :;" in err


def test_a_lag_that_a_beam_cannot_serve_does_not_end_the_prompt(
    capfd: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tiny: Translator
) -> None:
    code = prompt(monkeypatch, ":lag 1\n", f"{SOURCES[0]}\n", options=["--beam", "3"])
    out, err = capfd.readouterr()
    assert code == 0
    assert out.splitlines() == [tiny.translate(SOURCES[0], beam=3)]
    assert "beam search needs lag full" in err


def test_at_a_terminal_a_file_for_the_output_is_filled_without_a_prompt(
    capfd: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    expected: dict[str, str],
    tmp_path: Path,
) -> None:
    (tmp_path / "typed").write_text(f"{SOURCES[0]}\n")
    with (tmp_path / "typed").open() as typed:
        monkeypatch.setattr(sys, "stdin", SimpleNamespace(isatty=lambda: True, fileno=typed.fileno))
        assert run_cli(["translate", "-m", MODEL, "--device", "cpu", "-o", str(tmp_path / "out")]) == 0
    assert (tmp_path / "out").read_text("utf-8") == expected[SOURCES[0]] + "\n"
    assert capfd.readouterr() == ("", "")


# Evaluating.


def test_evaluate_prints_a_table_and_writes_all_that_produced_it(
    cli: Cli, expected: dict[str, str], tmp_path: Path
) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(12))
    out, picture = tmp_path / "scores.json", tmp_path / "curve.png"
    result = cli(
        *("evaluate", "-m", MODEL, "--device", "cpu", "-i", pairs),
        *("--lags", "0, 3,full", "--json", out, "--plot", picture),
    )
    assert result.code == 0
    report = json.loads(out.read_text("utf-8"))
    assert [row["lag"] for row in report["rows"]] == [0, 3, "full"]
    references = {pair.source: pair.target for pair in short_pairs(12)}
    exact = sum(references[source] == text for source, text in expected.items()) / 12
    assert report["rows"][2]["quality"]["exact"] == pytest.approx(100 * exact)
    assert report["decoding"] == {"beam": 1, "length_penalty": 1.0, "repeats": False, "precision": "fp32"}
    assert report["rows"][0]["latency"]["al"] < report["rows"][2]["latency"]["al"]
    table = result.out.splitlines()
    assert [line.split()[0] for line in table[1:4]] == ["0", "3", "full"]
    assert f"{report['rows'][2]['quality']['chrf']:.2f}" in table[3]
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_evaluate_streams_and_draws_other_models_beside(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(12))
    out, picture = tmp_path / "scores.json", tmp_path / "curve.png"
    command = ["evaluate", "-m", GOLDEN, "--device", "cpu", "-i", pairs]
    result = cli(*command, "--lags", "0,full", "--stream", 5, "--json", out)
    assert result.code == 0
    rows = json.loads(out.read_text("utf-8"))["rows"]
    for row, line in zip(rows, result.out.splitlines()[1:], strict=False):
        streaming = row["streaming"]
        assert streaming["sentences"] == 5
        assert streaming["different"] == 0
        assert 0 < streaming["read_ms"] <= streaming["p99_ms"]
        assert f"{streaming['read_ms']:.2f}" in line
    assert rows[0]["streaming"]["write_ms"] > rows[0]["streaming"]["read_ms"]
    assert rows[1]["streaming"]["write_ms"] is None
    # At lag full everything is left to the end; at lag 0 hardly anything is.
    assert rows[1]["streaming"]["last_ms"] > rows[0]["streaming"]["last_ms"]
    assert "streamed 5 sentences at each lag; 0 in all differ" in result.out
    wide = cli(*command, "--stream", 5, "--beam", 3)
    assert wide.code == 0
    assert "streamed 5 sentences at each lag; 0 in all differ" in wide.out
    assert cli(*command, "--plot", picture, "--beside", out).code == 0
    assert picture.read_bytes().startswith(b"\x89PNG")


def test_evaluate_takes_a_beam_and_the_lag_of_the_model(cli: Cli, tmp_path: Path) -> None:
    pairs = write_pairs(tmp_path / "pairs.tsv", short_pairs(3))
    result = cli("evaluate", "-m", GOLDEN, "--device", "cpu", "-i", pairs, "--beam", 2)
    assert result.code == 0
    assert result.out.splitlines()[1].split()[0] == "full"
    assert "beam 2" in result.out


@pytest.mark.parametrize(
    ("options", "content", "code", "parts"),
    [
        (["--lags", "0,13"], "a\tb\n", 2, ["not trained for lag 13"]),
        (["--lags", "0,,3"], "a\tb\n", 2, ["a lag is a whole number", "not ''"]),
        ([], "", 1, ["there is no translation to score"]),
        ([], "a\n", 1, ["pairs.tsv:1: one column"]),
        (["--lags", "3", "--beam", "2"], "a\tb\n", 2, ["beam search needs lag full"]),
        (["--stream", "2", "--lags", "3", "--beam", "2"], "a\tb\n", 2, ["beam search needs lag full"]),
        (["--plot", "nowhere/x.png"], "a\tb\n", 1, ["cannot write nowhere/x.png", "no directory nowhere"]),
        (["--json", "."], "a\tb\n", 1, ["cannot write .", "is a directory"]),
        (["--beside", "x.json"], "a\tb\n", 2, ["--beside needs --plot"]),
        (["--plot", "x.png", "--beside", "x.json"], "a\tb\n", 1, ["x.json cannot be read"]),
        (["--plot", "x.png", "--beside", MODEL], "a\tb\n", 1, ["is not a report"]),
    ],
)
def test_evaluate_refuses(
    options: list[str], content: str, code: int, parts: list[str], cli: Cli, tmp_path: Path
) -> None:
    (tmp_path / "pairs.tsv").write_text(content)
    command = ["evaluate", "-m", MODEL, "--device", "cpu", "-i", tmp_path / "pairs.tsv", *options]
    refused(cli(*command), code, *parts)


# Data.


def test_data_is_unpacked_prepared_and_checked(cli: Cli, tmp_path: Path) -> None:
    archive, pairs, parts = tmp_path / "spa-eng.zip", tmp_path / "pairs.tsv", tmp_path / "parts"
    text = "".join(f"{source}\t{target}\tsomebody\n" for source, target in bundled("train", 50))
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("spa.txt", text)
        file.writestr("_about.txt", "about")
    result = cli("data", "fetch", archive, "--out", pairs)
    assert result.code == 0
    assert result.lines[0].startswith(f"{pairs}: 50 pairs")
    result = cli("data", "prepare", pairs, "--out", parts, "--dev", "5", "--test", "0.1")
    assert result.code == 0
    sizes = [
        len((parts / f"{name}.tsv").read_text("utf-8").splitlines()) for name in ("train", "dev", "test")
    ]
    assert sizes == [40, 5, 5]
    refused(cli("data", "prepare", pairs, "--out", parts), 2, "exists", "--force")
    result = cli("data", "prepare", pairs, "--out", parts, "--dev", "1", "--test", "0", "--force")
    assert result.code == 0
    assert not (parts / "test.tsv").exists()
    result = cli("data", "check", *(parts / f"{name}.tsv" for name in ("train", "dev")))
    assert result.code == 0
    assert "49" in result.out


def test_data_check_fails_where_there_is_trouble(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "pairs.tsv"
    path.write_bytes(b"a\tb\nc\n\xff\td\n")
    result = cli("data", "check", path)
    assert result.code == 1
    assert f"{path}:2: one column" in result.out
    assert f"{path}:3: not UTF-8 (byte 1" in result.out
    assert result.err.startswith("seq2seq: these files have errors")


def test_data_mistakes_are_one_line(cli: Cli, tmp_path: Path) -> None:
    refused(cli("data", "prepare", "a", "--parallel", "--out", tmp_path), 2, "two files, not 1")
    refused(cli("data", "prepare", "nowhere.tsv", "--out", tmp_path / "out"), 1, "nowhere.tsv")
    refused(cli("data", "prepare", "a.tsv", "--dev", "many", "--out", tmp_path), 2, "many")
    assert cli("data", "fetch", "ftp://example.org/a.zip", "--out", tmp_path / "a").code in (1, 2)
    assert cli("data").code == 2


def test_the_cache_is_listed_and_cleared(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SEQ2SEQ_CACHE", str(tmp_path / "cache"))
    write_pairs(tmp_path / "few.tsv", bundled("train", 9))
    prepare(DataConfig(train=str(tmp_path / "few.tsv")), default_cache())
    result = cli("data", "cache")
    assert result.code == 0
    assert "few.tsv" in result.lines[0]
    assert f"{tmp_path / 'cache'}: 1 entry" in result.lines[1]
    assert cli("data", "cache", "--clear").lines[-1].endswith("deleted")
    assert cli("data", "cache").lines == [f"{tmp_path / 'cache'}: 0 entries, 0 B"]


# Checkpoints.


def test_checkpoints_are_described_and_verified(cli: Cli, run_dir: Path, tmp_path: Path) -> None:
    state, model = run_dir / "state_00000002.pt", run_dir / "model.safetensors"
    told = json.loads(cli("checkpoint", "inspect", model).out)
    assert told["kind"] == "model"
    assert told["lags"] == "0 to 8 and full"
    assert told["info"]["step"] == 2
    assert json.loads(cli("checkpoint", "inspect", state).out)["step"] == 2
    result = cli("checkpoint", "verify", state, model)
    assert result.code == 0
    assert [line.split(":")[0] for line in result.lines] == [str(state), str(model)]
    bad = tmp_path / "model.safetensors"
    bad.write_bytes(model.read_bytes()[:-1] + b"x")
    result = cli("checkpoint", "verify", model, bad)
    assert result.code == 4
    assert f"{bad} is damaged" in result.err
    result = cli("checkpoint", "verify", tmp_path / "none.pt", bad, model)
    assert result.code == 4
    assert [line.split(":")[0] for line in result.lines] == [str(model)]  # the bad ones hide no good one
    assert "none.pt" in result.err
    assert f"{bad} is damaged" in result.err
    refused(cli("checkpoint", "inspect", tmp_path / "none.pt"), 4, "none.pt")
    refused(cli("checkpoint", "inspect", "--words", state), 2, "--words needs a model file")
    refused(cli("checkpoint", "inspect", "--words", model), 2, "no words to list", "model.word_nodes: 0")


def test_the_words_of_a_model_are_listed(cli: Cli, tmp_path: Path) -> None:
    config = parse_config("model: {embedding: 4, hidden: 6, word_nodes: 20}", "test")
    vocabulary = Vocabulary(tuple(" abcñ"))
    tries = [
        WordTrie.of_words(dict.fromkeys(words.split(), 9.0), vocabulary, 20)
        for words in ("cab a bac", "ñ cañ ab")
    ]
    network = build(config, vocabulary, (tries[0], tries[1]))
    path, characters = tmp_path / "model.safetensors", list(vocabulary.characters)
    write_model(path, ModelFile(config.to_dict(), characters, "full", to_weights(network), {}))
    assert "words" not in json.loads(cli("checkpoint", "inspect", path).out)
    told = json.loads(cli("checkpoint", "inspect", "--words", path).out)["words"]
    assert told == {"source": ["a", "bac", "cab"], "target": ["ab", "cañ", "ñ"]}


def test_the_average_in_a_state_becomes_a_model(cli: Cli, run_dir: Path, tmp_path: Path) -> None:
    whole, half = tmp_path / "whole.safetensors", tmp_path / "half.safetensors"
    state = run_dir / "state_00000002.pt"
    assert cli("checkpoint", "export", state, whole).out == f"{whole}\n"
    assert cli("checkpoint", "export", state, half, "--half").code == 0
    assert half.stat().st_size < 0.6 * whole.stat().st_size
    command = ["--device", "cpu", "--format", "jsonl", SOURCES[0]]
    ours, theirs = (
        json.loads(cli("translate", "-m", model, *command).out)
        for model in (whole, run_dir / "model.safetensors")
    )
    assert ours == theirs
    assert json.loads(cli("translate", "-m", half, *command).out)["score"] == pytest.approx(
        ours["score"], abs=1e-2
    )
    info = read_model(whole).info
    assert info["step"] == 2
    assert info["run_id"] == read_model(run_dir / "model.safetensors").info["run_id"]
    refused(cli("checkpoint", "export", MODEL, tmp_path / "x"), 4, "is a model file")


# Training.


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tiny_config(tmp_path)


QUICK = ["--set", "train.max_steps=2", "--set", "data.dev=null", "--device", "cpu"]


def test_train_prints_the_model_and_nothing_else(
    cli: Cli, config_file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    result = cli("train", config_file, *QUICK)
    assert (result.code, result.out) == (0, "runs/tiny/model.safetensors\n")
    assert "\r" not in result.err
    result = cli("translate", "-m", "runs/tiny", "--device", "cpu", "a", "b")
    assert (result.code, len(result.lines)) == (0, 2)
    refused(cli("train", config_file, *QUICK), 2, "there is a run in runs/tiny already", "--resume")
    result = cli("train", config_file, *QUICK, "--resume")
    assert (result.code, result.out) == (0, "runs/tiny/model.safetensors\n")
    assert "going on after step 2" in result.err


def test_settings_are_listed_as_a_file(cli: Cli) -> None:
    result = cli("train", "--settings")
    assert result.code == 0
    assert parse_config(result.out) == Config()


def test_ctrl_c_saves_and_says_how_to_go_on(cli: Cli, config_file: Path, tmp_path: Path) -> None:
    with after_steps(signal_after(signal.SIGINT, 1)):
        result = cli("train", config_file, *QUICK, "--out", tmp_path / "a run")
    assert result.code == 130
    assert result.out == ""
    last = result.err.splitlines()[-1]
    assert last.startswith("seq2seq: stopped after step 1; everything is saved. Resume with: seq2seq train ")
    program, *command = shlex.split(last.partition("Resume with: ")[2])
    assert program == "seq2seq"
    result = cli(*command, "--device", "cpu")
    assert (result.code, result.out) == (0, f"{tmp_path / 'a run'}/model.safetensors\n")
    assert "going on after step 1" in result.err


def test_ctrl_c_elsewhere_is_no_traceback(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("seq2seq.commands.translate.load_translator", interrupt)
    assert cli("translate", "-m", MODEL, "a") == Result(130, "", "\nseq2seq: stopped\n")


def test_a_loss_that_is_not_finite_is_exit_3(cli: Cli, config_file: Path, tmp_path: Path) -> None:
    result = cli(
        "train", config_file, *QUICK[2:], "--set", "train.learning_rate=1e20", "--out", tmp_path / "run"
    )
    assert result.code == 3
    assert result.err.splitlines()[-1].startswith("seq2seq: step ")


def test_all_that_is_wrong_with_a_configuration_is_told_at_once(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "bad.yaml"
    path.write_text("data: {train: a.tsv}\nmodel:\n  hiden: 3\n  hidden: wide\n  cell: gru\n  cell: rnn\n")
    result = cli("train", path, "--set", "train.sed=1")
    assert result.code == 2
    assert result.out == ""
    lines = result.err.removeprefix("seq2seq: ").splitlines()
    assert lines == [
        f"{path}:6: `model.cell` is set twice, first on line 5",
        f"{path}:3: `model.hiden` is unknown — did you mean `model.hidden`?",
        f"{path}:4: `model.hidden`: expected a whole number from 1 to 8,192, got the text 'wide'",
        "override `train.sed` is unknown — did you mean `train.seed`?",
    ]
    refused(cli("train", tmp_path / "bat.yaml"), 2, "bat.yaml", "did you mean", "bad.yaml")
    refused(cli("train"), 2, "name a configuration")


@pytest.mark.parametrize(
    ("content", "settings", "part"),
    [
        (None, [], "train.tsv: no such file"),
        (b"", [], "nothing to train on; 0 lines read"),
        (b"a\tb\nc\n", [], "train.tsv:2: one column"),
        (b"a\tb\nc\td\xff\n", [], "train.tsv:2: not UTF-8 (byte 4 of the line)"),
        (b"a\tb\x1b\n", [], "train.tsv:1: control character U+001B (byte 4 of the line)"),
        (b"aaa\tb\n", ["data.max_chars=2"], "1 longer than max_chars"),
    ],
)
def test_bad_data_stops_training_with_its_place(
    content: bytes | None, settings: list[str], part: str, cli: Cli, tmp_path: Path
) -> None:
    path = tmp_path / "train.tsv"
    if content is not None:
        path.write_bytes(content)
    config = tmp_path / "config.yaml"
    config.write_text(f"data: {{train: {path}}}")
    overrides = [word for setting in settings for word in ("--set", setting)]
    result = cli("train", config, *overrides, "--out", tmp_path / "run", "--device", "cpu")
    refused(result, 1, str(path), part)


def test_parallel_files_of_different_lengths_stop_training(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "a.en").write_text("one\ntwo\nthree\n")
    (tmp_path / "a.es").write_text("uno\ndos\n")
    config = tmp_path / "config.yaml"
    config.write_text(f"data: {{train: [{tmp_path}/a.en, {tmp_path}/a.es]}}")
    result = cli("train", config, "--out", tmp_path / "run", "--device", "cpu")
    refused(result, 1, "a.en has 3 lines and", "a.es has 2")


def test_training_without_data_names_the_setting(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("model: {hidden: 8}")
    result = cli("train", tmp_path / "config.yaml", "--out", tmp_path / "run", "--device", "cpu")
    refused(result, 1, "data.train is not set")


def test_a_data_file_that_is_not_there_is_told_by_its_setting(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "train.tsv").write_text("one\tuno\n")
    config = tmp_path / "config.yaml"
    for train, dev, told in (
        ("nowhere.tsv", "null", ["data.train: nowhere.tsv", f"looked for in {Path.cwd()}"]),
        (tmp_path / "train.tsv", tmp_path / "dev.tsv", [f"data.dev: {tmp_path}/dev.tsv", "or null"]),
    ):
        config.write_text(f"data: {{train: {train}, dev: {dev}}}")
        result = cli("train", config, "--out", tmp_path / "run", "--device", "cpu")
        refused(result, 1, *told, "no such file")


# The program around it.


@pytest.mark.parametrize(
    ("words", "command", "hint"),
    [
        (["translate", "--modle", "x", "hi"], "seq2seq translate", "--modle; did you mean --model?"),
        (["train", "x.yaml", "--resums"], "seq2seq train", "--resums; did you mean --resume?"),
        (["evaluate", "-i", "x", "--zzzz"], "seq2seq evaluate", "unrecognized arguments: --zzzz\n"),
        (["checkpoint", "verify", "x", "--hepl"], "seq2seq checkpoint verify", "did you mean --help?"),
    ],
)
def test_an_unknown_option_is_told_by_its_command(
    words: list[str], command: str, hint: str, cli: Cli
) -> None:
    result = cli(*words)
    assert result.code == 2
    assert result.err.startswith(f"usage: {command} [-h]")
    assert hint in result.err


@pytest.mark.parametrize("words", [[], ["nonsense"], ["checkpoint"], ["data", "nonsense"]])
def test_a_wrong_command_shows_the_usage(words: list[str], cli: Cli) -> None:
    result = cli(*words)
    assert result.code == 2
    assert result.out == ""
    assert result.err.startswith("usage: seq2seq")


def test_main_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    for words, code in ((["train", "--settings"], 0), (["train"], 2)):
        monkeypatch.setattr(sys, "argv", ["seq2seq", *words])
        with pytest.raises(SystemExit) as stop:
            main()
        assert stop.value.code == code
    monkeypatch.setattr(cli_module, "run", lambda _: 143)
    with pytest.raises(SystemExit) as stop:
        main(["train"])
    assert stop.value.code == 143


LIGHT = """
import sys
from seq2seq.cli import run
def call(*words):
    try:
        return run(words)
    except SystemExit as stop:
        return stop.code or 0
codes = [call(*words) for words in {commands!r}]
print(codes, sorted({heavy!r} & sys.modules.keys()))
"""
HELP: list[list[str]] = [
    ["--help"],
    ["--version"],
    *(
        [command, "--help"]
        for command in ("train", "translate", "evaluate", "explain", "experiment", "data", "checkpoint")
    ),
    ["data", "fetch", "--help"],
    ["data", "cache", "--help"],
    ["checkpoint", "export", "--help"],
]
MISTAKES: list[list[str]] = [
    ["nonsense"],
    ["translate", "--lag"],
    ["train", "nowhere.yaml"],
    ["train", "--settings"],
]
HEAVY = {"torch", "sacrebleu", "matplotlib", "safetensors", "yaml"}


def python(*arguments: str, **options: Any) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *arguments], capture_output=True, text=True, timeout=300, check=False, **options
    )


def test_help_and_mistakes_import_nothing_heavy() -> None:
    help_only = python("-c", LIGHT.format(commands=HELP, heavy=HEAVY))
    assert help_only.stdout.splitlines()[-1] == f"{[0] * len(HELP)} []"
    assert help_only.stderr == ""
    assert "usage: seq2seq train" in help_only.stdout
    mistakes = python("-c", LIGHT.format(commands=MISTAKES, heavy={"torch"}))
    assert mistakes.stdout.splitlines()[-1] == "[2, 2, 2, 0] []"


def test_all_entries_are_the_same_program(tmp_path: Path) -> None:
    script = str(Path(sys.executable).parent / "seq2seq")
    entries = {
        "train": [[script, "train"], [sys.executable, str(ROOT / "scripts" / "train.py")]],
        "translate": [
            [sys.executable, "-m", "seq2seq", "translate"],
            [sys.executable, str(ROOT / "scripts" / "translate.py")],
        ],
    }
    for command, ways in entries.items():
        outputs = {
            subprocess.run([*way, "--help"], capture_output=True, check=True, cwd=tmp_path).stdout
            for way in ways
        }
        assert len(outputs) == 1
        assert outputs.pop().startswith(f"usage: seq2seq {command} ".encode())


@pytest.mark.slow
@pytest.mark.parametrize("way", ["2>&-", "2>&1 | true; exit ${PIPESTATUS[0]}"])
def test_training_goes_on_where_nobody_listens(way: str, tmp_path: Path) -> None:
    """A regression: training ended with its first line of the log, without a message."""
    command = (
        f"{sys.executable} -m seq2seq train {tiny_config(tmp_path)} {shlex.join(QUICK)} --out {tmp_path}/run"
    )
    done = subprocess.run(["bash", "-c", f"{command} {way}"], capture_output=True, check=False)
    # The model's name went to the reader that has stopped, if to anybody.
    assert done.returncode == (0 if way == "2>&-" else 1)
    assert (tmp_path / "run" / "state_00000002.pt").exists()


def is_running(run_dir: Path) -> bool:
    try:
        with run_lock(run_dir):
            return False
    except UserError:
        return True


@pytest.mark.slow
def test_a_terminal_that_closes_stops_training_after_saving(tmp_path: Path) -> None:
    """A shell passes the SIGHUP on that it got itself, and there is no terminal left to write to."""
    config, out = tiny_config(tmp_path), tmp_path / "run"
    command = shlex.join([sys.executable, "-m", "seq2seq", "train", str(config), "--out", str(out)])
    child, descriptor = pty.fork()
    if child == 0:
        signal.signal(signal.SIGHUP, signal.SIG_DFL)  # under nohup the tests were told to ignore it
        os.execvp("bash", ["bash", "--norc", "-i"])
    endless = "--device cpu --set train.max_steps=99999 --set train.log_every=1"
    os.write(descriptor, f"{command} {endless} --set train.checkpoint_every=99999; exit\n".encode())
    metrics = out / "metrics.jsonl"
    while not (metrics.exists() and metrics.stat().st_size):
        os.read(descriptor, 1000)
    os.close(descriptor)
    os.waitpid(child, 0)
    while is_running(out):
        time.sleep(0.01)
    assert latest_state(out) is not None


@pytest.mark.slow
def test_a_reader_that_stops_is_no_traceback(tmp_path: Path) -> None:
    """As with `| head -1`."""
    (tmp_path / "in.txt").write_text("".join(f"{source}\n" for source in SOURCES) * 3000)
    command = f"{sys.executable} -m seq2seq translate -m {MODEL} --device cpu -i in.txt | head -1"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, timeout=500)
    assert len(done.stdout.splitlines()) == 1
    assert done.stderr == ""


@pytest.mark.slow
def test_an_answer_comes_before_the_next_line_is_sent(expected: dict[str, str]) -> None:
    command = [sys.executable, "-m", "seq2seq", "translate", "-m", MODEL, "--device", "cpu"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        for source in SOURCES[:2]:
            process.stdin.write(f"{source}\n".encode())
            process.stdin.flush()
            assert process.stdout.readline().decode() == expected[source] + "\n"
        process.stdin.close()
        assert process.wait(60) == 0


def as_in_a_terminal() -> None:
    """Undo what a background job inherits."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


@pytest.mark.slow
def test_ctrl_c_in_a_terminal_stops_after_saving(tmp_path: Path) -> None:
    config = tiny_config(tmp_path)
    out = tmp_path / "run"
    command = [sys.executable, "-m", "seq2seq", "train", str(config), "--out", str(out), "--device", "cpu"]
    command += ["--set", "train.max_steps=100000", "--set", "train.log_every=1"]
    pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, **pipes, preexec_fn=as_in_a_terminal) as process:
        metrics = out / "metrics.jsonl"
        while process.poll() is None and not (metrics.exists() and metrics.stat().st_size):
            pass
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=300)
    assert process.returncode == 130
    program, *words = shlex.split(err.partition("Resume with: ")[2])
    resume = [str(Path(sys.executable).parent / program), *words, "--set", "train.max_minutes=1e-6"]
    done = subprocess.run(resume, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0
    assert done.stdout == f"{out}/model.safetensors\n"
