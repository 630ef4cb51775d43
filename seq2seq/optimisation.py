"""One network, what moves it, and the running average of its weights."""

from __future__ import annotations

import copy
import math
from typing import Any

import torch
from torch import Tensor

from seq2seq.config import TrainConfig
from seq2seq.errors import CheckpointError
from seq2seq.models import Network

_FLOOR = 0.01
"""The cosine schedule ends at this share of the peak."""


def learning_rate(step: int, train: TrainConfig) -> float:
    """Return the learning rate of optimiser step `step` (from 0): a function of the step alone.

    A linear warm-up, then: `cosine`, half a cosine down to a hundredth of the peak at `max_steps`;
    `inverse_sqrt`, falling with the square root of the step; `constant`, which falls in the last
    `cooldown_share` of `max_steps`, linearly, and would be zero at step `max_steps`.
    """
    done = step + 1
    warming = train.learning_rate * done / train.warmup_steps if done < train.warmup_steps else math.inf
    if train.schedule == "constant":
        left, falling = max(0, train.max_steps - step), cooldown_steps(train)
        cooling = train.learning_rate * left / falling if left < falling else math.inf
        return min(train.learning_rate, warming, cooling)
    if warming < math.inf:
        return warming
    if train.schedule == "inverse_sqrt":
        return train.learning_rate * math.sqrt(max(1, train.warmup_steps) / done)
    share = (done - train.warmup_steps) / max(1, train.max_steps - train.warmup_steps)
    return train.learning_rate * (_FLOOR + (1 - _FLOOR) * 0.5 * (1 + math.cos(math.pi * min(1.0, share))))


def cooldown_steps(train: TrainConfig) -> int:
    """Return how many of the last steps of a run have a falling rate because of `cooldown_share`."""
    return round(train.cooldown_share * train.max_steps)


def describe_change(old: TrainConfig, new: TrainConfig, step: int) -> str:
    """Say what another end or another cool-down does to the schedule of a run that has done `step` steps."""
    falling = cooldown_steps(new) if new.schedule == "constant" else 0
    return (
        f"the schedule now ends at step {new.max_steps}, and not at {old.max_steps}: step {step + 1} has "
        f"learning rate {learning_rate(step, new):.3g} (it was to have {learning_rate(step, old):.3g}), "
        f"the last one {learning_rate(new.max_steps - 1, new):.3g}"
        + (f"; it falls to zero over the last {falling} steps" if falling else "")
    )


class Optimisation:
    """AdamW with clipping and a schedule, and an exponential moving average of the weights.

    Args:
        network: what is trained, on its device.
        train: the `train` section of the configuration.

    Attributes:
        averaged: a second network that holds the averaged weights, in evaluation mode.
    """

    def __init__(self, network: Network, train: TrainConfig) -> None:
        self.network, self.train = network.train(), train
        self.averaged = copy.deepcopy(network).eval().requires_grad_(False)
        # Decay is for matrices that multiply; it would only pull biases, gains and start states to zero.
        named = list(network.named_parameters())
        matrices = [p for name, p in named if _multiplies(name, p)]
        others = [p for name, p in named if not _multiplies(name, p)]
        groups = [
            {"params": matrices, "weight_decay": train.weight_decay},
            {"params": others, "weight_decay": 0.0},
        ]
        self.adamw = torch.optim.AdamW(groups, lr=train.learning_rate, betas=(0.9, 0.98), fused=True)

    def learning_rate(self, step: int) -> float:
        """Return the learning rate of optimiser step `step`, from 0."""
        return learning_rate(step, self.train)

    def clip(self) -> Tensor:
        """Scale the gradient down to the norm `clip_norm` if it is longer; return its norm as it was."""
        return torch.nn.utils.clip_grad_norm_(self.network.parameters(), self.train.clip_norm)

    @torch.no_grad()
    def step(self, step: int) -> None:
        """Take optimiser step `step` (from 0) along the gradients that there are, and drop them."""
        for group in self.adamw.param_groups:
            group["lr"] = self.learning_rate(step)
        self.adamw.step()
        self.drop_gradients()
        # Early on the average would still be made of random weights: it begins short and grows to `ema`.
        decay = min(self.train.ema, (1 + step) / (10 + step))
        for average, now in zip(self.averaged.parameters(), self.network.parameters(), strict=True):
            average.lerp_(now, 1 - decay)

    def drop_gradients(self) -> None:
        """Forget the gradients that there are."""
        self.adamw.zero_grad()

    def room(self) -> list[Tensor]:
        """Return as much memory as AdamW will take at its first step; nothing if it has taken it."""
        parameters = [] if self.adamw.state else list(self.network.parameters())
        return [torch.empty_like(parameter) for parameter in parameters for _ in range(2)]

    def state(self) -> dict[str, Any]:
        """Return all of it as plain types and tensors."""
        return {
            "network": dict(self.network.state_dict()),
            "averaged": dict(self.averaged.state_dict()),
            "adamw": self.adamw.state_dict(),
        }

    def load_state(self, state: dict[str, Any]) -> None:
        """Take over what `state` returned, its weights being known to fit.

        Raises:
            CheckpointError: AdamW's part does not fit.
        """
        self.network.load_state_dict(state["network"])
        self.averaged.load_state_dict(state["averaged"])
        ours = self.adamw.state_dict()["param_groups"]  # the settings are those of the configuration
        try:
            self.adamw.load_state_dict({"state": state["adamw"]["state"], "param_groups": ours})
            sums = {
                parameter: [self.adamw.state[parameter][name] for name in ("step", "exp_avg", "exp_avg_sq")]
                for parameter in self.adamw.state
            }
            fit = all(
                sum_.shape in ((), weight.shape) and sum_.is_floating_point() and bool(sum_.isfinite().all())
                for weight, pair in sums.items()
                for sum_ in pair
            )
        except (LookupError, TypeError, ValueError, AttributeError) as error:
            raise CheckpointError("the optimiser's part of the state is damaged") from error
        if not fit:
            raise CheckpointError("the optimiser's part of the state is of another network, or no numbers")

    def is_finite(self) -> bool:
        """Whether all weights are finite numbers."""
        return all(bool(torch.isfinite(parameter).all()) for parameter in self.network.parameters())


def _multiplies(name: str, parameter: Tensor) -> bool:
    """Whether a parameter is a matrix that multiplies: no bias, no gain, no learned start state."""
    return parameter.ndim > 1 and not name.endswith(".initial")
