"""Run `seq2seq` without what Windows lacks: `python tests/without_posix.py ARGUMENTS`.

This does not make a Windows of another system. It finds names that exist on POSIX systems only where they are
used without being asked for.
"""

from __future__ import annotations

import os
import select
import signal
import sys
from typing import Any

MODULES = ("termios", "tty", "pty", "fcntl", "grp", "pwd", "resource", "readline", "syslog")
SIGNALS = ("SIGHUP", "SIGUSR1", "SIGUSR2", "SIGKILL", "SIGQUIT", "SIGPIPE", "SIGCHLD", "SIGALRM", "SIGTSTP")
NAMES: dict[Any, tuple[str, ...]] = {
    os: ("fork", "geteuid", "getuid", "getpgid", "sched_getaffinity", "fpathconf", "fchmod", "mkfifo"),
    select: ("poll", "epoll"),
    signal: (*SIGNALS, "pause", "alarm", "setitimer", "pthread_kill", "sigwait"),
}


def pretend() -> None:
    """Remove the modules and names."""
    import portalocker  # chooses its own implementation by `os.name`  # noqa: F401

    for name in MODULES:
        sys.modules[name] = None  # type: ignore[assignment]
    for module, names in NAMES.items():
        for name in names:
            if hasattr(module, name):
                delattr(module, name)


def main() -> None:
    if "train" in sys.argv:
        import torch  # has an interface of its own for each system  # noqa: F401
    pretend()
    from seq2seq.__main__ import main as command

    command()


if __name__ == "__main__":
    main()
