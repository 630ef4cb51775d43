"""`seq2seq data`: fetch, prepare and check sentence pairs; list and clear the cache of prepared data."""

from __future__ import annotations

import argparse
from pathlib import Path

from seq2seq.commands.options import Subparsers, add_command
from seq2seq.errors import UsageError, UserError, printable


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = commands.add_parser("data", help="fetch, prepare or check sentence pairs; the cache")
    actions = parser.add_subparsers(dest="action", metavar="ACTION", required=True)
    fetch = add_command(
        actions, "fetch", run_fetch, "fetch English-Spanish pairs from the web, or unpack an archive"
    )
    fetch.add_argument(
        "source", help="tatoeba, an https address, or an archive of the form of manythings.org"
    )
    fetch.add_argument(
        "--out",
        default="data/fetched/pairs.tsv",
        metavar="FILE",
        help="what to write (data/fetched/pairs.tsv)",
    )
    fetch.add_argument("--sha256", metavar="HASH", help="the SHA-256 that the download must have")
    fetch.add_argument("--force", action="store_true", help="replace what is there")
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
    prepare.add_argument("--test", default="0.02", metavar="N", help="size of the test part, likewise (0.02)")
    prepare.add_argument("--seed", type=int, default=1, metavar="N", help="seed of the split (1)")
    prepare.add_argument(
        "--max-chars", type=int, default=200, metavar="N", help="drop pairs with a longer sentence (200)"
    )
    prepare.add_argument(
        "--max-ratio",
        type=float,
        default=4.0,
        metavar="R",
        help="drop pairs above this ratio of lengths (4)",
    )
    prepare.add_argument(
        "--parallel", action="store_true", help="the two files are source and target, line by line"
    )
    prepare.add_argument("--force", action="store_true", help="replace what is there")
    check = add_command(
        actions, "check", run_check, "check files of pairs for errors, and for sentences that they share"
    )
    check.add_argument("files", nargs="+", metavar="FILE", help="files of pairs, the training part first")
    check.add_argument(
        "--max-chars", type=int, default=200, metavar="N", help="count sentences longer than this (200)"
    )
    check.add_argument(
        "--max-ratio",
        type=float,
        default=4.0,
        metavar="R",
        help="count pairs above this ratio of lengths (4)",
    )
    cache = add_command(
        actions,
        "cache",
        run_cache,
        "list or clear the cache of prepared data",
        "Training keeps the arrays that it makes of its files of pairs: the next run begins at once. "
        "They are in $SEQ2SEQ_CACHE, $XDG_CACHE_HOME/seq2seq or ~/.cache/seq2seq, the first of these that is "
        "set, and take about two bytes for each character of the files: 20 MB for 140,000 pairs of everyday "
        "sentences. Every combination of files and settings has an entry of its own; what is deleted is made "
        "again when it is needed.",
    )
    cache.add_argument("--clear", action="store_true", help="delete all entries")


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
    from seq2seq.corpus.cache import clear, default_cache, describe_entries, entries

    directory = default_cache()
    found = clear(directory) if options.clear else entries(directory)
    print(printable(describe_entries(found, directory) + (" deleted" if options.clear else "")))
