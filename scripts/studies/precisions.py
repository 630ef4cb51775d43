"""Measure what int8 costs in quality: chrF in fp32 and int8 at several lags, and how many lines are equal.

    python -m scripts.studies.precisions MODEL DEV.tsv [--sentences N] [--json]

Lines are translated with PyTorch, and in int8 also one by one with NumPy: a line may not depend on its batch
or runtime. `--json` writes docs/results/precisions.json.
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from scripts.results import machine, some_sentences, write_results
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.measuring.quality import score
from seq2seq.models import pair
from seq2seq.translator import Translator

SEARCHES: tuple[tuple[str, int], ...] = (("full", 1), ("full", 5), ("12", 1), ("4", 1))
"""Lag and beam of each comparison."""


def compare(translator: Translator, sources: list[str], references: list[list[str]]) -> list[dict[str, Any]]:
    """Return chrF of both precisions, and the numbers of equal lines, for each of `SEARCHES`."""
    rows: list[dict[str, Any]] = []
    for lag, beam in SEARCHES:
        texts = {}
        for precision in ("fp32", "int8"):
            request = DecodingRequest(lag, beam, precision=precision)
            pair.LITTLE = 0  # PyTorch decodes
            texts[precision] = [line.text for line in translator.decode(sources, request)]
        pair.LITTLE = sys.maxsize  # NumPy decodes
        request = DecodingRequest(lag, beam, precision="int8")
        alone = [translator.decode([source], request)[0].text for source in sources]
        chrf = {precision: round(score(found, references).chrf, 2) for precision, found in texts.items()}
        rows.append(
            {
                "lag": lag,
                "beam": beam,
                "chrf": chrf,
                "lines": len(sources),
                "equal_to_fp32": equal(texts["fp32"], texts["int8"]),
                "int8_equal_alone_in_numpy": equal(texts["int8"], alone),
            }
        )
        print(rows[-1], flush=True)
    return rows


def equal(texts: list[str], others: list[str]) -> int:
    """Count the lines that are equal."""
    return sum(a == b for a, b in zip(texts, others, strict=True))


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--sentences", type=int, default=1000, help="so many, evenly from all (1000)")
    parser.add_argument("--json", action="store_true", help="write docs/results/precisions.json")
    options = parser.parse_args()
    sources, references = some_sentences(options.pairs, options.sentences)
    rows = compare(Translator.load(options.model, "cpu"), sources, references)
    if options.json:
        write_results("precisions", {"machine": machine(), "searches": rows})


if __name__ == "__main__":
    main()
