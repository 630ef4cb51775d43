"""Two outputs of one sentence that differ: whether the network could hardly tell which is the better."""

from __future__ import annotations

import torch
from torch import Tensor
from torch.nn import Module

from seq2seq.lag import Lag
from seq2seq.plain.step import NO_TEXT
from seq2seq.text.vocabulary import END, START, UNKNOWN, pad

TIE = 1e-4


def forced(model: Module, source: list[int], symbols: list[int], lag: Lag) -> Tensor:
    """Log-probabilities (T, V) along `symbols` by the fused network, as in training."""
    source_BS = torch.from_numpy(pad([source], None, END))
    with torch.inference_mode():
        logits: Tensor = model(
            source_BS, torch.tensor([len(source) + 1]), torch.tensor([[START, *symbols[:-1]]]), lag
        )[0]
        logits[:, [*NO_TEXT, UNKNOWN]] = float("-inf")
        return logits.log_softmax(dim=-1)


def is_tie(model: Module, source: list[int], lag: Lag, one: list[int], other: list[int]) -> bool:
    """Whether two outputs part where the network can hardly tell the two candidates from each other."""
    one, other = [*one, END], [*other, END]
    t = next(i for i, (a, b) in enumerate(zip(one, other, strict=False)) if a != b)
    log_probs = forced(model, source, one[: t + 1], lag)[t]
    return abs(float(log_probs[one[t]] - log_probs[other[t]])) < TIE
