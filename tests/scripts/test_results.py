"""How studies choose their sentences."""

from __future__ import annotations

from pathlib import Path

from scripts.results import evenly, some_sentences


def test_items_are_chosen_from_all() -> None:
    assert evenly(range(10), 4) == [0, 2, 5, 7]
    assert evenly(range(10), 6) == [0, 1, 3, 5, 6, 8]
    assert evenly(range(3), 6) == [0, 1, 2]
    assert evenly([], 6) == []


def test_sentences_are_chosen_with_all_their_references(tmp_path: Path) -> None:
    pairs = tmp_path / "pairs.tsv"
    pairs.write_text("".join(f"s{i}\tt{i}{j}\n" for i in range(4) for j in range(2)), encoding="utf-8")
    assert some_sentences(pairs, 2) == (["s0", "s2"], [["t00", "t01"], ["t20", "t21"]])
