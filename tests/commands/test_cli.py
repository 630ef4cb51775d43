"""The program around the commands: exit codes, help, signals, closed terminals."""

from __future__ import annotations

import os
import pty
import re
import shlex
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import pytest
from commandline import MODEL, QUICK, SOURCES, Cli, refused
from tinyruns import tiny_config

from seq2seq import cli as cli_module
from seq2seq.cli import main
from seq2seq.commands import stopping
from seq2seq.errors import UserError
from seq2seq.storage.lock import run_lock
from seq2seq.training.checkpoint import latest_state

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (
            ["translate", "--modle", "x", "hi"],
            ["--modle; did you mean --model?", "`seq2seq translate --help`"],
        ),
        (["train", "x.yaml", "--resums"], ["--resums; did you mean --resume?"]),
        (["evaluate", "-i", "x", "--zzzz"], ["unrecognized arguments: --zzzz; `seq2seq evaluate --help`"]),
        (["checkpoint", "verify", "x", "--hepl"], ["did you mean --help?"]),
        (["translate", "--format", "jsonk"], ["'jsonk' is not possible; did you mean jsonl?"]),
        (["translate", "--lag"], ["argument --lag: expected one argument"]),
        (["transalte", "hi"], ["`seq2seq` has no command 'transalte'; did you mean translate?"]),
        (["data", "fech", "tatoeba"], ["`seq2seq data` has no command 'fech'; did you mean fetch?"]),
        (["translate", "-hello"], ["a text that begins with - comes after --; `seq2seq translate --help`"]),
        (["translate", "-x"], ["unrecognized arguments: -x; a text that begins with - comes after --"]),
        (
            ["nonsense"],
            ["has no command 'nonsense'; choose one of train, translate,", "`seq2seq --help`"],
        ),
        (["data", "nonsense"], ["choose one of fetch, prepare, check, cache"]),
        ([], ["required: COMMAND; `seq2seq --help`"]),
        (["checkpoint"], ["required: ACTION; `seq2seq checkpoint --help`"]),
    ],
)
def test_a_wrong_word_is_one_line_with_a_hint(words: list[str], parts: list[str], cli: Cli) -> None:
    refused(cli(*words), 2, *parts)


def test_every_positional_argument_is_named_in_capitals_and_every_group_described(cli: Cli) -> None:
    for words in HELP:
        if words == ["--version"]:
            continue
        text = cli(*words).out
        usage, description = text.split("\n\n")[:2]
        named = re.sub(r"\[[^]]*\]|\B--?[\w-]+( [A-Z]+)?", "", usage.partition(" [-h]")[2])
        assert named == named.upper(), words
        assert description[0].isupper(), words


def test_main_exits_with_the_code(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(stopping, "install", lambda: None)
    for name in ("stdout", "stderr"):
        monkeypatch.setattr(sys, name, getattr(sys, name))  # to be restored
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
    *([["checkpoint", action, "--help"] for action in ("inspect", "verify", "export")]),
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
    assert mistakes.stdout.splitlines()[-1] == "[2, 2, 1, 0] []"


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
    assert done.returncode == 0
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
    command = f"set -o pipefail; {command}"
    done = subprocess.run(["bash", "-c", command], capture_output=True, text=True, cwd=tmp_path, timeout=500)
    assert (done.returncode, len(done.stdout.splitlines())) == (0, 1)
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


@pytest.mark.parametrize(
    ("command", "remedy"),
    [
        (["translate", "hi"], "smaller --beam"),
        (["evaluate", "-i", "x.tsv"], "smaller --beam"),
        (["train", "x.yaml"], "lower train.batch_chars"),
        (["checkpoint", "export", "a", "b"], "close other programs"),
    ],
)
@pytest.mark.parametrize("error", [MemoryError(), RuntimeError("could not create a primitive")])
def test_a_lack_of_memory_is_one_sentence(
    command: list[str], remedy: str, error: Exception, cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = getattr(cli_module, command[0])
    name = "run_export" if command[0] == "checkpoint" else "run"

    def run(_: object) -> None:
        raise error

    monkeypatch.setattr(module, name, run)
    refused(cli(*command), 1, "memory ran out; ", remedy)


@pytest.mark.parametrize("name", ["-", "/dev/stdout"])
def test_standard_output_may_be_named(name: str, translate: Cli, expected: dict[str, str]) -> None:
    """It was refused, because it is no regular file."""
    result = translate(SOURCES[0], "-o", name)
    assert (result.code, result.lines) == (0, [expected[SOURCES[0]]])
