"""`seq2seq translate --score`: the log-probability of given translations."""

from __future__ import annotations

import argparse
import json
import math
from typing import TYPE_CHECKING

from seq2seq.commands.destination import Destination
from seq2seq.commands.options import load_translator, request_of
from seq2seq.commands.reading import open_lines, warn
from seq2seq.errors import UsageError, UserError
from seq2seq.text.normalise import Counts, decode_line

if TYPE_CHECKING:
    from seq2seq.corpus.pairs import Pair
    from seq2seq.measuring.scoring import GivenTranslation


def score(options: argparse.Namespace) -> None:
    """Write one line for each pair of the input.

    Raises:
        UsageError: with options that a given translation does not need.
        UserError: a line is no pair.
    """
    _check(options)
    destination = Destination(options.output)
    groups = open_lines(options.text, options.input)
    translator, _ = load_translator(options.model, options.device)
    request, counts = request_of(options), Counts()
    translator.options(request)  # raises before anything is read

    from seq2seq.measuring.scoring import score_translations

    number = 0

    def answers(lines: list[bytes]) -> list[bytes]:
        nonlocal number
        pairs = [_pair(decode_line(line, counts), number + i) for i, line in enumerate(lines, start=1)]
        number += len(lines)
        render = _as_json if options.format == "jsonl" else _as_text
        scored = score_translations(translator, pairs, request)
        return [f"{render(one)}\n".encode() for one in scored]

    destination.write_all(map(answers, groups))
    warn(counts)


def _check(options: argparse.Namespace) -> None:
    others = {
        "--stream": options.stream,
        "--show": options.show,
        "--plot": options.plot,
        "--attention": options.attention,
        "--n-best": options.n_best > 1,
        "--beam": options.beam is not None,
        "--glossary": options.glossary,
        "--min-confidence": options.min_confidence is not None,
        "--temperature": options.temperature is not None,
        "--top-p": options.top_p is not None,
        "--seed": options.seed is not None,
        f"--format {options.format}": options.format not in ("text", "jsonl"),
    }
    if named := [name for name, given in others.items() if given]:
        raise UsageError(
            f"--score scores given translations and makes none; it cannot be combined with {', '.join(named)}"
        )


def _pair(line: str, number: int) -> Pair:
    from seq2seq.corpus.pairs import Pair

    sides = line.rstrip("\r").split("\t")
    if len(sides) != 2:
        what = "there is none" if len(sides) == 1 else f"there are {len(sides) - 1}"
        raise UserError(
            f"line {number:,} of the input is no pair: --score needs a source, one tab and a translation, "
            f"and {what}"
        )
    return Pair(*sides)


def _as_text(scored: GivenTranslation) -> str:
    return f"{scored.log_probability:.4f}"


def _as_json(scored: GivenTranslation) -> str:
    possible = math.isfinite(scored.log_probability)
    record = {
        "source": scored.source,
        "translation": scored.target,
        "log_probability": scored.log_probability if possible else None,
        "mean_probability": round(scored.mean_probability, 4),
        "symbols": len(scored.log_probs),
        "log_probs": [round(value, 4) for value in scored.log_probs],
    }
    return json.dumps(record, ensure_ascii=False)
