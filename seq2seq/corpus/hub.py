"""Datasets of the Hugging Face hub: `hf:NAME` in place of a file of pairs.

The rows are copied into a file of the cache once, and from then on that file is read: training needs a
checksum, line numbers and no network.
"""

from __future__ import annotations

import hashlib
import json
import logging
import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path
from typing import Any, BinaryIO, Final

from seq2seq.corpus.cachedir import default_cache
from seq2seq.corpus.tables import find_columns
from seq2seq.errors import UserError
from seq2seq.storage.files import atomic_write, clear_errors

PREFIX: Final = "hf:"
_FORM = "hf:NAME, hf:NAME:CONFIG or hf:NAME:CONFIG:SPLIT"
_FORMATS = {"arrow", "csv", "json", "pandas", "parquet", "text", "webdataset", "xml"}
_ONE, _SEVERAL = "state.json", "dataset_dict.json"
"""Files of a directory that `save_to_disk` of the package wrote: of one split, and of several."""


def is_dataset(name: str | Path) -> bool:
    """Whether a name stands for a dataset and not for a file."""
    return str(name).startswith(PREFIX)


@cache
def local_copy(name: str) -> Path:
    """Return the file with the rows of a dataset, made now unless the cache has it.

    A dataset in a directory of this machine is copied again by each program, since it may have changed.

    Args:
        name: `hf:NAME`, `hf:NAME:CONFIG` or `hf:NAME:CONFIG:SPLIT`; NAME is a name of the hub or a directory,
            and the split is `train` by default.

    Raises:
        UserError: the name is wrong, the package `datasets` is missing, the hub cannot be reached, or the
            dataset has no columns that could be pairs.
    """
    place, config, split = _parse(name)
    directory = _directory(name, place)
    whole = name if directory is None else ":".join([str(directory), config or "", split])
    words = re.sub("[^A-Za-z0-9]+", "-", name[len(PREFIX) :]).strip("-")[:80]
    key = hashlib.sha256(whole.encode()).hexdigest()[:8]
    copy = default_cache() / "datasets" / f"{words}-{key}.jsonl"
    if not copy.exists() or directory:
        rows = _load(name, directory or place, config, split)
        with clear_errors("write", copy):
            copy.parent.mkdir(parents=True, exist_ok=True)
        atomic_write(copy, lambda file: _write_rows(file, rows, name))
    return copy


def _parse(name: str) -> tuple[str, str | None, str]:
    path, *more = name.removeprefix(PREFIX).split(":")
    if not path or len(more) > 2 or "" in more[1:]:
        raise UserError(f"{name}: a dataset is written {_FORM}")
    return path, (more[0] or None) if more else None, more[1] if len(more) > 1 else "train"


def _directory(name: str, place: str) -> Path | None:
    """Return the directory that a name means, or None if it means a dataset of the hub.

    The path is absolute, because the package takes a name such as "csv" for a format, and then reads all such
    files of the working directory.
    """
    path = Path(place).expanduser()
    if path.is_dir():
        return path.resolve()
    if path.exists():
        raise UserError(f"{name}: {place} is a file; give its directory, or its name without `{PREFIX}`")
    if place[0] in "./~" or place.count("/") > 1:
        raise UserError(f"{name}: there is no directory {place}")
    if place in _FORMATS:
        raise UserError(f"{name}: {place} is a format of files; give the name of a dataset, or a directory")
    return None


def _load(name: str, place: str | Path, config: str | None, split: str) -> Iterable[dict[str, Any]]:
    try:
        import datasets
    except ImportError:
        raise UserError(
            f"{name}: datasets of the hub need one more package: pip install 'seq2seq-lag[hub]'"
        ) from None
    logging.getLogger("huggingface_hub").setLevel(logging.ERROR)  # it tells of each of its attempts
    logging.getLogger("datasets").setLevel(logging.CRITICAL)  # the exception says the same
    splits: dict[str, Iterable[dict[str, Any]]]
    try:
        if isinstance(place, Path) and (place / _SEVERAL).is_file():
            splits = datasets.load_from_disk(str(place))
        elif isinstance(place, Path) and (place / _ONE).is_file():
            splits = {"train": datasets.load_from_disk(str(place))}
        else:
            # One file of the hub after the other is read; nothing is kept but the copy that is written here.
            splits = {split: datasets.load_dataset(str(place), config, split=split, streaming=True)}
    except Exception as error:
        raise _failed(name, error) from error
    if split not in splits:
        raise UserError(f"{name}: there is no split {split}, but {', '.join(splits)}")
    return splits[split]


def _failed(name: str, error: Exception) -> UserError:
    """Return one sentence for any error of the package, which has dozens of kinds."""
    reason = " ".join(str(error).split())[:300] or type(error).__name__
    return UserError(
        f"{name}: cannot be loaded: {reason}; check the name ({_FORM}) and the network, or download a file "
        "of pairs and name that"
    )


def _write_rows(file: BinaryIO, rows: Iterable[dict[str, Any]], name: str) -> None:
    iterator = iter(rows)
    number = 0
    while True:
        try:
            row = next(iterator)
        except StopIteration:
            break
        except Exception as error:
            raise _failed(name, error) from error
        number += 1
        file.write(json.dumps(_record(row, name), default=str).encode() + b"\n")
    if not number:
        raise UserError(f"{name}: has no rows; choose another split")


def _record(row: dict[str, Any], name: str) -> dict[str, Any]:
    """Return what is kept of a row; the reader of .jsonl checks it."""
    if isinstance(row.get("translation"), dict):
        return {"translation": row["translation"]}
    columns = list(row)
    if (found := find_columns(columns)) is None:
        raise UserError(
            f"{name}: the columns of a dataset of pairs are `translation`, or source and target, or en and "
            f"es; this one has {', '.join(columns)[:200]}"
        )
    return {"source": row[columns[found[0]]], "target": row[columns[found[1]]]}
