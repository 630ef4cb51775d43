"""The directory for what can be made again: prepared data and copies of datasets."""

from __future__ import annotations

import os
from pathlib import Path


def default_cache() -> Path:
    """Return the directory of the cache: $SEQ2SEQ_CACHE, $XDG_CACHE_HOME/seq2seq or ~/.cache/seq2seq."""
    if own := os.environ.get("SEQ2SEQ_CACHE"):
        return Path(own)
    # The XDG specification has relative values ignored.
    base = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (base if base.is_absolute() else Path.home() / ".cache") / "seq2seq"
