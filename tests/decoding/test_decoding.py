"""Greedy and beam search: the same text in any batch, causality to the bit, scores that can be recomputed."""

from __future__ import annotations

import copy
import itertools
import json
import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from ties import forced, is_tie
from tiny import OUTPUTS, SETTINGS, outputs, short_pairs

from seq2seq.decoding import beam as beam_module
from seq2seq.decoding import greedy as greedy_module
from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.decoding.hypothesis import Hypothesis, length_limit, normalised
from seq2seq.errors import UsageError
from seq2seq.lag import FULL, Lag
from seq2seq.models import stepwise as stepwise_module
from seq2seq.models.build import Network
from seq2seq.models.encoder_decoder import EncoderDecoder
from seq2seq.models.stepwise import TorchStepNetwork
from seq2seq.plain.attention import NumpyMemory
from seq2seq.plain.cells import IntArray
from seq2seq.plain.step import NO_TEXT, States, Step, StepNetwork, log_softmax, never_written
from seq2seq.text.vocabulary import END, PAD, START, UNKNOWN, Ids
from seq2seq.translator import Translator


@pytest.fixture(scope="module")
def sources(tiny: Translator) -> list[list[int]]:
    """300 sentences of the bundled corpus, of lengths as they come."""
    return [tiny.vocabulary.encode(pair.source) for pair in short_pairs(300)]


def altered(model: Network, end_bias: float) -> TorchStepNetwork:
    """A copy that never ends, or ends at once."""
    other = copy.deepcopy(model)
    assert isinstance(other, EncoderDecoder)
    with torch.no_grad():
        other.output.bias[END] += end_bias
    return TorchStepNetwork(other)


# Greedy search in any batch.


@pytest.mark.parametrize(("lag", "sizes"), [(FULL, (1, 7, 100)), (3, (7, 256))])
def test_the_text_does_not_depend_on_the_batch(
    tiny: Translator, sources: list[list[int]], lag: Lag, sizes: tuple[int, ...]
) -> None:
    if 1 in sizes:  # which takes its time
        sources = sources[:50]

    def decode(size: int) -> list[list[int]]:
        chunks = (sources[i : i + size] for i in range(0, len(sources), size))
        return [h.ids for chunk in chunks for h in greedy(tiny.networks.torch, chunk, DecodingOptions(lag))]

    first, *others = (decode(size) for size in sizes)
    assert len(set(map(tuple, first))) > 0.8 * len(sources)
    for other in others:
        rows = zip(sources, first, other, strict=True)
        apart = [(source, a, b) for source, a, b in rows if a != b]
        assert len(apart) <= math.ceil(len(sources) / 1000)
        assert all(is_tie(tiny.networks.network, source, lag, a, b) for source, a, b in apart)


def test_a_clear_choice_is_no_tie(tiny: Translator, sources: list[list[int]]) -> None:
    best, second = (
        h.ids for h in beam_search(tiny.networks.torch, sources[:1], DecodingOptions(FULL, 2, n_best=2))[0]
    )
    assert not is_tie(tiny.networks.network, sources[0], FULL, best, second)


def test_greedy_takes_the_likeliest_symbol_every_time(tiny: Translator, sources: list[list[int]]) -> None:
    for lag in (0, 3, 8, FULL):
        for source, found in zip(
            sources[:6], greedy(tiny.networks.torch, sources[:6], DecodingOptions(lag)), strict=True
        ):
            symbols = [*found.ids, END] if found.ended else found.ids
            log_probs = forced(tiny.networks.network, source, symbols, lag)
            assert log_probs.argmax(dim=-1).tolist() == symbols
            along = log_probs[range(len(symbols)), symbols].tolist()
            assert found.log_probs == pytest.approx(along, abs=1e-4)
            assert found.score == pytest.approx(sum(along) / len(along), abs=1e-4)


# Causality in batch decoding.


