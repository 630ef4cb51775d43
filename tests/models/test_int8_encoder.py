"""Decoding in int8: NumPy, PyTorch, batches and streams give the same text, fp32 nearly the same."""

from __future__ import annotations

import warnings
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch
from tiny import GOLDEN, short_pairs

from seq2seq import devices
from seq2seq.config.building import config_from_dict
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.errors import PrecisionWarning
from seq2seq.lag import FULL
from seq2seq.models import pair as pair_module
from seq2seq.models.build import build, to_weights
from seq2seq.models.pair import NetworkPair
from seq2seq.storage.int8 import packed
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.translator import Translator

LINES = [pair.source for pair in short_pairs(40)]


@pytest.fixture(scope="module")
def coarse() -> Iterator[Translator]:
    """The tiny model in int8; whether this processor is fast at it does not matter."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        yield Translator.load(GOLDEN, "cpu", "int8")


def decode(translator: Translator, monkeypatch: pytest.MonkeyPatch, little: int, lag: int | str) -> list[str]:
    monkeypatch.setattr(pair_module, "LITTLE", little)
    return [line.text for line in translator.decode(LINES, DecodingRequest(lag=lag, precision="int8"))]


@pytest.mark.parametrize("lag", [3, "full"])
def test_both_runtimes_batches_and_streams_give_the_same_text(
    coarse: Translator, monkeypatch: pytest.MonkeyPatch, lag: int | str
) -> None:
    in_torch, in_numpy = (decode(coarse, monkeypatch, little, lag) for little in (0, 10**9))
    alone = [decode_one(coarse, line, lag) for line in LINES]
    stream = coarse.stream(lag)
    streamed = (stream.feed("".join(f"{line}\n" for line in LINES)) + stream.finish()).splitlines()
    # An input near the middle between two whole numbers may be rounded either way.
    for others in (in_numpy, alone, streamed):
        assert sum(a != b for a, b in zip(in_torch, others, strict=True)) <= 1


def decode_one(translator: Translator, line: str, lag: int | str) -> str:
    return translator.decode([line], DecodingRequest(lag=lag, precision="int8"))[0].text


def test_it_is_int8_and_near_fp32(coarse: Translator, tiny: Translator) -> None:
    found, exact = coarse.translate_lines(LINES), tiny.translate_lines(LINES)
    assert coarse.precision == "int8"
    assert all(a.score != b.score for a, b in zip(found, exact, strict=True))
    assert sum(a.text == b.text for a, b in zip(found, exact, strict=True)) > len(LINES) / 2


@pytest.mark.parametrize(
    "changes",
    [
        {"cell": "lstm"},
        {"cell": "lstm_peephole"},
        {"cell": "gru", "attention": "mlp", "heads": 3},
        {"cell": "rnn", "heads": 4},
    ],
    ids=str,
)
def test_every_kind_of_network_gives_the_same_probabilities_in_both_runtimes(
    changes: dict[str, object],
) -> None:
    vocabulary = Vocabulary(tuple(" abcde"))
    model = changes | {"embedding": 8, "hidden": 12, "bidirectional": True, "position_bias": True}
    config = config_from_dict({"model": model, "lag": {"train": {"uniform": [0, 4], "full": 0.5}}}, "test")
    torch.manual_seed(1)
    weights = to_weights(build(config, vocabulary))
    weights["bottom.initial"] = np.full_like(weights["bottom.initial"], 1.7)
    file = ModelFile(config.to_dict(), list(vocabulary.characters), config.lag.train.to_plain(), weights, {})
    pair = NetworkPair.from_file(file, "it", "cpu", "int8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", PrecisionWarning)
        networks: tuple[Any, Any] = pair.in_numpy("int8"), pair.torch
    for lag in (FULL, 2):
        found = []
        for network in networks:
            memory, states = network.encode([[4, 5, 6, 4, 7], [5, 6]], lag), network.start(4)
            for previous in ([1, 1, 1, 1], [4, 5, 6, 7], [5, 5, 4, 4]):
                read = np.array([6, 3]) if lag == FULL else np.array([3, 3])
                step = network.step(np.array(previous), memory, read, states, lag)
                states = step.states
            found.append(step.log_probs_NV)
        np.testing.assert_allclose(found[0], found[1], atol=1e-3)


def test_an_int8_file_gives_the_text_of_the_file_it_was_made_of(coarse: Translator) -> None:
    file = read_model(GOLDEN / "model.safetensors")
    small = Translator.from_file(replace(file, weights=packed(file.weights)), "it", "cpu", "int8")
    pairs = zip(small.translate(LINES), coarse.translate(LINES), strict=True)
    assert sum(a == b for a, b in pairs) > 0.8 * len(LINES)  # other numbers of the file are float16


def test_a_device_without_a_kernel_is_named_in_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "multiplies_int8", lambda _: False)
    pair = NetworkPair.from_file(read_model(GOLDEN / "model.safetensors"), "tiny", "cpu", "int8")
    with pytest.warns(PrecisionWarning, match="int8 is no faster than fp32 here"):
        assert pair.torch is pair.torch


def test_a_models_own_bf16_is_fp32_where_that_is_faster(monkeypatch: pytest.MonkeyPatch) -> None:
    file = read_model(GOLDEN / "model.safetensors")
    file.config["decode"]["precision"] = "bf16"
    monkeypatch.setattr(devices, "_cpu_multiplies_bf16", lambda: False)
    with pytest.warns(PrecisionWarning, match="bf16, which is no faster than fp32 on this device; fp32 is"):
        assert NetworkPair.from_file(file, "tiny", "cpu").precision == "fp32"
    monkeypatch.setattr(devices, "_cpu_multiplies_bf16", lambda: True)
    monkeypatch.setattr(devices, "_cpu_computes_bf16", lambda: True)
    assert NetworkPair.from_file(file, "tiny", "cpu").precision == "bf16"
