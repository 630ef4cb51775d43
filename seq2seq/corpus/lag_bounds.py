"""The lag that a pair of sentences needs, and what the best possible translator could do at a lag."""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Sequence
from typing import Final

from seq2seq.errors import UserError
from seq2seq.lag import Lag, read

END: Final = "\n"


def smallest_lags(pairs: Sequence[tuple[str, str]]) -> list[int]:
    """Return the smallest lag of each (source, target) pair; it is never below 0.

    It is the least τ such that all pairs that share x_1 … x_read(t) and y_1 … y_{t-1} also share y_t. For one
    t, let m be the length of the longest start of x that it shares with a pair of the same y_1 … y_{t-1} and
    another y_t. Then read(t) > m is needed, and enough, for reading more never makes two pairs alike.
    Among pairs sorted by x, m is reached at the nearest one with another y_t: a sweep each way finds it.

    Raises:
        UserError: two pairs have the same source and different targets, so that no lag is enough.
    """
    sources, targets = [pair[0] + END for pair in pairs], [pair[1] + END for pair in pairs]
    lags = [0] * len(pairs)
    groups = [(1, sorted(range(len(pairs)), key=sources.__getitem__))]
    while groups:
        t, group = groups.pop()
        following: dict[str, list[int]] = defaultdict(list)
        for index in group:
            following[targets[index][t - 1]].append(index)
        for sweep in (group, group[::-1]) if len(following) > 1 else ():
            shared = -1
            for before, index in itertools.pairwise(sweep):
                common = _common(sources[before], sources[index])
                same_next = targets[before][t - 1] == targets[index][t - 1]
                if common == len(sources[index]) and not same_next:
                    raise UserError(f"the pairs have two translations of `{pairs[index][0]}`")
                shared = min(shared, common) if same_next else common
                lags[index] = max(lags[index], shared + 1 - t)
        groups += [(t + 1, rest) for symbol, rest in following.items() if symbol != END and len(rest) > 1]
    return lags


def _common(first: str, second: str) -> int:
    """Return how many characters two texts share at their start."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def prefix_ceiling(pairs: Sequence[tuple[str, str]], lag: Lag) -> float:
    """Return the share of (source, target) pairs, from 0 to 1, that the best possible translator gets right.

    It knows all the pairs, each as likely as another, and must write y_t from x_1 … x_read(t) and what it has
    written. Pairs that it cannot tell apart get the same y_t: the one that keeps most pairs correct.
    """
    sources, targets = [pair[0] + END for pair in pairs], [pair[1] + END for pair in pairs]

    def right(group: Sequence[int], t: int) -> int:
        alike: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index in group:
            source = sources[index]
            alike[source[: read(t, lag, len(source))]][targets[index][t - 1]].append(index)
        return sum(
            max(len(rest) if symbol == END else right(rest, t + 1) for symbol, rest in following.items())
            for following in alike.values()
        )

    return right(range(len(pairs)), 1) / len(pairs)
