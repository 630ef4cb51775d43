"""Sentences end where a reader would end them, none is longer than the limit, and pieces give the whole."""

import itertools
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.text.normalise import normalise
from seq2seq.text.sentence_ends import is_abbreviation
from seq2seq.text.sentences import Cut, SentenceCutter, split_sentences
from seq2seq.text.symbols import ADDRESS, MARKUP, NUMBER, ONE, SIGN

LONG = 10_000


# Where a sentence ends: "|" stands for the space, or for the place without one, between two of them.


@pytest.mark.parametrize(
    "text",
    [
        # Stops.
        "Hello! |How are you? |Fine.",
        "¡Por Dios! |¿Qué?! |No diga usted eso.",
        "Wait!! |What?! |... Oh.",
        "No full stop",
        "really? |i don't know.",
        "I waited... and waited… until he came. |Then I left.",
        "Well.. I see. |Yes.",
        "Is it 3.5 or 4? |It is 4.",
        "In 1990. |Then came 1991.",
        "1. First. |2. Second.",
        "He came in. |Then he sat down.",
        # Closing quotes and brackets wait for what follows.
        '"Are you sure?" |"No." |(He left.) |«Ya.» |End',
        '"Well..." |He stopped.',
        '"Don\'t cry!" she said. |Then she left.',
        '"¿Estás seguro?" preguntó Tom. |"Sí."',
        "He left (at last!) and slept. |She stayed.",
        "(See above.) |That is all.",
        '"No." |5 people came.',
        # Quotations and brackets stay whole.
        'He said: "I\'m tired. I want to sleep." |Then he left.',
        "He said: “I'm tired. I want to sleep.” |Then he left.",
        "Dijo: «Estoy cansado. Quiero dormir.» |Y se fue.",
        "He said: 'I'm tired. I want to sleep.' |Then he left.",
        "He said: ‘I’m tired. I want to sleep.’ |Then he left.",
        "It rained (in May. In June too.) all day. |Then the sun came.",
        "It was late [Ed. note. Not so.] then. |Good night.",
        'She asked "Why? Tell me. Now." again. |He smiled.',
        # An apostrophe opens nothing, nor does a mark of inches or a face.
        "The boys' toys are here. |I saw them.",
        "'Tis late. |Go 'em all. |Rock 'n' roll. |Yes.",
        "It was in the '90s. |I was young.",
        'A 5" pipe. |A 6" pipe.',
        "I am sad :( today. |Sorry. |Bye.",
        "1) this. |2) that. |Yes.",
        # Titles and other abbreviations.
        "Mr. and Mrs. Smith met Dr. King in St. Louis. |Yes.",
        "See Gen. Lee, Capt. Cook, Prof. Moriarty, Sgt. Pepper and Rev. Green. |They wait.",
        "See fig. 3, pp. 5 to 7, vol. 2, ch. 4 and no. 8. |It is there.",
        "It weighs approx. 5 lbs. or 80 oz. in total. |Good.",
        "Apples, pears, etc. are fruit. |Cheese, milk, etc. |Those are not.",
        "Smith et al. (2010) said so. |It was Smith et al. |They knew.",
        "Cf. the dept. of trade vs. the max. of 5. |The min. is 3.",
        "On Jan. 5 and on Mon. the 6th. |We met in Dec. |It snowed.",
        "Ask John Smith Jr. about it. |He is Sammy Davis Jr. |He sings.",
        "Apple Inc. sells phones. |I work at Apple Inc. |It is big.",
        "Add 2 tbsp. of oil and 1 tsp. salt. |Stir.",
        "Call ext. 55 or tel. 1234. |Thanks.",
        "He said no. |Then he left. |No. 5 is alive. |No. |It's new.",
        "Sit in the sun. |It is warm. |Ask Sun. or Mon. night.",
        "It is i.e. this, e.g. that, ie. so, eg. there. |Yes.",
        "¿Está Ud. con el Sr. White y la Sra. Brown en EE. UU. o en EE.UU. hoy? |Sí.",
        "Gracias a Ud. |El tren llega.",
        "Nació en 604 a. C. en China. |Murió en 650 d. C. |Fue rey.",
        "p. ej. esto, la pág. 5, el núm. 8, etc. y más. |Fin.",
        "Vive en la Av. Colón con el Lic. Gómez. |Sí.",
        # Times and dotted abbreviations.
        "We met at 5 p.m. |Then we left at 6 p.m. sharp.",
        "It was 6 a.m. in Rome, 9 A.M. |He slept.",
        "The U.S. Army came. |The U.S. is big.",
        "He lives in Washington D.C. |She has a Ph.D. |They met.",
        # Initials.
        "J. F. Kennedy and D.H. Lawrence (A.I.) agree. |So do I. |Do you?",
        "A book by J. R. R. Tolkien. |I like it.",
        "It has vitamin C. |It is good.",
        "Choose plan B. |Plan A failed.",
        "I met George W. Bush. |He smiled.",
        "She is taller than I. |He is not.",
        "I. Newton was born. |He died.",
        # Ends without a space.
        "I'm tired.|I want to sleep.",
        "Is it so?|Yes, it is.",
        "We came!|They left.",
        "Vámonos ya.|El tren sale.",
        "¿Qué?|¿Cómo? |Hola.|¿Qué tal?",
        "It was late.|I'm sorry.",
        "Use Node.js and io.StringIO. |U.S.A. today. |J.K.Rowling wrote it.",
        "See asyncio.TaskGroup, e.g.This, and readme.Md now. |Done.",
        "Now wait.|No. |It ended...¿Qué? |Set re.I, re.A or re.M now.",
    ],
)
def test_sentences_end_where_a_reader_would_end_them(text: str) -> None:
    sentences = [sentence.strip(" ") for sentence in text.split("|")]
    assert split_sentences(text.replace("|", ""), LONG) == sentences


