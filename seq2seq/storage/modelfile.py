"""The model file: one self-contained safetensors file with everything that translating needs.

It holds the weights and, in the metadata, the configuration, the characters, the lags, the scores, hashes of
the data, and a SHA-256 of all other bytes of the file, which is verified at each load. Nothing in it can be
executed, and it can be read without torch. See https://github.com/huggingface/safetensors#format.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NoReturn

import numpy as np

from seq2seq.config.schema import Config, without_paths
from seq2seq.errors import CheckpointError, NonFiniteError, listed, shortened
from seq2seq.lag import LagDistribution
from seq2seq.storage.arrays import DTYPES, view_arrays
from seq2seq.storage.files import read_bytes, write_bytes_atomic
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.integrity import refuse_foreign, sniff
from seq2seq.text.vocabulary import Vocabulary

FORMAT = "seq2seq-lag"
FORMAT_VERSION = 2
"""Version 2 added int8 matrices and word-prefix embeddings."""
SCALE = ".scale"
"""Added to the name of an int8 matrix, this is the name of its scales."""
_PLACEHOLDER = "0" * 64
_CHECKSUM = re.compile(rb'"checksum":"([0-9a-f]{64})"')


@dataclass(frozen=True)
class ModelFile:
    """What a model file holds.

    Attributes:
        config: the resolved configuration, in plain types.
        characters: the vocabulary without its special symbols, in the order of their ids.
        lags: the lags that the model was trained for, in the form that `LagDistribution.parse` reads.
        weights: by name, arrays of float32 or float16, `Int8Rows`, and arrays of int64 for the word tries.
        info: anything else worth keeping, in plain types and finite numbers: scores, hashes of the data.
    """

    config: dict[str, Any]
    characters: list[str]
    lags: Any
    weights: Mapping[str, Weight]
    info: dict[str, Any]

    @classmethod
    def of(
        cls, config: Config, vocabulary: Vocabulary, weights: Mapping[str, Weight], info: dict[str, Any]
    ) -> ModelFile:
        """Return the content of a model file, without the paths in the configuration."""
        return cls(
            config=without_paths(config).to_dict(),
            characters=list(vocabulary.characters),
            lags=config.lag.train.to_plain(),
            weights=weights,
            info=info,
        )


def write_model(path: Path, model: ModelFile) -> None:
    """Write a model file atomically. Equal models give equal bytes.

    Raises:
        NonFiniteError: a weight is not a finite number; nothing is written.
        UserError: the system refused to write.
    """
    write_bytes_atomic(path, to_bytes(model))


def to_bytes(model: ModelFile) -> bytes:
    """Return the bytes of the model file; NonFiniteError if a weight is not a finite number."""
    bad = _non_finite(model.weights)
    if bad:
        raise NonFiniteError(f"the model is not written: not all numbers are finite in {listed(bad)}")
    assert all(len(character) == 1 for character in model.characters)
    weights: dict[str, np.ndarray[Any, Any]] = {}
    for name, array in model.weights.items():
        if isinstance(array, Int8Rows):
            weights[name], weights[name + SCALE] = array.values_RC, array.scale_R
        else:
            assert array.dtype in (np.float32, np.float16, np.int64)
            weights[name] = np.asarray(array, order="C")
    metadata = {
        "format": FORMAT,
        "format_version": str(_version(model.weights)),
        "checksum": _PLACEHOLDER,
        "lags": _dump(model.lags),
        "characters": "".join(model.characters),
        "config": _dump(model.config),
        "info": _dump(model.info),
    }
    import safetensors.numpy  # reading does without it

    return _with_header(safetensors.numpy.save(weights), metadata)


def _with_header(data: bytes, metadata: dict[str, str]) -> bytes:
    """Return the file with `metadata` in its header, in a fixed order, and its checksum."""
    start = 8 + int.from_bytes(data[:8], "little")
    table = {"__metadata__": metadata} | json.loads(data[8:start])
    header = json.dumps(table, ensure_ascii=False, separators=(",", ":")).encode("utf-8")
    header += b" " * (-len(header) % 8)
    data = len(header).to_bytes(8, "little") + header + data[start:]
    digest = hashlib.sha256(data).hexdigest().encode("ascii")
    place = data.index(b'"checksum":"') + len(b'"checksum":"')
    return data[:place] + digest + data[place + len(digest) :]


def _version(weights: Mapping[str, Weight]) -> int:
    """Return the oldest version that can hold these weights, so that older programs can read them."""
    new = any(isinstance(array, Int8Rows) or array.dtype == np.int64 for array in weights.values())
    return FORMAT_VERSION if new else 1


def _dump(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, allow_nan=False)


def _non_finite(weights: Mapping[str, Weight]) -> list[str]:
    numbers = {name: a.scale_R if isinstance(a, Int8Rows) else a for name, a in weights.items()}
    return [name for name, array in numbers.items() if not _is_finite(array)]


def _is_finite(array: np.ndarray[Any, Any]) -> bool:
    if array.dtype == np.float16:  # `np.isfinite` is slow; infinity and NaN have all bits of the exponent set
        return not ((array.view(np.uint16) & 0x7C00) == 0x7C00).any()
    return bool(np.isfinite(array).all())


def read_model(path: Path) -> ModelFile:
    """Read a model file and verify all of it.

    Raises:
        CheckpointError: it is missing, damaged, cut short, of a newer version, or something else altogether;
            one sentence that names the file and says what to do.
    """
    return from_bytes(read_bytes(path, CheckpointError), path)


def from_bytes(data: bytes, path: Path) -> ModelFile:
    """Parse the bytes of a model file; messages name `path`. Errors as in `read_model`."""
    table = _verified_table(data, path)
    metadata = table.pop("__metadata__")
    try:
        weights = _with_scales(view_arrays(data, 8 + int.from_bytes(data[:8], "little"), table))
    except ValueError as error:
        raise CheckpointError(f"{path} is damaged: {error}") from error
    bad = _non_finite(weights)
    if bad:
        raise CheckpointError(f"{path} cannot be used: not all numbers are finite in {listed(bad)}")
    try:
        lags = _load(metadata["lags"])
        LagDistribution.parse(lags)
        config, info = _load(metadata["config"]), _load(metadata["info"])
        characters = list(metadata["characters"])
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: its metadata cannot be read ({error})") from error
    if not isinstance(config, dict) or not isinstance(info, dict) or len(set(characters)) != len(characters):
        raise CheckpointError(f"{path} is damaged: its metadata is incomplete")
    return ModelFile(config, characters, lags, weights, info)


def _with_scales(arrays: dict[str, np.ndarray[Any, Any]]) -> dict[str, Weight]:
    """Join int8 matrices with their scales; ValueError if a matrix lacks its scales."""
    weights: dict[str, Weight] = {}
    scales = {name + SCALE for name, array in arrays.items() if array.dtype == np.int8}
    for name, array in arrays.items():
        if array.dtype == np.int8:
            scale = arrays.get(name + SCALE)
            if (
                array.ndim != 2
                or scale is None
                or scale.shape != array.shape[:1]
                or scale.dtype != np.float32
            ):
                raise ValueError(f"{name} has no scale for each of its rows")
            weights[name] = Int8Rows(array, scale)
        elif name not in scales:
            weights[name] = array
    return weights


def _verified_table(data: bytes, path: Path) -> dict[str, Any]:
    """Check all but the values of the weights, in the order that gives the most precise message.

    Returns:
        the header; its metadata, under `__metadata__`, is text by name.
    """
    kind = sniff(data)
    refuse_foreign(path, kind)
    if kind == "zip":
        raise CheckpointError(f"{path} is a training state or another PyTorch file; use a model.safetensors")
    if kind != "safetensors":
        raise CheckpointError(f"{path} is not a model file, or is truncated; use a model.safetensors")
    header_size = int.from_bytes(data[:8], "little")
    if len(data) < 8 + header_size:
        _cut_short(path, len(data), 8 + header_size)
    table = _table(data[8 : 8 + header_size], path)
    metadata = table.get("__metadata__")
    if not isinstance(metadata, dict) or metadata.get("format") != FORMAT:
        raise CheckpointError(f"{path} is a safetensors file, but not one that seq2seq wrote")
    if not all(isinstance(value, str) for value in metadata.values()):
        raise CheckpointError(f"{path} is damaged: its metadata holds more than text")
    _check_size(data, header_size, table, path)
    _check_sum(data, header_size, path)
    _check_version(metadata, path)
    _check_dtypes(table, path)
    return table


def _cut_short(path: Path, size: int, expected: int) -> NoReturn:
    raise CheckpointError(
        f"{path} is cut short: {size:,} of at least {expected:,} bytes; copy or download it again"
    )


def _table(header: bytes, path: Path) -> dict[str, Any]:
    """Return the header: type, shape and position by name, and the metadata under `__metadata__`."""
    try:
        table = _load(header)
    except (ValueError, RecursionError) as error:
        raise CheckpointError(f"{path} is damaged: its header is not JSON ({error})") from error
    if not isinstance(table, dict):
        raise CheckpointError(f"{path} is damaged: its header is not a table; copy or download it again")
    return table


def _load(text: str | bytes) -> Any:
    return json.loads(text, object_pairs_hook=_without_duplicates)


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    result = dict(pairs)
    if len(result) != len(pairs):
        raise ValueError("a key comes twice")
    return result


def _check_size(data: bytes, header_size: int, table: dict[str, Any], path: Path) -> None:
    entries = [entry for name, entry in table.items() if name != "__metadata__"]
    try:
        expected = 8 + header_size + max((entry["data_offsets"][1] for entry in entries), default=0)
        missing = len(data) < expected
    except (KeyError, TypeError, IndexError) as error:
        raise CheckpointError(f"{path} is damaged: its table of weights cannot be read") from error
    if missing:
        _cut_short(path, len(data), expected)


def _check_sum(data: bytes, header_size: int, path: Path) -> None:
    match = _CHECKSUM.search(data, 8, 8 + header_size)
    if match:
        view = memoryview(data)
        digest = hashlib.sha256(view[: match.start(1)])
        digest.update(_PLACEHOLDER.encode())
        digest.update(view[match.end(1) :])
    if not match or digest.hexdigest().encode() != match[1]:
        raise CheckpointError(f"{path} is damaged: its checksum does not match; copy or download it again")


def _check_version(metadata: dict[str, str], path: Path) -> None:
    version = metadata.get("format_version", "")
    if not re.fullmatch("[1-9][0-9]{0,8}", version):
        raise CheckpointError(f"{path} is damaged: {shortened(repr(version), 40)} is not a format version")
    if int(version) > FORMAT_VERSION:
        raise CheckpointError(
            f"{path} was made by a newer seq2seq (format {version}; this one reads up to {FORMAT_VERSION}); "
            "upgrade seq2seq-lag"
        )


def _check_dtypes(table: dict[str, Any], path: Path) -> None:
    foreign = {
        str(entry.get("dtype")) for name, entry in table.items() if name != "__metadata__"
    } - DTYPES.keys()
    if foreign:
        raise CheckpointError(f"{path} holds weights of a type not used here: {listed(sorted(foreign))}")


def describe_model(path: Path) -> dict[str, Any]:
    """Summarise a model file in plain types: sizes, lags, scores, hashes. Errors as in `read_model`."""
    data = read_bytes(path, CheckpointError)
    model = from_bytes(data, path)
    return {
        "file": str(path),
        "kind": "model",
        "bytes": len(data),
        "sha256": hashlib.sha256(data).hexdigest(),
        "format_version": _version(model.weights),
        "parameters": sum(array.size for array in model.weights.values()),
        "precision": sorted({_precision(array) for array in model.weights.values()} - {"int64"}),
        "characters": len(model.characters),
        "lags": LagDistribution.parse(model.lags).describe(),
        "info": model.info,
        "config": model.config,
        "weights": {name: list(array.shape) for name, array in sorted(model.weights.items())},
    }


def _precision(array: Weight) -> str:
    return "int8" if isinstance(array, Int8Rows) else str(array.dtype)
