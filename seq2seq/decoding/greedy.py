"""Greedy search: write the likeliest symbol, every time."""

from __future__ import annotations

import torch
from torch import Tensor

from seq2seq.decoding import Hypothesis, length_limit, log_probabilities, normalised, pad_sources
from seq2seq.lag import Lag, read_batch
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.text import END, START

COMPACT_BELOW = 0.8
"""Finished sentences leave the batch once less than this share of it is still being written."""


@torch.inference_mode()
def greedy(
    model: EncoderDecoder, sources: list[list[int]], lag: Lag, length_penalty: float = 1.0
) -> list[Hypothesis]:
    """Translate a batch of sources.

    Args:
        model: in evaluation mode.
        sources: character ids of each sentence, without marks.
        lag: τ.
        length_penalty: for the score only; it changes no choice.

    Returns:
        One hypothesis for each source, in the same order.
    """
    device = model.output.weight.device
    source_BS, lengths_B = pad_sources(sources, device)
    memory, states = model.encode(source_BS, lengths_B), model.start(len(sources))
    limits = [length_limit(len(source) + 1) for source in sources]
    limits_B = torch.tensor(limits, device=device)
    previous_B = torch.full_like(lengths_B, START)
    alive_B = torch.arange(len(sources), device=device)
    going_B = torch.ones_like(alive_B, dtype=torch.bool)
    record = _Record(len(sources))
    t = 0
    while len(alive_B):
        t += 1
        read_B = read_batch(t, t, lag, lengths_B)[:, 0]
        step = model.step(previous_B, memory, read_B, states, lag)
        log_prob_B, previous_B = log_probabilities(step.logits_BV).max(dim=-1)
        states = step.states
        record.add(alive_B, previous_B, log_prob_B)
        going_B = going_B & (previous_B != END) & (t < limits_B)
        if int(going_B.sum()) < COMPACT_BELOW * len(going_B):
            keep = going_B.nonzero()[:, 0]
            memory, states = memory.select(keep), [tuple(part[keep] for part in state) for state in states]
            alive_B, lengths_B, limits_B = alive_B[keep], lengths_B[keep], limits_B[keep]
            previous_B, going_B = previous_B[keep], going_B[keep]
    return record.hypotheses(limits, length_penalty)


class _Record:
    """Symbols in the order of writing, kept on the device until the end."""

    def __init__(self, sentences: int) -> None:
        self.sentences = sentences
        self.steps: list[tuple[Tensor, Tensor, Tensor]] = []

    def add(self, rows: Tensor, symbols: Tensor, log_probs: Tensor) -> None:
        self.steps.append((rows, symbols, log_probs))

    def hypotheses(self, limits: list[int], penalty: float) -> list[Hypothesis]:
        symbols: list[list[int]] = [[] for _ in range(self.sentences)]
        log_probs: list[list[float]] = [[] for _ in range(self.sentences)]
        for rows, written, scores in self.steps:
            for row, symbol, score in zip(rows.tolist(), written.tolist(), scores.tolist(), strict=True):
                # A finished sentence may stay in the batch for a while; what it "writes" then is dropped.
                if len(symbols[row]) < limits[row] and symbols[row][-1:] != [END]:
                    symbols[row].append(symbol)
                    log_probs[row].append(score)
        return [_hypothesis(ids, scores, penalty) for ids, scores in zip(symbols, log_probs, strict=True)]


def _hypothesis(symbols: list[int], log_probs: list[float], penalty: float) -> Hypothesis:
    ended = symbols[-1] == END
    return Hypothesis(
        ids=symbols[:-1] if ended else symbols,
        log_probs=log_probs,
        score=normalised(sum(log_probs), len(log_probs), penalty),
        ended=ended,
    )
