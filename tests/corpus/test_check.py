"""The report on files of pairs."""

from __future__ import annotations

import gzip
import tracemalloc
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from seq2seq.corpus import check as datacheck
from seq2seq.corpus import spool
from seq2seq.corpus.check import check_files, suspicions
from seq2seq.corpus.pairs import Pair, read_pairs, scan_pairs
from seq2seq.errors import UserError

DATA = Path(__file__).parents[2] / "data"


def put(path: Path, content: bytes) -> Path:
    path.write_bytes(content)
    return path


def test_every_bad_line_is_listed_and_the_rest_is_counted(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"Go.\tVe.\none\nGO!\tVaya.\nx\xff\ty\nGo.\tVe.\n" + b"z" * 300 + b"\tz\n")
    report = check_files([path], max_chars=200, max_ratio=4.0)
    (part,) = report.parts
    assert [str(problem).split(": ")[0] for problem in part.problems.first] == [f"{path}:2", f"{path}:4"]
    assert (part.pairs, part.filtered.kept, part.filtered.duplicate, part.filtered.too_long) == (4, 2, 1, 1)
    assert (part.source.different, part.source.longest, part.target.different) == (2, 300, 3)
    assert (part.source.median, part.source.most) == (3, 300)
    assert (part.characters["z"], part.characters["!"]) == (301, 1)
    assert not report.good
    for text in ("4 pairs, 2 bad lines", "only once: ! O y", "1 repeated", f"{path}:4: not UTF-8"):
        assert text in str(report)


def test_long_list_of_problems_is_cut_short(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"Go.\tVe.\n" + b"one\n" * 25)
    assert "and 20 more bad lines" in str(check_files([path], 200, 4.0))


def test_leaks_between_parts_are_named(tmp_path: Path) -> None:
    train = put(tmp_path / "train.tsv", b"Go.\tVe.\nWho?\tQuien?\n")
    dev = put(tmp_path / "dev.tsv", b"go\tId.\n")
    test = put(tmp_path / "test.tsv", b"New.\tNuevo.\n")
    report = check_files([train, dev, test], 200, 4.0)
    assert {name: len(found.shared) for name, found in report.leaks.items()} == {
        f"{dev} against {train}": 1,
        f"{test} against {train}": 0,
        f"{test} against {dev}": 0,
    }
    assert not report.good
    assert f"{dev} against {train}: 1 of 1 pair" in str(report)
    assert check_files([train, test], 200, 4.0).good


def test_parallel_files_are_one_part(tmp_path: Path) -> None:
    files = put(tmp_path / "a.en", b"Go.\n"), put(tmp_path / "a.es", b"Ve.\n")
    assert check_files([files], 200, 4.0).parts[0].name == f"{files[0]} and {files[1]}"


def test_bad_lines_take_no_memory(tmp_path: Path) -> None:
    """An archive of 6 kB with empty lines took 1.8 GB: an error was kept for each line."""

    def peak(count: int) -> int:
        path = tmp_path / f"{count}.tsv.gz"
        path.write_bytes(gzip.compress(b"Go.\tVe.\n" + b"\n" * count))
        tracemalloc.start()
        report = check_files([path], 200, 4.0)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        assert report.parts[0].problems.count == count
        assert f"{path}:2: one column" in str(report)
        return most

    peak(10)
    assert peak(20_000) < peak(2000) + 20_000


@pytest.mark.slow
def test_pairs_of_a_single_file_take_little_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spool, "BLOCK", 1000)
    monkeypatch.setattr(datacheck, "_SLOTS", 1 << 10)

    def peak(count: int) -> int:
        path = put(
            tmp_path / "a.tsv", "".join(f"word {n} there\tpalabra {n}\n" for n in range(count)).encode()
        )
        tracemalloc.start()
        check_files([path], 200, 4.0)
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    # Three hashes of 8 bytes for each pair, twice while they are joined, and no text.
    assert peak(8000) < peak(2000) + 6000 * 60


@pytest.mark.parametrize(("content", "fault"), [(b"", "is empty"), (b"one\n", "one column")])
def test_file_without_a_pair_is_refused(tmp_path: Path, content: bytes, fault: str) -> None:
    with pytest.raises(UserError, match=fault):
        check_files([put(tmp_path / "a.tsv", content)], 200, 4.0)


