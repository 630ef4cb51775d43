"""Beam search: keep the K likeliest beginnings, and rank what is finished by its length-normalised score.

Only for lag `full`. Under a shorter lag every symbol is written for good the moment its turn comes, so no two
beginnings could stay open side by side; a beam that revised them would break the promise that a lag is.

Shape suffixes: B sentences, K beginnings of each, V vocabulary. Rows of the model's batch are B * K.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import torch
from torch import Tensor

from seq2seq.decoding import Hypothesis, length_limit, log_probabilities, normalised, pad_sources
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag, read_batch
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.text import END, START

_Entry: TypeAlias = tuple[list[int], list[int], list[float]]


@dataclass
class _Sentence:
    """The state of the search for one sentence."""

    limit: int
    done: list[Hypothesis] = field(default_factory=list)


@torch.inference_mode()
def beam_search(
    model: EncoderDecoder,
    sources: list[list[int]],
    lag: Lag,
    beam: int,
    length_penalty: float = 1.0,
    n_best: int = 1,
) -> list[list[Hypothesis]]:
    """Translate a batch of sources with `beam` beginnings each.

    Args:
        model: in evaluation mode.
        sources: character ids of each sentence, without marks.
        lag: must be `full`.
        beam: K.
        length_penalty: a finished hypothesis of n symbols is ranked by log-probability / n ** length_penalty.
        n_best: how many hypotheses to return for each source, at most K.

    Returns:
        For each source its best hypotheses, the best first.

    Raises:
        UsageError: for another lag than `full`, or more hypotheses than the beam holds.
    """
    if lag != FULL:
        raise UsageError(
            f"a beam needs lag full (at lag {lag} nothing written is ever taken back); use beam 1"
        )
    if n_best > beam:
        raise UsageError(f"--n-best {n_best} needs a beam of at least {n_best}, not {beam}")
    return _Search(model, sources, beam, length_penalty, n_best).run()


class _Search:
    """One batch; after every step the arrays hold the sentences that are still being searched."""

    def __init__(
        self, model: EncoderDecoder, sources: list[list[int]], beam: int, penalty: float, n_best: int
    ) -> None:
        self.model, self.beam, self.penalty, self.n_best = model, beam, penalty, n_best
        self.device = model.output.weight.device
        source_BS, lengths_B = pad_sources(sources, self.device)
        copies = torch.arange(len(sources), device=self.device).repeat_interleave(beam)
        self.memory = model.encode(source_BS, lengths_B).select(copies)
        self.read = read_batch(1, 1, FULL, lengths_B)[:, 0][copies]
        self.states = model.start(len(copies))
        self.previous = torch.full_like(self.read, START)
        self.totals_BK = torch.full((len(sources), beam), float("-inf"), device=self.device)
        self.totals_BK[:, 0] = 0.0  # all K beginnings are the same at first: only one may branch
        self.open = [_Sentence(length_limit(len(source) + 1)) for source in sources]
        self.all = list(self.open)
        # For each step and row: the row of the step before that it continues, its symbol, the symbol's score.
        self.record: list[_Entry] = []

    def run(self) -> list[list[Hypothesis]]:
        while self.open:
            self._step()
        return [sorted(s.done, key=lambda h: -h.score)[: self.n_best] for s in self.all]

    def _step(self) -> None:
        step = self.model.step(self.previous, self.memory, self.read, self.states, FULL)
        log_probs = log_probabilities(step.logits_BV)
        vocabulary = log_probs.shape[1]
        totals_BN = (self.totals_BK.flatten()[:, None] + log_probs).view(len(self.open), -1)
        # Of the best 2K at most K can be ends, so K beginnings always remain.
        best_BN, place_BN = totals_BN.topk(2 * self.beam, dim=1)
        symbol_BN = place_BN % vocabulary
        first_row = torch.arange(len(self.open), device=self.device)[:, None] * self.beam
        origin_BN = place_BN // vocabulary + first_row
        self._collect(best_BN, symbol_BN, origin_BN, log_probs)
        # Stable: among the 2K in order of score, the first K that are no ends.
        keep_BK = (symbol_BN == END).sort(dim=1, stable=True).indices[:, : self.beam]
        self.totals_BK = best_BN.gather(1, keep_BK)
        origin, symbol = origin_BN.gather(1, keep_BK).flatten(), symbol_BN.gather(1, keep_BK).flatten()
        self.record.append((origin.tolist(), symbol.tolist(), log_probs[origin, symbol].tolist()))
        self.states = [tuple(part[origin] for part in state) for state in step.states]
        self.previous = symbol
        self._close()

    def _collect(self, best_BN: Tensor, symbol_BN: Tensor, origin_BN: Tensor, log_probs: Tensor) -> None:
        """Note the ends among the first K candidates of each sentence."""
        for i, rank in (symbol_BN[:, : self.beam] == END).nonzero().tolist():
            if best_BN[i, rank] > float("-inf"):
                origin = int(origin_BN[i, rank])
                self.open[i].done.append(self._spell(origin, float(log_probs[origin, END])))

    def _close(self) -> None:
        """Drop the sentences that are done with, or have reached their limit."""
        keep = []
        for i, (sentence, total) in enumerate(zip(self.open, self.totals_BK[:, 0].tolist(), strict=True)):
            if not self._is_over(sentence, total) and len(self.record) < sentence.limit:
                keep.append(i)
            elif not sentence.done:
                ranks = (self.totals_BK[i] > float("-inf")).nonzero()[:, 0].tolist()
                sentence.done = [self._spell(i * self.beam + rank) for rank in ranks]
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
        picked = [i * self.beam + k for i in keep for k in range(self.beam)]
        rows = torch.tensor(picked, dtype=torch.long, device=self.device)
        self.memory, self.read, self.previous = self.memory.select(rows), self.read[rows], self.previous[rows]
        self.states = [tuple(part[rows] for part in state) for state in self.states]
        self.totals_BK = self.totals_BK[keep]
        self.open = [self.open[i] for i in keep]
        origins, symbols, log_probs = self.record[-1]
        self.record[-1] = (
            [origins[row] for row in picked],
            [symbols[row] for row in picked],
            [log_probs[row] for row in picked],
        )

    def _spell(self, row: int, end_log_prob: float | None = None) -> Hypothesis:
        """Follow a beginning back to its first symbol; with the end mark's log-probability it is finished."""
        ended = end_log_prob is not None
        ids: list[int] = []
        log_probs: list[float] = [end_log_prob] if end_log_prob is not None else []
        for origins, symbols, scores in reversed(self.record):
            ids.append(symbols[row])
            log_probs.append(scores[row])
            row = origins[row]
        ids.reverse()
        log_probs.reverse()
        return Hypothesis(ids, log_probs, normalised(sum(log_probs), len(log_probs), self.penalty), ended)
