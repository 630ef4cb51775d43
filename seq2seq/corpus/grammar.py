"""The bundled corpus: read `data/grammar.yaml`, write all the pairs of sentences it gives, find their lags.

All that is English or Spanish is in the YAML file. Here is only how a word is inflected by rule, how a
template is filled, how the pairs are dealt out to parts, and what the best translator could do at a lag.
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

SLOT: Final = re.compile(r"\{(?P<name>\w+)(?:\.(?P<form>\w+))?(?:~(?P<controller>\w+))?\}")
PERSONS: Final = ("1s", "2s", "3s", "1p", "3p")
END: Final = "\n"
WIKI: Final = ("i like pizza", "it is hot today", "my dog is hungry")
"""The wiki's sentences, which stand in the test part alone."""
PARTS: Final = ("train", "dev", "test", "test_unseen")


class Pair(NamedTuple):
    """A sentence in both languages, the pattern that made it, and whether that holds it out of training."""

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
    person: int = PERSONS.index("3s")
    feminine: bool = False

    def choose(self, row: Row) -> str:
        """Return the form in `row` that agrees with this word."""
        if len(row) == 4:
            return row[self.feminine + 2 * (self.person >= PERSONS.index("1p"))]
        return row[self.person] if len(row) == 5 else row[0]


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
        """Every choice of one word for each slot that `different` allows."""
        for words in itertools.product(*self.slots.values()):
            filling = dict(zip(self.slots, words, strict=True))
            if not self.different or _differ(*(filling[slot] for slot in self.different)):
                yield filling


def _differ(first: Word, second: Word) -> bool:
    """False for the same word, and for I and we."""
    return first.name != second.name and {PERSONS[first.person], PERSONS[second.person]} != {"1s", "1p"}


# ---------------------------------------------------------------------------------------- inflection by rule


def english_plural(noun: str) -> str:
    """dog -> dogs, box -> boxes, library -> libraries; the third person of a verb is alike: go -> goes."""
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
    return noun + ("s" if noun[-1] in "aeiouáéó" else "es")


def spanish_adjective(word: str) -> Row:
    """Masculine, feminine, and their plurals: rojo roja rojos rojas, pintor pintora …, verde verde …"""
    feminine = {"o": word[:-1] + "a", "r": word + "a"}.get(word[-1], word)
    return (word, feminine, spanish_plural(word), spanish_plural(feminine))


def english_verb(verb: str, irregular: Mapping[str, Any]) -> dict[str, Row]:
    """All forms of an English verb."""
    third = english_plural(verb)
    past = re.sub("([^aeiou])y$", r"\1i", verb).removesuffix("e") + "ed"
    ing = (verb if verb.endswith("ee") else verb.removesuffix("e")) + "ing"
    regular = {"word": verb, "past": past, "participle": past, "ing": ing}
    return _rows({"present": (verb, verb, third, verb, verb)} | regular | dict(irregular))


def spanish_verb(verb: str, irregular: Mapping[str, Any], endings: Mapping[str, Any]) -> dict[str, Row]:
    """All forms of a Spanish verb."""
    stem, future_stem = verb[:-2], irregular.get("future_stem", verb)
    forms: dict[str, Any] = {"word": verb, "future": [future_stem + ending for ending in endings["future"]]}
    for name, ending in endings.get(verb[-2:], {}).items():
        forms[name] = stem + ending if isinstance(ending, str) else [stem + one for one in ending]
    return _rows(forms | dict(irregular))


def _rows(forms: Mapping[str, Any]) -> dict[str, Row]:
    return {name: (form,) if isinstance(form, str) else tuple(form) for name, form in forms.items()}


def _noun(english: str, spanish: str) -> tuple[Word, Word]:
    """Singular and plural of an entry `english[/plural]: spanish gender [p if it is only plural]`."""
    one, _, many = english.partition("/")
    word, gender, *only_plural = spanish.split()
    plural, feminine = PERSONS.index("3p"), gender == "f"
    person = plural if only_plural else PERSONS.index("3s")
    singular = Word(one, _rows({"word": one}), _rows({"word": word}), person, feminine)
    forms = _rows({"word": many or english_plural(one)}), _rows({"word": spanish_plural(word)})
    return singular, Word(one, *forms, plural, feminine)


