"""The arrays of a safetensors file, as views of its bytes.

`safetensors` copies each array twice, which takes as long as everything else that loading a model needs.
See https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, Final

import numpy as np

DTYPES: Final = {"F32": "<f4", "F16": "<f2", "I8": "i1", "I64": "<i8"}
"""The types of a model file, as NumPy calls them."""


def view_arrays(data: bytes, start: int, table: Mapping[str, Any]) -> dict[str, np.ndarray[Any, Any]]:
    """Return the arrays of a file by name; they cannot be written to.

    Args:
        data: the whole file.
        start: where the header ends.
        table: dtype, shape and data_offsets of each array, as the header has them.

    Raises:
        ValueError: an entry of the table is not valid, or the arrays do not fill the file from `start` to its
            end without a gap.
    """
    arrays, places = {}, []
    for name, entry in table.items():
        match entry:
            case {"dtype": str(kind), "shape": [*shape], "data_offsets": [int(begin), int(end)]}:
                pass
            case _:
                raise ValueError(f"the header does not describe {name}")
        if kind not in DTYPES or not all(type(size) is int and size >= 0 for size in shape):
            raise ValueError(f"{name} has no type or shape")
        count, dtype = math.prod(shape), np.dtype(DTYPES[kind])
        if not 0 <= begin <= end <= len(data) - start or count * dtype.itemsize != end - begin:
            raise ValueError(f"{name} has another size than its shape")
        arrays[name] = np.frombuffer(data, dtype, count, start + begin).reshape(shape)
        places.append((begin, end))
    places.sort()
    ends = [0, *(end for _, end in places)]
    if [begin for begin, _ in places] + [len(data) - start] != ends:
        raise ValueError("its arrays overlap or leave a gap")
    return arrays
