"""One sentence in the unrolled network: what is read and written at each time step, states and gates.

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
from seq2seq.drawing.style import BLUE, VERMILION
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
GATE_NAMES = ("input", "forget", "output")
READ, WRITTEN = BLUE, VERMILION
"""The colours of what is read and of what is written."""
UNITS = 8
"""The units of a layer whose gates are drawn."""


@dataclass
class RecordedLayer:
    """A layer that records its states; used in place of that layer.

    Attributes:
        layer: the layer.
        name: its name in the figure.
        h_TH: its hidden states so far, one for each time step.
        gates_TGH: the input, forget and output gates so far, if it is an LSTM.
    """

    layer: Layer
    name: str
    h_TH: list[Array] = field(default_factory=list)
    gates_TGH: list[Array] = field(default_factory=list)

    def start(self, batch: int) -> State:
        """Return the state before the first step."""
        return self.layer.start(batch)

    def project(self, x_BI: Array) -> Array:
        """Return the input's contribution to the gates."""
        return self.layer.project(x_BI)

    def step(self, x_BG: Array, state: State) -> tuple[Array, State]:
        """Run one step of a single sentence and record it."""
        h_BH, after = self.layer.step(x_BG, state)
        self.h_TH.append(h_BH[0])
        if self.layer.cell in ("lstm", "lstm_peephole"):
            i, f, _, o = lstm_gates(self.layer, x_BG, state)
            self.gates_TGH.append(np.stack([i[0], f[0], o[0]]))
        return h_BH, after


@dataclass(frozen=True)
class Unrolled:
    """A sentence, its translation, and what the layers did at each time step.

    Attributes:
        lag: the lag τ.
        source: what was read; the end mark is shown as a sign.
        text: what was written; the end mark is shown as a sign.
        clocks: the time step at which each character of `text` was written, from 1.
        layers: the recorded layers, each with the time step of its first state.
        attention_TS: for each character of `text`, but not for the end mark, the weights of those of
            `source`; None without attention.
    """

    lag: Lag
    source: str
    text: str
    clocks: list[int]
    layers: list[tuple[RecordedLayer, int]]
    attention_TS: Array | None = None

    @property
    def steps(self) -> int:
        """The number of time steps."""
        return max([len(self.source), *self.clocks])


def unroll(translator: Translator, text: str, lag: Lag | str | None = None) -> Unrolled:
    """Translate one sentence, symbol by symbol, and record what the layers do.

    The search is always greedy, even where `translate` would repeat it with a beam.

    Args:
        translator: of a model that can stream.
        text: one sentence.
        lag: a whole number or `full`; by default the model's own.

    Raises:
        UsageError: the text is empty or more than one sentence; the model was not trained for this lag or
            cannot stream.
    """
    lag = translator.served_lag(translator.config.decode.lag if lag is None else lag)
    parts = translator.read_line(text).sentences
    if len(parts) != 1:
        raise UsageError(f"one sentence is wanted, and {text!r} has {len(parts) or 'none'}")
    sentence = as_read(parts[0].sentence, lag)
    network, recorded = _record(translator.networks.numpy)
    ids = translator.vocabulary.encode(sentence.symbols)
    if isinstance(network, NumpyEncoderDecoder):
        (best,) = greedy(network, [ids], DecodingOptions(lag, attention=True))
        written, ended, attention_TS = best.ids, best.ended, best.attention_TS
    else:
        stream = ClockedStream(network, lag)
        written = [symbol for read in [*ids, END] for symbol in stream.read(read)]
        ended, attention_TS = stream.previous == END, None
    length = len(ids) + 1
    signs = [translator.vocabulary.decode([symbol], [SPAN_SIGN]) for symbol in written]
    out = "".join(signs) + (END_SIGN if ended else "")
    source = "".join(SPAN_SIGN if symbol in KINDS else symbol for symbol in sentence.symbols)
    # A decoder's step belongs to the time step at which its output is written.
    first = clock(1, lag, length)
    layers = [(layer, first if layer.name.startswith("decoder") else 1) for layer in recorded]
    clocks = [clock(t, lag, length) for t in range(1, len(out) + 1)]
    return Unrolled(lag, source + END_SIGN, out, clocks, layers, attention_TS)


def _record(network: object) -> tuple[Any, list[RecordedLayer]]:
    """Return a copy of a network whose layers are recorded, and these layers, bottom layers first."""
    network = copy.copy(network)
    if isinstance(network, NumpyLaggedRNN):
        recorded = [RecordedLayer(layer, f"layer {i}") for i, layer in enumerate(network.layers, start=1)]
        network.layers = list(recorded)  # type: ignore[arg-type]  # used as layers are
        return network, recorded
    if not isinstance(network, NumpyEncoderDecoder):
        raise UsageError("this model has no recurrent layers, so there is nothing to unroll")
    reading = [RecordedLayer(layer, f"encoder {i}") for i, layer in enumerate(network.encoder, start=1)]
    writing = [RecordedLayer(layer, f"decoder {i}") for i, layer in enumerate(network.decoder, start=1)]
    network.encoder, network.decoder = list(reading), list(writing)  # type: ignore[arg-type]
    return network, [*reading, *writing]


