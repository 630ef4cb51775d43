"""Multiplications and additions of a translation, and the rate of matrix products of the same shapes."""

from __future__ import annotations

import functools
import time
from collections.abc import Callable

from seq2seq.config.schema import ModelConfig
from seq2seq.decoding.lines import Translation
from seq2seq.plain.cells import GATES


def products(config: ModelConfig, vocabulary: int) -> dict[str, list[tuple[int, int]]]:
    """Return the sizes (inputs, outputs) of the matrices for each symbol read, and for each written."""
    E, H, G = config.embedding, config.hidden, GATES[config.cell] * config.hidden
    C = H if config.attention == "dot" else 0
    read = [(E + H, G)] + [(2 * H, G)] * (config.encoder_layers - 1) + [(E + H, G)] * config.bidirectional
    write = [(E + 2 * H, G)] + [(2 * H + C, G)] * (config.decoder_layers - 1)
    return {"read": read, "write": [*write, (H, C), (H + C, vocabulary)]}


FORMULA = (
    "2 * (inputs * outputs of every matrix) for each source symbol read and target symbol written (times the "
    "beam), and 4 * S * H for the attention of each symbol written; end marks count, padding does not, and "
    "a product that is cached counts once for each use"
)


def operations(
    config: ModelConfig, vocabulary: int, sources: list[str], found: list[Translation], beam: int
) -> float:
    """Count multiplications and additions of translating `sources`; see `FORMULA`."""
    shapes = products(config, vocabulary)
    read, write = (2 * sum(i * o for i, o in shapes[side]) for side in ("read", "write"))
    attention = 4 * config.hidden if config.attention == "dot" else 0
    return float(
        sum(
            (len(source) + 1) * read + beam * (len(line.text) + 1) * (write + attention * (len(source) + 1))
            for source, line in zip(sources, found, strict=True)
        )
    )


def product_rate(config: ModelConfig, vocabulary: int, rows: int, precision: str) -> float:
    """Return the operations a second of plain matrix products of the same shapes, with `rows` rows."""
    import torch

    dtype = torch.bfloat16 if precision == "bf16" else torch.float32
    done = seconds = 0.0
    for inputs, outputs in [shape for side in products(config, vocabulary).values() for shape in side]:
        x, w = torch.randn(rows, inputs, dtype=dtype), torch.randn(inputs, outputs, dtype=dtype)
        seconds += min(timed(functools.partial(torch.matmul, x, w)) for _ in range(20))
        done += 2 * rows * inputs * outputs
    return done / seconds


def timed(act: Callable[[], object]) -> float:
    """Return the seconds that one call takes."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
