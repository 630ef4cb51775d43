"""Products of int8 matrices in PyTorch: the sums of `plain.quantised`, with and without oneDNN's kernel."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from seq2seq.devices import multiplies_int8
from seq2seq.models import products
from seq2seq.models.products import BoundedInt8Product, FloatProduct, Int8Product, product_of
from seq2seq.plain.quantised import QuantisedMatrix

GENERATOR = torch.Generator().manual_seed(0)
WEIGHT_OI = torch.randn(64, 48, generator=GENERATOR)
X_NI = torch.rand(33, 48, generator=GENERATOR) * 2 - 1
CPU = torch.device("cpu")


@pytest.fixture(params=["kernel", "whole numbers in float32"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    """Both ways to compute a product in int8."""
    way = str(request.param)
    if way == "kernel" and not multiplies_int8(CPU):
        pytest.skip("PyTorch has no int8 kernel for this processor")
    monkeypatch.setattr(products, "multiplies_int8", lambda _: way == "kernel")
    return way


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("bound", [None, 1.0, 1.5])
def test_both_runtimes_and_both_ways_compute_the_same(bound: float | None) -> None:
    product = product_of(WEIGHT_OI, "int8", bound)
    assert isinstance(product, Int8Product if bound is None else BoundedInt8Product)
    expected = torch.from_numpy(X_NI.numpy() @ QuantisedMatrix.of(WEIGHT_OI.numpy(), bound))
    kept = product.keep(X_NI)
    torch.testing.assert_close(product(kept), expected, rtol=1e-6, atol=1e-6)
    bias_O, base_NO = torch.randn(64, generator=GENERATOR), torch.randn(33, 64, generator=GENERATOR)
    torch.testing.assert_close(product.add_to(bias_O, kept), expected + bias_O, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(
        product.add_to(base_NO.clone(), kept), expected + base_NO, rtol=1e-5, atol=1e-5
    )


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("bound", [None, 1.0])
def test_a_row_has_the_same_product_in_every_batch(bound: float | None) -> None:
    product = product_of(WEIGHT_OI, "int8", bound)
    together = product(product.keep(X_NI))
    for rows in (1, 2, 5, 16, 17):
        for first in range(0, 33 - rows, rows):
            alone = product(product.keep(X_NI[first : first + rows]))
            assert torch.equal(alone, together[first : first + rows])


def test_some_inputs_and_a_factor() -> None:
    for precision in ("fp32", "int8"):
        part = product_of(WEIGHT_OI, precision, inputs=slice(16, None), factor=0.5)
        found, expected = part(part.keep(X_NI[:, 16:])), X_NI[:, 16:] @ WEIGHT_OI[:, 16:].T / 2
        assert torch.allclose(found, expected, atol=0.1), precision


def test_bf16_has_its_own_type() -> None:
    product = product_of(WEIGHT_OI, "bf16")
    assert isinstance(product, FloatProduct)
    assert product.keep(X_NI).dtype == product(X_NI).dtype == torch.bfloat16


def test_the_largest_sums_are_exact() -> None:
    """Eight bits would overflow the 16 bits in which some processors add two products."""
    ones = torch.ones(20, 512)
    product = product_of(torch.full((32, 512), 127.0), "int8", 1.0)
    matrix = QuantisedMatrix.of(np.full((32, 512), 127, np.float32), 1.0)
    for found in (product(product.keep(ones)), ones.numpy() @ matrix):
        np.testing.assert_allclose(found, np.full((20, 32), 512 * 127), rtol=1e-6)
