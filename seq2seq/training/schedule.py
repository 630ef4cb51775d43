"""The learning rate of each step: warm-up, schedule and cool-down."""

from __future__ import annotations

import math

from seq2seq.config.schema import TrainConfig

_FLOOR = 0.01
"""The cosine schedule ends at this share of the peak learning rate."""


def learning_rate(step: int, train: TrainConfig, cuts: int = 0) -> float:
    """Return the learning rate of optimiser step `step`, from 0.

    It depends on nothing but the step, except with `plateau`: there it also depends on the dev losses so far,
    of which `training.progress` keeps what is needed, as a part of the training state.

    After a linear warm-up, the schedule is one of these: `cosine` is half a cosine that falls to a hundredth
    of the peak at `max_steps`; `inverse_sqrt` falls with the square root of the step; `constant` stays at the
    peak and falls linearly to zero over the last `cooldown_share` of `max_steps`; `plateau` stays at the peak
    and is multiplied by `plateau_factor` at each of the cuts.

    Args:
        step: the step.
        train: the settings.
        cuts: how often `plateau` has cut the rate.
    """
    done = step + 1
    warming = train.learning_rate * done / train.warmup_steps if done < train.warmup_steps else math.inf
    if train.schedule == "constant":
        left, falling = max(0, train.max_steps - step), cooldown_steps(train)
        cooling = train.learning_rate * left / falling if left < falling else math.inf
        return min(train.learning_rate, warming, cooling)
    if train.schedule == "plateau":
        return min(train.learning_rate, warming) * train.plateau_factor**cuts
    if warming < math.inf:
        return warming
    if train.schedule == "inverse_sqrt":
        return train.learning_rate * math.sqrt(max(1, train.warmup_steps) / done)
    share = (done - train.warmup_steps) / max(1, train.max_steps - train.warmup_steps)
    return train.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def cooldown_steps(train: TrainConfig) -> int:
    """Return the number of steps of the cool-down at the end of a run."""
    return round(train.cooldown_share * train.max_steps)


def describe_change(old: TrainConfig, new: TrainConfig, step: int, cuts: int = 0) -> str:
    """Return a message on how the schedule changes for a run that has done `step` steps.

    Args:
        old, new: settings that differ in the end or in the cool-down.
        step: the optimiser steps done.
        cuts: as for `learning_rate`.
    """
    falling = cooldown_steps(new) if new.schedule == "constant" else 0
    now, before = learning_rate(step, new, cuts), learning_rate(step, old, cuts)
    last = learning_rate(new.max_steps - 1, new, cuts)
    return (
        f"the schedule now ends at step {new.max_steps}, and not at {old.max_steps}: step {step + 1} has "
        f"learning rate {now:.3g} (formerly {before:.3g}), the last one {last:.3g}"
        + (f"; it falls to zero over the last {falling} steps" if falling else "")
    )
