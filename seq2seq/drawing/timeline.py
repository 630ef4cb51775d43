"""A translation and its attention, drawn with characters for a terminal.

     Where is the
¿    █··                  One row for each character written, one column for each source character.
D    ▓▒··                 Blank: not yet read when the row's character was written.
ó    ·█···                The darker a cell, the larger its attention weight.
"""

from __future__ import annotations

from seq2seq.decoding.lines import Translation
from seq2seq.drawing.columns import columns
from seq2seq.measuring.latency import sentence_latency

SHADES = ((0.6, "█"), (0.3, "▓"), (0.12, "▒"), (0.04, "░"), (0.0, "·"))
"""The smallest attention weight for each shade; the last is for characters read but not attended to."""


def draw_timeline(translation: Translation) -> str:
    """Return the drawing of one translation; without attention weights, only what had been read."""
    lines = [" " * 4 + "".join(map(cell, translation.source))]
    for t, (character, delay) in enumerate(zip(translation.text, translation.delays, strict=True)):
        looked = [0.0] * delay if translation.attention is None else translation.attention[t, :delay]
        lines.append(f"{cell(character)}   " + "".join(map(_shade, looked)))
    return "\n".join([*lines, _summary(translation)])


def cell(character: str) -> str:
    """Return a sign one column wide for a character: the character itself where it has that width."""
    if character == " ":
        return "␣"
    return character if character.isprintable() and columns(character) == 1 else "□"


def _shade(weight: float) -> str:
    return next(shade for least, shade in SHADES if weight >= least)


def _summary(translation: Translation) -> str:
    facts = [f"lag {translation.lag}"]
    if latency := sentence_latency(translation.delays, len(translation.source)):
        facts.append(f"{latency.al:.1f} characters behind on average (AL)")
    if translation.confidence is not None:
        facts.append(f"confidence {translation.confidence:.2f}")
    return "; ".join([*facts, f"mean probability {translation.mean_probability:.2f}"])
