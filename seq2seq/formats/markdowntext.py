"""Markdown: text is translated; code, addresses, HTML and the marks of lists, quotations and tables stay.

markdown-it-py finds the blocks and the marks within lines. What is written is cut from the document itself,
so nothing outside of translated text changes. A translated paragraph is one line. The text of an image,
titles of links, front matter and definitions of references stay as they are.
"""

from __future__ import annotations

import functools
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

from seq2seq.errors import UsageError
from seq2seq.formats.document import Translate, translate_parts
from seq2seq.formats.marked import Marked, MarkedBuilder
from seq2seq.formats.webpage import AROUND_WORDS, split_html
from seq2seq.text.normalise import Counts

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_FRONT_MATTER = re.compile(
    r"\ufeff?---[ \t]*\r?\n.*?^(?:---|\.\.\.)[ \t]*(?:\r?\n|\Z)", re.DOTALL | re.MULTILINE
)
_TAG = re.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)[^>]*?(/?)>", re.DOTALL)
_SPECIAL = re.compile(r"[\\`*\[\]<>|~]|(?<!\w)_|_(?!\w)|&(?=#?\w+;)")
_AT_START = re.compile(r"\A([0-9]{1,9}(?=[.)](?:\s|\Z)))?(#(?=[#\s]|\Z)|>|[-+](?=\s|\Z)|(?<=[0-9])[.)])")


@functools.cache
def _parser() -> MarkdownIt:
    try:
        from markdown_it import MarkdownIt
        from markdown_it import rules_inline as rules
    except ImportError:
        raise UsageError(
            "Markdown needs one more package: pip install 'seq2seq-lag[markdown]'; or translate it line by "
            "line with the `format` text"
        ) from None
    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.disable("inline")  # the marks within lines are found below, with their places
    for name, rule in {
        "newline": rules.newline,
        "escape": rules.escape,
        "backticks": rules.backtick,
        "strikethrough": rules.strikethrough.tokenize,
        "emphasis": rules.emphasis.tokenize,
        "link": rules.link,
        "image": rules.image,
        "autolink": rules.autolink,
        "html_inline": rules.html_inline,
        "entity": rules.entity,
    }.items():
        parser.inline.ruler.at(name, functools.partial(_recorded, name, rule))
    return parser


def _recorded(name: str, rule: Callable[[StateInline, bool], bool], state: StateInline, silent: bool) -> bool:
    """Apply a rule, and note what it found where. States of nested texts have no notes."""
    notes: list[_Note] | None = state.env.get("notes") if state.src is state.env.get("source") else None
    begin, count, label = state.pos, len(state.tokens), -1
    if notes is not None and name == "link" and not silent:
        label = state.md.helpers.parseLinkLabel(state, begin, True)
    if not rule(state, silent):
        return False
    if notes is not None and not silent:
        notes.append(_Note(name, begin, state.pos, label, state.tokens[count:]))
    return True


class _Note:
    """What a rule found in content[begin:end]; `label` is the end of the text of a link."""

    def __init__(self, name: str, begin: int, end: int, label: int, tokens: Sequence[Token]) -> None:
        self.name, self.begin, self.end, self.label = name, begin, end, label
        self.tokens = list(tokens)
        self.widths = [len(token.content) for token in tokens]

    def emphasis(self) -> Iterator[tuple[int, int, str]]:
        """Yield begin, end and type of the marks that turned out to be emphasis."""
        # Text before the marks may be the first token.
        at = self.end
        for token, width in reversed(list(zip(self.tokens, self.widths, strict=True))):
            at -= width
            if at < self.begin:
                return
            kind, _, side = token.type.rpartition("_")
            if kind == "strong":
                yield (at - 1, at + 1, token.type) if side == "open" else (at, at + 2, token.type)
            elif kind in ("em", "s"):
                yield at, at + width, token.type


def split_markdown(document: str, counts: Counts | None = None) -> list[str | Marked]:
    """Return a document as literal parts and texts to translate; joined, their raw forms are the document.

    Raises:
        UsageError: the parser is not installed.
    """
    parser = _parser()
    begin = len(front[0]) if (front := _FRONT_MATTER.match(document)) else 0
    mark = document[begin : begin + 1] == "\ufeff"
    begin += mark
    lines = re.split(r"(?<=\n)|(?<=\r)(?!\n)", document[begin:])
    starts = [begin]
    for line in lines:
        starts.append(starts[-1] + len(line))
    env: dict[str, Any] = {}
    found: list[tuple[int, int, list[str | Marked]]] = []
    cursors: dict[int, int] = {}
    previous = ""
    for token in parser.parse("".join(lines).replace("\0", "\ufffd"), env):
        if token.map and token.type == "html_block":
            a, b = starts[token.map[0]], starts[token.map[1]]
            if document[a:b].replace("\r\n", "\n").strip() == token.content.strip():
                found.append((a, b, split_html(document[a:b], counts)))
        elif token.map and token.type == "inline" and token.content:
            places = _locate(token, previous == "paragraph_open", lines, starts, cursors)
            if places:
                found += _Inline(parser, token.content, places, document, env, counts).found
        previous = token.type
    parts, at = list[str | Marked](), 0
    for a, b, inner in found:
        if a >= at:
            parts += [document[at:a], *inner]
            at = b
    return [*parts, document[at:]]


