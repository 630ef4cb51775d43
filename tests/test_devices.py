"""Devices and precisions: what is asked for if it is available, and a message of one sentence if not."""

from __future__ import annotations

import ctypes
import subprocess
import sys

import pytest
import torch

from seq2seq import devices
from seq2seq.devices import autocast, is_out_of_memory, pick_device, pick_precision
from seq2seq.errors import PrecisionWarning, UsageError, UserError


@pytest.fixture
def two_cards(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: True)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)


@pytest.fixture
def no_card(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 0)


@pytest.mark.usefixtures("no_card")
@pytest.mark.parametrize("name", ["auto", "cpu"])
def test_without_a_card_it_is_the_cpu(name: str) -> None:
    assert pick_device(name) == torch.device("cpu")


@pytest.mark.usefixtures("two_cards")
@pytest.mark.parametrize(
    ("name", "device"), [("auto", "cuda"), ("cuda", "cuda"), ("cuda:1", "cuda:1"), ("cpu", "cpu")]
)
def test_with_cards_it_is_the_one_that_is_named(name: str, device: str) -> None:
    assert pick_device(name) == torch.device(device)


@pytest.mark.usefixtures("no_card")
@pytest.mark.parametrize("name", ["cuda", "cuda:0"])
def test_a_card_that_is_not_there(name: str) -> None:
    with pytest.raises(UserError, match=r"no CUDA device .* use `device` cpu"):
        pick_device(name)


@pytest.mark.usefixtures("two_cards")
def test_a_card_too_many() -> None:
    with pytest.raises(UserError, match="there is no cuda:2: PyTorch sees 2"):
        pick_device("cuda:2")


@pytest.mark.usefixtures("two_cards")
@pytest.mark.parametrize(
    "name", ["", "gpu", "CPU", "cpu:1", "cuda:", "cuda:x", "cuda:-1", "cuda:²", "cuda:1 ", "mps"]
)
def test_what_is_no_device(name: str) -> None:
    with pytest.raises(UsageError, match="`device` is auto, cpu, cuda or cuda:NUMBER, not "):
        pick_device(name)


@pytest.mark.parametrize("name", ["fp32", "bf16"])
@pytest.mark.parametrize("device", ["cpu", "cuda"])
def test_a_precision_that_is_named_is_taken(monkeypatch: pytest.MonkeyPatch, name: str, device: str) -> None:
    monkeypatch.setattr(devices, "_cpu_computes_bf16", lambda: True)
    monkeypatch.setattr(devices, "is_faster", lambda *_: True)
    assert pick_precision(name, torch.device(device)) == name