def to_text(unrolled: Unrolled) -> str:
    """Return three lines of text: the numbers of the time steps, what is read, what is written."""
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
    """Draw what was read and written when, the attention, and the gates of eight units.

    The axis of time of all panels is the same, so what stands above each other happened at the same time.

    Args:
        unrolled: the result of `unroll`.
        path: the PNG file to write.

    Raises:
        UserError: the sentence is too long for a figure.
        UsageError: matplotlib is not installed.
    """
    check_drawable(unrolled.steps)
    plt = pyplot()
    gated = [(layer, first) for layer, first in unrolled.layers if layer.gates_TGH]
    shown = [gated[0], gated[-1]] if len(gated) > 1 else gated
    looks = unrolled.attention_TS is not None
    heights = [1.9, *([0.2 * len(unrolled.source) + 0.6] if looks else []), *[2.2] * len(shown)]
    figure, panels = plt.subplots(
        len(heights),
        1,
        figsize=(max(8.0, 2.4 + 0.27 * unrolled.steps), 1.0 + sum(heights)),
        height_ratios=heights,
        sharex=True,
        layout="constrained",
    )
    panels = list(np.atleast_1d(panels))
    _draw_chain(panels.pop(0), unrolled)
    if looks:
        _draw_attention(panels.pop(0), unrolled)
    for axes, (layer, first) in zip(panels, shown, strict=True):
        written = layer.name.startswith("decoder")
        image = _draw_gates(axes, layer, first, "while writing" if written else "while reading")
        figure.colorbar(image, ax=axes, label="0 closed, 1 open", ticks=[0, 0.5, 1], pad=0.01)
    last = figure.axes[len(heights) - 1]
    last.set_xlim(0.4, unrolled.steps + 0.6)
    last.xaxis.get_major_locator().set_params(integer=True)
    last.set_xlabel("time step")
    save_png(figure, path)


def _draw_chain(axes: Any, unrolled: Unrolled) -> None:
    """Draw a chain of boxes with arrows between them, what is read below and what is written above."""
    for s in range(1, unrolled.steps + 1):
        axes.text(s, 1, "h", ha="center", va="center", bbox={"boxstyle": "round", "fc": "0.92", "ec": "0.5"})
        if s < unrolled.steps:
            axes.annotate("", (s + 0.7, 1), (s + 0.3, 1), arrowprops={"arrowstyle": "->", "color": "0.5"})
    for s, character in enumerate(unrolled.source, start=1):
        axes.text(s, 0, cell(character), ha="center", va="center", family="monospace")
        axes.annotate("", (s, 0.7), (s, 0.25), arrowprops={"arrowstyle": "->", "color": READ})
    for s, character in zip(unrolled.clocks, unrolled.text, strict=True):
        axes.text(s, 2, cell(character), ha="center", va="center", family="monospace")
        axes.annotate("", (s, 1.75), (s, 1.3), arrowprops={"arrowstyle": "->", "color": WRITTEN})
    axes.set_ylim(-0.4, 2.4)
    axes.set_yticks([0, 1, 2], ["read", "hidden state", "written"])
    axes.tick_params(length=0)
    _title(
        axes, f"The unrolled network at lag {unrolled.lag}: a step reads, changes the state h, and may write"
    )


def _draw_attention(axes: Any, unrolled: Unrolled) -> None:
    """Draw a column of weights for each character written; what had not been read by then is grey."""
    assert unrolled.attention_TS is not None
    attention_TS, first = np.asarray(unrolled.attention_TS), unrolled.clocks[0]
    length = len(unrolled.source)
    extent = (first - 0.5, first - 0.5 + len(attention_TS), length + 0.5, 0.5)
    axes.imshow(attention_TS.T[:length], cmap="Blues", vmin=0, vmax=1, aspect="auto", extent=extent)
    had_read = [min(s, length) + 0.5 for s in unrolled.clocks]
    edges = [s - 0.5 for s in (*unrolled.clocks, unrolled.clocks[-1] + 1)]
    axes.fill_between(edges, [*had_read, had_read[-1]], length + 0.5, step="post", color="0.88", lw=0)
    axes.stairs(had_read, edges, baseline=None, color=READ, linewidth=1.5)
    axes.set_yticks(range(1, length + 1), [cell(character) for character in unrolled.source], fontsize=8)
    axes.tick_params(length=0)
    for s, character in zip(unrolled.clocks, unrolled.text, strict=True):
        axes.text(s, length + 1, cell(character), ha="center", va="center", fontsize=8, color=WRITTEN)
    axes.axhline(length + 0.5, color="black", linewidth=0.8)
    axes.set_ylim(length + 1.5, 0.5)
    axes.set_ylabel("read (below: written)")
    _title(axes, "Attention: the darker, the more a character written looked at one read; grey: not yet read")


def _title(axes: Any, text: str) -> None:
    axes.set_title(text, fontsize=9, loc="left")


def _draw_gates(axes: Any, layer: RecordedLayer, first: int, when: str) -> Any:
    """Draw the three gates of the eight units of a layer whose gates change most, a block for each gate."""
    gates_TGH = np.array(layer.gates_TGH)
    units = np.sort(np.argsort(-gates_TGH.std(axis=0).sum(axis=0), kind="stable")[:UNITS])
    rows_RT = np.concatenate([gates_TGH[:, gate, units].T for gate in range(len(GATE_NAMES))])
    extent = (first - 0.5, first - 0.5 + rows_RT.shape[1], len(rows_RT), 0)
    image = axes.imshow(rows_RT, cmap="viridis", vmin=0, vmax=1, aspect="auto", extent=extent)
    for border in range(len(units), len(rows_RT), len(units)):
        axes.axhline(border, color="white", linewidth=2)
    middles = [len(units) * (place + 0.5) for place in range(len(GATE_NAMES))]
    axes.set_yticks(middles, [f"{name} gate" for name in GATE_NAMES])
    axes.tick_params(axis="y", length=0)
    all_units = gates_TGH.shape[2]
    _title(
        axes,
        f"Gates of {layer.name} {when}: the {len(units)} units of {all_units} that change most, a row each",
    )
    return image
