"""A report on files of pairs before training: what they hold, bad lines, and leaks between parts."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from seq2seq.corpus.bad_lines import BadLines
from seq2seq.corpus.filters import FilterReport, Hashes, PairFilter, hash_text
from seq2seq.corpus.pairs import Pair, PairFiles, name_files, scan_pairs, sentence_key
from seq2seq.corpus.splits import LeakReport, Overlap
from seq2seq.corpus.spool import blocks
from seq2seq.errors import UserError, counted

_MOST_SHOWN = 20
_PLACES = 5
"""How many lines a suspicion names."""
_ENTITY = re.compile(r"&(#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8}\d{0,2});")
_WORD = re.compile(r"[^\W\d_]+")
_HEADERS = frozenset(
    [
        *("source", "target", "src", "trg", "tgt", "input", "output", "text", "translation"),
        *("english", "spanish", "inglés", "español", "en", "es", "eng", "spa"),
    ]
)
"""Names of columns in the first line of a table."""
_SLOTS = 1 << 17
_SURE = 2.0, 6.0
"""The least log-odds of a swapped line: of each side, and of both together."""


@dataclass
class Suspicion:
    """Lines that are pairs but look wrong.

    Attributes:
        what: what they look like.
        count: the number of such lines.
        places: the line numbers of the first ones.
    """

    what: str
    count: int = 0
    places: list[int] = field(default_factory=list)

    def add(self, number: int) -> None:
        """Count one more line."""
        self.count += 1
        if len(self.places) < _PLACES:
            self.places.append(number)

    def __str__(self) -> str:
        lines = "line" if self.count == 1 else "lines"
        more = " …" if self.count > len(self.places) else ""
        return f"warning: {self.count:,} {lines} with {self.what}: {', '.join(map(str, self.places))}{more}"


def suspicions(read: Callable[[], Iterable[Pair | UserError]]) -> tuple[Suspicion, ...]:
    """Return what looks wrong in the pairs of a part, using memory of a fixed size.

    Args:
        read: returns an item for each line; it is called twice.
    """
    header = Suspicion("the names of the columns (a header)")
    entities = Suspicion("HTML entities such as &amp; &quot; &#39;")
    swapped = Suspicion("sides that look exchanged")
    words = _Columns()
    for number, item in enumerate(read(), 1):
        if isinstance(item, Pair):
            words.add(item)
            if number == 1 and _is_header(item):
                header.add(number)
            if any(map(_ENTITY.search, item)):
                entities.add(number)
    for number, item in enumerate(read(), 1):
        if isinstance(item, Pair) and words.look_exchanged(item):
            swapped.add(number)
    return tuple(found for found in (header, entities, swapped) if found.count)


def _is_header(pair: Pair) -> bool:
    source, target = (side.strip(" .:").lower() for side in pair)
    return source != target and {source, target} <= _HEADERS


class _Columns:
    """Counts the words of each column, so that a line can be compared with both.

    Words are counted by a hash in a fixed number of slots, so memory does not grow with the corpus.
    """

    def __init__(self) -> None:
        self._counts = [0] * _SLOTS, [0] * _SLOTS
        self._totals = [0, 0]  # words of each column

    def add(self, pair: Pair) -> None:
        """Count the words of one more line."""
        for column, side in enumerate(pair):
            for slot in _slots(side):
                self._counts[column][slot] += 1
                self._totals[column] += 1

    def look_exchanged(self, pair: Pair) -> bool:
        """Whether each side of a counted line has the words of the other column."""
        odds = [self._odds(column, side) for column, side in enumerate(pair)]
        return min(odds) >= _SURE[0] and sum(odds) >= _SURE[1]

    def _odds(self, column: int, side: str) -> float:
        """Return the log-odds that a side is of the other column, leaving out its own count."""
        own, other = self._counts[column], self._counts[1 - column]
        size = math.log(max(1, self._totals[column]) / max(1, self._totals[1 - column]))
        return sum(
            math.log((other[slot] + 0.5) / (max(0, own[slot] - 1) + 0.5)) + size for slot in set(_slots(side))
        )


def _slots(side: str) -> Iterator[int]:
    return (zlib.crc32(word.encode()) % _SLOTS for word in _WORD.findall(side.lower()))


@dataclass(frozen=True)
class SideReport:
    """One side of a part.

    Attributes:
        different: the number of different sentences, compared by `sentence_key`.
        median, most, longest: characters of a sentence: the median, the 95th percentile, the maximum.
    """

    different: int
    median: int
    most: int
    longest: int

    def __str__(self) -> str:
        return (
            f"{counted(self.different, 'different sentence')}; characters: median {self.median}, "
            f"95% at most {self.most}, longest {self.longest:,}"
        )


class _Side:
    """Counts the sentences of one side, in 8 bytes for each different one."""

    def __init__(self) -> None:
        self.different = 0
        self.characters: Counter[str] = Counter()
        self._lengths: Counter[int] = Counter()
        self._seen = Hashes()

    def add(self, texts: Sequence[str]) -> None:
        """Count more sentences."""
        self.characters.update("".join(texts))
        self._lengths.update(map(len, texts))
        self.different += int(self._seen.add([hash_text(sentence_key(text)) for text in texts]).sum())

    def report(self) -> SideReport:
        """Return what has been counted; at least one sentence has."""
        half, most = self._quantile(0.5), self._quantile(0.95)
        return SideReport(self.different, half, most, max(self._lengths))

    def _quantile(self, share: float) -> int:
        """Return the least length that at least this share of the sentences does not exceed."""
        left = share * self._lengths.total()
        for length in sorted(self._lengths):
            left -= self._lengths[length]
            if left <= 1e-9:
                return length
        return max(self._lengths)


@dataclass(frozen=True)
class PartReport:
    """One file of pairs, or two parallel ones.

    Attributes:
        name: of the file.
        pairs: the number of lines that are pairs.
        problems: the other lines.
        source, target: the two sides.
        characters: how often each character occurs.
        filtered: what `filter_pairs` would keep and drop.
        suspicions: pairs that look wrong.
    """

    name: str
    pairs: int
    problems: BadLines
    source: SideReport
    target: SideReport
    characters: Counter[str]
    filtered: FilterReport
    suspicions: tuple[Suspicion, ...]

    def __str__(self) -> str:
        rare = sorted(character for character, count in self.characters.items() if count == 1)
        shown = " ".join(rare[:_MOST_SHOWN]) + (" …" if len(rare) > _MOST_SHOWN else "")
        lines = [
            f"{self.name}: {counted(self.pairs, 'pair')}, {counted(self.problems.count, 'bad line')}",
            f"source: {self.source}",
            f"target: {self.target}",
            f"{len(self.characters):,} different characters" + (f"; only once: {shown}" if rare else ""),
            f"with these settings: {self.filtered}",
            *map(str, self.suspicions),
            *self.problems.lines(),
        ]
        return "\n  ".join(lines)


@dataclass(frozen=True)
class CheckReport:
    """A report on all parts, and on what each shares with earlier ones."""

    parts: tuple[PartReport, ...]
    leaks: dict[str, LeakReport]

    @property
    def good(self) -> bool:
        """Whether no line is bad and no sentence is in two parts."""
        return not any(part.problems.count for part in self.parts) and not any(
            report.shared for report in self.leaks.values()
        )

    def __str__(self) -> str:
        return "\n".join(
            [*map(str, self.parts), *(f"{name}: {report}" for name, report in self.leaks.items())]
        )


def check_files(files: Iterable[PairFiles], max_chars: int, max_ratio: float) -> CheckReport:
    """Return a report on files of pairs; bad lines do not stop it.

    The files are read several times, so that only the pairs of the second and further parts are in memory.

    Args:
        files: the parts, such as train, dev and test.
        max_chars, max_ratio: as for `filter_pairs`; nothing is dropped, only counted.

    Raises:
        UserError: for a file that cannot be read, or without a single pair.
    """
    parts = list(files)
    reports = tuple(_report(part, PairFilter(max_chars, max_ratio)) for part in parts)
    found: dict[str, LeakReport] = {}
    overlaps = {name_files(part): Overlap(list(_pairs(part))) for part in parts[1:]}
    for part in parts[:-1]:
        name = name_files(part)
        overlaps.pop(name, None)
        for pair in _pairs(part):
            for overlap in overlaps.values():
                overlap.meet(pair)
        for later, overlap in overlaps.items():
            found[f"{later} against {name}"] = overlap.report()
            overlap.forget()
    return CheckReport(reports, found)


def _pairs(part: PairFiles) -> Iterator[Pair]:
    return (item for item in scan_pairs(part) if isinstance(item, Pair))


def _report(part: PairFiles, pair_filter: PairFilter) -> PartReport:
    problems, sides, pairs = BadLines(), (_Side(), _Side()), 0
    for block in filter(None, blocks(problems.without(scan_pairs(part)))):
        pairs += len(block)
        pair_filter.keep(block)
        for side, texts in zip(sides, zip(*block, strict=True), strict=True):
            side.add(texts)
    name = name_files(part)
    if not pairs:
        raise problems.first[0] if problems.count else UserError(f"{name}: is empty; use another file")
    return PartReport(
        name=name,
        pairs=pairs,
        problems=problems,
        source=sides[0].report(),
        target=sides[1].report(),
        characters=sides[0].characters + sides[1].characters,
        filtered=pair_filter.report(),
        suspicions=suspicions(lambda: scan_pairs(part)),
    )
