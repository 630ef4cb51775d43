"""The commands of the command line, one module each: `add` declares its arguments, `run` does the work."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from seq2seq.errors import UsageError, UserError
from seq2seq.lag import Lag
from seq2seq.pretrained import SHIPPED

if TYPE_CHECKING:
    from seq2seq.translator import Translator

Subparsers: TypeAlias = "argparse._SubParsersAction[argparse.ArgumentParser]"


def add_command(
    commands: Subparsers, name: str, run: Callable[[argparse.Namespace], None], summary: str, more: str = ""
) -> argparse.ArgumentParser:
    """Declare a command that `run` carries out and return its parser."""
    parser = commands.add_parser(
        name,
        help=summary,
        description=f"{summary[0].upper()}{summary[1:]}. {more}".strip(),
        formatter_class=argparse.RawDescriptionHelpFormatter if "\n" in more else argparse.HelpFormatter,
    )
    parser.set_defaults(run=run)
    return parser


def add_model(parser: argparse.ArgumentParser) -> None:
    """Declare the options that say which model to use, and where."""
    parser.add_argument(
        "--model",
        "-m",
        metavar="FILE",
        help=f"a model.safetensors, or the run directory that holds it (the package's own: {SHIPPED})",
    )
    parser.add_argument("--device", default="auto", metavar="D", help="auto (the default), cpu or cuda")
    parser.add_argument(
        "--precision", choices=("fp32", "bf16"), help="fp32 (the default), or bf16: faster, less exact"
    )


def add_beam(parser: argparse.ArgumentParser) -> None:
    """Declare the options of the search."""
    parser.add_argument(
        "--beam", type=count, metavar="N", help="width of the beam; 1 is greedy (the model's own)"
    )
    parser.add_argument(
        "--length-penalty",
        type=positive,
        metavar="P",
        help="rank by log-probability / length^P; above 1 favours length",
    )
    parser.add_argument(
        "--repeats",
        action=argparse.BooleanOptionalAction,
        help="let translations say something twice in a row whose sources do not (the model's own)",
    )


def is_command(line: str) -> bool:
    """Whether what is typed at a prompt is for the dial, not for the model: `:` and a word, but not `:)`."""
    return line == ":" or (line[:1] == ":" and line[1].isalpha())


def dial(translator: Translator, line: str) -> Lag:
    """Read `:lag N`, as it is typed at a prompt, and return the lag.

    Raises:
        UsageError: it is another command, or no lag that the model serves.
    """
    word, _, value = line.partition(" ")
    if word != ":lag":
        raise UsageError(f"there is no {word}; there is :lag N, and Ctrl-D to end")
    return translator.check_lag(value.strip())


def check_parent(path: Path) -> None:
    """See that a file could be written at `path`, before anything is computed for it.

    Raises:
        UserError: the directory is not there or cannot be written, or `path` is one or write-protected.
    """
    if not path.parent.is_dir():
        raise UserError(f"cannot write {path}: there is no directory {path.parent}")
    if path.is_dir():
        raise UserError(f"cannot write {path}: it is a directory")
    protected = path if path.exists() else path.parent
    if not os.access(protected, os.W_OK):
        raise UserError(f"cannot write {path}: {protected} is write-protected; choose another name")


def count(text: str) -> int:
    """Read a whole number from 1 to 1,000."""
    if not (text.isascii() and text.isdigit() and 1 <= int(text[:9]) <= 1000):
        raise argparse.ArgumentTypeError(f"a whole number from 1 to 1,000 is wanted, not {text!r}")
    return int(text)


def positive(text: str) -> float:
    """Read a number from 0 to 10."""
    try:
        value = float(text)
    except ValueError:
        value = -1.0
    if not 0 <= value <= 10:
        raise argparse.ArgumentTypeError(f"a number from 0 to 10 is wanted, not {text!r}")
    return value
