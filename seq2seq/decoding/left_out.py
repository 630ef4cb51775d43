"""What a network has left out of its translations: how much, and the first of it by name and line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from seq2seq.errors import MOST_LISTED


@dataclass
class LeftOut:
    """The spans and unknown characters that a network has left out so far.

    Attributes:
        count: how many there are.
        texts: the first different ones, one more than a message names.
        lines: the numbers of the first lines they are in, one more than a message names.
    """

    count: int = 0
    texts: dict[str, None] = field(default_factory=dict)
    lines: list[int] = field(default_factory=list)

    def add(self, texts: Sequence[str], line: int = 0) -> None:
        """Count what is left out of a line, whose number is 0 if it has none."""
        self.count += len(texts)
        for text in texts:
            if len(self.texts) <= MOST_LISTED:
                self.texts[text] = None
        if texts and line and line not in self.lines and len(self.lines) <= MOST_LISTED:
            self.lines.append(line)

    def join(self, other: LeftOut) -> None:
        """Count what has been counted elsewhere, without the numbers of its lines."""
        self.add(list(other.texts))
        self.count += other.count - len(other.texts)
