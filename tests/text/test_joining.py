"""Parts of a sentence come together as one, online, and nothing is taken back."""

import itertools
from collections.abc import Iterable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.joining import Joiner


def join(parts: Iterable[tuple[str, str]]) -> str:
    """Put the translated parts of one sentence together, with a space between two.

    Args:
        parts: source and translation of each.
    """
    parts = list(parts)
    joiner = Joiner()
    texts = []
    for number, (source, text) in enumerate(parts, 1):
        joiner.read(source)
        texts.append(joiner.write(text) + joiner.end_part(joined=number < len(parts)))
    return " ".join(filter(None, texts))


@pytest.mark.parametrize(
    ("parts", "joined"),
    [
        # One part is left alone.
        ([], ""),
        ([("Hello.", "Hola.")], "Hola."),
        ([("Hello", "¿Hola?")], "¿Hola?"),
        ([("hello", "Hola...")], "Hola..."),
        # A stop that the source part does not have; the clause mark that it has instead.
        ([("When I came", "Cuando llegué."), ("it rained.", "Llovía.")], "Cuando llegué llovía."),
        ([("When I came,", "Cuando llegué."), ("it rained.", "Llovía.")], "Cuando llegué, llovía."),
        ([("He has three things:", "Tiene tres cosas."), ("a.", "A.")], "Tiene tres cosas: a."),
        ([("He came,", "Vino,"), ("too.", "También.")], "Vino, también."),
        ([("He came", "Vino..."), ("too.", "también.")], "Vino también."),
        ([("He came", "¡Vino!"), ("too.", "También.")], "¡Vino! también."),
        ([("He came", "Vino!"), ("too.", "También.")], "Vino también."),
        ([('He said "no"', 'Dijo "no."'), ("and left.", "Y se fue.")], 'Dijo "no" y se fue.'),
        ([('He said "no",', 'Dijo "no."'), ("and left.", "Y se fue.")], 'Dijo "no", y se fue.'),
        # A stop that it has, and that of an abbreviation.
        ([("He waited...", "Esperó..."), ("and left.", "Y se fue.")], "Esperó... y se fue."),
        ([("I asked Mr.", "Pregunté al Sr."), ("Smith.", "Smith.")], "Pregunté al Sr. Smith."),
        ([("the United States", "los EE. UU."), ("and me.", "Y yo.")], "los EE. UU. y yo."),
        # Capital letters.
        ([("a", "A"), ("and I went", "Y fui"), ("I think", "Yo creo")], "A y fui yo creo"),
        ([("a", "A"), ("I'm here", "Estoy aquí")], "A estoy aquí"),
        ([("a", "A"), ("which Tom bought", "Que Tom compró")], "A que Tom compró"),
        ([("a", "A"), ("Tom bought", "Tom compró")], "A Tom compró"),
        ([("a", "A"), ("in London", "Londres es")], "A Londres es"),
        ([("a", "A"), ("in Italy", "Italia es")], "A Italia es"),
        ([("a", "A"), ("the house", "ONU es")], "A ONU es"),
        ([("a", "A"), ("the house", "Ñandú")], "A ñandú"),
        ([("a", "A"), ("the house", "Él es")], "A él es"),
        ([("a", "A"), ("the house", "¿Qué es?")], "A ¿qué es?"),
        ([("a", "A"), ("the house", "«¡Qué!»")], "A «¡qué!»"),
        ([("a", "A"), ("the house", "3 Casas")], "A 3 casas"),
        ([("a", "A"), ("(the house)", "(La casa)")], "A (la casa)"),
        ([("a", "A"), ("the house", "la Casa")], "A la Casa"),
        ([("a", "A"), ("the house", "X")], "A x"),
        ([("a", "A"), ("the house", "123")], "A 123"),
        # Question marks stay in pairs.
        ([("What do you", "¿Qué haces?"), ("want?", "¿Quieres?")], "¿Qué haces? ¿quieres?"),
        ([("What do you", "Qué haces?"), ("want?", "¿Quieres?")], "Qué haces ¿quieres?"),
        # Empty parts.
        ([("a", ""), ("b", "B")], "b"),
        ([("so", "Así."), ("b", ""), ("yes", "Sí.")], "Así sí."),
        ([("a", "."), ("b", ".")], "."),
        ([("a", "..."), ("b", "B")], "b"),
        ([("so, so,", "Así, así."), ("so", "Así."), ("so.", "Así.")], "Así, así, así así."),
        ([("choose plan B", "Elige el plan B."), ("so.", "Así.")], "Elige el plan B así."),
    ],
)  # fmt: skip
def test_parts_are_joined(parts: list[tuple[str, str]], joined: str) -> None:
    assert join(parts) == joined


