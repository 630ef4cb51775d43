"""Splits a corpus into parts that share no sentence, and finds sentences that parts share."""

from __future__ import annotations

import contextlib
import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

from seq2seq.corpus.bad_lines import BadLines
from seq2seq.corpus.filters import FilterReport, filter_pairs
from seq2seq.corpus.pairs import Pair, PairFiles, scan_pairs, sentence_key, to_lines
from seq2seq.errors import UsageError, counted
from seq2seq.storage.files import clear_errors, write_text_atomic


class SentenceKeys:
    """The sentences of some pairs, each side separately, compared by `sentence_key`."""

    def __init__(self, pairs: Iterable[Pair]) -> None:
        self._sources: set[str] = set()
        self._targets: set[str] = set()
        for pair in pairs:
            self._sources.add(sentence_key(pair.source))
            self._targets.add(sentence_key(pair.target))

    def __contains__(self, pair: Pair) -> bool:
        """Whether either side of `pair` is among the sentences of that side."""
        return sentence_key(pair.source) in self._sources or sentence_key(pair.target) in self._targets


@dataclass(frozen=True)
class LeakReport:
    """Which pairs of a part share a sentence with another part.

    Attributes:
        pairs: the number of pairs of the part.
        shared: those of which either side is in the other part.
    """

    pairs: int
    shared: tuple[Pair, ...]

    def __str__(self) -> str:
        shares = "shares" if len(self.shared) == 1 else "share"
        text = f"{len(self.shared):,} of {counted(self.pairs, 'pair')} {shares} a sentence"
        return text + "".join(f"\n  {pair.source} | {pair.target}" for pair in self.shared[:3])


class Overlap:
    """Finds the held-out pairs that share a side with any other pair.

    Only the held-out pairs are in memory, however many others there are.
    """

    def __init__(self, held_out: Sequence[Pair]) -> None:
        self._held_out = [(pair, sentence_key(pair.source), sentence_key(pair.target)) for pair in held_out]
        self._sources = {source for _, source, _ in self._held_out}
        self._targets = {target for _, _, target in self._held_out}
        self._met_sources: set[str] = set()
        self._met_targets: set[str] = set()

    def meet(self, pair: Pair) -> None:
        """Compare with one more pair."""
        if (source := sentence_key(pair.source)) in self._sources:
            self._met_sources.add(source)
        if (target := sentence_key(pair.target)) in self._targets:
            self._met_targets.add(target)

    def forget(self) -> None:
        """Forget the pairs met so far."""
        self._met_sources.clear()
        self._met_targets.clear()

    def report(self) -> LeakReport:
        """Return the held-out pairs that share a side with a pair met so far."""
        shared = (
            pair
            for pair, source, target in self._held_out
            if source in self._met_sources or target in self._met_targets
        )
        return LeakReport(len(self._held_out), tuple(shared))


def leaks(known: Iterable[Pair], held_out: Sequence[Pair]) -> LeakReport:
    """Return which pairs of `held_out` share a side, compared by `sentence_key`, with one of `known`."""
    overlap = Overlap(held_out)
    for pair in known:
        overlap.meet(pair)
    return overlap.report()


@dataclass(frozen=True)
class SplitReport:
    """What `split_files` did.

    Attributes:
        read: lines read.
        bad: the lines that are no pairs (control characters, not UTF-8, one column).
        filtered: how many of the others were kept, and why the rest was not.
        written: the number of pairs in each file.
        leaks: for each part, what it shares with each earlier one after the split.
    """

    read: int
    bad: BadLines
    filtered: FilterReport
    written: dict[Path, int]
    leaks: dict[str, LeakReport]

    def __str__(self) -> str:
        lines = [f"{counted(self.read, 'line')} read"]
        if self.bad.count:
            lines.append(f"{self.bad.count:,} of them left out because they are no pairs, such as")
            lines += [f"    {error}" for error in self.bad.first]
        lines.append(str(self.filtered))
        lines += [f"{path}: {counted(count, 'pair')}" for path, count in self.written.items()]
        written = {path.stem for path in self.written}
        if missing := [name for name in ("dev", "test") if name not in written]:
            lines.append(f"no {' and no '.join(missing)} part: the size that was asked for is no whole pair")
        lines += [f"{name}: {report}" for name, report in self.leaks.items()]
        return "\n".join(lines)


