"""The trace of a search: hypotheses read from it are those that lists of symbols would hold."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.hypothesis import normalised
from seq2seq.decoding.trace import Trace
from seq2seq.lag import FULL

SOURCES = [[7, 8, 9], [7, 8], [9], [8, 8, 8, 8]]
BEAM = 3
PENALTY = 1.2


def test_hypotheses_are_those_of_a_search_that_keeps_lists() -> None:
    """Rows continue each other at random, end at random, and two of the sentences are removed on the way."""
    rng = np.random.default_rng(1)
    trace = Trace(SOURCES, [5], DecodingOptions(FULL, BEAM, n_best=2, length_penalty=PENALTY), BEAM)
    sentences = np.arange(len(SOURCES))
    lists: list[tuple[list[int], list[float]]] = [([], []) for _ in range(len(SOURCES) * BEAM)]
    ended: dict[int, list[tuple[list[int], list[float], bool]]] = {
        number: [] for number in range(len(SOURCES))
    }
    for step in range(9):
        rows = len(sentences) * BEAM
        ends = np.sort(rng.choice(rows, size=4, replace=False))
        end_log_probs = -rng.random(4, dtype=np.float32)
        trace.end(ends, sentences[ends // BEAM], end_log_probs)
        for row, log_prob in zip(ends.tolist(), end_log_probs.tolist(), strict=True):
            ids, log_probs = lists[row]
            ended[int(sentences[row // BEAM])].append((ids, [*log_probs, log_prob], True))
        origin = np.arange(rows) // BEAM * BEAM + rng.integers(0, BEAM, rows)
        symbol, log_prob_N = rng.integers(10, 20, rows), -rng.random(rows, dtype=np.float32)
        trace.write(symbol, log_prob_N, None, origin)
        lists = [
            ([*lists[before][0], new], [*lists[before][1], log_prob])
            for before, new, log_prob in zip(
                origin.tolist(), symbol.tolist(), log_prob_N.tolist(), strict=True
            )
        ]
        if step in (3, 6):  # the first sentence that is left stops without an end, and is removed
            trace.end(np.array([1]), sentences[:1])
            ended[int(sentences[0])].append((*lists[1], False))
            trace.select(np.arange(BEAM, rows))
            sentences, lists = sentences[1:], lists[BEAM:]
    assert trace.ended_B.tolist() == [len(ended[number]) for number in range(len(SOURCES))]
    for number, found in enumerate(trace.hypotheses()):
        scored = [
            (normalised(sum(logs), len(logs), PENALTY), ids, logs, end) for ids, logs, end in ended[number]
        ]
        scored.sort(key=lambda one: -one[0])
        assert [(h.score, h.ids, h.log_probs, h.ended) for h in found] == scored[:2]
        assert trace.best_B[number] == scored[0][0]


def test_attention_follows_the_hypothesis() -> None:
    """Each symbol has the weights of the row that it continues; a span is copied from where they point."""
    trace = Trace([[5, 6, 5]], [5], DecodingOptions(FULL, 2, attention=True), 2)
    looked = np.eye(4, dtype=np.float32)
    trace.write(np.array([6, 6]), np.zeros(2, np.float32), looked[[0, 0]])
    trace.write(np.array([5, 6]), np.zeros(2, np.float32), looked[[1, 2]], np.array([1, 0]))
    trace.end(np.array([0]), np.array([0]), np.zeros(1, np.float32))
    ((found,),) = trace.hypotheses()
    assert found.ids == [6, 5]
    assert found.attention_TS is not None
    assert found.attention_TS.argmax(axis=1).tolist() == [0, 2]
    assert found.copied == (2,)
    assert found.uncopied == 1


@pytest.mark.parametrize("rows", [[], [1, 0]])
def test_hypotheses_that_end_at_once_have_no_symbols(rows: list[int]) -> None:
    trace = Trace([[6], [6]], [], DecodingOptions(FULL), 1)
    trace.end(np.array(rows, np.int64), np.array(rows, np.int64), np.full(len(rows), -1, np.float32))
    trace.end(np.array([0, 1]), np.array([0, 1]), np.array([-2, -0.5], np.float32))
    assert [(h.ids, h.score, h.ended) for (h,) in trace.hypotheses()] == [
        ([], -1.0 if rows else -2.0, True),
        ([], -0.5, True),
    ]
