"""Count the errors of translations by kind, as a reader has labelled them.

    python -m scripts.studies.error_kinds sheet MODEL DEV.tsv         300 translations, to be read
    python -m scripts.studies.error_kinds count NAME LABELS.txt       what the reader found

A line of LABELS has the number of a sentence and the letters of its kinds of error: `131 N`, `124 O R`. A
sentence without a line is right. `count` writes docs/results/error_kinds.json; NAME is `third` for the third
release or `en-es` for the model of the package. The sheet takes seconds, reading it half an hour.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter
from pathlib import Path
from typing import Any, Final

from scripts.results import read_results, some_sentences, write_results
from seq2seq.translator import Translator

SENTENCES: Final = 300
KINDS: Final = {
    "W": "rare word: lost, or another word",
    "S": "wrong sense, or word for word",
    "G": "grammar: order, preposition, tense, mood, ser and estar",
    "A": "agreement",
    "O": "omission",
    "R": "repetition",
    "I": "invented word",
    "M": "name",
    "N": "number",
}
NAMES: Final = {"third": "third release", "en-es": "shipped model"}


def sheet(model: str, dev: Path) -> str:
    """Return the sentences with their numbers, translations and references."""
    sources, references = some_sentences(dev, SENTENCES)
    translations = Translator.load(model, device="cpu").translate(sources, beam=5)
    return "".join(
        f"{number} {source}\n    {translation}\n    ({' | '.join(right)})\n"
        for number, (source, translation, right) in enumerate(
            zip(sources, translations, references, strict=True), 1
        )
    )


def count(labels: str) -> dict[str, Any]:
    """Return how many sentences are wrong, and how many have each kind of error.

    Raises:
        ValueError: a line is not a number from 1 to `SENTENCES` and letters of `KINDS`, or repeats a number.
    """
    found: dict[str, str] = {}
    for line in labels.splitlines():
        number, *kinds = line.split()
        if (
            not kinds
            or not set(kinds) <= KINDS.keys()
            or not 1 <= int(number) <= SENTENCES
            or number in found
        ):
            raise ValueError(f"not a new sentence with its kinds of error: {line!r}")
        found[number] = "".join(kinds)
    counts = Counter("".join(found.values()))
    return {
        "sentences": SENTENCES,
        "wrong": len(found),
        "kinds": {kind: counts[kind] for kind in KINDS},
        "labels": found,
    }


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=("sheet", "count"))
    parser.add_argument("of", metavar="MODEL | NAME")
    parser.add_argument("file", type=Path, metavar="DEV.tsv | LABELS.txt")
    options = parser.parse_args()
    if options.what == "sheet":
        sys.stdout.write(sheet(options.of, options.file))
    elif options.of not in NAMES:
        parser.error(f"NAME is one of {', '.join(NAMES)}")
    else:
        counted = count(options.file.read_text("utf-8"))
        write_results("error_kinds", {**read_results("error_kinds"), options.of: counted})


if __name__ == "__main__":
    main()
