"""Plurals and verbs by rule."""

from __future__ import annotations

import pytest

from seq2seq.corpus import inflection


@pytest.mark.parametrize(
    ("singular", "plural"),
    [
        *[
            ("gato", "gatos"),
            ("sofá", "sofás"),
            ("pared", "paredes"),
            ("lápiz", "lápices"),
            ("árbol", "árboles"),
        ],
        *[("estación", "estaciones"), ("jardín", "jardines"), ("autobús", "autobuses"), ("lunes", "lunes")],
    ],
)
def test_spanish_plural(singular: str, plural: str) -> None:
    assert inflection.spanish_plural(singular) == plural


def test_english_verbs() -> None:
    for verb, third, past, ing in (
        ("wash", "washes", "washed", "washing"),
        ("study", "studies", "studied", "studying"),
        ("play", "plays", "played", "playing"),
        ("close", "closes", "closed", "closing"),
    ):
        forms = inflection.english_verb(verb, {})
        assert (forms["present"][2], forms["past"], forms["ing"]) == (third, (past,), (ing,))
