"""The mean of several checkpoints: its numbers, its origins, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from seq2seq.config.building import config_from_dict
from seq2seq.errors import UsageError
from seq2seq.storage.averaging import average
from seq2seq.storage.int8 import Int8Rows
from seq2seq.storage.modelfile import ModelFile, to_bytes


def file(value: float, lag: object = 3, characters: str = "abc", **model: Any) -> ModelFile:
    """A model file with one matrix of `value`; nothing looks at the other weights that it lacks."""
    config = config_from_dict({"model": model, "lag": {"train": lag}}, "test").to_dict()
    weights = {"w": np.full((2, 3), value, np.float32), "source_words.keys": np.array([1, 2])}
    info = {
        "run_id": "r",
        "step": int(10 * value),
        "train_data": "t",
        "dev_data": f"d{value}",
        "dev": {"chrf": 9},
    }
    return ModelFile(config, list(characters), lag, weights, info)


def test_the_mean_has_the_origins_of_its_parts_and_no_scores() -> None:
    found = average({"a": file(0.1), "b": file(0.2), "c": file(0.6)})
    np.testing.assert_allclose(np.asarray(found.weights["w"]), np.full((2, 3), 0.3), rtol=1e-6)
    assert found.weights["w"].dtype == np.float32
    assert np.asarray(found.weights["source_words.keys"]).tolist() == [1, 2]
    origins = [{"run_id": "r", "step": step} for step in (1, 2, 6)]
    assert found.info == {"averaged": origins, "train_data": "t"}
    assert to_bytes(found)


def test_compact_weights_are_averaged_as_the_numbers_that_they_stand_for() -> None:
    half, whole = file(0.5), file(0.7)
    half = replace(half, weights={**half.weights, "w": np.full((2, 3), 0.5, np.float16)})
    whole = replace(whole, weights={**whole.weights, "w": Int8Rows.of(np.full((2, 3), 0.7, np.float32))})
    found = average({"a": half, "b": whole})
    np.testing.assert_allclose(np.asarray(found.weights["w"]), np.full((2, 3), 0.6), rtol=1e-6)


def test_settings_that_training_alone_uses_may_differ() -> None:
    assert average({"a": file(1, dropout=0.1), "b": file(2, recurrent_dropout=0.3)}).weights["w"][0][0] == 1.5


@pytest.mark.parametrize(
    ("other", "difference"),
    [
        (file(1, characters="abd"), "vocabulary"),
        (file(1, lag=4), "lag.train"),
        (file(1, cell="gru"), "model.cell"),
        (file(1, heads=2), "model.heads"),
        (replace(file(1), weights={"w": np.zeros((2, 4), np.float32)}), "only one has source_words.keys"),
        (
            replace(file(1), weights={**file(1).weights, "w": np.zeros((3, 3), np.float32)}),
            "the shape of w",
        ),
        (
            replace(file(1), weights={**file(1).weights, "source_words.keys": np.array([1, 3])}),
            "their words",
        ),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_what_does_not_belong_together_is_refused(other: ModelFile, difference: str) -> None:
    with pytest.raises(UsageError, match=r"^a and b cannot be averaged: they differ in ") as caught:
        average({"a": file(1), "b": other})
    assert difference in str(caught.value)


def test_one_is_no_average() -> None:
    with pytest.raises(UsageError, match="two checkpoints or more, and there is only a"):
        average({"a": file(1)})
