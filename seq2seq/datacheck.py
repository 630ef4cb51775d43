"""A look at files of pairs before anything is trained on them: what is there, what is wrong, what leaks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from seq2seq.errors import UserError
from seq2seq.pairs import FilterReport, Pair, PairFiles, describe, filter_pairs, key, scan_pairs
from seq2seq.splits import LeakReport, all_leaks

_MOST_SHOWN = 20


@dataclass(frozen=True)
class SideReport:
    """One side of a part.

    Attributes:
        different: sentences that differ when compared by `key`.
        median, most, longest: characters per sentence: of the middle one, of 95% at most, of the longest.
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
        pairs: lines that are pairs.
        problems: the other lines, with their places.
        source, target: the two sides.
        characters: how often each character occurs.
        filtered: what `filter_pairs` would do.
    """

    name: str
    pairs: int
    problems: tuple[UserError, ...]
    source: SideReport
    target: SideReport
    characters: Counter[str]
    filtered: FilterReport

    def __str__(self) -> str:
        rare = sorted(character for character, count in self.characters.items() if count == 1)
        shown = " ".join(rare[:_MOST_SHOWN]) + (" …" if len(rare) > _MOST_SHOWN else "")
        lines = [
            f"{self.name}: {self.pairs:,} pairs, {len(self.problems):,} bad lines",
            f"source: {self.source}",
            f"target: {self.target}",
            f"{len(self.characters):,} different characters" + (f"; only once: {shown}" if rare else ""),
            f"with these settings: {self.filtered}",
            *map(str, self.problems[:_MOST_SHOWN]),
        ]
        if len(self.problems) > _MOST_SHOWN:
            lines.append(f"and {len(self.problems) - _MOST_SHOWN:,} more bad lines")
        return "\n  ".join(lines)


@dataclass(frozen=True)
class CheckReport:
    """All parts, and each later one compared with each earlier one."""

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
    """Read every part to its end, whatever its lines hold, and report.

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
        name = describe(part)
        if not pairs:
            raise problems[0] if problems else UserError(f"{name}: holds no line; name another file")
        reports.append(_report(name, pairs, problems, filter_pairs(pairs, max_chars, max_ratio)[1]))
        parts[name] = pairs
    return CheckReport(tuple(reports), all_leaks(parts))


def _report(
    name: str, pairs: Sequence[Pair], problems: tuple[UserError, ...], filtered: FilterReport
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
    )


def _side(texts: Sequence[str]) -> SideReport:
    lengths = [len(text) for text in texts]
    median, most = np.quantile(lengths, (0.5, 0.95), method="inverted_cdf")
    return SideReport(len(set(map(key, texts))), int(median), int(most), max(lengths))
