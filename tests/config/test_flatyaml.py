"""Strict YAML: typed as one expects, refused before anything is expanded or run, with the line."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.config.flatyaml import NESTING_LIMIT, SIZE_LIMIT, dump, parse, read_text
from seq2seq.config.messages import ConfigError, quoted
from seq2seq.errors import UsageError, UserError

TEXT = st.text(st.characters(exclude_categories=["Cc", "Cs"]))
TREES = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.floats(allow_nan=False) | TEXT,
    lambda children: (
        st.lists(children, max_size=4)
        | st.dictionaries(st.from_regex("[a-z_]+", fullmatch=True), children, max_size=4)
    ),
    max_leaves=5,  # no deeper than the limit
)


def read(text: str) -> object:
    """Return the tree of a text without problems."""
    tree, _, problems = parse(text, lambda line: f"x:{line}")
    assert problems == []
    return tree


def refuse(text: str) -> str:
    """Return the one problem of a text that cannot be read at all."""
    with pytest.raises(ConfigError) as caught:
        parse(text, lambda line: f"x:{line}")
    (problem,) = caught.value.problems
    return problem


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-3", 0.001),
        ("1.5E+3", 1500.0),
        ("-.5", -0.5),
        ("3.", 3.0),
        ("+7", 7),
        ("0", 0),
        ("-0", 0),
        ("010", "010"),
        ("0x10", "0x10"),
        ("1_000", "1_000"),
        ("12:30", "12:30"),
        ("2020-01-01", "2020-01-01"),
        ("'1e-3'", "1e-3"),
        ('"12"', "12"),
        ("no", False),
        ("On", True),
        ("'no'", "no"),
        ("y", "y"),
        ("none", "none"),
        ("~", None),
        ("=", "="),
        ("", None),
        ("[1, [a, null]]", [1, ["a", None]]),
        ("|\n two\n lines\n", "two\nlines\n"),
    ],
)
def test_scalars_are_what_they_look_like(text: str, value: object) -> None:
    tree = read(text)
    assert tree == value
    assert type(tree) is type(value)


def test_each_key_has_its_line() -> None:
    tree, lines, _ = parse("\n# top\na: 1\r\nb:\n  c: 2\n  d: {e: 3}\n", lambda line: f"x:{line}")
    assert tree == {"a": 1, "b": {"c": 2, "d": {"e": 3}}}
    assert lines == {"a": 3, "b": 4, "b.c": 5, "b.d": 6, "b.d.e": 6}


def test_keys_are_words_even_where_yaml_sees_a_value() -> None:
    assert read("on: 1\n2: 3\n") == {"on": 1, "2": 3}


def test_all_wrong_keys_are_listed() -> None:
    _, _, problems = parse("a:\n  b: 1\n  b: 2\n<<: {c: 3}\n? [d]\n: 4\na: 5", lambda line: f"x:{line}")
    assert problems == [
        "x:3: `a.b` is set twice, first on line 2",
        "x:4: merge keys (<<) are not supported: write the keys out",
        "x:5: a key is a word, not a list or a mapping",
        "x:7: `a` is set twice, first on line 1",
    ]


@pytest.mark.parametrize(
    "text",
    [
        "a: &x 1",
        "a: [&x 1, *x]",
        "a: *x",
        "&x a: 1",
        "a: !!int 3",
        "a: !x 3",
        "a: ! 3",
        "a: !!python/name:os.system",
        "&a",
    ],
)
def test_anchors_aliases_and_tags_are_refused(text: str) -> None:
    reason = "anchors (&), aliases (*) and tags (!) are not supported: write the value"
    assert refuse("\n" + text) == f"x:2: invalid YAML: {reason}"


def test_nothing_is_run(tmp_path: Path) -> None:
    victim = tmp_path / "made"
    assert "tags (!)" in refuse(f"a: !!python/object/apply:os.system ['touch {victim}']")
    assert not victim.exists()


@pytest.mark.parametrize("form", ["[{}]", "{{<<: [{}]}}"])
def test_nothing_is_expanded(form: str) -> None:
    bomb = "a0: &a0 [x, x]\n"
    for level in range(1, 19):
        uses = ", ".join([f"*a{level - 1}"] * 10)
        bomb += f"a{level}: &a{level} {form.format(uses)}\n"
    tracemalloc.start()
    assert "anchors" in refuse(bomb)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 5e6


def test_nesting_has_a_limit() -> None:
    allowed = NESTING_LIMIT - 1
    assert read("[" * allowed + "1" + "]" * allowed) is not None
    too_deep = f"x:1: invalid YAML: nested more than {NESTING_LIMIT} deep"
    assert refuse("[" * (allowed + 1) + "1" + "]" * (allowed + 1)) == too_deep
    for opening in ("[", "{", "- ", "? "):
        assert refuse(opening * 10_000) == too_deep


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: 1\nb: [", "x:2: invalid YAML: while parsing a flow node"),
        (
            "a:\n\tb: 1",
            "x:2: invalid YAML: while scanning for the next token, found character '\\t'",
        ),
        ("a: 1\n---\nb: 2", "x:2: invalid YAML: expected a single document"),
        ('a: 1\nb: "\\UFFFFFFFF"', "x:2: invalid YAML: an escape sequence outside Unicode"),
        ('a: 1\nb: "\\U00110000"', "x:2: invalid YAML: an escape sequence outside Unicode"),
        ("a: 1\nb: \x00", "x:2: contains the character 0x0, which YAML does not allow"),
        ("a: 1\nb: \ud800", "x:2: contains the character 0xd800, which YAML does not allow"),
        ("#" * (SIZE_LIMIT + 1), "x:1: larger than the limit of 256 KiB"),
    ],
)
def test_what_cannot_be_read_says_where(text: str, problem: str) -> None:
    assert refuse(text).startswith(problem)


@given(TREES)
def test_what_is_dumped_is_read_back(tree: object) -> None:
    assert read(dump({"tree": tree})) == {"tree": tree}


def test_a_name_in_a_message_is_short_and_printable() -> None:
    assert quoted("a.b") == "`a.b`"
    assert quoted("\x1b[31m\n") == "`\\x1b[31m\\n`"
    assert len(quoted("x" * 1000)) == 82


# --- files ---


def unreadable(path: Path) -> str:
    """Return the message for a file that cannot be opened."""
    with pytest.raises(UserError) as caught:
        read_text(path)
    assert caught.value.exit_code == 1
    return str(caught.value)


def test_a_missing_file_names_its_neighbours(tmp_path: Path) -> None:
    tmp_path /= "a folder with a long name" * 5
    tmp_path.mkdir()
    for name in ("base.yaml", "tiny.yaml", "base.txt"):
        (tmp_path / name).touch()

    def message(name: str) -> str:
        found = unreadable(tmp_path / name)
        assert found.startswith(f"cannot read the configuration {tmp_path / name}: ")
        return found.removeprefix(f"cannot read the configuration {tmp_path / name}: ").replace(
            f"{tmp_path}/", ""
        )

    assert message("bsae.yaml") == "No such file or directory — did you mean `base.yaml`?"
    assert message("base") == "No such file or directory — did you mean `base.yaml`?"
    (tmp_path / "configs").mkdir()
    (tmp_path / "configs" / "quick.yaml").touch()
    assert message("quick") == "No such file or directory — did you mean `configs/quick.yaml`?"
    assert message("quite-another") == "No such file or directory"
    assert message("nowhere/base.yaml") == "No such file or directory"
    assert message("") == "it is a directory; name one of those in it: base.yaml, tiny.yaml"


@pytest.mark.parametrize("name", ["pairs.tsv", "PAIRS.TXT", "model.safetensors"])
def test_a_file_that_is_no_configuration_is_told_from_a_wrong_one(name: str, tmp_path: Path) -> None:
    (tmp_path / name).write_text("i like pizza\tme gusta la pizza\n")
    with pytest.raises(UsageError, match=r"is no configuration: .*data\.train"):
        read_text(tmp_path / name)


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (b"a: 1\nb: \xff\n", ":2: byte 9 is not UTF-8: save the file as UTF-8"),
        ("a: 1".encode("utf-16"), ":1: this is UTF-16: save the file as UTF-8"),
        (b"#" * (SIZE_LIMIT + 1), ":1: larger than the limit of 256 KiB"),
    ],
)
def test_a_file_of_other_bytes_is_refused(tmp_path: Path, raw: bytes, problem: str) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes(raw)
    with pytest.raises(ConfigError) as caught:
        read_text(path)
    assert caught.value.problems == [f"{path}{problem}"]


def test_a_byte_order_mark_is_no_text(tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_bytes("\ufeffa: ñ".encode())
    assert read_text(path) == "a: ñ"
