"""The search for the translations of sentences: greedy or with a beam, and again where something went wrong.

Under a lag every symbol is written for good, so there is one way, greedy, and what would be left out is
copied at the end. At lag `full` a sentence is searched again if it says something twice that its source does
not, if it has no end, or if it leaves out what has to stay. Batches and streams search by the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeAlias

from seq2seq.decoding.beam import AGAIN, beam_search, check_beam
from seq2seq.decoding.copying import with_all
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.decoding.repetition import Words
from seq2seq.lag import FULL, Lag
from seq2seq.plain.step import Runtime

Ids: TypeAlias = Sequence[int]
Decode: TypeAlias = Callable[[list[Ids]], list[list[Hypothesis]]]
InBatches: TypeAlias = Callable[[Decode, list[Ids], int], list[list[Hypothesis]]]
"""Decodes any number of sources in batches, given how many hypotheses there are of each."""


@dataclass(frozen=True)
class DecodingOptions:
    """How sentences are searched.

    Attributes:
        lag: τ.
        beam: K; above 1 only at lag `full`.
        n_best: how many hypotheses of each sentence to return.
        length_penalty: a finished hypothesis of n symbols is ranked by log-probability / n ** length_penalty.
        usual_penalty: the model's own, for what is searched again: a stream knows no other.
        words: those of the vocabulary, for nothing to be said twice in a row at lag `full`; None lets it.
        space: the symbol between words, if the vocabulary has one: spans that are left out are written at the
            end, after it; None leaves them out.
        attention: whether to keep the attention weights.
    """

    lag: Lag
    beam: int = 1
    n_best: int = 1
    length_penalty: float = 1.0
    usual_penalty: float = 1.0
    words: Words | None = None
    space: int | None = None
    attention: bool = False


def at_once(decode: Decode, sources: list[Ids], width: int) -> list[list[Hypothesis]]:
    """Decode all sources, of which there may be none, side by side, however many hypotheses of each."""
    del width
    return decode(sources) if sources else []


def search(
    network: Runtime, sources: Sequence[Ids], options: DecodingOptions, in_batches: InBatches = at_once
) -> list[list[Hypothesis]]:
    """Return the best hypotheses of each source, the best first.

    Args:
        network: in either runtime.
        sources: ids of each sentence, without marks.
        options: how to search.
        in_batches: how to decode many sources.

    Raises:
        UsageError: for a beam under a lag, or more hypotheses than the beam holds.
    """
    sources = list(sources)
    check_beam(options.lag, options.beam, options.n_best)
    if options.lag == FULL and (options.beam > 1 or options.n_best > 1):
        found = in_batches(_wide(network, options), sources, options.beam)
    else:
        found = in_batches(_greedy(network, options), sources, 1)
    if options.lag == FULL:
        _search_again(network, sources, options, in_batches, found)
    for source, best in zip(sources, found, strict=True):
        best[0] = with_all(best[0], source, network.copied, options.space)
    return found


def _search_again(
    network: Runtime,
    sources: list[Ids],
    options: DecodingOptions,
    in_batches: InBatches,
    found: list[list[Hypothesis]],
) -> None:
    """Put a better hypothesis in the place of the best one where that is faulty and a better one is found."""
    usual = replace(options, beam=AGAIN, n_best=1, length_penalty=options.usual_penalty)
    rows = [row for row, best in enumerate(found) if _is_faulty(best[0], sources[row], options)]
    again = in_batches(_wide(network, usual, all_of_them=True), [sources[row] for row in rows], AGAIN)
    for row, (best,) in zip(rows, again, strict=True):
        if best.ended and (best.ids or not found[row][0].ids) and best.uncopied <= found[row][0].uncopied:
            found[row][0] = best


def _greedy(network: Runtime, options: DecodingOptions) -> Decode:
    def decode(batch: list[Ids]) -> list[list[Hypothesis]]:
        found = greedy(network, batch, options.lag, options.length_penalty, options.attention)
        return [[best] for best in found]

    return decode


def _wide(network: Runtime, options: DecodingOptions, all_of_them: bool = False) -> Decode:
    def decode(batch: list[Ids]) -> list[list[Hypothesis]]:
        return beam_search(
            network,
            batch,
            options.lag,
            options.beam,
            options.length_penalty,
            options.n_best,
            options.attention,
            options.words,
            all_of_them,
        )

    return decode


def _is_faulty(best: Hypothesis, source: Ids, options: DecodingOptions) -> bool:
    """Whether a sentence is to be searched again."""
    if best.uncopied:
        return True
    if options.words is None or options.beam > 1 or options.n_best > 1:
        return False  # a beam has been kept from repetitions already
    return options.words.circles(source, best.ids, best.ended)
