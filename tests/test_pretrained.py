"""The model that comes with the package: found without being named, and good for what people type."""

from __future__ import annotations

import re
from pathlib import Path

import everyday
import pytest

from seq2seq import Translator
from seq2seq.modelfile import read_model
from seq2seq.pretrained import SHIPPED, locate

CASES = everyday.read()


@pytest.fixture(scope="module")
def shipped() -> Translator:
    return Translator.load(device="cpu")


# How it is found.


def test_its_name_is_its_own_unless_something_lies_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate() == locate(SHIPPED)
    assert locate().is_file()
    (tmp_path / SHIPPED).mkdir()
    assert locate() == Path(SHIPPED) / "model.safetensors"
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


def test_translations_are_those_that_a_person_has_read() -> None:
    assert everyday.translated() == CASES


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.source[:30])
def test_nothing_is_empty_goes_in_circles_or_breaks_off(case: everyday.Case, shipped: Translator) -> None:
    (line,) = shipped.translate_lines([case.source])
    assert line.ended
    assert line.text
    assert "\ufffd" not in line.text
    assert len(line.text) <= 2 * len(case.source) + 20
    said_before = re.search(r"(\b.{4,}?)(?:[ ,]*\1){2,}", case.source)
    assert said_before or not re.search(r"(\b.{4,}?)(?:[ ,]*\1){2,}", line.text), line.text


def test_what_it_does_not_know_is_carried_over(shipped: Translator) -> None:
    for case in CASES:
        if case.kind == "unknown characters":
            foreign = [character for character in case.source if character not in shipped.vocabulary]
            assert foreign
            assert all(character in case.translation for character in foreign)
