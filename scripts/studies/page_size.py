"""Measure how large the page of a model is, and what tables of words in 4 bits cost in chrF.

    python -m scripts.studies.page_size MODEL DEV.tsv [--sentences 300] [--json]

Python decodes with the weights of the page, in int8; `--json` writes docs/results/page_size.json.
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from scripts.results import machine, some_sentences, write_results
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.measuring.quality import score
from seq2seq.page.bundle import page
from seq2seq.page.packing import TABLE_BITS, page_model
from seq2seq.pretrained import locate
from seq2seq.storage.modelfile import ModelFile, read_model
from seq2seq.translator import Translator

SEARCHES = (("full", 1), ("8", 1))
"""Lag and beam of each comparison."""


def measure(file: ModelFile, sources: list[str], references: list[list[str]]) -> list[dict[str, Any]]:
    """Return the bytes of the page, and chrF by lag, for each number of bits."""
    rows = []
    for bits in TABLE_BITS:
        translator = Translator.from_file(page_model(file, bits), "the model", "cpu", "int8")
        chrf = {}
        for lag, beam in SEARCHES:
            found = [line.text for line in translator.decode(sources, DecodingRequest(lag, beam))]
            chrf[lag] = round(score(found, references).chrf, 2)
        rows.append({"table_bits": bits, "bytes": len(page(file, "model", bits)), "chrf": chrf})
        print(rows[-1], flush=True)
    return rows


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", type=Path)
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--sentences", type=int, default=300, help="so many, evenly from all (300)")
    parser.add_argument("--json", action="store_true", help="write docs/results/page_size.json")
    options = parser.parse_args()
    sources, references = some_sentences(options.pairs, options.sentences)
    rows = measure(read_model(locate(options.model)), sources, references)
    if options.json:
        write_results("page_size", {"machine": machine(), "sentences": len(sources), "pages": rows})


if __name__ == "__main__":
    main()