def test_a_precision_that_is_slow_is_taken_with_a_warning(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(devices, "_cpu_computes_bf16", lambda: True)
    monkeypatch.setattr(devices, "_cpu_multiplies_bf16", lambda: False)
    with pytest.warns(PrecisionWarning, match="bf16 is no faster than fp32 here: .* for this processor"):
        assert pick_precision("bf16", torch.device("cpu")) == "bf16"


@pytest.mark.parametrize(
    ("precision", "device", "tiles", "expected"),
    [
        ("bf16", "cpu", True, torch.bfloat16),
        ("bf16", "cpu", False, torch.float32),
        ("bf16", "cuda", False, torch.bfloat16),
        ("int8", "cpu", True, torch.float32),
        ("fp32", "cuda", True, torch.float32),
    ],
)
def test_attention_is_in_bf16_only_where_that_is_faster(
    monkeypatch: pytest.MonkeyPatch, precision: str, device: str, tiles: bool, expected: torch.dtype
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: tiles, raising=False)
    assert devices.attention_type(torch.device(device), precision) == expected


def test_a_kernel_that_overflows_is_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    """Eight-bit inputs overflow on processors without VNNI; here, on all of them."""
    devices.multiplies_int8.cache_clear()
    wrong = torch.zeros(16, 32)
    monkeypatch.setattr(torch.ops.onednn, "qlinear_prepack", lambda *_: None, raising=False)
    monkeypatch.setattr(torch.ops.onednn, "qlinear_pointwise", lambda *_: wrong, raising=False)
    try:
        assert not devices.multiplies_int8(torch.device("cpu"))
        assert not devices.multiplies_int8(torch.device("cuda"))
    finally:
        devices.multiplies_int8.cache_clear()


def test_bf16_is_refused_where_the_processor_has_none_of_it(monkeypatch: pytest.MonkeyPatch) -> None:
    """oneDNN has no LSTM in bf16 for processors without AVX-512: its message was a traceback of 30 lines."""

    def fail(*_: object) -> None:
        raise RuntimeError(
            "could not create a primitive descriptor for the LSTM forward propagation primitive"
        )

    monkeypatch.setattr(torch.nn.LSTM, "forward", fail)
    monkeypatch.setattr(devices, "is_faster", lambda *_: True)
    devices._cpu_computes_bf16.cache_clear()
    try:
        with pytest.raises(UserError, match="this processor cannot compute in bf16; use `precision` fp32"):
            pick_precision("bf16", torch.device("cpu"))
        assert pick_precision("bf16", torch.device("cuda")) == "bf16"
        assert pick_precision("fp32", torch.device("cpu")) == "fp32"
    finally:
        devices._cpu_computes_bf16.cache_clear()


@pytest.mark.parametrize(("fast", "precision"), [(True, "bf16"), (False, "fp32")])
def test_auto_is_bf16_where_it_is_fast(monkeypatch: pytest.MonkeyPatch, fast: bool, precision: str) -> None:
    monkeypatch.setattr(
        torch.cuda, "is_bf16_supported", lambda including_emulation: fast or including_emulation
    )
    monkeypatch.setattr(devices, "_cpu_multiplies_bf16", lambda: fast)
    assert pick_precision("auto", torch.device("cuda")) == precision
    assert pick_precision("auto", torch.device("cpu")) == precision


def test_without_the_probes_fp32_is_the_safe_answer(monkeypatch: pytest.MonkeyPatch) -> None:
    for probe in ("_is_amx_tile_supported", "_is_avx512_bf16_supported"):
        monkeypatch.delattr(torch.cpu, probe, raising=False)
    assert pick_precision("auto", torch.device("cpu")) == "fp32"
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True, raising=False)
    assert pick_precision("auto", torch.device("cpu")) == "bf16"


@pytest.mark.parametrize(("precision", "dtype"), [("fp32", torch.float32), ("bf16", torch.bfloat16)])
def test_products_have_the_precision_asked_for(precision: str, dtype: torch.dtype) -> None:
    ones = torch.ones(2, 2)
    with autocast(torch.device("cpu"), precision):
        assert (ones @ ones).dtype == dtype
    assert (ones @ ones).dtype == torch.float32


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "mallopt"), reason="the C library is not glibc")
def test_a_lack_of_memory_is_told_from_other_errors() -> None:
    with pytest.raises(RuntimeError) as caught:
        torch.empty(2**60, dtype=torch.uint8)
    assert is_out_of_memory(caught.value)
    assert is_out_of_memory(MemoryError())
    assert is_out_of_memory(torch.OutOfMemoryError())
    assert is_out_of_memory(RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling cublasCreate"))
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


@pytest.mark.slow
def test_freed_memory_is_kept_for_the_next_allocation() -> None:
    """64 MB, touched again after it was freed: with page faults, without, and with them once given back."""
    code = """
import resource
from seq2seq.devices import keep_memory, trim_memory
def faults():
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    b"x" * (1 << 26)
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before
faults(); default = faults()
keep_memory(); faults(); kept = faults()
trim_memory(); print(default, kept, faults())
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    default, kept, trimmed = map(int, done.stdout.split())
    assert 4 * kept < default
    assert 4 * kept < trimmed
