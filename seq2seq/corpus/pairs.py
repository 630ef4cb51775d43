"""Sentence pairs: read strictly from files, cut into aligned sentences, compared.

Bad data stops a training run, so every error names file, line and byte. `scan_pairs` continues after a bad
line and so finds all errors of a file.
"""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import math
import re
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import NamedTuple, TypeAlias

from seq2seq.errors import UserError
from seq2seq.storage.files import check_regular
from seq2seq.text.normalise import normalise
from seq2seq.text.sentences import split_sentences

PairFiles: TypeAlias = str | Path | Sequence[str | Path]
"""One file of pairs, or two parallel files."""

MOST_BYTES = 1 << 24
"""The most bytes of a line."""
MOST_RATIO = 200
"""The largest ratio of unpacked to packed size beyond the first `MOST_BYTES`; text has about four."""

# U+0085 (C2 85) is a line separator and becomes a space like other line separators; it is no error.
_CONTROL_BYTES = re.compile(rb"[\x00-\x08\x0a-\x1f\x7f]|\xc2[\x80-\x84\x86-\x9f]")
_CONTROL = re.compile("[\x00-\x08\x0a-\x1f\x7f-\x84\x86-\x9f]")


class Pair(NamedTuple):
    """A sentence and its translation, both normalised."""

    source: str
    target: str


def read_pairs(files: PairFiles, reverse: bool = False) -> Iterator[Pair]:
    """Yield the pairs of `files` in order, normalised and otherwise as they are: one pair per line.

    Args:
        files: a .tsv or .txt file (columns source and target; further ones are ignored), a .jsonl file of
            objects with "source" and "target" or "en" and "es", any of them also .gz; or two parallel files.
        reverse: swap the two sides.

    Raises:
        UserError: for the first line that is not a pair, with its place; for a file that cannot be read.
    """
    for item in scan_pairs(files, reverse):
        if isinstance(item, UserError):
            raise item
        yield item


def paths(files: PairFiles | None) -> list[Path]:
    """Return the one or two paths of `files`, none for None."""
    if files is None:
        return []
    return [Path(files)] if isinstance(files, (str, Path)) else [Path(file) for file in files]


def name_files(files: PairFiles) -> str:
    """Return the names of `files` for a message."""
    return " and ".join(map(str, paths(files)))


def scan_pairs(files: PairFiles, reverse: bool = False) -> Iterator[Pair | UserError]:
    """Yield what `read_pairs` yields, and for each line that is not a pair the error instead of raising it.

    Raises:
        UserError: for a file that cannot be read, and for parallel files of different lengths.
    """
    items = _scan_file(*paths(files)) if len(paths(files)) == 1 else _scan_parallel(*paths(files))
    for item in items:
        yield Pair(item.target, item.source) if reverse and isinstance(item, Pair) else item


def scan_lines(lines: Iterable[bytes], name: str, parse: Callable[[str], Pair]) -> Iterator[Pair | UserError]:
    """Yield what `parse` makes of each line, or an error that gives its place in `name`."""
    for number, line in enumerate(lines, 1):
        try:
            yield parse(_decode(line))
        except ValueError as error:
            yield UserError(f"{name}:{number}: {error}")


def _scan_file(path: Path) -> Iterator[Pair | UserError]:
    kind = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    parse = _PARSERS.get(kind.lower())
    if parse is None:
        raise UserError(f"{path}: a file of pairs ends in .tsv, .txt or .jsonl, or one of these and .gz")
    with _open(path) as lines:
        yield from scan_lines(lines, str(path), parse)


def _scan_parallel(first: Path, second: Path) -> Iterator[Pair | UserError]:
    counts, odd = [0, 0], 0
    with _open(first) as lefts, _open(second) as rights:
        for number, (left, right) in enumerate(zip_longest(lefts, rights), 1):
            counts = [counts[0] + (left is not None), counts[1] + (right is not None)]
            if left is None or right is None:
                continue
            try:
                pair = Pair(_parse_side(left, first, number), _parse_side(right, second, number))
                if b"\t" in left and b"\t" in right:
                    raise UserError(
                        f"{first}:{number}: both parallel files contain a tab here: they seem to hold pairs "
                        "already; pass each as a file of pairs"
                    )
            except UserError as error:
                yield error
                continue
            odd = odd or (number if _out_of_step(pair) else 0)
            yield pair
    if counts[0] != counts[1]:
        hint = f"; line {odd} is the first that looks out of step" if odd else ""
        raise UserError(
            f"{first} has {counts[0]:,} lines and {second} has {counts[1]:,}: "
            f"parallel files have to match line by line{hint}"
        )


def _parse_side(line: bytes, path: Path, number: int) -> str:
    try:
        return normalise(_decode(line))
    except ValueError as error:
        raise UserError(f"{path}:{number}: {error}") from None


