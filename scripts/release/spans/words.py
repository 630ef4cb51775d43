"""The lists of words in data/words.txt, and random choices from them."""

from __future__ import annotations

from pathlib import Path
from random import Random
from typing import Final

DATA: Final = Path(__file__).parent / "data"


def _words() -> dict[str, list[str]]:
    lines = (DATA / "words.txt").read_text("utf-8").splitlines()
    return {name: words.split() for name, words in (line.split(": ", 1) for line in lines)}


WORDS: Final = _words()
"""Lists of words by their names."""


def pick(rng: Random, weights: str) -> str:
    """Return a word of "word:weight word:weight …", drawn by the weights."""
    words, numbers = zip(*(item.rsplit(":", 1) for item in weights.split()), strict=True)
    return str(rng.choices(words, [float(number) for number in numbers])[0])


def one_of(rng: Random, name: str) -> str:
    """Return a word of a list."""
    return rng.choice(WORDS[name])


def random_word(rng: Random) -> str:
    """Return a word of the list `words`."""
    return one_of(rng, "words")


def digits(rng: Random, number: int) -> str:
    """Return `number` random digits, the first of them not 0."""
    return str(rng.randint(10 ** (number - 1), 10**number - 1))
