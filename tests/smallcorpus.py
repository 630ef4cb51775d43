"""A corpus of a few lines, and what tests compare of what is prepared from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import Encoded, Prepared
from seq2seq.text.vocabulary import Vocabulary

TRAIN = """\
Go.\tVe.
I am here. Where are you?\tEstoy aquí. ¿Dónde estás?
Go.\tVe.
Who is it?\t¿Quién es? ζ
\tempty
aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\tno
"""
DEV = "New. It is new.\tNuevo. Es nuevo.\nWhere are you?\t¿Dónde está usted?\n\tempty\n"
TRAINED = [
    Pair("Go.", "Ve."),
    Pair("I am here.", "Estoy aquí."),
    Pair("Who is it?", "¿Quién es? ζ"),
]


def decoded(prepared: Prepared) -> list[Pair]:
    return read_back(prepared.train, prepared.vocabulary)


def read_back(encoded: Encoded, vocabulary: Vocabulary) -> list[Pair]:
    return [
        Pair(vocabulary.decode(encoded.source(i)), vocabulary.decode(encoded.target(i)))
        for i in range(len(encoded))
    ]


def contents(cache: Path) -> dict[str, bytes]:
    return {str(path.relative_to(cache)): path.read_bytes() for path in cache.rglob("*") if path.is_file()}


def assert_same(a: Prepared, b: Prepared) -> None:
    assert (a.vocabulary, a.dev, a.fingerprint, a.dev_fingerprint, a.report) == (
        b.vocabulary,
        b.dev,
        b.fingerprint,
        b.dev_fingerprint,
        b.report,
    )
    for name in ("source_ids", "source_offsets", "target_ids", "target_offsets"):
        left, right = getattr(a.train, name), getattr(b.train, name)
        assert left.dtype == right.dtype
        np.testing.assert_array_equal(left, right)
