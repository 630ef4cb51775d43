"""The command line: its parser and its exit codes. Results go to stdout, everything else to stderr.

Each command is a module of `seq2seq.commands` with `add`, for its arguments, and `run`. Nothing heavy is
imported before a command runs, so that help and error messages appear at once.
"""

from __future__ import annotations

import argparse
import os
import sys
import warnings
from collections.abc import Sequence
from difflib import get_close_matches
from typing import Any, NoReturn, TextIO

from seq2seq.commands import checkpoint, data, evaluate, experiment, explain, train, translate
from seq2seq.commands.options import with_flags
from seq2seq.errors import PrecisionWarning, UsageError, UserError, print_error
from seq2seq.threads import settle

_COMMANDS = (train, translate, evaluate, explain, experiment, data, checkpoint)


def build_parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    parser = _Parser(
        prog="seq2seq",
        description="Character-level translation with a chosen lag between reading and writing.",
        epilog="`seq2seq COMMAND --help` describes a command.",
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version and stop")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    return parser


class _Parser(argparse.ArgumentParser):
    """The parser of the command line and of each command."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**settings)
        self.set_defaults(parser=self)  # the subcommand's parser sets it last

    def refuse(self, unknown: Sequence[str]) -> NoReturn:
        """Exit with a message about unknown arguments, and the option that one of them resembles."""
        names = [argument.partition("=")[0] for argument in unknown if argument.startswith("--")]
        close = [near for name in names for near in get_close_matches(name, self._option_string_actions)]
        hint = f"; did you mean {close[0]}?" if close else ""
        self.error(f"unrecognized arguments: {' '.join(unknown)}{hint}")

    def _check_value(self, action: argparse.Action, value: Any) -> None:
        """Refuse a word that is no choice, with the choice that it resembles.

        The base class suggests one from Python 3.14 on.
        """
        if action.choices is None or value in action.choices:
            return
        choices = [str(choice) for choice in action.choices]
        close = get_close_matches(str(value), choices, 1)
        hint = f"did you mean {close[0]}?" if close else f"choose one of {', '.join(choices)}"
        if isinstance(action, argparse._SubParsersAction):
            raise UsageError(f"`{self.prog}` has no command {value!r}; {hint}")
        raise argparse.ArgumentError(action, f"{value!r} is not possible; {hint}")

    def error(self, message: str) -> NoReturn:
        """Exit with one line; the usage is a page of its own, which the line names."""
        print_error(f"seq2seq: {message}; `{self.prog} --help` lists what is possible")
        self.exit(UsageError.exit_code)


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib import metadata  # slower to import than everything else that `--help` needs

        print(f"seq2seq {metadata.version('seq2seq-lag')}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code: 0, or what `seq2seq.errors` says, or 130 after Ctrl-C."""
    if sys.stderr is None:  # it is closed; print would write to stdout instead
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end
    warnings.showwarning = _show_warning
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        _discard_output()
    except OSError as error:
        print_error(f"seq2seq: {_message(error)}")
        _discard_output()
        code = 1
    sys.exit(code)


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code; a user's mistake is reported in one line on stderr."""
    if sys.stdout is None:
        print_error("seq2seq: standard output is closed")
        return 1
    try:
        parser = build_parser()
        options, unknown = parser.parse_known_args(arguments)
        parser = options.parser
        if unknown:
            parser.refuse(unknown)
        settle()
        options.run(options)
        return 0
    except UserError as error:
        print_error(f"seq2seq: {with_flags(error, parser)}")
        return error.exit_code
    except BrokenPipeError:  # nobody reads the results any more, as with `| head`: that is no error
        _discard_output()
        return 0
    except OSError as error:
        print_error(f"seq2seq: {_message(error)}")
        _discard_output()
        return 1
    except KeyboardInterrupt:
        print_error("\nseq2seq: stopped")
        return 130


def _show_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Print a warning to stderr: one about precision in a line, any other as Python does."""
    del file  # always stderr
    if issubclass(category, PrecisionWarning):
        print_error(f"seq2seq: {message}")
    else:
        print_error(warnings.formatwarning(message, category, filename, lineno, line).rstrip("\n"))


def _message(error: OSError) -> str:
    """Return the message of an error of the system; without a file name it concerns standard output."""
    return f"{error.filename or 'standard output'} cannot be used: {error.strerror}"


def _discard_output() -> None:
    """Send further output nowhere; what is in the buffer would fail again at exit."""
    devnull = os.open(os.devnull, os.O_WRONLY)
    os.dup2(devnull, sys.stdout.fileno())
