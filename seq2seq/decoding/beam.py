"""Beam search: keep the K best open hypotheses; rank finished ones by their length-normalised score.

Only for lag `full`. Below it every symbol is final as soon as it is written, so the beam cannot keep
alternatives: switching hypotheses would retract output.

Shape suffixes: B sentences, K open hypotheses of each, N candidates, V vocabulary. The network writes B * K
hypotheses and has one memory for each sentence.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from seq2seq.decoding.copying import Copies
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, check_finite, length_limit, normalised, unusable
from seq2seq.decoding.repetition import Repetition
from seq2seq.decoding.trace import Trace
from seq2seq.lag import FULL
from seq2seq.plain.cells import Array, IntArray
from seq2seq.plain.step import StepNetwork, select_states
from seq2seq.text.vocabulary import END, START, Ids

COMPACT_BELOW = 0.9
"""Finished sentences are removed from the batch once less than this share of it is still being searched."""


def beam_search(
    network: StepNetwork, sources: Sequence[Sequence[int]], options: DecodingOptions
) -> list[list[Hypothesis]]:
    """Translate a batch of sources.

    Args:
        network: in NumPy or PyTorch.
        sources: ids of each sentence, without marks.
        options: how to search; the lag is `full`.

    Returns:
        For each source its best hypotheses, the best first.
    """
    assert options.lag == FULL
    return _BeamSearch(network, sources, options).run()


class _BeamSearch:
    """The search of one batch; the arrays hold the sentences that have not been removed from it."""

    def __init__(
        self, network: StepNetwork, sources: Sequence[Sequence[int]], options: DecodingOptions
    ) -> None:
        self.network, self.options = network, options
        self.beam = beam = options.beam
        self.memory = network.encode(sources, FULL)
        self.read_B = np.array([len(source) + 1 for source in sources], dtype=np.int64)
        self.limit_B = np.array([length_limit(length) for length in self.read_B.tolist()], dtype=np.int64)
        self.states = network.start(len(sources) * beam)
        self.previous = np.full(len(sources) * beam, START, dtype=np.int64)
        self.totals_BK = np.full((len(sources), beam), -np.inf, np.float32)
        self.totals_BK[:, 0] = 0.0  # all K hypotheses are equal at first: only one of them may branch
        self.sentence_B = np.arange(len(sources))
        self.open_B = np.ones(len(sources), np.bool_)
        self.copies = Copies(sources, network.copied, beam, options.copy_all)
        self.repetition = Repetition(options.words, sources, beam)
        self.trace = Trace(sources, network.copied, options, beam)

    def run(self) -> list[list[Hypothesis]]:
        while len(self.open_B):
            self._step()
        return self.trace.hypotheses()

    def _step(self) -> None:
        copies, looks = self.copies.wanted, self.options.attention or self.copies.wanted
        step = self.network.step(self.previous, self.memory, self.read_B, self.states, FULL, looks, copies)
        log_probs = self.repetition.mask(self.copies.mask(step.log_probs_NV, self.read_B))
        vocabulary = log_probs.shape[1]
        with np.errstate(over="ignore"):  # where no sum is left, `_close` says so
            totals_BN = (self.totals_BK.reshape(-1, 1) + log_probs).reshape(len(self.open_B), -1)
        # Of the best 2K candidates at most K are end marks, so K open hypotheses always remain.
        place_BN = _best(totals_BN, 2 * self.beam)
        best_BN = np.take_along_axis(totals_BN, place_BN, axis=1)
        check_finite(best_BN[:, 0], step.log_probs_NV)
        symbol_BN = place_BN % vocabulary
        origin_BN = place_BN // vocabulary + np.arange(len(self.open_B))[:, None] * self.beam
        self._collect(best_BN, symbol_BN, origin_BN, log_probs)
        # A stable sort: of the 2K candidates in order of score, the first K that are no end marks.
        keep_BK = (symbol_BN == END).argsort(axis=1, kind="stable")[:, : self.beam]
        self.totals_BK = np.take_along_axis(best_BN, keep_BK, axis=1)
        origin = np.take_along_axis(origin_BN, keep_BK, axis=1).ravel()
        symbol = np.take_along_axis(symbol_BN, keep_BK, axis=1).ravel()
        self.trace.write(symbol, log_probs[origin, symbol], step.attention_NS, origin)
        self.states, self.previous = select_states(step.states, origin), symbol
        self.copies.write(symbol, origin)
        self.repetition.write(symbol, origin)
        self._close()

    def _collect(self, best_BN: Array, symbol_BN: Ids, origin_BN: IntArray, log_probs: Array) -> None:
        """Record the finished hypotheses among the first K candidates of each sentence."""
        best_BK, symbol_BK = best_BN[:, : self.beam], symbol_BN[:, : self.beam]
        ends_BK = (symbol_BK == END) & (best_BK > -np.inf) & self.open_B[:, None]
        sentence, rank = ends_BK.nonzero()
        origin = origin_BN[sentence, rank]
        self.trace.end(origin, self.sentence_B[sentence], log_probs[origin, END])

    def _close(self) -> None:
        """Close the sentences that are finished or have reached their limit, and remove them if many are."""
        stops_B = self.open_B & (self._are_over() | (self.trace.steps >= self.limit_B))
        if not stops_B.any():
            return
        empty_B = stops_B & (self.trace.ended_B[self.sentence_B] == 0)
        if (self.totals_BK[empty_B, 0] == -np.inf).any():
            raise unusable()
        sentence, rank = ((self.totals_BK > -np.inf) & empty_B[:, None]).nonzero()
        self.trace.end(sentence * self.beam + rank, self.sentence_B[sentence])
        self.open_B &= ~stops_B
        if self.open_B.sum() < COMPACT_BELOW * len(self.open_B):
            self._select(self.open_B.nonzero()[0])

    def _are_over(self) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
        """Whether K hypotheses of a sentence are finished and its best open one is no better.

        To stop as soon as K are finished would be too early: short, poor hypotheses finish first.
        """
        open_B = normalised(
            self.totals_BK[:, 0].astype(np.float64), self.trace.steps, self.options.length_penalty
        )
        enough_B = self.trace.ended_B[self.sentence_B] >= self.beam
        return enough_B & (self.trace.best_B[self.sentence_B] >= open_B)

    def _select(self, keep: IntArray) -> None:
        """Continue with some of the sentences; their rows are renumbered."""
        rows = (keep[:, None] * self.beam + np.arange(self.beam)).ravel()
        self.memory, self.states = self.memory.select(keep), select_states(self.states, rows)
        self.read_B, self.limit_B, self.previous = self.read_B[keep], self.limit_B[keep], self.previous[rows]
        self.totals_BK, self.sentence_B, self.open_B = (
            self.totals_BK[keep],
            self.sentence_B[keep],
            self.open_B[keep],
        )
        self.copies.select(keep)
        self.repetition.select(rows)
        self.trace.select(rows)


def _best(scores_BN: Array, count: int) -> IntArray:
    """Return the columns of the `count` best scores of each row, the best first."""
    part_BC = np.argpartition(scores_BN, -count, axis=1)[:, -count:]
    order_BC = np.take_along_axis(scores_BN, part_BC, axis=1).argsort(axis=1, kind="stable")[:, ::-1]
    return np.take_along_axis(part_BC, order_BC, axis=1)
