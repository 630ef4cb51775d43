"""The bundled corpus: read `data/grammar.yaml`, write every pair of sentences it gives, and say how much each must wait.

What is English or Spanish is in the YAML file; here is only how a word is inflected by rule, how a template is filled,
how the pairs are split into parts, and what the best possible translator could do at a given lag.
"""

from __future__ import annotations

import hashlib
import itertools
import re
import unicodedata
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeAlias

import yaml

from seq2seq.errors import UserError
from seq2seq.lag import Lag, read

Row: TypeAlias = tuple[str, ...]
"""The forms of a word: one; or four, m f mp fp; or five, 1s 2s 3s 1p 3p."""
Forms: TypeAlias = Mapping[str, Row]

PERSONS: Final = ("1s", "2s", "3s", "1p", "3p")
END: Final = "\n"
WIKI: Final = ("i like pizza", "it is hot today", "my dog is hungry")
"""The wiki's sentences, which stand in the test part alone."""
PARTS: Final = ("train", "dev", "test", "test_unseen")


class Pair(NamedTuple):
    """One sentence in both languages, the pattern it is made by, and whether the pattern holds it out of training."""

    english: str
    spanish: str
    pattern: str
    held_out: bool = False


@dataclass(frozen=True)
class Word:
    """A word, or a phrase, in both languages, with the features that other words agree with."""

    name: str
    english: Forms
    spanish: Forms
    person: int = 2
    feminine: bool = False

    def choose(self, row: Row) -> str:
        """Return the form of `row` that agrees with this word."""
        if len(row) == 4:
            return row[self.feminine + 2 * (self.person > 2)]
        return row[self.person] if len(row) == 5 else row[0]


@dataclass(frozen=True)
class Template:
    """What makes a sentence or a phrase: a text with slots for each language, and the words of each slot."""

    name: str
    english: str
    spanish: str
    slots: Mapping[str, Sequence[Word]]
    different: Sequence[str] = ()
    held_out: Mapping[str, Sequence[str]] = field(default_factory=dict)
    like: Sequence[str] = ()

    def fillings(self) -> Iterator[dict[str, Word]]:
        """Every choice of one word for each slot that `different` allows."""
        for words in itertools.product(*self.slots.values()):
            filling = dict(zip(self.slots, words, strict=True))
            if not self.different or _differ(*(filling[slot] for slot in self.different)):
                yield filling


def _differ(first: Word, second: Word) -> bool:
    """False for the same word, and for two of I and we."""
    return first.name != second.name and {first.person, second.person} != {0, 3}


# ---------------------------------------------------------------------------------------------- inflection by rule


def english_plural(noun: str) -> str:
    """dog -> dogs, box -> boxes, story -> stories; also the third person of a verb: go -> goes."""
    if re.search("[^aeiou]y$", noun):
        return noun[:-1] + "ies"
    return noun + ("es" if re.search("(s|x|ch|sh|go|do)$", noun) else "s")


def spanish_plural(noun: str) -> str:
    """gato -> gatos, lápiz -> lápices, estación -> estaciones; lunes and paraguas stay."""
    if accented := re.search("([áéíóú])([ns])$", noun):
        plain = unicodedata.normalize("NFD", accented[1])[0]
        return noun[:-2] + plain + accented[2] + "es"
    if noun.endswith("z"):
        return noun[:-1] + "ces"
    if re.search("[aeiou]s$", noun):
        return noun
    return noun + ("s" if noun[-1] in "aeioué" or noun.endswith("fá") else "es")


def spanish_adjective(word: str) -> Row:
    """Masculine, feminine and their plurals: rojo roja rojos rojas, pintor pintora …, verde verde verdes verdes."""
    stem = {"o": word[:-1], "r": word}.get(word[-1])
    feminine = word if stem is None else stem + "a"
    return (word, feminine, spanish_plural(word), spanish_plural(feminine))


def _rows(forms: Mapping[str, Any]) -> dict[str, Row]:
    return {name: (form,) if isinstance(form, str) else tuple(form) for name, form in forms.items()}


def english_verb(verb: str, irregular: Mapping[str, Any]) -> dict[str, Row]:
    """All forms of an English verb."""
    third = english_plural(verb)
    past = re.sub("([^aeiou])y$", r"\1i", verb).removesuffix("e") + "ed"
    ing = (verb if verb.endswith("ee") else verb.removesuffix("e")) + "ing"
    regular = {"word": verb, "present": (verb, verb, third, verb, verb), "past": past, "participle": past, "ing": ing}
    return _rows(regular | dict(irregular))


