"""The mean of the weights of several checkpoints of one network, as a model file."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import numpy as np

from seq2seq.config.schema import Config
from seq2seq.errors import UsageError, listed
from seq2seq.storage.content import read_settings
from seq2seq.storage.int8 import Weight
from seq2seq.storage.modelfile import ModelFile


def average(files: Mapping[str, ModelFile]) -> ModelFile:
    """Return a model file whose weights are the mean of those of several files, each with the same share.

    Scores and the calibration of the confidence are those of other weights and are left out.

    Args:
        files: at least two, by the names that messages use.

    Raises:
        UsageError: there are fewer than two, or they differ in vocabulary, lags, network, words or shapes.
        CheckpointError: the settings of a file are wrong.
    """
    if len(files) < 2:
        raise UsageError(f"an average needs two checkpoints or more, and there is only {listed(files)}")
    (first, one), *others = files.items()
    config, vocabulary = read_settings(one.config, one.characters, first)
    for name, other in others:
        its_config, its_vocabulary = read_settings(other.config, other.characters, name)
        if difference := (
            _of_settings(config, its_config)
            or ("vocabulary" if vocabulary.characters != its_vocabulary.characters else None)
            or _of_weights(one.weights, other.weights)
        ):
            raise UsageError(f"{first} and {name} cannot be averaged: they differ in {difference}")
    weights = {name: _mean([file.weights[name] for file in files.values()]) for name in one.weights}
    shared: dict[str, Any] = {
        key: one.info[key]
        for key in ("train_data", "dev_data")
        if key in one.info and all(other.info.get(key) == one.info[key] for _, other in others)
    }
    origins = [{key: file.info.get(key) for key in ("run_id", "step")} for file in files.values()]
    return ModelFile.of(config, vocabulary, weights, {"averaged": origins, **shared})


def _of_settings(one: Config, other: Config) -> str | None:
    """Return the first setting in which two networks differ, if there is one; dropout is no part of them."""
    if one.lag != other.lag:
        return "lag.train"
    ours, theirs = asdict(one.model), asdict(other.model)
    differing = (key for key in ours if not key.endswith("dropout") and ours[key] != theirs[key])
    return next((f"model.{key}" for key in differing), None)


def _of_weights(one: Mapping[str, Weight], other: Mapping[str, Weight]) -> str | None:
    """Return in what two sets of weights differ apart from their real numbers, if in anything."""
    if one.keys() != other.keys():
        return f"their weights: only one has {listed(sorted(one.keys() ^ other.keys()))}"
    for name, array in one.items():
        if array.shape != other[name].shape:
            return f"the shape of {name}"
        if array.dtype == np.int64 and not np.array_equal(np.asarray(array), np.asarray(other[name])):
            return f"their words ({name})"
    return None


def _mean(arrays: list[Weight]) -> np.ndarray[Any, Any]:
    """Return the mean in float32; integers, which are the same in all, stay as they are."""
    if arrays[0].dtype == np.int64:
        return np.asarray(arrays[0])
    total = np.zeros(arrays[0].shape, np.float64)
    for array in arrays:
        total += np.asarray(array, np.float32)
    return (total / len(arrays)).astype(np.float32)
