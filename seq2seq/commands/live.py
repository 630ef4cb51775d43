"""Translation while you type: the source on one line of the terminal, its translation growing on the next.

What is typed arrives key by key. A key that takes something back starts the sentence again and draws it anew,
which only a terminal can do: what has gone into a pipe stays.
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
from collections.abc import Iterator
from contextlib import contextmanager

from seq2seq.commands.options import dial, is_command
from seq2seq.drawing.columns import columns
from seq2seq.errors import UsageError
from seq2seq.lag import Lag
from seq2seq.translator import Translator

PROMPT, ANSWER = "> ", "  "
ERASE, ERASE_WORD, ERASE_LINE, END_OF_INPUT = ("\x7f", "\b"), "\x17", "\x15", "\x04"
ESCAPE_SECONDS = 0.05
"""Of an escape sequence the rest follows at once."""
_KEY = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|O.|[^\[O\x1b])|[\s\S]")
"""A key: one character, or an escape sequence such as an arrow's."""
_BEGUN = re.compile(r"\x1b(?:\[[0-?]*[ -/]*|O)?$")
"""An escape sequence of which the end has not arrived."""


class Live:
    """The two lines in which a person types and reads.

    Attributes:
        lag: the lag that the dial stands at; None is the model's own.
        beam: of the search at lag `full`; None is the model's own.
        typed: the line so far.
        text: its translation so far.
    """

    def __init__(self, translator: Translator, lag: Lag | str | None, beam: int | None = None) -> None:
        self.translator, self.lag, self.beam = translator, lag, beam
        self.stream = translator.stream(lag, beam)
        self.typed, self.text = "", ""
        self.over = False

    def run(self, decoder: codecs.IncrementalDecoder) -> None:
        """Take keys until Ctrl-D; `decoder` makes characters of bytes."""
        print("Type English; :lag N and Enter changes the lag; Ctrl-D ends.", file=sys.stderr)
        descriptor, keys = sys.stdin.fileno(), ""
        with _unbuffered(descriptor):
            self._show()
            while not self.over and (data := os.read(descriptor, 4096)):
                keys += decoder.decode(data)
                begun = _BEGUN.search(keys)
                end = begun.start() if begun else len(keys)
                self.press(_KEY.findall(keys[:end]))
                keys = keys[end:]
                if keys and not select.select([descriptor], [], [], ESCAPE_SECONDS)[0]:
                    keys = ""  # the escape key itself
        _write("\r\x1b[J")

    def press(self, keys: list[str]) -> None:
        """Take keys in the order in which they were pressed, and show what they made."""
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
        """Take more text; a command is for the dial and not for the model."""
        held = self.typed if is_command(self.typed) else ""
        self.typed += text
        if text and not is_command(self.typed):
            self.text += self.stream.feed(held + text)

    def _restart(self, typed: str) -> None:
        self.stream = self.translator.stream(self.lag, self.beam)
        self.typed, self.text = "", ""
        self._add(typed)

    def _enter(self) -> None:
        """End the line and leave it on the screen, whole."""
        answer = self._command() if is_command(self.typed) else self.text + self.stream.finish()
        _write(f"\r\x1b[J{PROMPT}{self.typed}\n")
        if answer:
            _write(f"{ANSWER}{answer}\n")
        self._restart("")

    def _command(self) -> str:
        """Turn the dial; return what there is to say about it."""
        try:
            lag = dial(self.translator, self.typed)
            self.translator.stream(lag, self.beam)  # it may refuse the beam
        except UsageError as error:
            return str(error)
        self.lag = lag
        return f"lag {self.lag}"

    def _show(self) -> None:
        """Draw both lines and leave the cursor where the next key will go."""
        room = shutil.get_terminal_size().columns - len(PROMPT) - 1
        typed, text = _tail(self.typed, room), _tail(self.text, room)
        column = len(PROMPT) + columns(typed)
        _write(f"\r\x1b[J{PROMPT}{typed}\n{ANSWER}{text}\x1b[A\r\x1b[{column}C")


@contextmanager
def _unbuffered(descriptor: int) -> Iterator[None]:
    """Get every key at once and unechoed; Ctrl-C still interrupts, and the terminal is left as it was."""
    before = termios.tcgetattr(descriptor)
    try:
        tty.setcbreak(descriptor, termios.TCSADRAIN)
        unbuffered = termios.tcgetattr(descriptor)
        unbuffered[6][termios.VSUSP] = os.fpathconf(descriptor, "PC_VDISABLE").to_bytes(1, "little")
        termios.tcsetattr(descriptor, termios.TCSADRAIN, unbuffered)  # a shell would take the terminal over
        yield
    finally:
        termios.tcsetattr(descriptor, termios.TCSADRAIN, before)


def _write(text: str) -> None:
    sys.stdout.write(text)
    sys.stdout.flush()


def _without_last(text: str) -> str:
    """Drop the last character with the marks that follow its letter."""
    end = len(text) - 1
    while end > 0 and columns(text[end]) == 0:
        end -= 1
    return text[: max(0, end)]


def _tail(text: str, room: int) -> str:
    """The end of a text, as much as fits into so many columns: where a reader looks while it grows."""
    if columns(text) <= room:
        return text
    place, width = len(text), 1
    while place and (width := width + columns(text[place - 1])) <= room:
        place -= 1
    return f"…{text[place:]}"
