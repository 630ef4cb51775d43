"""Marks at the edges of a line come off and go back on as they were; lines without letters are left alone."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.edges import Beginning, Ending


def split(line: str, ends: list[int] | None = None) -> tuple[str, str, str]:
    """Return what comes off at the beginning, what is to be translated, and what comes off at the end."""
    places = [0, *sorted(ends or []), len(line)]
    before, text, ending = "", "", None
    beginning = Beginning()
    for a, b in itertools.pairwise(places):
        chunk = line[a:b]
        if not beginning.is_over:
            marks, chunk = beginning.feed(chunk)
            before += marks
        if beginning.is_over:
            ending = ending or Ending(beginning.closing)
            text += ending.feed(chunk)
    if not beginning.is_over:
        marks, chunk = beginning.finish()
        before += marks
        ending = Ending(beginning.closing)
        text += ending.feed(chunk)
    assert ending is not None
    rest, after = ending.finish()
    text += rest
    # White space is given as well as kept.
    if after and not rest:
        blanks = len(after) - len(after.lstrip().lstrip("\ufeff\u200b").lstrip())
        text = text[: len(text) - blanks]
    return before, text, after


# The text to translate stands between two "|".


@pytest.mark.parametrize(
    "line",
    [
        # White space.
        "|Hello.|",
        "  |Hello.|",
        "    |Hello.|   ",
        "|Hello.|  ",
        "\u00a0|Hello.|\u00a0",
        "\ufeff|Hello.|\r",
        "\u3000|Hola.|\u2003",
        # Quoted mail, Markdown, comments.
        "> |Hello.|",
        ">|Hello.|",
        ">> |Hello.|",
        "> > |Hello.|",
        "# |Title|",
        "## |Title|  ",
        "###### |Title|",
        "|#hello to all|",
        "// |comment|",
        "//|comment|",
        "/// |comment|",
        "//! |comment|",
        "/* |comment| */",
        "/** |comment.|*/",
        "/* |comment|",
        "<!-- |comment| -->",
        "-- |comment|",
        "|; comment|",
        # Bullets and dashes.
        "- |Hello.|",
        "* |Hello.|",
        "+ |Hello.|",
        "• |Hello.|",
        "· |Hello.|",
        "– |Hello.|",
        "— |Hola.|",
        "—|Hola. —Adiós.|",
        "–|Hola.|",
        "-|Hi. -Bye.|",
        "-|¿Qué?|",
        "→ |Next|",
        "✅ |Done|",
        "⚠️ |Careful|",
        "|-v is a flag|",
        "|-5 degrees|",
        "|*bold* text|",
        # Lists.
        "1. |First.|",
        "12) |Twelfth.|",
        "(3) |Third.|",
        "[4] |Fourth.|",
        "2.1. |Section|",
        "a) |Look.|",
        "(b) |Look.|",
        "C) |Look.|",
        "b. |Look.|",
        "iv. |Look.|",
        "(ii) |Look.|",
        "IV. |Look.|",
        "xii) |Look.|",
        "|3 apples|",
        "|3.5 apples|",
        "|1984. That was long ago.|",
        "|1st place|",
        "|I. Newton was born.|",
        "|A. Lincoln died.|",
        "|p. ej. esto|",
        "|e. g. this|",
        "|c. 1900 it began|",
        "|a dog|",
        "|vi a tu hermano|",
        "|mix. Then stir.|",
        # Check boxes, and several in a row.
        "[ ] |Wash.|",
        "[x] |Wash.|",
        "- [X] |Wash.|",
        '  - [ ] "|Hello.|"',
        "> 1. |text|",
        "> - a) |text|  ",
        # Speakers.
        "TOM: |Hello.|",
        "DR. SMITH: |Hello.|",
        "|OLD MAN: Hello.|",
        "PERSON A: |Hello.|",
        "|PROJECT UPDATE: Hello.|",
        "|TIP 2: read.|",
        "SPEAKER 1: |Hello.|",
        "JOHN (V.O.): |Hello.|",
        "MR. JOHN SMITH: |Hello.|",
        'TOM: "|Hello.|"',
        "- TOM: |Hello.|",
        "|Note: this is important.|",
        "|WARNING: do not open.|",
        "|IMPORTANT NOTE: read.|",
        "|ADVERTENCIA: lee.|",
        "|JOHN (angry): Hello.|",
        "|TOM:|",
        "|TOM IS HERE: look.|",
        "|TOM IS HERE|",
        "|THE END|",
        "|I am here.|",
        "|A VERY LONG NAME OF A MAN THAT SPEAKS: Hello.|",
        # Quotation marks.
        '"|Hello.|"',
        '"|Hello.|" ',
        "“|Hello.|”",
        "«|Hola.|»",
        "« |Hola.| »",
        "'|Hello.|'",
        "‘|Hello.|’",
        "``|Hello.|''",
        "“‘|Hello,’ she said.|”",
        '"|Don\'t cry," she said.|',
        '"|No!" "Yes!|',
        '"|Hello|',
        '|"Doc" is a word.|',
        "|'Merged' makes one.|",
        "|“Undo”, please.|",
        '"|Doc|"',
        '"|Doc|" ',
        '"|Doc!" he said.|',
        '"|I said "no" to him."|',
        "'|I don't know.|'",
        "‘|I don’t know.|’",
        "|'Tis good.|",
        "|'em all|",
        "|'90s music|",
        "|’Twas night.|",
        "'|Tom is here.|'",
        '|He said "no."|',
        "|`code` here|",
        # A line that goes on.
        "|Hello| \\",
        "|Hello.|\\",
        "|C:\\dir is here|",
        '"|Hello.|" \\',
    ],
)
def test_marks_come_off_at_the_edges(line: str) -> None:
    before, text, after = line.split("|")
    raw = line.replace("|", "")
    assert split(raw) == (before, text, after)
    assert split(raw, list(range(len(raw)))) == (before, text, after)


LETTERLESS = (
    "",
    " ",
    "\u00a0 \u2003",
    "1",
    "12:30",
    "1, 2, 3",
    "3.14159",
    "- 5",
    "1. 2. 3.",
    "...",
    "?!",
    "---",
    "***",
    "===",
    "#",
    "## ",
    "> ",
    ">>>",
    "* * *",
    "[ ]",
    "[1]",
    "(2)",
    '""',
    '"1984"',
    "'90",
    "“…”",
    "—",
    "•",
    "$5.00",
    "5 %",
    "20°",
    "+34 600 123 456",
    "2020-05-12",
    "1/2",
    "½",
    "😀",
    "👍🏽 👍🏽",
    "❤️",
    "1️⃣ 2️⃣",
    "\u200b",
    "\ufeff12",
    "  12  ",
    "{}",
    "<>",
    "/* */",
    "//",
    "\\",
    "\\ ",
    "|---|---|",
    "\u0301",
    "-- 5 --",
    "²³",
    "Ⅷ",
    "①",
)


@pytest.mark.parametrize("line", LETTERLESS)
def test_a_line_without_a_letter_is_marks_alone(line: str) -> None:
    assert split(line) == (line, "", "")


@pytest.mark.parametrize("line", ["1" * 10_000, "- " * 5_000, "😀" * 300, '"' * 1_000])
def test_a_long_line_without_a_letter_is_not_held_as_a_whole(line: str) -> None:
    beginning = Beginning()
    given = "".join(beginning.feed(character)[0] for character in line)
    assert len(given) > len(line) - 300
    assert given + beginning.finish()[0] == line


def test_text_behind_a_long_beginning_without_letters_is_translated() -> None:
    assert split("1" * 1_000 + " - a) Yes.") == ("1" * 1_000 + " - ", "a) Yes.", "")


def test_marks_of_letters_without_an_end_are_held_up_to_a_bound() -> None:
    before, text, after = split("a) " * 5_000)
    assert len(before) < 300
    assert before + text + after == ("a) " * 5_000)


def test_text_is_given_as_soon_as_it_cannot_be_a_mark() -> None:
    beginning = Beginning()
    assert [beginning.feed(character) for character in "I "] == [("", ""), ("", "I ")]
    beginning = Beginning()
    assert [beginning.feed(character) for character in " - Th"] == [("", "")] * 4 + [(" - ", "Th")]


def test_a_closing_mark_waits_for_what_follows() -> None:
    ending = Ending(['"'])
    assert [ending.feed(character) for character in 'Hi!" he'] == ["H", "i", "!", "", "", '" h', "e"]
    assert ending.finish() == ("", "")


marks = st.text(st.sampled_from("aIvTOM19.):(\"'“”‘’-—*/\\#>[]x! \u00a0\ufeff<`«»"), max_size=25)


@given(marks | st.text(max_size=20), st.lists(st.integers(0, 30)))
def test_pieces_give_the_whole_and_nothing_is_lost(line: str, ends: list[int]) -> None:
    whole = split(line)
    assert split(line, [min(end, len(line)) for end in ends]) == whole
    assert split(line, list(range(len(line)))) == whole
    assert "".join(whole) == line
    if not any(map(str.isalpha, line)):
        assert whole == (line, "", "")
