"""A model as the page holds it: a table in JSON and the arrays behind it, compressed, as text.

Weights are those of a model file that `checkpoint export` has made smaller: large matrices in int8, all other
real numbers in float16. The tables of words may have 4 bits. Sorted numbers are stored as differences.

    8 bytes: the length of the table    the table, in JSON    the arrays, in its order

The text has 15 bits in each character. In UTF-16, where a character has 2 bytes, it is a fifteenth longer
than the bytes; in base64 it would be a third longer.

Shape suffixes: R rows, C columns.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from seq2seq.errors import UsageError
from seq2seq.plain.quantised import PRODUCTS, state_bound
from seq2seq.storage.int8 import Int8Rows, Weight, packed
from seq2seq.storage.modelfile import ModelFile

TABLE_BITS: Final = (8, 4)
"""The bits that a number of the tables of words may have."""
_TABLES: Final = ("_words.nodes.weight", "_words.pairs.weight")
FIRST_CHARACTER: Final = 0x3400
"""It stands for 0. None of the 32,768 from here on is a space, a mark of direction or a surrogate."""


def page_model(file: ModelFile, table_bits: int = 8) -> ModelFile:
    """Return a model with the weights that the page has, so that Python can decode with the same.

    Args:
        file: any model of the kind encoder_decoder.
        table_bits: of the tables of words, 8 or 4.

    Raises:
        UsageError: another kind of model, or other bits.
    """
    kind = file.config["model"]["kind"]
    if kind != "encoder_decoder":
        raise UsageError(
            f"the page translates with an encoder_decoder, and this model is a {kind}; give another `model`"
        )
    if table_bits not in TABLE_BITS:
        raise UsageError(f"`table_bits` is 8 or 4, not {table_bits}")
    weights = packed(file.weights)
    if table_bits == 4:
        weights |= {name: _in_four_bits(file.weights[name]) for name in weights if name.endswith(_TABLES)}
    return replace(file, weights=weights)


def _in_four_bits(table: Weight) -> Int8Rows:
    """Return a table whose values are whole numbers from -7 to 7; a scale of each row has least squares."""
    table_RC = np.asarray(table, np.float32)
    largest_R = np.maximum(np.abs(table_RC).max(axis=1), np.float32(1e-12))
    best_R, least_R = largest_R / 7, np.full(len(table_RC), np.inf, np.float32)
    for share in np.linspace(0.5, 1.0, 11, dtype=np.float32):
        scale_R = largest_R * share / np.float32(7)
        values_RC = np.rint(table_RC / scale_R[:, None]).clip(-7, 7)
        error_R = np.square(values_RC * scale_R[:, None] - table_RC).sum(axis=1)
        better_R = error_R < least_R
        best_R, least_R = np.where(better_R, scale_R, best_R), np.where(better_R, error_R, least_R)
    scale_R = best_R.astype(np.float32)
    return Int8Rows(np.rint(table_RC / scale_R[:, None]).clip(-7, 7).astype(np.int8), scale_R)


def pack(file: ModelFile, tables: Mapping[str, Any], name: str, table_bits: int = 8) -> bytes:
    """Return the bytes of a model for the page.

    Args:
        file: what `page_model` has returned.
        tables: of its vocabulary, in plain types.
        name: of the model, for a reader.
        table_bits: as given to `page_model`.
    """
    arrays: list[dict[str, Any]] = []
    blocks: list[bytes] = []

    def add(key: str, kind: str, shape: tuple[int, ...], data: bytes) -> None:
        arrays.append({"name": key, "kind": kind, "shape": list(shape), "bytes": len(data)})
        blocks.append(data)

    for key, weight in file.weights.items():
        if key.endswith(PRODUCTS) and not isinstance(weight, Int8Rows):
            weight = Int8Rows.of(np.asarray(weight))
        if isinstance(weight, Int8Rows):
            four = table_bits == 4 and key.endswith(_TABLES)
            values = _nibbles(weight.values_RC) if four else weight.values_RC
            add(key, "int4" if four else "int8", weight.shape, values.tobytes())
            add(f"{key}.scale", "float32", weight.scale_R.shape, weight.scale_R.tobytes())
        elif weight.dtype == np.int64:
            add(key, "ascending", weight.shape, _differences(weight))
        else:
            kind = "float16" if weight.dtype == np.float16 else "float32"
            add(key, kind, weight.shape, np.ascontiguousarray(weight).tobytes())
    header = {
        "name": name,
        "notice": file.info.get("notice"),
        "config": {section: file.config[section] for section in ("model", "decode", "data")},
        "parameters": sum(weight.size for weight in file.weights.values()),
        "table_bits": table_bits,
        "bounds": _bounds(file.weights),
        "tables": tables,
        "arrays": arrays,
    }
    text = json.dumps(header, ensure_ascii=True, separators=(",", ":")).encode("ascii")
    return len(text).to_bytes(8, "little") + text + b"".join(blocks)


def as_text(data: bytes) -> str:
    """Return bytes, compressed, as text that may stand in a page.

    The first character says how many bytes have been added, so that 8 characters hold 15 bytes.
    """
    packed = gzip.compress(data, 9, mtime=0)
    spare = -len(packed) % 15
    bytes_N15 = np.frombuffer(packed + bytes(spare), np.uint8).reshape(-1, 15).astype(np.uint32)
    codes_N8 = np.empty((len(bytes_N15), 8), "<u2")
    for place in range(8):  # the character has the bits from 15 * place on, of 120
        first, shift = divmod(15 * place, 8)
        three = bytes_N15[:, first] << 16 | bytes_N15[:, first + 1] << 8
        if first + 2 < 15:
            three |= bytes_N15[:, first + 2]
        codes_N8[:, place] = (three >> (9 - shift) & 0x7FFF) + FIRST_CHARACTER
    return chr(FIRST_CHARACTER + spare) + codes_N8.tobytes().decode("utf-16-le")


def _bounds(weights: Mapping[str, Weight]) -> dict[str, float]:
    """Return the largest input of each matrix of which that is known, as `plain.quantised` computes it."""
    bounds = {}
    for key in weights:
        if key.endswith("weight_hh_l0"):
            initial = f"{key.removesuffix('.fused.weight_hh_l0')}.initial"
        elif key.endswith("query.weight"):
            initial = "bottom.initial"
        else:
            continue
        bounds[key] = state_bound(np.asarray(weights[initial], np.float32))
    return bounds


def _nibbles(values_RC: npt.NDArray[np.int8]) -> npt.NDArray[np.uint8]:
    """Return two values in each byte, the first in its lower half; each is 8 more than it was."""
    flat = (values_RC.reshape(-1) + 8).astype(np.uint8)
    flat = np.append(flat, np.zeros(len(flat) % 2, np.uint8))
    return np.asarray(flat[::2] | flat[1::2] << 4, np.uint8)


def _differences(numbers: npt.NDArray[Any]) -> bytes:
    """Return ascending numbers as differences, seven bits in a byte, the lowest first."""
    out = bytearray()
    for difference in np.diff(numbers, prepend=0).tolist():
        while difference > 127:
            out.append(difference & 127 | 128)
            difference >>= 7
        out.append(difference)
    return bytes(out)
