"""Tables of pairs: columns separated by tabs, the download of Tatoeba, and CSV with a header."""

from __future__ import annotations

import csv
import re
from collections.abc import Callable, Iterable, Iterator
from itertools import chain, islice
from typing import Final, TypeAlias

from seq2seq.corpus.records import Pair, clean_value, decode_strictly, scan_lines
from seq2seq.errors import UserError
from seq2seq.text.normalise import normalise

SOURCE_NAMES: Final = ("source", "src", "en", "eng", "english", "inglés", "ingles")
TARGET_NAMES: Final = ("target", "tgt", "trg", "es", "spa", "spanish", "español", "espanol")
"""Names of the two columns, in lower case."""
_LOCALE = re.compile(r"(en|es)[-_][a-z0-9]+")
_TATOEBA = re.compile(r"[1-9][0-9]*\t[^\t]*[^\W\d_][^\t]*\t[1-9][0-9]*\t[^\t]*[^\W\d_][^\t]*")
_PEEKED = 20
"""Lines that have to look like a download of Tatoeba before a file is taken for one."""

_PairOrError: TypeAlias = Pair | UserError


def parse_columns(line: str) -> Pair:
    """Return the pair in a line of source, tab and target; ValueError for a single column."""
    columns = line.split("\t", 2)
    if len(columns) < 2:
        raise ValueError("one column; a line holds a source and a target with a tab between them")
    return Pair(normalise(columns[0]), normalise(columns[1]))


def scan_columns(lines: Iterable[bytes], name: str) -> Iterator[_PairOrError]:
    """Yield the pairs, or errors, of lines with tabs between columns.

    The columns are source and target and maybe others, or those that a header names, or number, sentence,
    number and sentence, as Tatoeba's page of downloads gives them.
    """
    lines = iter(lines)
    first = list(islice(lines, _PEEKED))
    texts = [line.decode(errors="replace").lstrip("\ufeff").rstrip("\r\n") for line in first]
    lines = chain(first, lines)
    if texts and all(map(_TATOEBA.fullmatch, texts)):
        yield from scan_lines(lines, name, _parse_tatoeba)
        return
    columns = find_columns(texts[0].split("\t")) if texts else None
    # A header over the first two columns is a line like any other: `data check` warns about it.
    if columns is None or columns == (0, 1):
        yield from scan_lines(lines, name, parse_columns)
        return
    items = scan_lines(lines, name, _parser_of(*columns))
    next(items)  # the header
    yield from items


def _parse_tatoeba(line: str) -> Pair:
    columns = line.split("\t")
    if len(columns) != 4 or not (columns[0].isdigit() and columns[2].isdigit()):
        raise ValueError("not number, sentence, number and sentence, like the lines at the file's beginning")
    return Pair(normalise(columns[1]), normalise(columns[3]))


def _parser_of(source: int, target: int) -> Callable[[str], Pair]:
    def parse(line: str) -> Pair:
        columns = line.split("\t")
        if len(columns) <= max(source, target):
            raise ValueError(f"{len(columns)} columns; the header has more")
        return Pair(normalise(columns[source]), normalise(columns[target]))

    return parse


def find_columns(names: Iterable[str]) -> tuple[int, int] | None:
    """Return the columns of source and target by the names in a header; None unless there is one of each."""
    short = [_LOCALE.sub(r"\1", name.strip(" \"'.:").lower()) for name in names]
    sources = [column for column, name in enumerate(short) if name in SOURCE_NAMES]
    targets = [column for column, name in enumerate(short) if name in TARGET_NAMES]
    return (sources[0], targets[0]) if len(sources) == len(targets) == 1 else None


def scan_csv(lines: Iterable[bytes], name: str) -> Iterator[_PairOrError]:
    """Yield the pairs, or errors, of a CSV file whose first line names the columns.

    Commas, semicolons or tabs separate the columns, whichever the header has.

    Raises:
        UserError: the header has no names of a source and a target.
    """
    lines = iter(lines)
    try:
        header = decode_strictly(next(lines, b""), name)
    except ValueError as error:
        raise UserError(f"{name}:1: {error}") from None
    found = [(mark, find_columns(next(csv.reader([header], delimiter=mark), []))) for mark in ",;\t"]
    delimiter, columns = next((each for each in found if each[1]), (",", None))
    if columns is None:
        raise UserError(
            f"{name}:1: the first line of a .csv file names its columns, one of them {_some(SOURCE_NAMES)} "
            f"and one {_some(TARGET_NAMES)}; it is {header[:80]!r}"
        )
    decoded = _DecodedLines(lines, name, 2)
    rows = csv.reader(decoded, delimiter=delimiter, strict=True)
    while True:
        begun = decoded.number
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            decoded.problems.clear()
            yield UserError(
                f"{name}:{begun}: not a row of CSV ({error}; lines {begun} to {decoded.number - 1} are left "
                "out); double the quotation marks within a cell"
            )
            continue
        if decoded.problems:
            yield from decoded.problems
            decoded.problems.clear()
            continue
        try:
            yield _parse_row(row, columns)
        except ValueError as error:
            yield UserError(f"{name}:{begun}: {error}")


def _parse_row(row: list[str], columns: tuple[int, int]) -> Pair:
    if len(row) <= max(columns):
        raise ValueError(f"{len(row)} columns; the header has more")
    return Pair(clean_value("source", row[columns[0]]), clean_value("target", row[columns[1]]))


def _some(names: Iterable[str]) -> str:
    return ", ".join(names)


class _DecodedLines:
    """The lines of a file as text, for `csv`; a bad line becomes an empty one and a problem.

    Attributes:
        number: the number of the next line.
        problems: an error for each bad line of the row that was read last.
    """

    def __init__(self, lines: Iterator[bytes], name: str, number: int) -> None:
        self._lines, self._name, self.number = lines, name, number
        self.problems: list[UserError] = []

    def __iter__(self) -> Iterator[str]:
        for line in self._lines:
            self.number += 1
            try:
                text = decode_strictly(line, self._name)
            except ValueError as error:
                self.problems.append(UserError(f"{self._name}:{self.number - 1}: {error}"))
                text = ""
            yield text + "\n"
