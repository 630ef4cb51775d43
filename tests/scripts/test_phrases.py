"""The list of common phrases and how answers are judged."""

from __future__ import annotations

import pytest
from tiny import GOLDEN

from scripts.studies import phrases
from seq2seq.corpus.pairs import sentence_key
from seq2seq.translator import Translator


def test_patterns_stand_for_all_answers() -> None:
    assert phrases.expand("a") == {"a"}
    assert phrases.expand("[a/b (c/d)] e") == {"a e", "b  e", "b c e", "b d e"}
    assert phrases.split("[a|b]|c", "|") == ["[a|b]", "c"]
    with pytest.raises(ValueError, match="not closed"):
        phrases.expand("[a/(b)")


def test_the_list_is_complete() -> None:
    found = phrases.read()
    assert len(found) == len({one.text for one in found}) == 300
    for one in found:
        assert one.answers, one
        assert all(answer and answer == phrases.plain(answer) for answer in one.answers), one


def test_marks_and_capitals_do_not_count_and_accents_do(monkeypatch: pytest.MonkeyPatch) -> None:
    (hello,) = [one for one in phrases.read() if one.text == "How much?"]
    assert {phrases.plain(text) for text in ("¿Cuánto?", "cuánta")} == set(hello.answers)
    tiny = Translator.load(GOLDEN / "model.safetensors", "cpu")
    answer = {"How much?": "¡CUÁNTO!", "How many?": "Cuantos"}
    monkeypatch.setattr(tiny, "translate", lambda texts, *_: [answer.get(text, "") for text in texts])
    for search in ("greedy", "beam5"):
        found = phrases.measure(tiny)[search]
        assert found["right"] == 1
        assert ["question", "How many?", "Cuantos"] in found["wrong"]


def test_phrases_of_the_training_data_are_counted_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    tiny = Translator.load(GOLDEN / "model.safetensors", "cpu")
    answer = {"How much?": "¿Cuánto?", "Why?": "¿Por qué?"}
    monkeypatch.setattr(tiny, "translate", lambda texts, *_: [answer.get(text, "") for text in texts])
    training = {sentence_key(text) for text in ("how much", "How many?", "I see a dog.")}
    found = phrases.measure(tiny, training)
    assert found["trained"] == 2
    assert found["greedy"]["right"] == 2
    assert found["greedy"]["right of trained"] == 1
