"""The inflection of English and Spanish words by rule, for the bundled grammar."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, TypeAlias

Forms: TypeAlias = tuple[str, ...]
"""The forms of a word: one, or four (m, f, mp, fp), or five (1s, 2s, 3s, 1p, 3p)."""
Paradigm: TypeAlias = Mapping[str, Forms]
"""All forms of a word by name, such as "past"."""

PERSONS: Final = ("1s", "2s", "3s", "1p", "3p")


@dataclass(frozen=True)
class Word:
    """A word or phrase in both languages, with the features that other words agree with."""

    name: str
    english: Paradigm
    spanish: Paradigm
    person: int = PERSONS.index("3s")
    feminine: bool = False

    def choose(self, row: Forms) -> str:
        """Return the form in `row` that agrees with this word."""
        if len(row) == 4:
            return row[self.feminine + 2 * (self.person >= PERSONS.index("1p"))]
        return row[self.person] if len(row) == 5 else row[0]


def english_plural(noun: str) -> str:
    """Return a plural: dog -> dogs, box -> boxes, library -> libraries; or the third person: go -> goes."""
    if re.search("[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search("(s|x|ch|sh|go|do)$", noun) else "s")


def spanish_plural(noun: str) -> str:
    """Return a plural: gato -> gatos, lápiz -> lápices, estación -> estaciones; lunes stays."""
    if accented := re.search("([áéíóú])([ns])$", noun):
        plain = unicodedata.normalize("NFD", accented[1])[0]
        return noun[:-2] + plain + accented[2] + "es"
    if noun.endswith("z"):
        return noun[:-1] + "ces"
    if re.search("[aeiou]s$", noun):
        return noun
    return noun + ("s" if noun[-1] in "aeiouáéó" else "es")


def spanish_adjective(word: str) -> Forms:
    """Return masculine, feminine and their plurals: rojo roja rojos rojas, pintor pintora …, verde verde …"""
    feminine = {"o": word[:-1] + "a", "r": word + "a"}.get(word[-1], word)
    return (word, feminine, spanish_plural(word), spanish_plural(feminine))


def english_verb(verb: str, irregular: Mapping[str, Any]) -> dict[str, Forms]:
    """Return all forms of an English verb."""
    third = english_plural(verb)
    past = re.sub("([^aeiou])y$", r"\1i", verb).removesuffix("e") + "ed"
    ing = (verb if verb.endswith("ee") else verb.removesuffix("e")) + "ing"
    regular = {"word": verb, "past": past, "participle": past, "ing": ing}
    return paradigm({"present": (verb, verb, third, verb, verb)} | regular | dict(irregular))


def spanish_verb(verb: str, irregular: Mapping[str, Any], endings: Mapping[str, Any]) -> dict[str, Forms]:
    """Return all forms of a Spanish verb."""
    stem, future_stem = verb[:-2], irregular.get("future_stem", verb)
    forms: dict[str, Any] = {"word": verb, "future": [future_stem + ending for ending in endings["future"]]}
    for name, ending in endings.get(verb[-2:], {}).items():
        forms[name] = stem + ending if isinstance(ending, str) else [stem + one for one in ending]
    return paradigm(forms | dict(irregular))


def paradigm(forms: Mapping[str, Any]) -> dict[str, Forms]:
    """Return all forms by name, each as a tuple."""
    return {name: (form,) if isinstance(form, str) else tuple(form) for name, form in forms.items()}


def inflect_noun(english: str, spanish: str) -> tuple[Word, Word]:
    """Return singular and plural of an entry `english[/plural]: spanish gender [p if it is only plural]`."""
    one, _, many = english.partition("/")
    word, gender, *only_plural = spanish.split()
    plural, feminine = PERSONS.index("3p"), gender == "f"
    person = plural if only_plural else PERSONS.index("3s")
    singular = Word(one, paradigm({"word": one}), paradigm({"word": word}), person, feminine)
    forms = paradigm({"word": many or english_plural(one)}), paradigm({"word": spanish_plural(word)})
    return singular, Word(one, *forms, plural, feminine)


def inflect_adjective(english: str, spanish: str | list[str]) -> Word:
    """Return the word of an entry `english[/comparative]: spanish`, or with a list of four Spanish forms."""
    word, _, more = english.partition("/")
    row = spanish_adjective(spanish) if isinstance(spanish, str) else tuple(spanish)
    return Word(word, paradigm({"word": word, "more": more or f"more {word}"}), {"word": row})


def inflect_pronoun(name: str, plain: Mapping[str, Any]) -> Word:
    """Return a pronoun or determiner, whose forms are all written out."""
    person = PERSONS.index(plain.get("person", "3s"))
    return Word(
        name, paradigm(plain["english"]), paradigm(plain["spanish"]), person, plain.get("gender") == "f"
    )
