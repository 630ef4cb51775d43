"""The estimate for a larger corpus, worked out by hand."""

from __future__ import annotations

import pytest

from scripts.bench import scaling

RESULTS = {
    "points": [
        {
            "pairs": 1000,
            "symbols": 30_000,
            "prepare_seconds": 3.0,
            "epoch_seconds": 1.0,
            "memory": 50_000_000,
            "disk": 130_000,
            "text": 60_000,
        },
        {
            "pairs": 3000,
            "symbols": 90_000,
            "prepare_seconds": 5.0,
            "epoch_seconds": 1.5,
            "memory": 51_000_000,
            "disk": 390_000,
            "text": 180_000,
        },
    ],
    "training": {"chars_per_second": 10_000},
}


def test_what_grows_is_what_is_counted() -> None:
    """What two thousand pairs added: 2 s, 0.5 s, a megabyte; and thirty symbols each, to be trained on."""
    assert scaling.estimate(RESULTS, 7_200_000) == pytest.approx(
        {
            "text": 60 * 7.2e6,
            "disk": 130 * 7.2e6,
            "memory": 500 * 7.2e6,
            "prepare": 2.0,
            "epoch": 0.5,
            "training": 6.0,
        }
    )
