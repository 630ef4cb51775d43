"""Sampling: the draws of a sentence depend on its number and the seed alone."""

from __future__ import annotations

from collections import Counter

import numpy as np
import pytest
import tiny

from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.decoding.sampling import Sampler, Sampling
from seq2seq.errors import UsageError
from seq2seq.models import pair

LINES = ["i like pizza", "she is tired. where is my dog", "", "the house is red", "we have a cat"]


def drawn(sampling: Sampling, lines: list[str] = LINES, lag: int | str = "full") -> list[str]:
    found = tiny.load().translate_lines(lines, lag, sampling=sampling)
    return [line.text for line in found]


@pytest.mark.parametrize("lag", [3, "full"])
def test_draws_depend_on_the_line_and_the_seed_alone(lag: int | str, monkeypatch: pytest.MonkeyPatch) -> None:
    together = drawn(Sampling(7, 1.5), lag=lag)
    assert together == drawn(Sampling(7, 1.5), lag=lag)
    assert together != drawn(Sampling(8, 1.5), lag=lag)
    assert [drawn(Sampling(7, 1.5, first_line=i), [line], lag)[0] for i, line in enumerate(LINES)] == together
    monkeypatch.setattr("seq2seq.decoding.bulk.BATCH_CHARS", 20)
    assert drawn(Sampling(7, 1.5), lag=lag) == together
    monkeypatch.setattr(pair, "LITTLE", 0)
    assert drawn(Sampling(7, 1.5), lag=lag) == together


def test_a_low_temperature_or_top_p_is_greedy_search() -> None:
    greedy = tiny.load().translate(LINES, beam=1)
    options = DecodingRequest(beam=1, repeats=True)
    greedy = [line.text for line in tiny.load().decode(LINES, options)]
    assert drawn(Sampling(1, 0.01)) == greedy
    assert drawn(Sampling(1, top_p=1e-9)) == greedy


def test_symbols_are_drawn_by_their_probability() -> None:
    shares = np.array([0.0, 0.5, 0.3, 0.2])
    with np.errstate(divide="ignore"):
        log_probs_BV = np.log(shares)[None].repeat(4000, axis=0).astype(np.float32)
    rows = np.arange(4000)
    sampling = Sampling(3).numbered([1] * 4000)
    counts = Counter(Sampler(sampling).choose(log_probs_BV, rows).tolist())
    assert counts[0] == 0
    assert [counts[i] / 4000 for i in (1, 2, 3)] == pytest.approx([0.5, 0.3, 0.2], abs=0.03)
    hot = Counter(Sampler(Sampling(3, 100).numbered([1] * 4000)).choose(log_probs_BV, rows).tolist())
    assert hot[0] == 0
    assert hot[3] / 4000 == pytest.approx(1 / 3, abs=0.03)
    nucleus = Sampling(3, top_p=0.6).numbered([1] * 4000)
    assert set(Sampler(nucleus).choose(log_probs_BV, rows).tolist()) == {1, 2}


def test_the_little_that_label_smoothing_gives_to_every_symbol_is_never_drawn() -> None:
    log_probs_BV = np.log(np.array([[0.85, 0.05, *[0.0005] * 200]], np.float32)).repeat(2000, axis=0)
    for temperature in (0.8, 1, 5):
        sampling = Sampling(3, temperature).numbered([1] * 2000)
        assert set(Sampler(sampling).choose(log_probs_BV, np.arange(2000)).tolist()) == {0, 1}


@pytest.mark.parametrize(
    ("numbers", "message"),
    [
        ({"seed": -1}, "`seed` is a whole number from 0"),
        ({"temperature": 0.0}, "`temperature` is a number from 0.01"),
        ({"temperature": float("nan")}, "`temperature`"),
        ({"top_p": 0.0}, "`top_p` is a number above 0"),
    ],
)
def test_numbers_out_of_range_are_refused(numbers: dict[str, float], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        Sampling(**numbers)  # type: ignore[arg-type]


def test_a_beam_is_refused() -> None:
    with pytest.raises(UsageError, match="use `beam` 1"):
        tiny.load().translate_lines(["a"], beam=3, sampling=Sampling())
