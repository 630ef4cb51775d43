"""The default number of threads, from files of the system, and what is put into the environment."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from seq2seq import devices, threads
from seq2seq.threads import busy, cpu_quota, default_threads, is_default, settle, usable_cores

Machine = Callable[[dict[str, str]], Path]
NAMES = ("OMP_WAIT_POLICY", "OMP_NUM_THREADS", *threads.SPIN, threads.DEFAULT_COUNT)


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Machine:
    """Make a machine of eight processors, two to a core, from the files given by name."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(8)), raising=False)
    monkeypatch.setattr(os, "cpu_count", lambda: 8)
    monkeypatch.setattr(threads, "_SECONDS_BETWEEN_LOOKS", 0.0)

    def make(files: dict[str, str]) -> Path:
        for cpu in range(8):
            name = f"sys/devices/system/cpu/cpu{cpu}/topology/thread_siblings_list"
            files.setdefault(name, f"{cpu % 4},{cpu % 4 + 4}\n")
        for name, text in files.items():
            (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
            (tmp_path / name).write_text(text)
        return tmp_path

    return make


@pytest.mark.parametrize(
    ("mask", "cores"), [(range(8), 4), ({0, 4}, 1), ({0, 1}, 2), ({2, 3, 6}, 2), ({5}, 1), ({8, 9}, 2)]
)
def test_the_physical_cores_of_the_affinity_mask(
    mask: set[int], cores: int, machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Processors 8 and 9 have no files: each counts as a core."""
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(mask), raising=False)
    assert usable_cores(machine({})) == cores


def test_without_any_file_each_processor_is_a_core(machine: Machine, tmp_path: Path) -> None:
    del machine
    assert default_threads(tmp_path) == usable_cores(tmp_path) == 8


V2, V1 = "0::/a/b\n", "9:name=systemd:/\n3:cpuset:/x\n2:cpuacct,cpu:/a/b\n0::/\n"


@pytest.mark.parametrize(
    ("files", "quota"),
    [
        ({}, None),
        ({"proc/self/cgroup": V2}, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/a/b/cpu.max": "max 100000\n"}, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/a/b/cpu.max": "250000 100000\n"}, 2.5),
        (
            {
                "proc/self/cgroup": V2,
                "sys/fs/cgroup/a/b/cpu.max": "300000 100000\n",
                "sys/fs/cgroup/a/cpu.max": "150000 100000\n",
            },
            1.5,
        ),
        ({"proc/self/cgroup": "0::/\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        ({"proc/self/cgroup": "0::/of/the/host\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        ({"proc/self/cgroup": "0::/../..\n", "sys/fs/cgroup/cpu.max": "200000 100000\n"}, 2.0),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/a/cpu.max": "nonsense\n"}, None),
        ({"proc/self/cgroup": V2, "sys/fs/cgroup/a/cpu.max": "100000 0\n"}, None),
        ({"proc/self/cgroup": "no lines of the kernel\n"}, None),
        ({"proc/self/cgroup": V1}, None),
        (
            {
                "proc/self/cgroup": V1,
                "sys/fs/cgroup/cpu/a/b/cpu.cfs_quota_us": "-1\n",
                "sys/fs/cgroup/cpu/a/b/cpu.cfs_period_us": "100000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "300000\n",
                "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000\n",
            },
            3.0,
        ),
        (
            {
                "proc/self/cgroup": "2:cpu:/a\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_quota_us": "50000\n",
                "sys/fs/cgroup/cpu/a/cpu.cfs_period_us": "100000\n",
            },
            0.5,
        ),
    ],
)
def test_the_quota_of_the_cgroup_of_both_versions(
    files: dict[str, str], quota: float | None, machine: Machine
) -> None:
    root = machine(dict(files))
    assert cpu_quota(root) == quota
    assert usable_cores(root) == min(4, max(1, int(quota or 4)))


@pytest.mark.parametrize(
    ("loadavg", "taken", "threads"),
    [
        (None, 0, 4),
        ("nonsense", 0, 4),
        ("", 0, 4),
        ("0.00 0.00 0.00 1/100 9\n", 0, 4),
        ("0.49 3.00 3.00 3/100 9\n", 0, 4),  # what has been running for some seconds may soon be over
        ("1.10 0.00 0.00 2/100 9\n", 1, 3),
        ("2.60 0.00 0.00 9/100 9\n", 2.6, 1),
        ("4.00 0.00 0.00 1/100 9\n", 0, 4),  # the load of what has just ended
        ("99.00 9.00 9.00 99/100 9\n", 98, 1),
    ],
)
def test_busy_cores_are_left_alone(loadavg: str | None, taken: float, threads: int, machine: Machine) -> None:
    root = machine({} if loadavg is None else {"proc/loadavg": loadavg})
    assert busy(root) == pytest.approx(taken)
    assert default_threads(root) == threads


def test_what_runs_for_a_moment_takes_no_core(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    root = machine({"proc/loadavg": "3.00 0.00 0.00 4/100 9\n"})
    later = (root / "proc/loadavg").write_text
    monkeypatch.setattr(time, "sleep", lambda _: later("3.00 0.00 0.00 2/100 9\n"))
    assert busy(root) == 1


def test_the_load_is_that_of_the_machine_and_the_mask_that_of_the_process(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One busy core of four leaves three: enough for a process that may use two."""
    root = machine({"proc/loadavg": "1.00 0.00 0.00 2/100 9\n"})
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 4, 5}, raising=False)
    assert default_threads(root) == 2


