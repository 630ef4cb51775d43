"""Glossaries: source terms whose translation is given.

A term is read as a span, and the copy of the span is the given translation; `text.terms` finds the terms.
"""

from __future__ import annotations

import functools
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from seq2seq.errors import UsageError, UserError
from seq2seq.regular import check_regular
from seq2seq.text.normalise import normalise
from seq2seq.text.symbols import PLACEHOLDER

LONGEST_TERM: Final = 200
"""The most characters of a source term."""


class Term(NamedTuple):
    """What is known of a source term.

    Attributes:
        copy: its translation; None if the term stays as it is.
        at_start: whether it is written like this only at the start of a sentence: "Apple" for "apple".
    """

    copy: str | None
    at_start: bool = False


@dataclass(frozen=True)
class Glossary:
    """Source terms and their translations.

    A term is found as a whole word, or several, in the case in which it is given. A term that begins with a
    small letter is also found with a capital at the start of a sentence. Of several terms that begin at one
    place, the longest is taken. A term whose translation is the term itself stays as it is.

    Args:
        terms: the translations by source term.
        kind: the symbol that a term is read as, one of `text.symbols.KINDS`: by default that which gives
            the best sentences in `scripts/studies/glossary_kinds.py`, with CODE as good as it.

    Raises:
        UsageError: a term or translation is empty, too long or no single line of text, or a term has no
            letter.
    """

    terms: Mapping[str, str]
    kind: str = PLACEHOLDER
    _terms: dict[str, Term] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        found: dict[str, Term] = {}
        for source, target in self.terms.items():
            if problem := _problem(source, target):
                raise UsageError(f"the glossary's term {source!r} {problem}")
            term, copy = normalise(source), normalise(target)
            found[term] = Term(None if term == copy else copy)
        for source in list(found):
            found.setdefault(source[0].upper() + source[1:], found[source]._replace(at_start=True))
        object.__setattr__(self, "_terms", found)

    @classmethod
    def read(cls, path: str | Path) -> Glossary:
        """Read a file of UTF-8: on each line a term, a tab and its translation; empty lines are skipped.

        Raises:
            UserError: the file cannot be read.
            UsageError: a line is wrong; with the number of the line.
        """
        check_regular(Path(path))
        try:
            data = Path(path).read_bytes()
        except OSError as error:
            raise UserError(f"the glossary {path} cannot be read: {error.strerror}") from None
        terms: dict[str, str] = {}
        lines: dict[str, int] = {}
        for number, raw in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
            if not raw.strip():
                continue
            try:
                source, target = _parse(raw)
                if terms.get(source, target) != target:
                    raise UsageError(
                        f"the term {source!r} has another translation on line {lines[source]}; keep one"
                    )
            except UsageError as error:
                raise UsageError(f"{path}:{number}: {error}") from None
            terms[source] = target
            lines.setdefault(source, number)
        if not terms:
            raise UsageError(f"the glossary {path} is empty")
        return cls(terms)

    def term(self, text: str) -> Term | None:
        """Return what is known of a term, written as it is found; None if it is no term."""
        return self._terms.get(text)

    def may_begin_with(self, text: str) -> bool:
        """Whether any term begins with `text`."""
        place = bisect_left(self._sorted, text)
        return place < len(self._sorted) and self._sorted[place].startswith(text)

    @functools.cached_property
    def _sorted(self) -> list[str]:
        return sorted(self._terms)


NO_TERMS: Final = Glossary({})


def _parse(raw: bytes) -> tuple[str, str]:
    """Return the term and the translation on a line; UsageError if it has not both."""
    try:
        cells = [cell.strip() for cell in raw.decode().split("\t")]
    except UnicodeDecodeError:
        raise UsageError("this line is not UTF-8; save the glossary as UTF-8") from None
    if len(cells) != 2:
        tabs = "there is no tab" if len(cells) == 1 else f"there are {len(cells) - 1} tabs"
        raise UsageError(f"expected a term, a tab and its translation, but {tabs}; {_KEPT}")
    if problem := _problem(*cells):
        raise UsageError(f"the term {cells[0]!r} {problem}")
    return normalise(cells[0]), normalise(cells[1])


_KEPT: Final = "a term that is to stay as it is stands on both sides"


def _problem(source: str, target: str) -> str:
    """Return what is wrong with a term and its translation; an empty string if nothing is."""
    if not any(map(str.isalpha, source)):
        return "has no letter" if source else "is empty"
    if not target:
        return f"has no translation; {_KEPT}"
    if len(source) > LONGEST_TERM or len(target) > LONGEST_TERM:
        return f"or its translation is longer than {LONGEST_TERM} characters"
    if not (_is_one_line(source) and _is_one_line(target)):
        return "or its translation has a control character"
    return ""


def _is_one_line(text: Iterable[str]) -> bool:
    return not any(unicodedata.category(character) in ("Cc", "Cf", "Cs", "Zl", "Zp") for character in text)
