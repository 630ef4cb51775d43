"""Fits the calibration of a model's confidence on sentences with references, and checks it on others."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from seq2seq.corpus.pairs import Pair, fingerprint, group_references
from seq2seq.decoding.confidence import Calibration, Curve
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.errors import UserError
from seq2seq.lag import FULL, Lag
from seq2seq.measuring.quality import sentence_chrf
from seq2seq.translator import Translator

GOOD_CHRF: Final = 60.0
"""A translation with at least this sentence chrF counts as good."""
LAGS: Final[tuple[Lag, ...]] = (0, 4, 8, 12, 24, FULL)
"""The lags that are calibrated, as far as the model serves them."""
FEWEST: Final = 40
"""The least number of sentences with references."""
BINS: Final = 10
_PRIOR: Final = 0.01
"""The weight of the prior that keeps the curve finite if all translations are good, or none."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True)
class Bin:
    """Sentences of similar confidence.

    Attributes:
        confidence: their mean confidence.
        good: the share of them that are good.
        sentences: how many they are.
    """

    confidence: float
    good: float
    sentences: int


@dataclass(frozen=True)
class Reliability:
    """How far confidence is right, on sentences that it was not fitted on.

    Attributes:
        lag: the lag.
        bins: from the lowest confidence to the highest, of equally many sentences.
        error: the mean difference between confidence and share over the bins: the expected calibration error.
        brier: the mean squared difference between confidence and 1 for good sentences, 0 for others.
        brier_of_share: the same if every sentence had the share of good sentences as its confidence.
    """

    lag: Lag
    bins: tuple[Bin, ...]
    error: float
    brier: float
    brier_of_share: float


@dataclass(frozen=True)
class CalibrationReport:
    """A fitted calibration and its check.

    Attributes:
        calibration: the curves.
        checks: one for each lag.
        fitted, checked: how many sentences it was fitted and checked on.
        data: fingerprint of the pairs.
    """

    calibration: Calibration
    checks: tuple[Reliability, ...]
    fitted: int
    checked: int
    data: str

    def to_info(self) -> dict[str, Any]:
        """Return what is kept in a model file, in plain types."""
        facts = {"sentences": self.fitted, "data": self.data}
        errors = {str(check.lag): round(check.error, 4) for check in self.checks}
        return {**self.calibration.to_plain(), **facts, "errors": errors}

    def to_dict(self) -> dict[str, Any]:
        """Return all of it in plain types."""
        return {**self.to_info(), "checked": self.checked, "checks": [asdict(check) for check in self.checks]}

    def table(self) -> str:
        """Return the check as a table of text."""
        lines = ["  lag  error  Brier (of the share)   confidence: share of good sentences"]
        for check in self.checks:
            bins = "  ".join(f"{bin.confidence:.2f}:{bin.good:.2f}" for bin in check.bins)
            lines.append(
                f"{check.lag:>5}  {check.error:.3f}  {check.brier:.3f} ({check.brier_of_share:.3f})"
                f"          {bins}"
            )
        good = self.calibration.good_chrf
        lines.append(
            f"good: sentence chrF of {good:g} or more; fitted on {self.fitted:,} sentences, checked on "
            f"{self.checked:,} others"
        )
        return "\n".join(lines)


def calibrate(
    translator: Translator,
    pairs: Sequence[Pair],
    lags: Sequence[Lag] = LAGS,
    progress: Callable[[Lag], object] | None = None,
) -> CalibrationReport:
    """Fit the confidence of a model at each lag on half of the sentences, and check it on the other half.

    Args:
        translator: searches with the model's own options.
        pairs: every target of a source is a reference of it.
        lags: those that the model does not serve are left out.
        progress: called with each lag before its sentences are translated.

    Raises:
        UserError: there are fewer sentences than `FEWEST`, or the model serves none of the lags.
    """
    references = group_references(pairs)
    if len(references) < FEWEST:
        raise UserError(
            f"calibrating needs at least {FEWEST} different sentences, and there are {len(references)}; "
            "some hundred are better"
        )
    served = [lag for lag in lags if translator.config.lag.train.serves(lag)]
    if not served:
        served = [translator.config.decode.lag]
    curves: dict[Lag, Curve] = {}
    checks: list[Reliability] = []
    fits = np.arange(len(references)) % 2 == 0
    for lag in served:
        if progress is not None:
            progress(lag)
        found = translator.decode(list(references), DecodingRequest(lag))
        scores = sentence_chrf([line.text for line in found], list(references.values()))
        good = np.array(scores) >= GOOD_CHRF
        probabilities = np.array([line.mean_probability for line in found])
        curves[lag] = fit(probabilities[fits], good[fits])
        confidences = np.array([curves[lag].at(p) for p in probabilities[~fits].tolist()])
        checks.append(replace(check(confidences, good[~fits]), lag=lag))
    fitted = int(fits.sum())
    calibration = Calibration(GOOD_CHRF, curves)
    return CalibrationReport(calibration, tuple(checks), fitted, len(fits) - fitted, fingerprint(list(pairs)))


def fit(probabilities: Numbers, good: NDArray[np.bool_]) -> Curve:
    """Return the logistic curve of the greatest likelihood, by Newton's method.

    Args:
        probabilities: (N,), the mean probability of each translation, above 0.
        good: (N,), whether it is good.
    """
    design_N2 = np.stack([np.ones(len(good)), np.log(probabilities)], axis=1)
    weights_2 = np.zeros(2)
    for _ in range(100):
        share_N = 1 / (1 + np.exp(-np.clip(design_N2 @ weights_2, -500, 500)))
        slope_2 = design_N2.T @ (good - share_N) - _PRIOR * weights_2
        curvature_22 = design_N2.T @ (design_N2 * (share_N * (1 - share_N))[:, None]) + _PRIOR * np.eye(2)
        step_2 = np.linalg.solve(curvature_22, slope_2)
        weights_2 = weights_2 + step_2
        if np.abs(step_2).max() < 1e-9:
            break
    return Curve(float(weights_2[0]), float(weights_2[1]))


def check(confidences: Numbers, good: NDArray[np.bool_]) -> Reliability:
    """Compare confidences with what happened; the lag of the result is `full`."""
    order = confidences.argsort(kind="stable")
    bins = [
        Bin(float(confidences[rows].mean()), float(good[rows].mean()), len(rows))
        for rows in np.array_split(order, BINS)
        if len(rows)
    ]
    share = float(good.mean())
    return Reliability(
        lag=FULL,
        bins=tuple(bins),
        error=sum(abs(one.confidence - one.good) * one.sentences for one in bins) / len(good),
        brier=float(((confidences - good) ** 2).mean()),
        brier_of_share=share * (1 - share),
    )
