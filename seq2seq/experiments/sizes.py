"""Networks of equal size: the number of weights of a network, and the width that gives it."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

from seq2seq.config.schema import ModelConfig
from seq2seq.plain.weights import weight_shapes


def parameters(model: Mapping[str, Any], vocabulary: int, largest_lag: int = 0) -> int:
    """Return the number of weights of a network.

    Args:
        model: settings of the `model` section; there are no word embeddings.
        vocabulary: the number of symbols, reserved ones included.
        largest_lag: the largest number among the lags that it is trained for.
    """
    shapes = weight_shapes(ModelConfig(**model), vocabulary, largest_lag, {})
    return sum(math.prod(shape) for shape in shapes.values())


def equal_width(model: Mapping[str, Any], vocabulary: int, goal: int, largest_lag: int = 0) -> int:
    """Return the number of hidden units with which a network has about `goal` weights."""

    def distance(width: int) -> int:
        return abs(parameters({**model, "hidden": width}, vocabulary, largest_lag) - goal)

    return min(range(4, 1 + math.isqrt(goal)), key=distance)
