"""Beam search: keep the K best open hypotheses; rank finished ones by their length-normalised score.

Only for lag `full`. Below it every symbol is final as soon as it is written, so the beam cannot keep
alternatives: switching hypotheses would retract output.

Shape suffixes: B sentences, K open hypotheses of each, N candidates, V vocabulary. The network writes B * K
hypotheses and has one memory for each sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seq2seq.decoding.copying import Copies, copied_places
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, check_finite, length_limit, normalised
from seq2seq.decoding.repetition import Repetition
from seq2seq.lag import FULL
from seq2seq.plain.cells import Array, IntArray
from seq2seq.plain.step import StepNetwork, select_states
from seq2seq.text.vocabulary import END, START, Ids


class _BeamStep(NamedTuple):
    """One step of the search.

    Attributes:
        origin: for each row, the row of the step before that it continues.
        symbol: for each row, the symbol that was added.
        log_prob: for each row, the log-probability of that symbol.
        attention: the attention weights, by row of the step before.
    """

    origin: IntArray
    symbol: Ids
    log_prob: Array
    attention: Array | None


@dataclass
class _OpenSentence:
    """One sentence that is being searched.

    Attributes:
        source: its ids, without marks.
        limit: the most symbols of a hypothesis.
        done: its finished hypotheses.
    """

    source: Sequence[int]
    limit: int
    done: list[Hypothesis] = field(default_factory=list)


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
    """The search of one batch; after every step the arrays hold the sentences that are not finished."""

    def __init__(
        self, network: StepNetwork, sources: Sequence[Sequence[int]], options: DecodingOptions
    ) -> None:
        self.network, self.options = network, options
        self.beam = beam = options.beam
        self.memory = network.encode(sources, FULL)
        lengths = [len(source) + 1 for source in sources]
        self.read = np.array(lengths, dtype=np.int64)
        self.states = network.start(len(sources) * beam)
        self.previous = np.full(len(sources) * beam, START, dtype=np.int64)
        self.totals_BK = np.full((len(sources), beam), -np.inf, np.float32)
        self.totals_BK[:, 0] = 0.0  # all K hypotheses are equal at first: only one of them may branch
        self.open = [_OpenSentence(source, length_limit(len(source) + 1)) for source in sources]
        self.copies = Copies(sources, network.copied, beam, options.copy_all)
        self.repetition = Repetition(options.words, sources, beam)
        self.all = list(self.open)
        self.record: list[_BeamStep] = []

    def run(self) -> list[list[Hypothesis]]:
        while self.open:
            self._step()
        return [sorted(s.done, key=lambda h: -h.score)[: self.options.n_best] for s in self.all]

    def _step(self) -> None:
        copies, looks = self.copies.wanted, self.options.attention or self.copies.wanted
        step = self.network.step(self.previous, self.memory, self.read, self.states, FULL, looks, copies)
        log_probs = self.repetition.mask(self.copies.mask(step.log_probs_NV, self.read))
        vocabulary = log_probs.shape[1]
        totals_BN = (self.totals_BK.reshape(-1, 1) + log_probs).reshape(len(self.open), -1)
        # Of the best 2K candidates at most K are end marks, so K open hypotheses always remain.
        place_BN = _best(totals_BN, 2 * self.beam)
        best_BN = np.take_along_axis(totals_BN, place_BN, axis=1)
        check_finite(best_BN[:, 0], step.log_probs_NV)
        symbol_BN = place_BN % vocabulary
        origin_BN = place_BN // vocabulary + np.arange(len(self.open))[:, None] * self.beam
        self._collect(best_BN, symbol_BN, origin_BN, log_probs)
        # A stable sort: of the 2K candidates in order of score, the first K that are no end marks.
        keep_BK = (symbol_BN == END).argsort(axis=1, kind="stable")[:, : self.beam]
        self.totals_BK = np.take_along_axis(best_BN, keep_BK, axis=1)
        origin = np.take_along_axis(origin_BN, keep_BK, axis=1).ravel()
        symbol = np.take_along_axis(symbol_BN, keep_BK, axis=1).ravel()
        self.record.append(_BeamStep(origin, symbol, log_probs[origin, symbol], step.attention_NS))
        self.states, self.previous = select_states(step.states, origin), symbol
        self.copies.write(symbol, origin)
        self.repetition.write(symbol, origin)
        self._close()

    def _collect(self, best_BN: Array, symbol_BN: Ids, origin_BN: IntArray, log_probs: Array) -> None:
        """Record the finished hypotheses among the first K candidates of each sentence."""
        for i, rank in np.argwhere(symbol_BN[:, : self.beam] == END).tolist():
            if best_BN[i, rank] > -np.inf:
                origin = int(origin_BN[i, rank])
                self.open[i].done.append(
                    self._hypothesis(self.open[i], origin, float(log_probs[origin, END]))
                )

    def _close(self) -> None:
        """Remove the sentences that are finished or have reached their limit."""
        keep = []
        for i, (sentence, total) in enumerate(zip(self.open, self.totals_BK[:, 0].tolist(), strict=True)):
            if not self._is_over(sentence, total) and len(self.record) < sentence.limit:
                keep.append(i)
            elif not sentence.done:
                ranks = (self.totals_BK[i] > -np.inf).nonzero()[0].tolist()
                sentence.done = [self._hypothesis(sentence, i * self.beam + rank) for rank in ranks]
        if len(keep) < len(self.open):
            self._select(keep)

    def _is_over(self, sentence: _OpenSentence, total: float) -> bool:
        """Whether K hypotheses are finished and the best open one, of log-probability `total`, is no better.

        To stop as soon as K are finished would be too early: short, poor hypotheses finish first.
        """
        open_score = normalised(total, len(self.record), self.options.length_penalty)
        return len(sentence.done) >= self.beam and max(h.score for h in sentence.done) >= open_score

    def _select(self, keep: list[int]) -> None:
        """Continue with some of the open sentences; rows are renumbered, also in the last recorded step."""
        sentences = np.array(keep, dtype=np.int64)
        rows = (sentences[:, None] * self.beam + np.arange(self.beam)).ravel()
        self.memory, self.states = self.memory.select(sentences), select_states(self.states, rows)
        self.read, self.previous = self.read[sentences], self.previous[rows]
        self.totals_BK = self.totals_BK[sentences]
        self.copies.select(sentences)
        self.repetition.select(rows)
        self.open = [self.open[i] for i in keep]
        last = self.record[-1]
        self.record[-1] = _BeamStep(last.origin[rows], last.symbol[rows], last.log_prob[rows], last.attention)

    def _hypothesis(self, sentence: _OpenSentence, row: int, end_log_prob: float | None = None) -> Hypothesis:
        """Return the hypothesis in a row; it is finished if the log-probability of its end mark is given."""
        ended = end_log_prob is not None
        ids: list[int] = []
        log_probs: list[float] = [end_log_prob] if end_log_prob is not None else []
        looked: list[Array] = []
        for written in reversed(self.record):
            ids.append(int(written.symbol[row]))
            log_probs.append(float(written.log_prob[row]))
            row = int(written.origin[row])
            if written.attention is not None:
                looked.append(written.attention[row, : len(sentence.source) + 1])
        ids.reverse()
        log_probs.reverse()
        looked.reverse()
        copied = self.network.copied
        places = copied_places(ids, looked, sentence.source, FULL, copied)
        return Hypothesis(
            ids=ids,
            log_probs=log_probs,
            score=normalised(sum(log_probs), len(log_probs), self.options.length_penalty),
            ended=ended,
            copied=places,
            uncopied=sum(symbol in copied for symbol in sentence.source) - len(places),
            attention_TS=np.stack(looked) if looked and self.options.attention else None,
        )


def _best(scores_BN: Array, count: int) -> IntArray:
    """Return the columns of the `count` best scores of each row, the best first."""
    part_BC = np.argpartition(scores_BN, -count, axis=1)[:, -count:]
    order_BC = np.take_along_axis(scores_BN, part_BC, axis=1).argsort(axis=1, kind="stable")[:, ::-1]
    return np.take_along_axis(part_BC, order_BC, axis=1)
