"""The character-level translator of the Keras examples, with the PyTorch backend.

    run_keras.py train PAIRS.tsv MODEL --units N --batch-chars N [--updates N] [--save-every N]
    run_keras.py translate MODEL SOURCES --length N --sentences N [--until-end]

Both take `--precision bf16`. MODEL ends in `.weights.h5`; `--save-every` also keeps the weights after each N
updates, with their number in the name. Without `--until-end`, translations have a fixed length.

One LSTM layer reads one-hot characters; its last state is the initial state of a second one, which writes and
is trained with teacher forcing (Sutskever et al. 2014). No embedding, attention or dropout. Training prints
the speed of each update in target symbols a second: characters, and one end mark for each sentence.

Shape suffixes: B sentences, S source and T target positions, V vocabulary.
"""

from __future__ import annotations

import argparse
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["KERAS_BACKEND"] = "torch"

import keras
import numpy as np
import torch
from keras import layers

START, END = "\t", "\n"


class KerasNetwork:
    """The network for training and its two halves for translating, with shared weights."""

    def __init__(self, characters: str, units: int) -> None:
        size = len(characters)
        self.characters, self.units = characters, units
        self.ids = {character: i for i, character in enumerate(characters)}
        source, previous = keras.Input((None, size)), keras.Input((None, size))
        _, *state = layers.LSTM(units, return_state=True)(source)
        writer = layers.LSTM(units, return_sequences=True, return_state=True)
        output = layers.Dense(size, activation="softmax", dtype="float32")
        self.whole = keras.Model([source, previous], output(writer(previous, initial_state=state)[0]))
        self.reader = keras.Model(source, state)
        before = [keras.Input((units,)), keras.Input((units,))]
        states_BTH, *after = writer(previous, initial_state=before)
        self.step = keras.Model([previous, *before], [output(states_BTH), *after])

    def one_hot(
        self, texts: list[str], before: str = "", after: str = ""
    ) -> np.ndarray[Any, np.dtype[np.float32]]:
        """Return the texts between marks as (B, L, V); padding is all zeros."""
        marked = [before + text + after for text in texts]
        out_BLV = np.zeros((len(texts), max(map(len, marked)), len(self.characters)), np.float32)
        for row_LV, text in zip(out_BLV, marked, strict=True):
            row_LV[np.arange(len(text)), [self.ids[character] for character in text]] = 1
        return out_BLV

    def save(self, path: Path) -> None:
        """Write weights and vocabulary."""
        path.with_suffix(".json").write_text(json.dumps([self.characters, self.units]))
        self.whole.save_weights(path)

    @classmethod
    def load(cls, path: Path) -> KerasNetwork:
        """Read what `save` wrote."""
        network = cls(*json.loads(path.with_suffix(".json").read_text()))
        network.whole.load_weights(path)
        return network

    @torch.inference_mode()
    def translate(self, sources: list[str], length: int, until_end: bool) -> list[str]:
        """Write the most likely characters for each source.

        Args:
            sources: the sentences.
            length: number of characters, the largest one if `until_end`.
            until_end: whether a translation ends at its end mark; else none is written.
        """
        known = ["".join(c for c in source if c in self.ids) for source in sources]
        state = self.reader(self.one_hot(known))
        eye_VV = torch.eye(len(self.characters))
        previous_B = torch.full((len(sources),), self.ids[START])
        ended_B = torch.zeros(len(sources), dtype=torch.bool)
        written = []
        for _ in range(length):
            probs_B1V, *state = self.step([eye_VV[previous_B][:, None], *state])
            probs_B1V[:, :, [self.ids[mark] for mark in (START, END)[: 1 if until_end else 2]]] = 0
            previous_B = probs_B1V[:, 0].argmax(dim=-1)
            written.append(previous_B)
            ended_B = ended_B | (previous_B == self.ids[END])
            if ended_B.all():
                break
        rows = torch.stack(written, dim=1).tolist()
        return ["".join(self.characters[i] for i in row).partition(END)[0] for row in rows]


def batches(pairs: list[tuple[str, str]], batch_chars: int) -> Iterator[list[tuple[str, str]]]:
    """Yield batches of pairs of similar length, of at most `batch_chars` padded characters, forever."""
    pairs = sorted(pairs, key=lambda pair: max(map(len, pair)))
    cut, first = [], 0
    for i, pair in enumerate(pairs):
        if (max(map(len, pair)) + 1) * (i + 1 - first) > batch_chars and i > first:
            cut.append(pairs[first:i])
            first = i
    cut.append(pairs[first:])
    rng = np.random.default_rng(1)
    while True:
        for i in rng.permutation(len(cut)):
            yield cut[i]


def train(options: argparse.Namespace) -> None:
    """Train, print the speed, and save after the last update."""
    lines = options.pairs.read_text(encoding="utf-8").splitlines()
    pairs = [(source, target) for source, target in (line.split("\t") for line in lines)]
    characters = "".join(sorted({START, END}.union(*(set(a + b) for a, b in pairs))))
    network = KerasNetwork(characters, options.units)
    network.whole.compile(optimizer="rmsprop", loss="categorical_crossentropy")
    print(f"parameters: {network.whole.count_params()}", flush=True)
    began = time.perf_counter()
    for update, batch in enumerate(batches(pairs, options.batch_chars), 1):
        sources, targets = map(list, zip(*batch, strict=True))
        target_BTV = network.one_hot(targets, after=END)
        given = [network.one_hot(sources), network.one_hot(targets, before=START)]
        real_BT = target_BTV.sum(axis=-1)
        network.whole.train_on_batch(given, target_BTV, sample_weight=real_BT)
        now = time.perf_counter()
        symbols = real_BT.sum()
        print(f"symbols a second: {symbols / (now - began):.1f} (symbols: {symbols:.0f})", flush=True)
        if options.save_every and update % options.save_every == 0:
            network.save(
                options.model.with_name(f"{options.model.name.partition('.')[0]}.{update}.weights.h5")
            )
        began = now
        if update == options.updates:
            return network.save(options.model)


def translate(options: argparse.Namespace) -> None:
    """Translate the lines of a file and print the seconds without loading."""
    network = KerasNetwork.load(options.model)
    sources = options.sources.read_text(encoding="utf-8").splitlines()
    began = time.perf_counter()
    for first in range(0, len(sources), options.sentences):
        for text in network.translate(
            sources[first : first + options.sentences], options.length, options.until_end
        ):
            print(text)
    print(f"translating took {time.perf_counter() - began:.4f} s")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser()
    commands = parser.add_subparsers(required=True)
    for function, files in ((train, ("pairs", "model")), (translate, ("model", "sources"))):
        command = commands.add_parser(function.__name__)
        command.set_defaults(run=function)
        for file in files:
            command.add_argument(file, type=Path)
        for option in ("units", "batch-chars", "updates", "length", "sentences", "save-every"):
            command.add_argument(f"--{option}", type=int)
        command.add_argument("--until-end", action="store_true")
        command.add_argument("--precision", choices=("fp32", "bf16"), default="fp32")
    options = parser.parse_args()
    if options.precision == "bf16":
        keras.config.set_dtype_policy("mixed_bfloat16")
    options.run(options)


if __name__ == "__main__":
    main()
