"""Checks: the ends of each range, what it expects in words, and the hints."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from seq2seq.config.checks import (
    LAG,
    LAGS,
    MORE_FILES,
    PAIRS,
    SOME_LAGS,
    TEXT,
    TRAIN_PAIRS,
    Validator,
    listing,
    one_of,
    optional,
    part_name,
    real,
    shown,
    whole,
)
from seq2seq.lag import LagDistribution


def hint(check: Validator[Any], value: object) -> str:
    """Return the hint, which may be empty, with which `check` refuses a value."""
    try:
        read = check.read(value)
    except ValueError as error:
        return str(error)
    pytest.fail(f"{value!r} was read as {read!r}")


@pytest.mark.parametrize(
    ("check", "words", "inside", "outside"),
    [
        (
            SOME_LAGS,
            "a list of lags such as [4, 12, full] or null",
            [None],
            [[], 4, "full", [4, 4], [4, -1], ["4"]],
        ),
        (MORE_FILES, "a list of paths or null", [None], [[], "a.tsv", [1], ["a/x.tsv", "b/x.dev.tsv"], [""]]),
        (whole(1, 8192), "a whole number from 1 to 8,192", [1, 8192], [0, 8193, 1.0, True, None]),
        (real(0, 1), "a number from 0 to 1", [0, 1, 0.5], [-1e-9, 1.0000001, float("nan"), True, "1"]),
        (real(0, 1, below=True), "a number from 0 to below 1", [0, 0.9999], [1, 1.0]),
        (real(0, above=True), "a number above 0", [1e-300, 1e300], [0, 0.0, float("inf"), 10**400]),
        (optional(whole(1, 3)), "a whole number from 1 to 3 or null", [None, 2], [0, "null", False]),
        (one_of(Literal["a", "b"]), "a or b", ["a", "b"], ["c", None, True, ["a"], "A"]),
        (
            LAG,
            "full or a whole number from 0 to 10,000",
            ["full", 0, 10_000],
            [-1, 10_001, "12", True, "Full"],
        ),
        (TEXT, "a path", ["a", "ñ b"], ["", " ", "a\nb", "a\x9f", "\ud800", 1, None]),
    ],
)
def test_a_check_accepts_its_range_and_says_so(
    check: Validator[Any], words: str, inside: list[object], outside: list[object]
) -> None:
    assert check.expected == words
    assert [check.read(value) for value in inside] == inside
    for value in outside:
        hint(check, value)


def test_a_whole_number_serves_where_any_number_does() -> None:
    assert type(real(0, 10).read(3)) is float


def test_two_paths_become_a_tuple() -> None:
    assert PAIRS.read(["a", "b"]) == ("a", "b")
    for value in (["a"], ["a", "b", "c"], ["a", 1], ["a", ""], {"a": "b"}):
        hint(PAIRS, value)


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ([{"path": "a"}], "part 1 of the list has no share; its form is {path: FILE, share: NUMBER}"),
        (
            [{"path": "a", "share": 1}, {"path": "b", "shares": 1}],
            "part 2 of the list has no share and has `shares`; its form is",
        ),
        (
            [{"path": "a", "share": 1}, "b"],
            "part 2 of the list is not of the form {path: FILE, share: NUMBER}: found the text",
        ),
        ([{"path": "a", "share": 0}], "part 1 of the list: share is a number above 0 to 1e+06, not 0"),
        ([{"path": ["a"], "share": 1}], "path is a path or a list of two paths, not the list ['a']"),
        ([{"path": "a", "share": "1"}], "not the text '1' (a number in quotes is text: drop the quotes)"),
        ({"path": "a", "share": 1}, "write the parts as a list: [{path: FILE, share: NUMBER}, …]"),
        ([], ""),
        (["a", "b", "c"], ""),
    ],
)
def test_a_wrong_part_is_named_with_what_is_wrong(value: object, words: str) -> None:
    assert words in hint(TRAIN_PAIRS, value)


def test_lists_become_tuples() -> None:
    assert SOME_LAGS.read([4, "full"]) == (4, "full")
    assert MORE_FILES.read(["a/news.dev.tsv", "words.tsv.gz"]) == ("a/news.dev.tsv", "words.tsv.gz")
    assert hint(MORE_FILES, "a.tsv") == " (write it as a list: [FILE])"
    assert hint(MORE_FILES, ["a/x.tsv", "b/x.tsv"]) == " (two of them are called `x`: rename one)"


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("a/news.dev.tsv", "news"),
        ("words.tsv.gz", "words"),
        ("plain", "plain"),
        (".x.tsv", "x"),
        ("..", ".."),
    ],
)
def test_a_part_is_called_by_its_file(path: str, name: str) -> None:
    assert part_name(path) == name


def test_lags_are_those_of_the_lag_module() -> None:
    assert LAGS.read({"uniform": [0, 40]}) == LagDistribution(None, (0, 40), 0.0)
    assert LAGS.read({"uniform": [0, 40], "full": 0.5}).to_plain() == {"uniform": [0, 40], "full": 0.5}
    assert hint(LAGS, {"uniform": [0, 40], "ful": 0.5}).endswith("; it has no ful)")
    assert hint(LAGS, {"uniform": [0, 40], "\n": 0.5}).endswith("; it has no \\n)")
    assert hint(LAGS, {"uniform": ["0", 40]}) == " (a number in quotes is text: drop the quotes)"


@pytest.mark.parametrize(
    ("check", "value", "words"),
    [
        (whole(0), "12", " (a number in quotes is text: drop the quotes)"),
        (real(0), "1e-3", " (a number in quotes is text: drop the quotes)"),
        (whole(0), "-010", " (a number does not start with 0: write it without)"),
        (whole(0), "12:30", ""),
        (whole(0), 1.5, ""),
        (one_of(Literal["lstm", "gru"]), "LSTN", " — did you mean `lstm`?"),
        (one_of(Literal["dot", "none"]), None, " — did you mean `none`?"),
        (TEXT, 3, " (it is not text; quote it to make it a string)"),
    ],
)
def test_a_hint_names_the_likely_slip(check: Validator[Any], value: object, words: str) -> None:
    assert hint(check, value) == words


def test_values_are_shown_as_yaml_writes_them() -> None:
    assert [shown(value) for value in (None, True, 1, 0.5)] == ["null", "true", "1", "0.5"]
    assert [shown(value) for value in ("1", [1])] == ["the text '1'", "the list [1]"]
    assert len(shown("x" * 1000)) < 80
    assert listing(["a"]) == "a"
    assert listing("abc") == "a, b or c"
