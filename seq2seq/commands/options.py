"""The options that several commands share, and the flags in messages about them."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from seq2seq.config.messages import ConfigError
from seq2seq.config.schema import SETTINGS
from seq2seq.errors import UsageError, UserError
from seq2seq.lag import FULL, Lag
from seq2seq.pretrained import SHIPPED, locate

if TYPE_CHECKING:
    from seq2seq.decoding.decoding_options import DecodingRequest
    from seq2seq.translator import Translator

A_MODEL = f"a model.safetensors, a run directory, or the name of a model of the package ({SHIPPED})"

SURE_LAG = 3
"""From this lag on, hardly a sentence that affirms starts with «No» (`scripts.studies.first_words`)."""
SMALL_LAGS = (
    f"below lag {SURE_LAG} the first word is often a guess, and a sentence that affirms something may start "
    "with «No»"
)
GOOD_LAG = 8
"""The lag that is recommended for reading along."""

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Subparsers, name: str, run: Callable[[argparse.Namespace], None], summary: str, more: str = ""
) -> argparse.ArgumentParser:
    """Declare a command that calls `run`, and return its parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {more}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter if "\n" in more else argparse.HelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_group(commands: Subparsers, name: str, summary: str) -> Subparsers:
    """Declare a command that has commands of its own, and return what takes these."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}.",
        epilog=f"`seq2seq {name} ACTION --help` describes an action.",
    )
    return parser.add_subparsers(dest="action", metavar="ACTION", required=True)


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare the option that chooses the model."""
    parser.add_argument(
        "--model",
        "-m",
        metavar="FILE",
        help=A_MODEL,
    )


def add_computation(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose how the model is computed."""
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16", "int8"),
        help="fp32, or bf16 or int8, which are faster and less exact (the model's own)",
    )


def add_beam(parser: argparse.ArgumentParser) -> None:
    """Declare the options of beam search."""
    parser.add_argument(
        "--beam",
        type=setting("decode.beam"),
        metavar="N",
        help="beam size; 1 is greedy search (the model's own)",
    )
    parser.add_argument(
        "--length-penalty",
        type=setting("decode.length_penalty"),
        metavar="P",
        help="rank by log-probability / length^P; above 1 favours long output (the model's own)",
    )
    parser.add_argument(
        "--repeats",
        action=argparse.BooleanOptionalAction,
        help="allow a translation to repeat a phrase that its source does not (the model's own)",
    )


def request_of(options: argparse.Namespace) -> DecodingRequest:
    """Return what the options of `add_beam` and `add_computation`, and --lag if there is one, ask for."""
    from seq2seq.decoding.decoding_options import DecodingRequest

    return DecodingRequest(
        lag=getattr(options, "lag", None),
        beam=options.beam,
        length_penalty=options.length_penalty,
        repeats=options.repeats,
        precision=options.precision,
    )


def check_search(options: argparse.Namespace, lags: Iterable[Lag]) -> None:
    """Refuse options of the search that would change nothing, because output is final below lag full.

    Raises:
        UsageError: with the option.
    """
    if FULL in lags:
        return
    for flag, given in (
        ("--length-penalty", options.length_penalty is not None),
        ("--no-repeats", options.repeats is False),
    ):
        if given:
            raise UsageError(
                f"{flag} needs lag full: at other lags output is final as soon as it is written, and is not "
                f"searched for; leave out {flag}, or use --lag full"
            )


def load_translator(model: str | None, device: str = "auto") -> tuple[Translator, Path]:
    """Return a model and its path.

    Args:
        model: its path or name; None is the model of the package.
        device: as in `Translator.load`.

    Raises:
        UserError: there is no such model, or as in `Translator.load`.
    """
    path = find_model(model)

    from seq2seq.translator import Translator

    return Translator.load(path, device), path


def find_model(model: str | None) -> Path:
    """Return the path of a model, given by its path, its run directory or its name; UserError without one."""
    path = locate(model)
    if not path.exists():
        raise UserError(f"there is no model {path}; give {A_MODEL}")
    return path


def with_flags(error: UserError, parser: argparse.ArgumentParser) -> str:
    """Return the message of an error, with the flags of a command in place of names of parameters.

    The library names a parameter in back-quotes, as in `n_best`, because it also serves Python. Where the
    command has a flag of that name, the message for its user says --n-best, or --lags where it has several.
    The message of a `ConfigError` stays as it is: what it quotes are keys of the user's file.
    """
    if isinstance(error, ConfigError):
        return str(error)

    def flag(match: re.Match[str]) -> str:
        name = f"--{match[1].replace('_', '-')}"
        found = [flag for flag in (name, f"{name}s") if flag in parser._option_string_actions]
        return found[0] if found else match[0]

    return re.sub("`([a-z]+(?:_[a-z]+)*)`", flag, str(error))


def check_parent(path: Path) -> None:
    """Check that a file can be written, before anything is computed for it.

    Raises:
        UserError: there is no such directory or it cannot be written, or `path` is one or write-protected.
    """
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no directory {path.parent}")
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a directory")
    protected = path if path.exists() else path.parent
    if not os.access(protected, os.W_OK):
        raise UserError(f"cannot write {path}: {protected} is write-protected; choose another name")


def check_picture(path: Path) -> None:
    """Check the name of a figure, and that it can be written, before anything is computed for it.

    Raises:
        UsageError: the name does not end in .png.
        UserError: as for `check_parent`.
    """
    if path.suffix.lower() != ".png":
        raise UsageError(f"{path}: a figure is written as PNG; choose a name that ends in .png")
    check_parent(path)


def count(text: str) -> int:
    """Return a whole number from 1 to 1,000; for argparse."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1000):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 1,000, not {text!r}")
    return int(text)


def number_between(least: float, most: float) -> Callable[[str], float]:
    """Return a function for argparse that reads a number of a range, both ends included."""

    def read(text: str) -> float:
        try:
            number = float(text)
        except ValueError:
            number = float("nan")
        if not least <= number <= most:
            raise argparse.ArgumentTypeError(f"expected a number from {least:g} to {most:g}, not {text!r}")
        return number

    return read


def setting(name: str) -> Callable[[str], Any]:
    """Return a function for argparse that reads a number as the configuration would read that setting."""
    validator = SETTINGS[name].validator

    def read(text: str) -> Any:
        try:
            return validator.read(int(text) if text.isascii() and text.isdigit() else float(text))
        except ValueError:
            raise argparse.ArgumentTypeError(f"expected {validator.expected}, not {text!r}") from None

    return read
