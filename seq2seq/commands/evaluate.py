"""`seq2seq evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.options import (
    Subparsers,
    add_beam,
    add_command,
    add_computation,
    add_model,
    check_parent,
    check_picture,
    check_search,
    count,
    load_translator,
    request_of,
)
from seq2seq.errors import UsageError, UserError, counted, print_error
from seq2seq.pretrained import MODEL_NAME

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation
    from seq2seq.lag import Lag


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "evaluate",
        run,
        "score a model on sentence pairs",
        """All translations of a sentence are its references; pairs with an empty side are left out.

columns of the table:
  chrF, BLEU  agreement with the references, from 0 to 100
  CER         character errors, in per cent of the reference
  exact       translations that equal a reference, in per cent
  AL          average lagging: how many characters writing is behind reading, on average
  LAAL        the same, without a bonus for translations that are too long
  DAL         the same, if writing a character takes as long as reading one
  AP          average proportion of the source read when a character is written, from 0 to 1""",
    )
    add_model(parser)
    add_computation(parser)
    parser.add_argument(
        "-i",
        "--input",
        required=True,
        metavar="PAIRS",
        help="a .tsv or .jsonl file of sentence pairs; - is standard input, with the lines of a .tsv",
    )
    parser.add_argument("--lags", metavar="LIST", help="lags to score, as in 0,4,12,full (the model's own)")
    add_beam(parser)
    parser.add_argument(
        "--output",
        "-o",
        metavar="FILE",
        help="also write lines of lag, source, translation and references, with tabs between",
    )
    parser.add_argument(
        "--json", metavar="FILE", help="also write the scores and the options they were made with, as JSON"
    )
    parser.add_argument(
        "--stream",
        type=count,
        metavar="N",
        help="also stream N of the sentences: report the latency per character and compare the output "
        "with batch decoding",
    )
    parser.add_argument("--plot", metavar="FILE", help="also draw quality against average lagging as PNG")
    parser.add_argument(
        "--beside",
        action="append",
        default=[],
        metavar="FILE",
        help="also draw the results of another model, as --json wrote them; may be repeated",
    )


def run(options: argparse.Namespace) -> None:
    """Score the model, print the table, and write what else was asked for."""
    from seq2seq.corpus.pairs import fingerprint, name_files, read_pairs
    from seq2seq.measuring.evaluate import evaluate, read_report, scorable, write_report
    from seq2seq.storage.files import write_text_atomic

    if options.beside and not options.plot:
        raise UsageError("--beside needs --plot FILE")
    for name in filter(None, (options.output, options.json)):
        check_parent(Path(name))
    if options.plot:
        check_picture(Path(options.plot))
    others = [(Path(name).stem, read_report(Path(name))) for name in options.beside]
    translator, path = load_translator(options.model, options.device)
    lags = options.lags.split(",") if options.lags else [translator.config.decode.lag]
    check_search(options, map(translator.served_lag, map(str.strip, map(str, lags))))
    pairs = list(read_pairs(options.input, translator.config.data.reverse))
    try:
        scored_on = fingerprint(scorable(pairs))
    except UserError as error:
        raise UserError(f"{name_files(options.input)}: {error}") from None
    for name, other in others:
        if other["data"] != scored_on:
            raise UsageError(f"--beside: {name} was scored on other pairs and cannot be compared")
    rows: list[str] = []

    def keep(lag: Lag, found: list[Translation], references: list[list[str]]) -> None:
        rows.extend(
            "\t".join((str(lag), one.source, one.text, *targets)) + "\n"
            for one, targets in zip(found, references, strict=True)
        )

    report = evaluate(translator, path, pairs, lags, request_of(options), options.stream or 0, keep)
    if report.skipped:
        print_error(
            f"seq2seq: left out {counted(report.skipped, 'pair')} of {len(pairs):,} with an empty side"
        )
    if options.output:
        write_text_atomic(Path(options.output), "".join(rows))
    print(report.table())
    if options.json:
        write_report(report, Path(options.json))
    if options.plot:
        from seq2seq.drawing.plots import draw_lag_curve

        name = path.parent.name if path.name == MODEL_NAME else path.stem
        draw_lag_curve([(name, report.to_dict()), *others], Path(options.plot))
