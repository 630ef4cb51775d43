"""Checks of what a checkpoint holds: settings, vocabulary, and weights that fit the settings.

Model files and training states pass the same checks.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from seq2seq.config.building import config_from_dict
from seq2seq.config.schema import Config
from seq2seq.errors import CheckpointError, UserError, listed
from seq2seq.storage.int8 import Weight
from seq2seq.text.normalise import is_text
from seq2seq.text.vocabulary import Vocabulary
from seq2seq.text.words import TRIE_ARRAYS, WordTrie

if TYPE_CHECKING:
    from torch import Tensor

INTEGERS = tuple(f"_words.{name}" for name in TRIE_ARRAYS)
"""Endings of the names of integer arrays; all other arrays hold real numbers."""


def read_settings(
    config: Mapping[str, Any], characters: Iterable[str], name: str
) -> tuple[Config, Vocabulary]:
    """Return the configuration and the vocabulary of a file, which messages call `name`.

    Raises:
        CheckpointError: a setting is unknown or out of range, or a character cannot occur in a text.
    """
    try:
        settings, vocabulary = config_from_dict(config, name), Vocabulary(tuple(characters))
    except UserError as error:
        problems = [line.removeprefix(f"{name}: ") for line in str(error).splitlines()]
        raise CheckpointError(f"{name} cannot be used: {listed(problems, '; ')}") from error
    if strange := [character for character in vocabulary.characters if not is_text(character)]:
        raise CheckpointError(
            f"{name} cannot be used: its vocabulary contains U+{ord(strange[0]):04X}, which is not text"
        )
    return settings, vocabulary


def check_weights(
    weights: Mapping[str, Weight | Tensor],
    expected: Mapping[str, tuple[int, ...]],
    name: str,
) -> None:
    """Check that `weights` has exactly the names and shapes of `expected`, before any network is built.

    Messages call the file `name`.

    Raises:
        CheckpointError: lists every array that is missing, unexpected, or of the wrong shape or type.
    """
    problems = [f"{key} is missing" for key in expected if key not in weights]
    problems += [f"{key} is unexpected" for key in weights if key not in expected]
    problems += [
        f"{key} has shape {tuple(weights[key].shape)} and not {shape}"
        for key, shape in expected.items()
        if key in weights and weights[key].shape != shape
    ]
    problems += [
        f"{key} holds {weights[key].dtype}"
        for key in expected.keys() & weights.keys()
        if key.endswith(INTEGERS) != str(weights[key].dtype).endswith("int64")
    ]
    if not problems:
        problems += [f"the {side} word trie is invalid" for side in _unsound(weights, expected)]
    if problems:
        raise CheckpointError(f"the weights in {name} do not fit its configuration: {listed(problems, '; ')}")


def _unsound(weights: Mapping[str, Weight | Tensor], expected: Mapping[str, tuple[int, ...]]) -> list[str]:
    """Return the sides, source or target, whose word trie is damaged."""
    unsound = []
    for side in ("source", "target"):
        names = [f"{side}{ending}" for ending in INTEGERS]
        if all(name in expected for name in names):
            arrays = (np.asarray(weights[name], np.int64) for name in names)
            if not WordTrie(np.zeros(0, np.int64), *arrays).is_sound(expected["source_embedding.weight"][0]):
                unsound.append(side)
    return unsound
