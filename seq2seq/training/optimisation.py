"""The optimiser: AdamW with clipping, row-wise Adam for large tables, and the average of the weights."""

from __future__ import annotations

import copy
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, TypedDict

import torch
from torch import Tensor

from seq2seq.config.schema import TrainConfig
from seq2seq.errors import CheckpointError
from seq2seq.models.build import Network
from seq2seq.models.layers import WordEmbedding
from seq2seq.training.schedule import learning_rate

BETAS = (0.9, 0.98)
"""Decay rates of the running means of the gradients and of their squares."""
TABLES_EVERY = 16
"""The average of the large embedding tables is updated once in this many steps, to save time."""
_DOES_NOT_FIT = "the optimiser's part of the state does not fit this network or is not finite"


class OptimisationState(TypedDict):
    """What a training state holds of an `Optimisation`, on any device.

    Attributes:
        network: the weights by name.
        averaged: their running averages by name.
        adamw: the state of `torch.optim.AdamW`.
        tables: for each embedding table by name, the running means of its gradient and of the square.
    """

    network: dict[str, Tensor]
    averaged: dict[str, Tensor]
    adamw: dict[str, Any]
    tables: dict[str, list[Tensor]]


class Optimisation:
    """AdamW with clipping and a schedule, and an exponential moving average of the weights.

    Args:
        network: the network to be trained, on its device.
        train: the `train` section of the configuration.

    Attributes:
        network: the network, in training mode.
        averaged: a copy of the network with the averaged weights, in evaluation mode.
    """

    def __init__(self, network: Network, train: TrainConfig) -> None:
        self.network, self.train = network.train(), train
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        # Weight decay is for matrices; it would only pull biases, gains and initial states to zero.
        self.tables = RowAdam(_tables(network))
        named = [entry for entry in network.named_parameters() if entry[0] not in self.tables.weights]
        matrices = [p for name, p in named if _multiplies(name, p)]
        others = [p for name, p in named if not _multiplies(name, p)]
        groups = [
            {"params": matrices, "weight_decay": train.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(groups, lr=train.learning_rate, betas=BETAS, fused=True)

    def learning_rate(self, step: int, cuts: int = 0) -> float:
        """Return the learning rate of optimiser step `step`, from 0; `cuts` as in `training.schedule`."""
        return learning_rate(step, self.train, cuts)

    def clip(self) -> Tensor:
        """Scale the gradient down to the norm `clip_norm` if it is longer; return its norm before that."""
        gradients = [
            p.grad for group in self.adamw.param_groups for p in group["params"] if p.grad is not None
        ]
        gradients += self.tables.collect_gradients()
        norm = torch.nn.utils.get_total_norm(gradients)
        scale = (self.train.clip_norm / (norm + 1e-6)).clamp(max=1.0)
        for gradient in gradients:
            gradient.mul_(scale)
        return norm

    @torch.no_grad()
    def step(self, step: int, cuts: int = 0) -> None:
        """Take optimiser step `step`, from 0, with the current gradients, and drop them."""
        rate = self.learning_rate(step, cuts)
        for group in self.adamw.param_groups:
            group["lr"] = rate
        self.adamw.step()
        self.tables.step(step, rate)
        self.drop_gradients()
        # The decay grows to `ema`, so that the random initial weights are forgotten quickly.
        decay = min(self.train.ema, (1 + step) / (10 + step))
        pairs = zip(self.averaged.named_parameters(), self.network.parameters(), strict=True)
        for (name, average), now in pairs:
            if name not in self.tables.weights:
                average.lerp_(now, 1 - decay)
            elif (step + 1) % TABLES_EVERY == 0:
                average.lerp_(now, 1 - decay**TABLES_EVERY)

    @contextmanager
    def up_to_date(self, steps: int) -> Iterator[None]:
        """Within the block, bring the average of the tables up to date after `steps` steps.

        It is restored at the end: evaluating at other steps must not change the results of a run.
        """
        behind = steps % TABLES_EVERY
        averaged = dict(self.averaged.named_parameters())
        kept = {name: averaged[name].clone() for name in self.tables.weights} if behind else {}
        decay = min(self.train.ema, (1 + steps) / (10 + steps))
        for name in kept:
            averaged[name].lerp_(self.tables.weights[name].detach(), 1 - decay**behind)
        try:
            yield
        finally:
            for name, table in kept.items():
                averaged[name].copy_(table)

    def drop_gradients(self) -> None:
        """Drop the current gradients."""
        self.adamw.zero_grad()
        self.tables.drop_gradients()

    def adamw_buffers(self) -> list[Tensor]:
        """Return placeholders for the memory that AdamW allocates in its first step; none after it."""
        trained = [p for group in self.adamw.param_groups for p in group["params"]]
        parameters = [] if self.adamw.state else trained
        return [torch.empty_like(parameter) for parameter in parameters for _ in range(2)]

    def state(self) -> OptimisationState:
        """Return the current state; its tensors change with the next step."""
        adamw = self.adamw.state_dict()
        for group in adamw["param_groups"]:  # copies; each step sets its own rate
            group["lr"] = self.train.learning_rate
        return {
            "network": dict(self.network.state_dict()),
            "averaged": dict(self.averaged.state_dict()),
            "adamw": adamw,
            "tables": self.tables.moments,
        }

    def load_state(self, state: OptimisationState) -> None:
        """Take over a state whose weights are known to fit.

        Raises:
            CheckpointError: the running means do not fit.
        """
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        self.tables.load(state["tables"])
        ours = self.adamw.state_dict()["param_groups"]  # the settings of the current configuration
        try:
            self.adamw.load_state_dict({"state": state["adamw"]["state"], "param_groups": ours})
            numbers = {
                parameter: [self.adamw.state[parameter][name] for name in ("step", "exp_avg", "exp_avg_sq")]
                for parameter in self.adamw.state
            }
            fit = all(
                number.shape in ((), weight.shape)
                and number.is_floating_point()
                and bool(number.isfinite().all())
                for weight, entries in numbers.items()
                for number in entries
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError("the optimiser's part of the state is damaged") from error
        if not fit:
            raise CheckpointError(_DOES_NOT_FIT)

    def is_finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return all(bool(torch.isfinite(parameter).all()) for parameter in self.network.parameters())


class RowAdam:
    """Adam for embedding tables: updates only the rows that a batch uses, and their running means.

    A batch uses a few thousand of hundreds of thousands of rows; the others have no gradient, and updating
    them would take as long as the rest of the network.

    Shape suffixes: R rows that a batch uses, E embedding.

    Args:
        tables: the weights of the embeddings by name.

    Attributes:
        weights: the tables by name.
        moments: for each table, the running means of the gradient and of its square.
    """

    def __init__(self, tables: Mapping[str, torch.nn.Parameter]) -> None:
        self.weights = dict(tables)
        self.moments = {
            name: [torch.zeros_like(w, requires_grad=False) for _ in range(2)]
            for name, w in self.weights.items()
        }
        self._used: dict[str, tuple[Tensor, Tensor]] = {}

    def collect_gradients(self) -> list[Tensor]:
        """Collect the gradients of the rows in use for the next step.

        Returns:
            for each table that has a gradient, a tensor (R, E) that may be scaled in place.
        """
        self._used = {}
        for name, weight in self.weights.items():
            if weight.grad is None:
                continue
            if weight.grad.is_sparse:
                gradient = weight.grad.coalesce()
                self._used[name] = gradient.indices()[0], gradient.values()
            else:
                rows = weight.grad.abs().sum(dim=1).nonzero()[:, 0]
                self._used[name] = rows, weight.grad[rows]
        return [gradient_RE for _, gradient_RE in self._used.values()]

    @torch.no_grad()
    def step(self, step: int, rate: float) -> None:
        """Take step `step`, from 0, with the collected gradients."""
        for name, (rows_R, gradient_RE) in self._used.items():
            mean, square = self.moments[name]
            mean_RE = mean[rows_R].lerp_(gradient_RE, 1 - BETAS[0])
            square_RE = square[rows_R].lerp_(gradient_RE.square(), 1 - BETAS[1])
            mean[rows_R], square[rows_R] = mean_RE, square_RE
            root_RE = (square_RE / (1 - BETAS[1] ** (step + 1))).sqrt_().add_(1e-8)
            self.weights[name][rows_R] -= rate / (1 - BETAS[0] ** (step + 1)) * mean_RE / root_RE

    def drop_gradients(self) -> None:
        """Drop the current gradients."""
        self._used = {}
        for weight in self.weights.values():
            weight.grad = None

    def load(self, moments: Mapping[str, list[Tensor]]) -> None:
        """Copy the running means of a training state.

        Raises:
            CheckpointError: they do not fit.
        """
        try:
            fit = moments.keys() == self.moments.keys() and all(
                theirs.shape == ours.shape and theirs.dtype == ours.dtype and bool(theirs.isfinite().all())
                for name in self.moments
                for ours, theirs in zip(self.moments[name], moments[name], strict=True)
            )
        except (TypeError, ValueError, AttributeError):
            fit = False
        if not fit:
            raise CheckpointError(_DOES_NOT_FIT)
        for name, (mean, square) in self.moments.items():
            mean.copy_(moments[name][0])
            square.copy_(moments[name][1])


def _tables(network: Network) -> dict[str, torch.nn.Parameter]:
    """Return the weights of the word-prefix embeddings by name; a batch uses few of their rows."""
    prefixes = tuple(f"{n}." for n, module in network.named_modules() if isinstance(module, WordEmbedding))
    return {name: weight for name, weight in network.named_parameters() if name.startswith(prefixes)}


def _multiplies(name: str, parameter: Tensor) -> bool:
    """Whether a parameter is a matrix, and not a bias, a gain, a peephole or a learned initial state."""
    return parameter.ndim > 1 and not name.endswith((".initial", ".peephole", "attention.near"))
