"""`seq2seq train`."""

from __future__ import annotations

import argparse
import shlex
from pathlib import Path

from seq2seq.commands.options import Subparsers, add_command
from seq2seq.errors import Interrupted, UsageError, printable


def add(commands: Subparsers) -> None:
    """Declare the arguments."""
    parser = add_command(commands, "train", run, "train a model from a YAML configuration")
    parser.add_argument("config", nargs="?", metavar="CONFIG", help="the YAML file")
    parser.add_argument(
        "--set",
        action="extend",
        nargs="+",
        default=[],
        metavar="KEY=VALUE",
        help="change settings, as in train.max_steps=100 train.seed=2",
    )
    parser.add_argument("--out", metavar="DIR", help="directory of the run (runs/NAME-OF-CONFIG)")
    parser.add_argument("--resume", action="store_true", help="resume the run in that directory")
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    parser.add_argument(
        "--settings", action="store_true", help="list all settings with their defaults, and exit"
    )


def run(options: argparse.Namespace) -> None:
    """Train a model, or list the settings."""
    from seq2seq.config.loading import describe_settings, load_config

    if options.settings:
        print(describe_settings())
        return
    path, overrides = _told_apart(options.config, options.set)
    config = load_config(path, overrides)
    out = Path("runs") / path.stem if options.out is None else Path(options.out).expanduser()

    from seq2seq.training.parallel import rank, world_size
    from seq2seq.training.run import train

    try:
        model = train(config, out, options.resume, options.device)
    except Interrupted as error:
        program = "seq2seq" if world_size() == 1 else "torchrun … -m seq2seq"
        arguments = ["train", str(out / "config.yaml"), "--out", str(out), "--resume"]
        number = error.exit_code - 128
        raise Interrupted(f"{error}. Resume with: {program} {shlex.join(arguments)}", number) from None
    if rank() == 0:
        print(printable(str(model)))


def _told_apart(config: str | None, words: list[str]) -> tuple[Path, list[str]]:
    """Return the configuration and the overrides; --set takes all words up to the next option.

    Raises:
        UsageError: there is no configuration.
    """
    if config is None and words and "=" not in words[-1]:
        *words, config = words
    if config is None:
        raise UsageError("name a configuration, as in: seq2seq train configs/quick.yaml")
    return Path(config), words
