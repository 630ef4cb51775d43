"""Sentence pairs into which spans have been put."""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from random import Random
from typing import Any

import pytest

from scripts.release.spans import __main__ as program
from scripts.release.spans import drafts, frames, maker, number_ways
from scripts.release.spans import spoken_numbers as numbers
from scripts.release.spans.number_texts import is_one_o_clock
from scripts.release.spans.sorts import SORTS
from scripts.release.spans.ways import WAYS
from seq2seq.corpus.bitext import as_symbols
from seq2seq.corpus.pairs import Pair, align_sentences, read_pairs
from seq2seq.errors import UserError
from seq2seq.text.spans import scan
from seq2seq.text.symbols import KINDS

WAYS_BY_NAME = {way.__name__: way for way in WAYS}

PAIRS = [
    Pair("Tom has three dogs.", "Tom tiene tres perros."),
    Pair("I paid ten dollars.", "Pagué diez dólares."),
    Pair("We met at two thirty.", "Nos encontramos a las dos y media."),
    Pair("I saw Tom on Monday.", "Vi a Tom el lunes."),
    Pair("I'll call you tomorrow.", "Te llamaré mañana."),
    Pair("He was born in May.", "Nació en mayo."),
    Pair("I wrote to Mary.", "Le escribí a Mary."),
    Pair("I went to Boston.", "Fui a Boston."),
    Pair("Where is the file?", "¿Dónde está el archivo?"),
    Pair("He left the room.", "Salió de la habitación."),
    Pair("I waited for one hour.", "Esperé una hora."),
    Pair("Do you like music?", "¿Te gusta la música?"),
    Pair("It was 1987.", "Era 1987."),
    Pair("Come here! We need you.", "¡Ven aquí! Te necesitamos."),
]


def prepared(source: str, target: str) -> drafts.Draft:
    draft = maker.prepare(Pair(source, target))
    assert draft is not None
    return draft


def first(way: Callable[..., Any], source: str, target: str, matching: str = "") -> tuple[str, str]:
    """Return what a way makes of a pair, with a slot for each span; of several results one that matches."""
    for seed in range(500):
        draft = way(prepared(source, target), Random(seed))
        if draft is not None and re.search(matching, draft.pair().target):
            return tuple(drafts.SLOT.sub("#", side) for side in (draft.source, draft.target))  # type: ignore[return-value]
    raise AssertionError(f"{way.__name__} finds nothing in {source}")


def nothing(way: Callable[..., Any], source: str, target: str) -> bool:
    """Whether a way never finds an occasion in a pair."""
    return all(way(prepared(source, target), Random(seed)) is None for seed in range(50))


# Texts of spans


@pytest.mark.parametrize("sort", SORTS)
def test_a_text_is_read_as_one_span_of_its_kind(sort: str) -> None:
    kind, generate = SORTS[sort]
    rng, whole = Random(1), 0
    for _ in range(300):
        text = generate(rng)
        found = [item for item in scan(f"y {text} y", maker.KNOWN) if item.symbol in KINDS]
        whole += [(item.symbol, item.text) for item in found] == [(kind, text)]
    assert whole >= 240


@pytest.mark.parametrize(
    ("text", "is_one"),
    [
        ("1", True),
        ("1:15", True),
        ("01:15", True),
        ("1pm", True),
        ("11:00", False),
        ("13:15", False),
        ("10", False),
    ],
)
def test_the_hour_of_one_is_told_from_others(text: str, is_one: bool) -> None:
    assert is_one_o_clock(text) is is_one


