"""Networks and model files: round trips, wrong shapes, and new networks that start from a model file."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config
from seq2seq.errors import CheckpointError, UsageError
from seq2seq.lag import FULL
from seq2seq.models.build import build, from_file, start_from, to_weights
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.vocabulary import SPECIALS, Vocabulary

VOCABULARY = Vocabulary(("a", "b", "d"))


def config(lags: object = None, **model: object) -> Config:
    sizes = {"embedding": 4, "hidden": 6, "encoder_layers": 1, "decoder_layers": 1}
    tree = {"model": sizes | model, "lag": {"train": lags or {"uniform": [0, 7], "full": 0.5}}}
    return config_from_dict(tree, "test")


def built(settings: Config) -> EncoderDecoder:
    network = build(settings, VOCABULARY)
    assert isinstance(network, EncoderDecoder)
    return network


def model_file(settings: Config, network: EncoderDecoder, vocabulary: Vocabulary = VOCABULARY) -> ModelFile:
    return ModelFile(
        config=settings.to_dict(),
        characters=list(vocabulary.characters),
        lags=settings.lag.train.to_plain(),
        weights=to_weights(network),
        info={},
    )


def test_there_and_back(tmp_path: Path) -> None:
    settings = config(cell="gru")
    network = built(settings)
    write_model(tmp_path / "m.safetensors", model_file(settings, network))
    loaded, vocabulary, read = from_file(read_model(tmp_path / "m.safetensors"), "m")
    assert vocabulary == VOCABULARY
    assert read == settings
    assert to_weights(loaded).keys() == to_weights(network).keys()
    assert all(torch.equal(a, b) for a, b in zip(loaded.parameters(), network.parameters(), strict=True))


def test_half_precision_files_become_float32_networks() -> None:
    settings = config()
    file = model_file(settings, built(settings))
    halves = {name: np.asarray(array, np.float16) for name, array in file.weights.items()}
    network, _, _ = from_file(replace(file, weights=halves), "m")
    assert {parameter.dtype for parameter in network.parameters()} == {torch.float32}
    assert np.array_equal(network.output.bias.detach().numpy(), np.asarray(halves["output.bias"], np.float32))


def test_a_file_without_a_weight_is_refused() -> None:
    settings = config()
    file = model_file(settings, built(settings))
    less = {name: array for name, array in file.weights.items() if name != "output.bias"}
    with pytest.raises(CheckpointError, match=r"m\.safetensors.*output\.bias"):
        from_file(replace(file, weights=less), "m.safetensors")


def test_new_characters_and_lags_begin_at_random_and_the_others_where_they_were() -> None:
    settings = config()
    old = built(settings)
    wider = config({"uniform": [0, 31], "full": 0.5})
    network, vocabulary = start_from(model_file(settings, old), "m", wider, Vocabulary(("b", "c", "a")))
    assert isinstance(network, EncoderDecoder)
    assert vocabulary.characters == ("a", "b", "d", "c")
    for name in ("source_embedding.weight", "target_embedding.weight", "output.weight", "output.bias"):
        before, after = old.state_dict()[name], network.state_dict()[name]
        assert len(after) == SPECIALS + 4
        assert torch.equal(after[:-1], before)
        assert after[-1].any()
    assert torch.equal(network.bottom.initial, old.bottom.initial)
    assert torch.equal(network.bottom.fused.all_weights[0][1], old.bottom.fused.all_weights[0][1])
    assert old.lag_embedding is not None
    assert network.lag_embedding is not None
    for lag in (0, 1, 5, 7, FULL):
        assert torch.equal(network.lag_embedding(lag), old.lag_embedding(lag))
    assert len(network.lag_embedding.table.weight) == len(old.lag_embedding.table.weight) + 2


def test_fewer_lags_keep_full() -> None:
    settings = config()
    old = built(settings)
    network, _ = start_from(model_file(settings, old), "m", config(FULL), VOCABULARY)
    assert isinstance(network, EncoderDecoder)
    assert old.lag_embedding is not None
    assert network.lag_embedding is not None
    assert torch.equal(network.lag_embedding(FULL), old.lag_embedding(FULL))


def test_another_dropout_is_no_other_network() -> None:
    settings = config()
    file = model_file(settings, built(settings))
    network, _ = start_from(file, "m", config(dropout=0.5), VOCABULARY)
    assert isinstance(network, EncoderDecoder)
    assert network.dropout.rate == 0.5


def test_another_shape_is_refused_with_all_that_differs() -> None:
    settings = config()
    file = model_file(settings, built(settings))
    with pytest.raises(
        UsageError, match=r"cell is 'gru' and in m 'lstm'; model\.hidden is 8 and in m 6"
    ) as caught:
        start_from(file, "m", config(hidden=8, cell="gru"), VOCABULARY)
    assert "embedding" not in str(caught.value)
