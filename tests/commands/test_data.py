"""`seq2seq data cache`: the list of entries."""

from __future__ import annotations

from pathlib import Path

from seq2seq.commands.data import cache_table, entry_line
from seq2seq.corpus.cache import CacheEntry


def test_the_last_line_counts_the_entries() -> None:
    one = CacheEntry(Path("c/0"), 1_500, 0.0, ("train.tsv",))
    unfinished = CacheEntry(Path("c/1"), 500, 0.0, None)
    first, second, total = cache_table([one, unfinished], Path("c")).split("\n")
    assert first.endswith("c/0  train.tsv")
    assert second.endswith("c/1  unfinished or of an older version")
    assert total == "c: 2 entries, 2 kB"
    assert cache_table([one], Path("c")).endswith("c: 1 entry, 2 kB")


def test_sizes_and_ages_are_told_in_units_for_people() -> None:
    def line(size: int, age: float) -> str:
        return entry_line(CacheEntry(Path("c"), size, 1e9 - age, ("a.tsv", "b.tsv")), 1e9)

    assert line(999, 59).split() == ["999", "B", "1", "min", "c", "a.tsv,", "b.tsv"]
    assert line(20_400_000, 5 * 3600).split()[:4] == ["20", "MB", "5", "hours"]
    assert line(3_210_000_000, 3 * 86_400).split()[:4] == ["3.2", "GB", "3", "days"]
    assert line(0, -9).split()[:4] == ["0", "B", "0", "min"]
