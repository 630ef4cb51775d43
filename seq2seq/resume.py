"""Which settings may change when a run is resumed, and which would make it another run."""

from __future__ import annotations

import logging

from seq2seq.config import Config, diff_configs
from seq2seq.errors import UsageError

log = logging.getLogger(__name__)

FREE = frozenset(
    {
        "train.max_minutes",
        "train.skip_nonfinite",
        "train.eval_every",
        "train.checkpoint_every",
        "train.patience",
        "train.keep_checkpoints",
        "train.log_every",
        "train.tensorboard",
        "train.init_from",
        "train.threads",
        "data.train",
        "data.dev",
        "data.test",
        "decode.beam",
        "decode.length_penalty",
        "decode.precision",
        "decode.repeats",
    }
)
"""Settings that may change.

Data files may move: their fingerprints are compared apart. What the best evaluation is judged by stays, for a
number from before could not be compared with one from after.
"""


def check_settings(old: Config, new: Config) -> None:
    """Report the settings that changed since a run was started.

    Raises:
        UsageError: one of them is not free to change.
    """
    changes = diff_configs(old, new)
    bad = [change for change in changes if change[0] not in FREE]
    if bad:
        listing = "; ".join(f"{key} was {before!r}, is {now!r}" for key, before, now in bad)
        raise UsageError(
            f"these settings cannot change when a run is resumed: {listing}; undo them, or start a new run "
            "(train.init_from can give it these weights to begin with)"
        )
    for key, before, now in changes:
        log.info("resumed with %s changed from %r to %r", key, before, now)
