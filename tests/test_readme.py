"""The documents hold the measured results, and the README says what is true."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from scripts.report.render import render
from seq2seq.translator import Translator

ROOT = Path(__file__).parent.parent
CARD = ROOT / "seq2seq" / "pretrained" / "en-es" / "README.md"
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")), CARD]
README = (ROOT / "README.md").read_text(encoding="utf-8")


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_the_tables_are_those_of_the_results(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    assert render(text) == text


def test_a_table_that_was_changed_by_hand_is_noticed() -> None:
    changed = README.replace("| full, beam 5 |", "| full, beam 6 |")
    assert render(changed) == README != changed


def test_the_lines_of_python_give_what_they_say() -> None:
    promised = re.findall(r'translator\.translate\("(.+?)"\)\s+# "(.+)"', README)
    translator = Translator.load(device="cpu")
    assert [(text, translator.translate(text)) for text, _ in promised] == promised != []


@pytest.mark.parametrize("target", sorted(set(re.findall(r"^    make (\w+)", README, re.MULTILINE))))
def test_every_make_target_is_there(target: str) -> None:
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), re.MULTILINE)


def test_what_explain_draws_is_a_translation_that_the_readme_shows() -> None:
    (asked,) = re.findall(r'`seq2seq explain "(.+?)" --lag (\d+)`', README)
    sentence, lag = asked
    assert f'seq2seq translate --lag {lag} --show "{sentence}"\nMe gusta mi casa.\n' in README
