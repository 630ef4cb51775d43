"""Claim 6: a recurrent network runs over sequences of millions of elements in constant memory."""

from __future__ import annotations

import time
from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from seq2seq.config.schema import ModelConfig
from seq2seq.decoding.clocked import ClockedStream
from seq2seq.drawing.style import BLUE
from seq2seq.errors import UserError
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow, at_least, at_most
from seq2seq.plain.lagged_rnn import NumpyLaggedRNN
from seq2seq.text.vocabulary import PAD, SPECIALS

if TYPE_CHECKING:
    from torch import Tensor

    from seq2seq.models.lagged_rnn import LaggedRNN

LAG, LETTERS = 8, 4
MODEL = ModelConfig(
    kind="lagged_rnn", cell="lstm", embedding=16, hidden=128, layers=1, feedback=False, dropout=0.0
)
STREAMS, SPAN, UPDATES = 64, 32, 6_000
"""Truncated backpropagation through time: `STREAMS` sequences in a batch, in spans of `SPAN` steps."""
RESTARTS = 1 / 16
"""Share of the sequences that start anew in an update, so that the network also learns the start."""

LENGTH, QUICK_LENGTH = 10_000_000, 500_000
SETTLED, MARK = 100_000, 50_000
"""Resident memory is measured after `SETTLED` letters and then every `MARK` letters."""


def run(options: RunOptions) -> Outcome:
    """Train a network to copy at a lag of 8, then run it on a stream, letter by letter."""
    length = QUICK_LENGTH if options.quick else LENGTH
    updates = UPDATES // 2 if options.quick else UPDATES
    network = NumpyLaggedRNN(MODEL, _train(options.seed, updates))
    found = _stream(network, np.random.default_rng(options.seed + 1), length)
    growth = 100 * (max(found.memory[1:], default=found.memory[0]) / found.memory[0] - 1)
    row: TableRow = {
        "letters": float(length),
        "wrong": float(found.wrong),
        "seconds": found.seconds,
        "letters / second": length / found.seconds,
        f"memory after {SETTLED:,}, MB": found.memory[0],
        "growth from then on, %": growth,
    }
    checks = [
        at_most("wrong letters", found.wrong, 0),
        at_least("letters written", found.written, length - LAG),
        at_most("growth of resident memory, %", growth, 5.0),
    ]
    notes = [
        f"Trained with truncated backpropagation through time: {updates:,} updates on batches of {STREAMS} "
        f"sequences in spans of {SPAN} steps; states are carried from span to span, gradients are not."
    ]
    return Outcome([row], checks, {"memory": [round(mb, 2) for mb in found.memory]}, notes)


def _train(seed: int, updates: int) -> dict[str, Any]:
    """Train by truncated backpropagation with a learning rate that falls to 0; return the weights."""
    import torch
    from torch.nn.functional import cross_entropy

    from seq2seq.models.build import to_weights
    from seq2seq.models.lagged_rnn import LaggedRNN

    torch.manual_seed(seed)
    network = LaggedRNN(MODEL, SPECIALS + LETTERS)
    adam = torch.optim.Adam(network.parameters(), lr=5e-3)
    letters = torch.randint(SPECIALS, SPECIALS + LETTERS, (SPAN, STREAMS))
    starts = [layer.start(STREAMS) for layer in network.layers]  # type: ignore[operator]
    states = [tuple(part[None] for part in start) for start in starts]
    with tqdm(total=updates, unit="update", disable=None) as bar:
        for update in range(updates):
            for group in adam.param_groups:
                group["lr"] = 5e-3 * (1 - update / updates)
            fresh = torch.randint(SPECIALS, SPECIALS + LETTERS, (SPAN, STREAMS))
            target = torch.cat([letters[-LAG:], fresh[:-LAG]])
            restarts = torch.rand(STREAMS) < RESTARTS
            target[:LAG, restarts] = PAD  # no output is due yet
            logits, states = _span(network, fresh, _restarted(network, states, restarts))
            loss = cross_entropy(logits.flatten(0, 1), target.flatten(), ignore_index=PAD)
            adam.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            adam.step()
            # The states are carried into the next span, their gradients are not.
            states = [tuple(part.detach() for part in state) for state in states]
            letters = fresh
            bar.update()
    return dict(to_weights(network))


def _restarted(
    network: LaggedRNN, states: list[tuple[Tensor, ...]], restarts_B: Tensor
) -> list[tuple[Tensor, ...]]:
    """Return the states, reset to the initial state for the sequences that start anew."""
    return [
        tuple(
            first_BH.where(restarts_B[:, None], part_1BH[0])[None].contiguous()
            for first_BH, part_1BH in zip(layer.start(len(restarts_B)), state, strict=True)  # type: ignore[operator]
        )
        for layer, state in zip(network.layers, states, strict=True)
    ]


