"""The sentences of the agreement task."""

from __future__ import annotations

import random

import pytest

from seq2seq.experiments.agreement_tasks import BESIDE, CLAUSES, WORDS, agreeing, ending_of, endings, spoken


@pytest.mark.parametrize("words", [0, 3, 6, 9])
def test_the_clause_has_k_words_and_the_ending_is_that_of_the_sentence(words: int) -> None:
    for seed in range(20):
        sentence = agreeing(random.Random(seed), words)
        assert len(sentence.english.split()) == words + WORDS
        assert ending_of(sentence.spanish) == sentence.ending
        article = sentence.spanish.split()[1]
        masculine = article in ("el", "los")
        assert sentence.ending.startswith("o" if masculine else "a")
        assert sentence.ending.endswith("s") == (article in ("los", "las"))


def test_an_adjective_beside_its_noun() -> None:
    rng = random.Random(1)
    found = {agreeing(rng, BESIDE) for _ in range(5000)}
    assert ("now the ill hens", "ahora las gallinas enfermas", "as") in found
    assert all(len(sentence.english.split()) == 4 for sentence in found)


def test_a_sentence_of_the_grammar() -> None:
    found = {agreeing(random.Random(seed), 6).spanish for seed in range(200)}
    assert any("junto al " in spanish for spanish in found)
    assert not any("junto a el " in spanish for spanish in found)


def test_all_endings_are_asked_for() -> None:
    assert {pair.target for pair in endings(random.Random(1), 100, (0, 3))} == {"o", "a", "os", "as"}


def test_what_a_translator_is_asked() -> None:
    assert all(len(clause.split()) == words for words, clause in CLAUSES.items())
    pairs = spoken(3)
    assert pairs[0] == ("The boy that we know is tired.", "o")
    assert ("The sisters that we know are busy.", "as") in pairs


@pytest.mark.parametrize(
    ("spanish", "ending"), [("Están cansadas.", "as"), ("Está perdido", "o"), ("Están bien.", ""), ("", "")]
)
def test_the_ending_of_a_translation(spanish: str, ending: str) -> None:
    assert ending_of(spanish) == ending
