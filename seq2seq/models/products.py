"""Matrix products of decoding with PyTorch: in float32, in bf16, or of int8 weights and rounded inputs.

In int8 they compute the same sums as `plain.quantised`, which says how inputs are rounded. The kernel is
oneDNN's, to which torchao lowers its int8 networks on x86; it takes plain tensors. fbgemm's is no slower, but
needs tensors of the quantised dtypes, which PyTorch has deprecated, and `torch._int_mm` is slower than
float32 on a CPU.

Shape suffixes: N rows, I inputs, O outputs, H hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from seq2seq.devices import multiplies_int8
from seq2seq.plain.quantised import LEVELS, SMALLEST, ZERO
from seq2seq.storage.int8 import Int8Rows


class Product(Protocol):
    """The product of inputs and one matrix of weights W (I, O)."""

    def keep(self, h_NI: Tensor) -> Tensor:
        """Return bounded inputs, such as an h, in the form in which this product reads them faster."""

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return x W, (N, O)."""

    def add_to(self, base: Tensor, x_NI: Tensor) -> Tensor:
        """Return base + x W for a base of (O,) or (N, O); a base of (N, O) may be overwritten."""


@dataclass(frozen=True)
class FloatProduct:
    """A product in the precision of the weights."""

    W_IO: Tensor

    def keep(self, h_NI: Tensor) -> Tensor:
        """Return the inputs in the precision of the weights."""
        return h_NI.to(self.W_IO.dtype)

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return x W."""
        return x_NI.to(self.W_IO.dtype) @ self.W_IO

    def add_to(self, base: Tensor, x_NI: Tensor) -> Tensor:
        """Return base + x W; a base of (N, O) is overwritten."""
        x_NI = x_NI.to(self.W_IO.dtype)
        return torch.addmm(base, x_NI, self.W_IO) if base.ndim == 1 else base.addmm_(x_NI, self.W_IO)


class _OneDNNMatrix:
    """An int8 matrix in the layout of oneDNN's kernel."""

    def __init__(self, rows: Int8Rows) -> None:
        self.packed = torch.ops.onednn.qlinear_prepack(torch.from_numpy(rows.values_RC.copy()), None)
        self.scale_O = torch.from_numpy(rows.scale_R.copy())
        self.zeros_O = torch.zeros(len(rows.scale_R), dtype=torch.int32)

    def times(self, whole_NI: Tensor, scale: float, bias_O: Tensor | None = None) -> Tensor:
        """Return (whole - ZERO) W scale + bias."""
        product: Tensor = torch.ops.onednn.qlinear_pointwise(
            *(whole_NI, scale, ZERO, self.packed, self.scale_O, self.zeros_O, bias_O, 1.0, 0),
            *(torch.float32, "none", [], ""),
        )
        return product

    def add_times(self, base_NO: Tensor, whole_NI: Tensor, scale: float) -> Tensor:
        """Add (whole - ZERO) W scale to `base_NO`, in place, and return it."""
        assert base_NO.is_contiguous()  # the kernel overlooks strides
        product: Tensor = torch.ops.onednn.qlinear_pointwise.binary(
            *(whole_NI, scale, ZERO, self.packed, self.scale_O, self.zeros_O, base_NO, None, 1.0, 0),
            *(torch.float32, 1.0, 0, "sum", 1.0, "none", [], ""),
        )
        return product


class _WholeMatrix:
    """An int8 matrix as whole numbers in float32, for devices without a kernel: the same sums, no faster."""

    def __init__(self, rows: Int8Rows, device: torch.device) -> None:
        self.values_IO = torch.from_numpy(rows.values_RC).to(device, torch.float32).T
        self.scale_O = torch.from_numpy(rows.scale_R).to(device)

    def times(self, whole_NI: Tensor, scale: float, bias_O: Tensor | None = None) -> Tensor:
        """Return (whole - ZERO) W scale + bias."""
        product_NO = ((whole_NI.float() - ZERO) @ self.values_IO) * (self.scale_O * scale)
        return product_NO if bias_O is None else product_NO + bias_O

    def add_times(self, base_NO: Tensor, whole_NI: Tensor, scale: float) -> Tensor:
        """Return (whole - ZERO) W scale added to `base_NO`."""
        return base_NO + self.times(whole_NI, scale)