# --- pairs that seem to be something else ---


def found(pairs: list[Pair]) -> dict[str, tuple[int, list[int]]]:
    """Return the suspicions about pairs: what, how many, where."""
    return {each.what: (each.count, each.places) for each in suspicions(pairs.__iter__)}


def good_pairs(count: int) -> list[Pair]:
    return list(islice(read_pairs(DATA / "train.tsv"), count))


ENTITIES = "HTML entities such as &amp; &quot; &#39;"
SWAPPED = "sides that look exchanged"
HEADER = "the names of the columns (a header)"


def test_html_entities_are_counted_and_the_first_are_named(tmp_path: Path) -> None:
    pairs = good_pairs(20)
    for row, side in ((2, "Salt &amp; pepper"), (4, "it&#39;s"), (5, "&quot;No&quot;"), (9, "a &#x27; b")):
        pairs[row] = pairs[row]._replace(target=side)
    for row, side in ((3, "R&D; no"), (6, "AT&T"), (7, "a & b; c"), (8, "&;")):
        pairs[row] = pairs[row]._replace(source=side)
    assert found(pairs) == {ENTITIES: (4, [3, 5, 6, 10])}
    path = put(tmp_path / "a.tsv", b"one\n" + b"&amp;\ty\n" * 7)
    report = check_files([path], 200, 4.0)
    assert f"warning: 7 lines with {ENTITIES}: 2, 3, 4, 5, 6 …" in str(report)
    assert [part.problems.count for part in report.parts] == [1]


def test_a_suspicion_is_no_fault(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"English\tSpanish\nGo.\tVe.\n")
    report = check_files([path], 200, 4.0)
    assert report.good
    assert f"warning: 1 line with {HEADER}: 1\n" in str(report) + "\n"


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (("English", "Spanish"), True),
        (("source", "target"), True),
        (("en", "es"), True),
        (("ENGLISH:", "Español"), True),
        (("English", "Inglés es"), False),
        (("Spanish", "Spanish"), False),
        (("Source.", "Fuente."), False),
    ],
)
def test_the_names_of_the_columns_are_known_in_the_first_line_alone(
    header: tuple[str, str], known: bool
) -> None:
    assert (HEADER in found([Pair(*header), *good_pairs(3)])) is known
    assert HEADER not in found([*good_pairs(3), Pair(*header)])


@pytest.mark.parametrize("every", [7, 100])
def test_exchanged_sides_are_found_by_the_words_of_the_columns(every: int) -> None:
    pairs = good_pairs(1000)
    assert found(pairs) == {}
    rows = range(3, 1000, every)
    for row in rows:
        pairs[row] = Pair(pairs[row].target, pairs[row].source)
    ((count, places),) = found(pairs).values()
    assert 0.85 * len(rows) <= count <= len(rows)
    assert set(places) <= {row + 1 for row in rows}


def test_names_and_equal_sides_are_not_taken_for_exchanged() -> None:
    """The words of one language may occur in the other column: a title, a name, "no"."""
    odd = [
        Pair("Tom!", "¡Tom!"),
        Pair("no", "no"),
        Pair("La casa de papel", "La casa de papel"),
        Pair("1", "2"),
    ]
    assert found([*good_pairs(500), *odd]) == {}
    assert found([Pair("1 2", "3"), Pair("?", "¿?")]) == {}
    assert found([Pair("a " * 50_000, "b " * 50_000), *good_pairs(5)]) == {}


def test_places_count_bad_lines_as_well(tmp_path: Path) -> None:
    path = put(tmp_path / "a.tsv", b"Go.\tVe.\nbad\n\nNo &lt; yes\tNo\n")
    (suspicion,) = suspicions(lambda: scan_pairs(path))
    assert suspicion.places == [4]


def test_suspicions_take_no_more_memory_for_more_lines(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(datacheck, "_SLOTS", 1 << 10)

    def lines(count: int) -> Iterator[Pair]:
        return (Pair(f"&amp; word{n} is {n}", f"la palabra{n} es {n}") for n in range(count))

    def peak(count: int) -> int:
        tracemalloc.start()
        suspicions(lambda: lines(count))
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return most

    peak(10)
    assert peak(4000) < peak(400) + 2000
