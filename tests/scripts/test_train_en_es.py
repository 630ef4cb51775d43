"""The training of the shipped model, all parts of it, with a narrow network and two steps each."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from test_configs import small

from scripts.release import train_en_es
from seq2seq.storage.modelfile import read_model
from seq2seq.training import writer
from seq2seq.training.checkpoint import load_state

PARTS = ["en-es", "en-es-more", "en-es-end", "en-es-longer", "en-es-last"]


def test_all_parts_follow_one_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
    overrides = dict(override.split("=", 1) for override in small(tmp_path))
    files = [overrides.pop(f"data.{name}") for name in ("train", "dev")]
    out = tmp_path / "runs"
    words = [*files, "--out", str(out), *(f"--set={key}={value}" for key, value in overrides.items())]
    monkeypatch.setattr(sys, "argv", ["train_en_es.py", *words])
    train_en_es.main()
    states = {part: load_state(train_en_es.last_state(out / part)) for part in PARTS}
    starts = [state["config"]["train"]["init_from"] for state in states.values()]
    before = ("en-es", "en-es-more", "en-es-mean.safetensors", "en-es-longer.safetensors")
    assert starts == [None, *(str(out / name) for name in before)]
    assert [state["config"]["model"]["dropout"] for state in states.values()] == [0.2, 0.2, 0.2, 0.0, 0.1]
    model = out / "en-es-last" / "model.safetensors"
    done = model.read_bytes()
    assert read_model(model).info["step"] == 2
    train_en_es.main()  # all is done
    assert model.read_bytes() == done


def test_what_is_wrong_with_a_part_ends_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    none = str(tmp_path / "none.tsv")
    monkeypatch.setattr(sys, "argv", ["train_en_es.py", none, none, "--out", str(tmp_path / "runs")])
    with pytest.raises(SystemExit) as ended:
        train_en_es.main()
    assert ended.value.code
    assert "none.tsv" in capsys.readouterr().err
    assert not (tmp_path / "runs" / "en-es-more").exists()
