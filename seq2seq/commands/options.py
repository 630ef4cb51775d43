"""The options that several commands share, and their words in messages of the library."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from seq2seq.errors import UsageError, UserError
from seq2seq.lag import Lag
from seq2seq.pretrained import SHIPPED, locate

if TYPE_CHECKING:
    from seq2seq.translator import Translator

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


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose the model and how it is computed."""
    parser.add_argument(
        "--model",
        "-m",
        metavar="FILE",
        help=f"a model.safetensors, a run directory, or the name of a model of the package ({SHIPPED})",
    )
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    parser.add_argument(
        "--precision", choices=("fp32", "bf16"), help="fp32 (the default), or bf16: faster and less exact"
    )


def add_beam(parser: argparse.ArgumentParser) -> None:
    """Declare the options of beam search."""
    parser.add_argument(
        "--beam", type=count, metavar="N", help="beam size; 1 is greedy search (the model's own)"
    )
    parser.add_argument(
        "--length-penalty",
        type=positive,
        metavar="P",
        help="rank by log-probability / length^P; above 1 favours long output (the model's own)",
    )
    parser.add_argument(
        "--repeats",
        action=argparse.BooleanOptionalAction,
        help="allow a translation to repeat a phrase that its source does not (the model's own)",
    )


def load_translator(options: argparse.Namespace) -> tuple[Translator, Path]:
    """Return the model that the options of `add_model` choose, and its path.

    Raises:
        UserError: there is no such model, or as in `Translator.load`.
    """
    path = locate(options.model)
    if not path.exists():
        raise UserError(f"there is no model {path}; train one, or choose another with --model")

    from seq2seq.translator import Translator

    translator = Translator.load(path, options.device, options.precision)
    if getattr(options, "repeats", None) is not None:
        translator.repeats = options.repeats
    return translator, path


def with_flags(message: str, parser: argparse.ArgumentParser) -> str:
    """Return a message of the library with the flags of a command in place of names of parameters.

    The library names a parameter in back-quotes, as in `n_best`, because it also serves Python. Where the
    command has a flag of that name, the message for its user says --n-best.
    """

    def flag(match: re.Match[str]) -> str:
        name = f"--{match[1].replace('_', '-')}"
        return name if name in parser._option_string_actions else match[0]

    return re.sub("`([a-z]+(?:_[a-z]+)*)`", flag, message)


def is_command(line: str) -> bool:
    """Whether a line typed at a prompt is a command and no text: `:` and a word, but not `:)`."""
    return line == ":" or (line[:1] == ":" and line[1].isalpha())


def dial(translator: Translator, line: str) -> Lag:
    """Return the lag of the command `:lag N`, as it is typed at a prompt.

    Raises:
        UsageError: it is another command, or the model was not trained for the lag.
    """
    word, _, value = line.partition(" ")
    if word != ":lag":
        raise UsageError(f"there is no command {word}; use :lag N, or Ctrl-D to end")
    return translator.check_lag(value.strip())


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


def count(text: str) -> int:
    """Return a whole number from 1 to 1,000; for argparse."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1000):
        raise argparse.ArgumentTypeError(f"expected a whole number from 1 to 1,000, not {text!r}")
    return int(text)


def positive(text: str) -> float:
    """Return a number from 0 to 10; for argparse."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"expected a number from 0 to 10, not {text!r}")
    return value
