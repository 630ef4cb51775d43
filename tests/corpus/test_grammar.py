"""The bundled corpus: the grammar that makes it, and what its files promise."""

from __future__ import annotations

import itertools
import re
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import pytest

from seq2seq.corpus import grammar
from seq2seq.corpus.grammar import Grammar, GrammarPair, load_grammar, split, write_corpus
from seq2seq.errors import UserError

DATA = Path(__file__).parents[2] / "data"
FIRST_IS_LAST = {"today": "hoy", "yesterday": "ayer", "tomorrow": "mañana", "now": "ahora", "soon": "pronto"}
FIRST_IS_LAST |= {"here": "aquí", "there": "allí", "inside": "dentro", "outside": "fuera", "yet": "todavía"}
FIRST_IS_LAST |= {"me": "me", "you": "te", "him": "lo", "her": "la", "us": "nos", "them": "los"}


@pytest.fixture(scope="module")
def pairs() -> list[GrammarPair]:
    return load_grammar(DATA / "grammar.yaml").pairs()


@pytest.fixture(scope="module")
def parts() -> dict[str, list[list[str]]]:
    return {part: rows(f"{part}.tsv") for part in grammar.PARTS}


def rows(name: str) -> list[list[str]]:
    text = (DATA / name).read_text(encoding="utf-8")
    return [line.split("\t") for line in text.removesuffix("\n").split("\n")]


def words(sentence: str) -> list[str]:
    return re.findall(r"\w+", sentence)


def letters(sentence: str) -> str:
    return "".join(words(sentence))


# --------------------------------------------------------------------------------- the grammar and its files


@pytest.mark.slow
def test_files_hold_the_pairs_of_the_grammar(
    pairs: list[GrammarPair], parts: dict[str, list[list[str]]]
) -> None:
    for part, members in split(pairs).items():
        assert [[row[0], row[1], row[3]] for row in parts[part]] == [list(pair[:3]) for pair in members]


@pytest.mark.slow
def test_files_are_what_the_grammar_gives(tmp_path: Path) -> None:
    write_corpus(load_grammar(DATA / "grammar.yaml"), tmp_path)
    for part in grammar.PARTS:
        assert (tmp_path / f"{part}.tsv").read_bytes() == (DATA / f"{part}.tsv").read_bytes()


def test_handwritten_spanish_is_what_the_grammar_gives(pairs: list[GrammarPair]) -> None:
    given_by = {pair.english: pair for pair in pairs}
    written = rows("handwritten.tsv")
    assert len({english for english, _ in written}) == len(written) >= 200
    wrong = [(english, spanish) for english, spanish in written if given_by[english].spanish != spanish]
    assert not wrong
    assert {given_by[english].pattern for english, _ in written} == {pair.pattern for pair in pairs}


def test_size_and_variety(pairs: list[GrammarPair]) -> None:
    assert len(set(pairs)) == len(pairs) >= 20_000
    assert sum((DATA / f"{part}.tsv").stat().st_size for part in grammar.PARTS) <= 3_000_000
    assert len({word for pair in pairs for word in words(pair.spanish)}) >= 400
    assert max(Counter(pair.pattern for pair in pairs).values()) <= 0.03 * len(pairs)


def test_readme_counts_the_pairs(parts: dict[str, list[list[str]]]) -> None:
    text = (DATA / "README.md").read_text(encoding="utf-8")
    for part, members in parts.items():
        assert f"| `{part}.tsv` | {len(members):,} |" in text


def test_no_sentence_has_two_translations(pairs: list[GrammarPair]) -> None:
    assert len({letters(pair.english) for pair in pairs}) == len(pairs)
    assert len({pair.spanish for pair in pairs}) == len(pairs)


def test_spelling(pairs: list[GrammarPair]) -> None:
    for sentence in itertools.chain.from_iterable(pair[:2] for pair in pairs):
        assert re.fullmatch(r"¿?\w+(,? \w+|'s)*\??", sentence), sentence
        assert sentence == unicodedata.normalize("NFC", sentence.lower())
        assert len(sentence) <= 80
    for pair in pairs:
        assert pair.spanish.startswith("¿") == pair.spanish.endswith("?") == pair.english.endswith("?")
        assert not re.search(r"\b(de el|a el|la águila|una águila|y i\w+|o ocho)\b", pair.spanish)
        assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", pair.english)


def test_many_sentences_start_with_what_english_ends_with(pairs: list[GrammarPair]) -> None:
    reordered = [FIRST_IS_LAST.get(words(pair.english)[-1]) == words(pair.spanish)[0] for pair in pairs]
    assert sum(reordered) >= 0.2 * len(pairs)


