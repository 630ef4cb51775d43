"""Count how many of 300 common phrases a model translates rightly, greedily and with a beam.

    python -m scripts.studies.phrases [MODEL] [--print] [--training TRAIN.tsv …]

phrases.tsv beside this file has a kind, a phrase and its right answers, between tabs; `|` separates answers,
`[a/b]` is one of several, and `(a/b)` one of several or nothing. Capitals and marks do not count. Writes
docs/results/phrases.json for the model of the package; of another model it prints only. A minute on one core.

Training data have most of these phrases, too, so the list shows what a model has failed to learn rather than
how it translates new text. Those that are in TRAIN are counted apart.
"""

from __future__ import annotations

import argparse
from collections import Counter
from collections.abc import Collection
from pathlib import Path
from typing import Any, Final, NamedTuple

from scripts.results import machine, write_results
from seq2seq.corpus.pairs import read_pairs, sentence_key
from seq2seq.lag import FULL
from seq2seq.translator import Translator

LIST: Final = Path(__file__).parent / "phrases.tsv"
SEARCHES: Final = {"greedy": 1, "beam5": 5}
CLOSING: Final = {"[": "]", "(": ")"}


class Phrase(NamedTuple):
    """A phrase with its right answers, as `plain` writes them."""

    kind: str
    text: str
    answers: frozenset[str]


def plain(text: str) -> str:
    """Return the words of a text in small letters, without marks."""
    return " ".join("".join(char if char.isalnum() else " " for char in text.lower()).split())


def split(text: str, at: str) -> list[str]:
    """Cut a text at a sign that stands outside all brackets."""
    parts, depth = [""], 0
    for char in text:
        depth += (char in CLOSING) - (char in CLOSING.values())
        if char == at and depth == 0:
            parts.append("")
        else:
            parts[-1] += char
    return parts


def expand(text: str) -> set[str]:
    """Return all answers that a pattern stands for.

    Raises:
        ValueError: a bracket is not closed.
    """
    begin = min((place for sign in CLOSING if (place := text.find(sign)) >= 0), default=-1)
    if begin < 0:
        return {text}
    depth = 0
    for end in range(begin, len(text)):
        depth += (text[end] in CLOSING) - (text[end] in CLOSING.values())
        if depth == 0:
            break
    else:
        raise ValueError(f"a bracket is not closed: {text}")
    within = split(text[begin + 1 : end], "/") + ([""] if text[begin] == "(" else [])
    return {
        f"{text[:begin]}{one}{rest}"
        for choice in within
        for one in expand(choice)
        for rest in expand(text[end + 1 :])
    }


def read(path: Path = LIST) -> list[Phrase]:
    """Return the phrases of a file."""
    rows = [line.split("\t") for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        Phrase(kind, text, frozenset(plain(one) for part in split(answers, "|") for one in expand(part)))
        for kind, text, answers in rows
    ]


def measure(translator: Translator, training: Collection[str] = ()) -> dict[str, Any]:
    """Return the numbers of phrases and of right answers by search, and the wrong answers.

    Args:
        translator: of the model.
        training: the keys (`sentence_key`) of the sentences that it was trained on, if they are known.
    """
    phrases = read()
    trained = {one.text for one in phrases if sentence_key(one.text) in training}
    found: dict[str, Any] = {"phrases": len(phrases), "kinds": dict(Counter(one.kind for one in phrases))}
    if training:
        found["trained"] = len(trained)
    for name, beam in SEARCHES.items():
        texts = translator.translate([one.text for one in phrases], FULL, beam)
        wrong = [
            [one.kind, one.text, text]
            for one, text in zip(phrases, texts, strict=True)
            if plain(text) not in one.answers
        ]
        found[name] = {"right": len(phrases) - len(wrong), "wrong": wrong}
        if training:
            found[name]["right of trained"] = len(trained) - sum(text in trained for _, text, _ in wrong)
    return found


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?", help="a run or a model file; by default the model of the package")
    parser.add_argument("--print", action="store_true", help="also print the wrong translations")
    parser.add_argument(
        "--training", type=Path, nargs="+", default=[], metavar="TRAIN", help="pairs that it was trained on"
    )
    options = parser.parse_args()
    training = {sentence_key(pair.source) for file in options.training for pair in read_pairs(file)}
    results = measure(Translator.load(options.model, "cpu"), training)
    if options.model is None:
        write_results("phrases", {"machine": machine(), **results})
    for name in SEARCHES:
        print(f"{name}: {results[name]['right']} of {results['phrases']} right")
        if options.print:
            print(*("    " + " | ".join(row) for row in results[name]["wrong"]), sep="\n")


if __name__ == "__main__":
    main()