# Numbers in words


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("two dogs and thirteen cats", [2, 13]),
        ("twenty-five years, forty two weeks", [25, 42]),
        ("a hundred and three people", [103]),
        ("three thousand five hundred euros", [3500]),
        ("a hundred thousand", [100_000]),
        ("at two thirty", []),
        ("one of us, hundreds of them, someone", []),
        ("5 of 12, at 2:30 or B12, 1,000", [5, 12]),
    ],
)
def test_english_numbers(text: str, values: list[int]) -> None:
    assert [number.value for number in numbers.english(text)] == values


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("dos perros y trece gatos", [2, 13]),
        ("veinticinco años, cuarenta y dos semanas", [25, 42]),
        ("ciento tres personas, doscientas chicas", [103, 200]),
        ("tres mil quinientos euros", [3500]),
        ("cien mil", [100_000]),
        ("treinta y una", [31]),
        ("una de las dos y media", [2]),
        ("uno, un, una", []),
    ],
)
def test_spanish_numbers(text: str, values: list[int]) -> None:
    assert [number.value for number in numbers.spanish(text)] == values


def test_a_number_is_where_its_words_are() -> None:
    text = "He has twenty-five dogs."
    (number,) = numbers.english(text)
    assert text[number.start : number.end] == "twenty-five"


# Real pairs


@pytest.mark.parametrize(
    ("way", "source", "target", "new_source", "new_target"),
    [
        (
            "numbers",
            "Tom has three dogs.",
            "Tom tiene tres perros.",
            "Tom has # dogs.",
            "Tom tiene # perros.",
        ),
        ("ones", "I waited for one hour.", "Esperé una hora.", "I waited for # hour.", "Esperé # hora."),
        ("prices", "I paid ten dollars.", "Pagué diez dólares.", "I paid #.", "Pagué #."),
        ("times", "Come at two thirty.", "Ven a las dos y media.", "Come at #.", "Ven a las #."),
        ("times", "Come at six o'clock.", "Ven a las seis.", "Come at #.", "Ven a las #."),
        ("times", "Come at a quarter to one.", "Ven a la una menos cuarto.", "Come at #.", "Ven a las #."),
        ("times", "Come at 2:30.", "Ven a las dos y media.", "Come at #.", "Ven a las #."),
        ("times", "It's two o'clock.", "Son las dos.", "It's #.", "Son las #."),
        ("weekdays", "Come on Monday.", "Ven el lunes.", "Come on #.", "Ven el #."),
        ("near_days", "I'll come tomorrow.", "Mañana vendré.", "I'll come on #.", "El # vendré."),
        ("near_days", "Wait until tomorrow.", "Espera hasta mañana.", "Wait until #.", "Espera hasta el #."),
        ("years", "It was in May.", "Fue en mayo.", "It was in #.", "Fue en #."),
        ("years", "He died last year.", "Murió el año pasado.", "He died in #.", "Murió en #."),
        ("names", "I saw Tom.", "Vi a Tom.", "I saw #.", "Vi a #."),
        (
            "names",
            "Tom's dog is here.",
            "El perro de Tom está aquí.",
            "#'s dog is here.",
            "El perro de # está aquí.",
        ),
        ("things", "Open the file.", "Abre el archivo.", "Open the file #.", "Abre el archivo #."),
        (
            "things",
            "The room is cold.",
            "La habitación es fría.",
            "Room # is cold.",
            "La habitación # es fría.",
        ),
        ("trailing", "I know.", "Lo sé.", "I know: #", "Lo sé: #"),
        ("brackets", "Is it you?", "¿Eres tú?", "Is it you (#)?", "¿Eres tú (#)?"),
        ("leading", "I know.", "Lo sé.", "#: I know.", "#: Lo sé."),
        ("emojis", "I know.", "Lo sé.", "I know #", "Lo sé #"),
        ("vocatives", "Where are you?", "¿Dónde estás?", "Where are you, #?", "¿Dónde estás, #?"),
        ("markup", "I know.", "Lo sé.", "#I know.#", "#Lo sé.#"),
    ],
)
def test_a_way(way: str, source: str, target: str, new_source: str, new_target: str) -> None:
    seen = set()
    for seed in range(500):
        draft = WAYS_BY_NAME[way](prepared(source, target), Random(seed))
        if draft is not None:
            seen.add(tuple(drafts.SLOT.sub("#", side) for side in (draft.source, draft.target)))
    assert (new_source, new_target) in seen


