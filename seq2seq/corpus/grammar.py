"""The bundled corpus: reads `data/grammar.yaml` and writes all the sentence pairs that it generates.

The English and Spanish words are in the YAML file. This module fills the templates and distributes the pairs
over the parts; the inflection of words is in `corpus.inflection`, the lags are in `corpus.lag_bounds`.
"""

from __future__ import annotations

import hashlib
import itertools
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple

import yaml

from seq2seq.corpus.inflection import (
    PERSONS,
    Forms,
    Paradigm,
    Word,
    english_verb,
    inflect_adjective,
    inflect_noun,
    inflect_pronoun,
    paradigm,
    spanish_verb,
)
from seq2seq.corpus.lag_bounds import smallest_lags
from seq2seq.errors import UserError

SLOT: Final = re.compile(r"\{(?P<name>\w+)(?:\.(?P<form>\w+))?(?:~(?P<controller>\w+))?\}")
WIKI: Final = ("i like pizza", "it is hot today", "my dog is hungry")
"""The wiki's sentences, which are in the test part only."""
PARTS: Final = ("train", "dev", "test", "test_unseen")


class GrammarPair(NamedTuple):
    """A sentence in both languages, the pattern that made it, and whether it is held out of training."""

    english: str
    spanish: str
    pattern: str
    held_out: bool = False


@dataclass(frozen=True)
class Template:
    """A sentence pattern or a phrase: a text with slots in each language, and the words for each slot."""

    name: str
    english: str
    spanish: str
    slots: Mapping[str, Sequence[Word]]
    different: Sequence[str] = ()
    held_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    like: Sequence[str] = ()

    def fillings(self) -> Iterator[dict[str, Word]]:
        """Yield every choice of one word for each slot that `different` allows."""
        for words in itertools.product(*self.slots.values()):
            filling = dict(zip(self.slots, words, strict=True))
            if not self.different or _differ(*(filling[slot] for slot in self.different)):
                yield filling


def _differ(first: Word, second: Word) -> bool:
    """Whether two words differ; I and we do not."""
    return first.name != second.name and {PERSONS[first.person], PERSONS[second.person]} != {"1s", "1p"}


class Grammar:
    """The words and patterns of a grammar file.

    Args:
        plain: the content of the file, of plain types.

    Raises:
        UserError: when a template names a class, a word or a form that the file lacks.
    """

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._spelling = {
            language: [(re.compile(old), new) for old, new in rules]
            for language, rules in plain["spelling"].items()
        }
        self._tables = _tables(plain)
        self._classes = self._read_classes(plain)
        for name, phrase in plain["phrases"].items():
            self._classes[name] = self._phrases(self._template(name, phrase))
        self.patterns = [self._template(name, pattern) for name, pattern in plain["patterns"].items()]

    def pairs(self) -> list[GrammarPair]:
        """Return every pair of the grammar, pattern by pattern."""
        return [
            GrammarPair(
                self._write(pattern, "english", filling),
                self._write(pattern, "spanish", filling),
                pattern.name,
                any(filling[slot].name in words for slot, words in pattern.held_out.items()),
            )
            for pattern in self.patterns
            for filling in pattern.fillings()
        ]

    def _read_classes(self, plain: Mapping[str, Any]) -> dict[str, list[Word]]:
        """Return the words of each class; the plurals of a class of nouns are under `class plural`."""
        classes = {
            "pronoun": [inflect_pronoun(*entry) for entry in plain["pronouns"].items()],
            "determiner": [inflect_pronoun(*entry) for entry in plain["determiners"].items()],
        }
        for name, words in plain["actions"].items():
            classes[name] = [self._action(*entry) for entry in words.items()]
        for name, words in plain["nouns"].items():
            nouns = [inflect_noun(*entry) for entry in words.items()]
            classes[name], classes[f"{name} plural"] = [one for one, _ in nouns], [many for _, many in nouns]
        for name, words in plain["adjectives"].items():
            classes[name] = [inflect_adjective(*entry) for entry in words.items()]
        for name, words in plain["words"].items():
            classes[name] = [Word(one, {"word": (one,)}, {"word": (other,)}) for one, other in words.items()]
        return classes

    def _action(self, english: str, spanish: str) -> Word:
        """Return a verb with its object; `present_verb` etc. are the verb alone, `tail` is the rest."""

        def forms(language: str, phrase: str) -> dict[str, Forms]:
            verb, _, tail = phrase.partition(" ")
            rows = self._look_up(language, verb, f"action `{english}`")
            whole = {name: tuple(f"{form} {tail}".strip() for form in row) for name, row in rows.items()}
            return whole | {f"{name}_verb": row for name, row in rows.items()} | {"tail": (tail,)}

        return Word(english, forms("english", english), forms("spanish", spanish))

    def _template(self, name: str, plain: Mapping[str, Any]) -> Template:
        slots = {}
        for slot, wanted in plain["slots"].items():
            classes = [wanted] if isinstance(wanted, str) else wanted
            slots[slot] = [word for one in classes for word in self._members(one, name)]
        rest = {key: plain[key] for key in ("different", "held_out", "like") if key in plain}
        for slot, names in rest.get("held_out", {}).items():
            if absent := set(names) - {word.name for word in slots[slot]}:
                raise UserError(
                    f"the grammar's `{name}` holds out `{min(absent)}`, absent from its slot {slot}"
                )
        return Template(name, plain["english"], plain["spanish"], slots, **rest)

    def _members(self, wanted: str, where: str) -> list[Word]:
        """Return the words of `class`, `class(x, y)` or `class(-x, y)`, perhaps with ` plural` or ` both`."""
        found = re.fullmatch(r"(\w+)(?:\((-?)(.+)\))?(?: (plural|both))?", wanted)
        if not found or found[1] not in self._classes:
            raise UserError(f"the grammar's `{where}` asks for `{wanted}`, an unknown word class")
        name, without, listed, number = found.groups()
        known = {word.name for word in self._classes[name]}
        names = set(listed.split(", ")) if listed else known
        if unknown := names - known:
            raise UserError(f"the grammar's `{where}` asks for `{wanted}`, but {name} has no {min(unknown)}")
        chosen = known - names if without else names
        classes = {None: [name], "plural": [f"{name} plural"], "both": [name, f"{name} plural"]}[number]
        return [word for one in classes for word in self._classes[one] if word.name in chosen]

    def _phrases(self, phrase: Template) -> list[Word]:
        """Return each filling of a phrase as a word that agrees like the words in `like`."""
        words = []
        for filling in phrase.fillings():
            like = [filling[slot] for slot in phrase.like]
            english, spanish = (self._write(phrase, language, filling) for language in ("english", "spanish"))
            person = like[0].person if len(like) == 1 else PERSONS.index("3p")
            feminine = all(word.feminine for word in like)
            words.append(Word(english, {"word": (english,)}, {"word": (spanish,)}, person, feminine))
        return words

    def _look_up(self, language: str, name: str, where: str) -> Paradigm:
        if name not in self._tables[language]:
            raise UserError(f"the grammar's {where} uses `{name}`, which is not listed under {language}")
        return self._tables[language][name]

    def _write(self, template: Template, language: str, filling: Mapping[str, Word]) -> str:
        """Return the filled template of one language, in its spelling."""

        def form(found: re.Match[str]) -> str:
            name, form_name, controller = found["name"], found["form"] or "word", found["controller"]
            word = filling.get(name)
            forms = getattr(word, language) if word else self._look_up(language, name, f"`{template.name}`")
            if form_name not in forms or (controller and controller not in filling):
                raise UserError(f"the grammar's `{template.name}` has no `{found[0]}` in {language}")
            agrees_with = filling[controller] if controller else word
            return agrees_with.choose(forms[form_name]) if agrees_with else str(forms[form_name][0])

        text = SLOT.sub(form, getattr(template, language))
        for pattern, new in self._spelling[language]:
            text = pattern.sub(new, text)
        return " ".join(text.split())


