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
import textwrap
import tty
from collections.abc import Iterator
from contextlib import contextmanager

from seq2seq.commands.options import GOOD_LAG
from seq2seq.commands.prompt import Dials, is_command, is_end
from seq2seq.commands.reading import read_bytes
from seq2seq.decoding.left_out import LeftOut
from seq2seq.decoding.streaming import TextStream
from seq2seq.drawing.columns import columns
from seq2seq.errors import printable
from seq2seq.lag import FULL

PROMPT, ANSWER = "> ", "  "
ERASE, ERASE_WORD, ERASE_LINE, END_OF_INPUT = ("\x7f", "\b"), "\x17", "\x15", "\x04"
COMMANDS = (":lag", ":beam", ":model", ":help", ":q")
"""Those of this prompt; it has no drawing."""
WAITING = f"(lag full waits for the end of the sentence; :lag {GOOD_LAG} writes while you type)"
"""Shown in place of a translation that cannot have begun."""
ESCAPE_SECONDS = 0.05
"""The longest pause within an escape sequence."""
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O\x1b])|[\s\S]")
"""A key: one character, or an escape sequence such as an arrow's."""
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")
"""An incomplete escape sequence at the end of the input."""


class Live:
    """The two lines on the screen: what is typed and its translation.

    Args:
        dials: the model and how to translate, which commands change.

    Attributes:
        dials: as given.
        typed: the line so far.
        text: its translation so far.
        left_out: what the translations of complete lines have left out.
    """

    def __init__(self, dials: Dials) -> None:
        self.dials = dials
        self.stream = self._new_stream()
        self.typed, self.text = "", ""
        self.left_out = LeftOut()
        self.over = False

    def _new_stream(self) -> TextStream:
        return self.dials.translator.decode_stream(self.dials.request)

    def run(self, decoder: codecs.IncrementalDecoder) -> None:
        """Read keys until Ctrl-D; `decoder` decodes the bytes."""
        print("Type English; :help and Enter lists the commands, :q or Ctrl-D ends.", file=sys.stderr)
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
        self.stream = self._new_stream()
        self.typed, self.text = "", ""
        self._add(typed)

    def _enter(self) -> None:
        """End the line and leave it on the screen with its complete translation."""
        if is_end(self.typed):
            self.over = True
            return
        if is_command(self.typed):
            width = shutil.get_terminal_size().columns - len(ANSWER) - 1
            said = self.dials.obey(self.typed).splitlines()
            answers = [part for line in said for part in textwrap.wrap(printable(line), width)]
        else:
            answers = [self.text + self.stream.finish()]
            self.left_out.join(self.stream.left_out)
        _write(f"\r\x1b[J{PROMPT}{self.typed}\n")
        for answer in filter(None, answers):
            _write(f"{ANSWER}{answer}\n")
        self._restart("")

    def _show(self) -> None:
        """Draw both lines and put the cursor behind the typed text."""
        room = shutil.get_terminal_size().columns - len(PROMPT) - 1
        waits = (
            self.typed and not self.text and not is_command(self.typed) and self.stream.options.lag == FULL
        )
        typed, text = _tail(self.typed, room), _tail(WAITING if waits else self.text, room)
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
