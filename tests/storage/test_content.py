"""Checks of what a checkpoint holds: names, shapes and types of the weights."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seq2seq.errors import CheckpointError
from seq2seq.storage.content import check_weights
from seq2seq.storage.int8 import Weight


def test_integers_stand_for_words_and_for_nothing_else() -> None:
    """Each type is allowed in the file; the configuration says which array has which type."""
    keys, shapes = np.zeros(3, np.int64), {"source_words.keys": (3,), "output.bias": (3,)}
    good: dict[str, Weight | torch.Tensor] = {
        "source_words.keys": keys,
        "output.bias": np.zeros(3, np.float16),
    }
    check_weights(good, shapes, "m")
    for name, array in (("output.bias", keys), ("source_words.keys", np.zeros(3, np.float32))):
        with pytest.raises(
            CheckpointError, match=f"do not fit its configuration: {name} holds {array.dtype}"
        ):
            check_weights(good | {name: array}, shapes, "m")


def test_all_weights_that_do_not_fit_are_listed() -> None:
    shapes = {"decoder.weight": (3, 4), "decoder.bias": (3,), "scale": ()}
    weights = {name: np.zeros(shape, np.float32) for name, shape in shapes.items()}
    check_weights(weights, shapes, "m")
    with pytest.raises(CheckpointError) as caught:
        check_weights(
            weights | {"nothing": np.zeros((0, 4), np.float16)},
            shapes | {"scale": (1,), "decoder.weight": (4, 3), "encoder": (2,)},
            "m",
        )
    assert str(caught.value) == (
        "the weights in m do not fit its configuration: encoder is missing; nothing is unexpected; "
        "decoder.weight has shape (3, 4) and not (4, 3); scale has shape () and not (1,)"
    )


def test_a_message_does_not_list_all_that_is_wrong() -> None:
    """A file with 200,000 superfluous names made a message of 4.5 MB."""
    names = {f"{n}{'x' * 1000}": np.zeros(1, np.float32) for n in range(10_000)}
    with pytest.raises(CheckpointError, match=r"and 9,995 more$") as error:
        check_weights(names, {}, "file")
    assert len(str(error.value)) < 2000