def _adjective(english: str, spanish: str | list[str]) -> Word:
    """An entry `english[/comparative]: spanish`, or a list of four Spanish forms."""
    word, _, more = english.partition("/")
    row = spanish_adjective(spanish) if isinstance(spanish, str) else tuple(spanish)
    return Word(word, _rows({"word": word, "more": more or f"more {word}"}), {"word": row})


def _pronoun(name: str, plain: Mapping[str, Any]) -> Word:
    """A pronoun or a determiner, whose forms are all written out."""
    person = PERSONS.index(plain.get("person", "3s"))
    return Word(name, _rows(plain["english"]), _rows(plain["spanish"]), person, plain.get("gender") == "f")


# ----------------------------------------------------------------------------------------------- the grammar


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

    def pairs(self) -> list[Pair]:
        """Return every pair of the grammar, pattern by pattern."""
        return [
            Pair(
                self._write(pattern, "english", filling),
                self._write(pattern, "spanish", filling),
                pattern.name,
                any(filling[slot].name in words for slot, words in pattern.held_out.items()),
            )
            for pattern in self.patterns
            for filling in pattern.fillings()
        ]

    def _read_classes(self, plain: Mapping[str, Any]) -> dict[str, list[Word]]:
        """The words of each class; the plurals of a class of nouns are under `class plural`."""
        classes = {
            "pronoun": [_pronoun(*entry) for entry in plain["pronouns"].items()],
            "determiner": [_pronoun(*entry) for entry in plain["determiners"].items()],
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
        """A verb and what goes with it; `present_verb` and so on are the verb alone, `tail` is the rest."""

        def forms(language: str, phrase: str) -> dict[str, Row]:
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
        """The words of `class`, `class(x, y)` or `class(-x, y)`, each perhaps with ` plural` or ` both`."""
        found = re.fullmatch(r"(\w+)(?:\((-?)(.+)\))?(?: (plural|both))?", wanted)
        if not found or found[1] not in self._classes:
            raise UserError(
                f"the grammar's `{where}` asks for `{wanted}`, but there is no such class of words"
            )
        name, without, listed, number = found.groups()
        known = {word.name for word in self._classes[name]}
        names = set(listed.split(", ")) if listed else known
        if unknown := names - known:
            raise UserError(f"the grammar's `{where}` asks for `{wanted}`, but {name} has no {min(unknown)}")
        chosen = known - names if without else names
        classes = {None: [name], "plural": [f"{name} plural"], "both": [name, f"{name} plural"]}[number]
        return [word for one in classes for word in self._classes[one] if word.name in chosen]

    def _phrases(self, phrase: Template) -> list[Word]:
        """Every filling of a phrase as one word, which agrees like the words in `like`; two make a plural."""
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
            raise UserError(f"the grammar's {where} uses `{name}`, which is not listed under {language}")
        return self._tables[language][name]

    def _write(self, template: Template, language: str, filling: Mapping[str, Word]) -> str:
        """Fill the template of one language and spell the result."""

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


def _tables(plain: Mapping[str, Any]) -> dict[str, dict[str, Forms]]:
    """The function words and the verbs of each language by name."""
    tables: dict[str, dict[str, Forms]] = {}
    for language, words in plain["function"].items():
        tables[language] = {name: _rows({"word": row}) for name, row in words.items()}
    for verb, irregular in plain["verbs"]["english"].items():
        tables["english"][verb] = english_verb(verb, irregular)
    for verb, irregular in plain["verbs"]["spanish"].items():
        tables["spanish"][verb] = spanish_verb(verb, irregular, plain["endings"])
    return tables


def load_grammar(path: Path) -> Grammar:
    """Read a grammar file.

    Raises:
        UserError: when one of its templates names something that the file lacks.
    """
    return Grammar(yaml.safe_load(path.read_text(encoding="utf-8")))


# ------------------------------------------------------------------------------------------------- the parts


def split(pairs: Sequence[Pair], dev: int = 500, test: int = 500) -> dict[str, list[Pair]]:
    """Deal out the pairs to `PARTS`, each in an order that looks random and is always the same.

    What is held out is test_unseen; the wiki's sentences and others, at least `test` in all, are test; at
    least `dev` are dev. Sentences of the same letters, a statement and a question say, stay in one part.
    """
    parts: dict[str, list[Pair]] = {part: [] for part in PARTS}
    together: dict[str, list[Pair]] = defaultdict(list)
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
    lags = dict(zip(pairs, smallest_lags(pairs), strict=True))
    for part, members in split(pairs).items():
        lines = [f"{pair.english}\t{pair.spanish}\t{lags[pair]}\t{pair.pattern}\n" for pair in members]
        (folder / f"{part}.tsv").write_text("".join(lines), encoding="utf-8", newline="\n")


# -------------------------------------------------------------------------------------------------- the lags


def smallest_lags(pairs: Sequence[Pair]) -> list[int]:
    """The smallest lag of each pair, which is never below 0.

    It is the least τ such that all pairs that share x_1 … x_read(t) and y_1 … y_{t-1} also share y_t. For one
    t, let m be the length of the longest start of x that it shares with a pair of the same y_1 … y_{t-1} and
    another y_t. Then read(t) > m is needed, and enough, for reading more never makes two pairs alike.
    Among pairs sorted by x, m is reached at the nearest one with another y_t: a sweep each way finds it.

    Raises:
        UserError: when two pairs share their English and not their Spanish, so that no lag is enough.
    """
    sources, targets = [pair[0] + END for pair in pairs], [pair[1] + END for pair in pairs]
    lags = [0] * len(pairs)
    groups = [(1, sorted(range(len(pairs)), key=sources.__getitem__))]
    while groups:
        t, group = groups.pop()
        following: dict[str, list[int]] = defaultdict(list)
        for index in group:
            following[targets[index][t - 1]].append(index)
        for sweep in (group, group[::-1]) if len(following) > 1 else ():
            shared = -1
            for before, index in itertools.pairwise(sweep):
                common = _common(sources[before], sources[index])
                same_next = targets[before][t - 1] == targets[index][t - 1]
                if common == len(sources[index]) and not same_next:
                    raise UserError(f"the pairs have two translations of `{pairs[index][0]}`")
                shared = min(shared, common) if same_next else common
                lags[index] = max(lags[index], shared + 1 - t)
        groups += [(t + 1, rest) for symbol, rest in following.items() if symbol != END and len(rest) > 1]
    return lags


def _common(first: str, second: str) -> int:
    """How many characters two texts share at their start."""
    for index, (one, other) in enumerate(zip(first, second, strict=False)):
        if one != other:
            return index
    return min(len(first), len(second))


def prefix_ceiling(pairs: Sequence[Pair], lag: Lag) -> float:
    """The share of `pairs`, from 0 to 1, that the best possible translator gets right at this lag.

    It knows all the pairs, each as likely as another, and must write y_t from x_1 … x_read(t) and what it has
    written. Pairs that it cannot tell apart get the same y_t: the one after which most can still be right.
    """
    sources, targets = [pair[0] + END for pair in pairs], [pair[1] + END for pair in pairs]

    def right(group: Sequence[int], t: int) -> int:
        alike: dict[str, dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
        for index in group:
            source = sources[index]
            alike[source[: read(t, lag, len(source))]][targets[index][t - 1]].append(index)
        return sum(
            max(len(rest) if symbol == END else right(rest, t + 1) for symbol, rest in following.items())
            for following in alike.values()
        )

    return right(range(len(pairs)), 1) / len(pairs)
