"""Tasks whose right answers, and whose best possible scores, are known by construction.

A task is a list of pairs. Their letters are drawn one by one, uniformly and apart from each other, so that
what has not been seen cannot be guessed better than by chance.
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
"""Letters of a word."""

_NEXT = str.maketrans(LETTERS, LETTERS[1:] + LETTERS[0])


def substitute(rng: random.Random, count: int) -> list[Pair]:
    """Two words; every letter becomes the next one of the alphabet, and the order stays."""
    return [Pair(f"{a} {b}", f"{a} {b}".translate(_NEXT)) for a, b in _words(rng, count)]


def swap(rng: random.Random, count: int) -> list[Pair]:
    """The same, and the two words change places, as adjective and noun do between English and Spanish."""
    return [Pair(f"{a} {b}", f"{b} {a}".translate(_NEXT)) for a, b in _words(rng, count)]


def _words(rng: random.Random, count: int) -> list[tuple[str, str]]:
    lengths = [(rng.randint(SHORTEST, LONGEST), rng.randint(SHORTEST, LONGEST)) for _ in range(count)]
    return [(_word(rng, first), _word(rng, second)) for first, second in lengths]


def _word(rng: random.Random, length: int, letters: str = LETTERS) -> str:
    return "".join(rng.choices(letters, k=length))


def drop_first(rng: random.Random, count: int, lag: int, length: int) -> list[Pair]:
    """`length` letters, of which the first `lag` are left out: y_t is x_{t+lag}, and that is its lag.

    From x_1 … x_{t+τ} with τ < lag nothing can be known of y_t: the best score is `CHANCE`.
    """
    sources = [_word(rng, length) for _ in range(count)]
    return [Pair(source, source[lag:]) for source in sources]


def recall(rng: random.Random, count: int, shortest: int, longest: int) -> list[Pair]:
    """A letter, and then noise of other letters; the letter is asked for once all has been read.

    The letter stands `gap` steps before the end mark, with a gap from `shortest` to `longest`.
    """
    sources = [
        rng.choice(LETTERS) + _word(rng, rng.randint(shortest, longest) - 1, NOISE) for _ in range(count)
    ]
    return [Pair(source, source[0]) for source in sources]


def right_characters(answers: Sequence[str], pairs: Sequence[Pair]) -> float:
    """Return the share, in per cent, of the targets' characters that stand in the answer at their place."""
    right = sum(
        sum(a == b for a, b in zip(answer, target, strict=False))
        for answer, (_, target) in zip(answers, pairs, strict=True)
    )
    return 100 * right / sum(len(target) for _, target in pairs)


def exact(answers: Sequence[str], pairs: Sequence[Pair]) -> float:
    """Return the share of the answers, in per cent, that are the target."""
    return (
        100 * sum(answer == target for answer, (_, target) in zip(answers, pairs, strict=True)) / len(pairs)
    )


def window_ceiling(pairs: Sequence[Pair], window: int) -> float:
    """The best `right_characters` to be expected on `swap` of a network that writes y_t from a window.

    The window never holds the letter that y_t comes from, since at least a word and the space lie between,
    and letters tell nothing of one another: all that is to be seen in it is where spaces and ends are. Of the
    places that look alike in that, the best is to call all of them a space, or all of them one letter.
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
