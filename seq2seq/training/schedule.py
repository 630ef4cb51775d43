"""The learning rate of each step: warm-up, schedule and cool-down."""

from __future__ import annotations

import math

from seq2seq.config.schema import TrainConfig

_FLOOR = 0.01
"""The cosine schedule ends at this share of the peak learning rate."""


def learning_rate(step: int, train: TrainConfig) -> float:
    """Return the learning rate of optimiser step `step`, from 0; it depends on nothing but the step.

    After a linear warm-up, the schedule is one of these: `cosine` is half a cosine that falls to a hundredth
    of the peak at `max_steps`; `inverse_sqrt` falls with the square root of the step; `constant` stays at the
    peak and falls linearly to zero over the last `cooldown_share` of `max_steps`.
    """
    done = step + 1
    warming = train.learning_rate * done / train.warmup_steps if done < train.warmup_steps else math.inf
    if train.schedule == "constant":
        left, falling = max(0, train.max_steps - step), cooldown_steps(train)
        cooling = train.learning_rate * left / falling if left < falling else math.inf
        return min(train.learning_rate, warming, cooling)
    if warming < math.inf:
        return warming
    if train.schedule == "inverse_sqrt":
        return train.learning_rate * math.sqrt(max(1, train.warmup_steps) / done)
    share = (done - train.warmup_steps) / max(1, train.max_steps - train.warmup_steps)
    return train.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def cooldown_steps(train: TrainConfig) -> int:
    """Return the number of steps of the cool-down at the end of a run."""
    return round(train.cooldown_share * train.max_steps)


def describe_change(old: TrainConfig, new: TrainConfig, step: int) -> str:
    """Return a message on how the schedule changes for a run that has done `step` steps.

    Args:
        old, new: settings that differ in the end or in the cool-down.
    """
    falling = cooldown_steps(new) if new.schedule == "constant" else 0
    return (
        f"the schedule now ends at step {new.max_steps}, and not at {old.max_steps}: step {step + 1} has "
        f"learning rate {learning_rate(step, new):.3g} (formerly {learning_rate(step, old):.3g}), "
        f"the last one {learning_rate(new.max_steps - 1, new):.3g}"
        + (f"; it falls to zero over the last {falling} steps" if falling else "")
    )
