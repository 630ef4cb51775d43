"""Signals are noted, the second one acts at once, and all handlers are restored."""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from seq2seq.training.signals import Requests

STOPPING = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]


@pytest.fixture(autouse=True)
def _python_s_own_handlers() -> Iterator[None]:
    """A process inherits ignored signals: SIGINT after `&` in a script, SIGHUP after `nohup`."""
    own: dict[int, Any] = {signal.SIGINT: signal.default_int_handler, signal.SIGHUP: signal.SIG_DFL}
    before = {number: signal.signal(number, handler) for number, handler in own.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", STOPPING)
def test_a_request_to_stop_is_noted(number: signal.Signals) -> None:
    with Requests() as requests:
        assert requests.stop is None
        signal.raise_signal(number)
        assert requests.stop == number
        assert not requests.save


def test_a_request_to_save_is_noted_as_often_as_it_comes() -> None:
    with Requests() as requests:
        for _ in range(2):
            signal.raise_signal(signal.SIGUSR1)
            assert requests.save
            requests.save = False
        assert requests.stop is None


def test_the_second_request_acts_at_once() -> None:
    with Requests() as requests:
        signal.raise_signal(signal.SIGINT)
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        assert requests.stop == signal.SIGINT


@pytest.mark.parametrize("number", [signal.SIGHUP, signal.SIGUSR1])
def test_what_a_closing_terminal_or_a_scheduler_sends_after_it_changes_nothing(number: int) -> None:
    """Kernel and shell both send SIGHUP; the second one used to end the process before it had saved."""
    with Requests() as requests:
        signal.raise_signal(signal.SIGHUP)
        signal.raise_signal(number)
        assert requests.stop == signal.SIGHUP
        assert requests.save == (number == signal.SIGUSR1)


def test_the_handlers_are_those_of_before() -> None:
    seen: list[int] = []
    before = signal.signal(signal.SIGTERM, lambda number, _: seen.append(number))
    try:
        with Requests():
            assert seen == []
        signal.raise_signal(signal.SIGTERM)
        with pytest.raises(RuntimeError), Requests():
            raise RuntimeError
        signal.raise_signal(signal.SIGTERM)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert seen == [signal.SIGTERM] * 2
    assert signal.getsignal(signal.SIGINT) is signal.default_int_handler


def test_what_is_ignored_stays_ignored() -> None:
    """`nohup` relies on it."""
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Requests() as requests:
            signal.raise_signal(signal.SIGHUP)
            assert requests.stop is None
        assert signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_elsewhere_than_in_the_main_thread_nothing_is_touched() -> None:
    before = signal.getsignal(signal.SIGINT)
    seen = []

    def work() -> None:
        with Requests() as requests:
            seen.append((requests.stop, signal.getsignal(signal.SIGINT)))

    thread = threading.Thread(target=work)
    thread.start()
    thread.join()
    assert seen == [(None, before)]
