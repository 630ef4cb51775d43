"""The chaos: each of its detectors can fail and, in the slow tests, a short run of it finds nothing."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from scripts.chaos import configs, cues, flips, garbage, lines, remains
from scripts.chaos.trial import Trial
from scripts.report import chaos_tables
from seq2seq.config import loading
from seq2seq.config.messages import ConfigError
from seq2seq.config.schema import Config
from seq2seq.storage.files import sha256_file
from seq2seq.training import checkpoint
from seq2seq.translator import Translator

ROOT = Path(__file__).parents[2]


# What a trial is.


def test_a_failure_leaves_what_shows_it_and_how_to_see_it_again(tmp_path: Path) -> None:
    trial = Trial("lines", 5, range(10), tmp_path)
    trial.fail(7, "it broke", {"in.txt": b"\xff"})
    assert (tmp_path / "lines-5-7" / "in.txt").read_bytes() == b"\xff"
    assert trial.failures[0].startswith("lines 7: it broke")
    assert trial.failures[0].endswith("--only lines --seed 5 --first 7 --count 1")
    assert trial.rng(7).random() == trial.rng(7).random() != trial.rng(8).random()


@pytest.mark.parametrize(("first_only", "tried"), [(False, 10), (True, 4)])
def test_a_part_ends_with_its_first_failure_only_if_asked(
    tmp_path: Path, first_only: bool, tried: int
) -> None:
    trial = Trial("lines", 5, range(10), tmp_path, first_only=first_only)
    for index in trial.each():
        if index in (3, 5):
            trial.fail(index, "it broke")
    assert trial.counts["tried"] == tried


# Kills.


def test_a_difference_of_one_bit_is_a_difference() -> None:
    left = remains._flat({"a": torch.zeros(2), "b": [1, 0.5, None]}, "state")
    assert remains.differences(left, dict(left)) == []
    other = remains._flat({"a": torch.tensor([0.0, -0.0]), "b": [1, 0.5 + 2**-53, None]}, "state")
    assert remains.differences(left, other) == ["state.a", "state.b.1"]
    assert remains.differences(left, left | {"file .x.tmp-1": ""}) == ["file .x.tmp-1"]
    assert remains.differences({}, {"metrics 3.loss": "1.0"}) == ["metrics 3.loss"]


def test_a_damaged_checkpoint_in_sight_is_noticed(tmp_path: Path) -> None:
    assert remains.visible(tmp_path) == (0, "")
    model = tmp_path / "model.safetensors"
    model.write_bytes((ROOT / "tests/golden/tiny/model.safetensors").read_bytes())
    assert remains.visible(tmp_path) == (1, "")
    model.write_bytes(model.read_bytes()[:-1])
    seen, wrong = remains.visible(tmp_path)
    assert seen == 1
    assert "model.safetensors is cut short" in wrong


SABOTAGE = {
    "files are written in their place": """
from seq2seq.storage import files
def write(path, write, *, needed=0, before_rename=None):
    path.unlink(missing_ok=True)
    digest = files._write_synced(path, write)
    if before_rename: before_rename(digest)
import seq2seq.storage.integrity
files.atomic_write = seq2seq.storage.integrity.atomic_write = write
""",
    "the average is not resumed": """
from seq2seq.training.optimisation import Optimisation
load = Optimisation.load_state
Optimisation.load_state = lambda self, state: load(self, state | {"averaged": state["network"]})
""",
    "metrics are written twice": """
from seq2seq.storage import runlog
make = runlog.Metrics.__init__
runlog.Metrics.__init__ = lambda self, path, size, *rest: make(self, path, 10**9, *rest)
""",
    "temporary files are left": """
