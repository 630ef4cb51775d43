"""A line is read as sentences and what comes out as it went in, the same in pieces of any size."""

import itertools
import os
import string
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.normalise import Counts, normalise
from seq2seq.text.reader import (
    Event,
    Line,
    LineReader,
    Literal,
    ReadSentence,
    SentenceEnd,
    Separator,
    assemble,
    read_line,
)
from seq2seq.text.spans import Item, scan
from seq2seq.text.symbols import ADDRESS, NUMBER, Sentence, Span

KNOWN = frozenset(string.ascii_letters + string.digits + string.punctuation + " áéíóúñüÁÉÍÓÚÑ¿¡“”‘’«»…–—") - {
    "~"
}
LIMIT = 240


def read(raw: str, limit: int = LIMIT, spans: bool = True) -> list[str | tuple[str, ...]]:
    """Return the parts of a line: literals as they are, sentences in a tuple, with "→" if they go on."""
    line = read_line(raw, KNOWN, spans, limit)
    return [
        (part.sentence.text, *("→" * part.joined)) if isinstance(part, ReadSentence) else part.text
        for part in line.parts
    ]


def online(chunks: list[str], limit: int = LIMIT, spans: bool = True) -> Line:
    reader = LineReader(KNOWN, spans, limit)
    events = [event for chunk in chunks for event in reader.feed(chunk)]
    return assemble(events + reader.finish())


@pytest.mark.parametrize(
    ("raw", "parts"),
    [
        ("", []),
        ("Hello.", [("Hello.",)]),
        ("  Hello. ", ["  ", ("Hello.",), " "]),
        ("Hello.  How are you?", [("Hello.",), " ", ("How are you?",)]),
        ("Hello.\nHow are you?", [("Hello.",), " ", ("How are you?",)]),
        ("I'm tired.I sleep.", [("I'm tired.",), " ", ("I sleep.",)]),
        ("12:30", ["12:30"]),
        (" 1  2 \u200b3\t4 ", [" 1  2 \u200b3\t4 "]),
        ("a\tb", [("a",), "\t", ("b",)]),
        ("\t- a b\t\t5\t", ["\t- ", ("a b",), "\t\t5\t"]),
        ('- [ ] "Hello. Bye."', ['- [ ] "', ("Hello.",), " ", ("Bye.",), '"']),
        ('"Stop!" he said.', ['"', ('Stop!" he said.',)]),
        ('He said: "Go. Now." Then he left.', [('He said: "Go. Now."',), " ", ("Then he left.",)]),
        ("TOM: Hello. Bye.", ["TOM: ", ("Hello.",), " ", ("Bye.",)]),
        # What is read of spans, and what is all spans.
        ("See http://a.org. Bye.", [("See http://a.org.",), " ", ("Bye.",)]),
        ("http://a.org", [("http://a.org",)]),  # its first letters have been read by then
        ("@name", ["@name"]),
        ("{0}: {1}", ["{0}: {1}"]),
        ("Great! 😀", [("Great!",), " ", "😀"]),
        ("Great! {x}. Yes.", [("Great!",), " ", "{x}.", " ", ("Yes.",)]),
        ("привет мир", ["привет мир"]),
        # NFC and control characters within a sentence, white space and marks as they were.
        ("\u00a0e\u0301\x07a\u00a0b\u00a0", ["\u00a0", ("éa b",), "\u00a0"]),
        ("Hello. \\", [("Hello.",), " \\"]),
        # Long sentences.
        ("x" * 250, [("x" * 240, "→"), ("x" * 10,)]),
        ("a " * 130, [("a " * 108 + "a", "→"), " ", ("a " * 20 + "a",), " "]),
    ],
)
def test_lines(raw: str, parts: list[str | tuple[str, ...]]) -> None:
    assert read(raw) == parts
    chunks = list(raw)
    assert online(chunks) == read_line(raw, KNOWN, True, LIMIT)


def test_a_line_tells_where_its_sentences_stand() -> None:
    line = read_line("- See\u00a0 me@a.org.  Bye, 2 of you.\t!", KNOWN, True, LIMIT)
    assert line == Line(
        "- See me@a.org. Bye, 2 of you.\t!",
        (
            Literal("- "),
            ReadSentence(Sentence(f"See me{ADDRESS}.", (Span(6, "me@a.org", 2),)), False, 2),
            Separator(),
            ReadSentence(Sentence(f"Bye, {NUMBER} of you.", (Span(5, "2"),)), False, 16),
            Literal("\t!"),
        ),
    )
    assert [line.source[part.begin :][:3] for part in line.sentences] == ["See", "Bye"]


