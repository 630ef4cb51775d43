"""Spans are the same in pieces as at once, and given as soon as they are certain."""

from __future__ import annotations

import itertools
import os
import re
import string
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.text.normalise import normalise
from seq2seq.text.spans import LONGEST, LONGEST_OVER_SPACES, Item, SpanScanner, scan
from seq2seq.text.symbols import ADDRESS, KIND_NAMES, KINDS, MARKUP, NAME, PLACEHOLDER, SIGN, Sentence, Span

KNOWN = frozenset(
    string.ascii_letters + string.digits + string.punctuation + " áéíóúñüÁÉÍÓÚÑÜ¿¡“”‘’«»…—–−€£°½ºª²×"
)
KINDS_BY_NAME = {name: kind for kind, name in KIND_NAMES.items()}

TOKENS = re.findall(
    r"\S+",
    """
    a I the word Hello don't well-known e.g. U.S. Mr. and/or 1 2 10 000 2019 3.14 -5 1,000 1st 1990s
    5km 5% % $ $5 € 5€ USD US Am 3:30 pm 3pm 12/05/2020 http://x.org/a. me@here.org www.a.b x.com
    @me #tag /etc C:\\x a/b.py README.md foo_bar --flag -v - -- -I v2.3 AB12 COVID-19 +34 91 123
    45 67 (555) 123-4567 ` `a b` `` {x} {{ }} { x } %s %d%% <b> <a href= "x y"> < > <3 <!-- -->
    &amp; R&D :-) :D [b] [ ] é Москва Ş ş 東京 → ★ 😀 👩\u200d👧 1\ufe0f\u20e3 🇪🇸 \u0301 ... … \U000f0000
    _ __init__ getElementById AbCdEf print() C++ C# .NET . , ; : ( ) ' " ! ? = ½ 3½ ° °C @ # ~ \\ \\n
    ^_^ * *.py 5×5 00 :: ::1 :class: ``a ' '' `x' [color= HttpServer EUR ES91 2100 0418 4502 m
    """,
)
words = st.sampled_from(TOKENS)
mixed = st.lists(words | st.sampled_from([" "] * 40 + list(".:-(/a1B")), max_size=14).map("".join)
spaced = st.lists(words, max_size=9).map(" ".join)
printable = st.text(st.sampled_from(string.printable), max_size=30)
any_line = mixed | spaced | printable | st.text(max_size=20)


def online(chunks: list[str], spans: bool = True) -> list[Item]:
    scanner = SpanScanner(KNOWN, spans)
    return [item for chunk in chunks for item in scanner.feed(chunk)] + scanner.finish()


def sentence_of(items: list[Item]) -> Sentence:
    spans = [Span(at, item.text, item.letters) for at, item in enumerate(items) if item.symbol in KIND_NAMES]
    return Sentence("".join(item.symbol for item in items), tuple(spans))


def text_of(items: list[Item]) -> str:
    """Return the text that items stand for."""
    return sentence_of(items).whole().text


def pieces(text: str, ends: list[int]) -> list[str]:
    places = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@given(any_line, st.booleans())
def test_items_give_the_text_back(text: str, spans: bool) -> None:
    items = scan(text, KNOWN, spans)
    sentence = sentence_of(items)
    assert sentence.text == sentence.whole().text == text
    assert sentence.read[-1] == len(text)
    for at, item in enumerate(items):
        if item.symbol in KINDS:
            before = items[at - item.letters : at]
            assert all(char.symbol not in KINDS for char in before)
            assert "".join(char.text for char in before) == item.text[: item.letters] != item.text
            assert all(char.text.isalpha() or char.text in "'’.-" for char in before)
            assert not before or item.symbol not in (SIGN, MARKUP, PLACEHOLDER)
        else:
            assert item == Item(item.text, item.text)
            assert item.symbol in KNOWN


@given(any_line, st.lists(st.integers(0, 60)), st.booleans())
@example("5 USDollars", [], True)
@example("`a b c", [], True)
def test_reading_in_pieces_is_the_same_as_at_once(text: str, ends: list[int], spans: bool) -> None:
    items = scan(text, KNOWN, spans)
    for chunks in ([text], pieces(text, ends), list(text)):
        assert online(chunks, spans) == items


@given(any_line, any_line)
def test_what_follows_changes_nothing_that_was_given(text: str, more: str) -> None:
    items = SpanScanner(KNOWN).feed(text)
    assert scan(text + more, KNOWN)[: len(items)] == items
    assert scan(text, KNOWN)[: len(items)] == items


@given(any_line.map(normalise))
def test_clean_text_has_no_spans_of_spaces_at_their_ends(text: str) -> None:
    spans = [item.text for item in scan(text, KNOWN) if item.symbol in KINDS]
    assert [span.strip(" ") for span in spans] == spans
    assert "" not in spans


@given(st.text(st.sampled_from("abcxyzñéABC"), min_size=1, max_size=12).map(str.capitalize))
def test_a_letter_of_an_ordinary_word_comes_at_once(word: str) -> None:
    scanner = SpanScanner(KNOWN)
    for char in f"{word} {word.lower()}, {word}-{word.lower()}'s {word.upper()}. “{word}”! {word.lower()}":
        assert scanner.feed(char) == [Item(char, char)]


