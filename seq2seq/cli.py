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

from seq2seq.commands import checkpoint, data, evaluate, experiment, explain, page, stopping, train, translate
from seq2seq.commands.options import with_flags
from seq2seq.commands.output import complete
from seq2seq.errors import PrecisionWarning, UsageError, UserError, memory_ran_out, print_error
from seq2seq.threads import settle

_COMMANDS = (train, translate, evaluate, explain, page, experiment, data, checkpoint)

_LESS_MEMORY = {
    "train": "lower train.batch_chars, data.max_chars or model.hidden",
    "translate": "use a smaller --beam, shorter lines or a smaller model",
    "evaluate": "use a smaller --beam, shorter lines or a smaller model",
    "explain": "use a shorter text or a smaller model",
    "page": "use a smaller model",
    "data": "use smaller files",
}
"""What to do where memory runs out, by command."""
_MORE_MEMORY = "close other programs, or use another machine"


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
        hint = f"; did you mean {close[0]}?" if close else self._text_hint()
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
            more = "" if close else f"; `{self.prog} --help` describes them"
            raise UsageError(f"`{self.prog}` has no command {value!r}; {hint}{more}")
        raise argparse.ArgumentError(action, f"{value!r} is not possible; {hint}")

    def _text_hint(self) -> str:
        """Return how to give a text that begins like an option, if the command takes a text."""
        takes = any(action.metavar == "TEXT" for action in self._actions)
        return "; a text that begins with - comes after --" if takes else ""

    def error(self, message: str) -> NoReturn:
        """Exit with one line; the usage is a page of its own, which the line names."""
        if "ignored explicit argument" in message:  # as in -hello, where -h takes none
            message += self._text_hint()
        print_error(f"seq2seq: {message}; `{self.prog} --help` lists what is possible")
        self.exit(UsageError.exit_code)


class _Version(argparse.Action):
    """Prints the version, which is looked up only then."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> NoReturn:
        from importlib import metadata  # slower to import than everything else that `--help` needs

        print(f"seq2seq {metadata.version('seq2seq-lag')}")
        parser.exit()


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and exit with its code: 0, or what `seq2seq.errors` says, or 128 + a signal's."""
    stopping.install()
    # Where weights overflow, the search says so in a sentence.
    warnings.filterwarnings("ignore", category=RuntimeWarning, module=r"seq2seq\.plain\.")
    if sys.stderr is None:  # it is closed; print would write to stdout instead
        sys.stderr = open(os.devnull, "w")  # noqa: SIM115 - until the end
    warnings.showwarning = _show_warning
    sys.stderr = complete(sys.stderr)
    if sys.stdout is not None:
        sys.stdout = complete(sys.stdout)
    code = run(sys.argv[1:] if arguments is None else arguments)
    try:
        if sys.stdout is not None:
            sys.stdout.flush()
    except BrokenPipeError:
        discard_stdout()
    except OSError as error:
        print_error(f"seq2seq: {_message(error)}")
        discard_stdout()
        code = 1
    except KeyboardInterrupt as error:  # in the last moment, or while the reader of a pipe lets it wait
        discard_stdout()
        code = _exit_code(error)
    stopping.leave(code)
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
    except BrokenPipeError:  # the reader has had enough, as with `| head -1`
        discard_stdout()
        return 0
    except (MemoryError, RuntimeError, ImportError, OSError) as error:
        if memory_ran_out(error):
            print_error(f"seq2seq: memory ran out; {_LESS_MEMORY.get(options.command, _MORE_MEMORY)}")
            return 1
        if not isinstance(error, OSError):
            raise
        print_error(f"seq2seq: {_message(error)}")
        discard_stdout()
        return 1
    except KeyboardInterrupt as error:
        print_error("\nseq2seq: stopped")
        return _exit_code(error)


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


def _exit_code(error: KeyboardInterrupt) -> int:
    return error.exit_code if isinstance(error, stopping.Stopped) else 130


def discard_stdout() -> None:
    """Discard what is buffered for standard output, and all further output: nobody can read it."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
