"""Where a small lag loses: which words of the translations are wrong, and in what way.

    python -m scripts.studies.lag_errors train.tsv dev.tsv runs/lags/comparison/one-model

Reads the translations that lag_study.py left in the run and writes docs/results/lag_errors.json. Each
translation is aligned, word by word, with the reference that fits it best. A word outside the alignment is

    moved      if the reference has it, at another place: word order;
    no word    if no Spanish sentence of the training part has it: cut short, run together or made up;
    ending     if the reference has a word that begins alike, where this one stands: agreement, tense, person;
    other      if it is a word, and another one would have been right, or none.

Words of the reference that were left out are not counted.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Sequence
from difflib import SequenceMatcher
from itertools import takewhile
from pathlib import Path
from typing import Any

from scripts.report.results import machine, write_results
from seq2seq.corpus.pairs import group_references, read_pairs

KINDS = ("moved", "no word", "ending", "other")
STEM = 3
"""Two words begin alike if they share at least so many letters, and at least half of the longer word."""


def words(text: str) -> list[str]:
    """The words of a text, in lower case."""
    return re.findall(r"\w+", text.lower())


def classify(found: list[str], wanted: list[str], known: set[str]) -> list[tuple[str, str]]:
    """Return (word, kind) for each word of `found` that the alignment with `wanted` leaves out."""
    match = SequenceMatcher(None, found, wanted, autojunk=False)
    wrong: list[tuple[str, list[str]]] = []
    spare: Counter[str] = Counter()
    for tag, i, j, k, end in match.get_opcodes():
        if tag != "equal":
            wrong += [(word, wanted[k:end]) for word in found[i:j]]
            spare.update(wanted[k:end])
    kinds = []
    for word, instead in wrong:
        if spare[word] > 0:
            spare[word] -= 1
            kinds.append((word, "moved"))
        elif word not in known:
            kinds.append((word, "no word"))
        elif any(begin_alike(word, other) for other in instead):
            kinds.append((word, "ending"))
        else:
            kinds.append((word, "other"))
    return kinds


def begin_alike(one: str, other: str) -> bool:
    """Whether two words look like forms of one word."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= STEM and 2 * shared >= max(len(one), len(other))


def best_reference(found: list[str], references: Sequence[str]) -> list[str]:
    """The reference that shares most with a translation."""
    candidates = [words(reference) for reference in references]
    return max(candidates, key=lambda wanted: SequenceMatcher(None, found, wanted, autojunk=False).ratio())


def count(texts: list[str], references: list[list[str]], known: set[str]) -> list[list[tuple[str, str]]]:
    """For each translation, its wrong words and their kinds."""
    out = []
    for text, targets in zip(texts, references, strict=True):
        found = words(text)
        out.append(classify(found, best_reference(found, targets), known))
    return out


def examples(
    wrong: list[list[tuple[str, str]]], right: list[list[tuple[str, str]]], rows: list[tuple[str, str, str]]
) -> dict[str, list[dict[str, str]]]:
    """For each kind the first sentences in which it is all that is wrong, and nothing is at lag full."""
    found: dict[str, list[dict[str, str]]] = {kind: [] for kind in KINDS}
    for here, at_full, (source, text, full) in zip(wrong, right, rows, strict=True):
        kinds = {kind for _, kind in here}
        if not at_full and len(kinds) == 1 and len(found[min(kinds)]) < 3:
            found[min(kinds)].append({"source": source, "text": text, "full": full})
    return found


def main() -> None:
    """Count, and pick examples."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name in ("train", "dev", "run"):
        parser.add_argument(name, type=Path)
    options = parser.parse_args()
    known = {word for pair in read_pairs(str(options.train)) for word in words(pair.target)}
    groups = group_references(read_pairs(str(options.dev)))
    sources, references = list(groups), list(groups.values())
    texts = {
        lag: [line["text"] for line in lines]
        for lag, lines in json.loads(next(options.run.glob("dev-*.json")).read_text()).items()
    }
    wrong = {lag: count(lines, references, known) for lag, lines in texts.items()}
    results: dict[str, Any] = {"machine": machine(), "lags": {}, "examples": {}}
    for lag, lines in texts.items():
        total = sum(len(words(text)) for text in lines)
        kinds = Counter(kind for row in wrong[lag] for _, kind in row)
        results["lags"][lag] = {"words": total} | {kind: 100 * kinds[kind] / total for kind in KINDS}
        if lag != "full":
            rows = list(zip(sources, lines, texts["full"], strict=True))
            results["examples"][lag] = examples(wrong[lag], wrong["full"], rows)
    write_results("lag_errors", results)


if __name__ == "__main__":
    main()
