"""Parts of a corpus that share no sentence: how to make them, how to tell."""

from __future__ import annotations

import random
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from seq2seq.errors import UsageError
from seq2seq.pairs import Pair, key


class SentenceKeys:
    """The sentences of some pairs, each side by itself, compared by `key`."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._sources: set[str] = set()
        self._targets: set[str] = set()
        for pair in pairs:
            self._sources.add(key(pair.source))
            self._targets.add(key(pair.target))

    def __contains__(self, pair: Pair) -> bool:
        """Whether either side of `pair` is among the sentences of that side."""
        return key(pair.source) in self._sources or key(pair.target) in self._targets


@dataclass(frozen=True)
class LeakReport:
    """Which pairs of a part share a sentence with another part.

    Attributes:
        pairs: the number of pairs of the part.
        shared: those of them of which either side is in the other part.
    """

    pairs: int
    shared: tuple[Pair, ...]

    def __str__(self) -> str:
        text = f"{len(self.shared):,} of {self.pairs:,} pairs share a sentence"
        return text + "".join(f"\n  {pair.source} | {pair.target}" for pair in self.shared[:3])


def leaks(known: Iterable[Pair], held_out: Sequence[Pair]) -> LeakReport:
    """Return which pairs of `held_out` have a side that, compared by `key`, is also one in `known`."""
    keys = SentenceKeys(known)
    return LeakReport(len(held_out), tuple(pair for pair in held_out if pair in keys))


@dataclass(frozen=True)
class Split:
    """Three parts of which no two share a sentence on either side, each in the order of the original."""

    train: list[Pair]
    dev: list[Pair]
    test: list[Pair]


def split_pairs(pairs: Sequence[Pair], dev: int | float, test: int | float, seed: int) -> Split:
    """Split so that a sentence, compared by `key`, and all that is connected with it stay in one part.

    Two pairs are connected when they share a side, directly or through others. Groups are drawn at random; a
    group that is larger than the room left goes to training.

    Args:
        pairs: normalised pairs.
        dev: size of the dev part in pairs, or as a fraction below 1.
        test: likewise for the test part.
        seed: another seed is another split.

    Raises:
        UsageError: when the sizes leave nothing to train on.
    """
    rooms = [_size("dev", dev, len(pairs)), _size("test", test, len(pairs))]
    if sum(rooms) >= len(pairs):
        raise UsageError(f"{len(pairs):,} pairs are too few for {rooms[0]:,} dev and {rooms[1]:,} test pairs")
    groups = _connected(pairs)
    random.Random(seed).shuffle(groups)
    part_of = ["train"] * len(pairs)
    for group in groups:
        for place, part in enumerate(("dev", "test")):
            if len(group) <= rooms[place]:
                rooms[place] -= len(group)
                for row in group:
                    part_of[row] = part
                break
    parts: dict[str, list[Pair]] = {"train": [], "dev": [], "test": []}
    for part, pair in zip(part_of, pairs, strict=True):
        parts[part].append(pair)
    return Split(**parts)


def _size(name: str, size: int | float, total: int) -> int:
    if isinstance(size, float) and 0 <= size < 1:
        return round(size * total)
    if isinstance(size, int) and size >= 0:
        return size
    raise UsageError(f"the size of the {name} part is a number of pairs or a fraction below 1, not {size!r}")


def _connected(pairs: Sequence[Pair]) -> list[list[int]]:
    """Return the rows of pairs that hang together, group by group, in the order of their first rows."""
    parent = list(range(len(pairs)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, str], int] = {}
    for row, pair in enumerate(pairs):
        for sentence in (("source", key(pair.source)), ("target", key(pair.target))):
            a, b = root(row), root(first.setdefault(sentence, row))
            parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for row in range(len(pairs)):
        groups.setdefault(root(row), []).append(row)
    return list(groups.values())