@pytest.mark.parametrize(
    ("symbols", "sentences"),
    [
        (f"See {ADDRESS}. Then go.", [f"See {ADDRESS}.", "Then go."]),
        (f"{ADDRESS}. Then go.", [f"{ADDRESS}.", "Then go."]),
        (f"{ONE}. First. {NUMBER}. Second.", [f"{ONE}. First.", f"{NUMBER}. Second."]),
        (f"Stop.{MARKUP} Then go.", [f"Stop.{MARKUP}", "Then go."]),
        (f"Stop it.{MARKUP}Then go.", [f"Stop it.{MARKUP}", "Then go."]),
        (f"Great!{SIGN} See you.", [f"Great!{SIGN}", "See you."]),
        (f"See no. {NUMBER} there. Yes.", [f"See no. {NUMBER} there.", "Yes."]),
    ],
)
def test_spans_are_parts_of_sentences(symbols: str, sentences: list[str]) -> None:
    assert split_sentences(symbols, LONG) == sentences


@pytest.mark.parametrize(
    ("so_far", "over"),
    [
        ("Go.", True),
        ("Go!", True),
        ("Go", False),
        ("Mr.", False),
        ("Go...", False),
        ('"Go."', False),
        ("5 p.m.", False),
        ("He said no.", False),
        ('"Go. Now.', False),
        ("So do I.", True),
        ("5.", False),
    ],
)
def test_most_ends_are_certain_at_the_space(so_far: str, over: bool) -> None:
    cutter = SentenceCutter(LONG)
    assert [cutter.feed(symbol) for symbol in so_far] == [[]] * len(so_far)
    assert cutter.feed(" ") == ([so_far] if over else [])


def test_a_symbol_waits_only_where_a_sentence_may_end() -> None:
    cutter = SentenceCutter(LONG)
    steps = [cutter.mark(symbol) for symbol in "At 5 p.m. Tom ate it.Then."]
    shown = ["".join(piece if isinstance(piece, str) else "|" for piece in step) for step in steps]
    assert shown == [
        *(
            "A",
            "t",
            "",
            " 5",
            "",
            " p",
            ".",
            "m",
            ".",
            "",
            "|T",
            "o",
            "m",
            "",
            " a",
            "t",
            "e",
            "",
            " i",
            "t",
            ".",
        ),
        *("", "", "", "", "|Then."),
    ]
    assert cutter.end() == []


# Long sentences


@pytest.mark.parametrize(
    ("text", "limit", "parts"),
    [
        # Up to 60 % of the limit, nothing; a strong mark from there on.
        ("aaaa; bb cc", 20, ["aaaa; bb cc"]),
        ("aaaa bb cccc; dd", 20, ["aaaa bb cccc;", "dd"]),
        ("aaaa bb cccc: dd", 20, ["aaaa bb cccc:", "dd"]),
        ("aaaa bb cccc — dd", 20, ["aaaa bb cccc —", "dd"]),
        ("aaaa bb cccc... dd", 20, ["aaaa bb cccc...", "dd"]),
        # Not within brackets.
        ("aaaa (bb ccc; dd) e", 20, ["aaaa (bb ccc; dd)", "e"]),
        # A comma, a bracket and a conjunction from 80 % on.
        ("aaaa bb cccc, dd", 20, ["aaaa bb cccc, dd"]),
        ("aaaa bb cccc dddd, e", 20, ["aaaa bb cccc dddd,", "e"]),
        ("aaaa bb cccc (ddd) e", 20, ["aaaa bb cccc (ddd)", "e"]),
        ("x" * 80 + " and yy", 100, ["x" * 80, "and yy"]),
        ("x" * 80 + " an yy", 100, ["x" * 80 + " an yy"]),
        ("x" * 80 + " anden yy", 100, ["x" * 80 + " anden yy"]),
        ("x" * 70 + " and yy", 100, ["x" * 70 + " and yy"]),
        ("x" * 80 + " which", 100, ["x" * 80 + " which"]),
        # A space from 90 % on.
        ("aaaa bbbb cccc ddddd ee", 20, ["aaaa bbbb cccc ddddd", "ee"]),
        # Anywhere at the limit.
        ("a" * 40, 12, ["a" * 12, "a" * 12, "a" * 12, "aaaa"]),
        ("a" * 12 + " b", 12, ["a" * 12, "b"]),
        ("a b c", 1, ["a", "b", "c"]),
        # A sentence that ends within a quotation, if that is long.
        ('He: "aaaa bb. Bb cc."', 20, ['He: "aaaa bb.', 'Bb cc."']),
    ],
)
def test_a_long_sentence_is_cut_where_it_hurts_least(text: str, limit: int, parts: list[str]) -> None:
    assert split_sentences(text, limit) == parts


