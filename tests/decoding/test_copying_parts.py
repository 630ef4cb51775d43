"""The parts of copying: which symbols are copied, from where, and what is left."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.decoding.beam import beam_search
from seq2seq.decoding.copying import Copies, RemainingSpans, copied_places, pointed_at
from seq2seq.decoding.decoding_options import DecodingOptions
from seq2seq.decoding.greedy import greedy
from seq2seq.lag import FULL
from seq2seq.plain.step import copied_symbols
from seq2seq.text.symbols import ADDRESS, KINDS, NUMBER, SIGN
from seq2seq.text.vocabulary import END, UNKNOWN, Vocabulary
from seq2seq.translator import Translator


def test_the_symbols_that_are_copied_are_those_of_kinds_and_the_unknown_one() -> None:
    assert copied_symbols(None) == [UNKNOWN]
    assert copied_symbols(Vocabulary(("a", "b"))) == [UNKNOWN]
    vocabulary = Vocabulary(("a", *KINDS))
    assert copied_symbols(vocabulary) == [UNKNOWN, *vocabulary.encode("".join(KINDS))]


def test_the_place_is_where_attention_points() -> None:
    looked = np.array([[0.1, 0.0, 0.9, 0.0], [0.2, 0.1, 0.6, 0.1], [0.0, 0.0, 0.0, 1.0]], np.float32)
    source = [UNKNOWN, 7, UNKNOWN]
    assert copied_places([UNKNOWN, UNKNOWN, 9], looked, source, FULL, [UNKNOWN]) == (2, 0)
    assert copied_places([UNKNOWN, 9, UNKNOWN], looked, source, 0, [UNKNOWN]) == (0, 2)
    assert pointed_at([0, 2], UNKNOWN, source, looked[0], 2) == 0


def test_only_spans_of_the_kind_that_is_written_are_meant() -> None:
    looked = np.array([[0.1, 0.1, 0.7, 0.1]] * 2, np.float32)
    assert copied_places([8, 9], looked, [8, 7, 9], FULL, [8, 9]) == (0, 2)
    assert pointed_at([0, 2], 8, [8, 7, 9], looked[0], 4) == 0


def test_spans_of_a_kind_that_stand_side_by_side_are_taken_in_their_order() -> None:
    looked = np.array([0.0, 0.1, 0.2, 0.6, 0.1], np.float32)
    assert pointed_at([1, 2, 3], 8, [7, 8, 8, 8], looked, 5) == 1
    assert pointed_at([2, 3], 8, [7, 8, 8, 8], looked, 5) == 2
    assert pointed_at([0, 2, 3], 8, [8, 7, 8, 8], looked, 5) == 2


def flat(rows: int, symbols: int = 9) -> np.ndarray:
    return np.log(np.full((rows, symbols), 1 / symbols, np.float32))


def test_what_is_counted_follows_the_hypotheses() -> None:
    copies = Copies([[UNKNOWN, 5, UNKNOWN], [5, 5, 5]], [UNKNOWN], beam=2)

    def allowed(read: list[int]) -> list[bool]:
        found: list[bool] = np.isfinite(copies.mask(flat(4), np.array(read))[:, UNKNOWN]).tolist()
        return found

    assert allowed([1, 1]) == [True, True, False, False]
    copies.write(np.array([UNKNOWN, 4, 4, 4]))
    assert allowed([2, 2]) == [False, True, False, False]
    copies.write(np.array([4, 4, 4, 4]), np.array([1, 0, 2, 3]))
    assert allowed([2, 2]) == [True, False, False, False]
    assert allowed([3, 3]) == [True, True, False, False]
    copies.select(np.array([1]))
    assert np.exp(copies.mask(flat(2), np.array([3]))).sum(axis=1) == pytest.approx([1, 1])


def test_each_kind_is_counted_for_itself() -> None:
    copies = Copies([[7, 8, 7]], [UNKNOWN, 6, 7, 8])
    assert copies.wanted

    def allowed() -> list[int]:
        row = copies.mask(flat(1), np.array([4]))[0]
        assert np.exp(row).sum() == pytest.approx(1)
        return [symbol for symbol in (UNKNOWN, 6, 7, 8) if np.isfinite(row[symbol])]

    assert allowed() == [7, 8]
    copies.write(np.array([8]))
    assert allowed() == [7]
    copies.write(np.array([7]))
    copies.write(np.array([5]))
    assert allowed() == [7]
    copies.write(np.array([7]))
    assert allowed() == []
    assert not Copies([[5, 5]], [UNKNOWN, 6, 7, 8]).wanted


@pytest.mark.parametrize("one", [False, True], ids=["in a batch", "alone"])
def test_what_is_left_is_told_alike_by_a_batch_and_by_a_stream(one: bool) -> None:
    copied, left = [UNKNOWN, 6, 7, 8], [7, 8]
    copies = Copies([[7, 5, 8]], copied)

    def possible() -> list[int]:
        scores = flat(1)
        row = (
            RemainingSpans.of_one(left, copied).mask(scores) if one else copies.mask(scores, np.array([4]))
        )[0]
        assert np.array_equal(scores, flat(1))  # they are the caller's
        assert np.exp(row).sum() == pytest.approx(1)
        return [int(symbol) for symbol in np.flatnonzero(np.isfinite(row))]

    assert possible() == [END, 4, 5, 7, 8]
    copies.write(np.array([8]))
    left = [7]
    assert possible() == [END, 4, 5, 7]
    copies.write(np.array([5]))
    assert possible() == [END, 4, 5, 7]


def test_the_end_is_held_back_while_anything_is_left() -> None:
    """If all of them are to be copied, and of what has been read alone."""
    scores = flat(1)
    scores[:, END], scores[:, 6] = 0.0, -0.5

    def best(copies: Copies, read: int) -> int:
        return int(copies.mask(scores, np.array([read]))[0].argmax())

    held, free = Copies([[5, 7]], [UNKNOWN, 7], copy_all=True), Copies([[5, 7]], [UNKNOWN, 7])
    assert [best(held, read) for read in (1, 2)] == [END, 6]
    assert [best(free, read) for read in (1, 2)] == [END, END]
    held.write(np.array([7]))
    assert best(held, 2) == END


def test_symbols_of_other_kinds_cannot_be_written(eager: Translator) -> None:
    ids = eager.vocabulary.encode(f"it is {NUMBER} or {ADDRESS}")
    (found,) = greedy(eager.networks.numpy, [ids], DecodingOptions(FULL))
    kinds = set(eager.vocabulary.encode(NUMBER + ADDRESS))
    assert {symbol for symbol in found.ids if symbol in eager.networks.numpy.copied} == kinds
    assert sorted(found.copied) == [6, 11]


def test_uncopied_spans_are_counted_in_every_hypothesis(unwilling: Translator) -> None:
    ids = unwilling.vocabulary.encode(f"it is {NUMBER} or {SIGN}")
    for found in (
        *greedy(unwilling.networks.numpy, [ids], DecodingOptions(FULL)),
        *beam_search(unwilling.networks.numpy, [ids], DecodingOptions(FULL, 2, n_best=2))[0],
    ):
        assert (found.copied, found.uncopied) == ((), 2)
