"""Sentence pairs: read strictly from files, cut into aligned sentences, compared.

Bad data stops a training run, so every error names file, line and byte. `scan_pairs` continues after a bad
line and so finds all errors of a file.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import zip_longest
from pathlib import Path
from typing import TypeAlias

from seq2seq.corpus.archives import limited, open_moses
from seq2seq.corpus.hub import is_dataset, local_copy
from seq2seq.corpus.records import ByteStream, clean_value, decode_strictly, limited_lines, scan_lines
from seq2seq.corpus.records import Pair as Pair
from seq2seq.corpus.standard_input import NAME, STANDARD_INPUT, open_standard_input
from seq2seq.corpus.tables import scan_columns, scan_csv
from seq2seq.corpus.tmx import scan_tmx
from seq2seq.errors import UserError
from seq2seq.regular import check_regular
from seq2seq.text.normalise import normalise
from seq2seq.text.sentences import split_sentences

PairFiles: TypeAlias = str | Path | Sequence[str | Path]
"""One file of pairs, or two parallel files."""


def read_pairs(files: PairFiles, reverse: bool = False) -> Iterator[Pair]:
    """Yield the pairs of `files` in order, normalised and otherwise as they are: one pair per line.

    Args:
        files: one file of a format that `docs/data.md` lists, also as .gz; or two parallel files; or `-`,
            standard input with the lines of a .tsv; or `hf:NAME`, a dataset of the hub.
        reverse: swap the two sides.

    Raises:
        UserError: for the first line that is not a pair, with its place; for a file that cannot be read.
    """
    for item in scan_pairs(files, reverse):
        if isinstance(item, UserError):
            raise item
        yield item


def paths(files: PairFiles | None) -> list[Path]:
    """Return the one or two paths of `files`, none for None; of a dataset, that of its copy.

    Raises:
        UserError: a dataset cannot be loaded.
    """
    names = [] if files is None else [files] if isinstance(files, (str, Path)) else files
    return [local_copy(str(name)) if is_dataset(name) else Path(name) for name in names]


def name_files(files: PairFiles) -> str:
    """Return the names of `files` for a message."""
    names = map(str, [files] if isinstance(files, (str, Path)) else files)
    return " and ".join(NAME if name == STANDARD_INPUT else name for name in names)


def scan_pairs(files: PairFiles, reverse: bool = False) -> Iterator[Pair | UserError]:
    """Yield what `read_pairs` yields, and for each line that is not a pair the error instead of raising it.

    Raises:
        UserError: for a file that cannot be read, and for parallel files of different lengths.
    """
    items = _scan_file(*paths(files)) if len(paths(files)) == 1 else _scan_two_files(*paths(files))
    for item in items:
        yield Pair(item.target, item.source) if reverse and isinstance(item, Pair) else item


def _scan_file(path: Path) -> Iterator[Pair | UserError]:
    if str(path) == STANDARD_INPUT:
        yield from scan_columns(limited_lines(open_standard_input(), NAME), NAME)
        return
    check_regular(path)
    kind = Path(path.stem).suffix if path.suffix.lower() == ".gz" else path.suffix
    if kind.lower() == ".zip" and path.suffix.lower() == ".zip":
        with _clear_reading(path), open_moses(path) as (english, spanish):
            yield from _scan_parallel(*((limited_lines(*side), side[1]) for side in (english, spanish)))
        return
    scan = _SCANNERS.get(kind.lower())
    if scan is None and not path.exists():
        raise UserError(f"{path}: no such file; check the path")
    if scan is None:
        raise UserError(
            f"{path}: a file of pairs ends in .tsv, .txt, .csv, .jsonl or .tmx, or one of these and .gz, or "
            "it is a .zip of OPUS"
        )
    with _open(path) as stream:
        yield from scan(stream, str(path))


def _scan_two_files(first: Path, second: Path) -> Iterator[Pair | UserError]:
    check_regular(first)
    check_regular(second)
    with _open(first) as left, _open(second) as right:
        yield from _scan_parallel(
            (limited_lines(left, str(first)), str(first)), (limited_lines(right, str(second)), str(second))
        )


def _scan_parallel(
    first: tuple[Iterable[bytes], str], second: tuple[Iterable[bytes], str]
) -> Iterator[Pair | UserError]:
    """Yield the pairs of two texts, each with its name."""
    (lefts, left_name), (rights, right_name) = first, second
    counts, odd = [0, 0], 0
    for number, (left, right) in enumerate(zip_longest(lefts, rights), 1):
        counts = [counts[0] + (left is not None), counts[1] + (right is not None)]
        if left is None or right is None:
            continue
        try:
            pair = Pair(_parse_side(left, left_name, number), _parse_side(right, right_name, number))
            if b"\t" in left and b"\t" in right:
                raise UserError(
                    f"{left_name}:{number}: both parallel files contain a tab here: they seem to hold pairs "
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
            f"{left_name} has {counts[0]:,} lines and {right_name} has {counts[1]:,}: "
            f"parallel files have to match line by line{hint}"
        )


def _parse_side(line: bytes, name: str, number: int) -> str:
    try:
        return normalise(decode_strictly(line, name))
    except ValueError as error:
        raise UserError(f"{name}:{number}: {error}") from None


def _out_of_step(pair: Pair) -> bool:
    """Whether a line may be the first after a lost one: one side is empty or much longer."""
    short, long = sorted((len(pair.source), len(pair.target)))
    return (short == 0) != (long == 0) or long > 4 * short + 20


@contextmanager
def _open(path: Path) -> Iterator[ByteStream]:
    """Open a file, .gz or not."""
    zipped = path.suffix.lower() == ".gz"
    with _clear_reading(path):
        if not zipped:
            with path.open("rb") as stream:
                yield stream
            return
        with gzip.open(path, "rb") as unpacked:
            yield limited(unpacked, path.stat().st_size, str(path))


@contextmanager
def _clear_reading(path: Path) -> Iterator[None]:
    try:
        yield
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise UserError(f"{path}: not a whole gzip file ({error}); fetch or compress it again") from error
    except OSError as error:
        raise UserError(f"{path}: cannot be read: {error.strerror}") from error


def _parse_object(line: str) -> Pair:
    try:
        record = json.loads(line)
    except RecursionError:
        raise ValueError("not JSON that a pair could be: nested too deep") from None
    except ValueError as error:
        raise ValueError(f"not JSON: {error}") from None
    if isinstance(record, dict) and isinstance(record.get("translation"), dict):
        record = record["translation"]
    for source, target in (("source", "target"), ("en", "es")):
        if isinstance(record, dict) and {source, target} <= record.keys():
            return Pair(clean_value(source, record[source]), clean_value(target, record[target]))
    raise ValueError(
        'a line is an object with "source" and "target", or "en" and "es", or these in "translation"'
    )


def _by_lines(
    scan: Callable[[Iterable[bytes], str], Iterator[Pair | UserError]],
) -> Callable[[ByteStream, str], Iterator[Pair | UserError]]:
    return lambda stream, name: scan(limited_lines(stream, name), name)


_SCANNERS: dict[str, Callable[[ByteStream, str], Iterator[Pair | UserError]]] = {
    ".tsv": _by_lines(scan_columns),
    ".txt": _by_lines(scan_columns),
    ".csv": _by_lines(scan_csv),
    ".jsonl": _by_lines(lambda lines, name: scan_lines(lines, name, _parse_object)),
    ".tmx": scan_tmx,
}


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