def test_each_cut_says_what_it_is() -> None:
    def cuts(text: str, limit: int) -> list[Cut]:
        cutter = SentenceCutter(limit)
        return [piece for piece in cutter.mark(text) + cutter.end() if isinstance(piece, Cut)]

    assert cuts("So it is. Yes. ", 100) == [Cut.OVER, Cut.OVER]
    assert cuts("So it is.Yes.", 100) == [Cut.GLUED]
    assert cuts("aaaa bb cccc; dd", 20) == [Cut.JOINED]
    assert cuts("aaaa bb cccc; ", 20) == []
    assert cuts("a" * 25, 20) == [Cut.SPLIT]
    assert [cut.joined for cut in Cut] == [False, False, True, True]
    assert [cut.spaced for cut in Cut] == [True, False, True, False]


# Properties

words = st.sampled_from(
    [
        *re.split(
            r"\s+",
            """a Sí. Mr. I. "No!" well... ¿qué? 1. and, no dijo: "I (see) it.Then it?We p.m. C. 'tis 'so so.'
            because which, who; — … ) x.I? x!¿y no. and an""",
        ),
        *("x" * 9, "y" * 30, f"z{MARKUP}", f"z.{SIGN}", NUMBER),
    ]
)
lines = st.lists(words, max_size=25).map(" ".join) | st.lists(words, max_size=25).map("".join)
anything = lines | st.text(st.sampled_from("aIN .!?,;:\"'()“”…¿-5é" + MARKUP)) | st.text().map(normalise)
limits = st.integers(1, 60) | st.just(LONG)


def pieces(text: str, ends: list[int]) -> list[str]:
    places = [0, *sorted(ends), len(text)]
    return [text[a:b] for a, b in itertools.pairwise(places)]


@given(anything, limits, st.lists(st.integers(0, 100)))
def test_cutting_in_pieces_is_the_same_as_at_once(text: str, limit: int, ends: list[int]) -> None:
    text = text.strip(" ")  # as clean text is
    sentences = split_sentences(text, limit)
    for chunks in ([text], pieces(text, ends), list(text)):
        cutter = SentenceCutter(limit)
        over = [sentence for chunk in chunks for sentence in cutter.feed(chunk)]
        assert over + cutter.finish() == sentences


@given(anything, limits)
def test_sentences_are_short_enough_and_give_the_line_back(text: str, limit: int) -> None:
    sentences = split_sentences(text, limit)
    assert all(0 < len(sentence) <= limit for sentence in sentences)
    assert "".join(sentences).replace(" ", "") == text.replace(" ", "")
    cutter, back = SentenceCutter(limit), ""
    for piece in cutter.mark(text) + cutter.end():
        back += piece if isinstance(piece, str) else " " * piece.spaced
    assert back.rstrip(" ") == text.rstrip(" ")


@given(anything, anything, limits)
def test_what_follows_changes_no_sentence_that_is_over(text: str, more: str, limit: int) -> None:
    cutter = SentenceCutter(limit)
    over = cutter.feed(text)
    assert split_sentences(text + more, limit)[: len(over)] == over


@given(anything, limits)
def test_a_cutter_begins_anew_after_the_end(text: str, limit: int) -> None:
    cutter = SentenceCutter(limit)
    first = cutter.feed(text) + cutter.finish()
    assert cutter.feed(text) + cutter.finish() == first


@pytest.mark.slow
@pytest.mark.parametrize(
    "unit", ["one, two ", "x", "(", '"a ', "a. ", "Mr. ", "an ", "I.I", "' ", ".", "a.The"]
)
@pytest.mark.parametrize("limit", [240, 10**7])
def test_time_is_linear_in_the_length(unit: str, limit: int) -> None:
    """In quadratic time this would take hours."""
    text = unit * (300_000 // len(unit))
    assert "".join(split_sentences(text, limit)).replace(" ", "") == text.replace(" ", "")


def test_abbreviations_are_known() -> None:
    assert is_abbreviation("Ask Mr")
    assert is_abbreviation("in EE. UU")
    assert is_abbreviation("J")
    assert is_abbreviation("and so on, etc")
    assert not is_abbreviation("He left")
    assert not is_abbreviation('He said "no')
    assert not is_abbreviation("plan B")
