"""`seq2seq experiment`."""

from __future__ import annotations

import argparse
from pathlib import Path

from seq2seq.commands.options import Subparsers, add_command


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(
        commands,
        "experiment",
        run,
        "test a claim of the textbook about recurrent networks",
        "Writes result.json, result.md and figure.png; the exit code is 1 if the bound does not hold.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the experiment; --list lists all")
    parser.add_argument("--list", action="store_true", help="list the claims with their bounds, and exit")
    parser.add_argument("--out", metavar="DIR", help="directory for the results (runs/experiments/NAME)")
    parser.add_argument("--quick", action="store_true", help="a smaller and shorter version")


def run(options: argparse.Namespace) -> None:
    """Run an experiment, or list all."""
    from seq2seq.errors import UsageError
    from seq2seq.experiments.harness import RunOptions, perform
    from seq2seq.experiments.registry import EXPERIMENTS

    if options.list:
        print("\n\n".join(f"{e.number} {e.name}: {e.claim}\n  {e.bound}" for e in EXPERIMENTS.values()))
        return
    names = ", ".join(EXPERIMENTS)
    if options.name is None:
        raise UsageError(f"name an experiment: {names}; --list describes them")
    if options.name not in EXPERIMENTS:
        raise UsageError(f"there is no experiment {options.name!r}; choose one of {names}")
    folder = f"{options.name}-quick" if options.quick else options.name
    out = Path("runs/experiments") / folder if options.out is None else Path(options.out).expanduser()
    print(perform(EXPERIMENTS[options.name], RunOptions(out, options.quick)), end="")
