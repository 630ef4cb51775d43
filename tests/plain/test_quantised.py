"""Products in int8: how inputs and weights are rounded, and that rows do not influence each other."""

from __future__ import annotations

import numpy as np
import pytest

from seq2seq.plain.quantised import LEVELS, QuantisedMatrix, quantised, state_bound
from seq2seq.storage.int8 import Int8Rows

RNG = np.random.default_rng(0)
WEIGHT_OI = RNG.normal(size=(24, 40)).astype(np.float32)
X_NI = RNG.uniform(-1, 1, size=(9, 40)).astype(np.float32)


@pytest.mark.parametrize("bound", [None, 1.0, 2.5])
def test_a_product_is_that_of_the_rounded_numbers(bound: float | None) -> None:
    rows = Int8Rows.of(WEIGHT_OI)
    scale_N1 = np.abs(X_NI).max(axis=1, keepdims=True) if bound is None else np.full((9, 1), bound)
    whole_NI = np.floor(X_NI.astype(np.float64) / scale_N1 * LEVELS + 0.5)
    assert np.abs(whole_NI).max() <= LEVELS
    expected = (whole_NI @ rows.values_RC.T.astype(np.int64)) * rows.scale_R * scale_N1 / LEVELS
    found = X_NI @ QuantisedMatrix.of(WEIGHT_OI, bound)
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-5)
    rough = np.abs(found - X_NI @ WEIGHT_OI.T).max()
    assert 0.001 < rough < 0.2 * (bound or 1), "rounding is seen, and small"


@pytest.mark.parametrize("bound", [None, 1.0])
def test_a_row_has_the_same_product_whatever_is_multiplied_with_it(bound: float | None) -> None:
    matrix = QuantisedMatrix.of(WEIGHT_OI, bound)
    together = X_NI @ matrix
    loud = np.concatenate([X_NI[:1], np.ones((500, 40), np.float32)]) @ matrix
    for row in range(len(X_NI)):
        assert np.array_equal((X_NI[row : row + 1] @ matrix)[0], together[row])
    assert np.array_equal(loud[0], together[0])


def test_a_row_of_zeros_has_the_product_zero() -> None:
    found = np.zeros((2, 40), np.float32) @ QuantisedMatrix.of(WEIGHT_OI)
    assert not found.any()


def test_int8_weights_stay_as_they_are() -> None:
    rows = Int8Rows(RNG.integers(-50, 50, (24, 40)).astype(np.int8), np.full(24, 0.5, np.float32))
    assert np.array_equal(QuantisedMatrix.of(rows).real(), np.asarray(rows).T)
    part = QuantisedMatrix.of(rows)[8:] / 2
    np.testing.assert_allclose(part.real(), np.asarray(rows).T[8:] / 2)


def test_a_learned_state_beyond_one_widens_the_range_of_the_inputs() -> None:
    weights = {
        "bottom.initial": np.array([[0.5, -3.0], [9.0, 9.0]], np.float32),
        "bottom.fused.weight_hh_l0": np.ones((8, 2), np.float32),
        "bottom.fused.weight_ih_l0": np.ones((8, 5), np.float32),
        "bottom.fused.bias_hh_l0": np.ones(8, np.float32),
    }
    found = quantised(weights)
    recurrent, inputs = found["bottom.fused.weight_hh_l0"], found["bottom.fused.weight_ih_l0"]
    assert isinstance(recurrent, QuantisedMatrix)
    assert isinstance(inputs, QuantisedMatrix)
    assert (recurrent.bound, inputs.bound) == (3.0, None)
    assert isinstance(found["bottom.fused.bias_hh_l0"], np.ndarray)
    assert state_bound(np.zeros((2, 4), np.float32)) == 1.0
