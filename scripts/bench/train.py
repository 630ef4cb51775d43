"""Measure a training step against the rate at which this machine multiplies matrices.

    python -m scripts.bench.train                           the reference sizes: 2 + 2 layers of 512
    python -m scripts.bench.train configs/tatoeba.yaml      the sizes of a configuration
    python -m scripts.bench.train --device cuda --json      also into docs/results/bench_train.json

One run measures, in the precision of training: the products of the step, each alone, as plain matrix
products; the recurrent layers alone, forward and backward; and the full step (loss, backward, clipping,
AdamW, moving average). All sentences of a step have one length; each side has about `batch_chars` symbols.
The lag is `full`. Vectors of words are left out, since they multiply nothing; `scripts.release.profile_step`
shows what they cost.

Operations. A product of (m, k) and (k, n) matrices is 2·m·k·n operations. With B sentences of S source and T
target symbols, H hidden units, E embedding, V vocabulary, and G = 4, 3 or 1 gates of an LSTM, GRU or RNN, the
forward pass is

    a recurrent layer of I inputs over L steps    2·B·L·G·H·(I + H)
    attention                                     2·B·T·H·H + 4·B·T·S·H
    the output layer                              2·B·T·V·(H + C),  C = H with attention, else 0

where I is E for the first encoder layer, E + H for the first decoder layer, H for the other encoder layers
and H + C for the other decoder layers. A step is three times the forward pass: the backward pass computes
every product twice, once for the gradient of each factor. Everything else (activations, softmax, AdamW)
counts as no operations, but takes time.

The matrix-product rate is the number of these operations divided by the time that they take as plain products
of exactly these shapes: a harmonic mean of the rates, weighted by operations. The recurrent products of a
time step depend on the step before and have B rows; the gradients of their weights can be computed at the end
and are counted as one product over all steps.
"""

from __future__ import annotations

import argparse
import statistics
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from scripts.results import machine, read_results, write_results
from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config, ModelConfig
from seq2seq.corpus.batching import Batch, collate
from seq2seq.corpus.prepared import Encoded
from seq2seq.devices import autocast, keep_memory, pick_device, pick_precision, uses_tiles
from seq2seq.lag import FULL
from seq2seq.models.build import build
from seq2seq.models.layers import RecurrentLayer
from seq2seq.plain.cells import GATES
from seq2seq.text.vocabulary import UNKNOWN, Vocabulary
from seq2seq.training.loss import TILE, batch_loss
from seq2seq.training.optimisation import Optimisation

VOCABULARY = 134
"""Symbols of the Tatoeba pairs, reserved ones included."""


@dataclass(frozen=True)
class MatrixProduct:
    """`count` times the product of `batch` pairs of (m, k) and (k, n) matrices."""

    m: int
    k: int
    n: int
    count: int = 1
    batch: int = 1

    @property
    def operations(self) -> int:
        return 2 * self.m * self.k * self.n * self.count * self.batch


@dataclass(frozen=True)
class Shape:
    """B sentence pairs of S source and T target symbols, end marks included."""

    B: int
    S: int
    T: int


def layers(model: ModelConfig, shape: Shape) -> list[tuple[int, int]]:
    """Return (inputs, steps) of every recurrent layer, encoder first, with the one that reads backwards."""
    hidden, context = model.hidden, model.hidden if model.attention == "dot" else 0
    return [
        *((hidden if i else model.embedding, shape.S) for i in range(model.encoder_layers)),
        *[(model.embedding, shape.S)] * model.bidirectional,
        (model.embedding + hidden, shape.T),
        *[(hidden + context, shape.T)] * (model.decoder_layers - 1),
    ]


def recurrent_products(model: ModelConfig, shape: Shape) -> Iterator[MatrixProduct]:
    """Yield the products of the recurrent layers in one step of training."""
    gates, hidden = GATES[model.cell] * model.hidden, model.hidden
    for inputs, steps in layers(model, shape):
        yield from both_ways(MatrixProduct(shape.B * steps, inputs, gates))
        yield MatrixProduct(shape.B, hidden, gates, count=steps)
        yield MatrixProduct(shape.B, gates, hidden, count=steps)
        yield MatrixProduct(hidden, shape.B * steps, gates)