class Int8Product:
    """A product of an int8 matrix and inputs of unknown size: each row has a scale of its own."""

    def __init__(self, rows: Int8Rows, device: torch.device) -> None:
        self.matrix = _matrix(rows, device)

    def keep(self, h_NI: Tensor) -> Tensor:
        """Return the inputs as they are."""
        return h_NI

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return x W."""
        whole_NI, scale_N1 = _round_rows(x_NI)
        return self.matrix.times(whole_NI, 1.0).mul_(scale_N1)

    def add_to(self, base: Tensor, x_NI: Tensor) -> Tensor:
        """Return base + x W."""
        whole_NI, scale_N1 = _round_rows(x_NI)
        return torch.addcmul(base, self.matrix.times(whole_NI, 1.0), scale_N1)


class BoundedInt8Product:
    """A product of an int8 matrix and inputs from -bound to bound, which all have the same scale.

    Args:
        rows: the matrix, in PyTorch's layout.
        bound: the largest absolute value of an input.
        device: to compute on.
    """

    def __init__(self, rows: Int8Rows, bound: float, device: torch.device) -> None:
        self.matrix, self.scale, self.factor = _matrix(rows, device), bound / LEVELS, LEVELS / bound

    def keep(self, h_NI: Tensor) -> Tensor:
        """Return the inputs as unsigned whole numbers around `ZERO`."""
        return h_NI.mul(self.factor).add_(ZERO + 0.5).to(torch.uint8)

    def __call__(self, x_NI: Tensor) -> Tensor:
        """Return x W, given the inputs as `keep` returns them."""
        return self.matrix.times(x_NI, self.scale)

    def add_to(self, base: Tensor, x_NI: Tensor) -> Tensor:
        """Return base + x W, given the inputs as `keep` returns them."""
        if base.ndim == 1:
            return self.matrix.times(x_NI, self.scale, base)
        return self.matrix.add_times(base, x_NI, self.scale)


def _matrix(rows: Int8Rows, device: torch.device) -> _OneDNNMatrix | _WholeMatrix:
    return _OneDNNMatrix(rows) if multiplies_int8(device) else _WholeMatrix(rows, device)


def _round_rows(x_NI: Tensor) -> tuple[Tensor, Tensor]:
    """Return the inputs as unsigned whole numbers around `ZERO`, and the scale of each row."""
    largest_N1 = torch.linalg.vector_norm(x_NI, float("inf"), dim=-1, keepdim=True).clamp_(min=SMALLEST)
    return x_NI.mul(LEVELS / largest_N1).add_(ZERO + 0.5).to(torch.uint8), largest_N1.div_(LEVELS)


def product_of(
    weight_OI: Tensor,
    precision: str,
    bound: float | None = None,
    inputs: slice = slice(None),
    factor: float = 1.0,
) -> Product:
    """Return the product of a matrix of the network.

    Args:
        weight_OI: in PyTorch's layout.
        precision: fp32, bf16 or int8.
        bound: the largest absolute value of an input, if it is known; it matters in int8.
        inputs: the columns of the matrix that are multiplied.
        factor: of the result.
    """
    weight_OI = weight_OI.detach()
    if precision != "int8":
        scaled_OI = weight_OI if factor == 1 else weight_OI * factor
        return FloatProduct(scaled_OI.to(product_type(precision))[:, inputs].T)
    whole = Int8Rows.of(weight_OI.cpu().numpy())
    rows = Int8Rows(whole.values_RC[:, inputs], whole.scale_R * np.float32(factor))
    if bound is None:
        return Int8Product(rows, weight_OI.device)
    return BoundedInt8Product(rows, bound, weight_OI.device)


def product_type(precision: str) -> torch.dtype:
    """Return the type of the numbers that are added to a product, and of its result."""
    return torch.bfloat16 if precision == "bf16" else torch.float32
