"""The tiny trained model in golden/tiny, what it is tried on, and its golden outputs.

    .venv/bin/python tests/tiny.py

writes golden/tiny/outputs.jsonl anew. How the model itself was trained is told in golden/README.md.
"""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np

from seq2seq.corpus.pairs import Pair, read_pairs
from seq2seq.lag import Lag
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import END, UNKNOWN
from seq2seq.translator import Translator

GOLDEN = Path(__file__).parent / "golden" / "tiny"
OUTPUTS = GOLDEN / "outputs.jsonl"
DATA = Path(__file__).parent.parent / "data"
LONGEST = 24
"""Characters of the longest sentence that the tiny model has seen."""

SETTINGS: dict[str, tuple[Lag, int]] = {
    "lag 0": (0, 1),
    "lag 3": (3, 1),
    "lag 8": (8, 1),
    "full": ("full", 1),
    "full, beam 4": ("full", 4),
}
"""Name, lag and beam of each golden output."""


def load() -> Translator:
    """Return the tiny model, on the CPU."""
    return Translator.load(GOLDEN, device="cpu")


def copying_file(liking: float, spans: bool = True, ending: float = 0.0) -> ModelFile:
    """Return the tiny model file, made to like or dislike writing what stands for something that is copied.

    Args:
        liking: what is added to the scores of these symbols, with none of which it was trained.
        spans: whether it knows the kinds of spans; otherwise all that it copies is what it does not know.
        ending: what is added to the score of the end mark.
    """
    file = read_model(GOLDEN / "model.safetensors")
    weights = {name: np.array(array, np.float32) for name, array in file.weights.items()}
    weights["output.bias"][[UNKNOWN, END]] += liking, ending
    if spans:
        rng = np.random.default_rng(1)
        for name in ("source_embedding.weight", "target_embedding.weight", "output.weight", "output.bias"):
            rows = rng.normal(0, weights[name].std(), (len(KINDS), *weights[name].shape[1:]))
            rows += liking if name == "output.bias" else 0
            weights[name] = np.concatenate([weights[name], rows.astype(np.float32)])
    characters = [*file.characters, *(KINDS if spans else ())]
    return replace(file, weights=weights, characters=characters)


def load_copying(liking: float, spans: bool = True, ending: float = 0.0) -> Translator:
    """Return the model of `copying_file`."""
    return Translator.from_file(copying_file(liking, spans, ending), device="cpu")


def short_pairs(count: int) -> list[Pair]:
    """Return `count` pairs of the bundled corpus with different, short sources; unseen ones come first."""
    found: dict[str, Pair] = {}
    for name in ("dev.tsv", "test.tsv", "train.tsv"):
        for pair in read_pairs(str(DATA / name)):
            if max(map(len, pair)) <= LONGEST and pair.source not in found:
                found[pair.source] = pair
                if len(found) == count:
                    return list(found.values())
    raise AssertionError("the bundled corpus is smaller than that")


def outputs(translator: Translator, sources: list[str]) -> list[dict[str, str]]:
    """Return each source with its translation under every one of `SETTINGS`."""
    columns = {name: translator.translate(sources, lag, beam) for name, (lag, beam) in SETTINGS.items()}
    rows = zip(*columns.values(), strict=True)
    return [
        {"source": source} | dict(zip(columns, row, strict=True))
        for source, row in zip(sources, rows, strict=True)
    ]


def main() -> None:
    sources = [pair.source for pair in short_pairs(40)]
    sources += ["", "Where is she? She is tired.", "i like ñandúes 🦤"]
    lines = [json.dumps(row, ensure_ascii=False) + "\n" for row in outputs(load(), sources)]
    OUTPUTS.write_text("".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
