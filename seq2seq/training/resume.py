"""Which settings may change when a run is resumed, and which would make it another run."""

from __future__ import annotations

import logging

from seq2seq.config.loading import diff_configs
from seq2seq.config.schema import Config
from seq2seq.errors import UsageError

log = logging.getLogger(__name__)

FREE = frozenset(
    {
        "train.max_steps",
        "train.cooldown_share",
        "train.max_minutes",
        "train.skip_nonfinite",
        "train.eval_every",
        "train.eval_lags",
        "train.checkpoint_every",
        "train.patience",
        "train.keep_checkpoints",
        "train.log_every",
        "train.tensorboard",
        "train.init_from",
        "train.threads",
        "data.train",
        "data.dev",
        "data.dev_more",
        "data.test",
        "decode.beam",
        "decode.length_penalty",
        "decode.precision",
        "decode.repeats",
    }
)
"""Settings that may change.

Data files may move: their fingerprints are compared apart, and so are the shares of several parts. What the
best evaluation is judged by stays, for a number from before could not be compared with one from after.
"""


def check_settings(old: Config, new: Config, step: int) -> None:
    """Report the settings that changed since a run was started, of which `step` steps have been done.

    Raises:
        UsageError: one of them is not free to change, or the run is past its new end.
    """
    changes = diff_configs(old, new)
    bad = [change for change in changes if change[0] not in FREE]
    before, now = ([part.share for part in config.data.parts] for config in (old, new))
    if before != now:
        bad.append(("the shares of data.train", before, now))
    if bad:
        listing = "; ".join(f"{key} was {before!r}, is {now!r}" for key, before, now in bad)
        raise UsageError(
            f"these settings cannot change when a run is resumed: {listing}; undo them, or start a new run "
            "(train.init_from can give it these weights to begin with)"
        )
    if new.train.max_steps < step:
        raise UsageError(
            f"train.max_steps is {new.train.max_steps}, and {step} steps have been done already: a resumed "
            "run cannot end earlier than that"
        )
    for key, before, now in changes:
        log.info("resumed with %s changed from %r to %r", key, before, now)
