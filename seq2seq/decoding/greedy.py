"""Greedy search: at each step, write the most probable symbol, or one that is drawn (`decoding.sampling`).

Shape suffixes: B sentences, S source positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seq2seq.decoding.copying import Copies
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, check_finite, length_limit
from seq2seq.decoding.sampling import Sampler
from seq2seq.decoding.trace import Trace
from seq2seq.lag import read_now
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
    trace = Trace(sources, network.copied, options, beam=1)
    copies = Copies(sources, network.copied)
    memory, states = network.encode(sources, lag), network.start(len(sources))
    previous_B = np.full_like(lengths_B, START)
    sentence_B = np.arange(len(sources))
    going_B = np.ones(len(sources), dtype=bool)
    sampler = Sampler(options.sampling) if options.sampling else None
    while len(sentence_B):
        t = trace.steps + 1
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
            previous_B = sampler.choose(log_probs_BV, sentence_B)
            log_prob_B = log_probs_BV[np.arange(len(previous_B)), previous_B]
        copies.write(previous_B)
        # A finished sentence may stay in the batch for a while; its further symbols are ignored.
        ends = (going_B & (previous_B == END)).nonzero()[0]
        trace.end(ends, sentence_B[ends], log_prob_B[ends])
        trace.write(previous_B, log_prob_B, step.attention_NS)
        going_B[ends] = False
        stops = (going_B & (t >= limits_B)).nonzero()[0]
        trace.end(stops, sentence_B[stops])
        going_B[stops] = False
        if going_B.sum() < COMPACT_BELOW * len(going_B):
            keep = going_B.nonzero()[0]
            memory, states = memory.select(keep), select_states(states, keep)
            sentence_B, lengths_B, limits_B = sentence_B[keep], lengths_B[keep], limits_B[keep]
            previous_B, going_B = previous_B[keep], going_B[keep]
            copies.select(keep)
            trace.select(keep)
    return [best for (best,) in trace.hypotheses()]
