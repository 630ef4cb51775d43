"""The text of a translation while it is put together, with what is known of each character."""

from __future__ import annotations

from dataclasses import dataclass, field
from difflib import SequenceMatcher


@dataclass
class TracedText:
    """A text with the origin of each character.

    Attributes:
        text: the characters.
        log_probs, delays: for each character, as in `decoding.lines.Translation`.
        looked: for each character, the number of its sentence and the row of its attention weights; None for
            characters without attention.
    """

    text: str = ""
    log_probs: list[float] = field(default_factory=list)
    delays: list[int] = field(default_factory=list)
    looked: list[tuple[int, int] | None] = field(default_factory=list)

    def add(self, text: str, delay: int) -> None:
        """Append literal text."""
        self.text += text
        self.log_probs += [0.0] * len(text)
        self.delays += [delay] * len(text)
        self.looked += [None] * len(text)

    def extend(self, other: TracedText) -> None:
        """Append another text."""
        self.text += other.text
        self.log_probs += other.log_probs
        self.delays += other.delays
        self.looked += other.looked

    def changed(self, text: str) -> TracedText:
        """Return the record of an edited text; new characters get the delay of their neighbours."""
        if text == self.text:
            return self
        out = TracedText()
        for kind, a, b, c, d in SequenceMatcher(None, self.text, text, autojunk=False).get_opcodes():
            for place in range(c, d):
                old = a + place - c if kind in ("equal", "replace") and a + place - c < b else None
                beside = min(max(a, 0), len(self.text) - 1) if old is None else old
                out.text += text[place]
                out.log_probs.append(0.0 if old is None else self.log_probs[old])
                out.delays.append(self.delays[beside] if self.delays else 0)
                out.looked.append(None if old is None else self.looked[old])
        return out
