"""What a piece of work costs: processor time, and the peak of memory (Linux)."""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

CostRow = dict[str, Any]
"""The figures of one measurement by name."""


def status(name: str) -> int:
    """Return an entry of /proc/self/status in bytes, such as VmRSS (resident now) or VmHWM (its peak)."""
    text = Path("/proc/self/status").read_text()
    found = re.search(rf"^{name}:\s+(\d+) kB", text, re.MULTILINE)
    assert found is not None
    return 1024 * int(found[1])


class Cost:
    """Context manager that measures the cost of its block.

    Attributes:
        cpu, wall: processor time and elapsed time, in seconds.
        memory: peak of resident memory, in bytes above that at the beginning.
        mapped: resident pages of mapped files at the end, in bytes above those at the beginning; the system
            can reclaim them.
    """

    def __enter__(self) -> Cost:
        self.memory, self.mapped = status("VmRSS"), status("RssFile")
        Path("/proc/self/clear_refs").write_text("5")  # reset the peak to the present value
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *_: object) -> None:
        self.wall, self.cpu = time.perf_counter() - self.wall, time.process_time() - self.cpu
        self.memory = max(0, status("VmHWM") - self.memory)
        self.mapped = max(0, status("RssFile") - self.mapped)

    def row(self, units: int) -> CostRow:
        """Return the figures, with processor time divided by `units`."""
        return {
            "us": 1e6 * self.cpu / units,
            "mb": self.memory / 1e6,
            "mapped_mb": self.mapped / 1e6,
            "seconds": self.wall,
        }


def cost(work: Callable[[], object], units: int) -> CostRow:
    """Return the cost of `work`: memory of the first call, processor time of the fastest call."""
    with Cost() as first:
        work()
    rows = [first.row(units)]
    while len(rows) < 20 and sum(row["seconds"] for row in rows) < 2:
        with Cost() as again:
            work()
        rows.append(again.row(units))
    return {**rows[0], "us": min(row["us"] for row in rows)}
