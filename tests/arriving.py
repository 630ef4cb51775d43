"""Lines that arrive in pieces, for the tests of what is read otherwise for translation than in training."""

from __future__ import annotations

import itertools

from seq2seq.text.glossary import NO_TERMS
from seq2seq.text.reader import LineReader, assemble, read_line
from seq2seq.text.symbols import KINDS

KNOWN = frozenset([*map(chr, range(0x20, 0x7F)), *"áéíóúñü¿¡’", *KINDS])
LIMIT = 200


def check_arriving(raw: str, ends: list[int], lists: bool = False) -> None:
    """Check that a line is read the same whole and in pieces that end at these places."""
    places = [0, *sorted(min(end, len(raw)) for end in ends), len(raw)]
    reader = LineReader(KNOWN, True, LIMIT, glossary=NO_TERMS, lists=lists)
    events = [event for a, b in itertools.pairwise(places) for event in reader.feed(raw[a:b])]
    assert assemble(events + reader.finish()) == read_line(raw, KNOWN, True, LIMIT, None, NO_TERMS, lists)