def _span(
    network: LaggedRNN, letters_CB: Tensor, states: list[tuple[Tensor, ...]]
) -> tuple[Tensor, list[tuple[Tensor, ...]]]:
    """Run C steps from given states; return the logits, shape (C, B, V), and the final states."""
    below, after = network.source_embedding(letters_CB), []
    for layer, state in zip(network.layers, states, strict=True):
        below, new = layer.fused(below, state if len(state) > 1 else state[0])  # type: ignore[operator]
        after.append(new if isinstance(new, tuple) else (new,))
    return network.output(below), after


class _StreamResult:
    """Errors, time in seconds, and resident memory in MB at each mark."""

    def __init__(self) -> None:
        self.wrong = self.written = 0
        self.seconds = 0.0
        self.memory: list[float] = []


def _stream(network: NumpyLaggedRNN, rng: np.random.Generator, length: int) -> _StreamResult:
    """Run the network on `length` random letters and compare each letter it writes."""
    found, stream, due = _StreamResult(), ClockedStream(network, LAG), deque[int]()
    began = time.perf_counter()
    with tqdm(total=length, unit="letter", unit_scale=True, disable=None) as bar:
        for first in range(0, length, MARK):
            block = rng.integers(SPECIALS, SPECIALS + LETTERS, min(MARK, length - first)).tolist()
            for letter in block:
                due.append(letter)
                for written in stream.read(letter):
                    found.written += 1
                    found.wrong += written != due.popleft()
            bar.update(len(block))
            if first + len(block) >= min(SETTLED, length):
                found.memory.append(_resident())
    found.seconds = time.perf_counter() - began
    return found


def _resident() -> float:
    """Return the resident memory of this process, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        raise UserError(
            "this experiment measures its memory by /proc, which does not exist here: run it on Linux"
        )
    (line,) = [line for line in status.read_text().splitlines() if line.startswith("VmRSS:")]
    return int(line.split()[1]) / 1000


def _draw(figure: Any, result: Result) -> None:
    """Draw the memory at each mark; of an older result, its first and its largest value."""
    axes, row = figure.subplots(), result["rows"][0]
    first = row[f"memory after {SETTLED:,}, MB"]
    largest = first * (1 + row["growth from then on, %"] / 100)
    memory = result.get("data", {}).get("memory", [])
    axes.axhspan(0.95 * first, 1.05 * first, color="0.9", lw=0, label="within 5 %")
    axes.plot([SETTLED / 1e6], [first], color=BLUE, marker="o", ls="", label=f"after {SETTLED:,} letters")
    axes.plot([(SETTLED + i * MARK) / 1e6 for i in range(len(memory))], memory, color=BLUE)
    axes.axhline(largest, color=BLUE, ls="--", label="largest value up to the end")
    axes.set_title(f"Memory stays constant; {row['wrong']:.0f} of {row['letters']:,.0f} letters are wrong")
    axes.set_ylim(0, 1.4 * largest)
    axes.set_xlim(0, row["letters"] / 1e6)
    axes.set_xlabel("letters read, millions")
    axes.set_ylabel("resident memory, MB")
    axes.grid()
    axes.legend(loc="lower right")


EXPERIMENT = Experiment(
    number=6,
    name="millions",
    claim="A recurrent network can be run over sequences of millions of elements.",
    bound=(
        f"A network trained to copy at a lag of {LAG} copies a stream of ten million random letters (half a "
        "million in a quick run) without an error, while resident memory stays within 5 % of its value "
        f"after the first {SETTLED:,} letters."
    ),
    equation=(
        "`h_t = g(h_{t-1}, x_t)`: a step needs the state before it and nothing older; here `o_{t+8} = x_t`."
    ),
    method=(
        "A network with a lag of 8 is trained to copy random letters, by truncated backpropagation through "
        "time. Then it reads ten million letters, one at a time, while its errors and the memory of the "
        "process are recorded."
    ),
    figure="The memory at the end is that at the start: the dashed line passes through the point.",
    limits=(
        "To run over millions of elements is not to train over them: training keeps every state for the "
        "backward pass. Truncated backpropagation cuts the stream into spans; states are carried over, "
        "gradients are not. No letter is needed for longer than eight steps: errors and memory do not "
        "accumulate, but long memory is not shown."
    ),
    minutes=40,
    run=run,
    draw=_draw,
)
