"""Signals that ask to stop or to save: they are noted, and the training loop acts on them between steps."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType, TracebackType
from typing import Any

_STOP = tuple(getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name))
"""Windows has neither SIGHUP nor SIGUSR1."""
_NOW = (signal.SIGINT, signal.SIGTERM)
"""Signals that stop at once when repeated. SIGHUP is not among them: a closing terminal may send several."""
_SAVE = (signal.SIGUSR1,) if hasattr(signal, "SIGUSR1") else ()


class Abandoned(Exception):
    """A signal has asked to stop while something was computed that can be computed again."""


class Requests:
    """A context that notes signals: SIGINT, SIGTERM and SIGHUP ask to stop, SIGUSR1 asks to save and go on.

    The first request to stop restores the former handlers of SIGINT and SIGTERM, so that a second signal acts
    at once. A signal that is ignored, as SIGHUP is under `nohup`, stays ignored. Outside the main thread,
    where Python allows no handlers, no signal is noted.

    Attributes:
        stop: the signal that asked to stop, or None.
        save: whether a save was asked for; the code that saves resets it.
    """

    def __init__(self) -> None:
        self.stop: int | None = None
        self.save = False
        self._before: dict[int, Any] = {}
        self._raises = False

    @contextmanager
    def abandoning(self) -> Iterator[None]:
        """Raise `Abandoned` in the block as soon as a signal asks to stop: it may take long.

        Nothing in the block may have to be finished once it has begun.
        """
        if self.stop is not None:
            raise Abandoned
        self._raises = True
        try:
            yield
        finally:
            self._raises = False

    def __enter__(self) -> Requests:
        if threading.current_thread() is threading.main_thread():
            for number in (*_STOP, *_SAVE):
                if signal.getsignal(number) != signal.SIG_IGN:
                    self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._restore(*self._before)

    def _note(self, number: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        if number in _SAVE:
            self.save = True
        else:
            self.stop = number
            self._restore(*_NOW)
            if self._raises:
                self._raises = False
                raise Abandoned

    def _restore(self, *numbers: int) -> None:
        for number in numbers:
            if number in self._before:
                signal.signal(number, self._before.pop(number))
