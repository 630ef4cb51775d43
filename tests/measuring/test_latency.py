"""Latency: worked examples, what the definitions imply, and agreement with SimulEval if it is installed."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from seq2seq.lag import FULL, Lag
from seq2seq.lag import delays as delays_of
from seq2seq.measuring.latency import Latency, corpus_latency, sentence_latency

LENGTHS = st.integers(1, 60)
LAGS = st.one_of(st.integers(0, 80), st.just(FULL))


@st.composite
def readings(draw: st.DrawFn) -> tuple[list[int], int]:
    """Draw delays as any writer may have them, not only one at a fixed lag, and the length of the source."""
    source_length = draw(LENGTHS)
    delays = draw(st.lists(st.integers(1, source_length), min_size=1, max_size=60))
    return sorted(delays), source_length


def at_lag(written: int, lag: Lag, source_length: int, reference_length: int | None = None) -> Latency:
    """Latency at a lag; `source_length` counts real characters, `seq2seq.lag` the end mark too."""
    delays = delays_of(written, lag, source_length + 1)
    latency = sentence_latency(delays, source_length, reference_length)
    assert latency is not None
    return latency


def test_worked_example_equal_lengths() -> None:
    # |x| = |y| = 4, lag 1: d = 2 3 4 4, the ideal writer has read 0 1 2 3, l = 2 2 2 1, c = 3.
    latency = at_lag(4, 1, 4)
    assert latency.ap == pytest.approx((2 + 3 + 4 + 4) / 16)
    assert latency.al == pytest.approx((2 + 2 + 2) / 3)
    assert latency.laal == latency.al
    # The running maximum of l is 2 2 2 2.
    assert latency.dal == pytest.approx(2)


def test_worked_example_long_output() -> None:
    # |x| = 3, |y| = 6, lag 0: d = 1 2 3 3 3 3, the ideal writer has read 0 ½ 1 1½ 2 2½, c = 3.
    # l = 1 1½ 2 1½ 1 ½, its running maximum 1 1½ 2 2 2 2.
    latency = at_lag(6, 0, 3)
    assert latency.ap == pytest.approx(15 / 18)
    assert latency.al == pytest.approx(4.5 / 3)
    assert latency.dal == pytest.approx(10.5 / 6)


def test_worked_example_short_output() -> None:
    # |x| = 8, |y| = 2, lag 1: d = 2 3, never 8, so c = 2. The ideal writer has read 0 4, l = 2 -1.
    latency = at_lag(2, 1, 8, reference_length=4)
    assert latency.ap == pytest.approx(5 / 16)
    assert latency.al == pytest.approx((2 - 1) / 2)
    assert latency.dal == pytest.approx((2 + 2) / 2)
    # Against a reference of 4 the ideal writer has read 0 2: l = 2 1.
    assert latency.laal == pytest.approx((2 + 1) / 2)


def test_worked_example_of_a_writer_that_stops_and_goes() -> None:
    # |x| = 6, |y| = 3, d = 1 5 6: the ideal writer has read 0 2 4, l = 1 3 2, c = 3, running maximum 1 3 3.
    latency = sentence_latency([1, 5, 6], 6)
    assert latency is not None
    assert latency.al == pytest.approx(2)
    assert latency.dal == pytest.approx(7 / 3)


def test_average_lagging_can_be_negative() -> None:
    # |x| = 10, |y| = 2, d = 1 2: the ideal writer has read 0 5, l = 1 -3.
    assert at_lag(2, 0, 10).al == pytest.approx(-1)


@given(length=LENGTHS, lag=st.integers(0, 80))
def test_wait_k_lags_by_k_at_equal_lengths(length: int, lag: int) -> None:
    k = min(lag + 1, length)
    latency = at_lag(length, lag, length)
    assert latency.al == pytest.approx(k)
    assert latency.laal == pytest.approx(k)
    assert latency.dal == pytest.approx(k)


@given(written=LENGTHS, source_length=LENGTHS)
def test_full_lags_by_the_whole_source(written: int, source_length: int) -> None:
    latency = at_lag(written, FULL, source_length)
    assert latency.ap == pytest.approx(1)
    assert latency.al == latency.laal == source_length
    assert latency.dal == pytest.approx(source_length)


@given(written=LENGTHS, source_length=LENGTHS)
def test_the_largest_useful_lag_is_full(written: int, source_length: int) -> None:
    assert at_lag(written, source_length - 1, source_length) == at_lag(written, FULL, source_length)
    if source_length > 1:
        assert at_lag(written, source_length - 2, source_length) != at_lag(written, FULL, source_length)


@given(written=LENGTHS, source_length=LENGTHS, lag=st.integers(0, 60), reference_length=LENGTHS)
def test_a_larger_lag_is_never_less_latency(
    written: int, source_length: int, lag: int, reference_length: int
) -> None:
    small = at_lag(written, lag, source_length, reference_length)
    large = at_lag(written, lag + 1, source_length, reference_length)
    for name, value in large.to_dict().items():
        assert value >= small.to_dict()[name] - 1e-9, name


@given(reading=readings(), reference_length=LENGTHS)
def test_order_and_bounds(reading: tuple[list[int], int], reference_length: int) -> None:
    delays, source_length = reading
    latency = sentence_latency(delays, source_length, reference_length)
    assert latency is not None
    assert 0 < latency.ap <= 1
    assert latency.al <= latency.laal + 1e-9
    assert latency.al <= latency.dal + 1e-9
    assert max(latency.laal, latency.dal) <= source_length + 1e-9
    # d'_t only adds to d_t, and d'_1 = d_1 >= 1 is never made up.
    assert latency.dal >= delays[0] - 1e-9


@given(reading=readings(), shorter=st.integers(0, 60))
def test_laal_is_al_unless_the_reference_is_longer(reading: tuple[list[int], int], shorter: int) -> None:
    delays, source_length = reading
    without = sentence_latency(delays, source_length)
    assert sentence_latency(delays, source_length, max(len(delays) - shorter, 0)) == without


@given(reading=readings())
def test_dal_follows_its_recurrence(reading: tuple[list[int], int]) -> None:
    delays, source_length = reading
    pace = source_length / len(delays)
    delayed, total = float("-inf"), 0.0
    for written, delay in enumerate(delays):
        delayed = max(delay, delayed + pace)
        total += delayed - written * pace
    latency = sentence_latency(delays, source_length)
    assert latency is not None
    assert latency.dal == pytest.approx(total / len(delays))


def test_nothing_written_or_read_has_no_latency() -> None:
    assert sentence_latency([], 5) is None
    assert sentence_latency([], 0) is None
    # Something written behind an empty source: its delays can only be 0.
    assert sentence_latency(delays_of(2, 3, 1), 0) is None


@pytest.mark.parametrize("delays", [[0, 1], [1, 4]])
def test_a_delay_outside_the_source_is_a_bug(delays: list[int]) -> None:
    with pytest.raises(AssertionError, match="counts characters of the source"):
        sentence_latency(delays, 3)


def test_corpus_latency_is_the_mean_over_measured_sentences() -> None:
    one, other = Latency(ap=0.5, al=1.0, laal=2.0, dal=3.0), Latency(ap=1.0, al=2.0, laal=4.0, dal=6.0)
    assert corpus_latency([one, None, other]) == Latency(ap=0.75, al=1.5, laal=3.0, dal=4.5)
    assert corpus_latency([None]) is None
    assert corpus_latency([]) is None


def test_to_dict_names_the_four() -> None:
    assert at_lag(4, FULL, 4).to_dict() == {"ap": 1.0, "al": 4.0, "laal": 4.0, "dal": 4.0}


@pytest.fixture(scope="module")
def simuleval() -> Any:
    return pytest.importorskip("simuleval.evaluator.scorers.latency_scorer")


@pytest.mark.slow
@given(
    reading=st.one_of(
        readings(),
        st.builds(
            lambda written, lag, length: (delays_of(written, lag, length + 1), length), LENGTHS, LAGS, LENGTHS
        ),
    ),
    reference_length=LENGTHS,
)
def test_agrees_with_simuleval(simuleval: Any, reading: tuple[list[int], int], reference_length: int) -> None:
    delays, source_length = reading
    sentence = SimpleNamespace(
        delays=delays,
        source_length=source_length,
        reference="a reference of which only the length counts",
        reference_length=reference_length,
    )
    latency = sentence_latency(delays, source_length, reference_length)
    assert latency is not None
    assert latency.ap == pytest.approx(simuleval.APScorer(use_ref_len=False).compute(sentence))
    assert latency.al == pytest.approx(simuleval.ALScorer(use_ref_len=False).compute(sentence))
    assert latency.laal == pytest.approx(simuleval.LAALScorer(use_ref_len=True).compute(sentence))
    assert latency.dal == pytest.approx(simuleval.DALScorer(use_ref_len=False).compute(sentence))