def _locate(
    token: Token, paragraph: bool, lines: Sequence[str], starts: Sequence[int], cursors: dict[int, int]
) -> list[int]:
    """Return the place in the document of each character of a token's content, and of its end.

    Empty if the content does not stand there as it is.
    """
    assert token.map is not None
    places: list[int] = []
    for offset, content in enumerate(token.content.split("\n")):
        number = token.map[0] + offset
        if number >= len(lines):
            return []
        line, text = lines[number].rstrip("\r\n"), content.strip(" \t")
        if paragraph and line.rstrip(" \t").endswith(text):
            at = len(line.rstrip(" \t")) - len(text)
        else:
            at = line.find(text, cursors.get(number, 0))
            if at < 0:
                return []
            cursors[number] = at + len(text)
        lead = len(content) - len(content.lstrip(" \t"))
        places += [starts[number] + at - lead + place for place in range(len(content) + 1)]
    return places


class _Inline:
    """The texts of a block, between hard line breaks.

    Attributes:
        found: begin and end of each in the document, and the text.
    """

    def __init__(
        self,
        parser: MarkdownIt,
        content: str,
        places: Sequence[int],
        document: str,
        env: dict[str, Any],
        counts: Counts | None,
    ) -> None:
        from markdown_it.rules_inline import StateInline

        self._content, self._places, self._document, self._counts = content, places, document, counts
        self.found: list[tuple[int, int, list[str | Marked]]] = []
        notes: list[_Note] = []
        env |= {"notes": notes, "source": content}
        state = StateInline(content, parser, env, [])
        parser.inline.tokenize(state)
        for rule in parser.inline.ruler2.getRules(""):
            rule(state)
        self._begin = 0
        self._builder = MarkedBuilder(counts, document, escape_markdown)
        self._walk(notes)

    def _walk(self, notes: Sequence[_Note]) -> None:
        pieces: list[tuple[int, int, str, str]] = []
        for note in notes:
            if note.name in ("emphasis", "strikethrough"):
                pieces += [(begin, end, kind, "") for begin, end, kind in note.emphasis()]
            elif note.name == "link":
                pieces.append((note.begin, note.begin + 1, "a_open", ""))
                pieces.append((note.label, note.end, "a_close", self._content[note.begin + 1 : note.label]))
            else:
                last = note.tokens[-1] if note.tokens else None
                more = "" if last is None else last.type if last.type.endswith("break") else last.content
                pieces.append((note.begin, note.end, note.name, more))
        at = 0
        for begin, end, kind, more in sorted(pieces):
            if begin < at:
                continue
            self._builder.text(self._content[at:begin])
            self._take(self._content[begin:end], begin, end, kind, more)
            at = end
        self._builder.text(self._content[at:])
        self._flush(len(self._content), len(self._content))

    def _take(self, raw: str, begin: int, end: int, kind: str, more: str) -> None:
        if more == "hardbreak":
            self._flush(begin, end)
        elif kind == "newline":
            self._builder.text(" ")
        elif kind in ("escape", "entity"):
            self._builder.text(more, plain=False)
        elif kind == "a_close":
            # A reference by its own text would lead nowhere once that is translated.
            self._builder.close("a", f"][{more}]" if raw in ("]", "][]") else raw)
        elif kind.endswith(("_open", "_close")):
            name, _, side = kind.rpartition("_")
            (self._builder.open if side == "open" else self._builder.close)(name, raw)
        elif (tag := _TAG.fullmatch(raw)) and kind == "html_inline" and tag[2].lower() in AROUND_WORDS:
            (self._builder.close if tag[1] else self._builder.open)(tag[2].lower(), raw)
        elif kind == "html_inline":
            self._builder.point(raw)
        else:
            self._builder.copy(raw)

    def _flush(self, end: int, begin: int) -> None:
        """End the text at hand at `end` of the content; the next one begins at `begin`."""
        inner = self._content[self._begin : end]
        first = self._begin + len(inner) - len(inner.lstrip())
        last = self._begin + len(inner.rstrip())
        if first < last:
            a, b = self._places[first], self._places[last]
            self.found.append((a, b, [self._builder.finish(self._document[a:b])]))
        self._begin, self._builder = begin, MarkedBuilder(self._counts, self._document, escape_markdown)


def escape_markdown(text: str, plain: frozenset[str]) -> str:
    """Return text as Markdown; characters in `plain`, which the source has without an escape, need none."""
    text = _SPECIAL.sub(lambda found: found[0] if found[0] in plain else f"\\{found[0]}", text)
    return _AT_START.sub(lambda found: f"{found[1] or ''}\\{found[2]}", text)


def translate_markdown(document: str, translate: Translate, counts: Counts | None = None) -> str:
    """Return a Markdown document with its text translated.

    Args:
        document: a lone surrogate stands for a byte that is not UTF-8.
        translate: the model.
        counts: counts here what had to be changed in the text.

    Raises:
        UsageError: the parser is not installed.
    """
    return translate_parts(split_markdown(document, counts), translate)
