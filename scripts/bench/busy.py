"""How much slower training and translation in bulk become when other processes need the cores.

    python -m scripts.bench.busy [--others N] [--json]

The work: training steps with the sizes of configs/en-es-words.yaml on the bundled pairs, and greedy
translation of the bundled test set with the bundled model. It is done

alone         on a machine that is otherwise free
joined        while N processes that begin later run an endless loop (`--others`, 1 by default)
started late  by a process that starts while these have been running for a while

with the number of threads and the way to wait that the command line sets, and, except for the last, with
PyTorch's own defaults: one thread for each processor, and the spinning of OpenMP. All figures are relative to
the work alone with the settings of the command line. A figure is the rate over some seconds of work. `--json`
writes docs/results/busy.json.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

from scripts.results import ROOT, machine, read_results, write_results
from seq2seq import threads

SECONDS: Final = 8.0
UNTIL_LOADED: Final = 45.0
"""How long the others have run before a process that starts late looks at the load average of a minute."""
OWN: Final = (*threads.SPIN, threads.COUNT, threads.DEFAULT_COUNT, "OMP_WAIT_POLICY")
WAYS: Final = ("command line", "PyTorch's defaults")


# The process that works.


def train() -> Callable[[], object]:
    """Set a training up and return a function that takes a step."""
    from seq2seq.config.loading import load_config
    from seq2seq.training.parallel import join
    from seq2seq.training.run import Run
    from seq2seq.training.setup import set_up, set_up_torch
    from seq2seq.training.signals import Requests

    data = [
        f"data.train={ROOT / 'data' / 'train.tsv'}",
        "data.dev=null",
        "data.test=null",
        "data.dev_more=null",
    ]
    config = load_config(ROOT / "configs" / "en-es-words.yaml", [*data, "model.word_nodes=8000"])
    stack = ExitStack()
    processes = stack.enter_context(join("cpu"))
    directory = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    set_up_torch(config, processes.device)
    run = Run(set_up(config, directory, processes), stack.enter_context(Requests()), time.monotonic())
    stack.callback(run.close)

    def step() -> None:
        run._step()
        assert stack  # it is closed with the process

    return step


def translate() -> Callable[[], object]:
    """Load the bundled model and return a function that translates the bundled test set."""
    from seq2seq.translator import Translator

    lines = [line.split("\t")[0] for line in (ROOT / "data" / "test.tsv").read_text("utf-8").splitlines()]
    translator = Translator.load()
    return lambda: translator.translate(lines, beam=1)


WORKS: Final = {"training": train, "translation": translate}


def work(name: str, way: str) -> None:
    """Do a work for as long as there are lines on stdin, and print its rate for each."""
    if way == WAYS[0]:
        threads.settle()
    import torch

    once = WORKS[name]()
    once()
    print(torch.get_num_threads(), flush=True)
    for _ in sys.stdin:
        began, times = time.perf_counter(), 0
        while time.perf_counter() - began < SECONDS:
            once()
            times += 1
        print(times / (time.perf_counter() - began), flush=True)


# The process that measures.


class WorkProcess:
    """A process that works in one way.

    Attributes:
        threads: how many threads it uses.
    """

    def __init__(self, name: str, way: str) -> None:
        environment = {key: value for key, value in os.environ.items() if key not in OWN}
        self._process = subprocess.Popen(
            [sys.executable, "-m", "scripts.bench.busy", "--work", name, way],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env=environment,
        )
        self.threads = int(self._answer())

    def rate(self) -> float:
        """Return how often a second the work is done now."""
        assert self._process.stdin is not None
        self._process.stdin.write("\n")
        self._process.stdin.flush()
        return float(self._answer())

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def _answer(self) -> str:
        assert self._process.stdout is not None
        return self._process.stdout.readline()


@contextmanager
def others(number: int) -> Iterator[None]:
    """Within the block, keep as many processes computing."""
    processes = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(number)]
    try:
        yield
    finally:
        for process in processes:
            process.kill()
            process.wait()


def measure(number: int) -> dict[str, Any]:
    """Return, for each work and way, the threads and the rates alone, joined and started late."""
    found: dict[str, Any] = {name: {way: {} for way in WAYS} for name in WORKS}
    places = [(name, way) for name in WORKS for way in WAYS]
    with ExitStack() as stack:
        workers = {}
        for place in places:  # all are set up before anything is measured; each waits without computing
            workers[place] = WorkProcess(*place)
            stack.callback(workers[place].close)
        for (name, way), worker in workers.items():
            found[name][way]["alone"] = {"threads": worker.threads, "rate": worker.rate()}
        with others(number):
            began = time.monotonic()
            for (name, way), worker in workers.items():
                found[name][way]["joined"] = {"threads": worker.threads, "rate": worker.rate()}
            time.sleep(max(0.0, began + UNTIL_LOADED - time.monotonic()))
            for name in WORKS:
                late = WorkProcess(name, WAYS[0])
                stack.callback(late.close)
                found[name][WAYS[0]]["started late"] = {"threads": late.threads, "rate": late.rate()}
    return found


def table(found: dict[str, Any], number: int) -> str:
    """Return the result as text."""
    lines = [f"with {number} other process(es): times as slow as alone with the command line's settings"]
    for name, ways in found.items():
        base = ways[WAYS[0]]["alone"]["rate"]
        for way, rows in ways.items():
            cells = [f"{when} {base / row['rate']:.2f} ({row['threads']})" for when, row in rows.items()]
            lines.append(f"{name:12} {way:20} {', '.join(cells)}")
    return "\n".join([*lines, "in brackets: the number of threads"])


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--others", type=int, default=1, help="competing processes (default: %(default)s)")
    parser.add_argument("--json", action="store_true", help="also write to docs/results/busy.json")
    parser.add_argument("--work", nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.work:
        work(*options.work)
        return
    found = measure(options.others)
    print(table(found, options.others))
    if options.json:
        result = {"machine": machine(), "cores": threads.usable_cores(), "works": found}
        write_results("busy", read_results("busy") | {str(options.others): result})


if __name__ == "__main__":
    main()
