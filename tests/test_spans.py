"""What is a span, and that reading online takes nothing back."""

from __future__ import annotations

import itertools
import string

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from seq2seq.text import normalise
from seq2seq.text.spans import LONGEST, Item, SpanScanner, scan
from seq2seq.text.symbols import KIND_NAMES, KINDS

KNOWN = frozenset(
    string.ascii_letters + string.digits + string.punctuation + " áéíóúñüÁÉÍÓÚÑÜ¿¡“”‘’«»…—–€£°½ºª²"
)


def shown(text: str, known: frozenset[str] = KNOWN, spans: bool = True) -> str:
    """Write the spans of a line as [kind text], or [kind ~n text] if n of its letters came before it."""
    items = scan(text, known, spans)
    out: list[str] = []
    for item in items:
        if item.symbol in KIND_NAMES:
            letters = f" ~{item.letters}" if item.letters else ""
            del out[len(out) - item.letters :]
            out.append(f"⟦{KIND_NAMES[item.symbol]}{letters} {item.text}⟧")
        else:
            out.append(item.text)
    return "".join(out)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("I have 1.", "I have ⟦one 1⟧."),
        ("mail me@here.org now", "mail ⟦address ~2 me@here.org⟧ now"),
    ],
)
def test_what_is_a_span(text: str, expected: str) -> None:
    assert shown(text) == expected


# Properties

TOKENS = (
    "a I the word Hello don't well-known e.g. U.S. Mr. and/or 1 2 10 000 2019 3.14 -5 1,000 1st 1990s 5km 5% % $ $5 "
    "€ 5€ USD US Am 3:30 pm 3pm 12/05/2020 http://x.org/a. me@here.org www.a.b x.com @me #tag /etc C:\\x a/b.py "
    "README.md foo_bar --flag -v - -- -I v2.3 AB12 COVID-19 +34 91 123 45 67 (555) 123-4567 ` `a b` `` {x} {{ {{ x }} "
    '}} %s %d%% <b> <a href="x y"> < <3 &amp; R&D :-) :D é Москва Ş ş 東京 → ★ 😀 👩\u200d👧 1\ufe0f\u20e3 🇪🇸 ... … '
    "\U000f0000 _ __init__ getElementById print() C++ C# .NET . , ; : ( ) ' \" ! ? = ½ 3½ ° °C @ # ~ \\ \\n ^_^"
).split(" ")
mixed = st.lists(st.sampled_from(TOKENS) | st.sampled_from([" "] * 9 + list(".:-(/a1B")), max_size=14).map(
    "".join
)
spaced = st.lists(st.sampled_from(TOKENS), max_size=9).map(" ".join)
anything = mixed | spaced | st.text(max_size=20) | st.text(st.sampled_from(string.printable), max_size=30)
lines = anything.map(normalise)


def online(chunks: list[str], spans: bool = True) -> list[Item]:
    scanner = SpanScanner(KNOWN, spans)
    return [item for chunk in chunks for item in scanner.feed(chunk)] + scanner.finish()


def text_of(items: list[Item]) -> str:
    out: list[str] = []
    for item in items:
        if item.letters:
            assert "".join(out[-item.letters :]) == item.text[: item.letters]
            del out[-item.letters :]
            out += [*item.text[: item.letters - 1], item.text[item.letters - 1 :]]
        else:
            out.append(item.text)
    return "".join(out)


def pieces(text: str, ends: list[int]) -> list[str]:
    places = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@given(anything, st.booleans())
def test_items_give_the_text_back(text: str, spans: bool) -> None:
    items = scan(text, KNOWN, spans)
    assert text_of(items) == text
    for at, item in enumerate(items):
        if item.symbol in KINDS:
            before = items[at - item.letters : at] if item.letters else []
            assert all(char.symbol not in KINDS for char in before)
            assert all(char.text.isalpha() or char.text in "'’.-" for char in before)
        else:
            assert item == (item.text, item.text, 0)
            assert item.symbol in KNOWN


@given(anything, st.lists(st.integers(0, 60)), st.booleans())
@example("5 USDollars", [], True)
def test_reading_in_pieces_is_the_same_as_at_once(text: str, ends: list[int], spans: bool) -> None:
    items = scan(text, KNOWN, spans)
    for chunks in ([text], pieces(text, ends), list(text)):
        assert online(chunks, spans) == items


@given(anything, anything)
def test_what_follows_changes_nothing_that_was_given(text: str, more: str) -> None:
    given_items = SpanScanner(KNOWN).feed(text)
    assert scan(text + more, KNOWN)[: len(given_items)] == given_items


@given(st.text(st.sampled_from("abcxyzñéABC"), min_size=1, max_size=12).map(str.capitalize))
def test_a_letter_of_an_ordinary_word_comes_at_once(word: str) -> None:
    scanner = SpanScanner(KNOWN)
    for char in f"{word} {word.lower()}, {word}-{word.lower()} {word.upper()}":
        assert scanner.feed(char) == [Item(char, char)]


@pytest.mark.parametrize("unit", ["(", "1-", "{", "<", "<a ", "@", "`", "`a ", "{{ ", "aaaa.", "1 ", "a/", ":", "1:", "𝄞",
                                  "http://", "Ж", "-", "_a", "A1-", "%", "$1", "$ ", "&a", "aA", "(1) ", "5 U", ". "])  # fmt: skip
def test_long_lines_of_anything_are_no_trouble(unit: str) -> None:
    text = unit * (100_000 // len(unit))
    items = scan(text, KNOWN)
    assert text_of(items) == text
    assert max(len(item.text) for item in items) <= 2 * LONGEST


def test_a_scanner_begins_anew_after_the_end_of_a_line() -> None:
    scanner = SpanScanner(KNOWN)
    assert scanner.feed("me") == [Item("m", "m"), Item("e", "e")]
    assert scanner.finish() == []
    assert scanner.feed("@x ") == scan("@x ", KNOWN)
