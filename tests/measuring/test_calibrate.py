"""The calibration of confidence: the curve, its check, and its place in a model file."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import tiny

from seq2seq.corpus.pairs import Pair
from seq2seq.decoding.confidence import INFO_KEY, Calibration, Curve
from seq2seq.errors import CheckpointError, UserError
from seq2seq.measuring.calibrate import FEWEST, calibrate, check, fit
from seq2seq.storage.modelfile import read_model
from seq2seq.translator import Translator


def test_the_curve_is_found_again() -> None:
    rng = np.random.default_rng(1)
    probabilities = rng.uniform(0.4, 0.99, 20_000)
    true = Curve(3.5, 15.0)
    chances = np.array([true.at(p) for p in probabilities.tolist()])
    good = rng.random(20_000) < chances
    found = fit(probabilities[:10_000], good[:10_000])
    assert (found.offset, found.slope) == pytest.approx((3.5, 15.0), rel=0.06)
    fitted = np.array([found.at(p) for p in probabilities[10_000:].tolist()])
    checked = check(fitted, good[10_000:])
    assert checked.error < 0.02
    assert checked.brier < checked.brier_of_share
    assert sum(one.sentences for one in checked.bins) == 10_000
    wrong = check(1 - fitted, good[10_000:])  # the check can fail
    assert wrong.error > 0.2
    assert wrong.brier > wrong.brier_of_share


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_a_curve_is_finite_where_all_are_alike(share: float) -> None:
    probabilities = np.linspace(0.2, 0.9, 50)
    curve = fit(probabilities, np.full(50, share > 0))
    assert np.isfinite([curve.offset, curve.slope]).all()
    assert abs(curve.at(0.5) - share) < 0.1


def test_a_lag_uses_the_curve_of_the_nearest_one() -> None:
    one = Calibration(60.0, {0: Curve(0.0, 0.0), 12: Curve(1.0, 0.0), "full": Curve(2.0, 0.0)})
    chances = [one.confidence(0.5, lag) for lag in (0, 1, 11, 40, "full")]
    assert chances == pytest.approx([0.5, 0.5, *[1 / (1 + np.exp(-1))] * 2, 1 / (1 + np.exp(-2))])
    assert Calibration.of_info({INFO_KEY: one.to_plain()}, "m") == one
    assert Calibration.of_info({}, "m") is None
    assert 0 <= Curve(0.0, 1000.0).at(0.0) < 1e-9


@pytest.mark.parametrize(
    "plain",
    [None, 5, {}, {"good_chrf": 60, "curves": {}}, {"good_chrf": 60, "curves": {"x": [1, 2]}},
     {"good_chrf": 60, "curves": {"3": [1]}}, {"good_chrf": 60, "curves": {"3": [1, float("inf")]}}],
)  # fmt: skip
def test_what_is_no_calibration_is_refused(plain: object) -> None:
    with pytest.raises(CheckpointError, match=r"model\.x cannot be used: its calibration"):
        Calibration.of_info({INFO_KEY: plain}, "model.x")


def test_a_model_is_calibrated_and_tells_its_confidence() -> None:
    model = tiny.load()
    report = calibrate(model, tiny.short_pairs(60), lags=(3, "full"))
    assert [row.lag for row in report.checks] == [3, "full"]
    assert (report.fitted, report.checked) == (30, 30)
    assert "fitted on 30 sentences" in report.table()
    (plain,) = model.translate_lines(["i like pizza"])
    assert plain.confidence is None
    file = read_model(tiny.GOLDEN / "model.safetensors")
    file = replace(file, info=file.info | {INFO_KEY: report.to_info()})
    calibrated = Translator.from_file(file, device="cpu")
    line, untouched = calibrated.translate_lines(["i like pizza", "12"])
    assert line == replace(plain, confidence=report.calibration.confidence(line.mean_probability, "full"))
    assert untouched.confidence == 1.0


def test_few_pairs_are_refused() -> None:
    with pytest.raises(UserError, match=f"at least {FEWEST} different sentences, and there are 1"):
        calibrate(tiny.load(), [Pair("a", "b")] * 100)