def other_products(model: ModelConfig, shape: Shape, vocabulary: int) -> Iterator[MatrixProduct]:
    """Yield the products of attention and of the output layer in one step of training."""
    hidden, rows = model.hidden, shape.B * shape.T
    if model.attention == "dot":
        yield from both_ways(MatrixProduct(rows, hidden, hidden))
        yield from both_ways(MatrixProduct(shape.T, hidden, shape.S, batch=shape.B))
        yield from both_ways(MatrixProduct(shape.T, shape.S, hidden, batch=shape.B))
    yield from both_ways(MatrixProduct(rows, 2 * hidden if model.attention == "dot" else hidden, vocabulary))


def both_ways(forward: MatrixProduct) -> list[MatrixProduct]:
    """Return a product and the two products for the gradients of its factors."""
    m, k, n, count, batch = forward.m, forward.k, forward.n, forward.count, forward.batch
    return [forward, MatrixProduct(m, n, k, count, batch), MatrixProduct(k, m, n, count, batch)]


def operations(products: Iterable[MatrixProduct]) -> int:
    """Return the operations of all the products."""
    return sum(product.operations for product in products)


def without_words(config: Config) -> Config:
    """Return the settings without word vectors, and with the backward reader in every step."""
    model = replace(config.model, word_nodes=0, word_pairs=0, backward_dropout=0.0)
    return replace(config, model=model)


# Measuring.


class StepBenchmark:
    """Measures a step on one device, in one precision.

    Args:
        config: sizes and training settings.
        shape: the shape of every batch.
        device: the device to measure.
        repeats: number of timed calls after two warm-up calls; the median is reported.
    """

    def __init__(self, config: Config, shape: Shape, device: torch.device, repeats: int) -> None:
        self.config, self.shape, self.device, self.repeats = config, shape, device, repeats
        self.precision = pick_precision(config.train.precision, device)
        self.dtype = torch.bfloat16 if self.precision == "bf16" else torch.float32

    def run(self) -> dict[str, Any]:
        """Return all figures, in plain types."""
        model, shape = self.config.model, self.shape
        recurrent = list(recurrent_products(model, shape))
        everything = [*recurrent, *other_products(model, shape, VOCABULARY)]
        total, of_recurrent = operations(everything), operations(recurrent)
        products = [(product, self.product(product)) for product in everything]
        ceiling = sum(seconds for _, seconds in products)
        parameters, step, data = self.step()
        rows = -(-shape.B // TILE) * TILE if uses_tiles(self.device, self.precision) else shape.B
        measured = {
            "matrix products": (total, ceiling),
            "those of the recurrent layers": (of_recurrent, sum(s for _, s in products[: len(recurrent)])),
            "recurrent layers": (of_recurrent, self.recurrent(Shape(rows, shape.S, shape.T))),
            f"recurrent layers, {shape.B} rows not padded": (of_recurrent, self.recurrent(shape)),
            "full step": (total, step),
        }
        return {
            "parameters": parameters,
            "shape": asdict(shape),
            "precision": self.precision,
            "target_chars_per_second": round(shape.B * shape.T / step),
            "collate_seconds": data,
            "rows": {
                name: {
                    "operations": done,
                    "seconds": seconds,
                    "tflops": done / seconds / 1e12,
                    "fraction": done / seconds / (total / ceiling),
                }
                for name, (done, seconds) in measured.items()
            },
            "products": [
                {**asdict(product), "tflops": product.operations / seconds / 1e12}
                for product, seconds in products
            ],
        }

    def product(self, product: MatrixProduct) -> float:
        """Return the seconds of `product.count` plain products, one after the other."""
        a = torch.randn(product.batch, product.m, product.k, dtype=self.dtype, device=self.device)
        b = torch.randn(product.batch, product.k, product.n, dtype=self.dtype, device=self.device)
        if product.batch == 1:
            a, b = a[0], b[0]

        def call() -> None:
            for _ in range(product.count):
                torch.matmul(a, b)

        return self._seconds(call)

    def recurrent(self, shape: Shape) -> float:
        """Return the seconds of all recurrent layers alone, forward and backward."""
        model = self.config.model
        stack = [
            (
                RecurrentLayer(model.cell, inputs, model.hidden).to(self.device),
                torch.randn(steps, shape.B, inputs, device=self.device, dtype=self.dtype).requires_grad_(),
                torch.randn(steps, shape.B, model.hidden, device=self.device, dtype=self.dtype),
            )
            for inputs, steps in layers(model, shape)
        ]

        def call() -> None:
            for layer, x_TBI, gradient_TBH in stack:
                with autocast(self.device, self.precision):
                    out_TBH = layer(x_TBI)
                out_TBH.backward(gradient_TBH)

        return self._seconds(call)

    def step(self) -> tuple[int, float, float]:
        """Return the number of parameters, the seconds of a full step, and those of collating its batch."""
        train = self.config.train
        corpus, rows = self._corpus(), np.arange(self.shape.B, dtype=np.int32)
        batch: Batch = collate(corpus, rows)
        torch.manual_seed(0)
        network = build(self.config, Vocabulary(tuple(map(chr, range(0x4E00, 0x4E00 + VOCABULARY - 4)))))
        optimisation = Optimisation(network.to(self.device), train)

        def call() -> None:
            loss = batch_loss(network, batch, FULL, self.precision, train.label_smoothing, train.char_dropout)
            (loss / batch.target_symbols).backward()  # type: ignore[no-untyped-call]
            optimisation.clip()
            optimisation.step(0)

        seconds = self._seconds(call)
        count = sum(parameter.numel() for parameter in network.parameters())
        return count, seconds, self._seconds(lambda: collate(corpus, rows))

    def _corpus(self) -> Encoded:
        rng, (rows, source, target) = np.random.default_rng(0), asdict(self.shape).values()

        def side(length: int) -> tuple[Any, Any]:
            ids = rng.integers(UNKNOWN + 1, VOCABULARY, rows * (length - 1)).astype(np.uint16)
            return ids, np.arange(rows + 1) * (length - 1)

        return Encoded(*side(source), *side(target))

    def _seconds(self, call: Callable[[], object]) -> float:
        times = [self._once(call) for _ in range(2 + self.repeats)]
        return statistics.median(times[2:])

    def _once(self, call: Callable[[], object]) -> float:
        self._wait()
        began = time.perf_counter()
        call()
        self._wait()
        return time.perf_counter() - began

    def _wait(self) -> None:
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)


