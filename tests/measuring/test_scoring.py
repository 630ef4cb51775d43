"""Scores of given translations: those of search and of training, and for text of any kind."""

from __future__ import annotations

import math

import numpy as np
import pytest
import tiny
import torch

from seq2seq.corpus.batching import collate
from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import encode_pairs
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.lag import parse_lag
from seq2seq.measuring.scoring import score_translations
from seq2seq.models import pair
from seq2seq.training.loss import batch_loss
from seq2seq.translator import Translator

SOURCES = [each.source for each in tiny.short_pairs(12)]


@pytest.fixture(scope="module")
def model() -> Translator:
    return tiny.load()


@pytest.mark.parametrize("lag", [0, 3, "full"])
def test_a_translation_has_the_score_that_search_gave_it(
    model: Translator, lag: int | str, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = model.decode(SOURCES, DecodingRequest(lag, 1, length_penalty=0.0, repeats=True))
    pairs = [Pair(line.source, line.text) for line in found if line.ended]
    assert len(pairs) > 8
    expected = [line.score for line in found if line.ended]
    scored = score_translations(model, pairs, DecodingRequest(lag))
    assert [one.log_probability for one in scored] == pytest.approx(expected, abs=1e-3)
    assert [one.mean_probability for one in scored] == pytest.approx(
        [line.mean_probability for line in found if line.ended], abs=1e-4
    )
    monkeypatch.setattr(pair, "LITTLE", 0)
    in_torch = score_translations(model, pairs, DecodingRequest(lag))
    assert [one.log_probability for one in in_torch] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("lag", [2, "full"])
def test_scores_are_those_of_the_training_loss(model: Translator, lag: int | str) -> None:
    """But for the symbols that search never writes, which are a tiny part of the loss of the network."""
    pairs = tiny.short_pairs(8)
    scored = score_translations(model, pairs, DecodingRequest(lag))
    batch = collate(encode_pairs(pairs, model.vocabulary), np.arange(len(pairs), dtype=np.int32))
    with torch.no_grad():
        loss = float(batch_loss(model.networks.network, batch, parse_lag(lag), "fp32"))
    assert -sum(one.log_probability for one in scored) == pytest.approx(loss, rel=1e-2)


def test_spans_are_scored_as_copies_and_others_are_impossible() -> None:
    model = tiny.load_copying(5)
    good, wrong, more = score_translations(
        model,
        [Pair("it is 12:30", "son las 12:30"), Pair("it is 12:30", "son las 12:31"), Pair("it is", "es 5")],
        DecodingRequest(),
    )
    assert len(good.log_probs) == len("son las X") + 1
    assert math.isfinite(good.log_probability)
    assert wrong.log_probability == more.log_probability == -math.inf
    assert wrong.mean_probability == 0


def test_any_text_can_be_scored(model: Translator) -> None:
    pairs = [Pair("", ""), Pair("hi", ""), Pair("a. b! c?", "A. B! C?"), Pair("42", "42"), Pair("猫", "猫")]
    scored = score_translations(model, pairs, DecodingRequest())
    assert [one.source for one in scored] == [each.source for each in pairs]
    assert all(one.log_probability < 0 for one in scored)
