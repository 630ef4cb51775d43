"""The network of a model file in NumPy, whichever kind it is."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from seq2seq.config.schema import ModelConfig
from seq2seq.plain import encoder_decoder, feedforward, lagged_rnn
from seq2seq.plain.encoder_decoder import EncoderDecoder
from seq2seq.plain.feedforward import FeedForward
from seq2seq.plain.lagged_rnn import LaggedRNN
from seq2seq.storage.int8 import Weight
from seq2seq.text.vocabulary import Vocabulary

PlainNetwork: TypeAlias = EncoderDecoder | LaggedRNN | FeedForward


def plain_network(config: ModelConfig, weights: Mapping[str, Weight], vocabulary: Vocabulary) -> PlainNetwork:
    """Return the network of a model file, ready to decode.

    Args:
        config: kind and sizes.
        weights: arrays by the names that they have in the model file; see `weight_shapes`.
        vocabulary: of both sides.
    """
    if config.kind == "lagged_rnn":
        return LaggedRNN(config, weights)
    if config.kind == "feedforward":
        return FeedForward(config, weights)
    return EncoderDecoder(config, weights, vocabulary)


def weight_shapes(
    config: ModelConfig, vocabulary: int, largest_lag: int, weights: Mapping[str, Any]
) -> dict[str, tuple[int, ...]]:
    """Return the name and shape of every weight of a network, in PyTorch's layout.

    Args:
        config: kind and sizes.
        vocabulary: V, the number of symbols, reserved ones included.
        largest_lag: the largest number among the lags that it is trained for.
        weights: what is there: the sizes of the words that a network knows are those of its own arrays.
    """
    if config.kind == "lagged_rnn":
        return lagged_rnn.weight_shapes(config, vocabulary)
    if config.kind == "feedforward":
        return feedforward.weight_shapes(config, vocabulary)
    sizes = encoder_decoder.trie_sizes(weights)
    return encoder_decoder.weight_shapes(config, vocabulary, largest_lag, sizes)