def spanish_verb(verb: str, irregular: Mapping[str, Any], endings: Mapping[str, Any]) -> dict[str, Row]:
    """All forms of a Spanish verb, which ends in -ar, -er or -ir."""
    stem, future_stem = verb[:-2], irregular.get("future_stem", verb)
    forms: dict[str, Any] = {"word": verb, "future": [future_stem + ending for ending in endings["future"]]}
    for name, ending in endings.get(verb[-2:], {}).items():
        forms[name] = stem + ending if isinstance(ending, str) else [stem + one for one in ending]
    return _rows(forms | dict(irregular))


def _noun(english: str, spanish: str) -> tuple[Word, Word]:
    """Singular and plural of an entry `english[/plural]: spanish gender [p if only plural]`."""
    one, _, many = english.partition("/")
    word, gender, *only_plural = spanish.split()
    feminine = gender == "f"
    singular = Word(one, _rows({"word": one}), _rows({"word": word}), 4 if only_plural else 2, feminine)
    forms = _rows({"word": many or english_plural(one)}), _rows({"word": spanish_plural(word)})
    return singular, Word(one, *forms, 4, feminine)


def _adjective(english: str, spanish: str | list[str]) -> Word:
    word, _, more = english.partition("/")
    forms = spanish_adjective(spanish) if isinstance(spanish, str) else tuple(spanish)
    return Word(word, _rows({"word": word, "more": more or f"more {word}"}), {"word": forms})


# ------------------------------------------------------------------------------------------------------ the grammar


