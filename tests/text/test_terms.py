"""Where the terms of a glossary are found in a line, and elements that are not to be translated."""

from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.glossary import NO_TERMS, Glossary
from seq2seq.text.reader import (
    Event,
    Line,
    LineReader,
    Literal,
    ReadSentence,
    SentenceEnd,
    assemble,
    read_line,
)
from seq2seq.text.symbols import ADDRESS, KINDS, PLACEHOLDER

KNOWN = frozenset([*map(chr, range(0x20, 0x7F)), *"áéíóúñü¿¡’", *KINDS])
LIMIT = 200
GLOSSARY = Glossary(
    {
        "apple": "manzana",
        "apple pie": "tarta de manzana",
        "npm": "npm",
        "the Bank": "el Banco",
        "C++": "C más más",
        "St. Petersburg": "San Petersburgo",
        ".NET": ".NET",
    }
)


def shown(raw: str, glossary: Glossary = GLOSSARY) -> str:
    """Return a line with its terms as ⟦text → what is written⟧ and other spans as their kinds."""
    out = ""
    for part in read_line(raw, KNOWN, True, LIMIT, None, glossary).parts:
        if not isinstance(part, ReadSentence):
            out += part.written if isinstance(part, Literal) else part.text
            continue
        spans = {span.place: span for span in part.sentence.spans}
        for place, symbol in enumerate(part.sentence.symbols):
            span = spans.get(place)
            copy = span.copy if span and span.copy is not None else ""
            out += f"⟦{span.text}→{copy}⟧" if span and symbol == PLACEHOLDER else symbol
    return out


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("I like apple pie.", "I like ⟦apple pie→tarta de manzana⟧."),
        ("I like apple pies and an apple.", "I like ⟦apple→manzana⟧ pies and an ⟦apple→manzana⟧."),
        ("Apple is good. Apple pie too.", "⟦Apple→manzana⟧ is good. ⟦Apple pie→tarta de manzana⟧ too."),
        ("An Apple is here.", "An Apple is here."),
        ("Mr. Apple is here.", "Mr. Apple is here."),
        ("It is APPLE time.", "It is APPLE time."),
        ("I said: apple, apple; apple!", "I said: ⟦apple→manzana⟧, ⟦apple→manzana⟧; ⟦apple→manzana⟧!"),
        ("pineapple apples apple-tree red-apple", "pineapple apples apple-tree red-apple"),
        ("The apple's core isn't apple'd.", "The ⟦apple→manzana⟧'s core isn't apple'd."),
        ("Use npm and C++ now.", "Use ⟦npm→⟧ and ⟦C++→C más más⟧ now."),
        ("Use .NET now.", "Use ⟦.NET→⟧ now."),
        ("The Bank and the Bank and the bank.", "⟦The Bank→el Banco⟧ and ⟦the Bank→el Banco⟧ and the bank."),
        ("She lives in St. Petersburg. Good.", "She lives in ⟦St. Petersburg→San Petersburgo⟧. Good."),
        ("Mail apple@here.org or apple.com.", f"Mail apple{ADDRESS} or apple.{ADDRESS}."),
        ("apple", "manzana"),
        ("- Apple pie!", "- Tarta de manzana!"),
        ("12 apple", "12 manzana"),
    ],
)
def test_terms_are_found_as_whole_words_in_their_case(line: str, expected: str) -> None:
    assert shown(line) == expected


def test_an_element_that_is_not_to_be_translated_is_one_span() -> None:
    line = 'See <b translate="no">the red house</b> and <b>this</b>.'
    assert '⟦<b translate="no">the red house</b>→⟧ and ' in shown(line, NO_TERMS)
    assert "the red house" in shown('See <b translate="no">the red house.', NO_TERMS)  # it has no end
    assert read_line(line, KNOWN, True, LIMIT) != read_line(line, KNOWN, True, LIMIT, None, NO_TERMS)


def test_without_terms_a_line_is_read_as_ever() -> None:
    for line in ("I like apple pie.", "Costs $5 <b>now</b>", "to me@here.org. And"):
        assert read_line(line, KNOWN, True, LIMIT, None, NO_TERMS) == read_line(line, KNOWN, True, LIMIT)


def online(chunks: list[str]) -> Line:
    """Return a line that arrives in pieces."""
    reader = LineReader(KNOWN, True, LIMIT, glossary=GLOSSARY)
    return assemble([event for chunk in chunks for event in reader.feed(chunk)] + reader.finish())


PIECES = [
    "apple", " pie", " ", "Apple", "s", "'", "-", ".", "the Bank", "npm", "C+", "+", "St. ", "Petersburg",
    "\t", "@a.org", "5", " %", "<b translate=no>", "</b>", "é", "e\u0301", "!", "`", "- ", "¿", "x",
]  # fmt: skip


@given(st.lists(st.sampled_from(PIECES), max_size=12), st.lists(st.integers(0, 60)))
def test_terms_do_not_depend_on_how_the_line_arrives(parts: list[str], ends: list[int]) -> None:
    raw = "".join(parts)
    places = [0, *sorted(min(end, len(raw)) for end in ends), len(raw)]
    chunks = [raw[a:b] for a, b in itertools.pairwise(places)]
    assert online(chunks) == read_line(raw, KNOWN, True, LIMIT, None, GLOSSARY)


def test_a_stream_waits_for_a_term_only_as_long_as_it_may_go_on() -> None:
    reader = LineReader(KNOWN, True, LIMIT, glossary=GLOSSARY)
    assert texts(reader.feed("an ap")) == "an"
    assert texts(reader.feed("t x ")) == " apt x"
    assert texts(reader.feed("apple p")) == " "  # it may be a pie
    assert texts(reader.feed("ear ")) == "apple pear"


def texts(events: list[Event]) -> str:
    return "".join(event.text for event in events if not isinstance(event, SentenceEnd))


def test_many_terms_and_a_long_line_take_little_time() -> None:
    glossary = Glossary({f"term {n} of many": f"t{n}" for n in range(3000)})
    line = "a term 7 of many and term 2999 of manyfold things. " * 200
    read = read_line(line, KNOWN, True, LIMIT, None, glossary)
    assert sum(len(part.sentence.spans) for part in read.sentences) >= 200
