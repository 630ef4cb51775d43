"""Claim 4: what the loss says about a state far back vanishes or explodes, and less so in an LSTM."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2seq.experiments.harness import Check, Experiment, Outcome, Row, Setting, at_least, at_most
from seq2seq.plain.backward import Weights, backward, forward
from seq2seq.plain.cells import GATES, Array, Layer

DISTANCE, BATCH, INPUTS, HIDDEN = 100, 16, 16, 64
SEEDS = 5
FALLS, STAYS, HELPS = 1e3, 1e2, 0.75
CLIP_NORM, RATE, UPDATES, SPAN, LAST = 0.5, 0.3, 400, 15, 40
"""Of the layer that is taught with and without clipping, over `SPAN` steps; scored by its last updates."""


@dataclass(frozen=True)
class Start:
    """How the weights of a layer begin.

    Attributes:
        name: for the table.
        cell: lstm, gru or rnn.
        gain: U is random with about this spectral radius; None is PyTorch's default for all weights.
        forget: the bias of an LSTM's forget gate.
    """

    name: str
    cell: str
    gain: float | None = None
    forget: float | None = None


# A gate that is to stay open over 100 steps needs σ(b)^100 not to be small: b = log(100 - 1), where it is
# about 1/e (Gers et al. 2000; Tallec and Ollivier 2018).
LONG = math.log(DISTANCE - 1)
STARTS = (
    Start("rnn, small weights", "rnn", gain=0.5),
    Start("rnn, large weights", "rnn", gain=3.0),
    Start("rnn, PyTorch's default", "rnn"),
    Start("gru, PyTorch's default", "gru"),
    Start("lstm, forget bias 0", "lstm", forget=0.0),
    Start("lstm, forget bias 1", "lstm", forget=1.0),
    Start(f"lstm, forget bias {LONG:.1f}", "lstm", forget=LONG),
    Start("lstm, the same, large weights", "lstm", gain=3.0, forget=LONG),
)
TAUGHT = Start("rnn, spectral radius 2", "rnn", gain=2.0)
SMALL, LARGE, OPEN = STARTS[0].name, STARTS[1].name, STARTS[-2].name


def run(setting: Setting) -> Outcome:
    """Send a loss at the last step back over 100 steps, through layers that begin in different ways."""
    seeds = range(setting.seed, setting.seed + (2 if setting.quick else SEEDS))
    curves: dict[str, list[Array]] = {start.name: [] for start in STARTS}
    with tqdm(total=len(STARTS) * len(seeds), unit="layer", disable=None) as bar:
        for start in STARTS:
            for seed in seeds:
                curves[start.name].append(_norms(start, np.random.default_rng(seed)))
                bar.update()
    rows: list[Row] = [
        {
            "layer": name,
            "norm at distance 100, relative": float(np.median([c[-1] / c[0] for c in found])),
            "largest / smallest": float(np.median([c.max() / c.min() for c in found])),
        }
        for name, found in curves.items()
    ]
    clipped, free = (
        [_learn(np.random.default_rng(seed), clip) for seed in tqdm(seeds, unit="layer", disable=None)]
        for clip in (True, False)
    )
    ends = (", ".join(f"{one.end:.2f}" for one in found) for found in (clipped, free))
    notes = [
        f"Clipping: {TAUGHT.name}, learns to say the sign of a number {SPAN} steps after it, by {UPDATES} "
        f"updates of plain gradient descent. The longest gradient has norm {max(free[0].norms):.3g} and "
        f"moves the weights by {RATE * max(free[0].norms):.3g} at once; clipped to {CLIP_NORM:g} they never "
        f"move by more than {RATE * CLIP_NORM:g}. The loss of the last {LAST} updates, a seed each: "
        f"{next(ends)} with clipping, {next(ends)} without; a guess has 0.5.",
        "An LSTM keeps gradients from vanishing where its forget gate is open, and there alone; the last row "
        "is about its gradients with large weights.",
    ]
    checks = _checks(curves)
    worst = max(one.end / other.end for one, other in zip(clipped, free, strict=True))
    checks.append(at_most(f"{TAUGHT.name}: loss with clipping / without", worst, HELPS))
    return Outcome(rows, checks, lambda figure: _draw(figure, curves, clipped, free), notes)


def _checks(curves: dict[str, list[Array]]) -> list[Check]:
    """Over all seeds, the worst."""
    falls = min(float(c[0] / c[-1]) for c in curves[SMALL])
    grows = min(float(c[-1] / c[0]) for c in curves[LARGE])
    stays = max(float(c.max() / c.min()) for c in curves[OPEN])
    return [
        at_least(f"{SMALL}: falls by", falls, FALLS),
        at_least(f"{LARGE}: grows by", grows, FALLS),
        at_most(f"{OPEN}: largest / smallest", stays, STAYS),
    ]


def _layer(start: Start, rng: np.random.Generator) -> Layer:
    gates = GATES[start.cell] * HIDDEN
    bound = HIDDEN**-0.5
    layer = Layer(
        cell=start.cell,
        W_IG=rng.uniform(-bound, bound, (INPUTS, gates)),
        U_HG=rng.uniform(-bound, bound, (HIDDEN, gates)),
        b_G=rng.uniform(-bound, bound, gates),
        d_G=rng.uniform(-bound, bound, gates),
        initial=np.zeros((2 if start.cell == "lstm" else 1, HIDDEN)),
    )
    if start.gain is not None:
        layer = replace(layer, U_HG=rng.normal(0, start.gain * HIDDEN**-0.5, (HIDDEN, gates)))
    if start.forget is not None:
        layer.b_G[HIDDEN : 2 * HIDDEN] = start.forget
    return layer


def _norms(start: Start, rng: np.random.Generator) -> Array:
    """The norm of ∂loss/∂h_t by distance from the last step, 0 … 100; the geometric mean over sequences."""
    layer = _layer(start, rng)
    x_TBI = rng.normal(size=(DISTANCE + 1, BATCH, INPUTS))
    _, states = forward(layer, x_TBI)
    dh_TBH = np.zeros((DISTANCE + 1, BATCH, HIDDEN))
    dh_TBH[-1] = rng.normal(size=(BATCH, HIDDEN))
    found = backward(layer, x_TBI, states, dh_TBH)
    norms_TB = np.array([np.linalg.norm(dstate[0], axis=1) for dstate in found.states[1:]])
    return np.asarray(np.exp(np.log(norms_TB).mean(axis=1))[::-1])


@dataclass(frozen=True)
class Learning:
    """Loss and norm of the gradient at each update."""

    losses: list[float]
    norms: list[float]

    @property
    def end(self) -> float:
        """The loss of the last updates."""
        return float(np.mean(self.losses[-LAST:]))


def _learn(rng: np.random.Generator, clip: bool) -> Learning:
    """Teach a layer with exploding gradients to give, at the last step, the sign of the first input."""
    layer = _layer(TAUGHT, rng)
    readout_H = rng.normal(size=HIDDEN) * HIDDEN**-0.5
    losses, norms = [], []
    for _ in range(UPDATES):
        x_TBI = rng.normal(size=(SPAN, BATCH, INPUTS))
        h_TBH, states = forward(layer, x_TBI)
        error_B = h_TBH[-1] @ readout_H - np.sign(x_TBI[0, :, 0])
        dh_TBH = np.zeros_like(h_TBH)
        dh_TBH[-1] = error_B[:, None] * readout_H / BATCH
        weights = backward(layer, x_TBI, states, dh_TBH).shared
        norm = math.sqrt(sum(float((part**2).sum()) for part in vars(weights).values()))
        losses.append(float((error_B**2).mean() / 2))
        norms.append(norm)
        layer = _moved(layer, weights, RATE * (min(1.0, CLIP_NORM / norm) if clip else 1.0))
    return Learning(losses, norms)


def _moved(layer: Layer, weights: Weights, rate: float) -> Layer:
    return replace(
        layer,
        W_IG=layer.W_IG - rate * weights.W_IG,
        U_HG=layer.U_HG - rate * weights.U_HG,
        b_G=layer.b_G - rate * weights.b_G,
        d_G=layer.d_G - rate * weights.d_G,
    )


def _draw(figure: Any, curves: dict[str, list[Array]], clipped: list[Learning], free: list[Learning]) -> None:
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    for (name, found), colour in zip(curves.items(), _COLOURS, strict=True):
        for i, norms in enumerate(found):
            relative = norms / norms[0]
            left.plot(relative, color=colour, alpha=0.9 if i == 0 else 0.3, label=None if i else name)
    left.set_yscale("log")
    left.set_ylim(1e-20, 1e30)  # above the curves is the legend
    left.set_xlabel("distance from the loss, steps")
    left.set_ylabel("norm of ∂loss/∂h, relative")
    left.axhspan(1 / STAYS, STAYS, color="0.9", lw=0)
    left.legend(frameon=False, fontsize=8)
    window = np.ones(LAST) / LAST
    for taught, colour, name in ((free, "tab:red", "as the gradient is"), (clipped, "tab:blue", "clipped")):
        for i, one in enumerate(taught):
            mean = np.convolve(one.losses, window, "valid")
            updates = np.arange(LAST, UPDATES + 1)
            right.plot(updates, mean, color=colour, alpha=0.9 if i == 0 else 0.3, label=None if i else name)
    right.axhline(0.5, color="0.7", lw=1, zorder=0)
    right.set_ylim(0)
    right.set_xlabel("update")
    right.set_ylabel(f"loss, mean of {LAST}")
    right.set_title(TAUGHT.name, fontsize=9)
    right.legend(frameon=False, fontsize=8)


_COLOURS = (
    "tab:blue",
    "tab:red",
    "tab:cyan",
    "tab:green",
    "tab:olive",
    "tab:orange",
    "tab:purple",
    "tab:pink",
)

EXPERIMENT = Experiment(
    number=4,
    name="gradients",
    claim="In a plain recurrent network gradients vanish or explode over long distances; an LSTM keeps them.",
    bound=(
        f"With a loss at the last step alone, over {DISTANCE} steps, at {SEEDS} seeds (2 in a quick run): "
        f"the norm of ∂loss/∂h of a plain network falls by at least {FALLS:g} with small weights and grows "
        f"by at least {FALLS:g} with large ones; that of an LSTM with its forget bias set for this distance "
        f"stays within a factor of {STAYS:g} throughout. Taught by plain gradient descent, a plain network "
        f"ends, with clipping, at {HELPS:g} or less of the loss that it ends at without."
    ),
    run=run,
)
