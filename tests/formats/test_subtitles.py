"""Subtitles: sentences go over lines and cues, and all but the text stays byte for byte."""

from __future__ import annotations

import pytest
from echoing import backwards, blind, capitals

from seq2seq.formats.cues import find_cues
from seq2seq.formats.subtitles import LINES, WIDTH, translate_subtitles

HEAD = "7\n00:00:0{},500 --> 00:00:0{},000  X1:40\n"


def srt(*texts: str) -> str:
    """Return cues with these texts."""
    return "".join(HEAD.format(number, number) + f"{text}\n\n" for number, text in enumerate(texts, 1))


def texts_of(document: str) -> list[str]:
    return ["\n".join(cue.lines) for cue in find_cues(document, vtt=False)]


def translated(document: str, vtt: bool = False) -> str:
    return translate_subtitles(document, capitals, vtt)[0]


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("one two.", "ONE TWO."),
        ("one\ntwo.", "ONE TWO."),
        ("- one.\n- two.", "- ONE.\n- TWO."),
        ("-One.\n–Two\nthree.", "-ONE.\n–TWO THREE."),
        ("♪ one two ♪", "♪ ONE TWO ♪"),
        ("♪ one\ntwo ♪", "♪ ONE TWO ♪"),
        ("# one #", "# ONE #"),
        ("{\\an8}<i>one</i>", "{\\an8}<i>ONE</i>"),
        (
            '<font color="#fff"><i>- one <b>two</b></i></font>',
            '<font color="#fff"><i>- ONE <b>TWO</b></i></font>',
        ),
        ("<i>one</i> two <i>three</i>", "<i>ONE</i> TWO <i>THREE</i>"),
        ("[door slams]\none.", "[DOOR SLAMS]\nONE."),
        ("(sighs)", "(SIGHS)"),
        ("...", "..."),
        ("♪", "♪"),
        ("12:30", "12:30"),
        ("<i>one", "<i>ONE"),
    ],
)
def test_what_stands_around_a_text_stays(text: str, wanted: str) -> None:
    assert texts_of(translated(srt(text))) == [wanted]


def test_all_but_the_text_stays_byte_for_byte() -> None:
    document = "\ufeff" + srt("one", "", "two\nthree", "...").replace("\n", "\r\n") + "\r\n  \r\nno cue"
    document = document.replace("7\r\n", "009\r\n", 1)
    assert translated(document) == document.replace("one", "ONE").replace(
        "two\r\nthree", "TWO THREE"
    ).replace("no cue", "NO CUE")
    for odd in ("", "\n\n", "no times\n", "1\n", "1\n00:00:01,000 --> 00:00:02,000", HEAD.format(1, 2)):
        assert translated(odd) == odd


def test_a_sentence_over_two_cues_is_one_and_is_laid_out_again() -> None:
    seen: list[str] = []

    def listening(lines: list[str], attention: bool) -> list[object]:
        seen.extend(lines)
        return list(capitals(lines, attention))

    document = srt("When I was a boy,", "my <i>father</i> told me\nthat", "it was big. And then", "Hello.")
    written, overfull = translate_subtitles(document, listening, False)  # type: ignore[arg-type]
    assert seen == ["When I was a boy, my father told me that it was big. And then", "Hello."]
    assert texts_of(written) == [
        "WHEN I WAS A BOY,",
        "MY <i>FATHER</i> TOLD ME THAT",
        "IT WAS BIG. AND THEN",
        "HELLO.",
    ]
    assert overfull == 0


@pytest.mark.parametrize(
    ("first", "second"),
    [("One.", "two"), ("one", "- two"), ("one", "Two"), ("one", "♪ two"), ("one", "[two]"), ("[one]", "two")],
)
def test_other_texts_are_not_put_together(first: str, second: str) -> None:
    seen: list[str] = []

    def listening(lines: list[str], attention: bool) -> list[object]:
        seen.extend(lines)
        return list(capitals(lines, attention))

    translate_subtitles(srt(first, second), listening, False)  # type: ignore[arg-type]
    assert len(seen) == 2


