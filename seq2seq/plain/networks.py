"""The network of a model file in NumPy, whichever kind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeAlias

from seq2seq.config.schema import ModelConfig
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.feedforward import NumpyFeedForward
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.storage.int8 import Weight
from seq2seq.text.vocabulary import Vocabulary

NumpyNetwork: TypeAlias = NumpyEncoderDecoder | NumpyLaggedRNN | NumpyFeedForward


def numpy_network(
    config: ModelConfig, weights: Mapping[str, Weight], vocabulary: Vocabulary, precision: str = "fp32"
) -> NumpyNetwork:
    """Return the network of a model file, ready to decode.

    Args:
        config: kind and sizes.
        weights: arrays by the names that they have in the model file; see `plain.weights`.
        vocabulary: of both sides.
        precision: fp32, or int8 for an encoder-decoder.
    """
    if config.kind == "lagged_rnn":
        return NumpyLaggedRNN(config, weights)
    if config.kind == "feedforward":
        return NumpyFeedForward(config, weights)
    return NumpyEncoderDecoder(config, weights, vocabulary, precision)
