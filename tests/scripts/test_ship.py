"""What is shipped of two runs."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from tiny import GOLDEN, short_pairs

from scripts.release import ship
from scripts.release.packing import packed_as
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.modelfile import ModelFile, read_model


def test_the_mean_of_two_models_has_a_share_of_each() -> None:
    one = read_model(GOLDEN / "model.safetensors")
    other = replace(
        one, weights={name: np.asarray(array) + np.float16(1) for name, array in one.weights.items()}
    )
    mean = ship.mean(one, other, 0.25)
    assert mean.weights.keys() == one.weights.keys()
    for name, array in mean.weights.items():
        assert array.dtype == np.float32
        expected = 0.75 * np.asarray(one.weights[name], float) + 0.25 * np.asarray(other.weights[name], float)
        np.testing.assert_allclose(array, expected, rtol=1e-5)


def test_a_share_is_one_of_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ship.py", "RUN", "DEV.tsv", "--share", "0.5"])
    with pytest.raises(SystemExit):
        ship.main()
    assert "--share needs --after" in capsys.readouterr().err


def with_words() -> ModelFile:
    """Return a model with a matrix, a table, numbers that decide between symbols, and words."""
    rng = np.random.default_rng(1)
    weights: dict[str, Weight] = {
        "bottom.fused.weight_ih_l0": rng.standard_normal((256, 64)).astype(np.float32),
        "source_words.nodes.weight": rng.standard_normal((300, 64)).astype(np.float32),
        "output.weight": rng.standard_normal((256, 64)).astype(np.float32),
        "source_words.keys": np.arange(70_000, 70_005),
    }
    return replace(read_model(GOLDEN / "model.safetensors"), weights=weights)


@pytest.mark.parametrize("form", ["float16", "int8"])
def test_weights_are_rounded_and_words_stay(form: str) -> None:
    """Numbers of words above 65,504 are none in float16; they had been infinite."""
    file = with_words()
    found = packed_as(form, file.weights)
    for name, array in file.weights.items():
        kind = (
            "int64"
            if name.endswith("keys")
            else "float16"
            if form == "float16" or "output" in name
            else "int8"
        )
        assert isinstance(found[name], Int8Rows) == (kind == "int8")
        if kind != "int8":
            assert found[name].dtype == kind
        near = 0.0 if kind == "int64" else 2e-3 if kind == "float16" else 2e-2
        np.testing.assert_allclose(np.asarray(found[name]), array, atol=near, rtol=near / 2)


def test_the_mean_of_two_models_has_the_words_of_both() -> None:
    one = with_words()
    np.testing.assert_array_equal(
        ship.mean(one, one, 0.5).weights["source_words.keys"], np.arange(70_000, 70_005)
    )
    other = replace(one, weights={**one.weights, "source_words.keys": np.arange(5)})
    with pytest.raises(SystemExit, match="the two runs have different words"):
        ship.mean(one, other, 0.5)


def test_a_model_that_is_too_large_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    file = with_words()
    assert ship.LARGEST == 25_000_000
    ship.check_size(file)
    monkeypatch.setattr(ship, "LARGEST", 100_000)
    with pytest.raises(SystemExit, match=r"would have 0\.2 MB, more than the limit of 0 MB: --pack int8"):
        ship.check_size(file)


def test_models_are_compared_in_each_domain(tmp_path: Path) -> None:
    file = read_model(GOLDEN / "model.safetensors")
    paths = [tmp_path / f"{name}.dev.tsv" for name in ("games", "news")]
    for path, pairs in zip(paths, (short_pairs(3), short_pairs(5)), strict=True):
        path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    silent = {name: np.zeros_like(array) for name, array in file.weights.items()}
    found = ship.in_domains(file, replace(file, weights=silent), paths)
    assert {name: part["sentences"] for name, part in found.items()} == {"games": 3, "news": 5}
    for part in found.values():
        assert part["different"] == part["sentences"]
        assert part["chrf"][0] > 50 > part["chrf"][1]
