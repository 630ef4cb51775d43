"""The options that several commands share, and the flags in messages about them."""

from __future__ import annotations

import argparse
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from seq2seq.config.messages import ConfigError
from seq2seq.config.schema import SETTINGS
from seq2seq.errors import UsageError, UserError
from seq2seq.lag import Lag
from seq2seq.pretrained import SHIPPED, locate

if TYPE_CHECKING:
    from seq2seq.decoding.decoding_options import DecodingRequest
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
    """Declare the option that chooses the model."""
    parser.add_argument(
        "--model",
        "-m",
        metavar="FILE",
        help=f"a model.safetensors, a run directory, or the name of a model of the package ({SHIPPED})",
    )


def add_computation(parser: argparse.ArgumentParser) -> None:
    """Declare the options that choose how the model is computed."""
    parser.add_argument(
        "--device", default="auto", metavar="D", help="auto (the default), cpu, cuda or cuda:N"
    )
    parser.add_argument(
        "--precision",
        choices=("fp32", "bf16"),
        help="fp32 or bf16, which is faster and less exact (the model's own)",
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


def load_translator(model: str | None, device: str = "auto") -> tuple[Translator, Path]:
    """Return a model and its path.

    Args:
        model: its path or name; None is the model of the package.
        device: as in `Translator.load`.

    Raises:
        UserError: there is no such model, or as in `Translator.load`.
    """
    path = locate(model)
    if not path.exists():
        raise UserError(f"there is no model {path}; train one, or choose another with --model")

    from seq2seq.translator import Translator

    return Translator.load(path, device), path


def with_flags(error: UserError, parser: argparse.ArgumentParser) -> str:
    """Return the message of an error, with the flags of a command in place of names of parameters.

    The library names a parameter in back-quotes, as in `n_best`, because it also serves Python. Where the
    command has a flag of that name, the message for its user says --n-best. The message of a `ConfigError`
    stays as it is: what it quotes are keys of the user's file.
    """
    if isinstance(error, ConfigError):
        return str(error)

    def flag(match: re.Match[str]) -> str:
        name = f"--{match[1].replace('_', '-')}"
        return name if name in parser._option_string_actions else match[0]

    return re.sub("`([a-z]+(?:_[a-z]+)*)`", flag, str(error))


def is_command(line: str) -> bool:
    """Whether a line typed at a prompt is a command and no text: `:` and a word, but not `:)`."""
    return line == ":" or (line[:1] == ":" and line[1].isalpha())


def parse_lag_command(translator: Translator, line: str) -> Lag:
    """Return the lag of the command `:lag N`, as it is typed at a prompt.

    Raises:
        UsageError: it is another command, or the model was not trained for the lag.
    """
    word, _, value = line.partition(" ")
    if word != ":lag":
        raise UsageError(f"there is no command {word}; use :lag N, or Ctrl-D to end")
    return translator.served_lag(value.strip())


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
