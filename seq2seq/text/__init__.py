"""Text to symbols: what the models read and write, from raw bytes to numbers.

    bytes ── decode_line ──> text ── normalise ──> clean text ── cut ──> sentences ── Vocabulary ──> ids

It imports `errors` alone.
"""

from seq2seq.text.normalise import (
    MOST_MARKS,
    REPLACEMENT,
    Counts,
    Normaliser,
    columns,
    decode_line,
    is_text,
    normalise,
)
from seq2seq.text.sentences import SentenceCutter, cut
from seq2seq.text.vocabulary import (
    CODE_POINTS,
    END,
    PAD,
    SPECIALS,
    START,
    UNKNOWN,
    Vocabulary,
    code_points,
)

__all__ = [
    "CODE_POINTS",
    "END",
    "MOST_MARKS",
    "PAD",
    "REPLACEMENT",
    "SPECIALS",
    "START",
    "UNKNOWN",
    "Counts",
    "Normaliser",
    "SentenceCutter",
    "Vocabulary",
    "code_points",
    "columns",
    "cut",
    "decode_line",
    "is_text",
    "normalise",
]
