"""What `seq2seq translate` remarks at the end about the lines of its input: doubts, and foreign languages."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from seq2seq.commands.rendering import is_doubtful
from seq2seq.decoding.left_out import LeftOut
from seq2seq.errors import counted, listed
from seq2seq.text.normalise import in_lines

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation
    from seq2seq.translator import Translator


def left_out(found: LeftOut, at_end: bool) -> list[str]:
    """Return the remark about spans that the network has left out; none if there are none.

    Args:
        found: which they are, and where.
        at_end: whether they stand at the ends of their sentences, and are lost otherwise.
    """
    count = found.count
    if not count:
        return []
    places = [listed([f"“{text}”" for text in found.texts], all_there=False)] if found.texts else []
    places += [in_lines(found.lines)] if found.lines else []
    parts = counted(count, "part")
    said = f"the model left out {parts} of the input"
    if at_end:
        fate = "stands at the end of its sentence" if count == 1 else "stand at the ends of their sentences"
        said = f"{parts} of the input that the model left out {fate}"
    return [f"{said} (spans or unknown characters{': ' if places else ''}{', '.join(places)})"]


class Remarks:
    """Follows the lines of an input.

    Args:
        translator: of the lines.
        least: the confidence below which a translation is doubtful; None for no such remark.

    Attributes:
        lines: how many lines there have been.
        left_out: what the network has left out of them.
    """

    def __init__(self, translator: Translator, least: float | None) -> None:
        self.translator, self.least = translator, least
        self.lines, self._doubtful = 0, 0
        self._foreign: list[int] = []
        self.left_out = LeftOut()

    def add(self, translations: Sequence[Translation]) -> None:
        """Take the translations of the next lines."""
        for number, translation in enumerate(translations, start=self.lines + 1):
            self._doubtful += is_doubtful(translation, self.least)
            self.add_left_out(translation, number)
        if (foreign := self.translator.foreign_lines) is not None:
            found = foreign.find([translation.source for translation in translations])
            self._foreign += [number for number, is_foreign in enumerate(found, self.lines + 1) if is_foreign]
        self.lines += len(translations)

    def add_left_out(self, translation: Translation, number: int = 0) -> None:
        """Count the spans that are left out of a translation, of the line of that number if it has one."""
        self.left_out.add([span.text for span in translation.spans if span.left_out], number)

    def sentences(self) -> list[str]:
        """Return the remarks, each one sentence without its full stop."""
        said = left_out(self.left_out, self.translator.copies)
        if self._foreign:
            count = len(self._foreign)
            seem = "seems" if count == 1 else "seem"
            said.append(
                f"{counted(count, 'line')} {seem} not to be in the language that the model translates from "
                f"({in_lines(self._foreign)})"
            )
        if self._doubtful:
            said.append(
                f"{self._doubtful:,} of {self.lines:,} translations have a confidence below {self.least:g}"
            )
        return said
