"""Batches: every pair once an epoch, no batch too large, an order that is a function of seed and epoch."""

from __future__ import annotations

from itertools import chain, count, islice, pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from seq2seq.corpus.batching import BatchOrder, MixedOrder, Rows, collate, make_order
from seq2seq.corpus.pairs import Pair
from seq2seq.corpus.prepared import Encoded, encode_pairs
from seq2seq.text.vocabulary import END, PAD, START, Vocabulary, pad

VOCABULARY = Vocabulary(tuple("abc"))  # a is 4, b is 5, c is 6
LENGTHS = st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), min_size=1, max_size=60)
SENTENCES = st.text("abcd", min_size=1, max_size=12)


def corpus(*pairs: tuple[str, str]) -> Encoded:
    return encode_pairs([Pair(*pair) for pair in pairs], VOCABULARY)


def order_of(lengths: list[tuple[int, int]], batch_chars: int, seed: int = 1) -> BatchOrder:
    sources, targets = np.array(lengths, dtype=np.int64).T
    return BatchOrder(sources, targets, batch_chars, seed)


def many(count: int = 400) -> list[tuple[int, int]]:
    rng = np.random.default_rng(0)
    return [(int(a), int(b)) for a, b in rng.integers(5, 30, size=(count, 2))]


def rows_of(batches: list[Rows]) -> list[list[int]]:
    return [batch.tolist() for batch in batches]


def test_a_batch_written_by_hand() -> None:
    batch = collate(corpus(("ab", "c"), ("b", "bca"), ("a?", "aa")), np.array([2, 0, 1], np.int32))
    assert batch.rows_B.tolist() == [2, 0, 1]
    assert batch.source_BS.tolist() == [[4, 3, END], [4, 5, END], [5, END, PAD]]
    assert batch.lengths_B.tolist() == [3, 3, 2]
    assert batch.previous_BT.tolist() == [[START, 4, 4, PAD], [START, 6, PAD, PAD], [START, 5, 6, 4]]
    assert batch.target_BT.tolist() == [[4, 4, END, PAD], [6, END, PAD, PAD], [5, 6, 4, END]]
    assert batch.target_symbols == 9
    assert all(
        array.dtype == np.int64
        for array in (batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT)
    )


@given(st.lists(st.tuples(SENTENCES, SENTENCES), min_size=1, max_size=8))
def test_previous_is_the_target_one_step_later(pairs: list[tuple[str, str]]) -> None:
    batch = collate(corpus(*pairs), np.arange(len(pairs), dtype=np.int32))
    for (source, target), read, size, previous, wanted in zip(
        pairs, batch.source_BS, batch.lengths_B, batch.previous_BT, batch.target_BT, strict=True
    ):
        assert read[:size].tolist() == [*VOCABULARY.encode(source), END]
        assert not read[size:].any()
        ids = VOCABULARY.encode(target)
        assert previous[: len(ids) + 1].tolist() == [START, *ids]
        assert wanted[: len(ids) + 1].tolist() == [*ids, END]
        assert not previous[len(ids) + 1 :].any()
        assert not wanted[len(ids) + 1 :].any()
    assert batch.target_symbols == sum(len(target) + 1 for _, target in pairs)
    assert batch.source_BS.shape[1] == max(len(source) for source, _ in pairs) + 1


def test_padding_without_marks_and_of_empty_sequences() -> None:
    assert pad([[4, 5], []], None, None).tolist() == [[4, 5], [PAD, PAD]]
    assert pad([[], [4]], START, END).tolist() == [[START, END, PAD], [START, 4, END]]


@given(LENGTHS, st.integers(1, 300), st.integers(0, 2**32 - 1), st.integers(0, 5))
def test_an_epoch_has_every_pair_exactly_once(
    lengths: list[tuple[int, int]], batch_chars: int, seed: int, epoch: int
) -> None:
    batches = order_of(lengths, batch_chars, seed).epoch(epoch)
    assert sorted(chain.from_iterable(rows_of(batches))) == list(range(len(lengths)))
    assert all(len(batch) for batch in batches)


@given(LENGTHS, st.integers(1, 300))
def test_no_batch_is_too_large_unless_it_is_one_pair(lengths: list[tuple[int, int]], limit: int) -> None:
    for batch in order_of(lengths, limit).epoch(0):
        longest = max(max(lengths[row]) + 1 for row in batch)
        assert len(batch) == 1 or len(batch) * longest <= limit


@given(LENGTHS, st.integers(1, 300))
def test_no_batch_of_any_epoch_is_larger_than_the_largest(lengths: list[tuple[int, int]], limit: int) -> None:
    def size(rows: Rows) -> tuple[int, int]:
        longest = max(max(lengths[row]) + 1 for row in rows)
        return longest, len(rows) * longest

    order = order_of(lengths, limit)
    longest, characters = size(order.largest())
    assert len(set(order.largest().tolist())) == len(order.largest())
    for rows in chain(order.epoch(0), order.epoch(1)):
        assert size(rows)[0] <= longest
        assert size(rows)[1] <= characters
    assert characters < limit + longest


