"""Many sentences: decoded in batches of similar length, on a CPU several batches at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from typing import TypeVar

from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis
from seq2seq.plain.step import StepNetwork

BATCH_CHARS = 12_000
"""The most source characters in a batch, padding included; with a beam of K, 1/K of it."""
WORKERS = 4
"""The most batches that are decoded at the same time on a CPU."""

T = TypeVar("T")
R = TypeVar("R")


def decode_in_batches(
    network: StepNetwork,
    sources: Sequence[Sequence[int]],
    options: DecodingOptions,
    progress: Callable[[int], object] | None = None,
) -> list[list[Hypothesis]]:
    """Decode any number of sources, greedily or with a beam.

    Args:
        network: in NumPy or PyTorch.
        sources: ids of each sentence, without marks.
        options: how to search.
        progress: called with the number of sentences done since the last call.

    Returns:
        For each source its hypotheses, the best first; the sources are in the order given.
    """
    found: list[list[Hypothesis]] = [[]] * len(sources)
    batches = list(
        batches_of_similar_length([len(source) for source in sources], BATCH_CHARS // options.beam)
    )

    def decode(rows: list[int]) -> list[list[Hypothesis]]:
        batch = [sources[row] for row in rows]
        if options.beam > 1:
            return beam_search(network, batch, options)
        sampling = options.sampling and options.sampling.select(rows)
        return [[best] for best in greedy(network, batch, replace(options, sampling=sampling))]

    done = in_threads(decode, batches) if network.parallel else map(decode, batches)
    for rows, results in zip(batches, done, strict=True):
        for row, result in zip(rows, results, strict=True):
            found[row] = result
        if progress is not None:
            progress(len(rows))
    return found


def batches_of_similar_length(lengths: list[int], batch_chars: int) -> Iterator[list[int]]:
    """Yield the rows of batches of bounded size, the longest first: memory runs out at the start or never."""
    order = sorted(range(len(lengths)), key=lambda row: -lengths[row])
    first = 0
    while first < len(order):
        longest = lengths[order[first]]
        batch = order[first : first + max(1, batch_chars // (longest + 1))]
        yield batch
        first += len(batch)


def in_threads(decode: Callable[[T], R], batches: Sequence[T]) -> Iterator[R]:
    """Yield the result of `decode` for each batch, in order; PyTorch's threads are shared among the workers.

    The matrix products of one step are small: two cores decode faster with one batch each than with one batch
    together. There are at most `WORKERS`, because all of them need Python's lock between the products.
    """
    from concurrent.futures import ThreadPoolExecutor

    import torch

    threads = torch.get_num_threads()
    workers = min(WORKERS, threads, len(batches))
    if workers <= 1:
        yield from map(decode, batches)
        return
    share = threads // workers
    pool = ThreadPoolExecutor(workers, initializer=torch.set_num_threads, initargs=(share,))
    done = False
    try:
        yield from pool.map(decode, batches)
        done = True
    finally:
        # After Ctrl-C or an error nobody wants the other batches, each of which may take seconds.
        pool.shutdown(wait=done, cancel_futures=True)
        torch.set_num_threads(threads)
