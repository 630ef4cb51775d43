"""What `seq2seq translate` remarks at the end about the lines of its input: doubts, and foreign languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seq2seq.commands.rendering import is_doubtful

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation
    from seq2seq.translator import Translator

NAMED = 3
"""How many lines are named."""


class Remarks:
    """Follows the lines of an input.

    Args:
        translator: of the lines.
        least: the confidence below which a translation is doubtful; None for no such remark.

    Attributes:
        lines: how many lines there have been.
    """

    def __init__(self, translator: Translator, least: float | None) -> None:
        self.translator, self.least = translator, least
        self.lines, self._doubtful = 0, 0
        self._foreign: list[int] = []

    def add(self, translations: Sequence[Translation]) -> None:
        """Take the translations of the next lines."""
        self._doubtful += sum(is_doubtful(translation, self.least) for translation in translations)
        if (foreign := self.translator.foreign_lines) is not None:
            found = foreign.find([translation.source for translation in translations])
            self._foreign += [number for number, is_foreign in enumerate(found, self.lines + 1) if is_foreign]
        self.lines += len(translations)

    def sentences(self) -> list[str]:
        """Return the remarks, each one sentence without its full stop."""
        said = []
        if self._foreign:
            count = len(self._foreign)
            named = ", ".join(map(str, self._foreign[:NAMED])) + (", …" if count > NAMED else "")
            said.append(
                f"{_lines(count)} not to be in the language that the model translates from "
                f"({'line' if count == 1 else 'lines'} {named})".replace(" seem", " seems", count == 1)
            )
        if self._doubtful:
            said.append(
                f"{self._doubtful:,} of {self.lines:,} translations have a confidence below {self.least:g}"
            )
        return said


def _lines(count: int) -> str:
    return f"{count:,} line{'' if count == 1 else 's'} seem"
