"""The model that comes with the package: found without being named, and good for what people type."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from random import Random

import everyday
import pytest
from _pytest.mark import ParameterSet

from seq2seq.decoding.lines import Translation
from seq2seq.decoding.repetition import WordBoundaries
from seq2seq.pretrained import SHIPPED, locate
from seq2seq.storage.modelfile import read_model
from seq2seq.translator import Translator

CASES = everyday.read()
FAILS: dict[str, str] = {}
"""What the present model gets wrong; a better one makes these tests fail, and is then held to more."""


def cases(*kinds: str) -> list[ParameterSet]:
    chosen = [case for case in CASES if not kinds or case.kind in kinds]
    return [
        pytest.param(
            case,
            id=case.source[:30],
            marks=pytest.mark.xfail(reason=FAILS[case.source], strict=True) if case.source in FAILS else (),
        )
        for case in chosen
    ]


@pytest.fixture(scope="module")
def shipped() -> Translator:
    return Translator.load(device="cpu")


@pytest.fixture(scope="module")
def lines() -> dict[str, Translation]:
    """What it makes of the cases, by source."""
    return {case.source: line for case, line in everyday.translated().items()}


# How it is found.


def test_its_name_is_its_own_unless_something_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate() == locate(SHIPPED)
    assert locate().is_file()
    (tmp_path / SHIPPED).mkdir()
    assert locate(SHIPPED) == locate()
    shutil.copy(locate(), tmp_path / SHIPPED)
    assert locate(SHIPPED) == Path(SHIPPED) / "model.safetensors" != locate()
    assert locate("elsewhere.safetensors") == Path("elsewhere.safetensors")


def test_it_is_small_enough_and_says_where_it_comes_from() -> None:
    assert locate().stat().st_size <= 25_000_000
    info = read_model(locate()).info
    assert "Tatoeba" in info["notice"]
    assert "CC BY 2.0 FR" in info["notice"]


def test_it_serves_every_lag(shipped: Translator) -> None:
    for lag in (0, 1, 7, 12, 40, "full"):
        assert shipped.translate("Where is the station?", lag)


# What people type.


def test_translations_are_those_that_a_person_has_read(lines: dict[str, Translation]) -> None:
    assert {case.source: case.translation for case in CASES} == {
        source: line.text for source, line in lines.items()
    }


@pytest.mark.parametrize("case", cases())
def test_nothing_is_empty_goes_in_circles_breaks_off_or_leaves_out(
    case: everyday.Case, lines: dict[str, Translation], shipped: Translator
) -> None:
    line = lines[case.source]
    assert line.ended
    assert line.text
    assert "\ufffd" not in line.text
    assert len(line.text) <= 2 * len(case.source) + 20
    source, written = (shipped.vocabulary.encode(text) for text in (case.source, line.text))
    assert not WordBoundaries(shipped.vocabulary).is_degenerate(source, written, line.ended), line.text
    foreign = [character for character in case.source if character not in shipped.vocabulary]
    assert all(character in line.text for character in foreign)


@pytest.mark.parametrize("case", cases("a list"))
def test_a_list_keeps_its_items(case: everyday.Case, lines: dict[str, Translation]) -> None:
    both = (case.source, lines[case.source].text)
    source, written = (re.split(r",? (?:and|y|e) |, ", text.rstrip(".")) for text in both)
    assert len(source) == len(written) == len(set(written))


THINGS = [
    "apple", "pear", "orange", "milk", "bread", "cheese", "dog", "cat", "horse", "table", "chair",
    "window", "door", "book", "pen", "water", "wine", "beer", "coffee", "sugar", "salt", "egg", "fish",
    "meat", "rice", "potato", "red", "blue", "green", "summer", "mother", "doctor", "teacher", "soap",
    "towel", "shirt", "hat",
]  # fmt: skip


def test_a_bare_list_keeps_all_its_items_however_long_it_is(shipped: Translator) -> None:
    rng = Random(5)
    lists = [", ".join(rng.sample(THINGS, length)) for length in (3, 4, 5, 6, 8, 12) for _ in range(6)]
    lines = shipped.translate_lines(lists)
    counts = [(listed, line.text.count(",")) for listed, line in zip(lists, lines, strict=True)]
    assert counts == [(listed, listed.count(",")) for listed in lists]


DATES = (
    *("We met on May {}.", "The party is on the {} of July.", "He was born on March {}, 1995."),
    *("My birthday is December {}.", "The {} of June is a holiday.", "I was born on Friday the {}."),
)


def test_the_day_of_a_date_is_kept(shipped: Translator) -> None:
    days = ("1st", "2nd", "3rd", "12th", "30th")
    lines = [(date.format(day), day) for date in DATES for day in days]
    written = shipped.translate_lines([line for line, _ in lines])
    lost = [
        (line, there.text)
        for (line, day), there in zip(lines, written, strict=True)
        if day[:-2] not in re.findall("[0-9]+", there.text)
    ]
    assert lost == []


def test_some_have_what_it_does_not_know(shipped: Translator) -> None:
    known = set(shipped.vocabulary.characters)
    assert sum(not set(case.source) <= known for case in CASES) >= 4