def table(result: dict[str, Any]) -> str:
    """Return the result as text."""
    B, S, T = result["shape"].values()
    lines = [
        f"{result['parameters']:,} parameters, {B} pairs of {S} source and {T} target symbols, "
        f"{result['precision']}: {result['target_chars_per_second']:,} target characters a second",
        f"{'':45} {'GFLOP':>8} {'ms':>9} {'TFLOP/s':>8} {'share':>6}",
    ]
    for name, row in result["rows"].items():
        lines.append(
            f"{name:45} {row['operations'] / 1e9:8.1f} {1e3 * row['seconds']:9.2f} "
            f"{row['tflops']:8.3f} {row['fraction']:6.0%}"
        )
    lines.append(f"making a batch takes {1e3 * result['collate_seconds']:.2f} ms")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", nargs="?", type=Path, help="configuration (default: the reference sizes)")
    parser.add_argument("--device", default="cpu", help="cpu, cuda or auto (default: %(default)s)")
    parser.add_argument("--length", type=int, default=32, help="symbols per sentence (default: %(default)s)")
    parser.add_argument("--threads", type=int, help="processor threads (default: that of PyTorch)")
    parser.add_argument("--repeats", type=int, default=9, help="timed calls per part (default: %(default)s)")
    parser.add_argument(
        "--default-memory", action="store_true", help="keep the default memory allocator settings"
    )
    parser.add_argument("--json", action="store_true", help="also write to docs/results/bench_train.json")
    options = parser.parse_args()
    device = pick_device(options.device)
    if options.threads:
        torch.set_num_threads(options.threads)
    if device.type == "cpu" and not options.default_memory:
        keep_memory()
    config = without_words(load_config(options.config) if options.config else Config())
    rows = max(1, config.train.batch_chars // options.length)
    result = StepBenchmark(config, Shape(rows, options.length, options.length), device, options.repeats).run()
    print(table(result))
    if options.json:
        card = torch.cuda.get_device_name(device) if device.type == "cuda" else "cpu"
        name = f"{options.config.stem if options.config else 'reference'}, {card}"
        if card == "cpu" and result["precision"] == "fp32":
            name += ", fp32"
        if options.default_memory:
            name += ", default memory"
        write_results("bench_train", read_results("bench_train") | {name: {"machine": machine(), **result}})


if __name__ == "__main__":
    main()
