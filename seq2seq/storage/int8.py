"""Matrices stored as int8 with one scale per row: a quarter of the size of float32.

Shape suffixes: R rows, C columns.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

import numpy as np

LARGE: Final = 1 << 14
"""The smallest number of elements of a matrix that is rounded to int8."""
_EMBEDDINGS: Final = ("source_embedding.", "target_embedding.", "lag_embedding.")


@dataclass(frozen=True)
class Int8Rows:
    """A matrix of real numbers, stored as int8 with one scale per row; NumPy functions accept it as an array.

    Indexing unpacks the rows that are asked for: a sentence needs few rows of a large table.

    Attributes:
        values_RC: the matrix divided by the scales, from -127 to 127.
        scale_R: the scales, float32.
    """

    values_RC: np.ndarray[Any, np.dtype[np.int8]]
    scale_R: np.ndarray[Any, np.dtype[np.float32]]
    dtype = np.dtype(np.float32)

    @classmethod
    def of(cls, matrix_RC: np.ndarray[Any, Any]) -> Int8Rows:
        """Round a matrix (R, C); the largest absolute value of each row is kept exactly."""
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
        del copy  # the result is always a copy
        return (self.values_RC * self.scale_R[:, None]).astype(dtype or np.float32, copy=False)


Weight: TypeAlias = "np.ndarray[Any, Any] | Int8Rows"


def as_real(weights: Mapping[str, Weight], dtype: str) -> dict[str, Weight]:
    """Return weights with all real numbers as `dtype`, float16 or float32; integers are unchanged."""
    return {
        name: array if array.dtype == np.int64 else np.asarray(array, np.dtype(dtype))
        for name, array in weights.items()
    }


def packed(weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """Return weights in compact form: large matrices as int8, other real numbers as float16."""
    return {name: _packed(name, array) for name, array in weights.items()}


def _packed(name: str, array: Weight) -> Weight:
    if isinstance(array, Int8Rows) or array.dtype == np.int64:
        return array
    # The output layer and the embeddings are small, and rounding them costs most quality.
    if array.ndim == 2 and array.size >= LARGE and not name.startswith(("output.", *_EMBEDDINGS)):
        return Int8Rows.of(array)
    return np.asarray(array, np.float16)
