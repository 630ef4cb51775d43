"""Count how often a translation of an affirmative sentence starts with «No», at the lags from 0 to 8.

    python -m scripts.studies.first_words [MODEL]

At a very small lag the first word is written before the first word has been read, and the model bets on a
frequent one; «No» at the head of an affirmative sentence turns its meaning around. Writes
docs/results/first_words.json for the model of the package. Seconds on one core.
"""

from __future__ import annotations

import argparse
from typing import Any

from scripts.results import machine, write_results
from seq2seq.translator import Translator

LAGS = range(9)
SENTENCES = (
    "My brother works in a big hospital.",
    "The train leaves at half past seven.",
    "I like to read in the evening.",
    "She bought a new bicycle yesterday.",
    "We are going to the beach tomorrow.",
    "It is raining again.",
    "They live near the river.",
    "Your sister sings very well.",
    "The children are playing in the garden.",
    "He forgot his keys at home.",
    "You look tired today.",
    "This soup tastes wonderful.",
    "There is a cat on the roof.",
    "Peter opened the window.",
    "That book belongs to my teacher.",
    "I have two tickets for the concert.",
    "Our neighbours have a large dog.",
    "The museum closes on Mondays.",
    "Everybody laughed at the joke.",
    "She speaks three languages.",
    "Coffee keeps me awake.",
    "We met in Madrid last summer.",
    "He always arrives early.",
    "The bread is still warm.",
    "My parents want to sell the house.",
    "I saw your cousin this morning.",
    "It was a beautiful day.",
    "They won the match.",
    "The doctor gave me some advice.",
    "Next year I will learn to swim.",
)
"""Everyday sentences that affirm something; none has a word of negation in a good translation."""


def starts_with_no(text: str) -> bool:
    """Whether the first word of a text is «No»."""
    words = text.lstrip("¿¡\"«“'").split()
    return bool(words) and words[0].strip(".,;:!?").lower() == "no"


def measure(model: str | None) -> dict[str, Any]:
    """Return the count at each lag, and the sentences concerned, for a model or that of the package."""
    translator = Translator.load(model, device="cpu")
    counts, examples = {}, {}
    for lag in LAGS:
        texts = translator.translate(SENTENCES, lag=lag)
        wrong = [
            [source, text] for source, text in zip(SENTENCES, texts, strict=True) if starts_with_no(text)
        ]
        counts[str(lag)], examples[str(lag)] = len(wrong), wrong[:2]
    return {
        "machine": machine(),
        "model": model or "en-es",
        "sentences": len(SENTENCES),
        "starts with No": counts,
        "examples": examples,
    }


def sentence(results: dict[str, Any]) -> str:
    """Return what the README says about the results."""
    counts = {int(lag): count for lag, count in results["starts with No"].items()}
    some = [lag for lag, count in counts.items() if count]
    told = ", ".join(f"{counts[lag]} at lag {lag}" for lag in some)
    rest = f"none at lags {max(some, default=-1) + 1} to {max(counts)}"
    return (
        f"Of {results['sentences']} affirmative sentences, so many start with «No»: {told}, {rest} "
        "(`python -m scripts.studies.first_words`)."
    )


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("model", nargs="?", help="a run, a model file or the name of a model (en-es)")
    model = parser.parse_args().model
    results = measure(model)
    if model is None:
        write_results("first_words", results)
    for lag, count in results["starts with No"].items():
        print(f"lag {lag}: {count} of {results['sentences']}")


if __name__ == "__main__":
    main()
