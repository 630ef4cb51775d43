"""The benchmark beside other processes: who is measured when, and against what."""

from __future__ import annotations

import subprocess
import time

import pytest

from scripts.bench import busy


def test_all_ways_are_measured_alone_and_beside_others(monkeypatch: pytest.MonkeyPatch) -> None:
    """The rates are faked: 8 a second alone, half of it beside others, a quarter with much spinning."""
    told: list[str] = []
    beside = [False]

    class Worker:
        def __init__(self, name: str, way: str) -> None:
            self.name, self.way, self.threads = name, way, 1 if beside[0] else 2
            told.append(f"start {name}")

        def rate(self) -> float:
            told.append(f"{self.name}{' beside others' if beside[0] else ''}")
            return 8.0 / ((4 if self.way == busy.WAYS[1] else 2) if beside[0] else 1)

        def close(self) -> None:
            told.append("close")

    class Others:
        def __init__(self, *_: object) -> None: ...

        def kill(self) -> None:
            beside[0] = False

        def wait(self) -> None: ...

    def start(*_: object) -> Others:
        beside[0] = True
        return Others()

    monkeypatch.setattr(busy, "WorkProcess", Worker)
    monkeypatch.setattr(subprocess, "Popen", start)
    monkeypatch.setattr(time, "sleep", lambda _: None)
    found = busy.measure(1)
    assert told[:4] == ["start training"] * 2 + ["start translation"] * 2
    assert told[-6:] == ["close"] * 6
    assert not beside[0]
    text = busy.table(found, 1)
    assert "training     command line         alone 1.00 (2), joined 2.00 (2), started late 2.00 (1)" in text
    assert "translation  PyTorch's defaults   alone 1.00 (2), joined 4.00 (2)\n" in text


@pytest.mark.slow
def test_a_worker_tells_its_threads_and_its_rate(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "1")  # it is not handed down
    worker = busy.WorkProcess("translation", busy.WAYS[0])
    try:
        assert worker.threads >= 1
        assert worker.rate() > 0
    finally:
        worker.close()
