"""The two step networks of a model: which of them decodes, and what is refused."""

from __future__ import annotations

from typing import Any

import pytest
from tiny import GOLDEN, short_pairs

from seq2seq.config.building import config_from_dict
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.errors import UsageError
from seq2seq.models.build import build, to_weights
from seq2seq.models.pair import LITTLE, NetworkPair
from seq2seq.models.stepwise import TorchStepNetwork
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.translator import Translator

VOCABULARY = Vocabulary(tuple("abc"))
ONE_LIBRARY = [
    {"kind": "lagged_rnn", "embedding": 4, "hidden": 6, "layers": 1},
    {"kind": "feedforward", "embedding": 4, "hidden": 6, "layers": 1},
]
"""Settings of networks that only NumPy decodes."""


def file_of(model: dict[str, Any], **decode: Any) -> ModelFile:
    config = config_from_dict({"model": model, "decode": decode}, "test")
    weights = to_weights(build(config, VOCABULARY))
    return ModelFile(config.to_dict(), list("abc"), "full", weights, {})


def test_little_text_is_decoded_with_numpy_and_much_with_pytorch(tiny: Translator) -> None:
    pair = tiny.networks
    assert isinstance(pair.for_work(LITTLE, "fp32"), NumpyEncoderDecoder)
    assert isinstance(pair.for_work(LITTLE + 1, "fp32"), TorchStepNetwork)
    assert pair.for_work(LITTLE + 1, "fp32") is pair.for_work(10 * LITTLE, "fp32")


def test_bf16_is_decoded_with_pytorch_however_little_text_there_is(bf16: str) -> None:
    pair = NetworkPair.from_file(read_model(GOLDEN / "model.safetensors"), "tiny", "cpu", bf16)
    assert isinstance(pair.for_work(1, bf16), TorchStepNetwork)


@pytest.mark.parametrize("model", ONE_LIBRARY, ids=lambda model: model["kind"])
def test_a_network_without_a_decoder_refuses_what_numpy_cannot_do(model: dict[str, Any]) -> None:
    file = file_of(model)
    with pytest.raises(UsageError, match=f"a {model['kind']} network .* `device` is auto or cpu, not cuda"):
        NetworkPair.from_file(file, "it", device="cuda")
    with pytest.raises(UsageError, match=f"a {model['kind']} network .* `precision` cannot be bf16"):
        NetworkPair.from_file(file, "it", precision="bf16")
    for device in ("auto", "cpu"):
        pair = NetworkPair.from_file(file, "it", device, "fp32")
        assert pair.for_work(10 * LITTLE, "fp32") is pair.for_work(1, "fp32") is pair.numpy


@pytest.mark.parametrize("model", ONE_LIBRARY, ids=lambda model: model["kind"])
def test_such_a_network_refuses_to_avoid_repetitions(model: dict[str, Any]) -> None:
    translator = Translator.from_file(file_of(model))
    translator.translate_lines(["a"], repeats=True)
    with pytest.raises(UsageError, match=f"a {model['kind']} network .* `repeats` cannot be false"):
        translator.translate_lines(["a"], repeats=False)


def test_precision_may_be_chosen_for_each_request(tiny: Translator, bf16: str) -> None:
    pair = NetworkPair.from_file(read_model(GOLDEN / "model.safetensors"), "tiny", "cpu")
    fine, coarse = pair.for_work(LITTLE + 1, "fp32"), pair.for_work(1, bf16)
    assert isinstance(fine, TorchStepNetwork)
    assert isinstance(coarse, TorchStepNetwork)
    assert (fine.precision, coarse.precision) == ("fp32", "bf16")
    assert fine.network is coarse.network
    lines = [pair.source for pair in short_pairs(40)]
    translator = Translator(pair)
    found = translator.decode(lines, DecodingRequest(precision=bf16))
    expected = Translator.load(GOLDEN, "cpu", bf16).translate_lines(lines)
    assert [line.score for line in found] == [line.score for line in expected]
    assert [line.score for line in found] != [line.score for line in tiny.translate_lines(lines)]
