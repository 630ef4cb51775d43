"""The profile of decoding: the time of the libraries counts for the part that calls them."""

from __future__ import annotations

import pytest
from tiny import short_pairs

from scripts.bench import decode_profile
from seq2seq.models import pair
from seq2seq.translator import Translator


def test_all_parts_of_a_translation_have_a_time(tiny: Translator, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pair, "LITTLE", 0)
    sources = [one.source for one in short_pairs(5)]
    seconds = decode_profile.parts(tiny, sources, "full", 2)
    assert set(seconds) <= set(decode_profile.PARTS.values())
    assert {"network, besides products", "search", "hypotheses", "text before and after"} <= set(seconds)
    assert all(part > 0 for part in seconds.values())
    assert decode_profile.products(tiny, sources, "full", 2) > 0
