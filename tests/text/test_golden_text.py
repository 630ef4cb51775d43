"""The golden text that other tests translate keeps the form that golden/README.md promises."""

from __future__ import annotations

import json
import re
import unicodedata
from collections import Counter
from pathlib import Path

import pytest

GOLDEN = Path(__file__).parents[1] / "golden"
PAIRS = dict(zip("“‘«([", "”’»)]", strict=True))


def lines(name: str) -> list[str]:
    """Return the lines of a file; only a line feed ends one."""
    text = (GOLDEN / name).read_bytes().decode("utf-8")
    assert text.endswith("\n")
    return text[:-1].split("\n")


def rest(sentence: str, tokens: list[str]) -> str:
    """Return `sentence` with a blank for each of `tokens`, which must stand there in this order."""
    left, at = "", 0
    for token in tokens:
        place = sentence.find(token, at)
        assert place >= 0, f"{token!r} does not stand in {sentence!r}"
        left += sentence[at:place] + " "
        at = place + len(token)
    return left + sentence[at:]


def pairs(sentence: str) -> int:
    """Return how many pairs of quotation marks and brackets there are; each must be closed, in order."""
    open_marks: list[str] = []
    closed = 0
    for character in sentence:
        if open_marks and character == open_marks[-1]:
            open_marks.pop()
            closed += 1
        elif character == '"' or character in PAIRS:
            open_marks.append(PAIRS.get(character, '"'))
        else:
            assert character not in PAIRS.values(), sentence
    assert not open_marks, sentence
    return closed


SPANS = [line.split("\t") for line in lines("spans.tsv")]
EDGES = [json.loads(line) for line in lines("edges.jsonl")]


@pytest.mark.parametrize(
    ("name", "least"),
    [
        ("spans.tsv", 450),
        ("letterless.txt", 120),
        ("edges.jsonl", 150),
        ("pairs_of_marks.tsv", 120),
        ("long.txt", 200),
    ],
)
def test_a_file_has_enough_lines_and_none_twice_and_is_nfc(name: str, least: int) -> None:
    kept = lines(name)
    assert len(kept) >= least
    assert [line for line, times in Counter(kept).items() if times > 1] == []
    assert [line for line in kept if not unicodedata.is_normalized("NFC", line)] == []
    assert [line for line in kept if line.splitlines() not in ([line], [])] == []


def test_spans_are_of_many_kinds() -> None:
    kinds = Counter(kind for kind, *_ in SPANS)
    assert len(kinds) >= 25
    assert min(kinds.values()) >= 10


def test_a_sentence_has_one_to_four_spans_and_most_have_few() -> None:
    numbers = Counter(len(tokens) for _, _, *tokens in SPANS)
    assert set(numbers) == {1, 2, 3, 4}
    assert numbers[1] > numbers[2] > numbers[3] > numbers[4] > len(SPANS) // 20


def test_every_sentence_with_spans_stands_once() -> None:
    sentences = Counter(sentence for _, sentence, *_ in SPANS)
    assert [sentence for sentence, times in sentences.items() if times > 1] == []


def test_all_that_must_stay_is_a_token() -> None:
    for _, sentence, *tokens in SPANS:
        assert all(token and token == token.strip() for token in tokens), sentence
        left = rest(sentence, tokens)
        # What is left is plain English: its letters, the accents of Spanish, and marks of a sentence.
        assert re.fullmatch(r"[A-Za-záéíóúñü ,.;:!?'\"()–-]+", left), sentence
        assert re.search("[a-z]", left), sentence


def test_a_token_is_not_a_part_of_a_word() -> None:
    for _, sentence, *tokens in SPANS:
        at = 0
        for token in tokens:
            begin = sentence.index(token, at)
            at = begin + len(token)
            if token[0] not in "<&":  # a markup tag may touch the word beside it
                around = sentence[:begin][-1:] + sentence[at : at + 1]
                assert not any(map(str.isalnum, around)), sentence


def test_tokens_stand_everywhere_in_a_sentence() -> None:
    first = [s for _, s, *t in SPANS if s.startswith(t[0])]
    last = [s for _, s, *t in SPANS if s.endswith(t[-1])]
    asked = [s for _, s, *t in SPANS if s.endswith(t[-1] + "?")]
    possessive = [s for _, s, *t in SPANS if any(token + "'s" in s for token in t)]
    quoted = [s for _, s, *t in SPANS if any(f'"{token}"' in s for token in t)]
    bracketed = [s for _, s, *t in SPANS if any(f"({token})" in s for token in t)]
    for place in (first, last, asked, possessive, quoted, bracketed):
        assert len(place) >= 10


def test_a_line_without_a_letter_has_none() -> None:
    for line in lines("letterless.txt"):
        assert not any(unicodedata.category(character).startswith("L") for character in line), line


def test_what_comes_off_and_what_stays_are_the_line() -> None:
    for edge in EDGES:
        assert set(edge) == {"line", "before", "core", "after", "kind"}
        assert edge["before"] + edge["core"] + edge["after"] == edge["line"], edge
        assert edge["core"] == edge["core"].strip(), edge
        assert any(map(str.isalpha, edge["core"])), edge
        assert (edge["core"] == edge["line"]) == (edge["kind"] == "none"), edge


def test_edges_are_of_many_kinds_and_some_lines_have_none() -> None:
    kinds = Counter(edge["kind"] for edge in EDGES)
    assert len(kinds) >= 12
    assert min(kinds.values()) >= 5
    assert kinds["none"] >= 40


def test_a_sentence_has_one_to_three_pairs_of_marks() -> None:
    for sentence in lines("pairs_of_marks.tsv"):
        assert 1 <= pairs(sentence) <= 3, sentence


def test_pairs_of_marks_are_of_all_styles() -> None:
    text = "".join(lines("pairs_of_marks.tsv"))
    assert text.count('"') // 2 >= 10
    assert all(text.count(mark) >= 10 for mark in PAIRS)


def test_a_long_sentence_has_one_capital_and_one_stop() -> None:
    for sentence in lines("long.txt"):
        assert 180 <= len(sentence) <= 420, sentence
        assert sentence.find(".") == len(sentence) - 1, sentence
        assert re.fullmatch(r"[A-Z](?:[a-z ,;:'-]|\bI\b)*\.", sentence), sentence
