"""Building networks: new ones, those of model files, and those that start from a model file.

All kinds have the same `forward`: it returns the logits of whole sentences at a lag.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any, TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seq2seq.config.schema import Config, ModelConfig
from seq2seq.corpus.prepared import Prepared
from seq2seq.errors import UsageError, listed
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.feedforward import FeedForward
from seq2seq.models.lagged_rnn import LaggedRNN
from seq2seq.plain.weights import weight_shapes
from seq2seq.storage.content import check_weights, read_settings
from seq2seq.storage.int8 import Weight
from seq2seq.storage.modelfile import ModelFile
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import TRIE_ARRAYS, WordTrie, learn_trie, letter_table

Network: TypeAlias = EncoderDecoder | LaggedRNN | FeedForward


def build(config: Config, vocabulary: Vocabulary, tries: tuple[WordTrie, WordTrie] | None = None) -> Network:
    """Return a new network with random weights; `tries` are the words of both sides, with `word_nodes`."""
    assert (tries is not None) == (config.model.word_nodes > 0)
    if config.model.kind == "lagged_rnn":
        return LaggedRNN(config.model, len(vocabulary))
    if config.model.kind == "feedforward":
        return FeedForward(config.model, len(vocabulary))
    return EncoderDecoder(config.model, len(vocabulary), config.lag.train, tries)


def learn_tries(config: ModelConfig, data: Prepared) -> tuple[WordTrie, WordTrie] | None:
    """Return the words of source and target of a corpus, as many as `word_nodes` says; None for none."""
    if not config.word_nodes:
        return None
    source, target = (
        learn_trie(parts, data.vocabulary, config.word_nodes, config.word_pairs) for parts in data.sides()
    )
    return source, target


def tries_of(
    config: ModelConfig, weights: Mapping[str, Any], vocabulary: Vocabulary
) -> tuple[WordTrie, WordTrie] | None:
    """Return the word tries of source and target that are part of some weights; None if there are none."""
    if not config.word_nodes:
        return None
    letter_V = letter_table(vocabulary)
    source, target = (
        WordTrie(letter_V, *(np.asarray(weights[f"{side}_words.{name}"]).copy() for name in TRIE_ARRAYS))
        for side in ("source", "target")
    )
    return source, target


def to_weights(network: nn.Module) -> dict[str, NDArray[Any]]:
    """Return the weights by name, as a model file holds them: float32, and int64 for the word tries."""
    tensors = {name: tensor.detach().cpu() for name, tensor in network.state_dict().items()}
    return {name: (t.float() if t.is_floating_point() else t).numpy() for name, t in tensors.items()}


def from_file(file: ModelFile, name: str) -> tuple[Network, Vocabulary, Config]:
    """Return the network of a model file, with its vocabulary and the configuration it was trained with.

    Raises:
        CheckpointError: a setting is wrong, or weights are missing, left over or of another shape.
    """
    config, vocabulary = read_settings(file.config, file.characters, name)
    largest = config.lag.train.largest
    check_weights(file.weights, weight_shapes(config.model, len(vocabulary), largest, file.weights), name)
    return from_weights(config, vocabulary, file.weights), vocabulary, config


def from_weights(config: Config, vocabulary: Vocabulary, weights: Mapping[str, Weight]) -> Network:
    """Return the network of weights whose names and shapes have been checked; they are copied."""
    with torch.device("meta"):
        network = build(config, vocabulary, tries_of(config.model, weights, vocabulary))
    tensors = {
        key: torch.from_numpy(np.array(array, np.float32 if array.dtype.kind == "f" else np.int64))
        for key, array in weights.items()
    }
    network.load_state_dict(tensors, assign=True)
    return network


def start_from(
    file: ModelFile, name: str, config: Config, vocabulary: Vocabulary
) -> tuple[Network, Vocabulary]:
    """Return a network for `config` that starts from the weights of a model file, and its vocabulary.

    The vocabulary is that of the file; characters of `vocabulary` that it lacks are added at its end. The
    rows of these, and of lags larger than those of the file, start at random.

    Raises:
        UsageError: the `model` section differs in a setting that changes the shape of the weights.
    """
    old, known, before = from_file(file, name)
    now, then = asdict(config.model), asdict(before.model)
    changed = [
        f"model.{key} is {now[key]!r} and in {name} {then[key]!r}"
        for key in now
        if key not in _NO_SHAPE and now[key] != then[key]
    ]
    if (config.model.word_nodes > 0) != (before.model.word_nodes > 0):
        changed.append(
            f"model.word_nodes is {config.model.word_nodes} and in {name} {before.model.word_nodes}"
        )
    if changed:
        raise UsageError(f"train.init_from needs the same network: {listed(changed, '; ')}")
    # Span symbols are not added to a network trained without them: a few sentences do not teach it to copy.
    new = (c for c in vocabulary.characters if c not in KINDS or KINDS[0] in known)
    extended = known.extend(new)
    network = build(config, extended, tries_of(config.model, file.weights, extended))
    weights = network.state_dict()
    for key, tensor in old.state_dict().items():
        if key == _LAG_TABLE:
            _copy_lags(tensor, weights[key])
        else:
            weights[key][: len(tensor)] = tensor
    return network, extended


_NO_SHAPE = ("dropout", "recurrent_dropout", "backward_dropout", "word_dropout", "word_nodes", "word_pairs")
"""Settings of `model` that may differ from those of the file; its words are kept."""
_LAG_TABLE = "lag_embedding.table.weight"


def _copy_lags(old: torch.Tensor, new: torch.Tensor) -> None:
    """Copy into `new` the rows of numbered lags, which come first, and that of `full`, the last one."""
    numbered = min(len(old), len(new)) - 1
    new[:numbered] = old[:numbered]
    new[-1] = old[-1]