@pytest.mark.parametrize(
    ("text", "given_at"),
    [
        # For each character of the text, how many items are out when it has been read.
        ("me@x ok", [1, 2, 2, 2, 4, 5, 6]),
        ("(he) x", [0, 2, 3, 4, 5, 6]),
        ("a. b.c d", [1, 2, 3, 4, 5, 5, 7, 8]),
        ("5 j", [0, 0, 3]),
        ("5 % k", [0, 0, 0, 2, 3]),
        ("5 UN", [0, 0, 0, 4]),
        ("no: x", [1, 2, 2, 4, 5]),
        ("<b>x<br>y", [0, 0, 1, 2, 2, 2, 2, 3, 4]),
        ("😀x", [0, 2]),
        ("[b]x [bx", [0, 0, 1, 2, 3, 3, 3, 6]),
        ("COVID-19 x", [1, 2, 3, 4, 5, 6, 6, 6, 8, 9]),
        ("- x -Yes", [0, 2, 3, 4, 4, 6, 7, 8]),
        ("→b1 x", [0, 2, 2, 4, 5]),
        ("`a b` x", [0, 0, 0, 0, 0, 2, 3]),
        ("EUR 5 k", [1, 2, 3, 3, 3, 3, 3]),
        ("EUR 5 j", [1, 2, 3, 3, 3, 3, 6]),
        ("5 x j", [0, 0, 0, 0, 5]),
        ("a = b=c d", [1, 2, 2, 4, 5, 5, 5, 7, 8]),
        ("EUR a", [1, 2, 3, 3, 5]),
    ],
)
def test_when_items_come(text: str, given_at: list[int]) -> None:
    scanner = SpanScanner(KNOWN)
    assert list(itertools.accumulate(len(scanner.feed(char)) for char in text)) == given_at


def test_a_scanner_begins_anew_after_the_end_of_a_line() -> None:
    scanner = SpanScanner(KNOWN)
    assert scanner.feed("me") == [Item("m", "m"), Item("e", "e")]
    assert scanner.finish() == []
    assert scanner.feed("@x ") == scan("@x ", KNOWN)
    scanner.feed("`a b")
    assert text_of(scanner.finish()) == "`a b"
    scanner.feed("http://" + "x" * 2 * LONGEST)
    assert [item.symbol for item in scanner.finish()] == [ADDRESS]
    assert scanner.feed("ab") == scan("ab", KNOWN)


def test_what_is_held_is_bounded_and_a_long_span_goes_on_as_its_kind() -> None:
    url = "http://x.org/" + "a" * 3 * LONGEST
    items = scan(url + " end", KNOWN)
    assert [item.symbol for item in items] == [*"http", *[ADDRESS] * 4, *" end"]
    assert text_of(items) == url + " end"
    assert max(len(item.text) for item in items) <= LONGEST + len("http")
    # What is not closed is not waited for without end.
    scanner = SpanScanner(KNOWN)
    opened = "<a b='" + "c " * LONGEST_OVER_SPACES
    assert len(opened) - sum(len(item.text) for item in scanner.feed(opened)) < LONGEST_OVER_SPACES
    name = scan("Ж" * 2 * LONGEST, KNOWN)
    assert [item.symbol for item in name] == [NAME, NAME]


UNITS = [
    *[
        "(",
        "1-",
        "{",
        "<",
        "<a ",
        "@",
        "`",
        "`a ",
        "{{ ",
        "aaaa.bbbb.",
        "1 ",
        "12 ",
        "a/",
        ":",
        "1:",
        "𝄞",
        "Ж",
    ],
    *[
        "-",
        "_a",
        "A1-",
        "%",
        "$1",
        "$ ",
        "&a",
        "aA",
        "(1) ",
        "5 U",
        ". ",
        "<!-- ",
        "[b",
        "A-",
        "+1 ",
        "a@",
        "h://",
    ],
]


@pytest.mark.slow
@pytest.mark.parametrize("unit", UNITS)
def test_long_lines_of_anything_are_no_trouble(unit: str) -> None:
    """Were the time quadratic in the length, this would take minutes."""
    text = unit * (60_000 // len(unit))
    items = scan(text, KNOWN)
    assert text_of(items) == text
    assert max(len(item.text) for item in items) <= 2 * LONGEST


def test_in_everyday_sentences_there_is_little_else_than_numbers() -> None:
    folder = os.environ.get("SEQ2SEQ_TATOEBA") or Path(__file__).parents[3] / "shared/data/tatoeba"
    file = Path(folder) / "train.tsv"
    if not file.exists():
        pytest.skip("the Tatoeba pairs are not there")
    with file.open(encoding="utf-8") as rows:
        sources = [row.split("\t")[0] for row in itertools.islice(rows, 0, None, 7)]
    spans = [item for source in sources for item in scan(normalise(source), KNOWN) if item.symbol in KINDS]
    figures = [item for item in spans if item.text[-1:].isdigit() or item.text[:1].isdigit()]
    assert len(sources) > 20_000
    assert 0.005 < len(spans) / len(sources) < 0.02
    assert len(figures) > 0.85 * len(spans)
