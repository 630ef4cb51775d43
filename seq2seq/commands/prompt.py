"""The prompt of `seq2seq translate`, and the commands that are typed at prompts, such as `:lag 8`."""

from __future__ import annotations

import contextlib
import re
import sys
from argparse import ArgumentParser, ArgumentTypeError
from collections.abc import Callable, Iterable
from dataclasses import replace
from difflib import get_close_matches

from seq2seq.commands.options import SMALL_LAGS, SURE_LAG, load_translator, setting, with_flags
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.errors import UsageError, UserError, print_error
from seq2seq.lag import FULL
from seq2seq.translator import Translator

GREETING = "Type English; :help lists the commands, :q or Ctrl-D ends."
COMMANDS = {
    ":lag": ":lag N      characters to read ahead: a number, or full",
    ":beam": ":beam N     beam size at lag full; 1 is greedy search",
    ":show": ":show       draw the source read at each output character, or stop drawing it",
    ":model": ":model M    use another model: a file, a run directory or a name",
    ":help": ":help       this list",
    ":q": ":q          end; exit, quit and Ctrl-D do the same",
}
"""What can be typed at a prompt, with a line of help; without a value, a command tells the present one."""


def is_command(line: str) -> bool:
    """Whether a typed line is a command and no text: `:` and a word, but not `:)`."""
    return line == ":" or (line[:1] == ":" and line[1].isalpha())


def is_end(line: str) -> bool:
    """Whether a typed line ends the prompt."""
    return line.strip() in (":q", ":quit", ":exit", "exit", "quit")


class Dials:
    """What the commands of a prompt change.

    Args:
        translator: the model.
        name: its name; None is the model of the package.
        request: how to translate.
        device: where, as for `Translator.load`.
        parser: of the command, whose flags messages name.
        commands: those that this prompt has.

    Attributes:
        translator, request: as given, until a command changes them.
    """

    def __init__(
        self,
        translator: Translator,
        name: str | None,
        request: DecodingRequest,
        device: str,
        parser: ArgumentParser,
        commands: Iterable[str] = COMMANDS,
    ) -> None:
        self.translator, self.request, self._device, self._parser = translator, request, device, parser
        self._name = name or "that of the package"
        self._turn: dict[str, Callable[[str], str]] = {
            ":lag": self._lag,
            ":beam": self._beam,
            ":show": self._show,
            ":model": self._model,
            ":help": self._help,
        }
        self._commands = [command for command in COMMANDS if command in commands]

    def obey(self, line: str) -> str:
        """Carry out a command; return what it has to say, or why it cannot be done."""
        word, _, value = line.strip().partition(" ")
        try:
            if word not in self._commands:
                close = get_close_matches(word, self._commands, 1) if len(word) > 2 else []
                hint = f"did you mean {close[0]}?" if close else ":help lists the commands"
                raise UsageError(f"there is no command {word}; {hint}")
            return self._turn[word](value.strip())
        except UserError as error:
            # What has a command of its own is named by it: a flag cannot be typed at a prompt.
            message = re.sub("`(lag|beam)`", r":\1", str(error))
            return with_flags(UserError(message), self._parser)

    def _change(self, translator: Translator, request: DecodingRequest) -> None:
        translator.options(request)  # raises an error if they do not fit
        self.translator, self.request = translator, request

    def _lag(self, value: str) -> str:
        if value:
            self._change(self.translator, replace(self.request, lag=self.translator.served_lag(value)))
        lag = self.translator.options(self.request).lag
        return f"lag {lag}" + (f"; {SMALL_LAGS}" if value and lag != FULL and lag < SURE_LAG else "")

    def _beam(self, value: str) -> str:
        if value:
            try:
                beam = setting("decode.beam")(value)
            except ArgumentTypeError as error:
                raise UsageError(str(error)) from None
            self._change(self.translator, replace(self.request, beam=beam))
        return f"beam {self.translator.options(self.request).beam}"

    def _show(self, value: str) -> str:
        shown = {"": not self.request.attention, "on": True, "off": False}.get(value)
        if shown is None:
            raise UsageError(":show takes on, off or nothing")
        self.request = replace(self.request, attention=shown)
        return "drawing" if shown else "not drawing"

    def _model(self, value: str) -> str:
        if value:
            translator, _ = load_translator(value, self._device)
            try:
                self._change(translator, self.request)
            except UsageError:  # the new model does not serve the lag, for example
                self._change(translator, DecodingRequest(attention=self.request.attention))
            self._name = value
        return f"model {self._name}, lag {self.translator.options(self.request).lag}"

    def _help(self, _: str) -> str:
        return "\n".join(COMMANDS[command] for command in self._commands)


def run_prompt(dials: Dials, answer: Callable[[str], bytes]) -> None:
    """Answer typed lines until the end of the input; commands change the dials.

    Args:
        dials: what the commands change.
        answer: returns the output for a line.
    """
    with contextlib.suppress(ImportError):  # Windows has none, and its console has a history of its own
        import readline  # noqa: F401 - adds a history and editing keys to input()

    print(GREETING, file=sys.stderr)
    while True:
        try:
            line = _ask()
        except EOFError:
            print(file=sys.stderr)
            return
        except UnicodeDecodeError:
            print("this line is not UTF-8; set the terminal's encoding to UTF-8", file=sys.stderr)
            continue
        if is_end(line):
            return
        if is_command(line):
            print_error(dials.obey(line))
        else:
            sys.stdout.buffer.write(answer(line))
            sys.stdout.buffer.flush()


def _ask() -> str:
    """Read a typed line. The prompt goes to stderr if results are written to a file or pipe."""
    if sys.stdout.isatty():
        return input("> ")
    print("> ", end="", file=sys.stderr, flush=True)
    return input()