@pytest.mark.parametrize(
    ("text", "pieces"),
    [
        ("(laughing) I know.", ["laughing", "I know."]),
        ("<i>(laughing)</i> I <b>know</b>.", ["laughing", "I know."]),
        ("<i>(laughing) I know.</i>", ["laughing", "I know."]),
        ("{\\an8}- [laughing] I know.\n- Me too. (sighs)", ["laughing", "I know.", "Me too.", "sighs"]),
        ("I know.\n(laughing)  You know.", ["I know.", "laughing", "You know."]),
        ("(one) (two) three", ["one", "two", "three"]),
        # No remark between sentences: a part of one.
        ("I saw him (my brother) there.", ["I saw him (my brother) there."]),
        ("Call(s) came.", ["Call(s) came."]),
        ("(one (two) three) four", ["(one (two) three) four"]),
    ],
)
def test_a_remark_in_brackets_between_sentences_is_a_text_of_its_own(text: str, pieces: list[str]) -> None:
    seen: list[str] = []

    def listening(lines: list[str], attention: bool) -> list[object]:
        seen.extend(lines)
        return list(capitals(lines, attention))

    written, _ = translate_subtitles(srt(text), listening, False)  # type: ignore[arg-type]
    assert seen == pieces
    assert texts_of(written)[0].upper() == text.upper()


def test_a_remark_in_brackets_that_leaves_no_room_has_a_line_of_its_own() -> None:
    text = "(laughing out loud) I know what you mean by that"
    assert texts_of(translated(srt(text))) == ["(LAUGHING OUT LOUD)\nI KNOW WHAT YOU MEAN BY THAT"]
    document = srt("[door] Well, when I was a boy,", "my father told me.")
    assert texts_of(translated(document)) == ["[DOOR] WELL, WHEN I WAS A BOY,", "MY FATHER TOLD ME."]


def test_tags_over_a_cut_are_closed_and_opened_again() -> None:
    document = srt("<i>one two", "three four</i>.")
    written = texts_of(translated(document))
    assert written == ["<i>ONE TWO", "THREE FOUR</i>."]


@pytest.mark.parametrize("model", [capitals, backwards, blind])
def test_no_line_is_too_long_and_no_word_is_lost(model: object) -> None:
    words = [f"word{number}" for number in range(40)]
    cues = [" ".join(words[at : at + 8]) for at in range(0, 40, 8)]
    written, overfull = translate_subtitles(srt(*cues), model, False)  # type: ignore[arg-type]
    texts = texts_of(written)
    assert overfull == 0
    assert len(texts) == 5
    for text in texts:
        assert len(text.split("\n")) <= LINES
        assert max(map(len, text.split("\n"))) <= WIDTH
    assert sorted(" ".join(texts).split()) == sorted(word.upper() for word in words)


def test_a_cue_that_cannot_fit_is_counted_and_whole() -> None:
    text = " ".join(f"word{number}" for number in range(40)) + "."
    written, overfull = translate_subtitles(srt(text), capitals, False)
    assert overfull == 1
    assert max(map(len, texts_of(written)[0].split("\n"))) <= WIDTH
    assert texts_of(written)[0].split() == text.upper().split()


VTT = """\ufeffWEBVTT - a title

STYLE
::cue { color: red }

REGION
id:fred

NOTE one
two

intro
00:01.000 --> 00:00:02.000 align:start position:10%
<v Bob>one &amp; <c.loud>two</c>

00:02.000 --> 00:03.000
- <00:02.500>one &lt;3

NOTE no text
"""


def test_webvtt_keeps_all_but_the_text() -> None:
    wanted = VTT.replace(">one &amp; <c.loud>two<", ">ONE &amp; <c.loud>TWO<").replace(
        ">one &lt;3", ">ONE &lt;3"
    )
    assert translated(VTT, vtt=True) == wanted
    assert translated(VTT.replace("\n", "\r\n"), vtt=True) == wanted.replace("\n", "\r\n")


def test_another_program_reads_the_same_times() -> None:
    pysubs2 = pytest.importorskip("pysubs2")
    for document, kind in ((srt("one\ntwo", "three."), "srt"), (VTT.lstrip("\ufeff"), "vtt")):
        before = pysubs2.SSAFile.from_string(document, format_=kind)
        after = pysubs2.SSAFile.from_string(translated(document, kind == "vtt"), format_=kind)
        assert [(cue.start, cue.end) for cue in after] == [(cue.start, cue.end) for cue in before]
        assert len(after) == 2
        # It takes entities and notes of WebVTT for text, which stay in small letters.
        texts = [[" ".join(cue.plaintext.lower().split()) for cue in cues] for cues in (before, after)]
        assert texts[0] == texts[1]