@pytest.mark.parametrize(
    ("way", "source", "target"),
    [
        ("numbers", "Tom has three dogs.", "Tom tiene cuatro perros."),
        ("numbers", "Tom ate two thirds.", "Tom comió dos tercios."),
        ("ones", "One of them came.", "Vino uno de ellos."),
        ("prices", "He lost ten pounds.", "Perdió diez libras."),
        ("times", "Come at two.", "Ven a las tres."),
        ("times", "Two girls came.", "Vinieron las dos chicas."),
        ("weekdays", "Come on Monday morning.", "Ven el lunes por la mañana."),
        ("weekdays", "Come on Monday.", "Ven el martes."),
        ("near_days", "Come tomorrow morning.", "Ven mañana por la mañana."),
        ("near_days", "Tomorrow is Sunday.", "Mañana es domingo."),
        ("names", "Tom Jackson is here.", "Tom Jackson está aquí."),
        ("things", "It was the book of the year.", "Fue el libro del año."),
        ("things", "He is in the room with the red door.", "Está en su habitación roja."),
    ],
)
def test_a_way_leaves_what_it_would_spoil(way: str, source: str, target: str) -> None:
    assert nothing(WAYS_BY_NAME[way], source, target)


def test_one_o_clock_is_singular() -> None:
    assert first(number_ways.times, "Come at two.", "Ven a las dos.", r" 1:") == ("Come at #.", "Ven a la #.")
    assert first(number_ways.times, "It's two o'clock.", "Son las dos.", r" 1:") == ("It's #.", "Es la #.")
    assert first(number_ways.times, "Come at two.", "Ven a las dos.", r" 1\d:") == (
        "Come at #.",
        "Ven a las #.",
    )


def test_a_number_in_digits_on_both_sides_is_a_span_already() -> None:
    prepared = [
        maker.prepare(Pair("It was 1987.", "Era 1987.")),
        maker.prepare(Pair("It was 5,000.", "Eran 5.000.")),
    ]
    assert [draft and draft.texts for draft in prepared] == [("1987",), ()]
    assert maker.prepare(Pair("A <b>tag</b>.", "Una <b>marca</b>.")) is None


# What must be true


@pytest.mark.parametrize(
    ("source", "target", "texts_of", "sound"),
    [
        ("I have # and #.", "Tengo # y #.", ("2", "3"), True),
        ("I have # and #.", "Tengo # y #.", ("2", "2"), False),  # nobody could tell which is meant
        ("I have an #.", "Tengo un #.", ("F-16",), True),
        ("I have a #.", "Tengo un #.", ("F-16",), False),
        ("Tom and # came.", "Vinieron Tom y #.", ("Işık",), False),  # it would be "e"
        ("# or # came.", "Vinieron # o #.", ("2", "8"), False),  # it would be "u"
        ("I have 4 and #.", "Tengo cuatro y #.", ("3",), False),
    ],
)
def test_what_cannot_be_copied_is_left_out(
    source: str, target: str, texts_of: tuple[str, ...], sound: bool
) -> None:
    draft = drafts.Draft(source, target)
    for text in texts_of:
        draft, slot = draft.add(text)
        draft = draft.with_sides(draft.source.replace("#", slot, 1), draft.target.replace("#", slot, 1))
    assert (maker.kinds(draft) is not None) is sound


def test_spans_of_one_kind_are_in_the_same_order() -> None:
    draft, two = drafts.Draft("", "").add("2")
    draft, three = draft.add("3")
    assert maker.kinds(draft.with_sides(f"{two} or {three}", f"{two} o {three}")) is not None
    assert maker.kinds(draft.with_sides(f"{two} or {three}", f"{three} o {two}")) is None


def test_haste_spares_spans_and_the_spanish_side() -> None:
    draft, slot = drafts.Draft("", "").add("Москва")
    draft = draft.with_sides(f"I live in {slot}.", f"Vivo en {slot}.")
    seen = {maker.haste(draft, Random(seed)).pair() for seed in range(50)}
    assert {pair.target for pair in seen} == {"Vivo en Москва."}
    assert {pair.source for pair in seen} == {"I live in Москва", "i live in Москва", "i live in Москва."}