@pytest.fixture
def equal_shapes(monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep sentences together from beginning to end: then no length changes the number of rows."""
    monkeypatch.setattr(greedy_module, "COMPACT_BELOW", 1e-9)
    monkeypatch.setattr(stepwise_module, "SIMILAR", 0.0)


@pytest.mark.usefixtures("equal_shapes")
@pytest.mark.parametrize("lag", [0, 3, 8])
@pytest.mark.parametrize("shorter", [False, True])
@pytest.mark.parametrize("library", ["torch", "numpy"])
def test_what_is_not_read_yet_changes_nothing_that_is_written(
    tiny: Translator, sources: list[list[int]], lag: int, shorter: bool, library: str
) -> None:
    """Characters up to `size` stay; what follows becomes the end of another sentence, or nothing.

    To the last bit in PyTorch. NumPy's products round a row by its place among the rows on some processors,
    and the rows are in order of length: there it is to far less than a character that was read makes.
    """
    network: StepNetwork = getattr(tiny.networks, library)
    rounding = 0.0 if library == "torch" else 1e-5

    def differ(a: Hypothesis, b: Hypothesis, t: int) -> bool:
        return bool(np.abs(np.subtract(a.log_probs[:t], b.log_probs[:t])).max(initial=0) > rounding)

    size = 11
    chosen = [source for source in sources if len(source) >= size + 4][:100]
    ends = [[] if shorter else source[size:] for source in chosen[1:] + chosen[:1]]
    others = [source[:size] + end for source, end in zip(chosen, ends, strict=True)]
    width = max(map(len, chosen))
    filler = [next(source for source in sources if len(source) == width)]  # keeps the padded width the same
    one, other = (greedy(network, batch + filler, DecodingOptions(lag))[:-1] for batch in (chosen, others))
    t = size - lag  # the last step that has read nothing beyond `size`
    for a, b in zip(one, other, strict=True):
        assert a.ids[:t] == b.ids[:t]
        assert not differ(a, b, t)
    assert len({tuple(h.ids[:t]) for h in one}) > 8
    changed = sum(a.ids != b.ids for a, b in zip(one, other, strict=True))
    assert changed > 0.6 * len(chosen)
    sooner = sum(differ(a, b, t + 1) for a, b in zip(one, other, strict=True))
    assert sooner > 0.6 * len(chosen)  # the very next step has read the change


# The limits of greedy search and of the beam.


@pytest.mark.parametrize("beam", [1, 3])
def test_a_decoder_that_never_ends_is_cut_at_the_limit(
    tiny: Translator, sources: list[list[int]], beam: int
) -> None:
    model, batch = altered(tiny.networks.network, -1e9), [sources[0], [], sources[1][:5]]
    found = (
        greedy(model, batch, DecodingOptions(FULL))
        if beam == 1
        else [b[0] for b in beam_search(model, batch, DecodingOptions(FULL, beam))]
    )
    assert [h.ended for h in found] == [False] * 3
    for source, h in zip(batch, found, strict=True):
        assert len(h.ids) == len(h.log_probs) == length_limit(len(source) + 1)


@pytest.mark.parametrize("beam", [1, 3])
def test_a_decoder_that_ends_at_once_writes_nothing(
    tiny: Translator, sources: list[list[int]], beam: int
) -> None:
    model = altered(tiny.networks.network, 1e4)
    found = (
        greedy(model, sources[:2], DecodingOptions(FULL))
        if beam == 1
        else [best[0] for best in beam_search(model, sources[:2], DecodingOptions(FULL, beam))]
    )
    assert [(h.ids, h.ended, len(h.log_probs)) for h in found] == [([], True, 1)] * 2


def test_limits_leave_room() -> None:
    assert length_limit(1) >= 20
    assert all(length_limit(size + 1) > length_limit(size) > 1.5 * size for size in range(1, 300))


# What is never written.


def test_reserved_symbols_are_never_written(tiny: Translator, sources: list[list[int]]) -> None:
    """Even if the network prefers them, and after sources full of unknown characters."""
    model = copy.deepcopy(tiny.networks.network)
    assert isinstance(model, EncoderDecoder)
    with torch.no_grad():
        model.output.bias[[PAD, START, UNKNOWN]] += 50
    batch = [[UNKNOWN] * 9, *sources[:4]]
    network = TorchStepNetwork(model)
    found = greedy(network, batch, DecodingOptions(FULL)) + [
        h for row in beam_search(network, batch, DecodingOptions(FULL, 3, n_best=3)) for h in row
    ]
    assert all(symbol not in (PAD, START) for h in found for symbol in h.ids)
    of_unknown = [found[0], *found[5:8]]
    assert all(UNKNOWN not in h.ids for h in found if h not in of_unknown)
    # There, each is carried over once.
    assert all(sorted(h.copied) == list(range(9)) for h in of_unknown)
    assert all(h.ids.count(UNKNOWN) == 9 for h in of_unknown)
    assert all(math.isfinite(score) for h in found for score in h.log_probs)


def test_log_probabilities_are_of_what_may_be_written() -> None:
    logits = np.random.default_rng(1).normal(0, 30, (3, 9)).astype(np.float32)
    before = logits.copy()
    log_probs = log_softmax(logits)
    assert np.array_equal(logits, before)
    assert log_probs.dtype == np.float32
    assert np.isneginf(log_probs[:, [PAD, START, UNKNOWN]]).all()
    assert np.exp(log_probs).sum(axis=1) == pytest.approx([1.0] * 3)
    with_copies = log_softmax(logits, NO_TEXT)
    assert np.isneginf(with_copies).sum() == np.isneginf(with_copies[:, [PAD, START]]).sum() == 6
    assert np.exp(with_copies).sum(axis=1) == pytest.approx([1.0] * 3)


def test_symbols_of_spans_are_left_out_where_there_is_nothing_to_copy() -> None:
    assert never_written([UNKNOWN, 7, 8], copies=False) == [PAD, START, UNKNOWN, 7, 8]
    assert never_written([UNKNOWN, 7, 8], copies=True) == [PAD, START]


@given(st.floats(-100, 0), st.integers(1, 50))
def test_the_length_penalty_divides_by_a_power_of_the_length(total: float, length: int) -> None:
    assert normalised(total, length, 0.0) == total
    assert normalised(total, length, 1.0) == pytest.approx(total / length)
    assert normalised(total, length, 2.0) == pytest.approx(total / length**2)


# Beam search on the trained network.


def test_a_beam_of_one_is_greedy(tiny: Translator, sources: list[list[int]]) -> None:
    wide = beam_search(tiny.networks.torch, sources[:40], DecodingOptions(FULL, 1))
    for (h,), g in zip(wide, greedy(tiny.networks.torch, sources[:40], DecodingOptions(FULL)), strict=True):
        assert (h.ids, h.ended) == (g.ids, g.ended)
        assert h.log_probs == pytest.approx(g.log_probs, abs=1e-5)
        assert h.score == pytest.approx(g.score, abs=1e-5)


@pytest.fixture(scope="module")
def best_of_4(tiny: Translator, sources: list[list[int]]) -> list[list[Hypothesis]]:
    return beam_search(tiny.networks.torch, sources[:48], DecodingOptions(FULL, 4, n_best=4))


def test_hypotheses_are_different_and_come_by_score(best_of_4: list[list[Hypothesis]]) -> None:
    for found in best_of_4:
        scores = [h.score for h in found]
        assert len(found) == 4
        assert scores == sorted(scores, reverse=True)
        assert len({tuple(h.ids) for h in found}) == 4


@pytest.mark.parametrize("penalty", [0.0, 1.0, 1.5])
def test_scores_can_be_recomputed(tiny: Translator, sources: list[list[int]], penalty: float) -> None:
    options = DecodingOptions(FULL, 3, n_best=3, length_penalty=penalty)
    hypotheses = beam_search(tiny.networks.torch, sources[:5], options)
    for source, found in zip(sources[:5], hypotheses, strict=True):
        for h in found:
            symbols = [*h.ids, END] if h.ended else h.ids
            along = forced(tiny.networks.network, source, symbols, FULL)[
                range(len(symbols)), symbols
            ].tolist()
            assert h.log_probs == pytest.approx(along, abs=1e-4)
            assert h.score == pytest.approx(sum(along) / len(along) ** penalty, abs=1e-4)


def test_a_beam_finds_better_hypotheses_than_greedy_search(
    tiny: Translator, sources: list[list[int]], best_of_4: list[list[Hypothesis]]
) -> None:
    first = greedy(tiny.networks.torch, sources[:48], DecodingOptions(FULL))
    gains = [best[0].score - h.score for best, h in zip(best_of_4, first, strict=True)]
    assert sum(gain > -1e-5 for gain in gains) > 0.95 * len(gains)  # poor short ones must not end the search
    apart = [gain for best, h, gain in zip(best_of_4, first, gains, strict=True) if best[0].ids != h.ids]
    assert apart
    assert sum(gain > 0 for gain in apart) > 0.5 * len(apart)


def test_a_beam_gives_the_same_in_any_company(
    tiny: Translator, sources: list[list[int]], best_of_4: list[list[Hypothesis]]
) -> None:
    for source, together in list(zip(sources, best_of_4, strict=False))[:6]:
        (alone,) = beam_search(tiny.networks.torch, [source], DecodingOptions(FULL, 4, n_best=4))
        assert [h.ids for h in alone] == [h.ids for h in together]


def test_fewer_hypotheses_are_the_first_of_more(
    tiny: Translator, sources: list[list[int]], best_of_4: list[list[Hypothesis]]
) -> None:
    two = beam_search(tiny.networks.torch, sources[:48], DecodingOptions(FULL, 4, n_best=2))
    assert [[h.ids for h in found] for found in two] == [[h.ids for h in found[:2]] for found in best_of_4]


@pytest.mark.parametrize("lag", [0, 3])
def test_a_beam_under_a_lag_is_refused(lag: int) -> None:
    with pytest.raises(UsageError, match=f"beam search needs lag full: at lag {lag} .*use `beam` 1"):
        DecodingOptions(lag, 2)


def test_more_hypotheses_than_the_beam_holds_are_refused() -> None:
    with pytest.raises(UsageError, match="`n_best` 3 needs `beam` 3 or more, not 2"):
        DecodingOptions(FULL, 2, n_best=3)


# Beam search where every hypothesis can be listed.


class Toy:
    """A network of three letters; the next one depends on all that it has written, and on x_1."""

    LETTERS = (4, 5, 6)

    copied = (UNKNOWN,)
    parallel = False

    def __init__(self, seed: int) -> None:
        self.logits_MV = 2 * np.random.default_rng(seed).normal(size=(2**14, 7)).astype(np.float32)

    def encode(self, sources: Sequence[Sequence[int]], lag: Lag) -> NumpyMemory:
        del lag
        return NumpyMemory(np.array([[[(*source, END)[0]]] for source in sources], np.float32))

    def start(self, batch: int) -> States:
        return [(np.zeros((batch, 1), np.int64),)]

    def step(
        self,
        previous_N: Ids,
        memory: NumpyMemory,
        read_B: IntArray,
        states: States,
        lag: Lag,
        attention: bool = False,
        copies: bool = False,
    ) -> Step:
        del lag, attention, copies
        history_N1 = states[0][0] * 7 + previous_N[:, None]
        first_N1 = memory.states_BSH[:, 0].astype(np.int64).repeat(len(previous_N) // len(read_B), axis=0)
        rows_N = (history_N1 * 7 + first_N1)[:, 0] % len(self.logits_MV)
        return Step(log_softmax(self.logits_MV[rows_N]), [(history_N1,)], None)


def everything(toy: Toy, source: list[int], limit: int, penalty: float) -> list[tuple[float, list[int]]]:
    """All outputs of fewer than `limit` letters with their scores, the best first."""
    found = []
    for length in range(limit):
        for ids in itertools.product(Toy.LETTERS, repeat=length):
            states, total = toy.start(1), 0.0
            for before, symbol in zip((START, *ids), (*ids, END), strict=True):
                step = toy.step(np.array([before]), toy.encode([source], FULL), np.array([1]), states, FULL)
                states = step.states
                total += float(step.log_probs_NV[0, symbol])
            found.append((total / (length + 1) ** penalty, list(ids)))
    return sorted(found, reverse=True)


@pytest.mark.parametrize("seed", [0, 1, 2])
@pytest.mark.parametrize("penalty", [0.0, 1.0])
def test_a_wide_beam_is_an_exhaustive_search(
    monkeypatch: pytest.MonkeyPatch, seed: int, penalty: float
) -> None:
    monkeypatch.setattr(beam_module, "length_limit", lambda size: size + 1)
    toy, batch = Toy(seed), [[4], [5, 4]]
    found = beam_search(toy, batch, DecodingOptions(FULL, 130, n_best=130, length_penalty=penalty))
    for source, row in zip(batch, found, strict=True):
        expected = everything(toy, source, len(source) + 2, penalty)
        assert [h.ids for h in row] == [ids for _, ids in expected]
        assert [h.score for h in row] == pytest.approx([score for score, _ in expected], abs=1e-5)
        assert all(h.ended for h in row)


def test_a_narrow_beam_is_between_greedy_and_exhaustive(monkeypatch: pytest.MonkeyPatch) -> None:
    """With some networks a beam of 4 finds better results than greedy search; with none impossible ones."""
    for module in (beam_module, greedy_module):
        monkeypatch.setattr(module, "length_limit", lambda size: size + 4)
    gains = []
    for seed in range(20):
        toy = Toy(seed)
        best = everything(toy, [4], 6, 1.0)[0][0]
        (narrow,) = beam_search(toy, [[4]], DecodingOptions(FULL, 4))[0]
        (first,) = greedy(toy, [[4]], DecodingOptions(FULL))
        assert narrow.score <= best + 1e-5
        if first.ended:
            gains.append(narrow.score - first.score)
    assert len(gains) > 8
    assert min(gains) > -1e-5
    assert sum(gain > 1e-5 for gain in gains) >= 3


def test_finished_sentences_do_not_keep_the_batch_going(monkeypatch: pytest.MonkeyPatch) -> None:
    """The network writes on after its end mark; greedy search must ignore it."""
    toy, rows = Toy(1), []
    step = toy.step

    def count(previous_N: Ids, *others: Any) -> Step:
        rows.append(len(previous_N))
        return step(previous_N, *others)

    monkeypatch.setattr(toy, "step", count)
    found = greedy(toy, [[symbol] for symbol in range(4, 68)], DecodingOptions(FULL))
    written = [len(h.log_probs) for h in found]
    assert 1 < max(written) < length_limit(2)
    assert len(rows) == max(written)
    assert sum(rows) <= sum(written) / greedy_module.COMPACT_BELOW


# The golden outputs.


def test_the_golden_outputs(tiny: Translator) -> None:
    rows = [json.loads(line) for line in OUTPUTS.read_text(encoding="utf-8").splitlines()]
    assert outputs(tiny, [row["source"] for row in rows]) == rows
    for name in SETTINGS:
        written = [row[name] for row in rows if row["source"]]
        assert len(set(written)) > 0.9 * len(written)
    assert sum(row["lag 0"] != row["full"] for row in rows) > len(rows) / 2
