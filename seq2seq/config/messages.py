"""The messages about a configuration: their error, and how they show names and values from outside."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Final

from seq2seq.errors import UsageError

NUMBERS: Final = {
    "int": r"[-+]?(0|[1-9][0-9]{0,30})",
    "float": r"[-+]?(\.[0-9]+|(0|[1-9][0-9]*)(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan",
}
"""The forms of numbers in YAML, by type."""
_NUMBER: Final = re.compile("|".join(NUMBERS.values()))


class ConfigError(UsageError):
    """All problems of a configuration: `problems` and the message have one line for each."""

    def __init__(self, problems: Iterable[str]) -> None:
        self.problems = list(problems)
        super().__init__(self.problems)

    def __str__(self) -> str:
        return "\n".join(self.problems)


def is_number(text: str) -> bool:
    """Whether `text` would be a number if it were not in quotes."""
    return _NUMBER.fullmatch(text) is not None


def suggestion(candidates: Sequence[str]) -> str:
    """Return the end of a message, "did you mean …?", or nothing without candidates."""
    # Not shortened, so that they can be copied.
    names = " or ".join(f"`{one_line(name)}`" for name in candidates)
    return f" — did you mean {names}?" if candidates else ""


def quoted(name: str) -> str:
    """Return a name from outside for a message: in back-quotes, short and on one line."""
    name = one_line(name)
    return f"`{name if len(name) <= 80 else name[:79] + '…'}`"


def one_line(text: str) -> str:
    """Return text from outside with line breaks and control characters escaped."""
    return text if text.isprintable() else ascii(text)[1:-1]
