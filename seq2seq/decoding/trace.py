"""The trace of a search: what was written at each step, from which the hypotheses are read at the end.

Steps are recorded as arrays of all rows, and hypotheses are followed backwards through them all at the same
time: the search does no work for each single hypothesis.

Shape suffixes: B sentences, N rows (hypotheses that are being written), M finished hypotheses, S source
positions, T steps.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from seq2seq.decoding.copying import copied_places, span_places
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis, normalised
from seq2seq.plain.cells import Array, IntArray
from seq2seq.text.vocabulary import Ids


class _Written(NamedTuple):
    """One step; `origin_N` is for each row the row of the step before that it continues."""

    origin_N: IntArray
    symbol_N: Ids
    log_prob_N: Array
    attention_NS: Array | None


class _Endings(NamedTuple):
    """Hypotheses that ended at the same step.

    Attributes:
        sentence_M: the number of the source.
        steps_M: the number of symbols, without the end mark.
        row_M: the row after the last of these steps.
        score_M: the normalised score.
        ended_M: whether there is an end mark.
        end_log_prob_M: its log-probability; 0 if there is none.
    """

    sentence_M: IntArray
    steps_M: IntArray
    row_M: IntArray
    score_M: npt.NDArray[np.float64]
    ended_M: npt.NDArray[np.bool_]
    end_log_prob_M: Array


class Trace:
    """What a search has written for a batch of sources.

    Args:
        sources: ids of each sentence, without marks.
        copied: the symbols that stand for spans.
        options: of the search.
        beam: how many rows each sentence has at first.

    Attributes:
        steps: the number of steps so far.
        total_N: for each row the sum of the log-probabilities.
        ended_B: for each source the number of hypotheses that have ended.
        best_B: for each source the best score of these.
    """

    def __init__(
        self, sources: Sequence[Sequence[int]], copied: Sequence[int], options: DecodingOptions, beam: int
    ) -> None:
        self.sources, self.copied, self.options = sources, copied, options
        self.steps = 0
        self.total_N = np.zeros(len(sources) * beam)
        self.ended_B = np.zeros(len(sources), np.int64)
        self.best_B = np.full(len(sources), -np.inf)
        self._row_N = np.arange(len(sources) * beam)  # of each row its row in the last recorded step
        self._written: list[_Written] = []
        self._endings: list[_Endings] = []

    def write(
        self, symbol_N: Ids, log_prob_N: Array, attention_NS: Array | None, origin_N: IntArray | None = None
    ) -> None:
        """Record one step; each symbol continues row `origin_N`, by default its own row.

        Args:
            symbol_N: the symbols added.
            log_prob_N: their log-probabilities.
            attention_NS: the attention weights, by row before the step.
            origin_N: the row before the step that each row continues.
        """
        before_N = self._row_N
        if origin_N is not None:
            before_N, self.total_N = before_N[origin_N], self.total_N[origin_N]
            attention_NS = None if attention_NS is None else attention_NS[origin_N]
        self._written.append(_Written(before_N, symbol_N, log_prob_N, attention_NS))
        self.total_N = self.total_N + log_prob_N
        self._row_N = np.arange(len(symbol_N))
        self.steps += 1

    def end(self, rows: IntArray, sentences: IntArray, end_log_probs: Array | None = None) -> None:
        """Record that hypotheses have ended.

        Args:
            rows: their rows.
            sentences: the numbers of their sources.
            end_log_probs: the log-probabilities of their end marks, which `write` has not recorded; None if
                they stop at the length limit, without one.
        """
        if not len(rows):
            return
        ended = end_log_probs is not None
        end_M = np.zeros(len(rows), np.float32) if end_log_probs is None else end_log_probs
        total_M = self.total_N[rows] + end_M
        score_M = normalised(total_M, self.steps + ended, self.options.length_penalty)
        steps_M, ended_M = np.full(len(rows), self.steps), np.full(len(rows), ended)
        self._endings.append(_Endings(sentences, steps_M, self._row_N[rows], score_M, ended_M, end_M))
        np.add.at(self.ended_B, sentences, 1)
        np.maximum.at(self.best_B, sentences, score_M)

    def select(self, rows: IntArray) -> None:
        """Continue with some rows, in the order of `rows`."""
        self.total_N, self._row_N = self.total_N[rows], self._row_N[rows]

    def hypotheses(self) -> list[list[Hypothesis]]:
        """Return for each source its best hypotheses, the best first."""
        all_M = _Endings._make(np.concatenate(parts) for parts in zip(*self._endings, strict=True))
        # The best of each sentence first; of equal ones, the one that ended first.
        order_M = np.lexsort((-all_M.score_M, all_M.sentence_M))
        sentence_M = all_M.sentence_M[order_M]
        rank_M = np.arange(len(order_M)) - np.searchsorted(sentence_M, sentence_M)
        kept = _Endings._make(part[order_M[rank_M < self.options.n_best]] for part in all_M)
        symbol_MT, log_prob_MT, row_MT = self._follow(kept)
        found: list[list[Hypothesis]] = [[] for _ in self.sources]
        for number, (sentence, steps) in enumerate(
            zip(kept.sentence_M.tolist(), kept.steps_M.tolist(), strict=True)
        ):
            end = [float(kept.end_log_prob_M[number])] if kept.ended_M[number] else []
            found[sentence].append(
                self._hypothesis(
                    self.sources[sentence],
                    symbol_MT[number, :steps].tolist(),
                    log_prob_MT[number, :steps].tolist() + end,
                    float(kept.score_M[number]),
                    row_MT[number],
                )
            )
        return found

    def _follow(self, endings: _Endings) -> tuple[Ids, Array, IntArray]:
        """Return the symbols of hypotheses, their log-probabilities and rows after each step, (M, T)."""
        row_M, shape = endings.row_M.copy(), (len(endings.row_M), self.steps)
        symbol_MT, row_MT = np.zeros(shape, np.int64), np.zeros(shape, np.int64)
        log_prob_MT = np.zeros(shape, np.float32)
        for t in reversed(range(self.steps)):
            here, written = np.flatnonzero(endings.steps_M > t), self._written[t]
            rows = row_M[here]
            row_MT[here, t], symbol_MT[here, t] = rows, written.symbol_N[rows]
            log_prob_MT[here, t] = written.log_prob_N[rows]
            row_M[here] = written.origin_N[rows]
        return symbol_MT, log_prob_MT, row_MT

    def _hypothesis(
        self, source: Sequence[int], ids: list[int], log_probs: list[float], score: float, row_T: IntArray
    ) -> Hypothesis:
        spans = span_places(source, self.copied)
        looked_TS = (
            self._attention(row_T[: len(ids)], len(source) + 1) if spans or self.options.attention else []
        )
        places = copied_places(ids, looked_TS, source, self.options.lag, self.copied) if spans else ()
        return Hypothesis(
            ids=ids,
            log_probs=log_probs,
            score=score,
            ended=len(log_probs) > len(ids),
            copied=places,
            uncopied=len(spans) - len(places),
            attention_TS=np.stack(looked_TS) if looked_TS and self.options.attention else None,
        )

    def _attention(self, row_T: IntArray, size: int) -> list[Array]:
        """Return at each step the attention weights of the first `size` source positions, if any."""
        steps: list[Any] = [written.attention_NS for written in self._written[: len(row_T)]]
        return [
            at_NS[row, :size] for at_NS, row in zip(steps, row_T.tolist(), strict=True) if at_NS is not None
        ]
