"""Markdown: only text changes, and the structure stays."""

from __future__ import annotations

import sys

import pytest
from echoing import backwards, capitals
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.errors import UsageError
from seq2seq.formats import markdowntext
from seq2seq.formats.markdowntext import split_markdown, translate_markdown
from seq2seq.formats.marked import Marked

pytest.importorskip("markdown_it")


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        ("# one #\n\ntwo\n===\n", "# ONE #\n\nTWO\n===\n"),
        ("one\ntwo\r\n\r\nthree", "ONE TWO\r\n\r\nTHREE"),
        ("one  \ntwo\\\nthree\n", "ONE  \nTWO\\\nTHREE\n"),
        ("- one\n  two\n  - [ ] three\n1) four\n", "- ONE TWO\n  - [ ] THREE\n1) FOUR\n"),
        ("> one\n> two\n>> three", "> ONE TWO\n>> THREE"),
        ("a *b* **c** ***d*** ~~e~~ _f_", "A *B* **C** ***D*** ~~E~~ _F_"),
        ("see `a*b` and ``c`d``", "SEE `a*b` AND ``c`d``"),
        ('a [b *c*](d "e") f', 'A [B *C*](d "e") F'),
        ("a ![b](c) <http://d.e> f", "A ![b](c) <http://d.e> F"),
        (
            "[one][] [two] [three][x]\n\n[one]: a\n[two]: b\n[x]: c\n",
            "[ONE][one] [TWO][two] [THREE][x]\n\n[one]: a\n[two]: b\n[x]: c\n",
        ),
        ("| a | b |\n|---|:-:|\n| c *d* | a |\n", "| A | B |\n|---|:-:|\n| C *D* | A |\n"),
        ("```py\none\n```\n\n    two\n\n~~~\nthree", "```py\none\n```\n\n    two\n\n~~~\nthree"),
        ("---\ntitle: one\n---\ntwo", "---\ntitle: one\n---\nTWO"),
        ("<div>\none <b>two</b>\n</div>\n\nx <b>y</b>", "<div>\nONE <b>TWO</b>\n</div>\n\nX <b>Y</b>"),
        ("\\*one\\* &amp; 5 * 3 snake_case", "\\*ONE\\* & 5 \\* 3 SNAKE_CASE"),
        ("\ufeff# one", "\ufeff# ONE"),
        ("***\n\n---\n\n12\n", "***\n\n---\n\n12\n"),
        ("", ""),
    ],
)
def test_all_but_the_text_stays(document: str, wanted: str) -> None:
    assert translate_markdown(document, capitals) == wanted


def test_marks_follow_their_words() -> None:
    assert translate_markdown("the **red** [big book](x) `y`", backwards) == "`y` [BOOK BIG](x) **RED** THE"


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        *[
            ("# a", "\\# a"),
            ("1. a", "1\\. a"),
            ("- a", "\\- a"),
            ("> a", "\\> a"),
            ("#a -1 2.5", "#a -1 2.5"),
        ],
        *[("a_b _c_", "a_b \\_c\\_"), ("<a> [b]", "\\<a\\> \\[b\\]"), ("a & b &amp;", "a & b \\&amp;")],
    ],
)
def test_text_stays_text(text: str, wanted: str) -> None:
    assert markdowntext.escape_markdown(text, frozenset()) == wanted


def test_the_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "markdown_it", None)  # type: ignore[arg-type]  # the import fails
    markdowntext._parser.cache_clear()
    with pytest.raises(UsageError, match=r"pip install 'seq2seq-lag\[markdown\]'; .*`format` text"):
        translate_markdown("one", capitals)
    markdowntext._parser.cache_clear()


PIECES = st.sampled_from(
    [
        "# ",
        "- ",
        "> ",
        "1. ",
        "\n",
        "\n\n",
        "  \n",
        "one ",
        "two",
        "*",
        "**",
        "`",
        "[",
        "](x)",
        "![",
        "<b>",
        "</b>",
        "    ",
        "\t",
        "|",
        "\n|-|-|\n",
        "```\n",
        "\\",
        "&amp;",
        "<div>\n",
        "~~",
        "é",
        "\r\n",
        "---\n",
        "[a]: b\n",
        "\x00",
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_the_parts_of_any_document_make_it_up(document: str) -> None:
    parts = split_markdown(document)
    assert "".join(part.raw if isinstance(part, Marked) else part for part in parts) == document