def test_a_span_may_begin_before_the_cut() -> None:
    line = read_line("abcdefgh@ab.org", KNOWN, True, 5)
    assert [part.sentence for part in line.sentences] == [
        Sentence("abcde"),
        Sentence(f"fgh{ADDRESS}", (Span(3, "fgh@ab.org", 3),)),
    ]
    assert [part.joined for part in line.sentences] == [True, False]


@pytest.mark.parametrize(
    "raw",
    [
        *("1", "12:30", "...", "?!", "- 5", "2020-05-12", "$5.00", "  12  ", "\u00a0", "½ + ¼", "1\u00a0000"),
        *("😀", "👩‍👩‍👧", "❤️ ❤", "1️⃣", "\ufeff1", "\u200b", "\u0301", "5\r"),
    ],
)
def test_a_line_without_letters_comes_out_as_it_went_in(raw: str) -> None:
    assert read(raw) == [raw]


@given(st.text(st.characters(exclude_categories=("L", "Cs", "Cc", "Zl", "Zp"))), st.lists(st.integers(0, 20)))
def test_any_line_without_letters_comes_out_as_it_went_in(raw: str, ends: list[int]) -> None:
    assert read_line(raw, KNOWN, True, LIMIT) == Line(raw, (Literal(raw),) if raw else ())
    assert online(pieces(raw, ends)).source == raw


def test_what_steers_a_terminal_comes_out_of_nothing() -> None:
    counts = Counts()
    assert read_line("\x1b[31m 42\x07", KNOWN, True, LIMIT, counts).source == "[31m 42"
    assert counts.dropped == 2
    assert read_line("1\x0b2\u20283\r", KNOWN, True, LIMIT).source == "1 2 3\r"


def test_lone_surrogates_become_characters_that_can_be_written() -> None:
    counts = Counts()
    reader = LineReader(KNOWN, True, LIMIT, counts)
    assert reader.feed("\ud800 1") + reader.finish() == [Literal("\ufffd 1")]
    assert counts.replaced == 1
    assert read("a\udcff") == [("a\ufffd",)]


# Streams


def shown(text: str, limit: int = LIMIT) -> list[str]:
    """Return what each character of a line makes certain: "|" for the end of a sentence, literals in []."""
    reader = LineReader(KNOWN, True, limit)

    def show(event: Event) -> str:
        if isinstance(event, Item):
            return event.symbol
        if isinstance(event, SentenceEnd):
            return "→" if event.joined else "|"
        return f"[{event.text}]"

    steps = ["".join(map(show, reader.feed(character))) for character in text]
    return [*steps, "".join(map(show, reader.finish()))]


def test_a_character_is_read_when_the_next_one_shows_that_it_is_complete() -> None:
    assert shown("The dog") == ["", "T", "h", "e", " ", "d", "o", "g|"]


def test_a_sentence_ends_at_the_space_behind_it() -> None:
    assert shown("Go. I") == ["", "G", "o", ".|", "", "[ ]I|"]
    assert shown("Go. ") == ["", "G", "o", ".|", "[ ]"]


def test_marks_are_written_when_the_text_begins() -> None:
    steps = shown('- "So go!"')
    assert steps[:3] == ["", "", ""]
    assert "".join(steps) == '[- "]So go!|["]'
    assert steps[-1] == '!|["]'


def test_a_closing_mark_that_is_not_the_last_is_read() -> None:
    steps = shown('"So go!" he said.')
    assert "".join(steps) == '["]So go!" he said.|'


def test_memory_is_bounded() -> None:
    reader = LineReader(KNOWN, True, 50)
    for _ in range(3):
        for text in (
            "a" * 2_000,
            "1 " * 2_000,
            "{" * 2_000,
            '"' * 2_000,
            "a) " * 700,
            "and " * 500,
            "\u0301" * 99,
        ):
            for character in text:
                reader.feed(character)
    held = len(reader._items) + len(reader._pending) + len(reader._beginning._held)
    assert held < 3_000


# Properties

