"""Splits: no sentence on both sides of a cut, on any corpus."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.corpus.pairs import Pair, read_pairs, sentence_key
from seq2seq.corpus.splits import SentenceKeys, all_leaks, leaks, parse_size, split_files, split_pairs
from seq2seq.errors import UsageError, UserError

few = st.integers(0, 30).map(lambda number: f"sentence {number}")
corpora = st.lists(st.builds(Pair, few, few), min_size=3, max_size=60)


def distinct(count: int) -> list[Pair]:
    return [Pair(f"source {i}", f"target {i}") for i in range(count)]


@given(corpora, st.integers(0, 3), st.integers(0, 3), st.integers(0, 100))
def test_no_part_shares_a_sentence_and_no_pair_is_lost(
    pairs: list[Pair], dev: int, test: int, seed: int
) -> None:
    try:
        parts = split_pairs(pairs, dev, test, seed)
    except UsageError:
        return
    assert not any(report.shared for report in all_leaks(parts).values())
    assert sorted(pair for part in parts.values() for pair in part) == sorted(pairs)
    assert len(parts["dev"]) <= dev
    assert len(parts["test"]) <= test


def test_sizes_are_met_exactly_where_pairs_are_not_connected() -> None:
    parts = split_pairs(distinct(100), 10, 0.05, seed=1)
    assert {name: len(part) for name, part in parts.items()} == {"train": 85, "dev": 10, "test": 5}
    assert all(part == sorted(part, key=distinct(100).index) for part in parts.values())


def test_seed_decides_the_split_and_nothing_else_does() -> None:
    first, again, other = (split_pairs(distinct(100), 10, 10, seed) for seed in (1, 1, 2))
    assert first == again
    assert first["dev"] != other["dev"]


def test_connection_goes_through_other_pairs_and_ignores_case_and_signs() -> None:
    chain = [Pair("a", "1"), Pair("A!", "2"), Pair("b", "2."), Pair("b?", "3")]
    for seed in range(20):
        parts = split_pairs(chain + distinct(10), 4, 0, seed)
        inside = [pair for pair in chain if pair in parts["dev"]]
        assert inside in ([], chain)


def test_the_same_word_in_both_languages_connects_nothing() -> None:
    pairs = [Pair("no", "no lo es"), Pair("it is not", "no")]
    assert {len(split_pairs(pairs, 1, 0, seed)["dev"]) for seed in range(5)} == {1}
    assert Pair("x", "no") not in SentenceKeys([Pair("no", "y")])


@pytest.mark.parametrize("sizes", [(60, 40), (0.5, 0.5), (100, 0)])
def test_sizes_that_leave_nothing_to_train_on_are_refused(sizes: tuple[float, float]) -> None:
    with pytest.raises(UsageError, match="100 pairs are too few"):
        split_pairs(distinct(100), *sizes, seed=1)


@pytest.mark.parametrize("size", [-1, 1.0, 1.5, -0.1, float("nan"), "10"])
def test_size_is_a_number_of_pairs_or_a_fraction(size: float) -> None:
    with pytest.raises(UsageError, match="number of pairs or a fraction"):
        split_pairs(distinct(100), size, 0, seed=1)


def test_part_that_no_group_fits_into_is_refused() -> None:
    with pytest.raises(UsageError, match="fits into a test part of 2"):
        split_pairs([Pair("same", str(i)) for i in range(10)], 0, 2, seed=1)


def test_size_is_read_from_the_command_line() -> None:
    assert (parse_size("2000"), parse_size("0.02")) == (2000, 0.02)
    with pytest.raises(UsageError, match="'2%'"):
        parse_size("2%")


def test_leaks_are_found_on_either_side() -> None:
    known = [Pair("Go.", "Ve."), Pair("Who?", "¿Quién?")]
    held_out = [
        Pair("go", "Vaya."),
        Pair("Who is it?", "¡Quién!"),
        Pair("New.", "Nuevo."),
        Pair("Ve.", "Go."),
    ]
    report = leaks(known, held_out)
    assert report.shared == tuple(held_out[:2])
    assert "2 of 4 pairs" in str(report)
    assert "go | Vaya." in str(report)


@given(corpora, corpora)
def test_leaks_are_what_comparing_each_with_each_finds(known: list[Pair], held_out: list[Pair]) -> None:
    shared = [
        pair
        for pair in held_out
        if any(
            sentence_key(pair.source) == sentence_key(k.source)
            or sentence_key(pair.target) == sentence_key(k.target)
            for k in known
        )
    ]
    assert leaks(iter(known), held_out).shared == tuple(shared)


# --- files --------------------------------------------------------------------------------------------------


def write(path: Path, pairs: list[Pair]) -> Path:
    path.write_text("".join(f"{source}\t{target}\n" for source, target in pairs), encoding="utf-8")
    return path


def run_split(out: Path, *inputs: Path, dev: float = 3, test: float = 2, force: bool = False) -> str:
    report = split_files(inputs, out, dev=dev, test=test, seed=1, max_chars=50, max_ratio=4.0, force=force)
    return str(report)


def test_files_are_filtered_together_and_split(tmp_path: Path) -> None:
    one = write(tmp_path / "one.tsv", [*distinct(10), Pair("x" * 51, "y" * 51)])
    two = write(tmp_path / "two.tsv", [*distinct(12), Pair("", "empty")])
    out = tmp_path / "new" / "out"
    report = run_split(out, one, two)
    parts = {name: list(read_pairs(out / f"{name}.tsv")) for name in ("train", "dev", "test")}
    assert {name: len(part) for name, part in parts.items()} == {"train": 7, "dev": 3, "test": 2}
    assert sorted(pair for part in parts.values() for pair in part) == sorted(distinct(12))
    for line in (
        "24 lines read",
        "12 pairs kept",
        "1 with an empty side",
        "10 repeated",
        "dev against train: 0 of 3",
    ):
        assert line in report


def test_earlier_parts_are_kept_unless_forced_and_then_all_go(tmp_path: Path) -> None:
    source, out = write(tmp_path / "one.tsv", distinct(10)), tmp_path / "out"
    run_split(out, source)
    before = (out / "test.tsv").read_bytes()
    with pytest.raises(UsageError, match=r"test\.tsv exist; .*`force`"):
        run_split(out, source)
    assert (out / "test.tsv").read_bytes() == before
    run_split(out, source, test=0, force=True)
    assert sorted(path.name for path in out.iterdir()) == ["dev.tsv", "train.tsv"]


def test_lines_that_are_no_pairs_are_left_out_and_counted(tmp_path: Path) -> None:
    source = write(tmp_path / "one.tsv", distinct(10))
    with source.open("ab") as file:
        file.write(b"one column\nA bell.\t\a\n" + b"\xff\t\xfe\n")
    report = run_split(tmp_path / "out", source)
    assert "13 lines read" in report
    assert "3 of them left out because they are no pairs" in report
    for place in ("one.tsv:11: one column", "one.tsv:12: control character U+0007", "one.tsv:13: not UTF-8"):
        assert place in report
    assert "10 pairs kept" in report


def test_a_file_without_a_pair_stops_before_anything_is_written(tmp_path: Path) -> None:
    (tmp_path / "bad.tsv").write_text("one column\nanother\n")
    with pytest.raises(UserError, match=r"bad\.tsv:1: one column"):
        run_split(tmp_path / "out", tmp_path / "bad.tsv")
    assert not (tmp_path / "out").exists()
