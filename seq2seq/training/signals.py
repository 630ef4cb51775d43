"""Being asked to stop: a signal is noted, and the work stops where nothing is lost."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_STOP = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
_NOW = (signal.SIGINT, signal.SIGTERM)
"""A second one of these means now. A closing terminal, though, may send several SIGHUPs at once."""
_SAVE = signal.SIGUSR1


class Requests:
    """Notes signals while it is entered: SIGINT, SIGTERM and SIGHUP ask to stop, SIGUSR1 to save and go on.

    The first request to stop also brings back the handlers of SIGINT and SIGTERM that were there before, so
    that the second one acts at once. A signal that is ignored, as `nohup` makes SIGHUP, stays ignored.
    Outside the main thread, where Python allows no handlers, nothing is noted.

    Attributes:
        stop: the signal that asked to stop, or None.
        save: whether a save was asked for; whoever saves sets it back.
    """

    def __init__(self) -> None:
        self.stop: int | None = None
        self.save = False
        self._before: dict[int, Any] = {}

    def __enter__(self) -> Requests:
        if threading.current_thread() is threading.main_thread():
            for number in (*_STOP, _SAVE):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore(*self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        if number == _SAVE:
            self.save = True
        else:
            self.stop = number
            self._restore(*_NOW)

    def _restore(self, *numbers: int) -> None:
        for number in numbers:
            if number in self._before:
                signal.signal(number, self._before.pop(number))
