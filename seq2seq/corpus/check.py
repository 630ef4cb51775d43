"""A report on files of pairs before training: what they hold, bad lines, and leaks between parts."""

from __future__ import annotations

import math
import re
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from seq2seq.corpus.filters import FilterReport, filter_pairs
from seq2seq.corpus.pairs import Pair, PairFiles, name_files, scan_pairs, sentence_key
from seq2seq.corpus.splits import LeakReport, all_leaks
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
            f"{self.different:,} different sentences; characters: median {self.median}, "
            f"95% at most {self.most}, longest {self.longest:,}"
        )


@dataclass(frozen=True)
class PartReport:
    """One file of pairs, or two parallel ones.

    Attributes:
        name: of the file.
        pairs: the number of lines that are pairs.
        problems: an error for each other line.
        source, target: the two sides.
        characters: how often each character occurs.
        filtered: what `filter_pairs` would keep and drop.
        suspicions: pairs that look wrong.
    """

    name: str
    pairs: int
    problems: tuple[UserError, ...]
    source: SideReport
    target: SideReport
    characters: Counter[str]
    filtered: FilterReport
    suspicions: tuple[Suspicion, ...]

    def __str__(self) -> str:
        rare = sorted(character for character, count in self.characters.items() if count == 1)
        shown = " ".join(rare[:_MOST_SHOWN]) + (" …" if len(rare) > _MOST_SHOWN else "")
        lines = [
            f"{self.name}: {counted(self.pairs, 'pair')}, {counted(len(self.problems), 'bad line')}",
            f"source: {self.source}",
            f"target: {self.target}",
            f"{len(self.characters):,} different characters" + (f"; only once: {shown}" if rare else ""),
            f"with these settings: {self.filtered}",
            *map(str, self.suspicions),
            *map(str, self.problems[:_MOST_SHOWN]),
        ]
        if len(self.problems) > _MOST_SHOWN:
            lines.append(f"and {counted(len(self.problems) - _MOST_SHOWN, 'more bad line')}")
        return "\n  ".join(lines)


@dataclass(frozen=True)
class CheckReport:
    """A report on all parts, and on what each shares with earlier ones."""

    parts: tuple[PartReport, ...]
    leaks: dict[str, LeakReport]

    @property
    def good(self) -> bool:
        """Whether no line is bad and no sentence is in two parts."""
        return not any(part.problems for part in self.parts) and not any(
            report.shared for report in self.leaks.values()
        )

    def __str__(self) -> str:
        return "\n".join(
            [*map(str, self.parts), *(f"{name}: {report}" for name, report in self.leaks.items())]
        )


def check_files(files: Iterable[PairFiles], max_chars: int, max_ratio: float) -> CheckReport:
    """Return a report on files of pairs; bad lines do not stop it.

    Args:
        files: the parts, such as train, dev and test.
        max_chars, max_ratio: as for `filter_pairs`; nothing is dropped, only counted.

    Raises:
        UserError: for a file that cannot be read, or without a single pair.
    """
    reports, parts = [], dict[str, list[Pair]]()
    for part in files:
        items = list(scan_pairs(part))
        pairs = [item for item in items if isinstance(item, Pair)]
        problems = tuple(item for item in items if isinstance(item, UserError))
        name = name_files(part)
        if not pairs:
            raise problems[0] if problems else UserError(f"{name}: is empty; use another file")
        filtered = filter_pairs(pairs, max_chars, max_ratio)[1]
        reports.append(_report(name, pairs, problems, filtered, suspicions(items.__iter__)))
        parts[name] = pairs
    return CheckReport(tuple(reports), all_leaks(parts))


def _report(
    name: str,
    pairs: Sequence[Pair],
    problems: tuple[UserError, ...],
    filtered: FilterReport,
    suspicious: tuple[Suspicion, ...],
) -> PartReport:
    sources, targets = [pair.source for pair in pairs], [pair.target for pair in pairs]
    return PartReport(
        name=name,
        pairs=len(pairs),
        problems=problems,
        source=_side(sources),
        target=_side(targets),
        characters=Counter("".join(sources)) + Counter("".join(targets)),
        filtered=filtered,
        suspicions=suspicious,
    )


def _side(texts: Sequence[str]) -> SideReport:
    lengths = [len(text) for text in texts]
    median, most = np.quantile(lengths, (0.5, 0.95), method="inverted_cdf")
    return SideReport(len(set(map(sentence_key, texts))), int(median), int(most), max(lengths))
