"""The files of the page hold nothing that a strict Content-Security-Policy forbids, and both languages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import seq2seq

FACE = Path(seq2seq.__file__).parent / "page" / "face"
SCRIPTS = sorted(FACE.glob("*.js"))
HTML = (FACE / "index.html").read_text("utf-8")
STYLE = (FACE / "style.css").read_text("utf-8")


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.name))
def test_a_script_puts_no_markup_code_or_style_into_the_page(path: Path) -> None:
    forbidden = (
        r"innerHTML|outerHTML|insertAdjacentHTML|\beval\b|new Function|setAttribute\(\s*\"(style|on)|cssText"
    )
    assert re.findall(forbidden, path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", SCRIPTS, ids=lambda path: str(path.name))
def test_a_script_talks_to_nobody_and_stores_nothing(path: Path) -> None:
    forbidden = r"fetch\(|XMLHttpRequest|WebSocket|sendBeacon|EventSource|import\(|Storage\b|indexedDB|cookie"
    assert re.findall(forbidden, path.read_text("utf-8")) == []


@pytest.mark.parametrize("path", [*SCRIPTS, FACE / "style.css"], ids=lambda path: str(path.name))
def test_a_file_is_short(path: Path) -> None:
    assert len(path.read_text("utf-8").splitlines()) <= 350


def test_the_page_has_no_handlers_or_styles_in_attributes_and_nothing_from_elsewhere() -> None:
    assert re.findall(r"<[^>]*\s(?:on\w+|style)=", HTML) == []
    assert re.findall(r"(?:src|href)=\"(?!#)([^\"]*)\"", HTML) == ["style.css", "main.js"]
    assert re.findall(r"url\(|@import|@font-face", STYLE) == []


def test_every_phrase_of_the_page_is_there_in_both_languages() -> None:
    said = set(re.findall(r"data-say=\"(\w+)\"", HTML))
    phrases = (FACE / "phrases.js").read_text("utf-8")
    english, spanish = (
        set(re.findall(r"^  (\w+): ", block, re.MULTILINE))
        for block in re.findall(
            r"^const (?:ENGLISH|SPANISH) = \{\n(.*?)^\};", phrases, re.DOTALL | re.MULTILINE
        )
    )
    assert len(said) > 30
    assert said <= english
    assert english == spanish


def test_every_element_that_a_script_looks_for_is_there() -> None:
    ids = re.findall(r" id=\"([\w-]+)\"", HTML)
    assert len(ids) == len(set(ids))
    asked = {
        name
        for path in SCRIPTS
        for name in re.findall(r"getElementById\(\"([\w-]+)\"\)", path.read_text("utf-8"))
    }
    assert asked <= set(ids)
