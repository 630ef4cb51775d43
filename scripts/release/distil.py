"""Write the pairs of a file with a model's own translations as targets, for the last part of its training.

    python -m scripts.release.distil pairs.tsv MODEL --out distilled.tsv

A network that learns what its own beam search found writes nearly as well greedily as with a beam: a corpus
has many right translations of a sentence, a search always the same one. Where the translation is far from the
reference, the pair stays as it is. A stopped run goes on after the last block of sentences that was written.
"""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from functools import cache
from multiprocessing import get_context
from pathlib import Path
from typing import Final

from tqdm import tqdm

from seq2seq.corpus.pairs import Pair, read_pairs, to_lines
from seq2seq.measuring.quality import sentence_chrf
from seq2seq.translator import Translator

BLOCK: Final = 500
"""Sentences that are translated and written at a time."""
NEAR: Final = 45.0
"""The chrF of a translation that replaces the reference, at least."""


@cache
def _translator(model: str) -> Translator:
    return Translator.load(model, "cpu")


def distilled(model: str, pairs: Sequence[Pair]) -> list[Pair]:
    """Return the pairs with the model's translations where they are near to the references."""
    found = [line.text for line in _translator(model).translate_lines([pair.source for pair in pairs])]
    scores = sentence_chrf(found, [[pair.target] for pair in pairs])
    return [
        Pair(pair.source, text) if score >= NEAR else pair
        for pair, text, score in zip(pairs, found, scores, strict=True)
    ]


def write(pairs: list[Pair], model: str, out: Path, workers: int) -> None:
    """Write the distilled pairs to a file; until it is whole, it has another name.

    Raises:
        SystemExit: there is a part of a file already, and it is of other pairs.
    """
    part = out.with_name(f"{out.name}.part")
    lines = part.read_bytes().split(b"\n")[:-1] if part.exists() else []
    lines = lines[: len(lines) // BLOCK * BLOCK]
    done = len(lines)
    if [line.split(b"\t")[0].decode() for line in lines] != [pair.source for pair in pairs[:done]]:
        raise SystemExit(f"{part} is not of these pairs; delete it to begin anew")
    blocks = [pairs[start : start + BLOCK] for start in range(done, len(pairs), BLOCK)]
    with (
        part.open("ab") as file,
        ProcessPoolExecutor(workers, get_context("spawn")) as pool,
        tqdm(total=len(pairs), initial=done, unit="pair", disable=None) as bar,
    ):
        file.truncate(sum(len(line) + 1 for line in lines))
        for block in pool.map(distilled, [model] * len(blocks), blocks):
            file.write(to_lines(block).encode())
            file.flush()
            bar.update(len(block))
    part.replace(out)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("pairs", type=Path, metavar="PAIRS")
    parser.add_argument("model", metavar="MODEL", help="a model file, a run directory or a name: en-es")
    parser.add_argument("--out", type=Path, required=True, help="the file to write")
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1, help="processes (%(default)s)")
    options = parser.parse_args()
    os.environ.setdefault("OMP_NUM_THREADS", "1")
    write(list(read_pairs(options.pairs)), options.model, options.out, options.workers)


if __name__ == "__main__":
    main()
