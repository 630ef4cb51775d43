"""`seq2seq evaluate`."""

from __future__ import annotations

import argparse
from pathlib import Path

from seq2seq.commands import Subparsers, add_beam, add_command, add_model


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "evaluate",
        run,
        "score a model on sentence pairs",
        "Every translation of a sentence in the pairs counts as a reference of it.",
    )
    add_model(parser)
    parser.add_argument(
        "-i", "--input", required=True, metavar="PAIRS", help="a .tsv or .jsonl file of sentence pairs"
    )
    parser.add_argument("--lags", metavar="LIST", help="lags to try, as in 0,4,12,full (the model's own)")
    add_beam(parser)
    parser.add_argument(
        "--json", metavar="FILE", help="also write the scores, with all that produced them, as JSON"
    )
    parser.add_argument("--plot", metavar="FILE", help="also draw quality against average lagging as PNG")


def run(options: argparse.Namespace) -> None:
    """Evaluate."""
    from seq2seq.commands.translate import load_translator
    from seq2seq.evaluate import evaluate, write_report
    from seq2seq.pairs import read_pairs

    translator, path = load_translator(options)
    lags = options.lags.split(",") if options.lags else [translator.config.decode.lag]
    pairs = list(read_pairs(options.input, translator.config.data.reverse))
    report = evaluate(translator, path, pairs, lags, options.beam, options.length_penalty)
    print(report.table())
    if options.json:
        write_report(report, Path(options.json))
    if options.plot:
        from seq2seq.plots import draw_lag_curve

        draw_lag_curve([(path.name, report.to_dict())], Path(options.plot))
