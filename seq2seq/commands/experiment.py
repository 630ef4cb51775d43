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
        "try one of the textbook's claims about recurrent networks",
        "Writes result.json, result.md and figure.png; the exit code is 1 where the bound does not hold.",
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="which one; --list names them")
    parser.add_argument("--list", action="store_true", help="list the claims and their bounds and stop")
    parser.add_argument("--out", metavar="DIR", help="where all goes (runs/experiments/NAME)")
    parser.add_argument("--quick", action="store_true", help="smaller and shorter")


def run(options: argparse.Namespace) -> None:
    """Try a claim, or list them all."""
    from seq2seq.errors import UsageError
    from seq2seq.experiments.harness import Setting, perform
    from seq2seq.experiments.registry import EXPERIMENTS

    if options.list:
        print("\n\n".join(f"{e.number} {e.name}: {e.claim}\n  {e.bound}" for e in EXPERIMENTS.values()))
        return
    names = ", ".join(EXPERIMENTS)
    if options.name is None:
        raise UsageError(f"name an experiment, one of {names}; --list says what each is about")
    if options.name not in EXPERIMENTS:
        raise UsageError(f"there is no experiment {options.name!r}; there are {names}")
    folder = f"{options.name}-quick" if options.quick else options.name
    out = Path("runs/experiments") / folder if options.out is None else Path(options.out).expanduser()
    print(perform(EXPERIMENTS[options.name], Setting(out, options.quick)), end="")
