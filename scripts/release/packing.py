"""The forms in which the weights of a model file are rounded."""

from __future__ import annotations

from collections.abc import Mapping

from seq2seq.storage.int8 import Weight, as_real, packed

FORMS = ("int8", "float16")


def packed_as(form: str, weights: Mapping[str, Weight]) -> dict[str, Weight]:
    """Return weights as float16, or with large matrices as int8; integers stay as they are."""
    return packed(weights) if form == "int8" else as_real(weights, "float16")
