"""The structure of subtitles, SRT or WebVTT: where the text of each cue stands in the file.

pysubs2 reads both formats, but writes other files than it has read: it renumbers cues, rewrites times and
line ends and drops headers, notes, styles, settings and voices of WebVTT. Here only the text is found.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from seq2seq.formats.marked import Escape, MarkedBuilder

_TIME = r"(?:[0-9]+:)?[0-9]{1,2}:[0-9]{1,2}(?:[,.][0-9]{1,3})?"
_TIMES = re.compile(rf"[ \t\ufeff]*{_TIME}[ \t]*-->[ \t]*{_TIME}")
_NUMBER = re.compile(r"[ \t\ufeff]*[0-9]+[ \t]*")
_LINE = re.compile(r"([^\r\n]*)(\r\n|\n|\r|\Z)")
TAG: Final = re.compile(r"</?[A-Za-z][^<>\r\n]*>|<[0-9:.]+>|\{\\[^{}\r\n]*\}|</?c[.>][^<>]*>")
_NAME = re.compile(r"</?([A-Za-z]+)")
_AROUND_WORDS = frozenset(
    ["b", "i", "u", "s", "c", "v", "lang", "font", "ruby", "rt", "span", "em", "strong"]
)


@dataclass(frozen=True)
class Cue:
    """The text of a cue.

    Attributes:
        begin, end: where it stands in the file, without the end of its last line.
        lines: it, line by line.
        line_end: what ends a line within it.
    """

    begin: int
    end: int
    lines: tuple[str, ...]
    line_end: str


def find_cues(document: str, vtt: bool) -> list[Cue]:
    """Return the cues of a file that have text, in their order.

    Args:
        document: the file.
        vtt: whether it is WebVTT, where an empty line ends a cue and notes may follow. Otherwise text after
            an empty line still belongs to its cue.
    """
    lines = [match for match in _LINE.finditer(document) if match[0]]
    cues, text = [], list[re.Match[str]]()
    inside = False
    for number, line in enumerate(lines):
        following = lines[number + 1][1] if number + 1 < len(lines) else ""
        header = _TIMES.match(line[1]) or (_NUMBER.fullmatch(line[1]) and _TIMES.match(following))
        if header or not line[1].strip():
            cues += _cue(text)
            text = []
            inside = bool(header) or (inside and not vtt)
        elif inside:
            text.append(line)
    return [*cues, *_cue(text)]


def _cue(lines: list[re.Match[str]]) -> Iterator[Cue]:
    if lines:
        texts = tuple(line[1] for line in lines)
        line_end = lines[0][2] if len(lines) > 1 else lines[0][2] or "\n"
        yield Cue(lines[0].start(), lines[-1].end(1), texts, line_end)


def escape_vtt(text: str, _: frozenset[str]) -> str:
    """Return text as WebVTT."""
    return html.escape(text, quote=False)


def escape_srt(text: str, _: frozenset[str]) -> str:
    """Return text as SRT, which has no escapes."""
    return text


def add_pieces(builder: MarkedBuilder, raw: str, vtt: bool) -> None:
    """Append text with tags, as it stands in a cue, to a text."""
    at = 0
    for match in TAG.finditer(raw):
        _add_text(builder, raw[at : match.start()], vtt)
        at = match.end()
        name = (_NAME.match(match[0]) or [""] * 2)[1].lower()
        if name not in _AROUND_WORDS:
            builder.point(match[0])
        elif match[0].startswith("</"):
            builder.close(name, match[0])
        else:
            builder.open(name, match[0])
    _add_text(builder, raw[at:], vtt)


def _add_text(builder: MarkedBuilder, raw: str, vtt: bool) -> None:
    if raw:
        builder.text(html.unescape(raw) if vtt else raw)


def visible(raw: str) -> str:
    """Return text of a cue without its tags."""
    return TAG.sub("", raw)


_EDGE = re.compile(r"\s+|[-–—‐]\s*(?=\S)|[♪♫♬#*]+(?=\s|\Z)|[♪♫♬]+|\{\\[^{}\r\n]*\}")
_END = re.compile(r"(?:\s|[♪♫♬]|(?<=\s)[#*])+\Z")
_OPENING = re.compile(r"<([A-Za-z]+)[^<>]*>")


def peel(raw: str) -> tuple[str, str, str]:
    """Return what stands around a text: dashes, notes, tags around all of it; then the text, then the rest.

    A bracket around all of it belongs to what stands around it.
    """
    first, last = 0, len(raw)
    while True:
        inner = raw[first:last]
        if match := _EDGE.match(inner):
            first += match.end()
        elif match := _END.search(inner):
            last = first + match.start()
        elif (match := _OPENING.match(inner)) and (closing := _closing(inner, match[1])):
            first, last = first + match.end(), last - closing
        elif inner[:1] + inner[-1:] in ("[]", "()") and not set(inner[1:-1]) & set("[]()"):
            first, last = first + 1, last - 1
        else:
            return raw[:first], inner, raw[last:]


def _closing(inner: str, name: str) -> int:
    """Return the length of the closing tag if the opening tag at the beginning is closed at the end; else 0.

    A voice is rarely closed: it holds to the end of the cue, and counts as closed by nothing.
    """
    depth = 0
    for match in re.finditer(rf"<(/?){name}\b[^<>]*>", inner, re.IGNORECASE):
        depth += -1 if match[1] else 1
        if depth == 0:
            return len(match[0]) if match.end() == len(inner) else 0
    return 0


ESCAPES: Final[dict[bool, Escape]] = {True: escape_vtt, False: escape_srt}