# Frames


def test_there_are_many_frames_and_each_is_there_once() -> None:
    assert len(frames.FRAMES) >= 250
    assert max(Counter(frame.source for frame in frames.FRAMES).values()) == 1


def test_both_sides_of_a_frame_have_the_same_places() -> None:
    for frame in frames.FRAMES:
        assert 1 <= len(frame.sorts) <= 4, frame
        assert Counter(frame.sorts) == Counter(frames.PLACE.findall(frame.target)), frame
        assert Counter(frames.FILLER.findall(frame.source)) == Counter(frames.FILLER.findall(frame.target)), (
            frame
        )
        assert {*frame.sorts} <= SORTS.keys(), frame
        assert {*frames.FILLER.findall(frame.source)} <= frames.FILLERS.keys(), frame


def test_every_frame_can_be_filled() -> None:
    rng = Random(1)
    for frame in frames.FRAMES:
        assert any(maker.kinds(frames.fill(frame, rng)) for _ in range(60)), frame


def test_a_frame_is_filled_with_agreement() -> None:
    frame = frames.Frame("it's {time}, in front of <shop>.", "son las {time}, delante de <shop>.", ("time",))
    seen = {frames.fill(frame, Random(seed)).pair() for seed in range(300)}
    ones = [pair for pair in seen if re.search(r"\b1:\d\d,", pair.source)]
    assert ones
    assert all(pair.target.startswith("Es la 1:") for pair in ones)
    assert any(pair.target.endswith("delante del banco.") for pair in seen)


# All of it


def test_sentences_are_consistent() -> None:
    making = maker.Maker(PAIRS, 3)
    counts: Counter[int] = Counter()
    for _ in range(1000):
        draft, symbols = making.make()
        pair = draft.pair()
        counts[len(draft.texts)] += 1
        assert len(symbols) == len(draft.texts) == len(set(draft.texts))
        for slot, text in draft.slots():
            assert draft.source.count(slot) == draft.target.count(slot) == 1
            assert text in pair.source
            assert text in pair.target
        for part in align_sentences(pair):
            assert as_symbols(part, maker.KNOWN) is not None
    assert sum(counts.values()) == 1000
    for number, share in zip((1, 2, 3, 4), maker.SHARES, strict=True):
        assert abs(counts[number] - 10 * share) < 60


def test_the_program_writes_the_same_file_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    source = tmp_path / "pairs.tsv"
    source.write_text("".join(f"{pair.source}\t{pair.target}\tTatoeba\n" for pair in PAIRS), "utf-8")
    for name, seed in (("one.tsv", "1"), ("same.tsv", "1"), ("other.tsv", "2")):
        arguments = ["spans", str(source), "--out", str(tmp_path / name), "--number", "150", "--seed", seed]
        monkeypatch.setattr(sys, "argv", arguments)
        program.main()
    assert "150 pairs; with one, two, … spans" in capsys.readouterr().out
    one, same, other = ((tmp_path / f"{name}.tsv").read_bytes() for name in ("one", "same", "other"))
    assert one == same != other
    pairs = list(read_pairs(tmp_path / "one.tsv"))
    assert len(pairs) == len(set(pairs)) == 150


def test_far_lines_are_left_out_and_bad_ones_named(tmp_path: Path) -> None:
    file = tmp_path / "games.tsv"
    file.write_text(
        "I go.\tVoy.\tgames\t0.5\t-1\nMana shield.\tEscudo.\tgames\t-0.9\t-1\nYes.\tSí.\n", "utf-8"
    )
    assert list(program.read([file], -0.6)) == [Pair("I go.", "Voy."), Pair("Yes.", "Sí.")]
    file.write_text("I go.\n", "utf-8")
    with pytest.raises(UserError, match=r"games\.tsv:1: one column"):
        list(program.read([file], -0.6))
