"""How `seq2seq translate` writes a translation: as text, as a drawing, or as JSON."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

from seq2seq.commands.translation_options import DOUBT

if TYPE_CHECKING:
    from seq2seq.decoding.lines import Translation


def is_doubtful(translation: Translation, least: float | None) -> bool:
    """Whether the confidence of a translation, as it is shown, is below `least`; None marks nothing."""
    return least is not None and translation.confidence is not None and _shown(translation.confidence) < least


def _shown(probability: float) -> float:
    return round(probability, 4)


def as_text(translation: Translation, least: float | None = None) -> str:
    """Return the translation, or its alternatives between tabs; a doubtful one ends with a tab and a mark."""
    texts = [text for text, _ in translation.alternatives]
    text = "\t".join(texts) if len(texts) > 1 else translation.text
    return f"{text}\t{DOUBT}" if is_doubtful(translation, least) else text


def as_drawing(translation: Translation, least: float | None = None) -> str:
    """Return the translation, and below it what had been read when each character was written."""
    from seq2seq.drawing.timeline import draw_timeline

    return f"{as_text(translation, least)}\n\n{draw_timeline(translation)}\n"


def as_json(translation: Translation, least: float | None = None) -> str:
    """Return all that is known of a translation as one line of JSON."""
    record: dict[str, object] = {
        "source": translation.source,
        "translation": translation.text,
        "lag": translation.lag,
        "score": translation.score,
        "mean_probability": _shown(translation.mean_probability),
        "confidence": None if translation.confidence is None else _shown(translation.confidence),
        "ended": translation.ended,
        "copied": translation.copied,
        "uncopied": translation.uncopied,
        "spans": [asdict(span) for span in translation.spans],
        "delays": translation.delays,
        "log_probs": [round(value, 4) for value in translation.log_probs],
        "alternatives": [{"translation": text, "score": score} for text, score in translation.alternatives],
    }
    if least is not None:
        record["doubtful"] = is_doubtful(translation, least)
    if translation.attention is not None:
        record["attention"] = [[round(weight, 4) for weight in row] for row in translation.attention.tolist()]
    return json.dumps(record, ensure_ascii=False)


def draw(translation: Translation, path: Path) -> None:
    """Draw the attention of a translation as a PNG file."""
    from seq2seq.drawing.plots import draw_attention

    title = f"lag {translation.lag}"
    draw_attention(
        translation.source, translation.text, translation.delays, translation.attention, title, path
    )
