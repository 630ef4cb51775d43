"""What all tests share: one thread, a cache of their own, no deadlines, and the tiny trained model."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from seq2seq.translator import Translator

# Read when torch and matplotlib are first imported, which only some of the tests do.
os.environ["OMP_NUM_THREADS"] = "1"
os.environ["MPLBACKEND"] = "Agg"

# How long an example takes is the machine's affair, and no test is about that. The fast tests try few
# examples, other ones each time; `make slow` tries many.
patient = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.register_profile("few", patient, max_examples=30)
settings.register_profile("many", patient, max_examples=200)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "few"))


@pytest.fixture(scope="session", autouse=True)
def _own_cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Keep prepared data out of the user's cache."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SEQ2SEQ_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield


@pytest.fixture(scope="session")
def bf16() -> str:
    """The precision, for tests that can only run where the processor computes in it."""
    from seq2seq.devices import _cpu_computes_bf16

    if not _cpu_computes_bf16():
        pytest.skip("this processor cannot compute in bf16")
    return "bf16"


@pytest.fixture(scope="session")
def tiny() -> Translator:
    """The tiny trained model of golden/tiny; it serves lags 0 to 12 and full."""
    from tiny import load

    return load()
