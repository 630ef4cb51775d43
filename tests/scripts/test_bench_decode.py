"""The benchmark of decoding: it measures the network that it says, and counts all that is computed."""

from __future__ import annotations

import pytest
from tiny import GOLDEN, short_pairs

from scripts.bench import decode as bench
from scripts.bench.decode_operations import products
from scripts.bench.doubled import doubled
from seq2seq.config.building import config_from_dict
from seq2seq.lag import Lag
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.storage.modelfile import read_model
from seq2seq.translator import Translator

FILE = read_model(GOLDEN / "model.safetensors")


def test_a_network_of_twice_the_width_is_the_same_function(tiny: Translator) -> None:
    double = Translator.from_file(doubled(FILE))
    assert double.config.model.hidden == 2 * tiny.config.model.hidden
    sources = [pair.source for pair in short_pairs(30)]
    lags: tuple[Lag, ...] = (3, "full")
    for lag in lags:
        one, other = (translator.translate_lines(sources, lag) for translator in (tiny, double))
        assert [line.text for line in one] == [line.text for line in other]
        for a, b in zip(one, other, strict=True):
            assert a.log_probs == pytest.approx(b.log_probs, abs=1e-4)


def test_every_matrix_is_counted(tiny: Translator) -> None:
    config = config_from_dict(FILE.config, "tiny").model
    counted = [i * o for side in products(config, len(tiny.vocabulary)).values() for i, o in side]
    tables = ("embedding", "initial", "near")
    matrices = {
        name: array.size
        for name, array in FILE.weights.items()
        if len(array.shape) == 2 and not any(table in name for table in tables)
    }
    assert sum(counted) == sum(matrices.values())
    # The embeddings' share of them has been multiplied beforehand.
    network = tiny.networks.numpy
    assert isinstance(network, NumpyEncoderDecoder)
    touched = sum(matrix.size for matrix in bench.touched(network))
    gates = network.decoder[0].U_HG.shape[1]
    assert touched == sum(counted) - 2 * config.embedding * gates
