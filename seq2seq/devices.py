"""The device to compute on, its precision and its memory."""

from __future__ import annotations

import ctypes
import os
import re
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from functools import cache

import torch

from seq2seq.errors import PrecisionWarning, UsageError, UserError, memory_ran_out
from seq2seq.threads import is_default, usable_cores


def pick_device(name: str) -> torch.device:
    """Return the device called `name`: cpu, cuda, cuda:1 …, or auto for CUDA where there is one.

    Raises:
        UsageError: no such kind of device.
        UserError: CUDA is asked for and there is none.
    """
    if name == "auto":
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    known = re.fullmatch(r"cpu|cuda(?::([0-9]{1,3}))?", name)
    if known is None:
        raise UsageError(f"`device` is auto, cpu, cuda or cuda:NUMBER, not {name!r}")
    if name != "cpu" and not torch.cuda.is_available():
        raise UserError("there is no CUDA device that PyTorch can use here; use `device` cpu (or auto)")
    if name != "cpu" and int(known[1] or 0) >= torch.cuda.device_count():
        raise UserError(f"there is no {name}: PyTorch sees {torch.cuda.device_count()} CUDA device(s)")
    return torch.device(name)


def pick_precision(name: str, device: torch.device) -> str:
    """Return fp32 or bf16 for training; `auto` is bf16 where the hardware multiplies it faster.

    Raises:
        UserError: bf16 is asked for and cannot be computed here.
    """
    if name == "auto":
        return "bf16" if is_faster("bf16", device) else "fp32"
    check_precision(name, device)
    warn_if_slow(name, device)
    return name


def check_precision(name: str, device: torch.device) -> None:
    """Refuse bf16 on a processor for which PyTorch has no recurrent layers in bf16.

    Raises:
        UserError: bf16 cannot be computed here.
    """
    if name == "bf16" and device.type == "cpu" and not _cpu_computes_bf16():
        raise UserError("this processor cannot compute in bf16; use `precision` fp32")


def is_faster(precision: str, device: torch.device) -> bool:
    """Whether a device has instructions for matrix products in bf16 or int8, and PyTorch uses them."""
    if precision == "int8":
        return multiplies_int8(device)
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return _cpu_multiplies_bf16()


def warn_if_slow(precision: str, device: torch.device) -> None:
    """Warn that a precision that was asked for is no faster than fp32 on a device."""
    if precision != "fp32" and not is_faster(precision, device):
        warnings.warn(
            f"{precision} is no faster than fp32 here: PyTorch has no fast products in {precision} for this "
            f"{'processor' if device.type == 'cpu' else 'device'}",
            PrecisionWarning,
            stacklevel=2,
        )


def attention_type(device: torch.device, precision: str) -> torch.dtype:
    """Return the type in which attention is computed: bf16 only where there are tiles for its products."""
    fast = device.type != "cpu" or uses_tiles(device, precision)
    return torch.bfloat16 if precision == "bf16" and fast else torch.float32


def uses_tiles(device: torch.device, precision: str) -> bool:
    """Whether products on a device in `precision`, fp32 or bf16, are computed in AMX tiles."""
    return device.type == "cpu" and precision == "bf16" and _probe("_is_amx_tile_supported")


@cache
def multiplies_int8(device: torch.device) -> bool:
    """Whether PyTorch has a fast and exact kernel for products of int8 matrices on a device.

    Some kernels add pairs of products in 16 bits; the inputs that `plain.quantised` makes fit into these, and
    a small product of extreme values shows it.
    """
    if device.type != "cpu" or not hasattr(torch.ops.onednn, "qlinear_pointwise"):
        return False
    rows_NI, matrix_OI = torch.full((16, 64), 127, dtype=torch.uint8), torch.full((32, 64), 127).char()
    try:
        packed = torch.ops.onednn.qlinear_prepack(matrix_OI, None)
        ones_O, zeros_O = torch.ones(32), torch.zeros(32, dtype=torch.int32)
        product_NO = torch.ops.onednn.qlinear_pointwise(
            *(rows_NI, 1.0, 64, packed, ones_O, zeros_O, None, 1.0, 0, torch.float32, "none", [], "")
        )
    except (RuntimeError, NotImplementedError):
        return False
    return bool((product_NO == 63 * 127 * 64).all())


def use_threads(asked: int | None, before: int | None = None) -> None:
    """Set the number of threads of PyTorch, unless that of the environment is to stay.

    Args:
        asked: what the settings ask for.
        before: the number with which work began that goes on now: another one would change the last bits of
            the results. It is used if neither settings nor environment ask for a number, and if this process
            may use as many cores.
    """
    if asked is None and before is not None and is_default() and 1 <= before <= usable_cores():
        asked = before
    if asked is not None:
        torch.set_num_threads(asked)


def autocast(device: torch.device, precision: str) -> AbstractContextManager[object]:
    """Return a context in which PyTorch computes in `precision`, fp32 or bf16."""
    return nullcontext() if precision == "fp32" else torch.autocast(device.type, torch.bfloat16)


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error means that memory ran out; PyTorch has a class for that on CUDA alone."""
    return isinstance(error, torch.OutOfMemoryError) or memory_ran_out(error)


def keep_memory() -> None:
    """Make this process keep the memory that it frees, in huge pages, for its next allocations.

    A training step frees hundreds of megabytes in large blocks, and the next one allocates the same again.
    By default glibc returns such blocks to the system, which hands out zeroed pages of 4 kB with one page
    fault each: a fifth of the time of a step. Other C libraries have no such setting; nothing is done there.
    Call this before the first tensor is made, because huge pages need it.

    Source: mallopt(3); THP_MEM_ALLOC_ENABLE in PyTorch's c10/core/impl/alloc_cpu.cpp.
    """
    trim_threshold, mmap_max = -1, -4  # M_TRIM_THRESHOLD and M_MMAP_MAX of malloc.h
    if (mallopt := _from_libc("mallopt")) is not None:
        mallopt(mmap_max, 0)
        mallopt(trim_threshold, -1)  # never
        os.environ.setdefault("THP_MEM_ALLOC_ENABLE", "1")


def trim_memory() -> None:
    """Return free memory to the system: batches of many sizes leave gaps, which add up."""
    if (malloc_trim := _from_libc("malloc_trim")) is not None:
        malloc_trim(0)


def _from_libc(name: str) -> Callable[..., int] | None:
    """Return a function of the C library, or None where it has none of that name."""
    return getattr(ctypes.CDLL(None), name, None)


@cache
def _cpu_computes_bf16() -> bool:
    """Whether this CPU can compute an LSTM in bf16 at all: oneDNN needs AVX-512."""
    try:
        with torch.inference_mode(), autocast(torch.device("cpu"), "bf16"):
            torch.nn.LSTM(1, 1)(torch.zeros(1, 1, 1))
    except RuntimeError:
        return False
    return True


def _cpu_multiplies_bf16() -> bool:
    """Whether this processor has instructions for bf16 products: AMX tiles or AVX-512 BF16."""
    return _probe("_is_amx_tile_supported") or _probe("_is_avx512_bf16_supported")


def _probe(name: str) -> bool:
    """Whether the CPU has instructions, by the name of a function of `torch.cpu`.

    PyTorch has no public functions for this yet; where one is missing, the safe answer is no.
    """
    return bool(getattr(torch.cpu, name, lambda: False)())
