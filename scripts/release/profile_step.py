"""Measure the time of each part of a training step, on the CPU or on a GPU.

    python -m scripts.release.profile_step configs/en-es-words.yaml --device cuda --steps 50

The steps are those of a real run with its data and settings, of which nothing is kept. They are measured
twice: once with a synchronisation of the device around each part, to separate the parts, and once as in
training, where a GPU computes while the processor prepares the next batch.
"""

from __future__ import annotations

import argparse
import functools
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
import torch

from seq2seq.config.loading import load_config
from seq2seq.config.schema import Config
from seq2seq.corpus.batching import Batch
from seq2seq.models.layers import WordEmbedding
from seq2seq.text.vocabulary import PAD, Ids
from seq2seq.training.optimisation import Optimisation, RowAdam
from seq2seq.training.parallel import Processes, join
from seq2seq.training.run import Run
from seq2seq.training.setup import set_up, set_up_torch
from seq2seq.training.signals import Requests
from seq2seq.training.update import Updater

PARTS: Final[dict[str, list[tuple[type, str]]]] = {
    "batches": [(Updater, "_gather")],
    "forward": [(Updater, "_loss")],
    "walk of the tries": [(WordEmbedding, "walk"), (WordEmbedding, "_walk_on_cpu")],
    "backward": [(torch.Tensor, "backward")],
    "norm and clipping": [(Optimisation, "clip")],
    "AdamW": [(torch.optim.AdamW, "step")],
    "tables": [(RowAdam, "step")],
    "average": [(Optimisation, "step")],
}
"""The parts of a step, and the methods that do them. Time in a nested part counts only for the inner one."""


class Clock:
    """Adds up the seconds of parts that may be nested.

    Args:
        device: the device to synchronise at each boundary.
    """

    def __init__(self, device: torch.device) -> None:
        self.device, self.seconds = device, defaultdict[str, float](float)
        self._open: list[str] = []
        self._since = 0.0

    def now(self) -> float:
        """Return the time after all work of the device has finished."""
        if self.device.type == "cuda":
            torch.cuda.synchronize(self.device)
        return time.perf_counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """Count the time within the block for `name`, not for an enclosing part."""
        self._turn()
        self._open.append(name)
        try:
            yield
        finally:
            self._turn()
            self._open.pop()

    def _turn(self) -> None:
        now = self.now()
        if self._open:
            self.seconds[self._open[-1]] += now - self._since
        self._since = now


@contextmanager
def watched(clock: Clock) -> Iterator[None]:
    """Count all parts with the clock within this context."""
    before = [(owner, name, getattr(owner, name)) for places in PARTS.values() for owner, name in places]
    try:
        for part, places in PARTS.items():
            for owner, name in places:
                setattr(owner, name, _counted(clock, part, getattr(owner, name)))
        yield
    finally:
        for owner, name, method in before:
            setattr(owner, name, method)


def _counted(clock: Clock, part: str, method: Callable[..., Any]) -> Callable[..., Any]:
    @functools.wraps(method)
    def counted(*arguments: Any, **named: Any) -> Any:
        with clock.part(part):
            return method(*arguments, **named)

    return counted


@dataclass(frozen=True)
class Profile:
    """What was measured.

    Attributes:
        parts: the seconds per step of each part.
        whole: the seconds of a step as in training.
        symbols: target symbols in a step.
        padding: which share of the positions of the sources and of the targets is padding.
    """

    parts: dict[str, float]
    whole: float
    symbols: float
    padding: tuple[float, float]


def padding(batches: Sequence[Batch]) -> tuple[float, float]:
    """Return which share of the positions of the sources and of the targets of batches is padding."""
    sides = [batch.source_BS for batch in batches], [batch.target_BT for batch in batches]
    pads, sizes = ([sum(map(count, side)) for side in sides] for count in (_pads, np.size))
    return pads[0] / sizes[0], pads[1] / sizes[1]


def _pads(ids: Ids) -> int:
    return int(np.count_nonzero(ids == PAD))


def profile(run: Run, steps: int, warm_up: int) -> Profile:
    """Measure the steps that come next in a run."""
    clock, batches = Clock(run.processes.device), list[Batch]()

    def walk(number: int) -> int:
        symbols = run.recent.symbols
        for _ in range(number):
            run._step()
            batches.extend(run.updater._next.batches if run.updater._next else ())
        return run.recent.symbols - symbols

    walk(warm_up)
    with watched(clock), clock.part("the rest"):
        walk(steps)
    began = clock.now()
    symbols = walk(steps)
    whole = clock.now() - began
    parts = {part: seconds / steps for part, seconds in clock.seconds.items()}
    return Profile(parts, whole / steps, symbols / steps, padding(batches))


def table(found: Profile) -> str:
    """Return the result as text."""
    parts, whole = found.parts, found.whole
    total = sum(parts.values())
    order = [*PARTS, "the rest"]
    lines = [f"{'part':24} {'ms':>9} {'share':>6}"]
    for name in order:
        lines.append(f"{name:24} {1e3 * parts.get(name, 0):9.2f} {parts.get(name, 0) / total:6.1%}")
    lines.append(f"{'all parts':24} {1e3 * total:9.2f}")
    speed = f"{found.symbols / whole:,.0f} target symbols a second"
    lines.append(f"{'a step as in training':24} {1e3 * whole:9.2f}   {speed}")
    source, target = found.padding
    lines.append(f"padding: {source:.1%} of the sources, {target:.1%} of the targets")
    return "\n".join(lines)


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("config", type=Path)
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="change a setting")
    parser.add_argument("--device", default="auto", help="auto, cpu or cuda (default: %(default)s)")
    parser.add_argument("--steps", type=int, default=20, help="measured steps (default: %(default)s)")
    parser.add_argument("--warm-up", type=int, default=5, help="steps before them (default: %(default)s)")
    options = parser.parse_args()
    config = load_config(options.config, options.set)
    with join(options.device) as processes:
        print(report(config, processes, options.steps, options.warm_up))


def report(config: Config, processes: Processes, steps: int, warm_up: int) -> str:
    """Set a run up, take its first steps and return the table."""
    set_up_torch(config, processes.device)
    with tempfile.TemporaryDirectory() as directory, Requests() as requests:
        run = Run(set_up(config, Path(directory), processes), requests, time.monotonic())
        size = sum(p.numel() for p in run.optimisation.network.parameters())
        head = (
            f"{size:,} parameters, batches of {config.train.batch_chars:,} characters, "
            f"{run.updater.precision} on {processes.device}, {torch.get_num_threads()} threads; {steps} steps"
        )
        found = table(profile(run, steps, warm_up))
        run.close()
    return head + "\n" + found


if __name__ == "__main__":
    main()
