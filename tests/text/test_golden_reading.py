"""The golden lines: what has to stay unchanged does so when they are read and when they are translated."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from seq2seq.text.reader import Line, Literal, ReadSentence, read_line
from seq2seq.text.symbols import KINDS
from seq2seq.text.vocabulary import ALPHABET
from seq2seq.translator import Translator

GOLDEN = Path(__file__).parents[1] / "golden"
KNOWN = frozenset(ALPHABET)
QUOTES = "\"'“”„«»‘’"


def rows(name: str) -> list[list[str]]:
    """Return the columns of a golden file."""
    lines = (GOLDEN / name).read_text(encoding="utf-8").split("\n")
    return [line.split("\t") for line in lines if line and not line.startswith("# ")]


SPANS = [(row[0], row[1], row[2:]) for row in rows("spans.tsv")]
EDGES: list[dict[str, Any]] = [json.loads(row[0]) for row in rows("edges.jsonl")]
LETTERLESS = (GOLDEN / "letterless.txt").read_text(encoding="utf-8").split("\n")
LONG = [row[0] for row in rows("long.txt")]


def read(text: str) -> Line:
    return read_line(text, KNOWN, True, 240)


def edges(line: Line) -> tuple[str, str]:
    """Return what stands before the first sentence of a line, and behind the last one."""
    places = [place for place, part in enumerate(line.parts) if isinstance(part, ReadSentence)]
    before, after = line.parts[: places[0]], line.parts[places[-1] + 1 :]
    first, last = (
        "".join(p.text for p in some if not isinstance(p, ReadSentence)) for some in (before, after)
    )
    return first, last


def test_lines_without_a_letter_come_out_byte_for_byte(tiny: Translator) -> None:
    assert tiny.translate(LETTERLESS) == LETTERLESS
    for lag in (3, "full"):
        stream = tiny.stream(lag)
        assert ["".join(map(stream.feed, line)) + stream.finish() for line in LETTERLESS] == LETTERLESS


def test_marks_at_the_edges_come_off_and_go_back_on(tiny: Translator) -> None:
    """An opening quotation mark comes off before it shows whether the whole line is in quotation marks."""
    for case in EDGES:
        before, after = edges(read(case["line"]))
        if case["kind"] == "none" or case["core"][:1] in QUOTES:
            assert before.rstrip(QUOTES) == case["before"].rstrip(QUOTES), case
        else:
            assert (before, after) == (case["before"], case["after"])
    texts = tiny.translate([case["line"] for case in EDGES])
    for case, text in zip(EDGES, texts, strict=True):
        assert text.startswith(case["before"]), case
        assert text.endswith(case["after"]), case


def test_what_must_stay_is_read_as_spans() -> None:
    missed = []
    for _, sentence, tokens in SPANS:
        line = read(sentence)
        texts = [part.text for part in line.parts if isinstance(part, Literal)]
        texts += [span.text for part in line.sentences for span in part.sentence.spans]
        missed += [token for token in tokens if not any(token in text for text in texts)]
    assert len(missed) <= 0.02 * sum(len(tokens) for *_, tokens in SPANS), missed


def test_a_long_sentence_is_one_sentence_in_parts() -> None:
    for text in LONG:
        parts = read(text).sentences
        assert [part.joined for part in parts] == [True] * (len(parts) - 1) + [False], text
        assert all(len(part.sentence.symbols) <= 240 for part in parts)


@pytest.fixture(scope="module")
def shipped() -> Translator:
    translator = Translator.load(device="cpu")
    if not translator.copies:
        pytest.skip("the model of the package was trained before spans were copied")
    return translator


@pytest.mark.slow
@pytest.mark.parametrize(("lag", "beam", "least"), [("full", 1, 0.98), ("full", 5, 0.98), (8, 1, 0.95)])
def test_the_shipped_model_keeps_what_must_stay(
    shipped: Translator, lag: str | int, beam: int, least: float
) -> None:
    texts = shipped.translate([sentence for _, sentence, _ in SPANS], lag, beam)
    kept = [token in text for (*_, tokens), text in zip(SPANS, texts, strict=True) for token in tokens]
    assert sum(kept) >= least * len(kept)


@pytest.mark.slow
@pytest.mark.parametrize(("lag", "every"), [(8, 1), ("full", 4)])
def test_the_shipped_model_streams_what_it_translates(
    shipped: Translator, lag: str | int, every: int
) -> None:
    """`scripts.studies.kept` compares all of them; a beam for one sentence at a time takes long."""
    sentences = [sentence for _, sentence, _ in SPANS[::every]]
    stream = shipped.stream(lag)
    streamed = ["".join(map(stream.feed, sentence)) + stream.finish() for sentence in sentences]
    batch = shipped.translate(sentences, lag)
    assert sum(a != b for a, b in zip(streamed, batch, strict=True)) <= 1  # one in a thousand: a tie


@pytest.mark.slow
def test_no_sentence_ends_in_the_middle() -> None:
    """Of the parts of a sentence that was cut, only the last one may end like a sentence."""
    translator = Translator.load(device="cpu")
    for text in translator.translate(LONG[:40], beam=1):
        middle = text.rstrip('.!?…"”»)')
        assert not re.search(r"(?<!\.)[.!?] +[¿¡]?[A-ZÁÉÍÓÚÑ]", middle), text


def test_the_kinds_are_known_to_all() -> None:
    assert not set(KINDS) & KNOWN