class Grammar:
    """The words and patterns of a grammar file.

    Args:
        plain: the content of the file, of plain types.

    Raises:
        UserError: when a template names a class, a word or a form that the file lacks.
    """

    def __init__(self, plain: Mapping[str, Any]) -> None:
        self._spelling = plain["spelling"]
        self._tables = self._read_tables(plain)
        self._classes = self._read_classes(plain)
        for name, phrase in plain["phrases"].items():
            self._classes[name] = self._phrases(self._template(name, phrase))
        self.patterns = [self._template(name, pattern) for name, pattern in plain["patterns"].items()]

    def pairs(self) -> list[Pair]:
        """Return every pair of the grammar, pattern by pattern."""
        found = []
        for pattern in self.patterns:
            for filling in pattern.fillings():
                held_out = any(filling[slot].name in words for slot, words in pattern.held_out.items())
                texts = (self._write(pattern, language, filling) for language in ("english", "spanish"))
                found.append(Pair(*texts, pattern.name, held_out))
        return found

    def _read_tables(self, plain: Mapping[str, Any]) -> dict[str, dict[str, Forms]]:
        """Function words and verbs of each language by name."""
        tables: dict[str, dict[str, Forms]] = {}
        for language, words in plain["function"].items():
            tables[language] = {name: _rows({"word": row}) for name, row in words.items()}
        for verb, irregular in plain["verbs"]["english"].items():
            tables["english"][verb] = english_verb(verb, irregular)
        for verb, irregular in plain["verbs"]["spanish"].items():
            tables["spanish"][verb] = spanish_verb(verb, irregular, plain["endings"])
        return tables

    def _read_classes(self, plain: Mapping[str, Any]) -> dict[str, list[Word]]:
        """The words of each class; the plurals of a class of nouns are under `class plural`."""
        classes = {
            "pronoun": [_inflected(*entry) for entry in plain["pronouns"].items()],
            "determiner": [_inflected(*entry) for entry in plain["determiners"].items()],
        }
        for name, words in plain["actions"].items():
            classes[name] = [self._action(*entry) for entry in words.items()]
        for name, words in plain["nouns"].items():
            nouns = [_noun(*entry) for entry in words.items()]
            classes[name], classes[f"{name} plural"] = [one for one, _ in nouns], [many for _, many in nouns]
        for name, words in plain["adjectives"].items():
            classes[name] = [_adjective(*entry) for entry in words.items()]
        for name, words in plain["words"].items():
            classes[name] = [Word(one, {"word": (one,)}, {"word": (other,)}) for one, other in words.items()]
        return classes

    def _action(self, english: str, spanish: str) -> Word:
        """A verb and what goes with it; `present_verb` and the like are the verb alone, `tail` is the rest."""
        forms = []
        for language, phrase in (("english", english), ("spanish", spanish)):
            verb, _, tail = phrase.partition(" ")
            rows = self._look_up(language, verb, f"the action `{english}`")
            whole = {name: tuple(f"{form} {tail}".strip() for form in row) for name, row in rows.items()}
            forms.append(whole | {f"{name}_verb": row for name, row in rows.items()} | {"tail": (tail,)})
        return Word(english, *forms)

    def _template(self, name: str, plain: Mapping[str, Any]) -> Template:
        slots = {}
        for slot, classes in plain["slots"].items():
            classes = [classes] if isinstance(classes, str) else classes
            slots[slot] = [word for one in classes for word in self._members(one, name)]
        rest = {key: plain[key] for key in ("different", "held_out", "like") if key in plain}
        return Template(name, plain["english"], plain["spanish"], slots, **rest)

    def _members(self, wanted: str, where: str) -> list[Word]:
        """The words of `class`, `class(x, y)` or `class(-x, y)`, each perhaps with ` plural` or ` both`."""
        found = re.fullmatch(r"(\w+)(?:\((-?)(.+)\))?(?: (plural|both))?", wanted)
        if not found or found[1] not in self._classes:
            raise UserError(f"the grammar's `{where}` asks for `{wanted}`, and there is no such class of words")
        name, without, listed, number = found.groups()
        names = set(listed.split(", ")) if listed else {word.name for word in self._classes[name]}
        if unknown := names - {word.name for word in self._classes[name]}:
            raise UserError(f"the grammar's `{where}` asks for `{wanted}`, but {name} has no {unknown.pop()}")
        classes = {None: [name], "plural": [f"{name} plural"], "both": [name, f"{name} plural"]}[number]
        return [word for one in classes for word in self._classes[one] if (word.name in names) != bool(without)]

    def _phrases(self, phrase: Template) -> list[Word]:
        """Every filling of a phrase as one word; several words in `like` make it plural, and masculine if one is."""
        words = []
        for filling in phrase.fillings():
            like = [filling[slot] for slot in phrase.like]
            english, spanish = (self._write(phrase, language, filling) for language in ("english", "spanish"))
            person = like[0].person if len(like) == 1 else PERSONS.index("3p")
            feminine = all(word.feminine for word in like)
            words.append(Word(english, {"word": (english,)}, {"word": (spanish,)}, person, feminine))
        return words

    def _look_up(self, language: str, name: str, where: str) -> Forms:
        if name not in self._tables[language]:
            raise UserError(f"{where} uses `{name}`, which the grammar does not list under {language}")
        return self._tables[language][name]

    def _write(self, template: Template, language: str, filling: Mapping[str, Word]) -> str:
        """Fill the template of one language and spell the result."""
        where = f"the grammar's `{template.name}`"

        def form(found: re.Match[str]) -> str:
            name, form_name, controller = found.groups(default="")
            word = filling.get(name)
            forms = getattr(word, language) if word else self._look_up(language, name, where)
            if (form_name or "word") not in forms or (controller and controller not in filling):
                raise UserError(f"{where} has no `{found[0]}` in {language}")
            row: Row = forms[form_name or "word"]
            agrees_with = filling[controller] if controller else word
            return agrees_with.choose(row) if agrees_with else row[0]

        text = re.sub(r"\{(\w+)(?:\.(\w+))?(?:~(\w+))?\}", form, getattr(template, language))
        for old, new in self._spelling[language]:
            text = re.sub(old, new, text)
        return " ".join(text.split())


def _inflected(name: str, plain: Mapping[str, Any]) -> Word:
    """A pronoun or a determiner, whose forms are all written out."""
    person = PERSONS.index(plain.get("person", "3s"))
    return Word(name, _rows(plain["english"]), _rows(plain["spanish"]), person, plain.get("gender") == "f")


def load_grammar(path: Path) -> Grammar:
    """Read a grammar file.

    Raises:
        UserError: when one of its templates names something that the file lacks.
    """
    return Grammar(yaml.safe_load(path.read_text(encoding="utf-8")))


# -------------------------------------------------------------------------------------------------------- the parts


def _number(text: str) -> int:
    """A number that looks random and is the same everywhere."""
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")


def _key(text: str) -> str:
    return "".join(character for character in text if character.isalnum())


