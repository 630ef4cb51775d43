"""A model of twice the hidden units that computes the same function (Net2WiderNet, Chen et al. 2016)."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from seq2seq.storage.modelfile import ModelFile

EMBEDDED = {f"{layer}.fused.weight_ih_l0" for layer in ("encoder.0", "bottom", "backward_encoder")}


def doubled(file: ModelFile) -> ModelFile:
    """Return a model with two copies of each hidden unit, each with half the outgoing weights.

    Copies do not change layer normalisation. Attention scores become sums over twice as many products,
    divided by the root of twice as many units.
    """
    E, H = (file.config["model"][key] for key in ("embedding", "hidden"))
    weights = {}
    for name, stored in file.weights.items():
        array = np.asarray(stored, np.float32)
        if array.ndim == 2 and "embedding" not in name and not name.endswith("initial"):
            # The columns of the embedding stay as they are.
            first = E if name in EMBEDDED else 0
            array = np.concatenate([array[:, :first], _blocks(array[:, first:].T, H).T / 2], axis=1)
        if name == "attention.query.weight":
            array = _blocks(array, H) * np.float32(0.5**0.5)
        elif name.startswith(("encoder", "bottom", "upper", "backward", "decoder")):
            array = _blocks(array.T, H).T if name.endswith("initial") else _blocks(array, H)
        weights[name] = np.ascontiguousarray(array)
    return replace(
        file, config={**file.config, "model": {**file.config["model"], "hidden": 2 * H}}, weights=weights
    )


def _blocks(rows: np.ndarray[Any, Any], size: int) -> np.ndarray[Any, Any]:
    """Repeat each block of `size` rows."""
    rest = rows.shape[1:]
    return rows.reshape(len(rows) // size, 1, size, *rest).repeat(2, axis=1).reshape(2 * len(rows), *rest)
