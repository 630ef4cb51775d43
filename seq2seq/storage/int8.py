"""Matrices held as int8 with a scale for each row: a quarter of the room that float32 takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

LARGE: Final = 1 << 14
"""How many numbers a matrix has at least that is rounded to int8."""
_EMBEDDINGS: Final = ("source_embedding.", "target_embedding.", "lag_embedding.")


@dataclass(frozen=True)
class Int8Rows:
    """A matrix of real numbers held as int8, with a scale for each row; NumPy takes it for an array.

    Rows that are asked for are unpacked then: of a large table, a sentence needs a few.

    Attributes:
        values_RC: the matrix divided by the scales, from -127 to 127.
        scale_R: the scales, float32.
    """

    values_RC: np.ndarray[Any, np.dtype[np.int8]]
    scale_R: np.ndarray[Any, np.dtype[np.float32]]
    dtype = np.dtype(np.float32)

    @classmethod
    def of(cls, matrix_RC: np.ndarray[Any, Any]) -> Int8Rows:
        """Round a matrix; its largest number of each row stays as it is."""
        matrix_RC = np.asarray(matrix_RC, np.float32)
        scale_R = np.maximum(np.abs(matrix_RC).max(axis=1), np.float32(1e-12)) / np.float32(127)
        return cls(np.rint(matrix_RC / scale_R[:, None]).astype(np.int8), scale_R)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.values_RC.shape)

    @property
    def size(self) -> int:
        return self.values_RC.size

    def __getitem__(self, rows: Any) -> np.ndarray[Any, np.dtype[np.float32]]:
        return np.asarray(self.values_RC[rows] * self.scale_R[rows][..., None], np.float32)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray[Any, Any]:
        del copy  # it always is one
        return (self.values_RC * self.scale_R[:, None]).astype(dtype or np.float32, copy=False)


Weight: TypeAlias = "np.ndarray[Any, Any] | Int8Rows"


def as_real(weights: Mapping[str, Weight], dtype: str) -> dict[str, Weight]:
    """Return the real numbers among weights as float16 or float32; integers stay what they are."""
    return {
        name: array if array.dtype == np.int64 else np.asarray(array, np.dtype(dtype))
        for name, array in weights.items()
    }


def packed(weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """Return weights that take little room: large matrices as int8, other real numbers as float16."""
    return {name: _packed(name, array) for name, array in weights.items()}


def _packed(name: str, array: Weight) -> Weight:
    if isinstance(array, Int8Rows) or array.dtype == np.int64:
        return array
    # What decides directly between symbols is small, and rounding it costs most.
    if array.ndim == 2 and array.size >= LARGE and not name.startswith(("output.", *_EMBEDDINGS)):
        return Int8Rows.of(array)
    return np.asarray(array, np.float16)
