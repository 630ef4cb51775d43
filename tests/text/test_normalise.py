"""Normalising gives the same online as at once, and what it changes is counted."""

from __future__ import annotations

import itertools
import re
import sys
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.normalise import MOST_MARKS, Counts, Normaliser, decode_line, is_text, normalise

# Every way in which code points join or stand for others: accents in either order, signs that compose with a
# vowel before them (Bengali, Kannada, Sinhala, Chakma), Hangul, code points that decompose into marks alone.
JOINING = (
    "aen\u00e9\u1ea5\u0301\u0303\u0308\u0323\u0344"
    "\u09c7\u09be\u09d7\u0cc6\u0cc2\u0cd5\u0dd9\u0dcf\u0dca\u0ddd\U00011131\U00011127"
    "\u1100\u1161\u11a8\uac00\u0f71\u0f73\u0f74\u0958\u2126\u212b\U0001d157\U0001d165\U0001d15e"
)
VANISHING = " \u00a0\t\n\u2028\u0085\u3000\x00\x1b\x1e\u200b\u200d\u202e\ufeff\u00ad"
EMOJI = "😀\u2194\u0338\ufe0f\u200d\u200d\u200c\U0001f3f4\U000e0067\U000e0067\U000e007f"
ANY = JOINING + VANISHING + "\ud83d\udcff\ufffd.,¿" + EMOJI

messy = st.text(st.sampled_from(ANY)) | st.text(st.sampled_from(EMOJI))
marks = st.text(st.sampled_from("\u0301\u0323\u0344\u0f73a \u1100\u1161"), min_size=25, max_size=90)
# Characters with about as many marks as one may have: a base, then two runs of one mark each.
crowds = st.lists(
    st.builds(
        lambda base, one, ones, other, others: base + one * ones + other * others,
        st.sampled_from("aé \u1161x"),
        st.sampled_from("\u0301\u0323\u0344"),
        st.integers(10, 32),
        st.sampled_from("\u0301\u0f73"),
        st.integers(0, 20),
    ),
    max_size=3,
).map("".join)


def pieces(text: str, ends: list[int]) -> list[str]:
    """Cut `text` at the given places, which may repeat or lie beyond its end."""
    places = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


def normalise_online(chunks: list[str]) -> str:
    normaliser = Normaliser()
    return "".join([normaliser.feed(chunk) for chunk in chunks]) + normaliser.finish()


def specified(text: str) -> str:
    """Clean text by its definition, one code point after the other, without a bound on marks.

    Of emoji it knows those of `ANY`.
    """
    kept = []
    for char in text:
        if char.isspace() and char not in "\x1c\x1d\x1e\x1f":
            kept.append(" ")
        elif unicodedata.category(char) == "Cs":
            kept.append("\ufffd")
        elif unicodedata.category(char) not in ("Cc", "Cf") or char in "\u200c\u200d" or is_tag(char):
            kept.append(char)
    return unicodedata.normalize("NFC", " ".join(without_stray_joiners(kept).split()))


def without_stray_joiners(text: list[str]) -> str:
    """Drop the tags that do not follow a black flag, then the joiners that are not between two emoji."""
    kept: list[str] = []
    for char in text:
        before = "".join(kept).replace("\u200c", "").replace("\u200d", "")
        tags = len(before) - len(before.rstrip("".join(map(chr, range(0xE0020, 0xE0080)))))
        if not is_tag(char):
            kept.append(char)
        elif tags < 7 and before[: len(before) - tags].endswith("🏴"):
            while kept[-1] in "\u200c\u200d":
                kept.pop()
            kept.append(char)
    joiner = re.compile(
        "(?<=[😀🏴👩👧🔥\ufe0f])([\u200c\u200d])[\u200c\u200d]*(?=[😀🏴👩👧🔥])|[\u200c\u200d]"
    )
    return joiner.sub(lambda match: match[1] or "", "".join(kept))


def is_tag(char: str) -> bool:
    return "\U000e0020" <= char <= "\U000e007f"


@pytest.mark.parametrize(
    ("text", "clean"),
    [
        ("", ""),
        (" \t ", ""),
        ("¿Qué?", "¿Qué?"),
        ("a  b", "a b"),
        (" a", "a"),
        ("a ", "a"),
        ("man\u0303ana", "mañana"),
        ("  a \u00a0 b\t\nc ", "a b c"),
        ("one\u2028two\u0085three\x0bfour\r", "one two three four"),
        ("\ufeffsoft\u00adly \u200bgo\u202ene\x1b[0m\x00", "softly gone[0m"),
        ("\ud83d and \ufffd", "\ufffd and \ufffd"),
        ("ﬁ … ⁵ Å", "ﬁ … ⁵ Å"),
        ("\u1100\u1161\u11a8", "각"),
        ("👩\u200d👧 a\u200db 👩\u200d", "👩\u200d👧 ab 👩"),
        ("❤\ufe0f\u200d🔥 👩\u200d\u200d👧 👩\u202e\u200d👧", "❤\ufe0f\u200d🔥 👩\u200d👧 👩\u200d👧"),
        (
            "🏴\U000e0067\U000e0062\U000e007f a\U000e0067 🏴\U000e0067",
            "🏴\U000e0067\U000e0062\U000e007f a 🏴\U000e0067",
        ),
        ("q" + "\u0301" * 40 + "x", "q" + "\u0301" * 30 + "x"),
        ("q" + "\u0344" * 16 + "x", "q" + "\u0308\u0301" * 15 + "x"),
    ],
)
def test_normalise_examples(text: str, clean: str) -> None:
    assert normalise(text) == clean


