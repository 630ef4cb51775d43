"""Being asked to stop: a signal is noted, and the work stops where nothing is lost."""

from __future__ import annotations

import signal
import threading
from types import FrameType, TracebackType
from typing import Any

_STOP = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
_SAVE = [getattr(signal, name) for name in ("SIGUSR1",) if hasattr(signal, name)]


class Requests:
    """Notes signals while it is entered: SIGINT, SIGTERM and SIGHUP ask to stop, SIGUSR1 to save and go on.

    The first request to stop also brings back the handlers that were there before, so that the second one
    acts at once. A signal that is ignored, as `nohup` makes SIGHUP, stays ignored. Outside the main thread,
    where Python allows no handlers, nothing is noted.

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
            for number in (*_STOP, *_SAVE):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore()

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        if number in _SAVE:
            self.save = True
        else:
            self.stop = number
            self._restore()

    def _restore(self) -> None:
        for number, handler in self._before.items():
            signal.signal(number, handler)
        self._before = {}
