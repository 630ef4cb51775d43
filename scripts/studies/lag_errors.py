"""The errors of small lags: which words of the translations are wrong, and in what way.

    python -m scripts.studies.lag_errors train.tsv dev.tsv runs/lags/comparison/one-model

Reads the translations that `scripts.studies.lag_study` left in the run and writes
docs/results/lag_errors.json. Each translation is aligned, word by word, with the most similar reference. A
word outside the alignment is

    moved      if the reference has it elsewhere: word order;
    no word    if no Spanish training sentence has it: cut short, joined or invented;
    ending     if the reference has a word of the same stem in its place: agreement, tense, person;
    other      otherwise: a Spanish word where another word or none would have been right.

Words of the reference that are missing in the translation are not counted.
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

from scripts.results import machine, write_results
from seq2seq.corpus.pairs import group_references, read_pairs

KINDS = ("moved", "no word", "ending", "other")
STEM = 3
"""Two words have one stem if they share this many first letters, and half of the longer word."""


def words(text: str) -> list[str]:
    """Return the words of a text, in lower case."""
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
    """Whether two words may be forms of one word."""
    shared = sum(1 for _ in takewhile(lambda pair: pair[0] == pair[1], zip(one, other, strict=False)))
    return shared >= STEM and 2 * shared >= max(len(one), len(other))


def best_reference(found: list[str], references: Sequence[str]) -> list[str]:
    """Return the words of the reference that is most similar to a translation."""
    candidates = [words(reference) for reference in references]
    return max(candidates, key=lambda wanted: SequenceMatcher(None, found, wanted, autojunk=False).ratio())


def count(texts: list[str], references: list[list[str]], known: set[str]) -> list[list[tuple[str, str]]]:
    """Return the wrong words of each translation, with their kinds."""
    out = []
    for text, targets in zip(texts, references, strict=True):
        found = words(text)
        out.append(classify(found, best_reference(found, targets), known))
    return out


def examples(
    wrong: list[list[tuple[str, str]]], right: list[list[tuple[str, str]]], rows: list[tuple[str, str, str]]
) -> dict[str, list[dict[str, str]]]:
    """Return, for each kind, the first sentences with errors of this kind only, and none at lag `full`."""
    found: dict[str, list[dict[str, str]]] = {kind: [] for kind in KINDS}
    for here, at_full, (source, text, full) in zip(wrong, right, rows, strict=True):
        kinds = {kind for _, kind in here}
        if not at_full and len(kinds) == 1 and len(found[min(kinds)]) < 3:
            found[min(kinds)].append({"source": source, "text": text, "full": full})
    return found


def main() -> None:
    """Run the command line."""
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
