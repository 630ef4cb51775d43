"""Text to symbols: what the models read and write, from raw bytes to numbers.

    bytes ── decode_line ──> line ── read_line, LineReader ──> sentences of symbols ── Vocabulary ──> ids

A line is read in steps (`edges`, `normalise`, `spans`, `sentences`), which `reader` puts together. What has
been written for it is put together by `joining` and mended by `pairing`.

It imports `errors` alone.
"""

from seq2seq.text.joining import Joiner, join
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
from seq2seq.text.pairing import repair_pairs
from seq2seq.text.reader import Event, Line, LineReader, Literal, Over, Part, Read, read_line
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
    "Event",
    "Joiner",
    "Line",
    "LineReader",
    "Literal",
    "Normaliser",
    "Over",
    "Part",
    "Read",
    "SentenceCutter",
    "Vocabulary",
    "code_points",
    "columns",
    "cut",
    "decode_line",
    "is_text",
    "join",
    "normalise",
    "read_line",
    "repair_pairs",
]