@given(
    st.text(st.sampled_from(ANY), max_size=14)
    | st.text(st.sampled_from(EMOJI), max_size=14)
    | st.text(max_size=8)
)
def test_normalise_does_what_its_definition_says(text: str) -> None:
    assert normalise(text) == specified(text)


@given(messy | marks | crowds, st.lists(st.integers(0, 40)))
def test_normalising_in_pieces_is_the_same_as_at_once(text: str, ends: list[int]) -> None:
    clean = normalise(text)
    assert normalise_online([text]) == clean
    assert normalise_online(pieces(text, ends)) == clean
    assert normalise_online(list(text)) == clean


@given(messy | marks | crowds)
def test_normalise_depends_on_the_characters_and_not_on_how_they_are_composed(text: str) -> None:
    clean = normalise(text)
    assert normalise(clean) == clean
    assert normalise(unicodedata.normalize("NFD", text)) == clean
    assert normalise(unicodedata.normalize("NFC", text)) == clean


@given(messy | marks | crowds | st.text())
def test_normalising_clean_text_changes_nothing(text: str) -> None:
    clean = normalise(text)
    assert normalise(clean) == clean
    assert all(is_text(char) or char in "\u200c\u200d" or is_tag(char) for char in clean)


def test_every_composed_character_is_put_together_online() -> None:
    for code in range(0xC0, sys.maxunicode + 1):
        parts = unicodedata.normalize("NFD", chr(code))
        if parts != chr(code):
            assert normalise_online(["x", *parts, "y"]) == specified(f"x{parts}y")


def test_no_code_point_leaves_a_control_or_an_invisible_character() -> None:
    everything = normalise("".join(map(chr, [*range(0x20000), *range(0xE0000, 0xE0200)])))
    categories = {unicodedata.category(char) for char in set(everything) - {" "}}
    assert not categories & {"Cc", "Cf", "Cs", "Zs", "Zl", "Zp"}
    assert len(everything) > 100_000


def test_a_character_is_released_by_the_next_code_point_and_a_space_by_what_follows_it() -> None:
    normaliser = Normaliser()
    steps = [
        (" ", ""),
        ("n", ""),
        ("\u0303", ""),
        ("\u200b", ""),
        ("o", "ñ"),
        (" ", "o"),
        (" ", ""),
        ("b", " "),
    ]
    for code_point, released in steps:
        assert normaliser.feed(code_point) == released
    assert normaliser.finish() == "b"
    assert normaliser.feed(" new line ") + normaliser.finish() == "new line"


def test_an_endless_character_is_bounded_and_what_it_loses_is_counted() -> None:
    normaliser = Normaliser()
    for _ in range(5000):
        normaliser.feed("\u0301")
    assert normaliser.counts.dropped == 5000 - MOST_MARKS
    assert normaliser.finish() == "\u0301" * MOST_MARKS


def test_a_long_text_is_the_same_in_one_piece_and_by_code_points() -> None:
    long = "".join(ANY[i * i % len(ANY)] + "\u0323\u0301"[: i % 3] for i in range(2000))
    assert normalise(long) == normalise_online(list(long))


def test_a_million_marks_on_one_letter_are_no_trouble() -> None:
    clean = normalise("a" + "\u0301\u0323" * 500_000)
    assert clean == "\u1ea1" + "\u0323" * (MOST_MARKS - 1)


def test_all_combining_marks_lie_where_they_are_looked_for() -> None:
    assert all(
        0x300 <= code < 0x20000 for code in range(sys.maxunicode + 1) if unicodedata.combining(chr(code))
    )


# Counts, decode_line


def test_counts_make_one_sentence() -> None:
    counts = Counts()
    assert str(counts) == ""
    assert (
        normalise(decode_line(b"a\xff\xc3 \xef\xbf\xbd\x00\xe2\x82b", counts), counts)
        == "a\ufffd\ufffd \ufffd\ufffdb"
    )
    assert counts == Counts(replaced=4, dropped=1)
    assert str(counts) == (
        "in the input, 4 bytes that are not UTF-8 were replaced, 1 control character was dropped (U+0000)"
    )
    assert str(Counts(dropped=2345, cut=1)) == (
        "in the input, 2,345 control characters were dropped, 1 line had a long sentence that was cut"
    )


def test_counts_name_the_first_lines_and_characters() -> None:
    counts = Counts()
    for counts.line in (2, 3, 9):
        counts.drop("\x07\u200b")
        counts.drop("")
    assert str(counts).endswith("6 control characters were dropped (U+0007, U+200B, lines 2, 3, 9)")
    for counts.line in range(10, 100):
        counts.drop(chr(counts.line % 8))
    assert str(counts).endswith("(U+0007, U+200B, U+0002, U+0003, U+0004, …, lines 2, 3, 9, 10, 11, …)")
    counts.line = 4
    counts.cut_line()
    assert "1 line had a long sentence that was cut (line 4)" in str(counts)


def test_lone_surrogates_are_counted_as_replaced() -> None:
    counts = Counts()
    normalise("\udcff\udcfe", counts)
    assert counts == Counts(replaced=2)


@given(st.binary())
def test_decode_line_counts_the_bytes_that_are_lost(raw: bytes) -> None:
    counts = Counts()
    text = decode_line(raw, counts)
    assert text == raw.decode(errors="replace")
    assert (counts.replaced == 0) == (text.encode() == raw)
    assert counts.replaced <= len(raw)
