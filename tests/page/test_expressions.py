from __future__ import annotations

import re

import pytest

from seq2seq.page.expressions import javascript


@pytest.mark.parametrize(
    ("python", "expected"),
    [
        ("a+b", "a+b"),
        (r"\d", r"[\p{Nd}]"),
        (r"[^\W\d_]", r"[^[^\p{L}\p{N}_]\p{Nd}\u{5f}]"),
        (r"(?P<a>x)(?P=a)", r"(?<a>x)(?:\k<a>)"),
        (r"(x)\1", r"(x)(?:\1)"),
        (".", r"[^\n]"),
        (r"a\Z", "a$"),
        ("a{2,3}b{,4}", "a{2,3}b{0,4}"),
        ("{x}", r"\u{7b}x\u{7d}"),
        ("[]-]", r"[\u{5d}\u{2d}]"),
        ("[a-z&]", r"[a-z\u{26}]"),
        ("(?<=a)(?!b)(?:c)", "(?<=a)(?!b)(?:c)"),
        ("\U0001f3f4", r"\u{1f3f4}"),
    ],
)
def test_what_is_written_in_python_is_written_in_javascript(python: str, expected: str) -> None:
    assert javascript(re.compile(python)) == (expected, "v")


def test_white_space_and_comments_of_a_verbose_expression_go() -> None:
    pattern = re.compile("a b  # a comment\n [ #] \\#", re.VERBOSE)
    assert javascript(pattern) == (r"ab[\u{20}\u{23}]\u{23}", "v")


def test_a_flag_stays() -> None:
    assert javascript(re.compile("ab", re.IGNORECASE)) == ("ab", "iv")


@pytest.mark.parametrize("python", ["a$", r"a\B", "(?i:a)", "(?>a)", "a*+", "(a)(?(1)b|c)", "a{2}+"])
def test_what_has_no_translation_is_refused(python: str) -> None:
    try:
        pattern = re.compile(python)
    except re.error:
        pytest.skip("this version of Python has no such expression")
    with pytest.raises(ValueError, match="translat"):
        javascript(pattern)


def test_a_flag_without_a_translation_is_refused() -> None:
    with pytest.raises(ValueError, match="flags"):
        javascript(re.compile("a", re.MULTILINE))
