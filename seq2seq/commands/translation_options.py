"""The options of `translate` about words, doubts and chance: a glossary, confidence, scores and sampling."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from seq2seq.commands.options import number_between
from seq2seq.errors import UsageError

if TYPE_CHECKING:
    from seq2seq.decoding.sampling import Sampling
    from seq2seq.text.glossary import Glossary
    from seq2seq.translator import Translator


def add_translation_options(parser: argparse.ArgumentParser) -> None:
    """Declare the options."""
    parser.add_argument(
        "--glossary",
        metavar="FILE",
        help="terms and their translations: on each line a term, a tab and its translation",
    )
    parser.add_argument(
        "--min-confidence",
        type=number_between(0, 1),
        metavar="P",
        help=f"mark lines whose confidence is below P: in text with a tab and {DOUBT} at the end",
    )
    parser.add_argument(
        "--attention", action="store_true", help="with --format jsonl: also the attention weights"
    )
    parser.add_argument(
        "--score",
        action="store_true",
        help="do not translate: print the log-probability of given translations; each line is a source, "
        "a tab and a translation",
    )
    parser.add_argument(
        "--temperature",
        type=number_between(0.01, 100),
        metavar="T",
        help="draw translations by chance: 1 by the model's probabilities, less for more likely ones",
    )
    parser.add_argument(
        "--top-p",
        type=number_between(0, 1),
        metavar="P",
        help="draw among the most likely characters that together have the probability P (1: all)",
    )
    parser.add_argument(
        "--seed", type=int, metavar="N", help="with --temperature or --top-p: another number, other draws (0)"
    )


DOUBT = "[?]"
"""Marks a doubtful line in a text."""


def glossary_of(options: argparse.Namespace) -> Glossary | None:
    """Return the glossary that is asked for.

    Raises:
        UsageError: its file cannot be read or is wrong.
    """
    if options.glossary is None:
        return None
    from seq2seq.text.glossary import Glossary

    return Glossary.read(options.glossary)


def sampling_of(options: argparse.Namespace) -> Sampling | None:
    """Return the sampling that is asked for.

    Raises:
        UsageError: a number is out of range, or there is a seed and no sampling.
    """
    if options.temperature is None and options.top_p is None:
        if options.seed is not None:
            raise UsageError("--seed needs --temperature or --top-p: without them nothing is drawn")
        return None
    from seq2seq.decoding.sampling import Sampling

    temperature = 1.0 if options.temperature is None else options.temperature
    return Sampling(options.seed or 0, temperature, 1.0 if options.top_p is None else options.top_p)


def check_confidence(translator: Translator, options: argparse.Namespace) -> None:
    """Check that a confidence can be computed and shown where it is asked for.

    Raises:
        UsageError: the model has no calibration, or the output has no place for a mark.
    """
    if options.min_confidence is None:
        return
    if translator.calibration is None:
        raise UsageError(
            "--min-confidence needs a model whose confidence is calibrated, and this one's is not; "
            "`seq2seq checkpoint calibrate` does that, with some hundred sentence pairs"
        )
    if options.format == "text" and options.n_best > 1:
        raise UsageError("--min-confidence and --n-best both add columns: choose one, or --format jsonl")
