"""Write common phrases as training pairs, each in several spellings.

    python -m scripts.release.composed.phrasebook --out phrasebook.tsv --apart dev.tsv …

What people say most often ("You're welcome.", "What's up?") means something else than its words, and may be
missing in a collection of sentences. phrasebook.tsv beside this file has such phrases with a translation.
They are written with and without contractions, and with a stop or nothing for the exclamation mark.
A pair that shares a side with a dev set is left out. A run on several parts should have the file as its
first part, since a pair that earlier parts have counts as repeated.
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from scripts.release.mixture import Known
from seq2seq.corpus.pairs import Pair, read_pairs, to_lines
from seq2seq.storage.files import write_text_atomic

PHRASEBOOK: Final = Path(__file__).parent / "phrasebook.tsv"
CONTRACTED: Final = (
    (r"\b(I)'m\b", r"\1 am"),
    (r"\b([Ww]hat|[Ww]ho|[Ww]here|[Hh]ow|[Ii]t|[Tt]hat|[Tt]here)'s\b(?! been)", r"\1 is"),
    (r"\b([Yy]ou)'re\b", r"\1 are"),
    (r"\b(I|[Yy]ou|[Ww]e)'ve\b", r"\1 have"),
    (r"\b(I)'ll\b", r"\1 will"),
    (r"\b(I)'d like\b", r"\1 would like"),
    (r"\b([Dd]o|[Dd]oes|[Ii]s)n't\b", r"\1 not"),
    (r"\b([Cc]an)'t\b", r"\1not"),
)
"""Contractions with what they stand for."""


def phrases() -> list[Pair]:
    """Return the phrases as they are in the file."""
    lines = PHRASEBOOK.read_text("utf-8").splitlines()
    return [Pair(*line.split("\t")) for line in lines if not line.startswith("#")]


def in_full(text: str) -> str:
    """Return English without contractions."""
    for short, long in CONTRACTED:
        text = re.sub(short, long, text)
    return text


def spellings(pair: Pair) -> Iterator[Pair]:
    """Yield a phrase as people type it; the same one may come more than once."""
    for source in (pair.source, in_full(pair.source)):
        yield Pair(source, pair.target)
        if re.fullmatch(r"[^.!?]+[.!]", source) and re.fullmatch(r"¡?[^.!?¡¿]+[.!]", pair.target):
            target = pair.target.removeprefix("¡")[:-1]
            yield Pair(source[:-1], target)
            if source.endswith("!"):
                yield Pair(f"{source[:-1]}.", f"{target}.")


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument(
        "--apart", type=Path, nargs="+", default=[], metavar="DEV", help="dev sets to share no sentence with"
    )
    options = parser.parse_args()
    held_out = Known(pair for file in options.apart for pair in read_pairs(file))
    pairs = dict.fromkeys(spelt for pair in phrases() for spelt in spellings(pair) if spelt not in held_out)
    write_text_atomic(options.out, to_lines(pairs))
    print(f"{len(pairs):,} pairs")


if __name__ == "__main__":
    main()
