"""Turning scores into text: greedy and beam search over the same `step` of a model.

Both take sources as lists of ids, put them side by side, and give back hypotheses in the same order.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor

from seq2seq.text import END, PAD, START, UNKNOWN

NEVER_WRITTEN = [PAD, START, UNKNOWN]
"""Reserved symbols that are no text: their scores are set to minus infinity before a choice is made."""


@dataclass(frozen=True)
class Hypothesis:
    """One translation of one sentence.

    Attributes:
        ids: the characters written, without the end mark.
        log_probs: natural logarithm of the probability of every symbol, of the end mark too if there is one.
        score: what hypotheses are ranked by; the mean of `log_probs` at a length penalty of 1.
        ended: False where the decoder was cut at the length limit.
    """

    ids: list[int]
    log_probs: list[float]
    score: float
    ended: bool


def length_limit(source_length: int) -> int:
    """Return the most symbols that a source of S symbols may be translated to, the end mark included.

    Real translations stay below it by far; a decoder that goes round in circles is cut there and flagged.
    """
    return 2 * source_length + 20


def normalised(total: float, length: int, length_penalty: float) -> float:
    """Return the sum of log-probabilities divided by length to the power of the penalty."""
    return total / float(length**length_penalty)


def log_probabilities(logits_BV: Tensor) -> Tensor:
    """Return log-probabilities in float32 of what may be written; the rest gets minus infinity."""
    logits_BV = logits_BV.to(torch.float32, copy=True)
    logits_BV[:, NEVER_WRITTEN] = float("-inf")
    return torch.log_softmax(logits_BV, dim=-1)


def pad_sources(sources: list[list[int]], device: torch.device) -> tuple[Tensor, Tensor]:
    """Return sources with their end marks as (B, S), padded, and their lengths (B,)."""
    from seq2seq.batching import pad

    source_BS = torch.from_numpy(pad(sources, None, END)).to(device)
    return source_BS, torch.tensor([len(source) + 1 for source in sources], device=device)
