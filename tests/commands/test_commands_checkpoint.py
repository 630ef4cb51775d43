"""`checkpoint`, through the command line."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from commandline import MODEL, SOURCES, Cli, refused
from tinyruns import tiny_config

from seq2seq.config.loading import parse_config
from seq2seq.models.build import build, to_weights
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import WordTrie


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
    for action in ("inspect", "verify"):
        refused(cli("checkpoint", action, tmp_path / "none.pt"), 1, "none.pt")
        refused(
            cli("checkpoint", action, tmp_path / "none"), 1, "there is no model", "none; give a model.safe"
        )
    result = cli("checkpoint", "verify", bad, tmp_path / "none.pt")
    assert result.code == 4  # damage counts for more than absence
    assert "none.pt" in result.err
    assert f"{bad} is damaged" in result.err
    refused(cli("checkpoint", "inspect", "--words", state), 2, "--words needs a model file")
    refused(cli("checkpoint", "inspect", "--words", model), 2, "no words to list", "model.word_nodes: 0")


def test_a_model_is_named_as_for_translating(cli: Cli, run_dir: Path, tmp_path: Path) -> None:
    told = json.loads(cli("checkpoint", "inspect", run_dir).out)
    assert told["file"] == str(run_dir / "model.safetensors")
    assert json.loads(cli("checkpoint", "inspect", "en-es").out)["kind"] == "model"
    assert cli("checkpoint", "verify", run_dir, "en-es").lines[1].startswith("en-es: good (model,")
    out = tmp_path / "new.safetensors"
    assert cli("checkpoint", "export", run_dir, out).code == 0
    assert read_model(out).info["step"] == 2
    refused(cli("checkpoint", "export", tmp_path, tmp_path / "x"), 1, "there is no training state in")


def test_export_overwrites_only_if_told_to(cli: Cli, run_dir: Path, tmp_path: Path) -> None:
    out = tmp_path / "mine.safetensors"
    out.write_text("mine")
    refused(cli("checkpoint", "export", run_dir, out), 2, "exists already", "--force")
    assert out.read_text() == "mine"
    assert cli("checkpoint", "export", "--force", run_dir, out).code == 0
    assert read_model(out).info["step"] == 2


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


def test_checkpoints_are_averaged(cli: Cli, run_dir: Path, tmp_path: Path) -> None:
    states, model = sorted(run_dir.glob("state_*.pt")), run_dir / "model.safetensors"
    refused(cli("checkpoint", "average", run_dir, "-o", tmp_path / "m"), 2, "two checkpoints or more")
    refused(cli("checkpoint", "average", tmp_path, "-o", tmp_path / "m"), 1, "there is no training state in")
    out = tmp_path / "mean.safetensors"
    result = cli("checkpoint", "average", states[-1], model, "-o", out)
    assert (result.code, result.lines) == (0, [str(out)])
    found, expected = read_model(out), read_model(model)
    assert set(found.info) == {"averaged", "train_data", "dev_data"}
    np.testing.assert_array_equal(found.weights["output.bias"], expected.weights["output.bias"])
    assert cli("checkpoint", "verify", out).code == 0
    refused(cli("checkpoint", "average", out, model, "-o", out), 2, "exists already", "--force")
    other = cli("checkpoint", "average", MODEL, model, "-o", tmp_path / "m")
    assert other.code == 2
    assert "these checkpoints are of different runs" in other.err
    assert "cannot be averaged: they differ in" in other.err
    assert not (tmp_path / "m").exists()


def test_the_states_that_a_run_keeps_are_averaged(cli: Cli, tmp_path: Path) -> None:
    """By hand from what `export` writes for each state."""
    settings = ("train.max_steps=3", "train.checkpoint_every=1", "train.keep_checkpoints=3")
    config = tiny_config(tmp_path)
    assert cli("train", config, "--out", tmp_path / "run", "--device", "cpu", "--set", *settings).code == 0
    assert cli("checkpoint", "average", tmp_path / "run", "-o", tmp_path / "mean").code == 0
    parts = []
    for step in (1, 2, 3):
        out = tmp_path / f"{step}"
        assert cli("checkpoint", "export", tmp_path / "run" / f"state_{step:08d}.pt", out).code == 0
        parts.append(read_model(out))
    found = read_model(tmp_path / "mean")
    assert [origin["step"] for origin in found.info["averaged"]] == [1, 2, 3]
    for name, array in found.weights.items():
        mean = sum(np.asarray(part.weights[name], np.float64) for part in parts) / 3
        np.testing.assert_allclose(np.asarray(array), mean, rtol=1e-6, atol=1e-9)


def test_a_model_is_written_as_graphs(cli: Cli, tmp_path: Path) -> None:
    onnx = pytest.importorskip("onnx")
    result = cli("checkpoint", "onnx", MODEL, tmp_path / "new" / "graphs")
    files = [tmp_path / "new" / "graphs" / name for name in ("encoder.onnx", "step.onnx", "model.json")]
    assert (result.code, result.lines) == (0, [str(path) for path in files])
    step = onnx.load(files[1])
    assert {entry.name for entry in step.graph.input} >= {"previous", "memory", "read", "states", "lag"}
    assert [entry.name for entry in step.graph.output] == ["logits", "next_states", "attention"]
    about, file = json.loads(files[2].read_text(encoding="utf-8")), read_model(Path(MODEL))
    assert about["characters"] == "".join(file.characters)
    assert about["first_character"] + len(about["characters"]) == file.weights["output.bias"].shape[0]
