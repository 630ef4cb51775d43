"""Synthetic tasks whose answers, and whose best possible accuracy, are known by construction.

A task is a list of pairs. Their letters are drawn independently and uniformly, so a letter that has not been
read can only be guessed.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Sequence

from seq2seq.corpus.pairs import Pair

LETTERS = "abcdefgh"
CHANCE = 1 / len(LETTERS)
NOISE = "uvwxyz"
SHORTEST, LONGEST = 2, 4
"""Shortest and longest word, in letters."""

_NEXT = str.maketrans(LETTERS, LETTERS[1:] + LETTERS[0])


def substitute(rng: random.Random, count: int) -> list[Pair]:
    """Return pairs of two words; each letter is replaced by the next one of the alphabet."""
    return [Pair(f"{a} {b}", f"{a} {b}".translate(_NEXT)) for a, b in _words(rng, count)]


def swap(rng: random.Random, count: int) -> list[Pair]:
    """Return pairs as `substitute` does, with the two words swapped, like adjective and noun in Spanish."""
    return [Pair(f"{a} {b}", f"{b} {a}".translate(_NEXT)) for a, b in _words(rng, count)]


def _words(rng: random.Random, count: int) -> list[tuple[str, str]]:
    lengths = [(rng.randint(SHORTEST, LONGEST), rng.randint(SHORTEST, LONGEST)) for _ in range(count)]
    return [(_word(rng, first), _word(rng, second)) for first, second in lengths]


def _word(rng: random.Random, length: int, letters: str = LETTERS) -> str:
    return "".join(rng.choices(letters, k=length))


def drop_first(rng: random.Random, count: int, lag: int, length: int) -> list[Pair]:
    """Return pairs whose target is the source without its first `lag` letters, so that y_t is x_{t+lag}.

    The source has `length` letters. At a lag τ < `lag` the best possible accuracy is `CHANCE`.
    """
    sources = [_word(rng, length) for _ in range(count)]
    return [Pair(source, source[lag:]) for source in sources]


def recall(rng: random.Random, count: int, shortest: int, longest: int) -> list[Pair]:
    """Return pairs whose source is a letter followed by noise, and whose target is that letter.

    The letter is `shortest` to `longest` steps before the end mark.
    """
    sources = [
        rng.choice(LETTERS) + _word(rng, rng.randint(shortest, longest) - 1, NOISE) for _ in range(count)
    ]
    return [Pair(source, source[0]) for source in sources]


def count_marks(rng: random.Random, count: int, fewest: int, most: int) -> list[Pair]:
    """Return pairs of n letters and n marks, n from `fewest` to `most` (Gers and Schmidhuber 2001)."""
    numbers = [rng.randint(fewest, most) for _ in range(count)]
    return [Pair("a" * n, "b" * n) for n in numbers]


def keep_time(rng: random.Random, count: int, periods: Sequence[int], steps: int) -> list[Pair]:
    """Return pairs whose target has a mark every n steps (Gers et al. 2002).

    The first letter of the source names n; the rest of its `steps` symbols are equal, so that only the
    network's own state can tell the time.
    """
    chosen = [rng.randrange(len(periods)) for _ in range(count)]
    targets = ["".join("|" if t % n == 0 else "." for t in range(1, steps + 1)) for n in periods]
    return [Pair(LETTERS[each] + "x" * (steps - 1), targets[each]) for each in chosen]


def character_accuracy(answers: Sequence[str], pairs: Sequence[Pair]) -> float:
    """Return the percentage of target characters that the answer has at the same place."""
    right = sum(
        sum(a == b for a, b in zip(answer, target, strict=False))
        for answer, (_, target) in zip(answers, pairs, strict=True)
    )
    return 100 * right / sum(len(target) for _, target in pairs)


def sentence_accuracy(answers: Sequence[str], pairs: Sequence[Pair]) -> float:
    """Return the percentage of answers that equal the target."""
    return (
        100 * sum(answer == target for answer, (_, target) in zip(answers, pairs, strict=True)) / len(pairs)
    )


def window_upper_bound(pairs: Sequence[Pair], window: int) -> float:
    """Return the best expected `character_accuracy` on `swap` for a network that computes y_t from a window.

    The window never holds the letter that y_t comes from, since at least a word and the space lie between,
    and letters are independent. So a window shows only where spaces and ends are, and for all places with the
    same view the best answer is either a space or always the same letter.
    """
    assert window <= SHORTEST
    spaces: Counter[str] = Counter()
    letters: Counter[str] = Counter()
    for source, target in pairs:
        blank = "_" * window
        shape = blank + "".join(x if x == " " else "L" for x in source) + "$" + blank
        for t, y in enumerate(target):
            (spaces if y == " " else letters)[shape[t : t + 2 * window + 1]] += 1
    right = sum(max(float(spaces[view]), letters[view] * CHANCE) for view in spaces | letters)
    return 100 * right / sum(len(target) for _, target in pairs)
