"""Several processes: they do what one does, agree on what comes next, and restart after one has died.

The processes are real ones that communicate through 127.0.0.1. All tests but the last start them without
torchrun, which is faster and makes no difference to them.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import torch
from tinyruns import tiny_config

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.errors import UsageError, UserError
from seq2seq.storage.runlog import read_metrics
from seq2seq.training import parallel, setup, writer
from seq2seq.training.checkpoint import load_state
from seq2seq.training.parallel import Processes, join, rank, world_size
from seq2seq.training.run import train

PLACE = {"RANK": "1", "LOCAL_RANK": "1", "WORLD_SIZE": "2"}
LOOPBACK = "lo0" if sys.platform == "darwin" else "lo"
PATIENCE = 900
"""Seconds after which a test fails because a process does not end."""
SHARED = "train.accumulate=4"
"""Four batches per update and five per epoch, so that most updates reach into the next epoch."""


# One process.


def test_one_process_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Any call of torch.distributed would fail, since there is no process group."""
    for name in PLACE:
        monkeypatch.delenv(name, raising=False)
    with join("cpu") as processes:
        assert (processes.rank, processes.size, processes.is_writer) == (0, 1, True)
        assert processes.largest(3, -1) == [3, -1]
        assert processes.from_writer(0.1, -torch.inf) == [0.1, -torch.inf]
        assert float(processes.total(torch.tensor(2.0))) == 2.0
        processes.check_same({"data": "a"})
        with processes.first_on_each_machine():
            processes.wait()
        network = torch.nn.Linear(1, 1)
        network.weight.grad = gradient = torch.full((1, 1), 3.0)
        processes.add_gradients(network)
        assert network.weight.grad is gradient
        assert network.bias.grad is None


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, (0, 1)),
        (PLACE, (1, 2)),
        (PLACE | {"WORLD_SIZE": "1", "RANK": "0"}, (0, 1)),
        ({"WORLD_SIZE": "8"}, (0, 1)),
    ],
)
def test_the_environment_tells_who_one_is(
    environment: dict[str, str], expected: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    """WORLD_SIZE alone may come from a scheduler."""
    for name in PLACE:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert (rank(), world_size()) == expected


def test_one_cuda_device_is_not_for_several_processes(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in PLACE.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(parallel, "pick_device", torch.device)
    with pytest.raises(UsageError, match=r"`device` is cuda:1, .*; use cuda$"), join("cuda:1"):
        pass


@pytest.mark.parametrize(("batches", "size", "advice"), [(1, 2, 2), (3, 2, 4), (8, 3, 9)])
def test_batches_that_cannot_be_shared_evenly_are_refused_with_a_number_that_can(
    batches: int, size: int, advice: int, tmp_path: Path
) -> None:
    config = load_config(tiny_config(tmp_path), [f"train.accumulate={batches}"])
    with pytest.raises(UsageError, match=f"a multiple of {size}, such as {advice}$"):
        setup.check_shares(config, Processes(torch.device("cpu"), size=size))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (RuntimeError("[/gloo/transport/tcp/pair.cc:553] Connection closed by peer"), UserError),
        (torch.distributed.DistNetworkError("no route"), UserError),
        (RuntimeError("something else"), RuntimeError),
    ],
)
def test_that_another_process_is_gone_is_told_from_other_errors(
    error: RuntimeError, expected: type[Exception]
) -> None:
    with pytest.raises(expected) as caught, parallel._clear_errors():
        raise error
    assert isinstance(caught.value, UserError) == (expected is UserError)


# Several.


@pytest.fixture(scope="module")
def config_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tiny_config(tmp_path_factory.mktemp("data"))


@pytest.fixture(scope="module")
def load(config_file: Path) -> Callable[..., Config]:
    return lambda *overrides: load_config(config_file, overrides)


@pytest.fixture(autouse=True, scope="module")
def _no_curves() -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(writer, "draw_curves", lambda run_dir: run_dir)
        yield


def command(config: Path, out: Path, *options: str) -> list[str]:
    return ["-m", "seq2seq", "train", str(config), "--out", str(out), "--device", "cpu", *options]


def settings(*overrides: str) -> list[str]:
    return [word for override in overrides for word in ("--set", override)]


