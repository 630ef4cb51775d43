"""Confidence: from the mean probability of a translation's symbols to the probability that it is good.

The mean probability ranks translations well, but it is not the share of those that are good: that share
depends on the model and on the lag. A calibration, fitted on sentences with references
(`measuring.calibrate`) and kept in the model file, turns one into the other.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from seq2seq.errors import CheckpointError
from seq2seq.lag import FULL, Lag, parse_lag

INFO_KEY: Final = "confidence"
"""The name of the calibration in the `info` of a model file."""
_LEAST: Final = 1e-12


@dataclass(frozen=True)
class Curve:
    """A logistic curve: σ(offset + slope · ln p) for a translation of mean probability p.

    Attributes:
        offset, slope: of the argument of σ(z) = 1 / (1 + exp(-z)).
    """

    offset: float
    slope: float

    def at(self, mean_probability: float) -> float:
        """Return the probability that a translation is good."""
        z = self.offset + self.slope * math.log(max(mean_probability, _LEAST))
        return 1 / (1 + math.exp(-z)) if z > -700 else 0.0


@dataclass(frozen=True)
class Calibration:
    """The curves of a model, one for each of some lags.

    Attributes:
        good_chrf: a translation is good if its sentence chrF is at least this.
        curves: by lag; another lag uses that of the nearest one.
    """

    good_chrf: float
    curves: Mapping[Lag, Curve]

    def confidence(self, mean_probability: float, lag: Lag) -> float:
        """Return the probability that a translation is good.

        Args:
            mean_probability: the geometric mean of the probabilities of its symbols.
            lag: at which it was made.
        """
        nearest = min(self.curves, key=lambda other: abs(_depth(other) - _depth(lag)))
        return self.curves[nearest].at(mean_probability)

    def to_plain(self) -> dict[str, Any]:
        """Return the calibration in plain types."""
        curves = {str(lag): [curve.offset, curve.slope] for lag, curve in self.curves.items()}
        return {"good_chrf": self.good_chrf, "curves": curves}

    @classmethod
    def of_info(cls, info: Mapping[str, Any], name: str) -> Calibration | None:
        """Return the calibration in the `info` of a model file, which messages call `name`; None without one.

        Raises:
            CheckpointError: it is not one.
        """
        if INFO_KEY not in info:
            return None
        try:
            plain = info[INFO_KEY]
            curves = {
                parse_lag(lag): Curve(float(offset), float(slope))
                for lag, (offset, slope) in plain["curves"].items()
            }
            numbers = [plain["good_chrf"], *(n for c in curves.values() for n in (c.offset, c.slope))]
            if not curves or not all(math.isfinite(number) for number in numbers):
                raise ValueError("a number is missing or not finite")
            return cls(float(plain["good_chrf"]), curves)
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError(
                f"{name} cannot be used: its calibration cannot be read ({error}); calibrate it again"
            ) from None


def _depth(lag: Lag) -> float:
    """Return the place of a lag on a scale on which the first characters matter most."""
    return math.log2(1 + (1_000_000 if lag == FULL else lag))