def split_files(
    inputs: Iterable[PairFiles],
    out: Path,
    *,
    dev: int | float,
    test: int | float,
    seed: int,
    max_chars: int,
    max_ratio: float,
    force: bool = False,
) -> SplitReport:
    """Filter and split the pairs of some files into train.tsv, dev.tsv and test.tsv in `out`.

    Args:
        dev, test, seed: as for `split_pairs`; a part of size 0 gets no file.
        max_chars, max_ratio: as for `filter_pairs`.
        force: replace what is in the way.

    Raises:
        UserError: for a file that cannot be read or written, and when nothing is left of the pairs.
        UsageError: when one of the three files exists, or the sizes do not fit.
    """
    files = {name: out / f"{name}.tsv" for name in ("train", "dev", "test")}
    existing = [str(path) for path in files.values() if path.exists()]
    if existing and not force:
        exist = "exists" if len(existing) == 1 else "exist"
        raise UsageError(f"{', '.join(existing)} {exist}; choose another directory or replace with `force`")
    bad = BadLines()
    pairs = [pair for file in inputs for pair in bad.without(scan_pairs(file))]
    if bad.count and not pairs:
        raise bad.first[0]
    kept, filtered = filter_pairs(pairs, max_chars, max_ratio)
    parts = {name: part for name, part in split_pairs(kept, dev, test, seed).items() if part}
    with clear_errors("write to", out):
        out.mkdir(parents=True, exist_ok=True)
        for name in files.keys() - parts.keys():  # an old part beside new ones would be a leak
            files[name].unlink(missing_ok=True)
    for name, part in parts.items():
        write_text_atomic(files[name], to_lines(part))
    return SplitReport(
        len(pairs) + bad.count,
        bad,
        filtered,
        {files[name]: len(part) for name, part in parts.items()},
        all_leaks(parts),
    )


def all_leaks(parts: Mapping[str, Sequence[Pair]]) -> dict[str, LeakReport]:
    """Return a report of each part against each earlier one, by a name of the two."""
    return {f"{b} against {a}": leaks(parts[a], parts[b]) for a, b in combinations(parts, 2)}


def parse_size(text: str) -> int | float:
    """Return the size of a part: a number of pairs such as `2000` or a fraction such as `0.02`.

    Raises:
        UsageError: for anything else.
    """
    for read in (int, float):
        with contextlib.suppress(ValueError):
            return read(text)
    raise _wrong_size("a", repr(text))


def split_pairs(
    pairs: Sequence[Pair], dev: int | float, test: int | float, seed: int
) -> dict[str, list[Pair]]:
    """Return the parts `train`, `dev` and `test`, of which no two share a sentence of either side.

    Two pairs are connected if they share a side, compared by `sentence_key`, directly or through others.
    Groups of connected pairs are drawn at random; a group that does not fit into dev or test goes to train.
    Each part keeps the order.

    Args:
        pairs: normalised pairs.
        dev: size of the dev part in pairs, or as a fraction below 1.
        test: likewise for the test part.
        seed: another seed is another split.

    Raises:
        UsageError: when the sizes leave nothing to train on, or no group is small enough for a part.
    """
    sizes = {"dev": _size("dev", dev, len(pairs)), "test": _size("test", test, len(pairs))}
    room = {**sizes, "train": len(pairs)}
    if sum(sizes.values()) >= len(pairs):
        raise UsageError(
            f"{len(pairs):,} pairs are too few: dev ({sizes['dev']:,}) and test ({sizes['test']:,}) would "
            "leave none to train on; ask for smaller parts"
        )
    groups = _connected(pairs)
    random.Random(seed).shuffle(groups)
    rows: dict[str, list[int]] = {"train": [], "dev": [], "test": []}
    for group in groups:
        part = next(part for part in room if len(group) <= room[part])
        room[part] -= len(group)
        rows[part] += group
    for part, size in sizes.items():
        if size and not rows[part]:
            raise UsageError(
                f"no group of connected pairs fits into a {part} part of {size:,}; ask for a larger one"
            )
    return {part: [pairs[row] for row in sorted(rows[part])] for part in rows}


def _size(name: str, size: int | float, total: int) -> int:
    if isinstance(size, float) and 0 <= size < 1:
        return round(size * total)
    if isinstance(size, int) and size >= 0:
        return size
    raise _wrong_size(f"the {name}", repr(size))


def _wrong_size(which: str, size: str) -> UsageError:
    return UsageError(f"the size of {which} part is a number of pairs or a fraction below 1, not {size}")


def _connected(pairs: Sequence[Pair]) -> list[list[int]]:
    """Return the rows of connected pairs, group by group, in the order of their first rows."""
    parent = list(range(len(pairs)))

    def root(row: int) -> int:
        while parent[row] != row:
            parent[row] = parent[parent[row]]
            row = parent[row]
        return row

    first: dict[tuple[str, str], int] = {}
    for row, pair in enumerate(pairs):
        for sentence in (("source", sentence_key(pair.source)), ("target", sentence_key(pair.target))):
            a, b = root(row), root(first.setdefault(sentence, row))
            parent[max(a, b)] = min(a, b)
    groups: dict[int, list[int]] = {}
    for row in range(len(pairs)):
        groups.setdefault(root(row), []).append(row)
    return list(groups.values())
