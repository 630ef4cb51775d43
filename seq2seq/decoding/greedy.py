"""Greedy search: at each step, write the most probable symbol, or one that is drawn (`decoding.sampling`).

Shape suffixes: B sentences, S source positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seq2seq.decoding.copying import Copies, copied_places
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, check_finite, length_limit, normalised
from seq2seq.decoding.sampling import Sampler
from seq2seq.lag import read_now
from seq2seq.plain.cells import Array
from seq2seq.plain.step import StepNetwork, select_states
from seq2seq.text.vocabulary import END, START

COMPACT_BELOW = 0.8
"""Finished sentences are removed from the batch once less than this share of it is still being written."""


def greedy(
    network: StepNetwork, sources: Sequence[Sequence[int]], options: DecodingOptions
) -> list[Hypothesis]:
    """Translate a batch of sources.

    Args:
        network: in NumPy or PyTorch.
        sources: ids of each sentence, without marks.
        options: lag, length penalty (which changes the score and no choice), attention and sampling; the
            others are those of beam search.

    Returns:
        One hypothesis for each source, in the same order.
    """
    lag = options.lag
    lengths_B = np.array([len(source) + 1 for source in sources], dtype=np.int64)
    limits_B = np.array([length_limit(length) for length in lengths_B.tolist()], dtype=np.int64)
    record = [_OpenHypothesis(source, options, network.copied) for source in sources]
    copies = Copies(sources, network.copied)
    memory, states = network.encode(sources, lag), network.start(len(sources))
    previous_B = np.full_like(lengths_B, START)
    alive_B = np.arange(len(sources))
    going_B = np.ones(len(sources), dtype=bool)
    sampler = Sampler(options.sampling) if options.sampling else None
    t = 0
    while len(alive_B):
        t += 1
        read_B = read_now(t, lag, lengths_B)
        step = network.step(
            previous_B, memory, read_B, states, lag, options.attention or copies.wanted, copies.wanted
        )
        log_probs_BV = copies.mask(step.log_probs_NV, read_B)
        states = step.states
        previous_B = log_probs_BV.argmax(axis=1)
        log_prob_B = log_probs_BV[np.arange(len(previous_B)), previous_B]
        check_finite(log_prob_B, step.log_probs_NV)
        if sampler:
            previous_B = sampler.choose(log_probs_BV, alive_B)
            log_prob_B = log_probs_BV[np.arange(len(previous_B)), previous_B]
        copies.write(previous_B)
        # A finished sentence may stay in the batch for a while; its further symbols are ignored.
        for i in going_B.nonzero()[0].tolist():
            looked_S = None if step.attention_NS is None else step.attention_NS[i]
            record[alive_B[i]].add(int(previous_B[i]), float(log_prob_B[i]), looked_S)
        going_B = going_B & (previous_B != END) & (t < limits_B)
        if going_B.sum() < COMPACT_BELOW * len(going_B):
            keep = going_B.nonzero()[0]
            memory, states = memory.select(keep), select_states(states, keep)
            alive_B, lengths_B, limits_B = alive_B[keep], lengths_B[keep], limits_B[keep]
            previous_B, going_B = previous_B[keep], going_B[keep]
            copies.select(keep)
    return [sentence.hypothesis() for sentence in record]


class _OpenHypothesis:
    """The symbols written so far for one sentence."""

    def __init__(self, source: Sequence[int], options: DecodingOptions, copied: Sequence[int]) -> None:
        self.source, self.options, self.copied = source, options, copied
        self.symbols: list[int] = []
        self.log_probs: list[float] = []
        self.looked: list[Array] = []

    def add(self, symbol: int, log_prob: float, looked_S: Array | None) -> None:
        self.symbols.append(symbol)
        self.log_probs.append(log_prob)
        if looked_S is not None:
            self.looked.append(looked_S[: len(self.source) + 1])

    def hypothesis(self) -> Hypothesis:
        ended = self.symbols[-1] == END
        ids = self.symbols[:-1] if ended else self.symbols
        places = copied_places(ids, self.looked, self.source, self.options.lag, self.copied)
        shown = self.options.attention and self.looked and ids
        return Hypothesis(
            ids=ids,
            log_probs=self.log_probs,
            score=normalised(sum(self.log_probs), len(self.log_probs), self.options.length_penalty),
            ended=ended,
            copied=places,
            uncopied=sum(symbol in self.copied for symbol in self.source) - len(places),
            attention_TS=np.stack(self.looked[: len(ids)]) if shown else None,
        )
