"""Matrix products in int8: whole-number weights with a scale for each output, and rounded inputs.

Inputs are rounded to whole numbers from -63 to 63. With 7 bits, the sum of two products of an input and a
weight fits into 16 bits, in which processors without VNNI compute it; 8 bits would overflow there, so all
processors use 7. The sums are exact and therefore do not depend on how many rows are multiplied together: a
float32 holds every whole number below 2**24, and 63 * 127 * 2,000 inputs are less. NumPy multiplies int8
slowly, so the whole numbers are stored as float32 here; `models.products` computes the same sums from int8.

Shape suffixes: I inputs, O outputs.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

import numpy as np

from seq2seq.plain.cells import Array
from seq2seq.storage.int8 import Int8Rows, Weight

LEVELS: Final = 63
"""The largest whole number that an input is rounded to."""
ZERO: Final = LEVELS + 1
"""The unsigned whole number that stands for 0."""
SMALLEST: Final = 1e-20
"""The smallest scale of a row is this divided by `LEVELS`: a row of zeros has one, too."""
PRODUCTS: Final = (
    "weight_ih_l0",
    "weight_hh_l0",
    "word_memory.weight",
    "attention.query.weight",
    "attention.key.weight",
)
"""Endings of the names of the weights that are multiplied in int8; all others stay real numbers."""


@dataclass(frozen=True)
class QuantisedMatrix:
    """A matrix of int8 values that an array can be multiplied by, as in `x @ matrix`.

    Attributes:
        values_IO: whole numbers from -127 to 127, as float32.
        scale_O: of the columns.
        bound: the largest absolute value of an input, if it is known; else each row of the inputs is scaled
            by its own largest value. Neither depends on the other rows.
    """

    values_IO: Array
    scale_O: Array
    bound: float | None = None
    __array_ufunc__ = None  # so that `x @ matrix` calls __rmatmul__

    @classmethod
    def of(cls, weight_OI: Weight, bound: float | None = None) -> QuantisedMatrix:
        """Return the matrix for a weight in PyTorch's layout; values of an int8 weight stay as they are."""
        rows = weight_OI if isinstance(weight_OI, Int8Rows) else Int8Rows.of(weight_OI)
        return cls(rows.values_RC.astype(np.float32).T, rows.scale_R, bound)

    def __getitem__(self, inputs: slice) -> QuantisedMatrix:
        """Return the rows of some inputs."""
        return replace(self, values_IO=self.values_IO[inputs])

    def __truediv__(self, divisor: float | np.float32) -> QuantisedMatrix:
        """Return the matrix divided by a number."""
        return replace(self, scale_O=self.scale_O / np.float32(divisor))

    def real(self) -> Array:
        """Return the matrix as real numbers."""
        return np.asarray(self.values_IO * self.scale_O)

    def __rmatmul__(self, x: Array) -> Array:
        """Return x W, (..., O)."""
        if self.bound is None:
            scale = np.maximum(np.abs(x).max(axis=-1, keepdims=True), np.float32(SMALLEST))
            sums = _rounded(x, np.float32(LEVELS) / scale) @ self.values_IO
            sums *= self.scale_O
            sums *= scale / np.float32(LEVELS)
            return np.asarray(sums)
        sums = _rounded(x, np.float32(LEVELS / self.bound)) @ self.values_IO
        sums *= self.scale_O * np.float32(self.bound / LEVELS)
        return np.asarray(sums)


def _rounded(x: Array, factor: Array | np.float32) -> Array:
    """Return x times the factor, rounded to whole numbers."""
    whole = x * factor
    whole += np.float32(ZERO + 0.5)  # as in `models.products`, where the numbers are unsigned
    np.floor(whole, out=whole)
    whole -= np.float32(ZERO)
    return whole


def state_bound(initial: Array) -> float:
    """Return the largest absolute value of an output h of a layer, given its learned initial state.

    The cells' outputs lie between -1 and 1; only the state before the first step may not.
    """
    return max(1.0, float(np.abs(initial[0]).max()))


def quantised(weights: Mapping[str, Weight]) -> dict[str, Array | QuantisedMatrix]:
    """Return the weights of an encoder-decoder with its large matrices in int8, by name."""
    result: dict[str, Array | QuantisedMatrix] = {}
    for name, weight in weights.items():
        if not name.endswith(PRODUCTS):
            result[name] = np.asarray(weight, np.float32)
            continue
        bound = None
        if name.endswith("weight_hh_l0"):
            bound = state_bound(np.asarray(weights[f"{name.removesuffix('.fused.weight_hh_l0')}.initial"]))
        elif name.endswith("query.weight"):
            bound = state_bound(np.asarray(weights["bottom.initial"]))
        result[name] = QuantisedMatrix.of(weight, bound)
    return result