@contextmanager
def started(arguments: list[str], size: int = 2) -> Iterator[list[subprocess.Popen[str]]]:
    """Start processes in the environment that torchrun would set; they are killed at the end of the block."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "GLOO_SOCKET_IFNAME": LOOPBACK}
    running: list[subprocess.Popen[str]] = []
    try:
        for number in range(size):
            places = {"RANK": str(number), "LOCAL_RANK": str(number)}
            sizes = {"WORLD_SIZE": str(size), "LOCAL_WORLD_SIZE": str(size)}
            pipes: dict[str, Any] = {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE, "text": True}
            environment = os.environ | common | places | sizes
            running.append(subprocess.Popen([sys.executable, *arguments], env=environment, **pipes))
        yield running
    finally:
        for process in running:
            process.kill()
            process.communicate()


def outcome(running: list[subprocess.Popen[str]]) -> list[tuple[int, str, str]]:
    """Return the exit code, stdout and stderr of each process once it has ended."""
    ended = []
    for process in running:
        out, err = process.communicate(timeout=PATIENCE)
        ended.append((process.returncode, out, err))
    return ended


def train_together(arguments: list[str], size: int = 2) -> str:
    """Train to the end; check that only the writer writes to stderr, and return what it wrote."""
    with started(arguments, size) as running:
        ended = outcome(running)
    assert [code for code, _, _ in ended] == [0] * size, ended
    assert ended[0][1].endswith("model.safetensors\n")
    assert [(out, err) for _, out, err in ended[1:]] == [("", "")] * (size - 1)
    return ended[0][2]


def wait_for(path: Path, process: subprocess.Popen[str]) -> None:
    """Wait until a file exists; fail if the process ends before."""
    deadline = time.monotonic() + PATIENCE
    while not path.exists():
        assert process.poll() is None
        assert time.monotonic() < deadline
        time.sleep(0.01)


def weights(directory: Path, step: int) -> dict[str, torch.Tensor]:
    return dict(load_state(directory / f"state_{step:08d}.pt")["optimisation"]["network"])


def distance(a: Path, b: Path, step: int = 16) -> float:
    """Return the largest difference between the weights of two runs after a step."""
    ours, theirs = weights(a, step), weights(b, step)
    assert ours.keys() == theirs.keys()
    return max(float((ours[name] - theirs[name]).abs().max()) for name in ours)


def numbers(directory: Path) -> list[dict[str, Any]]:
    """Return the metrics of a run without times."""
    times = {"seconds", "dev_seconds", "chars_per_second"}
    records = read_metrics(directory / "metrics.jsonl")
    return [{key: record[key] for key in record.keys() - times} for record in records]


def close(expected: list[dict[str, Any]]) -> Any:
    return [pytest.approx(record, rel=1e-4) for record in expected]


@pytest.fixture(scope="module")
def alone(load: Callable[..., Config], tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("alone") / "run"
    train(load(SHARED), directory, device="cpu")
    return directory


@pytest.fixture(scope="module")
def together(config_file: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("together") / "run"
    said = train_together(command(config_file, directory, *settings(SHARED)))
    assert "2 processes, each on cpu" in said
    return directory


SAME = 1e-4
"""Sums are in another order, and AdamW enlarges differences in the last bit of tiny gradients."""


@pytest.mark.slow
def test_two_processes_do_what_one_does(
    alone: Path, together: Path, load: Callable[..., Config], tmp_path: Path
) -> None:
    """They draw the same lags, dropout masks and hidden characters; others would make larger differences."""
    assert distance(alone, together) < SAME
    assert numbers(together) == close(numbers(alone))
    ours, theirs = (load_state(run / "state_00000016.pt") for run in (together, alone))
    places = [(state["progress"]["epoch"], state["progress"]["index"]) for state in (ours, theirs)]
    assert places == [(12, 4), (12, 4)]
    assert ours.keys() == theirs.keys()
    assert (ours["made_with"]["processes"], theirs["made_with"]["processes"]) == (2, 1)
    files, expected = ({path.name for path in run.iterdir()} for run in (together, alone))
    assert files - {"curves.png"} == expected  # the fixture above keeps this process from drawing
    train(load(SHARED, "model.dropout=0.21"), tmp_path / "other", device="cpu")
    assert distance(alone, tmp_path / "other") > 10 * SAME


@pytest.mark.slow
def test_two_processes_do_what_one_does_with_weights_that_some_batches_do_not_use(
    config_file: Path, load: Callable[..., Config], tmp_path: Path
) -> None:
    """Word tables send the rows of their batches; the backward reader may be used by one process alone."""
    words = ("model.word_nodes=60", "model.word_pairs=60", "model.bidirectional=true")
    changed = (SHARED, *words, "model.backward_dropout=0.5", "train.max_steps=12")
    train(load(*changed), tmp_path / "alone", device="cpu")
    train_together(command(config_file, tmp_path / "together", *settings(*changed)))
    assert distance(tmp_path / "alone", tmp_path / "together", step=12) < SAME


@pytest.mark.slow
@pytest.mark.parametrize("size", [1, 2, 4])
def test_another_number_of_processes_can_go_on(
    size: int, together: Path, config_file: Path, tmp_path: Path
) -> None:
    """Two processes go on from the state of two processes after step 15 with the same bits."""
    shutil.copytree(together, tmp_path / "run")
    (tmp_path / "run" / "state_00000016.pt").unlink()
    said = train_together(command(config_file, tmp_path / "run", "--resume", *settings(SHARED)), size)
    assert "going on after step 15" in said
    assert (f"has changed (processes: 2, now {size}); results may not be bit-identical" in said) == (
        size != 2
    )
    if size == 2:
        assert distance(together, tmp_path / "run") == 0
    assert distance(together, tmp_path / "run") < SAME
    assert [record["step"] for record in numbers(tmp_path / "run")] == [4, 6, 8, 12, 12, 16, 16]


@pytest.mark.slow
def test_what_stops_one_process_stops_all_after_the_same_step(config_file: Path, tmp_path: Path) -> None:
    """The signal goes to a process other than the writer."""
    endless = settings("train.max_steps=1000000", "train.eval_every=1000000")
    with started(command(config_file, tmp_path / "run", *endless)) as running:
        wait_for(tmp_path / "run" / "state_00000005.pt.sha256", running[0])
        running[1].send_signal(signal.SIGTERM)
        ended = outcome(running)
    assert [code for code, _, _ in ended] == [143, 143], ended
    said = [err.rpartition("stopped after step ")[2] for _, _, err in ended]
    assert said[0] == said[1]
    assert "torchrun … -m seq2seq train" in said[0]
    step = int(said[0].partition(";")[0])
    assert load_state(tmp_path / "run" / f"state_{step:08d}.pt")["step"] == step
    assert not list((tmp_path / "run").glob(".*.tmp-*"))


@pytest.mark.slow
def test_a_mistake_is_one_line_in_each_process(together: Path, config_file: Path, tmp_path: Path) -> None:
    """All meet the first mistake; only the writer meets the second, and the others report that it is lost."""
    with started(command(config_file, tmp_path / "run", *settings("train.accumulate=3"))) as running:
        uneven = outcome(running)
    assert [(code, err.count("\n")) for code, _, err in uneven] == [(2, 1), (2, 1)]
    assert not (tmp_path / "run").exists()
    with started(command(config_file, together, *settings(SHARED))) as running:
        (code, _, err), (other_code, _, other_err) = outcome(running)
    assert (code, err.count("\n"), other_code) == (2, 1, 1)
    assert "there is a run in" in err
    assert "process 1 lost the connection to the others" in other_err.splitlines()[-1]
    assert "Traceback" not in other_err


@pytest.mark.slow
def test_processes_with_different_settings_refuse_to_train(config_file: Path, tmp_path: Path) -> None:
    """On two machines, one may have another version of the file."""
    script = (
        "import os, sys\n"
        "from seq2seq.cli import main\n"
        "main([*sys.argv[1:], '--set', 'train.ema=0.' + str(5 + int(os.environ['RANK']))])\n"
    )
    with started(["-c", script, *command(config_file, tmp_path / "run")[2:]]) as running:
        ended = outcome(running)
    assert [code for code, _, _ in ended] == [1, 1]
    assert all("the processes do not have the same settings:" in err for _, _, err in ended)
    assert not (tmp_path / "run" / "config.yaml").exists()


def children(parent: int) -> dict[int, int]:
    """Return the process ids of torchrun's workers by rank."""
    found = {}
    for directory in Path("/proc").iterdir():
        try:
            status = (directory / "status").read_text()
            environment = (directory / "environ").read_bytes().split(b"\0")
        except OSError:
            continue
        ranks = [int(value[5:]) for value in environment if value.startswith(b"RANK=")]
        if f"\nPPid:\t{parent}\n" in status and ranks:
            found[ranks[0]] = int(directory.name)
    return found


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="finds the processes in /proc")
@pytest.mark.parametrize("victim", [0, 1])
def test_torchrun_goes_on_from_the_last_state_when_a_process_is_killed(
    victim: int, config_file: Path, tmp_path: Path
) -> None:
    """A restarted process used to find the address of the dead one, and waited for ever."""
    run = tmp_path / "run"
    steps = 400
    changed = settings(f"train.max_steps={steps}", "train.eval_every=1000", "train.checkpoint_every=20")
    launcher = ["-m", "torch.distributed.run", "--standalone", "--local-addr", "127.0.0.1"]
    options = ["--nproc-per-node", "2", "--max-restarts", "1", "--log-dir", str(tmp_path), "--redirects", "3"]
    arguments = [*launcher, *options, *command(config_file, run, "--resume", *changed)]
    environment = os.environ | {"GLOO_SOCKET_IFNAME": LOOPBACK}
    torchrun = subprocess.Popen(
        [sys.executable, *arguments], env=environment, stderr=subprocess.PIPE, text=True
    )
    try:
        wait_for(run / "state_00000020.pt", torchrun)  # its checksum is written first
        workers = children(torchrun.pid)
        assert workers.keys() == {0, 1}
        os.kill(workers[victim], signal.SIGKILL)
        _, err = torchrun.communicate(timeout=PATIENCE)
    finally:
        torchrun.terminate()  # it stops its workers
        torchrun.communicate()
    assert torchrun.returncode == 0, err
    assert load_state(run / f"state_{steps:08d}.pt")["step"] == steps
    assert "going on after step" in (run / "train.log").read_text(encoding="utf-8")
    logged = [record["step"] for record in read_metrics(run / "metrics.jsonl") if "loss" in record]
    assert logged == list(range(4, steps + 1, 4))