import seq2seq.training.run_directory
seq2seq.training.run_directory.sweep_temporaries = lambda directory: []
""",
}


@pytest.mark.slow
@pytest.mark.parametrize("what", SABOTAGE)
def test_a_training_that_is_broken_on_purpose_is_noticed(what: str, tmp_path: Path) -> None:
    """The forks inherit what is broken; the training that they are compared with is a process of its own."""
    code = f"{SABOTAGE[what]}\nfrom scripts.chaos.__main__ import main; main()"
    done = run_chaos(["-c", code, "--only", "kills", "--count", "12", "--first-only"], tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert re.search(r"kills \d+: after \d kills: .*again with --only kills", done.stdout)
    assert list(tmp_path.glob("kills-1-*/log"))


# Flips.


def test_damage_that_goes_unnoticed_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "state_00000001.pt"
    state = ROOT / "tests/golden/state_v1/state_00000003.pt"
    data = bytearray(state.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)
    path.with_name(path.name + ".sha256").write_bytes(
        state.with_name(state.name + ".sha256").read_bytes().replace(b"00000003", b"00000001")
    )
    assert flips.try_damaged(path, bytes(data)) == ""
    monkeypatch.setattr(checkpoint, "sidecar_digests", lambda path: [sha256_file(path)])
    assert flips.try_damaged(path, bytes(data)).startswith("verify ended with 0")


def test_a_forgery_gets_past_the_checksum(tmp_path: Path) -> None:
    path = tmp_path / "model.safetensors"
    data = bytearray((ROOT / "tests/golden/tiny/model.safetensors").read_bytes())
    data[-4] ^= 1  # of a weight
    path.write_bytes(data)
    assert flips.try_damaged(path, bytes(data)) == ""
    path.write_bytes(flips.forge_checksum(bytes(data), path))
    assert flips.try_damaged(path, bytes(data)).startswith("verify ended with 0")
    assert flips.try_forged(path, Config()) == ""


def test_an_exception_over_a_forgery_is_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def trip(_: Path) -> Translator:
        raise KeyError("lags")

    monkeypatch.setattr(Translator, "load", trip)
    assert flips.try_forged(tmp_path / "model.safetensors", Config()) == "KeyError: 'lags'"


# Lines.

GOOD: dict[str, Any] = {"code": 0, "out": b"a\n\nb\n", "err": b"", "memory": 1}


@pytest.mark.parametrize(
    ("change", "form", "words"),
    [
        ({}, "text", []),
        ({"err": b"seq2seq: in the input, 1 control character was dropped\n"}, "text", []),
        ({"err": b"Traceback (most recent call last):\n"}, "text", ["stderr"]),
        ({"err": b"seq2seq: in the input, \x1b[31m\n"}, "text", ["stderr"]),
        ({"code": 1}, "text", ["exit code 1"]),
        ({"out": b"a\nb\n"}, "text", ["3 lines in, 2 out"]),
        ({"out": b"a\n\n\nb"}, "text", ["3 lines in, 3 out"]),
        ({"out": b"a\n\x1b[2J\nb\n"}, "text", ["stray"]),
        ({"out": "a\n\u202e\nb\n".encode()}, "text", ["stray"]),
        ({"out": b"a\n\xff\nb\n"}, "text", ["not readable"]),
        ({"out": b'{"translation": "a"}\n' * 3}, "jsonl", []),
        ({"out": b'{"translation": "\\u001b"}\n' * 3}, "jsonl", ["stray"]),
        ({"out": b"a\n" * 3}, "jsonl", ["not readable"]),
        ({"memory": 1 << 31}, "text", ["2048 MiB"]),
    ],
)
def test_what_is_wrong_with_an_output_is_noticed(change: dict[str, Any], form: str, words: list[str]) -> None:
    found = lines.problems(lines.Done(**GOOD | change), 3, form)
    assert len(found) == len(words)
    assert all(word in problem for word, problem in zip(words, found, strict=True))


def test_a_lost_or_moved_cue_is_noticed() -> None:
    trial = Trial("lines", 1, range(1), Path())
    data = cues.make_subtitles(trial.rng(0), garbage.make_lines(trial.rng(0), 500, huge=False))
    assert cues.cue_problems(data, data) == []
    moved = data.replace(b"00:00:00,000 -->", b"00:00:01,000 -->")
    for out in (data[: len(data) // 2], data[40:], moved):
        (problem,) = cues.cue_problems(data, out)
        assert problem.startswith("60 cues in, ")


def test_a_glossary_has_each_term_once() -> None:
    trial = Trial("lines", 1, range(1), Path())
    glossary = garbage.make_glossary(trial.rng(0), garbage.make_lines(trial.rng(0), 500, huge=False))
    terms = [line.split(b"\t")[0] for line in glossary.splitlines()]
    assert len(terms) == len(set(terms)) > 40


def test_lines_are_garbage_of_every_kind() -> None:
    trial = Trial("lines", 1, range(1), Path())
    made = garbage.make_lines(trial.rng(0), 500, huge=True)
    assert made == garbage.make_lines(trial.rng(0), 500, huge=True)
    assert len(made) == 500
    assert not any(b"\n" in line for line in made)
    assert max(map(len, made)) == 500_000
    whole = b" ".join(made)
    for part in (b"", b"\0", b"\x1b[31m", b"\r", b"\xed\xa0\x80", "\u202e".encode()):
        assert part in whole
    assert re.search(b"(?:[\xcc\xcd][\x80-\xbf]){2}", whole)  # combining marks in a row
    assert any(line.count(b", ") > 4 for line in made)
    assert b"" in made
    with pytest.raises(UnicodeDecodeError):
        whole.decode()


# Configurations.


def test_a_configuration_gives_settings_or_errors(tmp_path: Path) -> None:
    path = tmp_path / "x.yaml"
    for text, outcome in (("", "settings"), ("train: {seed: x}", "errors with file and line")):
        path.write_text(text)
        assert configs.examine(path) == (outcome, "")


@pytest.mark.parametrize(
    ("error", "wrong"),
    [
        (RecursionError("deep"), "RecursionError: deep"),
        (ConfigError(["{path}:3: no", "somewhere: no"]), "an error says 'somewhere: no'"),
        (ConfigError(["{path}:3: \x1b[2J"]), r"an error says '{path}:3: \x1b[2J'"),
    ],
)
def test_another_error_is_noticed(
    error: Exception,
    wrong: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    path = tmp_path / "x.yaml"
    if isinstance(error, ConfigError):
        error = ConfigError([problem.replace("{path}", str(path)) for problem in error.problems])

    def trip(_: Path) -> None:
        raise error

    monkeypatch.setattr(loading, "load_config", trip)
    assert configs.examine(path)[1] == wrong.replace("{path}", str(path))


def test_settings_that_do_not_survive_are_noticed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "x.yaml").write_text("train: {seed: 3}")
    monkeypatch.setattr(loading, "dump_config", lambda _: "train: {seed: 4}")
    assert configs.examine(tmp_path / "x.yaml")[1].startswith("the settings change")


def test_what_takes_too_long_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(configs, "MOST_SECONDS", 0.01)

    def work_for_ever(begin: Callable[[], None]) -> None:
        begin()
        while True:
            pass

    with configs.time_limit() as begin, pytest.raises(TimeoutError):
        work_for_ever(begin)


def test_mutations_differ_and_come_again() -> None:
    trial = Trial("configs", 1, range(1), Path())
    mutants = [configs.mutate(b"train:\n  seed: 1\n", trial.rng(index)) for index in range(100)]
    assert mutants == [configs.mutate(b"train:\n  seed: 1\n", trial.rng(i)) for i in range(100)]
    assert len(set(mutants)) > 90


# All of it.


def run_chaos(arguments: list[str], evidence: Path) -> subprocess.CompletedProcess[str]:
    """Run Python in the root of the project, in a process without threads."""
    environment = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, *arguments, "--evidence", str(evidence)]
    return subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=1800)


@pytest.mark.slow
def test_a_short_run_finds_nothing(tmp_path: Path) -> None:
    published = ROOT / "docs/results/chaos.json"
    before = published.read_bytes() if published.exists() else None
    done = run_chaos(["-m", "scripts.chaos", "--quick"], tmp_path)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count("failures: 0") == 4
    assert (published.read_bytes() if published.exists() else None) == before


def test_the_counts_are_told_in_words(monkeypatch: pytest.MonkeyPatch) -> None:
    counts = {"tried": 1000, "settings": 100, "errors with file and line": 899, "other exceptions": 1}
    machine = {"processor": "X", "bf16": [], "threads": 1, "date": "2026-01-01"}
    results = {"machine": machine, "minutes": 2.0, "seed": 4, "counts": counts, "failures": []}
    monkeypatch.setattr(chaos_tables, "read_results", lambda _: {"configs": results})
    told = chaos_tables.BLOCKS
    assert "1,000 mutated configurations: 100 were accepted, 899 gave errors" in told["chaos-configs"]()
    assert "No failures; 2 minutes on 1 core of X" in told["chaos-configs"]()
    results["failures"] = ["configs 3: no"]
    assert told["chaos-configs"]().startswith("1 failures in 1,000 tries; 2 minutes")
    assert told["chaos-kills"]().startswith("Not measured yet")


def test_the_promises_name_tests_that_there_are() -> None:
    text = (ROOT / "docs/reliability.md").read_text(encoding="utf-8")
    named = set(re.findall(r"(?:tests|scripts)/[\w./]+\.py", text))
    assert len(named) > 10
    assert [name for name in named if not (ROOT / name).exists()] == []


@pytest.mark.parametrize(
    ("part", "count", "least"),
    [
        ("kills", "kills", 200),
        ("flips", "(pt|safetensors): bit flipped", 1000),
        ("lines", "lines, tiny model.*", 100_000),
        ("lines", "lines, model of the package", 1000),
        ("configs", "tried", 10_000),
    ],
)
def test_published_counts_are_of_whole_runs_without_a_failure(part: str, count: str, least: int) -> None:
    results = json.loads((ROOT / "docs/results/chaos.json").read_text(encoding="utf-8"))[part]
    assert sum(n for name, n in results["counts"].items() if re.fullmatch(count, name)) >= least
    assert results["failures"] == []
