"""Small training states for the tests, and helpers to compare and to damage them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import pytest
import torch

from seq2seq.config.loading import parse_config
from seq2seq.plain.weights import weight_shapes
from seq2seq.text.vocabulary import SPECIALS

SMALL = parse_config("model: {embedding: 1, hidden: 1, encoder_layers: 1, decoder_layers: 1, cell: rnn}")


def small(run_id: str = "run-1") -> dict[str, Any]:
    """Return a training state of a tiny network, with a further tensor `w`."""
    shapes = weight_shapes(SMALL.model, len("ab") + SPECIALS, SMALL.lag.train.largest, {})
    weights = {name: torch.zeros(shape) for name, shape in shapes.items()}
    return {
        "run_id": run_id,
        "config": SMALL.to_dict(),
        "characters": "ab",
        "data": ["1234", "5678"],
        "metrics_bytes": 0,
        "progress": {"step": 2, "epoch": 0, "index": 2},
        "optimisation": {"network": weights, "averaged": weights, "adamw": {}},
        "w": torch.arange(4.0),
    }


def assert_same(a: Any, b: Any) -> None:
    if isinstance(a, torch.Tensor):
        assert a.dtype == b.dtype
        assert torch.equal(a, b)
    elif isinstance(a, dict):
        assert list(a) == list(b)
        for key in a:
            assert_same(a[key], b[key])
    elif isinstance(a, (list, tuple)):
        assert len(a) == len(b)
        for item, other in zip(a, b, strict=True):
            assert_same(item, other)
    else:
        assert type(a) is type(b)
        assert a == b


def names(directory: Path) -> list[str]:
    return sorted(path.name for path in directory.iterdir())


def flip(path: Path, bit: int) -> None:
    data = bytearray(path.read_bytes())
    data[bit // 8] ^= 1 << bit % 8
    path.write_bytes(data)


def no_warning(message: str) -> None:
    pytest.fail(message)


class Trap:
    """An object whose unpickling creates a file."""

    def __init__(self, mark: Path) -> None:
        self.mark = mark

    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, (f"touch '{self.mark}'",)