@pytest.fixture
def environment(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, str]]:
    """An environment in which the user has set nothing, on a machine with three free cores."""
    with pytest.MonkeyPatch.context() as patch:
        for name in NAMES:
            patch.setenv(name, "")  # restored at the end, whatever the test does
            del os.environ[name]
        monkeypatch.setattr(threads, "default_threads", lambda: 3)
        yield os.environ  # type: ignore[misc]


def test_the_environment_of_a_user_who_has_set_nothing(environment: dict[str, str]) -> None:
    settle()
    assert environment["OMP_NUM_THREADS"] == "3"
    assert (environment["GOMP_SPINCOUNT"], environment["KMP_BLOCKTIME"]) == ("1000", "1")
    assert is_default()
    settle()
    assert environment["OMP_NUM_THREADS"] == "3"


@pytest.mark.parametrize("name", ["OMP_WAIT_POLICY", "GOMP_SPINCOUNT", "KMP_BLOCKTIME", "KMP_LIBRARY"])
def test_a_users_way_of_waiting_stays(
    name: str, environment: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "his")
    settle()
    assert {key: environment[key] for key in (*NAMES, name) if key in environment} == {
        name: "his",
        "OMP_NUM_THREADS": "3",
        threads.DEFAULT_COUNT: "3",
    }


def test_a_users_number_of_threads_stays(environment: dict[str, str]) -> None:
    environment["OMP_NUM_THREADS"] = "7"
    settle()
    assert environment["OMP_NUM_THREADS"] == "7"
    assert not is_default()


@pytest.mark.parametrize(
    ("asked", "before", "default", "count"),
    [
        (None, None, True, None),
        (2, None, True, 2),
        (2, 3, True, 2),
        (None, 3, True, 3),
        (None, 3, False, None),  # the environment asks for a number
        (None, 5, True, None),  # there are fewer cores now
        (None, 0, True, None),
    ],
)
def test_a_run_that_goes_on_keeps_its_threads(
    asked: int | None, before: int | None, default: bool, count: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    found: list[int] = []
    monkeypatch.setattr(devices, "is_default", lambda: default)
    monkeypatch.setattr(devices, "usable_cores", lambda: 4)
    monkeypatch.setattr(torch, "set_num_threads", found.append)
    devices.use_threads(asked, before)
    assert found == ([] if count is None else [count])


def test_a_command_settles_before_torch_is_imported() -> None:
    """PyTorch and its OpenMP read the environment once, when they are imported."""
    code = (
        "import os, sys\n"
        "from seq2seq import cli, threads\n"
        "threads.default_threads = lambda: 1\n"
        "told = lambda _: print('torch' in sys.modules, 'numpy' in sys.modules, os.environ['GOMP_SPINCOUNT'],"
        " os.environ['OMP_NUM_THREADS'])\n"
        "cli.train.run.__globals__['run'] = told\n"
        "cli.train.run = told\n"
        "cli.run(['train', '--settings'])\n"
    )
    environment = {name: value for name, value in os.environ.items() if name not in NAMES}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=300, env=environment
    )
    assert (done.stdout, done.stderr) == ("False False 1000 1\n", "")
