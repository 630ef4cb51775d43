"""The networks behind one interface, `forward`: logits of whole sentences at a lag."""

from __future__ import annotations

from dataclasses import asdict
from typing import TypeAlias

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from seq2seq.config import Config
from seq2seq.errors import UsageError
from seq2seq.modelfile import ModelFile, check_weights, read_settings
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.feedforward import FeedForward
from seq2seq.models.lagged_rnn import LaggedRNN
from seq2seq.plain.networks import weight_shapes
from seq2seq.text import Vocabulary

Network: TypeAlias = EncoderDecoder | LaggedRNN | FeedForward


def build(config: Config, vocabulary: Vocabulary) -> Network:
    """Return a new network with random weights."""
    if config.model.kind == "lagged_rnn":
        return LaggedRNN(config.model, len(vocabulary))
    if config.model.kind == "feedforward":
        return FeedForward(config.model, len(vocabulary))
    return EncoderDecoder(config.model, len(vocabulary), config.lag.train)


def to_weights(network: nn.Module) -> dict[str, NDArray[np.float32]]:
    """Return the weights as float32 arrays by name, as a model file holds them."""
    return {name: tensor.detach().float().cpu().numpy() for name, tensor in network.state_dict().items()}


def from_file(file: ModelFile, name: str) -> tuple[Network, Vocabulary, Config]:
    """Rebuild the network of a model file, with its vocabulary and the configuration it was trained with.

    Raises:
        CheckpointError: a setting is wrong, or weights are missing, left over or of another shape.
    """
    config, vocabulary = read_settings(file.config, file.characters, name)
    check_weights(file.weights, weight_shapes(config.model, len(vocabulary), config.lag.train.largest), name)
    with torch.device("meta"):
        network = build(config, vocabulary)
    weights = {key: torch.from_numpy(np.array(array, np.float32)) for key, array in file.weights.items()}
    network.load_state_dict(weights, assign=True)
    return network, vocabulary, config


def start_from(
    file: ModelFile, name: str, config: Config, vocabulary: Vocabulary
) -> tuple[Network, Vocabulary]:
    """Return a network for `config` that begins with the weights of a model file, and its vocabulary.

    The vocabulary is the file's, with the characters of `vocabulary` that it lacks added at the end; the rows
    of these, and of lags beyond the file's, begin at random.

    Raises:
        UsageError: the `model` section differs in a setting that changes the shape of the weights.
    """
    old, known, before = from_file(file, name)
    now, then = asdict(config.model), asdict(before.model)
    changed = [
        f"model.{key} is {now[key]!r} and in {name} {then[key]!r}"
        for key in now
        if key != "dropout" and now[key] != then[key]
    ]
    if changed:
        raise UsageError(f"train.init_from needs the same network: {'; '.join(changed)}")
    extended = known.extend(vocabulary.characters)
    network = build(config, extended)
    weights = network.state_dict()
    for key, tensor in old.state_dict().items():
        if key == _LAG_TABLE:
            _copy_lags(tensor, weights[key])
        else:
            weights[key][: len(tensor)] = tensor
    return network, extended


_LAG_TABLE = "lag_embedding.table.weight"


def _copy_lags(old: torch.Tensor, new: torch.Tensor) -> None:
    """Numbered lags are the first rows of the table, `full` is the last one."""
    numbered = min(len(old), len(new)) - 1
    new[:numbered] = old[:numbered]
    new[-1] = old[-1]
