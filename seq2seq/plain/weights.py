"""The names and shapes of the weights of each kind of network, as PyTorch lays them out.

A model file is checked against them before its weights are used.

Names in the code: V vocabulary, E embedding, H hidden units, G gates times hidden units.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any, TypeAlias

from seq2seq.config.schema import ModelConfig
from seq2seq.plain.cells import GATES, STATES
from seq2seq.text.words import FIRST, TRIE_ARRAYS

Shapes: TypeAlias = dict[str, tuple[int, ...]]

FARTHEST = 100
"""Distances beyond this many characters share a position bias of the attention."""


def weight_shapes(
    config: ModelConfig, vocabulary: int, largest_lag: int, weights: Mapping[str, Any]
) -> Shapes:
    """Return the name and shape of every weight of a network.

    Args:
        config: kind and sizes.
        vocabulary: V, the number of symbols, reserved ones included.
        largest_lag: the largest number among the lags that it is trained for.
        weights: the weights that there are; the sizes of the word tables are taken from them.
    """
    if config.kind == "lagged_rnn":
        return _lagged_rnn(config, vocabulary)
    if config.kind == "feedforward":
        return _feedforward(config, vocabulary)
    return _encoder_decoder(config, vocabulary, largest_lag, trie_sizes(weights))


def trie_sizes(weights: Mapping[str, Any]) -> dict[str, int]:
    """Return how many prefixes, words and pairs of each side there are among the weights of a network."""
    names = [f"{side}_words.{name}" for side in ("source", "target") for name in TRIE_ARRAYS]
    return {name: math.prod(weights[name].shape) for name in names if name in weights}


def _encoder_decoder(
    config: ModelConfig, vocabulary: int, largest_lag: int, sizes: Mapping[str, int]
) -> Shapes:
    E, H = config.embedding, config.hidden
    context = 0 if config.attention == "none" else H
    shapes: Shapes = {
        "source_embedding.weight": (vocabulary, E),
        "target_embedding.weight": (vocabulary, E),
        **_output(vocabulary, H + context + (E if config.word_nodes else 0)),
    }
    for side in ("source", "target") if config.word_nodes else ():
        shapes |= _words(f"{side}_words", E, sizes)
        shapes["word_memory.weight"] = (H, E)
    layers = {f"encoder.{i}": H if i else E for i in range(config.encoder_layers)}
    layers |= {"bottom": E + H} | {f"upper.{i}": H + context for i in range(config.decoder_layers - 1)}
    layers |= {"backward_encoder": E} if config.bidirectional else {}
    for name, inputs in layers.items():
        shapes |= _recurrent(name, config.cell, inputs, H)
    norms = [f"encoder_norms.{i}" for i in range(config.encoder_layers)]
    norms += [f"decoder_norms.{i}" for i in range(config.decoder_layers)]
    for name in norms:
        shapes |= {f"{name}.weight": (H,), f"{name}.bias": (H,)}
    if config.lag_embedding:
        shapes["lag_embedding.table.weight"] = (math.floor(math.log2(1 + largest_lag)) + 3, E)
    if context:
        shapes["attention.query.weight"] = (H, H)
    if config.attention == "mlp":
        shapes |= {"attention.key.weight": (H, H), "attention.energy": (H,)}
    if context and config.position_bias:
        shapes["attention.near"] = (*((config.heads,) if config.heads > 1 else ()), 2 * FARTHEST + 1)
    return shapes


def _lagged_rnn(config: ModelConfig, vocabulary: int) -> Shapes:
    E, H = config.embedding, config.hidden
    shapes: Shapes = {"source_embedding.weight": (vocabulary, E), **_output(vocabulary, H)}
    if config.feedback:
        shapes["target_embedding.weight"] = (vocabulary, E)
    for i in range(config.layers):
        inputs = H if i else E * (2 if config.feedback else 1)
        shapes |= _recurrent(f"layers.{i}", config.cell, inputs, H)
    return shapes


def _feedforward(config: ModelConfig, vocabulary: int) -> Shapes:
    E, H = config.embedding, config.hidden
    shapes: Shapes = {"source_embedding.weight": (vocabulary, E), **_output(vocabulary, H)}
    for i in range(config.layers):
        inputs = H if i else (2 * config.window + 1) * E
        shapes |= {f"layers.{i}.weight": (H, inputs), f"layers.{i}.bias": (H,)}
    return shapes


def _output(vocabulary: int, inputs: int) -> Shapes:
    return {"output.weight": (vocabulary, inputs), "output.bias": (vocabulary,)}


def _recurrent(name: str, cell: str, inputs: int, hidden: int) -> Shapes:
    G = GATES[cell] * hidden
    peephole = {f"{name}.peephole": (3, hidden)} if cell == "lstm_peephole" else {}
    return peephole | {
        f"{name}.initial": (STATES[cell], hidden),
        f"{name}.fused.weight_ih_l0": (G, inputs),
        f"{name}.fused.weight_hh_l0": (G, hidden),
        f"{name}.fused.bias_ih_l0": (G,),
        f"{name}.fused.bias_hh_l0": (G,),
    }


def _words(name: str, embedding: int, sizes: Mapping[str, int]) -> Shapes:
    size = {array: sizes.get(f"{name}.{array}", 0) for array in TRIE_ARRAYS}
    shapes: Shapes = {f"{name}.{array}": (length,) for array, length in size.items()}
    shapes[f"{name}.nodes.weight"] = (FIRST + size["keys"] + size["whole"], embedding)
    if size["pair_keys"]:
        shapes[f"{name}.pairs.weight"] = (1 + size["pair_keys"], embedding)
    return shapes
