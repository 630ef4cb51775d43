"""Claim 3: an unrolled recurrent network is a deep network with shared weights and is trained as one."""

from __future__ import annotations

from dataclasses import fields
from typing import TYPE_CHECKING, Any

import numpy as np
from tqdm import tqdm

from seq2seq.drawing.style import CELL_STYLES
from seq2seq.experiments.harness import Experiment, Outcome, Result, RunOptions, TableRow, at_most
from seq2seq.plain.backward import Gradients, WeightGradients, backward, forward
from seq2seq.plain.cells import GATES, Array, Layer

if TYPE_CHECKING:
    from torch import Tensor

    from seq2seq.models.layers import RecurrentLayer

STEPS, BATCH, INPUTS, HIDDEN = 30, 4, 8, 16
LIMIT = 1e-12


def run(options: RunOptions) -> Outcome:
    """Compare the equations, unrolled in NumPy, with PyTorch's fused modules in float64."""
    import torch

    from seq2seq.models.layers import RecurrentLayer

    torch.manual_seed(options.seed)
    rows: list[TableRow] = []
    slices: dict[str, list[float]] = {}
    for cell in tqdm(sorted(GATES), unit="cell", disable=None):
        module = RecurrentLayer(cell, INPUTS, HIDDEN).double()
        with torch.no_grad():
            for parameter in module.parameters():
                parameter.normal_(std=HIDDEN**-0.5)
        x_TBI = torch.randn(STEPS, BATCH, INPUTS, dtype=torch.float64)
        dh_TBH = torch.randn(STEPS, BATCH, HIDDEN, dtype=torch.float64)
        row, found = _compare(module, x_TBI.numpy(), dh_TBH.numpy())
        rows.append({"cell": cell, **row})
        slices[cell] = [float(f"{np.linalg.norm(part.U_HG):.4g}") for part in found.slices]
    checks = [
        at_most(f"{row['cell']}: {name}, largest difference", float(row[name]), LIMIT)
        for row in rows
        for name in row
        if name != "cell"
    ]
    return Outcome(rows, checks, {"slices": slices})


def _compare(module: RecurrentLayer, x_TBI: Array, dh_TBH: Array) -> tuple[TableRow, Gradients]:
    """Return the largest differences between the fused module and the equations, and the latter's gradients.

    The loss is the mean over the steps of the outputs weighted by `dh_TBH`.
    """
    import torch

    steps = len(x_TBI)
    x = torch.from_numpy(x_TBI).requires_grad_()
    outputs = module(x)
    (outputs * torch.from_numpy(dh_TBH)).sum().div(steps).backward()
    weights = {f"l.{name}": tensor.numpy() for name, tensor in module.state_dict().items()}
    layer = Layer.from_weights(weights, "l", module.cell)
    h_TBH, states = forward(layer, x_TBI)
    found = backward(layer, x_TBI, states, dh_TBH / steps)
    peephole = np.zeros((3, HIDDEN)) if module.peephole is None else _gradient(module.peephole)
    W_IG, U_HG, b_G, d_G = (_gradient(part).T for part in module.fused.all_weights[0])
    fused = WeightGradients(W_IG, U_HG, b_G, d_G, peephole)
    one_by_one = [
        backward(layer, x_TBI, states, np.where(np.arange(steps)[:, None, None] == t, dh_TBH, 0)).shared
        for t in range(steps)
    ]
    summed = backward(layer, x_TBI, states, dh_TBH).slices
    return {
        "outputs": _difference(h_TBH, outputs.detach().numpy()),
        "gradient of the weights": _differences(found.shared, fused),
        "gradient of the initial state": _difference(found.initial, _gradient(module.initial)),
        "gradient of the inputs": _difference(found.x_TBI, _gradient(x)),
        "average over the copies of the weights": _differences(_average(summed), fused),
        "average over the losses of the steps": _differences(_average(one_by_one), fused),
    }, found


def _gradient(tensor: Tensor) -> Array:
    assert tensor.grad is not None
    return tensor.grad.numpy()


def _average(parts: list[WeightGradients]) -> WeightGradients:
    return WeightGradients(*(np.mean([getattr(part, name) for part in parts], axis=0) for name in _NAMES))


def _difference(ours: Array, theirs: Array) -> float:
    return float(np.abs(ours - theirs).max())


def _differences(ours: WeightGradients, theirs: WeightGradients) -> float:
    return max(_difference(getattr(ours, name), getattr(theirs, name)) for name in _NAMES)


_NAMES = [field.name for field in fields(WeightGradients)]


def _draw(figure: Any, result: Result) -> None:
    axes = figure.subplots()
    for cell, norms in result["data"]["slices"].items():
        axes.plot(range(1, len(norms) + 1), norms, **CELL_STYLES[cell], label=cell)
    axes.set_title("Each time slice contributes to the gradient of the shared weights")
    axes.set_xlabel("time slice t")
    axes.set_ylabel("norm of the slice's gradient, ∂loss/∂U_t")
    axes.set_yscale("log")
    axes.grid()
    axes.legend(ncols=2)


EXPERIMENT = Experiment(
    number=3,
    name="unrolling",
    claim=(
        "Unrolled over time, a recurrent network is a feed-forward network with a copy of its weights in "
        "each time slice; it is trained by backpropagation, and the gradients of the slices are averaged."
    ),
    bound=(
        "For every cell, in float64, every output and gradient of the equations unrolled in NumPy differs "
        "from that of PyTorch (fused modules; for lstm_peephole, which has none, a loop with autograd) by at "
        f"most {LIMIT:g}, and the gradient of a loss that is a mean over time is the average of the slices' "
        "gradients, both over the copies of the weights and over the losses of the steps."
    ),
    equation=(
        "`L = (L_1 + … + L_T) / T`; `∂L/∂U = (1/T) Σ_t ∂(L_1 + … + L_T)/∂U_t`, U_t the copy of U in slice t."
    ),
    method=(
        "The equations of each cell and their gradients are written out in NumPy, one step at a time "
        "(`plain/cells.py`, `plain/backward.py`). With random weights they are compared with what PyTorch "
        "computes."
    ),
    figure="No slice has a gradient of zero: every copy of the weights takes part in learning.",
    limits=(
        "The article says that the gradients of the slices are averaged; that of shared weights is the sum "
        "over their copies, and an average only where the loss is a mean over time. In the article's LSTM "
        "the gates also read the cell (peepholes, Gers and Schmidhuber 2000); `model.cell` names either. "
        "The agreement is shown for random weights in double precision; training runs in single precision "
        "or bf16."
    ),
    minutes=0.1,
    run=run,
    draw=_draw,
)
