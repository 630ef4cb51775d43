"""Beam search: keep the K likeliest beginnings, and rank what is finished by its length-normalised score.

Only for lag `full`. Under a shorter lag every symbol is written for good the moment its turn comes, so no two
beginnings could stay open side by side; a beam that revised them would break the promise that a lag is.

Shape suffixes: B sentences, K beginnings of each, V vocabulary. The network writes B * K hypotheses and has
one memory for each sentence.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from seq2seq.decoding.copying import Copies, copied_places
from seq2seq.decoding.hypothesis import Hypothesis, length_limit, normalised
from seq2seq.decoding.repetition import Repetition, Words
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag
from seq2seq.plain.step import Array, Ids, Runtime, select_states
from seq2seq.text.vocabulary import END, START

AGAIN = 5
"""The beam for a sentence in which greedy search went round in circles. It cannot see that coming, and takes
nothing back; of a beam, such beginnings drop out.
"""


class _Written(NamedTuple):
    """One step of the search: for each row, what it continues and with what."""

    origin: Ids
    """The row of the step before that it continues."""
    symbol: Ids
    log_prob: Array
    attention: Array | None
    """Where the network looked, by row of `origin`."""


@dataclass
class _Sentence:
    """The state of the search for one sentence."""

    source: Sequence[int]
    limit: int
    done: list[Hypothesis] = field(default_factory=list)


def beam_search(
    network: Runtime,
    sources: Sequence[Sequence[int]],
    lag: Lag,
    beam: int,
    length_penalty: float = 1.0,
    n_best: int = 1,
    attention: bool = False,
    words: Words | None = None,
    all_of_them: bool = False,
) -> list[list[Hypothesis]]:
    """Translate a batch of sources with `beam` beginnings each.

    Args:
        network: in either runtime.
        sources: character ids of each sentence, without marks.
        lag: must be `full`.
        beam: K.
        length_penalty: a finished hypothesis of n symbols is ranked by log-probability / n ** length_penalty.
        n_best: how many hypotheses to return for each source, at most K.
        attention: whether to keep the attention weights.
        words: those of the vocabulary, for nothing to be said twice in a row; None lets it.
        all_of_them: whether a hypothesis may not end before all spans of its source are copied.

    Returns:
        For each source its best hypotheses, the best first.

    Raises:
        UsageError: for another lag than `full`, or more hypotheses than the beam holds.
    """
    check_beam(lag, beam, n_best)
    search = _Search(network, sources, beam, length_penalty, attention, words, all_of_them)
    return search.run(n_best)


def check_beam(lag: Lag, beam: int, n_best: int) -> None:
    """Refuse a beam under a lag, and more hypotheses than the beam holds.

    Raises:
        UsageError: for either.
    """
    if beam > 1 and lag != FULL:
        raise UsageError(
            f"a beam needs lag full (at lag {lag} nothing written is ever taken back); use beam 1"
        )
    if n_best > beam:
        raise UsageError(f"--n-best {n_best} needs a beam of at least {n_best}, not {beam}")


class _Search:
    """One batch; after every step the arrays hold the sentences that are still being searched."""

    def __init__(
        self,
        network: Runtime,
        sources: Sequence[Sequence[int]],
        beam: int,
        penalty: float,
        attention: bool,
        words: Words | None,
        all_of_them: bool,
    ) -> None:
        self.network, self.beam, self.penalty, self.attention = network, beam, penalty, attention
        self.memory = network.encode(sources, FULL)
        lengths = [len(source) + 1 for source in sources]
        self.read = np.array(lengths, dtype=np.int64)
        self.states = network.start(len(sources) * beam)
        self.previous = np.full(len(sources) * beam, START, dtype=np.int64)
        self.totals_BK = np.full((len(sources), beam), -np.inf, np.float32)
        self.totals_BK[:, 0] = 0.0  # all K beginnings are the same at first: only one may branch
        self.open = [_Sentence(source, length_limit(len(source) + 1)) for source in sources]
        self.copies = Copies(sources, network.copied, beam, all_of_them)
        self.repetition = Repetition(words, sources, beam)
        self.all = list(self.open)
        self.record: list[_Written] = []

    def run(self, n_best: int) -> list[list[Hypothesis]]:
        while self.open:
            self._step()
        return [sorted(s.done, key=lambda h: -h.score)[:n_best] for s in self.all]

    def _step(self) -> None:
        copies, looks = self.copies.wanted, self.attention or self.copies.wanted
        step = self.network.step(self.previous, self.memory, self.read, self.states, FULL, looks, copies)
        log_probs = self.repetition.mask(self.copies.mask(step.log_probs_NV, self.read))
        vocabulary = log_probs.shape[1]
        totals_BN = (self.totals_BK.reshape(-1, 1) + log_probs).reshape(len(self.open), -1)
        # Of the best 2K at most K can be ends, so K beginnings always remain.
        place_BN = _best(totals_BN, 2 * self.beam)
        best_BN = np.take_along_axis(totals_BN, place_BN, axis=1)
        symbol_BN = place_BN % vocabulary
        origin_BN = place_BN // vocabulary + np.arange(len(self.open))[:, None] * self.beam
        self._collect(best_BN, symbol_BN, origin_BN, log_probs)
        # Stable: among the 2K in order of score, the first K that are no ends.
        keep_BK = (symbol_BN == END).argsort(axis=1, kind="stable")[:, : self.beam]
        self.totals_BK = np.take_along_axis(best_BN, keep_BK, axis=1)
        origin = np.take_along_axis(origin_BN, keep_BK, axis=1).ravel()
        symbol = np.take_along_axis(symbol_BN, keep_BK, axis=1).ravel()
        self.record.append(_Written(origin, symbol, log_probs[origin, symbol], step.attention_NS))
        self.states, self.previous = select_states(step.states, origin), symbol
        self.copies.write(symbol, origin)
        self.repetition.write(symbol, origin)
        self._close()

    def _collect(self, best_BN: Array, symbol_BN: Ids, origin_BN: Ids, log_probs: Array) -> None:
        """Note the ends among the first K candidates of each sentence."""
        for i, rank in np.argwhere(symbol_BN[:, : self.beam] == END).tolist():
            if best_BN[i, rank] > -np.inf:
                origin = int(origin_BN[i, rank])
                self.open[i].done.append(self._spell(self.open[i], origin, float(log_probs[origin, END])))

    def _close(self) -> None:
        """Drop the sentences that are done with, or have reached their limit."""
        keep = []
        for i, (sentence, total) in enumerate(zip(self.open, self.totals_BK[:, 0].tolist(), strict=True)):
            if not self._is_over(sentence, total) and len(self.record) < sentence.limit:
                keep.append(i)
            elif not sentence.done:
                ranks = (self.totals_BK[i] > -np.inf).nonzero()[0].tolist()
                sentence.done = [self._spell(sentence, i * self.beam + rank) for rank in ranks]
        if len(keep) < len(self.open):
            self._select(keep)

    def _is_over(self, sentence: _Sentence, total: float) -> bool:
        """Whether K hypotheses are finished and the best open beginning, of score `total`, is no better.

        To stop at K would be too early: poor hypotheses that happen to be short are finished first.
        """
        open_score = normalised(total, len(self.record), self.penalty)
        return len(sentence.done) >= self.beam and max(h.score for h in sentence.done) >= open_score

    def _select(self, keep: list[int]) -> None:
        """Go on with some of the open sentences; rows are numbered anew, also in the record's last entry."""
        sentences = np.array(keep, dtype=np.int64)
        rows = (sentences[:, None] * self.beam + np.arange(self.beam)).ravel()
        self.memory, self.states = self.memory.select(sentences), select_states(self.states, rows)
        self.read, self.previous = self.read[sentences], self.previous[rows]
        self.totals_BK = self.totals_BK[sentences]
        self.copies.select(sentences)
        self.repetition.select(rows)
        self.open = [self.open[i] for i in keep]
        last = self.record[-1]
        self.record[-1] = _Written(last.origin[rows], last.symbol[rows], last.log_prob[rows], last.attention)

    def _spell(self, sentence: _Sentence, row: int, end_log_prob: float | None = None) -> Hypothesis:
        """Follow a beginning back to its first symbol; with the end mark's log-probability it is finished."""
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
            score=normalised(sum(log_probs), len(log_probs), self.penalty),
            ended=ended,
            copied=places,
            uncopied=sum(symbol in copied for symbol in sentence.source) - len(places),
            attention_TS=np.stack(looked) if looked and self.attention else None,
        )


def _best(scores_BN: Array, count: int) -> Ids:
    """Return the places of the `count` best of each row, the best first."""
    part_BC = np.argpartition(scores_BN, -count, axis=1)[:, -count:]
    order_BC = np.take_along_axis(scores_BN, part_BC, axis=1).argsort(axis=1, kind="stable")[:, ::-1]
    return np.take_along_axis(part_BC, order_BC, axis=1)
