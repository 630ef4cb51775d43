"""`seq2seq data`: fetch, prepare and check sentence pairs; list and clear the cache of prepared data."""

from __future__ import annotations

import argparse
import time
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.options import Subparsers, add_command, add_group
from seq2seq.config.schema import DataConfig
from seq2seq.errors import UsageError, UserError, printable

if TYPE_CHECKING:
    from seq2seq.corpus.cache import CacheEntry


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    actions = add_group(commands, "data", "fetch, prepare and check sentence pairs; manage the cache")
    fetch = add_command(
        actions, "fetch", run_fetch, "fetch English-Spanish pairs from the web, or unpack an archive"
    )
    fetch.add_argument(
        "source",
        metavar="SOURCE",
        help="tatoeba, an https address, or a zip archive in the format of manythings.org",
    )
    fetch.add_argument(
        "--out",
        default="data/fetched/pairs.tsv",
        metavar="FILE",
        help="what to write (data/fetched/pairs.tsv)",
    )
    fetch.add_argument("--sha256", metavar="HASH", help="the SHA-256 that the download must have")
    fetch.add_argument("--force", action="store_true", help="overwrite existing files")
    prepare = add_command(
        actions, "prepare", run_prepare, "filter pairs and split them into train, dev and test parts"
    )
    prepare.add_argument("files", nargs="+", metavar="FILE", help="files of pairs (.tsv, .jsonl, also .gz)")
    prepare.add_argument(
        "--out", required=True, metavar="DIR", help="where train.tsv, dev.tsv and test.tsv go"
    )
    prepare.add_argument(
        "--dev", default="0.02", metavar="N", help="size of the dev part: sentences, or a share (0.02)"
    )
    prepare.add_argument(
        "--test", default="0.02", metavar="N", help="size of the test part: sentences, or a share (0.02)"
    )
    prepare.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the split (1)")
    _add_limits(prepare, "drop")
    prepare.add_argument(
        "--parallel", action="store_true", help="the two files are source and target, line by line"
    )
    prepare.add_argument("--force", action="store_true", help="overwrite existing files")
    check = add_command(
        actions, "check", run_check, "check files of pairs for errors and for overlap between them"
    )
    check.add_argument(
        "files",
        nargs="+",
        metavar="FILE",
        help="files of pairs, the training part first; - is standard input with the lines of a .tsv",
    )
    _add_limits(check, "count")
    cache = add_command(
        actions,
        "cache",
        run_cache,
        "list or clear the cache of prepared data",
        "Training caches the prepared pairs, so that the next run starts at once. The cache is in "
        "$SEQ2SEQ_CACHE, $XDG_CACHE_HOME/seq2seq or ~/.cache/seq2seq, the first of these that is set, and "
        "takes about two bytes for each character of the files: 20 MB for 140,000 pairs of everyday "
        "sentences. Every combination of files and settings has an entry of its own; deleted entries are "
        "rebuilt when needed.",
    )
    cache.add_argument("--clear", action="store_true", help="delete all entries")


def _add_limits(parser: argparse.ArgumentParser, verb: str) -> None:
    """Declare the limits of `data` in a configuration, with the same defaults."""
    chars, ratio = DataConfig.max_chars, DataConfig.max_ratio
    parser.add_argument(
        "--max-chars",
        type=int,
        default=chars,
        metavar="N",
        help=f"{verb} pairs with a longer sentence ({chars})",
    )
    parser.add_argument(
        "--max-ratio",
        type=float,
        default=ratio,
        metavar="R",
        help=f"{verb} pairs above this ratio of lengths ({ratio:g})",
    )


def run_fetch(options: argparse.Namespace) -> None:
    """Download or unpack."""
    from seq2seq.corpus.fetch import fetch

    print(printable(str(fetch(options.source, Path(options.out), options.sha256, options.force))))


def run_prepare(options: argparse.Namespace) -> None:
    """Filter and split."""
    from seq2seq.corpus.splits import parse_size, split_files

    if options.parallel and len(options.files) != 2:
        raise UsageError(f"--parallel takes two files, not {len(options.files)}")
    report = split_files(
        [tuple(options.files)] if options.parallel else options.files,
        Path(options.out),
        dev=parse_size(options.dev),
        test=parse_size(options.test),
        seed=options.seed,
        max_chars=options.max_chars,
        max_ratio=options.max_ratio,
        force=options.force,
    )
    print(printable(str(report)))


def run_check(options: argparse.Namespace) -> None:
    """Report on files of pairs; fail if there is an error."""
    from seq2seq.corpus.check import check_files

    report = check_files(options.files, options.max_chars, options.max_ratio)
    print(printable(str(report)))
    if not report.good:
        raise UserError("these files have errors or share sentences; see the report")


def run_cache(options: argparse.Namespace) -> None:
    """List the entries of the cache, or delete them."""
    from seq2seq.corpus.cache import clear, entries
    from seq2seq.corpus.cachedir import default_cache

    directory = default_cache()
    found = clear(directory) if options.clear else entries(directory)
    print(printable(cache_table(found, directory) + (" deleted" if options.clear else "")))


def cache_table(found: Sequence[CacheEntry], cache_dir: Path) -> str:
    """Return a line for each entry of a cache, with its size, age and files, and a line for all of them."""
    now = time.time()
    total = _size(sum(each.size for each in found))
    count = "1 entry" if len(found) == 1 else f"{len(found)} entries"
    return "\n".join([*(entry_line(each, now) for each in found), f"{cache_dir}: {count}, {total}"])


def entry_line(entry: CacheEntry, now: float) -> str:
    """Return the size of an entry, its age at the time `now`, its directory and its files."""
    files = "unfinished or of an older version" if entry.files is None else ", ".join(entry.files)
    return f"{_size(entry.size):>9}  {_age(now - entry.written):>8}  {entry.directory}  {files}"


def _size(size: float) -> str:
    for unit in ("B", "kB", "MB"):
        if size < 1000:
            return f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _age(seconds: float) -> str:
    for unit, length in (("days", 86_400), ("hours", 3600)):
        if seconds >= 2 * length:
            return f"{seconds / length:.0f} {unit}"
    return f"{max(0, seconds) / 60:.0f} min"
