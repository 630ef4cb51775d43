"""Translation memories in TMX, read as a stream in constant memory.

A document type without a definition of its own is accepted and never fetched. Entities are never expanded:
a file that declares any is refused, so no small file can become a large one or read another file.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from typing import Final, NoReturn
from xml.parsers import expat

from seq2seq.corpus.records import MOST_BYTES, ByteStream, Pair
from seq2seq.errors import UserError
from seq2seq.text.normalise import normalise

_CHUNK = 1 << 16
_DEEPEST = 64
_CODES: Final = frozenset(["bpt", "ept", "ph", "it", "ut", "sub"])
"""Elements of a segment that hold the codes of another format."""
_SPACES = re.compile(r"\s+")


def scan_tmx(stream: ByteStream, name: str) -> Iterator[Pair | UserError]:
    """Yield the English and Spanish segment of each translation unit, or an error for a unit without both.

    Codes of other formats within a segment are left out.

    Raises:
        UserError: not XML, an XML file that is no TMX, or one that declares entities; with its line.
    """
    units = _Units(name)
    fed = 0
    while True:
        chunk = stream.read(_CHUNK)
        fed += len(chunk)
        try:
            units.parser.Parse(chunk, not chunk)
        except expat.ExpatError as error:
            raise UserError(
                f"{name}:{error.lineno}: not well-formed XML: {expat.ErrorString(error.code)} "
                f"(column {error.offset + 1})"
            ) from None
        except (ValueError, LookupError) as error:
            if isinstance(error, UserError):
                raise
            raise UserError(f"{name}: cannot be decoded: {error}; save the file as UTF-8") from None
        if fed - max(0, units.parser.CurrentByteIndex) > MOST_BYTES and chunk:
            units.fail(f"a tag of more than {MOST_BYTES:,} bytes")
        while units.found:
            yield units.found.popleft()
        if not chunk:
            return


class _Units:
    """Collects translation units from what an XML parser reports.

    Attributes:
        parser: it is given the file in pieces.
        found: pairs and errors that are complete.
    """

    def __init__(self, name: str) -> None:
        self.found: deque[Pair | UserError] = deque()
        self._name = name
        self._open: list[str] = []
        self._segments: dict[str, str] = {}
        self._language, self._line = "", 0
        self._text: list[str] | None = None
        self._size = self._codes = 0
        self.parser = expat.ParserCreate()
        self.parser.buffer_text = True
        self.parser.EntityDeclHandler = self._entity
        self.parser.SkippedEntityHandler = self._skipped
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def fail(self, what: str) -> NoReturn:
        """Raise an error with the line that the parser has come to."""
        raise UserError(f"{self._name}:{self.parser.CurrentLineNumber}: {what}")

    def _entity(self, name: str, *_: object) -> None:
        self.fail(f"declares the entity {name[:40]!r}; entities are not expanded: remove the declaration")

    def _skipped(self, name: str, *_: object) -> None:
        self.fail(f"the entity {name[:40]!r} is not defined here; write the character itself")

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if not self._open and name != "tmx":
            self.fail(f"the file is XML, but no TMX: it begins with <{name[:40]}>")
        self._open.append(name)
        if len(self._open) > _DEEPEST:
            self.fail(f"more than {_DEEPEST} elements within each other")
        if name == "tu":
            self._segments, self._line = {}, self.parser.CurrentLineNumber
        elif name == "tuv":
            self._language = (attributes.get("xml:lang") or attributes.get("lang") or "").lower()
        elif name == "seg":
            self._text, self._size = [], 0
        elif name in _CODES and self._text is not None:
            self._codes += 1

    def _characters(self, text: str) -> None:
        if self._text is None or self._codes:
            return
        self._text.append(text)
        self._size += len(text)
        if self._size > MOST_BYTES:
            self.fail(f"a segment of more than {MOST_BYTES:,} characters; it is no file of pairs")

    def _end(self, name: str) -> None:
        self._open.pop()
        if name == "seg" and self._text is not None:
            language = re.split("[-_]", self._language)[0]
            self._segments.setdefault(language, _SPACES.sub(" ", "".join(self._text)))
            self._text, self._codes = None, 0
        elif name in _CODES and self._codes:
            self._codes -= 1
        elif name == "tu":
            self._add_unit()

    def _add_unit(self) -> None:
        if {"en", "es"} <= self._segments.keys():
            self.found.append(Pair(normalise(self._segments["en"]), normalise(self._segments["es"])))
            return
        languages = ", ".join(sorted(filter(None, self._segments)))[:80] or "no language"
        self.found.append(
            UserError(
                f"{self._name}:{self._line}: a unit without a segment in `en` and one in `es`: "
                f"it has {languages}"
            )
        )