def _out_of_step(pair: Pair) -> bool:
    """Whether a line may be the first after a lost one: one side is empty or much longer."""
    short, long = sorted((len(pair.source), len(pair.target)))
    return (short == 0) != (long == 0) or long > 4 * short + 20


@contextmanager
def _open(path: Path) -> Iterator[Iterator[bytes]]:
    """Open a file, .gz or not, as lines that end at line feeds only."""
    zipped = path.suffix.lower() == ".gz"
    check_regular(path)
    try:
        most = max(MOST_BYTES, MOST_RATIO * path.stat().st_size) if zipped else math.inf
        with gzip.open(path, "rb") if zipped else path.open("rb") as stream:
            yield _lines(stream, path, most)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: not a whole gzip file ({error}); fetch or compress it again") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def _lines(stream: io.BufferedIOBase, path: Path, most: float) -> Iterator[bytes]:
    """Yield lines of limited length, and at most `most` bytes: a small .gz file may hold gigabytes."""
    size = 0
    while line := stream.readline(MOST_BYTES + 1):
        size += len(line)
        if len(line) > MOST_BYTES:
            raise UserError(f"{path}: holds a line of more than {MOST_BYTES:,} bytes; it is no file of pairs")
        if size > most:
            raise UserError(
                f"{path}: refused, for it unpacks to more than {most:,} bytes; unpack it yourself"
            )
        yield line


def _decode(line: bytes) -> str:
    """Return a decoded line without its end; a ValueError names the bad byte, counted from 1 in the line."""
    line = line.removesuffix(b"\n").removesuffix(b"\r")
    if bad := _CONTROL_BYTES.search(line):
        code = bad[0][-1]
        raise ValueError(f"control character U+{code:04X} (byte {bad.start() + 1} of the line); remove it")
    try:
        return line.decode("utf-8").removeprefix("\ufeff")
    except UnicodeDecodeError as error:
        raise ValueError(f"not UTF-8 (byte {error.start + 1} of the line); save the file as UTF-8") from None


def parse_columns(line: str) -> Pair:
    """Return the pair in a line of source, tab and target; ValueError for a single column."""
    columns = line.split("\t", 2)
    if len(columns) < 2:
        raise ValueError("one column; a line holds a source and a target with a tab between them")
    return Pair(normalise(columns[0]), normalise(columns[1]))


def _parse_object(line: str) -> Pair:
    try:
        record = json.loads(line)
    except RecursionError:
        raise ValueError("not JSON that a pair could be: nested too deep") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    for source, target in (("source", "target"), ("en", "es")):
        if isinstance(record, dict) and {source, target} <= record.keys():
            return Pair(_parse_value(source, record[source]), _parse_value(target, record[target]))
    raise ValueError('a line is an object with "source" and "target", or "en" and "es"')


def _parse_value(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f'"{name}" is text, not {value!r:.40}')
    if bad := _CONTROL.search(value):
        raise ValueError(f'control character U+{ord(bad[0]):04X} in "{name}"; remove it')
    return normalise(value)


_PARSERS = {".tsv": parse_columns, ".txt": parse_columns, ".jsonl": _parse_object}


def align_sentences(pair: Pair) -> list[Pair]:
    """Return the sentences of a line as pairs if both sides have equally many, else the whole line.

    Translation cuts its input with the same function, so a model will be given sentences like these. Here the
    limit is out of reach: the parts of a sentence that is cut for its length need not correspond.
    """
    sources, targets = (split_sentences(side, limit=2 * len(side) + 1) for side in pair)
    if len(sources) != len(targets) or len(sources) < 2:
        return [pair]
    return [Pair(source, target) for source, target in zip(sources, targets, strict=True)]


def sentence_key(text: str) -> str:
    """Return the letters and digits of a text in lower case; sentences with the same key count as the same.

    The key of a text without letters and digits is the text.
    """
    return "".join(filter(str.isalnum, text.lower())) or text


def group_references(pairs: Iterable[Pair]) -> dict[str, list[str]]:
    """Return each source with its different targets, both in the order of their first appearance."""
    groups: dict[str, dict[str, None]] = {}
    for pair in pairs:
        groups.setdefault(pair.source, {})[pair.target] = None
    return {source: list(targets) for source, targets in groups.items()}


def to_lines(pairs: Iterable[Pair]) -> str:
    """Return pairs as lines of two columns.

    Normalised text has no tabs and line feeds, so the lines are unambiguous.
    """
    return "".join([f"{source}\t{target}\n" for source, target in pairs])


def fingerprint(pairs: Iterable[Pair]) -> str:
    """Return the sha256, in hexadecimal, of normalised pairs in their order."""
    digest = hashlib.sha256()
    for pair in pairs:
        digest.update(to_lines([pair]).encode())
    return digest.hexdigest()
