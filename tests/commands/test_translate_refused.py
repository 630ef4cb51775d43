"""`translate`: one clear line for every mistake, and for every file that is not what it seems."""

from __future__ import annotations

import os
import pickle
import zipfile
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch
from commandline import MODEL, Cli, refused

from seq2seq.errors import printable
from seq2seq.storage.modelfile import read_model, write_model


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
        (["--plot", "x.jpg", "a"], 2, ["x.jpg", "ends in .png"]),
        (["--lag", "3", "--length-penalty", "2"], 2, ["--length-penalty needs lag full"]),
        (["--lag", "3", "--no-repeats"], 2, ["--no-repeats needs lag full"]),
        (["--lag", "3", "--n-best", "2"], 2, ["leave out --n-best, or use --lag full"]),
        (["-i", "."], 1, [". cannot be read: Is a directory"]),
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
    refused(translate(*options), 2, options[0], "`seq2seq translate --help`")


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
