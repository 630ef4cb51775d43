"""HTML: text between tags is translated; all tags, attributes, scripts and code stay byte for byte.

Python's own parser only says where the parts are. What is written is cut from the document itself, so nothing
is normalised. `alt` and `title` are attributes and stay, too.
"""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from itertools import accumulate
from typing import Final, NamedTuple

from seq2seq.formats.document import Translate, translate_parts
from seq2seq.formats.marked import Marked, MarkedBuilder
from seq2seq.text.normalise import Counts

AROUND_WORDS: Final = frozenset(
    [
        *("a", "abbr", "acronym", "b", "bdi", "bdo", "big", "cite", "del", "dfn", "em", "font", "i", "ins"),
        *("label", "mark", "nobr", "q", "s", "small", "span", "strike", "strong", "sub", "sup", "time", "u"),
    ]
)
"""Elements within a sentence, whose tags stay around the translated words."""
COPIED: Final = frozenset(
    [
        *("code", "kbd", "samp", "var", "tt", "math", "svg", "canvas", "audio", "video", "object", "iframe"),
        *("map", "select", "button", "img", "input"),
    ]
)
"""Elements within a sentence that are copied whole."""
UNTRANSLATED: Final = frozenset(
    ["script", "style", "pre", "template", "textarea", "xmp", "noembed", "noframes", "plaintext"]
)
"""Elements between sentences that stay as they are."""
VOID: Final = frozenset(
    ["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"]
)


_UNFINISHED: Final = re.compile(r"<(?:/?[A-Za-z]|[!?])[^>]*\Z")


class DocumentPart(NamedTuple):
    """A part of a document: what it is, the element or text, where it begins, whether it must stay."""

    kind: str
    name: str
    begin: int
    stays: bool = False


class _PartFinder(HTMLParser):
    """Notes where each part of a document begins."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=False)
        self._lines = list(accumulate((len(line) + 1 for line in document.split("\n")), initial=0))
        self.events: list[DocumentPart] = []
        # Versions of Python differ in what they make of a tag that the document's end cuts off.
        unfinished = _UNFINISHED.search(document)
        self.feed(document[: unfinished.start()] if unfinished else document)
        self.close()
        if unfinished:
            self.events.append(DocumentPart("other", "", unfinished.start()))

    def _note(self, kind: str, name: str, stays: bool = False) -> None:
        line, column = self.getpos()
        self.events.append(DocumentPart(kind, name, self._lines[line - 1] + column, stays))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        classes = (given.get("class") or "").split()
        stays = (given.get("translate") or "").lower() == "no" or "notranslate" in classes
        self._note("start", tag, stays)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        # A slash ends only elements that have no content, and those of SVG and MathML.
        self.handle_starttag(tag, attrs)
        if tag not in VOID and tag not in AROUND_WORDS:
            self._note("end", tag)

    def handle_endtag(self, tag: str) -> None:
        self._note("end", tag)

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        # HTML has none: to its parsers they are comments. Python's raises an AssertionError for some.
        return self.parse_bogus_comment(i, report)

    def handle_data(self, data: str) -> None:
        self._note("text", data)

    def handle_entityref(self, name: str) -> None:
        self._note("entity", name)

    def handle_charref(self, name: str) -> None:
        self._note("entity", name)

    def handle_comment(self, data: str) -> None:
        self._note("comment", data)

    def handle_decl(self, decl: str) -> None:
        self._note("other", decl)

    def handle_pi(self, data: str) -> None:
        self._note("other", data)

    def unknown_decl(self, data: str) -> None:
        self._note("other", data)


def escape_html(text: str, _: frozenset[str] = frozenset()) -> str:
    """Return text as HTML."""
    return html.escape(text, quote=False)


def split_html(document: str, counts: Counts | None = None) -> list[str | Marked]:
    """Return a document as literal parts and texts to translate; joined, their raw forms are the document."""
    return _Splitter(document, counts).parts


class _Splitter:
    def __init__(self, document: str, counts: Counts | None) -> None:
        self._document, self._counts = document, counts
        self.parts: list[str | Marked] = []
        self._begin = 0
        """Where the text at hand begins."""
        self._builder = MarkedBuilder(counts, document, escape_html)
        events = [*_PartFinder(document).events, DocumentPart("other", "", len(document))]
        steps = iter(range(len(events) - 1))
        for step in steps:
            event, end = events[step], events[step + 1].begin
            if event.kind == "start" and (event.stays or event.name in COPIED | UNTRANSLATED):
                last = self._last(events, step)
                for _ in range(last - step):
                    next(steps)
                self._keep(event, events[last + 1].begin)
            else:
                self._take(event, document[event.begin : end], end)
        self._flush(len(document), len(document))

    def _last(self, events: list[DocumentPart], step: int) -> int:
        """Return the number of the event that ends the element of a start tag."""
        name, depth = events[step].name, 0
        if name in VOID:
            return step
        for number in range(step, len(events) - 1):
            if events[number].name == name:
                depth += {"start": 1, "end": -1}.get(events[number].kind, 0)
                if depth == 0:
                    return number
        return step if name in AROUND_WORDS | COPIED else len(events) - 2

    def _keep(self, event: DocumentPart, end: int) -> None:
        """Copy an element within a sentence, or leave one between sentences as it is."""
        if event.name in AROUND_WORDS | COPIED:
            self._builder.copy(self._document[event.begin : end])
            return
        self._flush(event.begin, event.begin)
        self._flush(end, end, literal=True)

    def _take(self, event: DocumentPart, raw: str, end: int) -> None:
        if event.kind == "text" and raw == event.name:
            self._builder.text(raw)
        elif event.kind == "entity":
            self._builder.text(html.unescape(raw), plain=False)
        elif event.kind in ("start", "end") and event.name in AROUND_WORDS:
            (self._builder.open if event.kind == "start" else self._builder.close)(event.name, raw)
        elif event.kind == "comment" or event.name == "wbr" or event.kind == "text":
            self._builder.point(raw)
        else:
            self._flush(event.begin, end)

    def _flush(self, end: int, begin: int, literal: bool = False) -> None:
        """End the text at hand at `end`; the next one begins at `begin`, after literal text."""
        raw = self._document[self._begin : end]
        inner = raw.strip()
        if literal or not inner:
            self.parts.append(raw)
        else:
            first = raw.index(inner)
            self.parts += [raw[:first], self._builder.finish(inner), raw[first + len(inner) :]]
        self.parts.append(self._document[end:begin])
        self._begin, self._builder = begin, MarkedBuilder(self._counts, self._document, escape_html)


def translate_html(document: str, translate: Translate, counts: Counts | None = None) -> str:
    """Return an HTML document, or a part of one, with its text translated.

    Args:
        document: a lone surrogate stands for a byte that is not UTF-8.
        translate: the model.
        counts: counts here what had to be changed in the text.
    """
    return translate_parts(split_html(document, counts), translate)