odd = st.sampled_from(
    [
        *"abIT .,!?…;:\"'“”‘’«»()[]-—*#>/\\\t15@%{}<>`¿é\u0301\u00a0\u200bя😀~\x07\n",
        *("Tom ", "e.g. ", "and ", ". ", ".I ", "x@y.org", "5 %", "10 000", "{x}", "<b>", "no. "),
        *("/*", "*/", "TOM: ", "a) "),
    ]
)
anything = st.lists(odd, max_size=60).map("".join) | st.text(max_size=40)
limits = st.integers(1, 60) | st.just(LIMIT)


def pieces(text: str, ends: list[int]) -> list[str]:
    places = [0, *sorted(min(end, len(text)) for end in ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@given(anything, limits, st.booleans(), st.lists(st.integers(0, 80)))
def test_reading_in_pieces_is_the_same_as_at_once(raw: str, limit: int, spans: bool, ends: list[int]) -> None:
    line = read_line(raw, KNOWN, spans, limit)
    assert online([raw], limit, spans) == line
    assert online(pieces(raw, ends), limit, spans) == line
    assert online(list(raw), limit, spans) == line


@given(anything, limits, st.booleans())
def test_the_parts_give_the_line_back(raw: str, limit: int, spans: bool) -> None:
    line = read_line(raw, KNOWN, spans, limit)
    texts = [part.sentence.text if isinstance(part, ReadSentence) else part.text for part in line.parts]
    assert "".join(texts) == line.source
    assert "".join(normalise(line.source).split()) == "".join(normalise(raw).split())
    assert raw.count("\t") == line.source.count("\t")
    for part in line.sentences:
        assert 0 < len(part.sentence.symbols) <= limit
        assert line.source.startswith(part.sentence.text, part.begin)
        # Where nearly every symbol is a cut, one may fall behind a space.
        assert limit < 10 or part.sentence.text == part.sentence.text.strip(" ")
        assert all(scan(char, KNOWN)[0].symbol == char for char in letters(part.sentence))


def letters(sentence: Sentence) -> str:
    places = {span.place for span in sentence.spans}
    return "".join(
        char for place, char in enumerate(sentence.symbols) if place not in places and char.isalpha()
    )


@given(anything, anything, limits)
def test_what_follows_changes_nothing_that_was_given(raw: str, more: str, limit: int) -> None:
    first, second = LineReader(KNOWN, True, limit), LineReader(KNOWN, True, limit)
    given_first = assemble_open(first.feed(raw))
    whole = assemble_open(second.feed(raw + more) + second.finish())
    assert whole[: len(given_first)] == given_first


def assemble_open(events: list[Event]) -> list[object]:
    """Return events with each literal as single characters, for pieces of it may come apart."""
    return [each for event in events for each in (event.text if isinstance(event, Literal) else [event])]


@given(anything, limits)
def test_a_reader_begins_anew_after_the_end(raw: str, limit: int) -> None:
    reader = LineReader(KNOWN, True, limit)
    first = reader.feed(raw) + reader.finish()
    assert reader.feed(raw) + reader.finish() == first
    assert all(isinstance(event, Literal | Separator | Item | SentenceEnd) for event in first)


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["a ", "a", "1 ", '"a', "' ", "a. ", "a) ", "\t", " ", "\\", "{", "-", "T. ", "a\u0301", "*/ "]
)
def test_time_is_linear_in_the_length(unit: str) -> None:
    """In quadratic time this would take hours."""
    text = unit * (100_000 // len(unit))
    line = read_line(text, KNOWN, True, LIMIT)
    assert "".join(line.source.split()) == "".join(normalise(text).split())


@pytest.mark.slow
def test_real_lines_are_read_the_same_in_pieces() -> None:
    folder = os.environ.get("SEQ2SEQ_TATOEBA") or Path(__file__).parents[3] / "shared/data/tatoeba"
    file = Path(folder) / "dev.tsv"
    if not file.exists():
        pytest.skip("the Tatoeba pairs are not there")
    sentences = 0
    lines = [side for row in file.read_text("utf-8").splitlines() for side in row.split("\t")[:2]]
    for raw in lines:
        line = read_line(raw, KNOWN, True, LIMIT)
        assert line.source == normalise(raw)
        assert online(list(raw)) == line
        sentences += len(line.sentences)
    assert len(lines) <= sentences <= 1.1 * len(lines)
