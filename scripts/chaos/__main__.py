"""Try to break seq2seq at random: kill its trainings, damage its files, feed it random input.

    python -m scripts.chaos                      all parts at full length: half an hour
    python -m scripts.chaos --quick              all parts, briefly: a minute or two
    python -m scripts.chaos --only kills         one part
    python -m scripts.chaos --only kills --seed 1 --first 17 --count 1      repeat one try

A part at full length writes its counts to docs/results/chaos.json. Ctrl-C ends a part and prints its counts
so far; --first continues after them. If anything failed, the exit code is 1, the command that repeats it is
printed, and the files that reproduce it are in runs/chaos.
"""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

os.environ["OMP_NUM_THREADS"] = "1"  # before NumPy and PyTorch are imported: a fork copies only one thread

from scripts.chaos import configs, flips, kills, lines
from scripts.chaos.trial import Trial
from scripts.results import ROOT, machine, read_results, write_results


class ChaosPart(NamedTuple):
    """A part: its function, and the number of tries of a full and of a quick run."""

    run: Callable[[Trial], None]
    many: int
    few: int


PARTS = {
    "kills": ChaosPart(kills.run, 120, 3),
    "flips": ChaosPart(flips.run, 2_600, 100),
    "lines": ChaosPart(lines.run, 50, 1),
    "configs": ChaosPart(configs.run, 10_000, 100),
}


def main() -> None:
    """Run the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", choices=PARTS, help="one part instead of all")
    parser.add_argument("--quick", action="store_true", help="a few tries of each part")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=0, metavar="N", help="the number of the first try")
    parser.add_argument("--count", type=int, metavar="N", help="how many tries")
    parser.add_argument("--first-only", action="store_true", help="end a part at its first failure")
    parser.add_argument("--evidence", type=Path, default=ROOT / "runs" / "chaos", metavar="DIR")
    parser.add_argument("--model", type=Path, metavar="FILE", help="for `lines`, if the package has no model")
    options = parser.parse_args()
    if options.count is not None and options.count < 1:
        parser.error("--count is a whole number from 1")
    failed = False
    for name in [options.only] if options.only else PARTS:
        part = PARTS[name]
        usual = part.few if options.quick else part.many
        count = usual if options.count is None else options.count
        tries = range(options.first, options.first + count)
        trial = Trial(name, options.seed, tries, options.evidence, options.model, options.first_only)
        failed |= not attempt(part, trial, publish=len(tries) == part.many and not options.first)
    sys.exit(failed)


def attempt(part: ChaosPart, trial: Trial, publish: bool) -> bool:
    """Run a part, print its counts and publish them if asked; return whether nothing failed."""
    began, stopped = _used(), False
    try:
        part.run(trial)
    except KeyboardInterrupt:
        stopped = True
    minutes = round((_used() - began) / 60, 1)
    report(trial, minutes, stopped)
    if stopped:
        sys.exit(130)
    if publish:
        results = {"machine": machine(), "minutes": minutes, **trial.results()}
        write_results("chaos", {**read_results("chaos"), trial.part: results})
    return not trial.failures


def _used() -> float:
    """Return the seconds of one core that this process and its children have used, however busy it is."""
    return sum(os.times()[:4])


def report(trial: Trial, minutes: float, stopped: bool) -> None:
    """Print the counts and the failures of a part."""
    print(f"{trial.part}, seed {trial.seed}, {minutes} minutes of a core{', stopped' if stopped else ''}:")
    for name, count in sorted(trial.counts.items()):
        print(f"    {name}: {count:,}")
    print(f"    failures: {len(trial.failures)}")
    for failure in trial.failures:
        print(f"    {failure}")


if __name__ == "__main__":
    main()