def _tables(plain: Mapping[str, Any]) -> dict[str, dict[str, Paradigm]]:
    """Return the function words and the verbs of each language by name."""
    tables: dict[str, dict[str, Paradigm]] = {}
    for language, words in plain["function"].items():
        tables[language] = {name: paradigm({"word": row}) for name, row in words.items()}
    for verb, irregular in plain["verbs"]["english"].items():
        tables["english"][verb] = english_verb(verb, irregular)
    for verb, irregular in plain["verbs"]["spanish"].items():
        tables["spanish"][verb] = spanish_verb(verb, irregular, plain["endings"])
    return tables


def load_grammar(path: Path) -> Grammar:
    """Return the grammar in a file.

    Raises:
        UserError: when one of its templates names something that the file lacks.
    """
    return Grammar(yaml.safe_load(path.read_text(encoding="utf-8")))


def split(pairs: Sequence[GrammarPair], dev: int = 500, test: int = 500) -> dict[str, list[GrammarPair]]:
    """Return the pairs of each of `PARTS`, in a pseudo-random order that is always the same.

    Held-out pairs are test_unseen; the wiki's sentences and others, at least `test` in all, are test; at
    least `dev` are dev. Sentences of the same letters, such as a statement and a question, are in one part.
    """
    parts: dict[str, list[GrammarPair]] = {part: [] for part in PARTS}
    together: dict[str, list[GrammarPair]] = defaultdict(list)
    for pair in pairs:
        together["".join(filter(str.isalnum, pair.spanish))].append(pair)
    for letters in sorted(together, key=lambda letters: hashlib.sha256(letters.encode()).digest()):
        group = together[letters]
        if any(pair.english in WIKI for pair in group):
            part = "test"
        elif any(pair.held_out for pair in group):
            part = "test_unseen"
        else:
            part = "dev" if len(parts["dev"]) < dev else "test" if len(parts["test"]) < test else "train"
        parts[part] += group
    return parts


def write_corpus(grammar: Grammar, folder: Path) -> None:
    """Write `<part>.tsv` for each part, a line for each pair: English, Spanish, smallest lag, pattern."""
    pairs = grammar.pairs()
    smallest = smallest_lags([(pair.english, pair.spanish) for pair in pairs])
    lags = dict(zip(pairs, smallest, strict=True))
    for part, members in split(pairs).items():
        lines = [f"{pair.english}\t{pair.spanish}\t{lags[pair]}\t{pair.pattern}\n" for pair in members]
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")
