"""Given translations: the probability that a network gives to each of their symbols.

Shape suffixes: B sentences, T target positions, V vocabulary.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from seq2seq.decoding.bulk import BATCH_CHARS, batches_of_similar_length
from seq2seq.decoding.copying import Copies
from seq2seq.decoding.hypothesis import check_finite
from seq2seq.lag import Lag, read_now
from seq2seq.plain.step import StepNetwork
from seq2seq.text.vocabulary import END, START, pad


def forced_log_probs(
    network: StepNetwork,
    sources: Sequence[Sequence[int]],
    targets: Sequence[Sequence[int]],
    lag: Lag,
    progress: Callable[[int], object] | None = None,
) -> list[list[float]]:
    """Return the natural logarithms of the probabilities of each target's symbols, its end mark included.

    A symbol that could not be written, such as a copy of what the source does not have, has minus infinity.

    Args:
        network: in NumPy or PyTorch.
        sources: ids of each sentence, without marks.
        targets: ids of each translation, without marks.
        lag: τ.
        progress: called with the number of sentences done since the last call.
    """
    found: list[list[float]] = [[]] * len(sources)
    lengths = [max(len(source), len(target)) for source, target in zip(sources, targets, strict=True)]
    for rows in batches_of_similar_length(lengths, BATCH_CHARS):
        results = _force(network, [sources[row] for row in rows], [targets[row] for row in rows], lag)
        for row, result in zip(rows, results, strict=True):
            found[row] = result
        if progress is not None:
            progress(len(rows))
    return found


def _force(
    network: StepNetwork, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]], lag: Lag
) -> list[list[float]]:
    lengths_B = np.array([len(source) + 1 for source in sources], dtype=np.int64)
    target_BT = pad(targets, None, END)
    copies = Copies(sources, network.copied)
    memory, states = network.encode(sources, lag), network.start(len(sources))
    previous_B = np.full(len(sources), START, np.int64)
    log_probs_BT = np.zeros(target_BT.shape)
    for t in range(1, target_BT.shape[1] + 1):
        read_B = read_now(t, lag, lengths_B)
        step = network.step(previous_B, memory, read_B, states, lag, copies.wanted, copies.wanted)
        check_finite(step.log_probs_NV.max(axis=1), step.log_probs_NV)
        log_probs_BV = copies.mask(step.log_probs_NV, read_B)
        states, previous_B = step.states, target_BT[:, t - 1]
        log_probs_BT[:, t - 1] = log_probs_BV[np.arange(len(previous_B)), previous_B]
        copies.write(previous_B)
    return [row[: len(target) + 1].tolist() for row, target in zip(log_probs_BT, targets, strict=True)]
