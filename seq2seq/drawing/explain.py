"""One sentence through the unrolled network: what is read and written at each time step, states and gates.

    time      1  2  3  4  5  6
    reads     i  ␣  a  m  ⏎            ⏎ is the end mark
    writes          s  o  y  ⏎         lag 2

Shape suffixes: T time steps, H hidden units.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from seq2seq.decoding.clocked import ClockedStream
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.lines import as_read
from seq2seq.drawing.plots import check_drawable, pyplot, save_png
from seq2seq.drawing.timeline import cell
from seq2seq.errors import UsageError
from seq2seq.lag import Lag, clock
from seq2seq.plain.backward import lstm_gates
from seq2seq.plain.cells import Array, Layer, State
from seq2seq.plain.encoder_decoder import NumpyEncoderDecoder
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import END
from seq2seq.translator import Translator

END_SIGN = "⏎"
SPAN_SIGN = "▪"
GATES = ("input", "forget", "output")


@dataclass
class Watched:
    """A layer that keeps what passes through it; it is used as the layer is.

    Attributes:
        layer: the layer.
        name: what it is called in the drawing.
        h_TH: its hidden states so far.
        gates_TGH: if it is an LSTM, its input, forget and output gates.
    """

    layer: Layer
    name: str
    h_TH: list[Array] = field(default_factory=list)
    gates_TGH: list[Array] = field(default_factory=list)

    def start(self, batch: int) -> State:
        """Return the state before the first step."""
        return self.layer.start(batch)

    def project(self, x_BI: Array) -> Array:
        """Return what the input gives to the gates."""
        return self.layer.project(x_BI)

    def step(self, x_BG: Array, state: State) -> tuple[Array, State]:
        """Run one step, of a single sentence, and keep what it did."""
        h_BH, after = self.layer.step(x_BG, state)
        self.h_TH.append(h_BH[0])
        if self.layer.cell == "lstm":
            i, f, _, o = lstm_gates(self.layer, x_BG, state[0])
            self.gates_TGH.append(np.stack([i[0], f[0], o[0]]))
        return h_BH, after


@dataclass(frozen=True)
class Unrolled:
    """A sentence and all that happened while it was translated.

    Attributes:
        lag: τ.
        source: what was read, the end mark as a sign.
        text: what was written, likewise.
        clocks: at which time step each character of `text` was written, from 1.
        layers: what was kept, and the time step of each layer's first step.
    """

    lag: Lag
    source: str
    text: str
    clocks: list[int]
    layers: list[tuple[Watched, int]]

    @property
    def steps(self) -> int:
        """How many time steps there are."""
        return max([len(self.source), *self.clocks])


def unroll(translator: Translator, text: str, lag: Lag | str | None = None) -> Unrolled:
    """Translate one sentence, symbol by symbol, and keep what the layers did.

    The search is greedy throughout, also where `translate` would search again.

    Args:
        translator: of a model that can stream.
        text: one sentence.
        lag: a whole number or `full`; by default the model's own.

    Raises:
        UsageError: the text is empty or more than one sentence; the model was not trained for this lag or
            cannot stream.
    """
    lag = translator.check_lag(translator.config.decode.lag if lag is None else lag)
    parts = translator.read_line(text).sentences
    if len(parts) != 1:
        raise UsageError(f"one sentence is wanted, and {text!r} has {len(parts) or 'none'}")
    sentence = as_read(parts[0].sentence, lag)
    network, watched = _watch(translator.networks.numpy)
    ids = translator.vocabulary.encode(sentence.symbols)
    if isinstance(network, NumpyEncoderDecoder):
        (best,) = greedy(network, [ids], DecodingOptions(lag))
        written, ended = best.ids, best.ended
    else:
        stream = ClockedStream(network, lag)
        written = [symbol for read in [*ids, END] for symbol in stream.read(read)]
        ended = stream.previous == END
    length = len(ids) + 1
    signs = [translator.vocabulary.decode([symbol], [SPAN_SIGN]) for symbol in written]
    out = "".join(signs) + (END_SIGN if ended else "")
    source = "".join(SPAN_SIGN if symbol in KINDS else symbol for symbol in sentence.symbols)
    # What a decoder does belongs to the time step at which its output leaves; it has none before the first.
    first = clock(1, lag, length)
    layers = [(layer, first if layer.name.startswith("decoder") else 1) for layer in watched]
    clocks = [clock(t, lag, length) for t in range(1, len(out) + 1)]
    return Unrolled(lag, source + END_SIGN, out, clocks, layers)


def _watch(network: object) -> tuple[Any, list[Watched]]:
    """Return a copy of a network whose layers are watched, and these: bottom layers first."""
    network = copy.copy(network)
    if isinstance(network, NumpyLaggedRNN):
        watched = [Watched(layer, f"layer {i}") for i, layer in enumerate(network.layers, start=1)]
        network.layers = list(watched)  # type: ignore[arg-type]  # used as layers are
        return network, watched
    if not isinstance(network, NumpyEncoderDecoder):
        raise UsageError("this model has no recurrent layers: there is nothing to unroll")
    reading = [Watched(layer, f"encoder {i}") for i, layer in enumerate(network.encoder, start=1)]
    writing = [Watched(layer, f"decoder {i}") for i, layer in enumerate(network.decoder, start=1)]
    network.encoder, network.decoder = list(reading), list(writing)  # type: ignore[arg-type]
    return network, [*reading, *writing]


def to_text(unrolled: Unrolled) -> str:
    """Return the time steps as three lines: their numbers, what is read, what is written."""
    writes = [" "] * unrolled.steps
    for place, character in zip(unrolled.clocks, unrolled.text, strict=True):
        writes[place - 1] = cell(character)
    reads = [cell(character) for character in unrolled.source]
    width = len(str(unrolled.steps)) + 1
    numbers = [str(s) for s in range(1, unrolled.steps + 1)]
    lines = [("time", numbers), ("reads", reads), ("writes", writes)]
    return "\n".join(
        f"{name:<7}{''.join(item.rjust(width) for item in items)}".rstrip() for name, items in lines
    )


def draw(unrolled: Unrolled, path: Path) -> None:
    """Draw the unrolled network, the states of its layers as heat maps, and the gates of LSTM layers.

    Args:
        unrolled: what `unroll` returned.
        path: the PNG to write.

    Raises:
        UserError: it is too long for a picture.
        UsageError: matplotlib is not installed.
    """
    check_drawable(unrolled.steps)
    plt = pyplot()
    gated = [(layer, first) for layer, first in unrolled.layers if layer.gates_TGH]
    rows = 1 + len(unrolled.layers) + len(gated)
    figure, panels = plt.subplots(
        rows,
        1,
        figsize=(max(6.0, 2 + 0.28 * unrolled.steps), 1.5 + 1.5 * rows),
        sharex=True,
        layout="constrained",
    )
    panels = np.atleast_1d(panels)
    _draw_chain(panels[0], unrolled)
    for axes, (layer, first) in zip(panels[1:], unrolled.layers, strict=False):
        h_HT = np.array(layer.h_TH).T
        extent = (first - 0.5, first - 0.5 + h_HT.shape[1], len(h_HT), 0)
        axes.imshow(h_HT, cmap="RdBu", vmin=-1, vmax=1, aspect="auto", extent=extent)
        axes.set_ylabel(f"{layer.name}\nunits of h", fontsize=8)
    for axes, (layer, first) in zip(panels[1 + len(unrolled.layers) :], gated, strict=True):
        mean_TG = np.array(layer.gates_TGH).mean(axis=2)
        for name, values in zip(GATES, mean_TG.T, strict=True):
            axes.plot(range(first, first + len(values)), values, marker=".", label=name)
        axes.set_ylim(0, 1)
        axes.set_ylabel(f"{layer.name}\ngates, mean", fontsize=8)
        axes.legend(frameon=False, fontsize=7, ncols=3, loc="upper right")
    panels[-1].set_xlim(0.2, unrolled.steps + 0.8)
    panels[-1].xaxis.get_major_locator().set_params(integer=True)
    panels[-1].set_xlabel("time step")
    save_png(figure, path)


def _draw_chain(axes: Any, unrolled: Unrolled) -> None:
    """Boxes in a row, an arrow from each to the next, what is read below and what is written above."""
    for s in range(1, unrolled.steps + 1):
        axes.text(s, 1, "h", ha="center", va="center", bbox={"boxstyle": "round", "fc": "0.92", "ec": "0.5"})
        if s < unrolled.steps:
            axes.annotate("", (s + 0.7, 1), (s + 0.3, 1), arrowprops={"arrowstyle": "->", "color": "0.5"})
    for s, character in enumerate(unrolled.source, start=1):
        axes.text(s, 0, cell(character), ha="center", va="center", family="monospace")
        axes.annotate("", (s, 0.7), (s, 0.25), arrowprops={"arrowstyle": "->", "color": "tab:blue"})
    for s, character in zip(unrolled.clocks, unrolled.text, strict=True):
        axes.text(s, 2, cell(character), ha="center", va="center", family="monospace")
        axes.annotate("", (s, 1.75), (s, 1.3), arrowprops={"arrowstyle": "->", "color": "tab:red"})
    axes.set_ylim(-0.4, 2.4)
    axes.set_yticks([0, 1, 2], ["read", "state", "written"])
    axes.set_title(f"lag {unrolled.lag}", fontsize=9)
