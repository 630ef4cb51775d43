"""Sentences in which an adjective agrees with a subject that is k words away, as in Spanish.

`agreeing` makes them by a synchronous grammar; `spoken` lists sentences for a translator.
"""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from itertools import product
from typing import Final, NamedTuple

from seq2seq.corpus.pairs import Pair

ENDINGS: Final = {("m", 1): "o", ("f", 1): "a", ("m", 2): "os", ("f", 2): "as"}
"""The ending of an adjective, by gender and number (2: plural)."""
CHANCE: Final = 1 / len(ENDINGS)

OPENERS: Final = {
    "and": "y",
    "but": "pero",
    "here": "aquí",
    "later": "luego",
    "now": "ahora",
    "so": "así",
    "soon": "pronto",
    "then": "entonces",
    "there": "allí",
    "today": "hoy",
}
"""They make many different sentences without a clause; repeated pairs are trained on once."""
NOUNS: Final = {
    "dog": ("perro", "m"),
    "cat": ("gato", "m"),
    "boy": ("niño", "m"),
    "girl": ("niña", "f"),
    "cow": ("vaca", "f"),
    "hen": ("gallina", "f"),
}
SEEN: Final = {
    "I saw": "vi",
    "we saw": "vimos",
    "they saw": "vieron",
    "I met": "conocí",
    "we met": "conocimos",
    "they met": "conocieron",
}
ADJECTIVES: Final = {"ill": "enferm", "mad": "furios", "fat": "gord", "red": "roj", "shy": "tímid"}
WORDS: Final = 5
"""Words of an English sentence without a clause."""
BESIDE: Final = -1
"""In place of a length: the adjective stands beside its noun, as in "the ill dogs"."""
ARTICLES: Final = {("m", 1): "el", ("f", 1): "la", ("m", 2): "los", ("f", 2): "las"}

CLAUSES: Final = {
    0: "",
    1: "here",
    2: "we know",
    3: "that we know",
    4: "that we saw yesterday",
    5: "that we met last year",
    6: "that we saw in the park",
    10: "that we saw in the park with the old man",
}
"""What stands between subject and verb, by its number of words."""
PEOPLE: Final = {"boy": "m", "brother": "m", "neighbour": "m", "girl": "f", "sister": "f", "cow": "f"}
PREDICATES: Final = ("tired", "busy")
"""Translated by an adjective; “lost” can as well be «se perdieron», which has no ending to score."""


class Agreement(NamedTuple):
    """A sentence in both languages; the last letters of the Spanish one are `ending`."""

    english: str
    spanish: str
    ending: str


def agreeing(rng: random.Random, words: int) -> Agreement:
    """Return a random sentence whose subject is followed by a relative clause of `words` words.

    The clause has three words ("that I saw") and three more for each further noun ("by the hens"), whose
    gender and number are random. "got" has one form, so only the subject decides about the ending.

    Args:
        rng: draws the words and their numbers.
        words: 0, 3, 6, …, or `BESIDE`.
    """
    subject, number = rng.choice(list(NOUNS)), rng.choice((1, 2))
    opener, adjective = rng.choice(list(OPENERS)), rng.choice(list(ADJECTIVES))
    ending = ENDINGS[NOUNS[subject][1], number]
    translated = f"{ADJECTIVES[adjective]}{ending}"
    english, spanish = [opener, _english(subject, number)], [OPENERS[opener], _spanish(subject, number)]
    if words == BESIDE:
        phrase = english[1].replace("the ", f"the {adjective} ")
        return Agreement(f"{opener} {phrase}", f"{' '.join(spanish)} {translated}", ending)
    for place in range(words // 3):
        if not place:
            seen = rng.choice(list(SEEN))
            english, spanish = [*english, f"that {seen}"], [*spanish, f"que {SEEN[seen]}"]
            continue
        noun, many = rng.choice(list(NOUNS)), rng.choice((1, 2))
        english, spanish = [*english, f"by {_english(noun, many)}"], [*spanish, _beside(noun, many)]
    got = "se puso" if number == 1 else "se pusieron"
    return Agreement(
        " ".join([*english, f"got {adjective}"]), " ".join([*spanish, f"{got} {translated}"]), ending
    )


def endings(rng: random.Random, count: int, lengths: Sequence[int]) -> list[Pair]:
    """Return pairs of an English sentence and the ending of its Spanish adjective.

    Short sentences are drawn more often, so that all lengths fill about as many batches.
    """
    drawn = rng.choices(lengths, [1 / (WORDS + words) for words in lengths], k=count)
    found = (agreeing(rng, words) for words in drawn)
    return [Pair(sentence.english, sentence.ending) for sentence in found]


def _english(noun: str, number: int) -> str:
    return f"the {noun}{'s' if number == 2 else ''}"


def _spanish(noun: str, number: int) -> str:
    word, gender = NOUNS[noun]
    return f"{ARTICLES[gender, number]} {word}{'s' if number == 2 else ''}"


def _beside(noun: str, number: int) -> str:
    return f"junto a {_spanish(noun, number)}".replace("a el ", "al ")


def spoken(words: int) -> list[Pair]:
    """Return English sentences with `words` words after the subject, and the ending each must get."""
    pairs = []
    for (noun, gender), number, adjective in product(PEOPLE.items(), (1, 2), PREDICATES):
        subject = f"The {noun}{'s' if number == 2 else ''} {CLAUSES[words]}".strip()
        verb = "is" if number == 1 else "are"
        pairs.append(Pair(f"{subject} {verb} {adjective}.", ENDINGS[gender, number]))
    return pairs


def ending_of(spanish: str) -> str:
    """Return the agreeing ending of the last word of a sentence; the empty string if it has none."""
    found = re.search(r"([oa]s?)\W*$", spanish)
    return found[1] if found else ""
