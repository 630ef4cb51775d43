"""The smallest lags, by definition and as stored in the corpus, and what is possible at a lag."""

from __future__ import annotations

import itertools
import random
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.corpus import grammar
from seq2seq.corpus.grammar import GrammarPair, load_grammar
from seq2seq.corpus.lag_bounds import prefix_ceiling, smallest_lags
from seq2seq.errors import UserError
from seq2seq.lag import FULL, read

DATA = Path(__file__).parents[2] / "data"


@pytest.fixture(scope="module")
def pairs() -> list[GrammarPair]:
    return load_grammar(DATA / "grammar.yaml").pairs()


@pytest.fixture(scope="module")
def parts() -> dict[str, list[list[str]]]:
    return {part: rows(f"{part}.tsv") for part in grammar.PARTS}


def rows(name: str) -> list[list[str]]:
    return [line.split("\t") for line in (DATA / name).read_text(encoding="utf-8").splitlines()]


def sides(pairs: list[GrammarPair]) -> list[tuple[str, str]]:
    return [(pair.english, pair.spanish) for pair in pairs]


def is_enough(pair: GrammarPair, pairs: list[GrammarPair], lag: int) -> bool:
    """The definition: whether all pairs that are alike in what is read and written agree on what is next."""
    x, y = pair.english + "\n", pair.spanish + "\n"
    alike = [(other.english + "\n", other.spanish + "\n") for other in pairs]
    for t in range(1, len(y) + 1):
        alike = [other for other in alike if other[1][: t - 1] == y[: t - 1]]
        start = x[: read(t, lag, len(x))]
        if any(other[0].startswith(start) and other[1][t - 1] != y[t - 1] for other in alike):
            return False
    return True


@pytest.mark.slow
def test_stored_lags_are_the_smallest(pairs: list[GrammarPair], parts: dict[str, list[list[str]]]) -> None:
    by_english = {pair.english: pair for pair in pairs}
    sample = random.Random(1).sample(list(itertools.chain.from_iterable(parts.values())), 12)
    for english, _, stored, _ in sample + [row for row in parts["test"] if row[0] in grammar.WIKI]:
        lag = int(stored)
        assert is_enough(by_english[english], pairs, lag)
        assert lag == 0 or not is_enough(by_english[english], pairs, lag - 1)


sentences = st.text("ab", min_size=1, max_size=4)
small_corpora = st.dictionaries(sentences, sentences, min_size=1, max_size=7).map(
    lambda entries: [GrammarPair(english, spanish, "p") for english, spanish in entries.items()]
)


@given(small_corpora)
def test_smallest_lag_agrees_with_the_definition(made: list[GrammarPair]) -> None:
    for pair, lag in zip(made, smallest_lags(sides(made)), strict=True):
        assert [is_enough(pair, made, tau) for tau in range(7)] == [tau >= lag for tau in range(7)]


def test_smallest_lag_by_hand() -> None:
    made = [GrammarPair("ca", "p", "p"), GrammarPair("cb", "q", "p"), GrammarPair("da", "pp", "p")]
    assert smallest_lags(sides(made)) == [1, 1, 0]
    with pytest.raises(UserError, match="two translations of `a`"):
        smallest_lags([("a", "x"), ("a", "y")])


def agree(first: GrammarPair, second: GrammarPair, lag: int) -> bool:
    """Whether one translator can get both right: they never need different symbols after the same past."""
    (x, y), (other_x, other_y) = ((pair.english + "\n", pair.spanish + "\n") for pair in (first, second))
    for t in range(1, min(len(y), len(other_y)) + 1):
        if x[: read(t, lag, len(x))] != other_x[: read(t, lag, len(other_x))]:
            return True
        if y[t - 1] != other_y[t - 1]:
            return False
    return True


@given(small_corpora, st.integers(0, 5))
def test_prefix_ceiling_is_the_largest_set_that_one_translator_gets_right(
    made: list[GrammarPair], lag: int
) -> None:
    largest = max(
        sum(chosen)
        for chosen in itertools.product((False, True), repeat=len(made))
        if all(agree(a, b, lag) for a, b in itertools.combinations(itertools.compress(made, chosen), 2))
    )
    assert prefix_ceiling(sides(made), lag) == largest / len(made)


def test_prefix_ceiling_of_the_corpus(pairs: list[GrammarPair]) -> None:
    some = [pair for pair in pairs if pair.pattern in ("weather", "weather_in_town", "like_food", "see_him")]
    ceilings = [prefix_ceiling(sides(some), lag) for lag in (0, 5, 10, 20, 40)]
    assert ceilings == sorted(ceilings)
    assert ceilings[0] < 0.5 < ceilings[-1] == prefix_ceiling(sides(some), FULL) == 1