def test_batches_are_nearly_full_and_have_little_padding() -> None:
    lengths, limit = many(), 500
    batches = order_of(lengths, limit).epoch(0)
    longest = [max(max(lengths[row]) + 1 for row in batch) for batch in batches]
    used = [len(batch) * size for batch, size in zip(batches, longest, strict=True)]
    real = sum(max(pair) + 1 for pair in lengths)
    assert sorted(used)[1] > 0.85 * limit  # all but the one that is left over
    assert real / sum(used) > 0.9


def test_same_seed_and_epoch_same_order() -> None:
    assert rows_of(order_of(many(), 300, 7).epoch(3)) == rows_of(order_of(many(), 300, 7).epoch(3))


def test_an_epoch_does_not_depend_on_those_before() -> None:
    order = order_of(many(), 300, 7)
    later = [order.epoch(epoch) for epoch in range(5)][4]
    assert rows_of(later) == rows_of(order_of(many(), 300, 7).epoch(4))


@pytest.mark.parametrize(("seed", "epoch"), [(8, 3), (7, 4)])
def test_another_seed_or_epoch_is_another_order(seed: int, epoch: int) -> None:
    one, other = order_of(many(), 300, 7).epoch(3), order_of(many(), 300, seed).epoch(epoch)
    assert rows_of(one) != rows_of(other)
    groups = {frozenset(batch) for batch in rows_of(one)} & {frozenset(batch) for batch in rows_of(other)}
    assert len(groups) < len(one) / 4  # other company too, not only another order of the same batches


def test_batches_do_not_come_by_length() -> None:
    sizes = [max(max(many()[row]) for row in batch) for batch in order_of(many(), 300).epoch(0)]
    assert sizes not in (sorted(sizes), sorted(sizes, reverse=True))


# Several parts.

SIZES = (400, 30, 150)
SHARES = (0.5, 0.3, 0.2)


def mixture(seed: int = 1, batch_chars: int = 300, shares: tuple[float, ...] = SHARES) -> MixedOrder:
    """Return the order of parts of 400, 30 and 150 pairs."""
    sources, targets = np.array(many(sum(SIZES)), dtype=np.int64).T
    ends = np.cumsum([0, *SIZES]).tolist()
    parts = [(*rows, share) for rows, share in zip(pairwise(ends), shares, strict=True)]
    order = make_order(sources, targets, batch_chars, seed, parts)
    assert isinstance(order, MixedOrder)
    return order


def part_of(batch: Rows) -> int:
    """Return the part that all pairs of a batch are of."""
    (part,) = set(np.searchsorted(np.cumsum(SIZES), batch, side="right").tolist())
    return int(part)


def test_a_corpus_in_one_part_has_the_order_that_it_had_without_parts() -> None:
    sources, targets = np.array(many(), dtype=np.int64).T
    order = make_order(sources, targets, 300, 7, [(0, 400, 1.0)])
    for epoch in range(3):
        assert rows_of(order.epoch(epoch)) == rows_of(order_of(many(), 300, 7).epoch(epoch))
    assert order.largest().tolist() == order_of(many(), 300, 7).largest().tolist()


def test_batches_come_in_the_ratio_of_the_shares() -> None:
    order = mixture()
    counts = np.zeros(3, np.int64)
    for epoch in range(20):
        parts = [part_of(batch) for batch in order.epoch(epoch)]
        counts += np.bincount(parts, minlength=3)
        assert abs(parts.count(1) / len(parts) - 0.3) < 0.03
        assert parts != sorted(parts)
    assert (counts / counts.sum()).tolist() == pytest.approx(SHARES, abs=0.01)


def test_the_part_with_the_largest_share_is_passed_once_an_epoch() -> None:
    main = [batch for batch in mixture().epoch(3) if part_of(batch) == 0]
    assert sorted(chain.from_iterable(rows_of(main))) == list(range(400))


@given(st.lists(st.floats(0.01, 1), min_size=3, max_size=3).map(tuple), st.integers(20, 400))
@settings(max_examples=25, deadline=None)
def test_each_part_has_every_pair_once_in_each_of_its_epochs(shares: tuple[float, ...], limit: int) -> None:
    """Where a part stops in one epoch of the mixture, it goes on in the next."""
    order = mixture(batch_chars=limit, shares=shares)
    for part, own in enumerate(order.orders):
        met = [batch for epoch in range(4) for batch in order._of_part(part, epoch)]
        whole = (batch + order.first[part] for epoch in count() for batch in own.epoch(epoch))
        assert rows_of(met) == rows_of(list(islice(whole, len(met))))


def test_a_mixture_is_a_function_of_seed_and_epoch() -> None:
    order = mixture(7)
    later = [order.epoch(epoch) for epoch in (0, 5, 2, 4)][3]
    assert rows_of(later) == rows_of(mixture(7).epoch(4))
    assert rows_of(later) != rows_of(order.epoch(3))
    assert rows_of(later) != rows_of(mixture(8).epoch(4))
    assert all(batch.dtype == np.int32 for batch in later)


def test_no_batch_of_a_mixture_is_larger_than_the_largest() -> None:
    order, lengths = mixture(), many(sum(SIZES))

    def size(rows: Rows) -> int:
        return len(rows) * max(max(lengths[int(row)]) + 1 for row in rows)

    assert max(size(rows) for epoch in range(3) for rows in order.epoch(epoch)) <= size(order.largest())
    assert max(order.largest().tolist()) >= SIZES[0]  # pairs of all parts can be among them
