"""What every search checks: that the network gives finite numbers to choose by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from tiny import GOLDEN

from seq2seq.decoding.hypothesis import check_finite
from seq2seq.errors import CheckpointError
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.translator import Translator

FAULT = "cannot translate: its weights are finite and so large"


@pytest.fixture(scope="module")
def overflowing() -> ModelFile:
    """The tiny model with finite weights whose products are not."""
    file = read_model(GOLDEN / "model.safetensors")
    huge = {
        name: np.full(weight.shape, 3e38, np.float32) if name.startswith("output.") else weight
        for name, weight in file.weights.items()
    }
    return replace(file, weights=huge)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(("lag", "beam"), [("3", 1), ("full", 1), ("full", 5)])
def test_weights_that_overflow_end_a_translation_with_a_sentence(
    overflowing: ModelFile, lag: str, beam: int
) -> None:
    """It was a ValueError, with a beam an IndexError."""
    translator = Translator.from_file(overflowing, device="cpu")
    with pytest.raises(CheckpointError, match=FAULT) as error:
        translator.translate("I am here.", lag=lag, beam=beam)
    assert error.value.exit_code == 4
    if beam == 1:
        with pytest.raises(CheckpointError, match=FAULT):
            streamed(translator, lag)


def test_sums_of_log_probabilities_that_overflow_end_a_beam_with_a_sentence() -> None:
    """One symbol is so much likelier than all others that without it no sum is left; it was a TypeError."""
    file = read_model(GOLDEN / "model.safetensors")
    bias = np.zeros(file.weights["output.bias"].shape, np.float32)
    bias[30] = 3e38  # any character
    model = replace(file, weights={**file.weights, "output.bias": bias})
    with pytest.raises(CheckpointError, match=FAULT):
        Translator.from_file(model, device="cpu").translate("I am here.", lag="full", beam=5)


def streamed(translator: Translator, lag: str) -> str:
    stream = translator.stream(lag)
    return stream.feed("I am here.") + stream.finish()


def test_what_a_search_excludes_is_no_fault() -> None:
    good = np.array([[-1.0, -0.5]], np.float32)
    check_finite(np.array([-np.inf]), good)
    check_finite(np.array([-0.5]), np.array([[np.nan, -0.5]], np.float32))
    for bad in (np.nan, np.inf, -np.inf):
        with pytest.raises(CheckpointError, match=FAULT):
            check_finite(np.array([bad]), np.full((1, 2), bad, np.float32))
