"""Claim 4: gradients vanish or explode over long distances in a plain network, less so in an LSTM."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from tqdm import tqdm

from seq2seq.drawing.style import BLUE, COLOURS, GREY, VERMILION
from seq2seq.experiments.harness import (
    BoundCheck,
    Experiment,
    Outcome,
    Result,
    RunOptions,
    TableRow,
    at_least,
    at_most,
)
from seq2seq.plain.backward import WeightGradients, backward, forward
from seq2seq.plain.cells import GATES, STATES, Array, Layer

DISTANCE, BATCH, INPUTS, HIDDEN = 100, 16, 16, 64
SEEDS = 5
FALLS, STAYS, HELPS = 1e3, 1e2, 0.75
CLIP_NORM, RATE, UPDATES, SPAN, LAST = 0.5, 0.3, 400, 15, 40
"""For the layer trained with and without clipping over `SPAN` steps; scored on its `LAST` updates."""
EACH = 5
"""Steps, and updates, from one stored number to the next."""


@dataclass(frozen=True)
class Initialisation:
    """An initialisation of a layer.

    Attributes:
        name: the name in the table.
        cell: lstm, gru or rnn.
        gain: the approximate spectral radius of the random matrix U; None is PyTorch's initialisation.
        forget: the bias of an LSTM's forget gate; None is PyTorch's initialisation.
    """

    name: str
    cell: str
    gain: float | None = None
    forget: float | None = None


# For a gate to stay open over 100 steps σ(b)^100 must not be small; at b = log(100 - 1) it is about 1/e
# (Gers et al. 2000; Tallec and Ollivier 2018).
LONG = math.log(DISTANCE - 1)
STARTS = (
    Initialisation("rnn, small weights", "rnn", gain=0.5),
    Initialisation("rnn, large weights", "rnn", gain=3.0),
    Initialisation("rnn, PyTorch's default", "rnn"),
    Initialisation("gru, PyTorch's default", "gru"),
    Initialisation("lstm, forget bias 0", "lstm", forget=0.0),
    Initialisation("lstm, forget bias 1", "lstm", forget=1.0),
    Initialisation(f"lstm, forget bias {LONG:.1f}", "lstm", forget=LONG),
    Initialisation(f"lstm, forget bias {LONG:.1f}, large weights", "lstm", gain=3.0, forget=LONG),
)
CLIPPED_LAYER = Initialisation("rnn, spectral radius 2", "rnn", gain=2.0)
SMALL, LARGE, OPEN = STARTS[0].name, STARTS[1].name, STARTS[-2].name


def run(options: RunOptions) -> Outcome:
    """Backpropagate a loss at the last step over 100 steps, for layers with different initialisations."""
    seeds = range(options.seed, options.seed + (2 if options.quick else SEEDS))
    curves: dict[str, list[Array]] = {start.name: [] for start in STARTS}
    with tqdm(total=len(STARTS) * len(seeds), unit="layer", disable=None) as bar:
        for start in STARTS:
            for seed in seeds:
                curves[start.name].append(_norms(start, np.random.default_rng(seed)))
                bar.update()
    rows: list[TableRow] = [
        {
            "layer": name,
            "relative norm at distance 100": float(np.median([c[-1] / c[0] for c in found])),
            "largest / smallest": float(np.median([c.max() / c.min() for c in found])),
        }
        for name, found in curves.items()
    ]
    clipped, free = (
        [_train(np.random.default_rng(seed), clip) for seed in tqdm(seeds, unit="layer", disable=None)]
        for clip in (True, False)
    )
    ends = (", ".join(f"{one.end:.2f}" for one in found) for found in (clipped, free))
    notes = [
        f"Clipping: {CLIPPED_LAYER.name}, learns the sign of a number read {SPAN} steps earlier, with "
        f"{UPDATES} updates of plain gradient descent. The largest gradient has norm "
        f"{max(free[0].norms):.3g} and would move the weights by {RATE * max(free[0].norms):.3g}; clipped "
        f"to {CLIP_NORM:g}, no update moves them by more than {RATE * CLIP_NORM:g}. Mean loss of the last "
        f"{LAST} updates for each seed: {next(ends)} with clipping, {next(ends)} without; guessing has 0.5.",
        "An LSTM keeps gradients from vanishing only where its forget gate is open; the last row shows that "
        "with large weights its gradients can still grow.",
    ]
    checks = _checks(curves)
    worst = max(one.end / other.end for one, other in zip(clipped, free, strict=True))
    checks.append(at_most(f"{CLIPPED_LAYER.name}: loss with clipping / without", worst, HELPS))
    return Outcome(rows, checks, _data(curves, clipped, free), notes)


def _checks(curves: dict[str, list[Array]]) -> list[BoundCheck]:
    """Check the worst of all seeds."""
    falls = min(float(c[0] / c[-1]) for c in curves[SMALL])
    grows = min(float(c[-1] / c[0]) for c in curves[LARGE])
    stays = max(float(c.max() / c.min()) for c in curves[OPEN])
    return [
        at_least(f"{SMALL}: factor of decrease", falls, FALLS),
        at_least(f"{LARGE}: factor of increase", grows, FALLS),
        at_most(f"{OPEN}: largest / smallest", stays, STAYS),
    ]


def _layer(start: Initialisation, rng: np.random.Generator) -> Layer:
    gates = GATES[start.cell] * HIDDEN
    bound = HIDDEN**-0.5
    layer = Layer(
        cell=start.cell,
        W_IG=rng.uniform(-bound, bound, (INPUTS, gates)),
        U_HG=rng.uniform(-bound, bound, (HIDDEN, gates)),
        b_G=rng.uniform(-bound, bound, gates),
        d_G=rng.uniform(-bound, bound, gates),
        initial=np.zeros((STATES[start.cell], HIDDEN)),
    )
    if start.gain is not None:
        layer = replace(layer, U_HG=rng.normal(0, start.gain * HIDDEN**-0.5, (HIDDEN, gates)))
    if start.forget is not None:
        layer.b_G[HIDDEN : 2 * HIDDEN] = start.forget
    return layer


def _norms(start: Initialisation, rng: np.random.Generator) -> Array:
    """Return the norm of ∂loss/∂h_t by distance from the last step, as the geometric mean over the batch."""
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
    """Loss and gradient norm of each update."""

    losses: list[float]
    norms: list[float]

    @property
    def end(self) -> float:
        """Mean loss of the last updates."""
        return float(np.mean(self.losses[-LAST:]))


def _train(rng: np.random.Generator, clip: bool) -> Learning:
    """Train a layer with exploding gradients to output, at the last step, the sign of the first input."""
    layer = _layer(CLIPPED_LAYER, rng)
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
        layer = _updated(layer, weights, RATE * (min(1.0, CLIP_NORM / norm) if clip else 1.0))
    return Learning(losses, norms)


def _updated(layer: Layer, weights: WeightGradients, rate: float) -> Layer:
    return replace(
        layer,
        W_IG=layer.W_IG - rate * weights.W_IG,
        U_HG=layer.U_HG - rate * weights.U_HG,
        b_G=layer.b_G - rate * weights.b_G,
        d_G=layer.d_G - rate * weights.d_G,
    )


def _data(
    curves: dict[str, list[Array]], clipped: list[Learning], free: list[Learning]
) -> dict[str, dict[str, list[list[float]]]]:
    """Return the numbers of the figure, every `EACH` steps or updates: relative norms, mean losses."""
    window = np.ones(LAST) / LAST
    return {
        "norms": {name: [_short(c / c[0]) for c in found] for name, found in curves.items()},
        "losses": {
            name: [_short(np.convolve(one.losses, window, "valid")) for one in layers]
            for name, layers in (("not clipped", free), ("clipped", clipped))
        },
    }


def _short(numbers: Array) -> list[float]:
    return [float(f"{number:.4g}") for number in numbers[::EACH]]


def _draw(figure: Any, result: Result) -> None:
    left, right = figure.subplots(1, 2, width_ratios=[3, 2])
    for (name, found), (number, colour) in zip(
        result["data"]["norms"].items(), enumerate(COLOURS.values()), strict=True
    ):
        for i, norms in enumerate(found):
            distances = [EACH * j for j in range(len(norms))]
            how = {"color": colour, "alpha": 0.9 if i == 0 else 0.3, "ls": ("-", "--")[number % 2]}
            left.plot(distances, norms, **how, label=None if i else name)
    left.axhspan(1 / STAYS, STAYS, color="0.9", lw=0)
    left.set_yscale("log")
    left.set_ylim(1e-35, 1e15)
    left.set_title("Gradient against distance; a line for each seed", fontsize=10)
    left.set_xlabel("distance from the loss, steps")
    left.set_ylabel("norm of ∂loss/∂h, relative to distance 0")
    left.grid()
    for (name, layers), colour in zip(result["data"]["losses"].items(), (VERMILION, BLUE), strict=True):
        for i, losses in enumerate(layers):
            updates = [LAST + EACH * j for j in range(len(losses))]
            alpha = 0.9 if i == 0 else 0.3
            right.plot(updates, losses, color=colour, alpha=alpha, label=None if i else name)
    right.axhline(0.5, color=GREY, ls=":", label="guessing")
    right.set_ylim(0)
    right.set_title(f"Training of: {CLIPPED_LAYER.name}", fontsize=10)
    right.set_xlabel("update")
    right.set_ylabel(f"loss, mean of {LAST} updates")
    right.grid()
    right.legend(loc="lower left")
    figure.legend(*left.get_legend_handles_labels(), loc="outside lower center", ncols=3)


EXPERIMENT = Experiment(
    number=4,
    name="gradients",
    claim="Over long distances gradients vanish or explode in a plain network; an LSTM preserves them.",
    bound=(
        f"With a loss at the last step only, over {DISTANCE} steps and for {SEEDS} seeds (2 in a quick "
        f"run), the norm of ∂loss/∂h of a plain network falls by a factor of at least {FALLS:g} with small "
        f"weights and grows by a factor of at least {FALLS:g} with large ones; that of an LSTM whose "
        f"forget bias is set for this distance stays within a factor of {STAYS:g}. Trained by plain "
        f"gradient descent, the final loss of a plain network with clipping is at most {HELPS:g} times its "
        "final loss without."
    ),
    equation=(
        "`∂L/∂h_{t-1} = U^T (∂L/∂h_t ⊙ tanh')`; in an LSTM also `∂L/∂c_{t-1} = f_t ⊙ ∂L/∂c_t`, without a "
        "matrix."
    ),
    method=(
        "A loss at the last of 100 steps is propagated back through untrained layers with eight "
        "initialisations, and the norm of the gradient is measured at each step; the table has medians over"
        " seeds. A plain layer whose gradients explode is then trained with and without clipping."
    ),
    figure=(
        "Left: a falling line is a vanishing gradient, a rising one an exploding gradient; in the grey band"
        " it keeps its size. Right: only with clipping does the loss fall well below guessing."
    ),
    limits=(
        "The cell alone does not remove the problem: a forget gate that is half open, as after the usual "
        "initialisation, halves the gradient at each step, so its bias has to be set for the distance (Gers"
        " et al. 2000, Jozefowicz et al. 2015, Tallec and Ollivier 2018). Exploding gradients are handled "
        "by clipping (Pascanu et al. 2013). These are initial weights; training changes them, and AdamW "
        "divides a small gradient by its own size."
    ),
    minutes=0.5,
    run=run,
    draw=_draw,
)
