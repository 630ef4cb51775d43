"""`train`, through the command line."""

from __future__ import annotations

import re
import shlex
import signal
import sys
from pathlib import Path

import pytest
from commandline import MODEL, QUICK, Cli, Result, refused
from tinyruns import after_steps, signal_after, tiny_config

from seq2seq.config.loading import parse_config
from seq2seq.config.schema import Config


@pytest.fixture
def config_file(tmp_path: Path) -> Path:
    return tiny_config(tmp_path)


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
        "setting `train.sed` is unknown — did you mean `train.seed`?",
    ]
    refused(cli("train", tmp_path / "bat.yaml"), 1, "bat.yaml", "did you mean", "bad.yaml")
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
    refused(result, 2, "data.train is not set")
    assert not (tmp_path / "run").exists()


def test_set_takes_several_settings_before_or_after_the_configuration(cli: Cli, config_file: Path) -> None:
    out = config_file.parent / "run"
    for words in (
        [config_file, "--set", "train.seed=x", "model.hidden=0"],
        ["--set", "train.seed=x", "model.hidden=0", config_file],
        ["--set", "train.seed=x", "--set", "model.hidden=0", "--out", out, config_file],
    ):
        result = cli("train", *words)
        assert result.code == 2
        assert [line.split("`")[1] for line in result.err.splitlines()] == ["train.seed", "model.hidden"]
    refused(cli("train", "--set", "train.seed=2"), 2, "name a configuration")


@pytest.mark.parametrize(
    ("overrides", "code", "message"),
    [
        (["data.train=null"], 2, "data.train is not set"),
        (["data.train=nowhere.tsv"], 1, "nowhere.tsv"),
        (["train.init_from=nowhere"], 1, "train.init_from: there is no model nowhere"),
        (["train.accumulate=2", "train.tensorboard=true"], 2, "needs TensorBoard"),
    ],
)
def test_a_run_that_does_not_start_leaves_nothing(
    overrides: list[str],
    code: int,
    message: str,
    cli: Cli,
    config_file: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(config_file.parent)
    monkeypatch.setitem(sys.modules, "torch.utils.tensorboard", None)
    before = set(config_file.parent.rglob("*"))
    result = cli("train", config_file, "--set", *overrides, "--device", "cpu")
    assert (result.code, result.out) == (code, "")
    assert message in result.err
    assert set(config_file.parent.rglob("*")) == before
    out = config_file.parent / "mine"
    out.mkdir()
    (out / "notes.txt").write_text("mine")
    cli("train", config_file, "--set", *overrides, "--out", out, "--device", "cpu")
    assert [path.name for path in out.iterdir()] == ["notes.txt"]


def test_progress_is_logged_where_there_is_no_terminal(cli: Cli, config_file: Path, tmp_path: Path) -> None:
    result = cli("train", config_file, *QUICK, "--out", tmp_path / "run", "--set", "train.log_every=1")
    (space,) = re.findall(r"the run takes up to ([\d,]+) MB of disk space", result.err)
    taken = sum(path.stat().st_size for path in (tmp_path / "run").iterdir())
    assert taken / 1e6 < int(space) + 1
    said = [line for line in result.err.splitlines() if line.startswith("step ")]
    assert [line.split(": ")[0] for line in said] == ["step 1 of 2", "step 2 of 2"]
    assert all("loss" in line and "characters/s" in line for line in said)
    assert said[0] in (tmp_path / "run" / "train.log").read_text(encoding="utf-8")


def test_what_a_resumed_run_may_change_is_told(cli: Cli, config_file: Path, tmp_path: Path) -> None:
    words = ["train", config_file, *QUICK, "--out", tmp_path / "run"]
    assert cli(*words).code == 0
    result = cli(*words, "--resume", "--set", "train.learning_rate=1e-4")
    assert result.code == 2
    told = result.err.splitlines()[-1]
    assert "train.learning_rate was 0.01, is 0.0001; undo them, or start a new run" in told
    may = told.partition("A resumed run may change ")[2].split(", ")
    assert {"train.max_steps", "train.max_minutes", "decode.beam"} <= set(may)
    assert may[-1] == "and the places of its data"
    assert cli(*words, "--resume", "--set", "train.max_steps=3").code == 0


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
