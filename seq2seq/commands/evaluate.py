"""`seq2seq evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from seq2seq.commands.options import (
    Subparsers,
    add_beam,
    add_command,
    add_computation,
    add_model,
    check_parent,
    count,
    load_translator,
    request_of,
)
from seq2seq.errors import UsageError
from seq2seq.pretrained import MODEL_NAME


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "evaluate",
        run,
        "score a model on sentence pairs",
        "All translations of a sentence in the pairs are its references.",
    )
    add_model(parser)
    add_computation(parser)
    parser.add_argument(
        "-i", "--input", required=True, metavar="PAIRS", help="a .tsv or .jsonl file of sentence pairs"
    )
    parser.add_argument("--lags", metavar="LIST", help="lags to score, as in 0,4,12,full (the model's own)")
    add_beam(parser)
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
    from seq2seq.corpus.pairs import fingerprint, read_pairs
    from seq2seq.measuring.evaluate import evaluate, read_report, write_report

    if options.beside and not options.plot:
        raise UsageError("--beside needs --plot FILE")
    for name in filter(None, (options.plot, options.json)):
        check_parent(Path(name))
    others = [(Path(name).stem, read_report(Path(name))) for name in options.beside]
    translator, path = load_translator(options.model, options.device)
    lags = options.lags.split(",") if options.lags else [translator.config.decode.lag]
    pairs = list(read_pairs(options.input, translator.config.data.reverse))
    for name, other in others:
        if other["data"] != fingerprint(pairs):
            raise UsageError(f"--beside: {name} was scored on other pairs and cannot be compared")
    report = evaluate(translator, path, pairs, lags, request_of(options), options.stream or 0)
    print(report.table())
    if options.json:
        write_report(report, Path(options.json))
    if options.plot:
        from seq2seq.drawing.plots import draw_lag_curve

        name = path.parent.name if path.name == MODEL_NAME else path.stem
        draw_lag_curve([(name, report.to_dict()), *others], Path(options.plot))
