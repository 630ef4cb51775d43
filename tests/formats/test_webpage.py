"""HTML: only text between tags changes."""

from __future__ import annotations

import pytest
from echoing import backwards, capitals
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.formats.marked import Marked
from seq2seq.formats.webpage import split_html, translate_html
from seq2seq.text.normalise import Counts

SAME = [
    '<script>var x = "<p>hello</p>";</script>',
    "<style>p > a { color: red }</style>",
    "<pre>do  not <b>touch</b></pre>",
    '<p translate="no">Acme</p>',
    '<div class="x notranslate">Acme <p>Inc</p></div>',
    "<!DOCTYPE html><?xml x?><!-- hello -->",
    '<img src=a.png alt="a house" title="b">',
    "<p>12 + 3</p>",
    "",
    "<p",
]


@pytest.mark.parametrize(
    ("document", "wanted"),
    [
        *((document, document) for document in SAME),
        ("one <b", "ONE <b"),
        ("<p>one</p>\n<P Class=x>two\r\n three</P>", "<p>ONE</p>\n<P Class=x>TWO THREE</P>"),
        ("<li>one<li>two", "<li>ONE<li>TWO"),
        ("one<br>two<br/>three", "ONE<br>TWO<br/>THREE"),
        ("<p>a <b>b</b> &amp; &lt;c&gt; d&eacute;</p>", "<p>A <b>B</b> &amp; &lt;C&gt; DÉ</p>"),
        ("<p> <a href='x?a=1&b=2'>one</a> </p>", "<p> <a href='x?a=1&b=2'>ONE</a> </p>"),
        ("<p>see <code>ls -l</code> now</p>", "<p>SEE <code>ls -l</code> NOW</p>"),
        (
            "<p>a <svg><path d='m'/><text>x</text></svg> b</p>",
            "<p>A <svg><path d='m'/><text>x</text></svg> B</p>",
        ),
        ("<p>by <span translate=no>Acme</span> now</p>", "<p>BY <span translate=no>Acme</span> NOW</p>"),
        ("<title>my page</title>", "<title>MY PAGE</title>"),
        ("<p>one <b>two<p>three</b>", "<p>ONE <b>TWO<p>THREE</b>"),
        ("a <!-- no --> b", "A <!-- no -->B"),
        ("<p>one</p><script>if (a < b) { x }", "<p>ONE</p><script>if (a < b) { x }"),
    ],
)
def test_all_but_the_text_stays(document: str, wanted: str) -> None:
    assert translate_html(document, capitals) == wanted


def test_tags_follow_their_words() -> None:
    document = '<p>the <a href="x"><b>red</b> book</a> is <i>here</i></p>'
    assert translate_html(document, backwards) == (
        '<p><i>HERE</i> IS <a href="x">BOOK <b>RED</b></a> THE</p>'
    )


def test_bytes_that_are_not_utf_8_stay_outside_of_text() -> None:
    counts = Counts()
    document = b"<p class='\xe9'>caf\xe9</p>".decode("utf-8", "surrogateescape")
    written = translate_html(document, capitals, counts).encode("utf-8", "surrogateescape")
    assert written == b"<p class='\xe9'>CAF\xef\xbf\xbd</p>"
    assert counts.replaced == 1


PIECES = st.sampled_from(
    [
        *["<p>", "</p>", "<b>", "</b>", "<i x='>'>", "one ", "two\n", " ", "&amp;", "&", "<", "<br/>", "</"],
        *[
            "<!-- a -->",
            "<script>",
            "</script>",
            "<code>",
            "</code>",
            "<pre>",
            "<!",
            "<?",
            "é",
            "&#x;",
            "<a\n",
        ],
        *["<![x[", "<![CDATA[", "]]>"],
    ]
)


@given(st.lists(PIECES, max_size=20).map("".join))
def test_the_parts_of_any_document_make_it_up(document: str) -> None:
    parts = split_html(document)
    assert "".join(part.raw if isinstance(part, Marked) else part for part in parts) == document
