"""How many threads compute, and how they wait for each other; nothing here imports NumPy or PyTorch.

Both are read from the environment when NumPy and PyTorch are imported, so the command line calls `settle`
first. Threads without work spin for a while before they sleep. On a free machine spinning saves time. Where
other processes need the cores, a thread spins for nothing while the one that it waits for does not run, and
work takes much longer. A short spin costs little on either machine.
"""

from __future__ import annotations

import math
import os
import time
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

ROOT: Final = Path("/")
"""Where the files of the system are; tests have their own."""
SPIN: Final = {"GOMP_SPINCOUNT": "1000", "KMP_BLOCKTIME": "1"}
"""How long a waiting thread spins: rounds of a loop (OpenMP of GCC), and milliseconds (of Intel and LLVM)."""
COUNT: Final = "OMP_NUM_THREADS"
DEFAULT_COUNT: Final = "SEQ2SEQ_DEFAULT_THREADS"
"""Holds the number of threads if `settle` has chosen it."""
_LOOKS: Final = 5
_SECONDS_BETWEEN_LOOKS: Final = 0.003


def settle() -> None:
    """Set in the environment how many threads compute and how they wait, unless the user has set it."""
    if not any(name.startswith(("OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_")) for name in os.environ):
        os.environ.update(SPIN)
    if COUNT not in os.environ:
        os.environ[COUNT] = os.environ[DEFAULT_COUNT] = str(default_threads())


def is_default(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether the number of threads is the one that `settle` has chosen."""
    return COUNT in environment and environment[COUNT] == environment.get(DEFAULT_COUNT)


def default_threads(root: Path = ROOT) -> int:
    """Return the cores that this process may use, less those that are busy with other work; at least one.

    Args:
        root: the directory with `proc` and `sys`.
    """
    free = _physical(range(os.cpu_count() or 1), root) - busy(root)
    return max(1, min(usable_cores(root), math.floor(free + 0.5)))


def usable_cores(root: Path = ROOT) -> int:
    """Return the physical cores of the affinity mask, or fewer if the quota of the cgroup is smaller.

    The threads of one core share its units for products, so a second one there gains nothing.
    """
    cpus = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else range(os.cpu_count() or 1)
    cores, quota = _physical(cpus, root), cpu_quota(root)
    return cores if quota is None else max(1, min(cores, math.floor(quota)))


def _physical(cpus: Iterable[int], root: Path) -> int:
    """Return the number of physical cores that these logical processors belong to."""
    topology = root / "sys/devices/system/cpu"
    return len({_read(topology / f"cpu{cpu}/topology/thread_siblings_list") or str(cpu) for cpu in cpus})


def cpu_quota(root: Path = ROOT) -> float | None:
    """Return the processor time that the cgroups of this process allow, in cores; None without a limit."""
    quotas = [_of_v2(directory) if v2 else _of_v1(directory) for directory, v2 in _cgroups(root)]
    return min((quota for quota in quotas if quota is not None), default=None)


def busy(root: Path = ROOT) -> float:
    """Return how many cores of the machine compute for other processes.

    The load average also counts what has just ended, such as the last command, and the number of runnable
    threads counts what lasts a millisecond; a core is busy if both say so.
    """
    load = _load(root)
    if load is None or load[0] < 0.5:
        return 0.0
    average, running = load
    for _ in range(_LOOKS - 1):
        time.sleep(_SECONDS_BETWEEN_LOOKS)
        running = min(running, (_load(root) or load)[1])
    return min(average, running)


def _load(root: Path) -> tuple[float, int] | None:
    """Return the load average of a minute, and the runnable threads except for this one; None if unknown."""
    try:
        average, _, _, running, *_ = _read(root / "proc/loadavg").split()
        return float(average), int(running.split("/")[0]) - 1
    except ValueError:
        return None


def _cgroups(root: Path) -> Iterator[tuple[Path, bool]]:
    """Yield the cgroups of this process, each with all above it, and whether it is of version 2."""
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, _, rest = line.partition(":")
        controllers, found, path = rest.partition(":")
        if not found or (controllers and "cpu" not in controllers.split(",")):
            continue
        base = root / "sys/fs/cgroup" / ("cpu" if controllers else "")
        # In a container the path may be that on the host, and `base` the group of the container.
        group = base / path.strip("/")
        yield from ((each, not controllers) for each in (group, *group.parents) if each.is_relative_to(base))


def _of_v2(group: Path) -> float | None:
    """Return the quota of a cgroup of version 2, in cores."""
    return _ratio(*_read(group / "cpu.max").split())


def _of_v1(group: Path) -> float | None:
    """Return the quota of a cgroup of version 1, in cores."""
    return _ratio(_read(group / "cpu.cfs_quota_us"), _read(group / "cpu.cfs_period_us"))


def _ratio(quota: str = "", period: str = "") -> float | None:
    """Return the cores that a quota for a period allows; None where there is none ("max", -1, no file)."""
    try:
        return int(quota) / int(period) if int(quota) > 0 else None
    except (ValueError, ZeroDivisionError):
        return None


def _read(path: Path) -> str:
    """Return the content of a file of the system without the space around it; "" if it cannot be read."""
    try:
        return path.read_text().strip()
    except OSError:
        return ""
