"""Claim 3: how large the unrolled network is, by the lengths of input and output."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from seq2seq.config.building import config_from_dict
from seq2seq.drawing.style import BLUE, VERMILION
from seq2seq.experiments.harness import (
    BoundCheck,
    Experiment,
    Outcome,
    Result,
    RunOptions,
    TableRow,
    at_most,
)
from seq2seq.lag import FULL, clock, read
from seq2seq.text.vocabulary import SPECIALS, Vocabulary

if TYPE_CHECKING:
    from torch import nn

LENGTHS = ((10, 10), (20, 20), (40, 40), (80, 80), (160, 160), (320, 320), (160, 40), (40, 160))
"""S and T, the lengths of source and target with their end marks."""
LETTERS, LAYERS, HIDDEN, EMBEDDING, REPEATS = "abcdefgh", 2, 64, 32, 5
LAGGED, ATTENTIVE = "lagged_rnn", "encoder_decoder"


def nodes(kind: str, S: int, T: int) -> int:
    """Return how many times a cell is computed: once for each layer and time slice.

    Args:
        kind: of the network, with `LAYERS` layers (on each side, if there are two), at lag `full`.
        S: symbols read.
        T: symbols written.
    """
    return LAYERS * (clock(T, FULL, S) if kind == LAGGED else S + T)


def edges(kind: str, S: int, T: int) -> int:
    """Return how many arrows lead from a state or an input to another state or an output.

    A cell has one arrow from below and one from the slice before it. An output has one from the top layer.
    The bottom layer of a decoder also has one from the encoder state at read(t). With attention y_t has one
    arrow from each of the read(t) encoder states.
    """
    arrows = 2 * nodes(kind, S, T) + T
    if kind == ATTENTIVE:
        arrows += T + sum(read(t, FULL, S) for t in range(1, T + 1))
    return arrows


def run(options: RunOptions) -> Outcome:
    """Count the nodes and edges that networks compute, and measure time and memory of a forward pass."""
    import torch

    torch.manual_seed(options.seed)
    rows: list[TableRow] = []
    checks: list[BoundCheck] = []
    for kind in (LAGGED, ATTENTIVE):
        network, vocabulary = _network(kind)
        for S, T in LENGTHS[:3] if options.quick else LENGTHS:
            found = _forward(network, vocabulary, S, T)
            row: TableRow = {
                "network": kind,
                "S": str(S),
                "T": str(T),
                "nodes": str(found["nodes"]),
                "edges": str(edges(kind, S, T)),
                "KB kept": found["bytes"] / 1000,
                "ms": 1000 * found["seconds"],
            }
            rows.append(row)
            said = f"{kind}, S = {S}, T = {T}: "
            checks.append(
                at_most(f"{said}nodes missed by the formula", _off(found["nodes"], nodes(kind, S, T)), 0)
            )
            if kind == ATTENTIVE:
                pairs = sum(read(t, FULL, S) for t in range(1, T + 1))
                checks.append(
                    at_most(f"{said}attention edges missed by the formula", _off(found["looks"], pairs), 0)
                )
    return Outcome(rows, checks, notes=_NOTES)


def _off(counted: float, computed: int) -> float:
    return abs(counted - computed)


def _network(kind: str) -> tuple[nn.Module, int]:
    from seq2seq.models.build import build

    layers = {"layers": LAYERS} if kind == LAGGED else {"encoder_layers": LAYERS, "decoder_layers": LAYERS}
    model = {"kind": kind, "embedding": EMBEDDING, "hidden": HIDDEN, "dropout": 0.0, **layers}
    config = config_from_dict({"model": model, "lag": {"train": "full"}}, "the experiment")
    vocabulary = Vocabulary(tuple(LETTERS))
    return build(config, vocabulary), len(vocabulary)


def _forward(network: nn.Module, vocabulary: int, S: int, T: int) -> dict[str, float]:
    """Return what one sentence costs: nodes and attention weights counted, bytes kept, seconds taken."""
    import torch
    from torch.autograd.graph import saved_tensors_hooks

    from seq2seq.models.attention import Attention
    from seq2seq.models.layers import RecurrentLayer

    source, previous = (torch.randint(SPECIALS, vocabulary, (1, length)) for length in (S, T))
    given = source, torch.tensor([S]), previous, FULL
    counted = {"nodes": 0, "looks": 0}
    kept: dict[int, int] = {}
    weights = {weight.untyped_storage().data_ptr() for weight in network.parameters()}

    def step(_layer: object, _inputs: object, output_TBH: Any) -> None:
        counted["nodes"] += output_TBH.shape[0]

    def look(_layer: object, _inputs: object, output: Any) -> None:
        counted["looks"] += int((output[1] > 0).sum())

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        if storage.data_ptr() not in weights:  # also skips what views a weight, such as its transpose
            kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    hooks = [m.register_forward_hook(step) for m in network.modules() if isinstance(m, RecurrentLayer)]
    hooks += [m.register_forward_hook(look) for m in network.modules() if isinstance(m, Attention)]
    with saved_tensors_hooks(keep, lambda tensor: tensor):
        logits = network(*given)  # kept until here, so that no storage is used twice
    for hook in hooks:
        hook.remove()
    del logits
    times = []
    for _ in range(REPEATS):
        began = time.process_time()
        network(*given)
        times.append(time.process_time() - began)
    return {**counted, "bytes": sum(kept.values()), "seconds": min(times)}


_NOTES = [
    "Nodes are counted while the network runs; edges follow from them and from the attention weights, which "
    "are counted as well. KB kept: what PyTorch keeps of a forward pass for the backward pass, without the "
    f"weights. ms: processor time, the least of {REPEATS} forward passes of one sentence, with {LAYERS} "
    f"layers of {HIDDEN} units on each side.",
]


def _draw(figure: Any, result: Result) -> None:
    from matplotlib.ticker import LogLocator

    panels = figure.subplots(1, 3)
    for axes, column, label in zip(
        panels,
        ("edges", "KB kept", "ms"),
        ("edges", "kept for training, KB", "forward pass, ms"),
        strict=True,
    ):
        for kind, colour, marker in ((LAGGED, BLUE, "o"), (ATTENTIVE, VERMILION, "s")):
            rows = [row for row in result["rows"] if row["network"] == kind and row["S"] == row["T"]]
            lengths = [int(row["S"]) for row in rows]
            axes.plot(lengths, [float(row[column]) for row in rows], color=colour, marker=marker, label=kind)
        axes.set_xscale("log", base=2)
        axes.set_yscale("log")
        axes.yaxis.set_major_locator(LogLocator(subs=(1,) if column == "edges" else (1, 2, 5)))
        axes.yaxis.set_major_formatter("{x:,g}")
        axes.tick_params(which="minor", labelleft=False)
        axes.set_xticks(lengths, [str(length) for length in lengths])
        axes.set_xlabel("S = T, symbols")
        axes.set_title(label, fontsize=10)
        axes.grid()
    figure.suptitle("The unrolled network grows with the sentence; with attention, its edges as S · T")
    figure.legend(*panels[0].get_legend_handles_labels(), loc="outside lower center", ncols=2)


EXPERIMENT = Experiment(
    number=3,
    name="size",
    claim="The unrolled network has a slice for each time step, so its size depends on input and output.",
    equation=(
        "Nodes: `L (S + T - 1)` for the lagged network at `full`, `L (S + T)` for encoder and decoder; "
        "attention adds `Σ_t read(t)` edges, S · T at `full`."
    ),
    method=(
        "Networks run on sentences of S symbols with translations of T symbols, and every computed cell and"
        " attention weight is counted. Time and memory of the forward pass are measured beside them."
    ),
    figure=(
        "Both axes are logarithmic: a line that rises as fast as the length is linear growth, twice as "
        "steep is quadratic growth, as of the edges of attention."
    ),
    bound=(
        "For every pair of lengths, the counted cells and attention weights are exactly as many as the "
        "formulas say."
    ),
    limits=(
        "Time and memory are those of one small network on one processor: fixed costs hide the growth of "
        "short sentences, and docs/scaling.md measures longer ones."
    ),
    minutes=0.1,
    run=run,
    draw=_draw,
)