def write(joiner: Joiner, source: str, text: str, joined: bool) -> tuple[list[str], str]:
    joiner.read(source)
    return [joiner.write(character) for character in text], joiner.end_part(joined)


def test_only_a_stop_is_held_back() -> None:
    joiner = Joiner()
    assert write(joiner, "Go, go", "Ve. Ve.", True) == (["V", "e", "", ". ", "V", "e", ""], "")
    assert write(joiner, "and stay.", "Y ven.", False) == (["", "y ", "v", "e", "n", ""], ".")
    assert write(joiner, "Go.", "Ve.", False) == (["V", "e", ""], ".")


def test_a_new_sentence_keeps_its_capital_letter() -> None:
    joiner = Joiner()
    assert write(joiner, "Go", "Ve", True) == (["V", "e"], "")
    assert write(joiner, "and stay.", "Y", False) == ([""], "y")
    assert write(joiner, "So", "Y", False) == (["Y"], "")


def test_what_is_read_later_counts_as_well() -> None:
    joiner = Joiner()
    write(joiner, "a", "A", True)
    joiner.read("the ")
    assert joiner.write("Lon") == ""
    joiner.read("city of London")
    assert joiner.write("dres ") == "Londres "


texts = st.text(st.sampled_from("aÁB .…?!¿¡\",'I ñ"), max_size=12)


@given(
    st.lists(st.tuples(texts, texts), max_size=4),
    st.lists(st.integers(0, 12)),
)
def test_writing_in_pieces_is_the_same_as_at_once(parts: list[tuple[str, str]], ends: list[int]) -> None:
    joiner, out = Joiner(), []
    for number, (source, text) in enumerate(parts, 1):
        joiner.read(source)
        places = [0, *sorted(min(end, len(text)) for end in ends), len(text)]
        written = "".join(joiner.write(text[a:b]) for a, b in itertools.pairwise(places))
        out.append(written + joiner.end_part(number < len(parts)))
    assert " ".join(filter(None, out)) == join(parts)


@given(st.lists(st.tuples(texts, texts), max_size=4))
def test_joining_changes_case_and_stops_alone(parts: list[tuple[str, str]]) -> None:
    def bare(text: str) -> str:
        return "".join(char for char in text.casefold() if char not in ' .…?!,"')

    assert bare(join(parts)) == bare("".join(text for _, text in parts))


@given(texts, texts)
def test_a_sentence_of_one_part_stays_as_it_is(source: str, text: str) -> None:
    assert join([(source, text)]) == text


LONG = "when the old woman left the house in which she had lived for so many years, her son locked the door"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Cuando se fue. Su hijo cerró la puerta", "Cuando se fue, su hijo cerró la puerta"),
        ("¿Cuándo se fue? Su hijo cerró", "¿Cuándo se fue? su hijo cerró"),
        ("El Sr. Smith vive en EE. UU. desde ayer", "El Sr. Smith vive en EE. UU. desde ayer"),
        ("Esperó... Y se fue", "Esperó... Y se fue"),
    ],
)
def test_a_long_sentence_does_not_end_in_the_middle_of_itself(text: str, expected: str) -> None:
    assert join([(LONG, text)]) == expected
    assert join([(f"Wait. {LONG}", text)]) == text
    joiner = Joiner()
    joiner.read(LONG)
    assert "".join(map(joiner.write, text)) + joiner.end_part(False) == expected


def test_of_a_short_sentence_the_network_may_make_two() -> None:
    assert join([("Hi, how are you?", "Hola. ¿Cómo estás?")]) == "Hola. ¿Cómo estás?"


def test_a_name_keeps_its_capital_behind_a_stop_that_is_none() -> None:
    assert join([(f"{LONG} behind Tom", "Cuando se fue. Tom cerró")]) == "Cuando se fue, Tom cerró"
