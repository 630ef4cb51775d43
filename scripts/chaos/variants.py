"""Variants of the tiny model of the tests: one that reads spans, and the same with its matrices as int8."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np

from scripts.results import ROOT
from seq2seq.storage.int8 import Int8Rows, Weight
from seq2seq.storage.modelfile import ModelFile, read_model, write_model
from seq2seq.text.symbols import KINDS

TINY = ROOT / "tests" / "golden" / "tiny"
_TABLES = ("source_embedding.weight", "target_embedding.weight", "output.weight", "output.bias")


def write_variants(directory: Path) -> dict[str, Path]:
    """Write the variants as model files and return them by name."""
    spans = _with_spans(read_model(TINY / "model.safetensors"))
    small = replace(spans, weights={name: _rounded(name, array) for name, array in spans.weights.items()})
    files = {"tiny model with spans": spans, "tiny model with spans, int8": small}
    paths = {}
    for number, (name, file) in enumerate(files.items()):
        paths[name] = directory / f"variant{number}.safetensors"
        write_model(paths[name], file)
    return paths


def _with_spans(file: ModelFile) -> ModelFile:
    """Return a model that reads spans, and writes or leaves them out at random: it never learnt to copy."""
    rng = np.random.default_rng(1)
    weights = {name: np.array(array, np.float32) for name, array in file.weights.items()}
    for name in _TABLES:
        rows = rng.normal(0, weights[name].std(), (len(KINDS), *weights[name].shape[1:]))
        weights[name] = np.concatenate([weights[name], rows.astype(np.float32)])
    return replace(file, weights=weights, characters=[*file.characters, *KINDS])


def _rounded(name: str, array: Weight) -> Weight:
    return Int8Rows.of(np.asarray(array)) if array.ndim == 2 and name not in _TABLES else array  # type: ignore[union-attr]
