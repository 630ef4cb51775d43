"""What is shipped of two runs."""

from __future__ import annotations

import sys
from dataclasses import replace

import numpy as np
import pytest
from script import load
from tiny import GOLDEN

from seq2seq.modelfile import read_model


def test_the_mean_of_two_models_has_a_share_of_each() -> None:
    ship = load("ship")
    one = read_model(GOLDEN / "model.safetensors")
    other = replace(one, weights={name: array + np.float16(1) for name, array in one.weights.items()})
    mean = ship.mean(one, other, 0.25)
    assert mean.weights.keys() == one.weights.keys()
    for name, array in mean.weights.items():
        assert array.dtype == np.float32
        expected = 0.75 * one.weights[name].astype(float) + 0.25 * other.weights[name].astype(float)
        np.testing.assert_allclose(array, expected, rtol=1e-5)


def test_a_share_is_one_of_an_earlier_run(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", ["ship.py", "RUN", "DEV.tsv", "--share", "0.5"])
    with pytest.raises(SystemExit):
        load("ship").main()
    assert "--share is a share of what --after names" in capsys.readouterr().err
