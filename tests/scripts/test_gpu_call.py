"""A call on a machine that is lent for a while, played through on the CPU: a handover goes in and out."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tinyruns import tiny_config

from scripts.release import handover, pieces, prepared
from seq2seq.config.loading import load_config
from seq2seq.storage.modelfile import read_model
from seq2seq.training import writer
from seq2seq.training.run import train

MiB = 1 << 20
ROOT = Path(__file__).parents[2]
SCRIPT = ROOT / "scripts" / "release" / "gpu_call.sh"
LIMIT = 300
"""Seconds of a call; it ends earlier, when all steps are done."""


def call(carry: Path, out: Path, config: Path, work: Path, *settings: str, new: bool = False) -> str:
    """Run the script as on another machine; return what it says."""
    words = [word for setting in settings for word in ("--set", setting)]
    own = {"PYTHON": sys.executable, "DEVICE": "cpu", "RESERVE": "12", "WORK": str(work), "NEW": "1" * new}
    done = subprocess.run(
        ["bash", str(SCRIPT), str(carry), str(LIMIT), str(out), str(config), *words],
        env=os.environ | own,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout
    return done.stdout


def test_every_dependency_of_the_package_is_looked_for() -> None:
    """A machine without one of them would fail after unpacking, within its few minutes."""
    project = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    (listed,) = re.findall(r"^dependencies = \[\n(.*?)^\]", project, re.MULTILINE | re.DOTALL)
    dependencies = re.findall(r'"([\w-]+)', listed)
    (needs,) = re.findall(r"^needs='(.*)'$", SCRIPT.read_text(encoding="utf-8"), re.MULTILINE)
    module_of = {"pyyaml": "yaml"}
    assert re.findall(r"\w+", needs) == sorted(module_of.get(name, name) for name in dependencies) != []


@pytest.mark.slow
def test_two_calls_go_on_with_a_run_of_this_machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second call begins where the first one ended, and training files stay at home."""
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
    home, away, carry = tmp_path / "home", tmp_path / "away", tmp_path / "carry"
    home.mkdir()
    yaml = tiny_config(home)
    config = load_config(yaml)
    train(config, home / "run", device="cpu")
    prepared.gather(config, home / "corpus")
    pieces.pack(home / "corpus", carry / "corpus", MiB, 4 * MiB)
    handover.take(home / "run", home / "start")
    pieces.pack(home / "start" / "run", carry / "start", MiB, 4 * MiB)
    away.mkdir()
    there = away / "config.yaml"
    there.write_text(yaml.read_text(encoding="utf-8").replace(str(home), str(away)), encoding="utf-8")
    steps: list[int] = []
    for number in (1, 2):
        out = tmp_path / f"out{number}"
        told = call(carry, out, there, tmp_path / f"work{number}", f"train.max_steps={16 + 6 * number}")
        assert "training ended with 0" in told
        assert f"going on after step {steps[-1] if steps else 16} from" in told
        names = sorted(path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file())
        assert names == [f"{part}/pieces{end}" for part in ("model", "run") for end in ("-00.xz", ".json")]
        pieces.unpack(out / "run", tmp_path / f"result{number}")
        steps.append(json.loads((tmp_path / f"result{number}" / "progress.json").read_bytes())["step"])
        shutil.rmtree(carry / "start")
        shutil.copytree(out / "run", carry / "start")
    assert steps == [22, 28]
    assert not (away / "train.tsv").exists()
    state: Any = handover.give(tmp_path / "result2", home / "back")
    assert state[0].name == f"state_{steps[1]:08d}.pt"
    (model,) = pieces.unpack(tmp_path / "out2" / "model", tmp_path / "model")
    assert read_model(model).info["step"] == steps[1]


@pytest.mark.slow
def test_a_new_run_with_other_settings_begins_with_the_weights(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
    yaml, carry = tiny_config(tmp_path), tmp_path / "carry"
    config = load_config(yaml)
    train(config, tmp_path / "run", device="cpu")
    prepared.gather(config, tmp_path / "corpus")
    pieces.pack(tmp_path / "corpus", carry / "corpus", MiB, 4 * MiB)
    handover.take(tmp_path / "run", tmp_path / "start")
    pieces.pack(tmp_path / "start" / "run", carry / "start", MiB, 4 * MiB)
    told = call(carry, tmp_path / "out", yaml, tmp_path / "work", "train.batch_chars=2000", new=True)
    assert "starting a new run" in told
    pieces.unpack(tmp_path / "out" / "run", tmp_path / "result")
    progress = json.loads((tmp_path / "result" / "progress.json").read_bytes())
    assert progress["config"]["train"]["batch_chars"] == 2000
    assert progress["config"]["train"]["init_from"] == str(
        tmp_path / "work" / "start" / "weights.safetensors"
    )