# ----------------------------------------------------------------------------------------------------- parts


def test_parts_share_no_sentence(parts: dict[str, list[list[str]]]) -> None:
    for column in (0, 1):
        seen = [{letters(row[column]) for row in members} for members in parts.values()]
        assert sum(len(some) for some in seen) >= len(set.union(*seen))
        assert all(a.isdisjoint(b) for a, b in itertools.combinations(seen, 2))


def test_wiki_sentences_stand_in_the_test_part_alone(parts: dict[str, list[list[str]]]) -> None:
    found = {
        row[0]: (part, row[1]) for part, members in parts.items() for row in members if row[0] in grammar.WIKI
    }
    assert found == {
        "i like pizza": ("test", "me gusta comer pizza"),
        "it is hot today": ("test", "hoy hace calor"),
        "my dog is hungry": ("test", "mi perro tiene hambre"),
    }
    assert len(parts["test"]) >= 500
    assert len(parts["dev"]) >= 500


def test_unseen_words_are_trained_elsewhere_and_their_patterns_with_other_words(
    pairs: list[GrammarPair], parts: dict[str, list[list[str]]]
) -> None:
    patterns = load_grammar(DATA / "grammar.yaml").patterns
    train, unseen = ({row[0] for row in parts[part]} for part in ("train", "test_unseen"))
    held_out = {
        (word, pattern.name) for pattern in patterns for names in pattern.held_out.values() for word in names
    }
    trained, found = set(), set()
    fillings = ((pattern.name, filling) for pattern in patterns for filling in pattern.fillings())
    for pair, (name, filling) in zip(pairs, fillings, strict=True):
        combinations = {(word.name, name) for word in filling.values()}
        trained |= combinations if pair.english in train else set()
        found |= {pair.english} if combinations & held_out else set()
    assert unseen == found
    assert 300 <= len(unseen) <= 600
    assert trained.isdisjoint(held_out)
    patterns_of = Counter(word for word, _ in trained)
    words_of = Counter(name for _, name in trained)
    assert not [(word, name) for word, name in held_out if patterns_of[word] < 2 or words_of[name] < 2]


def test_every_word_of_the_other_parts_is_in_training(parts: dict[str, list[list[str]]]) -> None:
    for column in (0, 1):
        trained = {word for row in parts["train"] for word in words(row[column])}
        for part in ("dev", "test", "test_unseen"):
            assert trained.issuperset(word for row in parts[part] for word in words(row[column]))


def test_split_keeps_a_statement_and_its_question_together() -> None:
    made = [
        GrammarPair(f"e{number}", spanish, "p")
        for number, spanish in enumerate(("¿bebes té?", "bebes té", "x", "y"))
    ]
    dealt = split(made, dev=1, test=1)
    homes = {pair.spanish: part for part, members in dealt.items() for pair in members}
    assert homes["¿bebes té?"] == homes["bebes té"]
    assert len(homes) == len(made)


def small_grammar(**changes: object) -> dict[str, object]:
    plain: dict[str, object] = {
        "spelling": {"english": [], "spanish": []},
        "function": {"english": {}, "spanish": {"the": ["el", "la", "los", "las"]}},
        "verbs": {"english": {}, "spanish": {}},
        "endings": {"future": []},
        "nouns": {"animal": {"cat": "gato m", "cow": "vaca f"}},
        "patterns": {"p": {"english": "the {n}", "spanish": "{the~n} {n}", "slots": {"n": "animal both"}}},
    }
    return defaultdict(dict, plain | changes)


def test_agreement_with_a_noun() -> None:
    found = [(pair.english, pair.spanish) for pair in Grammar(small_grammar()).pairs()]
    assert found == [
        ("the cat", "el gato"),
        ("the cow", "la vaca"),
        ("the cats", "los gatos"),
        ("the cows", "las vacas"),
    ]


@pytest.mark.parametrize(
    ("template", "slot", "message"),
    [
        ("{n}", "animals", "`p` asks for `animals`, an unknown word class"),
        ("{n}", "animal(dog)", "animal has no dog"),
        ("{m}", "animal", "uses `m`, which is not listed under english"),
        ("{n.past}", "animal", "has no `{n.past}` in english"),
        ("{n~m}", "animal", "has no `{n~m}` in english"),
    ],
)
def test_a_mistake_in_the_grammar_is_named(template: str, slot: str, message: str) -> None:
    pattern = {"english": template, "spanish": "x", "slots": {"n": slot}}
    with pytest.raises(UserError, match=re.escape(message)):
        Grammar(small_grammar(patterns={"p": pattern})).pairs()
