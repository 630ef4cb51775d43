"""How far a run has come: the numbers that decide what its next step and its next evaluation do."""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from typing import Any

from seq2seq.config.schema import TrainConfig

_REAL = ("seconds", "best", "lowest_loss")
"""The fields of `Progress` that are not whole numbers."""


@dataclass(frozen=True)
class Progress:
    """How far a run has come.

    Attributes:
        step: optimiser steps done.
        epoch: the current pass over the training part, from 0.
        index: batches of this epoch that have been used.
        seconds: training time, summed over all stops.
        best: the highest score of an evaluation so far: chrF, or minus the loss, as `train.select_by` says.
        best_step: the step of that evaluation; -1 before any evaluation.
        evaluated: the step of the last evaluation; -1 before any.
        worse: evaluations since the best one.
        skipped: steps whose update was skipped because a number was not finite.
        skipped_last: how many of the last steps were skipped in a row.
        lowest_loss: the lowest dev loss that the plateau schedule has seen.
        stalled: its evaluations since then, or since the last cut.
        cuts: how often it has cut the learning rate.
    """

    step: int = 0
    epoch: int = 0
    index: int = 0
    seconds: float = 0.0
    best: float = -math.inf
    best_step: int = -1
    evaluated: int = -1
    worse: int = 0
    skipped: int = 0
    skipped_last: int = 0
    lowest_loss: float = math.inf
    stalled: int = 0
    cuts: int = 0

    def after_dev_loss(self, loss: float, train: TrainConfig) -> Progress:
        """Return the progress after an evaluation, as the plateau schedule counts it; other schedules do not.

        Evaluations that are not due at this step, such as the last one of a run, do not count: a run that
        goes on for longer has the same learning rates as one that was never to stop there.
        """
        if train.schedule != "plateau" or self.step % train.eval_every:
            return self
        if loss < self.lowest_loss:  # false for NaN
            return replace(self, lowest_loss=loss, stalled=0)
        if self.stalled + 1 < train.plateau_patience:
            return replace(self, stalled=self.stalled + 1)
        return replace(self, stalled=0, cuts=self.cuts + 1)


def is_progress(progress: dict[str, Any]) -> bool:
    """Whether a run can have come to these numbers; those that an older version did not count are missing."""
    real = [progress[name] for name in _REAL if name in progress]
    whole = [value for name, value in progress.items() if name not in _REAL]
    return (
        progress.keys() <= {field.name for field in fields(Progress)}
        and all(type(value) is int and -1 <= value < 2**63 for value in whole)
        and all(type(value) in (int, float) and not math.isnan(value) for value in real)
        and all(progress.get(name, -1) >= 0 for name in ("step", "epoch", "index"))
        and all(progress.get(name, 0) >= 0 for name in ("stalled", "cuts"))
        and math.isfinite(progress.get("seconds", 0))
    )
