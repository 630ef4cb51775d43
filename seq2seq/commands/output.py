"""Standard output and standard error whose writes are complete, whatever is at the other end."""

from __future__ import annotations

import io
import os
from typing import TYPE_CHECKING, Any, TextIO

if TYPE_CHECKING:
    from _typeshed import ReadableBuffer


class _Descriptor(io.RawIOBase):
    """A descriptor that writes everything it is given, and waits while a non-blocking pipe is full.

    Node and shared terminals leave pipes non-blocking. There, a write may take a part of the data or none,
    and Python's own unbuffered files drop the rest.
    """

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor

    def fileno(self) -> int:
        return self._descriptor

    def isatty(self) -> bool:
        return os.isatty(self._descriptor)

    def writable(self) -> bool:
        return True

    def write(self, data: ReadableBuffer) -> int:
        rest = memoryview(data).cast("B")
        size = len(rest)
        while rest:
            try:
                rest = rest[os.write(self._descriptor, rest) :]
            except BlockingIOError:
                wait_for(self._descriptor, write=True)
        return size


def wait_for(descriptor: int, write: bool = False) -> None:
    """Wait until a non-blocking descriptor can be read or written."""
    import select  # needed in this case only

    poll = select.poll()
    poll.register(descriptor, select.POLLOUT if write else select.POLLIN)
    poll.poll()


def complete(stream: TextIO) -> TextIO:
    """Return a stream of the same form as Python's own stdout or stderr, whose writes are complete.

    A stream without a descriptor, such as one in memory, is returned as it is.
    """
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return stream
    if not isinstance(stream, io.TextIOWrapper):
        return stream
    stream.flush()
    raw = _Descriptor(descriptor)
    buffer: Any = raw if stream.write_through else io.BufferedWriter(raw)  # as Python does
    return io.TextIOWrapper(
        buffer,
        encoding=stream.encoding,
        errors=stream.errors,
        line_buffering=stream.line_buffering,
        write_through=stream.write_through,
    )
