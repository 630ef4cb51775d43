"""The search for the translations of sentences: greedy or beam search, and a second search after a fault.

Below lag `full` every symbol is final once it is written: the search is greedy, and spans that were left out
are copied at the end. At lag `full` a sentence is searched again, with a beam, if its translation repeats
itself where the source does not, has no end, or leaves out a span. Batches and streams use the same function.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from seq2seq.decoding.bulk import decode_in_batches
from seq2seq.decoding.copying import with_all
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.lag import FULL
from seq2seq.plain.step import StepNetwork

SECOND_BEAM = 5
"""The beam size of the second search: greedy search cannot escape a loop, a beam ranks it low."""


def search(
    network: StepNetwork,
    sources: Sequence[Sequence[int]],
    options: DecodingOptions,
    progress: Callable[[int], object] | None = None,
) -> list[list[Hypothesis]]:
    """Return the best hypotheses of each source, the best first.

    A span of the source that a hypothesis leaves out is written at its end; `uncopied` counts these.

    Args:
        network: in NumPy or PyTorch.
        sources: ids of each sentence, without marks.
        options: how to search.
        progress: called with the number of sentences done since the last call.
    """
    found = decode_in_batches(network, sources, options, progress)
    if options.lag == FULL and options.sampling is None:  # a sample is what it is
        again = _search_again(network, sources, options, found)
        found = [[again.get(row, best), *others] for row, (best, *others) in enumerate(found)]
    return [
        _distinct([with_all(one, source, network.copied, options.space) for one in hypotheses])
        for source, hypotheses in zip(sources, found, strict=True)
    ]


def _search_again(
    network: StepNetwork,
    sources: Sequence[Sequence[int]],
    options: DecodingOptions,
    found: list[list[Hypothesis]],
) -> dict[int, Hypothesis]:
    """Return, by row, the results of the second search that are better than a faulty best hypothesis."""
    second = replace(
        options, beam=SECOND_BEAM, n_best=1, length_penalty=options.own_length_penalty, copy_all=True
    )
    rows = _faulty(sources, [best for best, *_ in found], options)
    again = decode_in_batches(network, [sources[row] for row in rows], second)
    better = zip(rows, (best for (best,) in again), strict=True)
    return {row: best for row, best in better if _is_better(best, found[row][0])}


def _faulty(
    sources: Sequence[Sequence[int]], found: Sequence[Hypothesis], options: DecodingOptions
) -> list[int]:
    """Return the rows of the sentences that are to be searched again."""
    faulty = [best.uncopied > 0 for best in found]
    if options.words is not None and options.beam == 1:  # beam search does not allow repetition at all
        ids, ended = [best.ids for best in found], [best.ended for best in found]
        degenerate = options.words.are_degenerate(sources, ids, ended).tolist()
        faulty = [any(both) for both in zip(faulty, degenerate, strict=True)]
    return [row for row, is_faulty in enumerate(faulty) if is_faulty]


def _is_better(second: Hypothesis, first: Hypothesis) -> bool:
    """Whether the result of the second search replaces that of the first."""
    return second.ended and bool(second.ids or not first.ids) and second.uncopied <= first.uncopied


def _distinct(hypotheses: list[Hypothesis]) -> list[Hypothesis]:
    """Return the hypotheses without those that say the same as one before them, once spans were added."""
    kept: dict[tuple[tuple[int, ...], tuple[int, ...]], Hypothesis] = {}
    for one in hypotheses:
        kept.setdefault((tuple(one.ids), one.copied), one)
    return list(kept.values())
