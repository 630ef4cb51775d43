"""Write sentence pairs that contain spans: numbers, prices, times, names, addresses, codes, tags, emoji.

    python -m scripts.release.spans train.tsv more.tsv games.tsv.gz --out spans.tsv --number 120000 --seed 1

A span is copied to the translation, and the model reads only its kind. Real pairs contain few spans, so they
are put into real pairs (`ways`) and into short sentences written for them (`frames`): one to four in a
sentence, the same texts on both sides, those of one kind in the same order. The same arguments write the
same file. A line of PAIRS is English, tab, Spanish. Further columns are ignored, except for a number in the
fourth, which says how close the English is to everyday text: only pairs above --domain are used.
"""

from __future__ import annotations

import argparse
import gzip
from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

from scripts.release.spans.maker import LONGEST, Maker
from seq2seq.corpus.pairs import Pair, to_lines
from seq2seq.corpus.records import scan_lines
from seq2seq.corpus.tables import parse_columns
from seq2seq.errors import UserError
from seq2seq.storage.files import write_text_atomic
from seq2seq.text.symbols import KIND_NAMES


def read(files: Iterable[Path], domain: float) -> Iterator[Pair]:
    """Yield the pairs that are short enough and close enough to everyday text.

    Raises:
        UserError: a line is not a pair, or a file cannot be read.
    """

    def parse(line: str) -> Pair:
        columns = line.split("\t", 4)
        try:
            far = len(columns) > 3 and float(columns[3]) <= domain
        except ValueError:
            far = False
        return Pair("", "") if far else parse_columns(line)

    for file in files:
        try:
            with gzip.open(file, "rb") if file.suffix == ".gz" else file.open("rb") as lines:
                for item in scan_lines(lines, str(file), parse):
                    if isinstance(item, UserError):
                        raise item
                    if item.source and len(item.source) <= LONGEST and len(item.target) <= 1.5 * LONGEST:
                        yield item
        except OSError as error:
            raise UserError(f"{file}: cannot be read: {error.strerror}") from error


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", nargs="+", type=Path, metavar="PAIRS", help="real pairs, .tsv or .tsv.gz")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--number", type=int, default=120_000, help="number of pairs (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1, help="of the random choices (default: %(default)s)")
    parser.add_argument("--domain", type=float, default=-0.6, help="bound of column 4 (default: %(default)s)")
    options = parser.parse_args()
    try:
        maker = Maker(read(options.pairs, options.domain), options.seed)
    except UserError as error:
        raise SystemExit(str(error)) from None
    pairs, counts, spans = dict[Pair, None](), Counter[int](), Counter[str]()
    while len(pairs) < options.number:
        draft, symbols = maker.make()
        pair = draft.pair()
        if pair not in pairs:
            pairs[pair] = None
            counts[len(symbols)] += 1
            spans.update(symbols)
    write_text_atomic(options.out, to_lines(pairs))
    print(f"{len(pairs):,} pairs; with one, two, … spans:", *(f"{counts[n]:,}" for n in sorted(counts)))
    print("spans:", ", ".join(f"{KIND_NAMES[kind]} {number:,}" for kind, number in spans.most_common()))


if __name__ == "__main__":
    main()
