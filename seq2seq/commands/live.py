"""Translation while you type: the source on one line of the terminal, its translation on the next.

Input arrives key by key. A key that deletes something starts the line again and redraws it, which only a
terminal can do: text in a pipe cannot be taken back.
"""

from __future__ import annotations

import codecs
import os
import re
import select
import shutil
import sys
import termios
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace

from seq2seq.commands.options import is_command, parse_lag_command
from seq2seq.commands.reading import read_bytes
from seq2seq.decoding.decoding_options import DecodingRequest
from seq2seq.drawing.columns import columns
from seq2seq.errors import UsageError
from seq2seq.translator import Translator

PROMPT, ANSWER = "> ", "  "
ERASE, ERASE_WORD, ERASE_LINE, END_OF_INPUT = ("\x7f", "\b"), "\x17", "\x15", "\x04"
ESCAPE_SECONDS = 0.05
"""The longest pause within an escape sequence."""
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O\x1b])|[\s\S]")
"""A key: one character, or an escape sequence such as an arrow's."""
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")
"""An incomplete escape sequence at the end of the input."""


class Live:
    """The two lines on the screen: what is typed and its translation.

    Attributes:
        request: how to translate; a command may change its lag.
        describe_error: returns the message of an error for the person who types.
        typed: the line so far.
        text: its translation so far.
    """

    def __init__(
        self,
        translator: Translator,
        request: DecodingRequest,
        describe_error: Callable[[UsageError], str] = str,
    ) -> None:
        self.translator, self.request, self.describe_error = translator, request, describe_error
        self.stream = translator.decode_stream(request)
        self.typed, self.text = "", ""
        self.over = False

    def run(self, decoder: codecs.IncrementalDecoder) -> None:
        """Read keys until Ctrl-D; `decoder` decodes the bytes."""
        print("Type English; :lag N and Enter changes the lag; Ctrl-D ends.", file=sys.stderr)
        descriptor, keys = sys.stdin.fileno(), ""
        with _unbuffered(descriptor):
            self._show()
            while not self.over and (data := read_bytes(descriptor)):
                keys += decoder.decode(data)
                begun = _BEGUN.search(keys)
                end = begun.start() if begun else len(keys)
                self.press(_KEY.findall(keys[:end]))
                keys = keys[end:]
                if keys and not select.select([descriptor], [], [], ESCAPE_SECONDS)[0]:
                    keys = ""  # the escape key itself
        _write("\r\x1b[J")

    def press(self, keys: list[str]) -> None:
        """Process keys in the order in which they were pressed, and update the screen."""
        added = ""
        for key in keys:
            if key.isprintable() or (key.isspace() and key not in "\r\n"):
                added += key
                continue
            self._add(added)
            added = ""
            self._control(key)
        self._add(added)
        self._show()

    def _control(self, key: str) -> None:
        if key in "\r\n":
            self._enter()
        elif key in ERASE:
            self._restart(_without_last(self.typed))
        elif key == ERASE_WORD:
            self._restart(re.sub(r"\S*\s*$", "", self.typed))
        elif key == ERASE_LINE:
            self._restart("")
        elif key == END_OF_INPUT and not self.typed:
            self.over = True

    def _add(self, text: str) -> None:
        """Add text to the line; a command is not translated."""
        held = self.typed if is_command(self.typed) else ""
        self.typed += text
        if text and not is_command(self.typed):
            self.text += self.stream.feed(held + text)

    def _restart(self, typed: str) -> None:
        self.stream = self.translator.decode_stream(self.request)
        self.typed, self.text = "", ""
        self._add(typed)

    def _enter(self) -> None:
        """End the line and leave it on the screen with its complete translation."""
        answer = self._command() if is_command(self.typed) else self.text + self.stream.finish()
        _write(f"\r\x1b[J{PROMPT}{self.typed}\n")
        if answer:
            _write(f"{ANSWER}{answer}\n")
        self._restart("")

    def _command(self) -> str:
        """Change the lag; return the message about it."""
        try:
            request = replace(self.request, lag=parse_lag_command(self.translator, self.typed))
            self.translator.options(request)  # raises an error if the beam does not fit
        except UsageError as error:
            return self.describe_error(error)
        self.request = request
        return f"lag {request.lag}"

    def _show(self) -> None:
        """Draw both lines and put the cursor behind the typed text."""
        room = shutil.get_terminal_size().columns - len(PROMPT) - 1
        typed, text = _tail(self.typed, room), _tail(self.text, room)
        column = len(PROMPT) + columns(typed)
        _write(f"\r\x1b[J{PROMPT}{typed}\n{ANSWER}{text}\x1b[A\r\x1b[{column}C")


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    """Deliver each key at once and without echo, and restore the terminal; Ctrl-C still interrupts."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        unbuffered = termios.tcgetattr(descriptor)
        # No Ctrl-Z, which would leave the shell in this terminal mode.
        unbuffered[6][termios.VSUSP] = os.fpathconf(descriptor, "PC_VDISABLE").to_bytes(1, "little")
        termios.tcsetattr(descriptor, termios.TCSADRAIN, unbuffered)
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _without_last(text: str) -> str:
    """Return a text without its last letter and the combining marks on it."""
    end = len(text) - 1
    while end > 0 and columns(text[end]) == 0:
        end -= 1
    return text[: max(0, end)]


def _tail(text: str, room: int) -> str:
    """Return the end of a text, as much as fits into `room` columns."""
    if columns(text) <= room:
        return text
    place, width = len(text), 1
    while place and (width := width + columns(text[place - 1])) <= room:
        place -= 1
    return f"…{text[place:]}"
