"""Translations with a glossary: the same in batches, streams and runtimes; capitals where they belong."""

from __future__ import annotations

import pytest
import tiny

from seq2seq.errors import UsageError
from seq2seq.models import pair
from seq2seq.text.glossary import Glossary
from seq2seq.text.symbols import Sentence, Span
from seq2seq.translator import Translator

GLOSSARY = Glossary({"pizza": "la pizza", "red house": "CASA ROJA", "Tom": "Tom"})
LINES = [
    "i like pizza",
    "Pizza is good. My red house is old",
    "pizza",
    "tom and Tom see the red house at 7",
    "see me@here.org about the pizza",
]


@pytest.fixture(scope="module")
def willing() -> Translator:
    """Return a model that likes to copy."""
    return tiny.load_copying(50)


@pytest.mark.parametrize("lag", [0, 3, 8, "full"])
def test_batch_stream_and_single_lines_agree(willing: Translator, lag: int | str) -> None:
    batch = willing.translate(LINES, lag, glossary=GLOSSARY)
    assert batch == [willing.translate(line, lag, glossary=GLOSSARY) for line in LINES]
    stream = willing.stream(lag, glossary=GLOSSARY)
    for line, expected in zip(LINES, batch, strict=True):
        assert "".join([*map(stream.feed, line), stream.finish()]) == expected
    assert batch[2] == "la pizza"
    assert all("la pizza" in batch[row].lower() for row in (0, 1, 4))
    assert "CASA ROJA" in batch[1]
    assert "CASA ROJA" in batch[3]
    assert batch != willing.translate(LINES, lag)


def test_both_runtimes_agree(willing: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    in_numpy = willing.translate(LINES, glossary=GLOSSARY)
    monkeypatch.setattr(pair, "LITTLE", 0)
    assert willing.translate(LINES, glossary=GLOSSARY) == in_numpy


def test_a_translation_gets_a_capital_only_where_a_sentence_begins_with_it() -> None:
    term = Span(0, "Apple", copy="manzana")
    assert term.written(True, "Apple is") == "Manzana"
    assert term.written(False, "Apple is") == "manzana"
    assert term.written(True, "apple is") == "manzana"
    assert Span(0, "npm").written(True, "Use") == "npm"
    sentence = Sentence("XaX", (term, Span(2, "b", copy="c")))
    assert sentence.copied([0, 2], True) == ["Manzana", "c"]
    assert sentence.copied([2, 0]) == ["c", "manzana"]


def test_what_became_of_each_term_is_told(willing: Translator) -> None:
    (line,) = willing.translate_lines([LINES[4]], 3, glossary=GLOSSARY)
    assert sorted(line.copied) == ["la pizza", "me@here.org"]
    told = [(span.kind, span.begin, span.text, span.written) for span in line.spans]
    assert told == [
        ("address", 4, "me@here.org", "me@here.org"),
        ("placeholder", LINES[4].index("pizza"), "pizza", "la pizza"),
    ]
    assert line.source == LINES[4]
    assert [span.left_out for span in line.spans] == [False, False] or line.uncopied


def test_a_term_that_was_left_out_is_told() -> None:
    (line,) = tiny.load_copying(-50).translate_lines(["i like pizza"], 3, glossary=GLOSSARY)
    assert line.text.endswith("la pizza")
    assert [span.left_out for span in line.spans] == [True]


def test_a_model_without_spans_refuses_a_glossary() -> None:
    model = tiny.load()
    with pytest.raises(UsageError, match="trained without spans"):
        model.translate("i like pizza", glossary=GLOSSARY)
    with pytest.raises(UsageError, match="trained without spans"):
        model.stream(3, glossary=GLOSSARY)