def split(pairs: Sequence[Pair], dev: int = 500, test: int = 500) -> dict[str, list[Pair]]:
    """Deal out the pairs to `PARTS`, each in an order that looks random and is always the same.

    The pairs that are held out are test_unseen, the wiki's sentences and at least `test` others are test, at least
    `dev` are dev. Sentences with the same letters, such as a Spanish question and its answer, stay in one part.
    """
    parts: dict[str, list[Pair]] = {part: [] for part in PARTS}
    together: dict[str, list[Pair]] = defaultdict(list)
    for pair in pairs:
        together[_key(pair.spanish)].append(pair)
    for key in sorted(together, key=_number):
        group = together[key]
        if any(pair.english in WIKI for pair in group):
            part = "test"
        elif any(pair.held_out for pair in group):
            part = "test_unseen"
        else:
            part = "dev" if len(parts["dev"]) < dev else "test" if len(parts["test"]) < test else "train"
        parts[part] += group
    return parts


def write_corpus(grammar: Grammar, folder: Path) -> None:
    """Write a file `<part>.tsv` for each part: English, Spanish, smallest lag, pattern."""
    pairs = grammar.pairs()
    lags = dict(zip(pairs, smallest_lags(pairs), strict=True))
    for part, members in split(pairs).items():
        lines = (f"{pair.english}\t{pair.spanish}\t{lags[pair]}\t{pair.pattern}\n" for pair in members)
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")


# --------------------------------------------------------------------------------------------------------- the lags


def _common(first: str, second: str) -> int:
    """How many characters two texts share at their start."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def smallest_lags(pairs: Sequence[Pair]) -> list[int]:
    """The smallest τ of each pair at which what has been read and written always settles what is written next.

    That is the least τ such that all pairs that share x_1 … x_read(t) and y_1 … y_{t-1} also share y_t, for every t.
    For one t, let `most` be the longest start of x that is shared with a pair which has the same y_1 … y_{t-1} and
    another y_t: then read(t) must be most + 1 or more, and every larger number will do as well. Among pairs sorted by
    x the one that shares most is the nearest with another y_t, so that two sweeps find it.

    Raises:
        UserError: when two pairs share their English but not their Spanish, so that no lag is enough.
    """
    sources = [pair[0] + END for pair in pairs]
    targets = [pair[1] + END for pair in pairs]
    lags = [0] * len(pairs)
    groups = [(1, sorted(range(len(pairs)), key=sources.__getitem__))]
    while groups:
        t, group = groups.pop()
        following: dict[str, list[int]] = defaultdict(list)
        for index in group:
            following[targets[index][t - 1]].append(index)
        if len(following) > 1:
            for sweep in (group, group[::-1]):
                for index, most in _shared_with_others(sweep, sources, targets, t):
                    lags[index] = max(lags[index], most + 1 - t)
        groups += [(t + 1, rest) for symbol, rest in following.items() if symbol != END and len(rest) > 1]
    return lags


def _shared_with_others(
    group: Sequence[int], sources: Sequence[str], targets: Sequence[str], t: int
) -> Iterator[tuple[int, int]]:
    """Each pair's longest start of x shared with a pair before it that has another y_t, where there is one."""
    most = -1
    for before, index in itertools.pairwise(group):
        shared = _common(sources[before], sources[index])
        if shared == len(sources[index]):
            raise UserError(f"`{sources[index].strip()}` has two translations in the grammar")
        most = min(most, shared) if targets[before][t - 1] == targets[index][t - 1] else shared
        if most >= 0:
            yield index, most


def prefix_ceiling(pairs: Sequence[Pair], lag: Lag) -> float:
    """The share of `pairs` that the best possible translator writes without a fault at this lag, in [0, 1].

    The translator knows all the pairs and takes each to be as likely as another; it must write y_t from
    x_1 … x_read(t) and from what it has written. The pairs that it cannot tell apart get one y_t, and it chooses
    the one after which most of them can still be right.
    """
    sources = [pair[0] + END for pair in pairs]
    targets = [pair[1] + END for pair in pairs]

    def right(group: Sequence[int], t: int) -> int:
        seen: dict[str, list[int]] = defaultdict(list)
        for index in group:
            seen[sources[index][: read(t, lag, len(sources[index]))]].append(index)
        return sum(best(alike, t) for alike in seen.values())

    def best(alike: Sequence[int], t: int) -> int:
        choices: dict[str, list[int]] = defaultdict(list)
        for index in alike:
            choices[targets[index][t - 1]].append(index)
        return max(len(rest) if symbol == END else right(rest, t + 1) for symbol, rest in choices.items())

    return right(range(len(pairs)), 1) / len(pairs)
