"""How much disk space a run will take from here on."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final, NamedTuple

from torch import Tensor

from seq2seq.config.schema import TrainConfig
from seq2seq.models.build import Network

SMALL_FILES: Final = 300_000
"""Bytes for the curves, the metrics and the log."""


class FileSizes(NamedTuple):
    """The bytes of the large files of a run: a training state and a model file."""

    state: int
    model: int


class FilesThere(NamedTuple):
    """What a run that goes on has left in its directory: the number of its states, and whether a model."""

    states: int = 0
    model: bool = False


def file_sizes(network: Network) -> FileSizes:
    """Return how large the files of a run that trains `network` will be.

    A state holds the weights, their average and, for each trained weight, two running means.
    """
    trained, weights = _bytes(network.parameters()), _bytes(network.state_dict().values())
    names = 700 * len(network.state_dict())  # the table of the tensors, and the settings
    return FileSizes(state=2 * weights + 2 * trained + 4 * names + 30_000, model=weights + names)


def _bytes(tensors: Iterable[Tensor]) -> int:
    return sum(tensor.nbytes for tensor in tensors)


def needed_space(train: TrainConfig, sizes: FileSizes, step: int = 0, there: FilesThere | None = None) -> int:
    """Return the bytes that the files of a run will take at most, beside those that lie there.

    A state is written before the oldest one is deleted, so that there is one more than
    `train.keep_checkpoints` for a moment. A model file that replaces another one needs less than that state.

    Args:
        train: the settings of training.
        sizes: of the files.
        step: the optimiser steps done.
        there: the files of the run that lie there; none for a new run.
    """
    there = there or FilesThere()
    states = min(there.states, train.keep_checkpoints)  # further ones are deleted at the start
    most = min(train.keep_checkpoints + 1, states + _saves_to_come(train, step))
    model = 0 if there.model else sizes.model
    return (most - states) * sizes.state + model + SMALL_FILES


def _saves_to_come(train: TrainConfig, step: int) -> int:
    """Return how many states a run writes that goes on to `train.max_steps`."""
    regular = train.max_steps // train.checkpoint_every - step // train.checkpoint_every
    at_the_end = train.max_steps > step and train.max_steps % train.checkpoint_every > 0
    return max(0, regular) + at_the_end
