"""Who was read when: a translation drawn with characters, for a terminal.

     Where is the
¿    █··                  one row for each character written, one column for each character of the source;
D    ▓▒··                 what had not been read by then is blank, and the darker a cell, the more the
ó    ·█···                network looked there.
"""

from __future__ import annotations

from seq2seq.measuring.latency import sentence_latency
from seq2seq.text.normalise import columns
from seq2seq.translator import Translation

SHADES = ((0.6, "█"), (0.3, "▓"), (0.12, "▒"), (0.04, "░"), (0.0, "·"))
"""The least share of attention for each shade; the last one is for what was read and not looked at."""


def draw_timeline(translation: Translation) -> str:
    """Return the drawing of one translation; without attention only what had been read is shown."""
    lines = [" " * 4 + "".join(map(cell, translation.source))]
    for t, (character, delay) in enumerate(zip(translation.text, translation.delays, strict=True)):
        looked = [0.0] * delay if translation.attention is None else translation.attention[t, :delay]
        lines.append(f"{cell(character)}   " + "".join(map(_shade, looked)))
    return "\n".join([*lines, _summary(translation)])


def cell(character: str) -> str:
    """Return what stands for a character where each has one column: itself, if it is one column wide."""
    if character == " ":
        return "␣"
    return character if character.isprintable() and columns(character) == 1 else "□"


def _shade(weight: float) -> str:
    return next(shade for least, shade in SHADES if weight >= least)


def _summary(translation: Translation) -> str:
    facts = [f"lag {translation.lag}"]
    if latency := sentence_latency(translation.delays, len(translation.source)):
        facts.append(f"{latency.al:.1f} characters behind on average (AL)")
    return "; ".join([*facts, f"confidence {translation.confidence:.2f}"])
