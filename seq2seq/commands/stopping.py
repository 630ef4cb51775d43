"""Signals that end a command: Ctrl-C, SIGTERM and SIGHUP clean up and exit with 128 + their number.

Training replaces these handlers while it steps: it saves first. Nothing but the standard library is imported,
so that `install` can run before everything else.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
from types import FrameType

_DEFAULTS = (signal.SIG_DFL, signal.default_int_handler)


class Stopped(KeyboardInterrupt):
    """A signal has ended the command.

    Attributes:
        exit_code: 128 + the number of the signal.
    """

    def __init__(self, number: int) -> None:
        super().__init__()
        self.exit_code = 128 + number


def install() -> None:
    """Raise `Stopped` at SIGINT, SIGTERM and SIGHUP from now on; an ignored signal stays ignored.

    Outside the main thread, where Python allows no handlers, nothing is done.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    for name in ("SIGINT", "SIGTERM", "SIGHUP"):  # Windows has no SIGHUP
        number = getattr(signal, name, None)
        if number is not None and signal.getsignal(number) in _DEFAULTS:
            signal.signal(number, _stop)


def _stop(number: int, frame: FrameType | None) -> None:
    if _is_importing(frame):
        # An exception in the import of a C++ library, such as PyTorch, aborts the process. Nothing has to be
        # cleaned up: no file is being written.
        with contextlib.suppress(AttributeError, OSError, ValueError, RuntimeError):
            sys.stdout.flush()
        os._exit(128 + number)
    raise Stopped(number)


def _is_importing(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename.startswith("<frozen importlib"):
            return True
        frame = frame.f_back
    return False


def leave(code: int) -> None:
    """End the process at once if a signal has stopped it while other threads still compute.

    Python would wait for them, which may take longer than a user does.
    """
    others = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    if code > 128 and not all(thread.daemon for thread in others):
        os._exit(code)
