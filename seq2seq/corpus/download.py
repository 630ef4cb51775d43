"""Downloads of a limited size, in a limited time, from https addresses alone."""

from __future__ import annotations

import contextlib
import http.client
import ipaddress
import shutil
import socket
import ssl
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib import request
from urllib.error import URLError
from urllib.parse import urlsplit

from tqdm import tqdm

from seq2seq.errors import UsageError, UserError
from seq2seq.storage.lock import run_lock

TIMEOUT = 30.0
"""Seconds without an answer after which a server counts as gone."""
MOST_SECONDS = 600.0
"""The most seconds of a download: a server that sends a byte now and then never counts as gone."""
_CHUNK = 1 << 16
_PREFIX = ".fetch-"


@dataclass(frozen=True)
class Archive:
    """A file on the web that does not change."""

    url: str
    size: int
    sha256: str


@contextmanager
def own_directory(parent: Path) -> Iterator[Path]:
    """Yield a new directory in `parent`, and delete it after the block; those of dead processes go first.

    A lock in the directory shows that its process is alive.
    """
    _sweep(parent)
    with contextlib.ExitStack() as stack:
        for _ in range(100):  # another process may sweep a directory before it is locked
            directory = Path(tempfile.mkdtemp(prefix=_PREFIX, dir=parent))
            stack.callback(shutil.rmtree, directory, ignore_errors=True)
            with contextlib.suppress(UserError):
                stack.enter_context(run_lock(directory))
                if (directory / ".lock").exists():
                    break
        yield directory


def _sweep(parent: Path) -> None:
    for directory in (path for path in parent.glob(f"{_PREFIX}*") if not path.is_symlink()):
        with contextlib.suppress(UserError), run_lock(directory):  # one that is locked stays
            shutil.rmtree(directory, ignore_errors=True)


class _SameHost(request.HTTPRedirectHandler):
    """Follows redirects within one host; those to other hosts are refused and reported."""

    def redirect_request(
        self,
        req: request.Request,
        fp: IO[bytes],
        code: int,
        msg: str,
        headers: http.client.HTTPMessage,
        newurl: str,
    ) -> request.Request | None:
        old, new = urlsplit(req.full_url), urlsplit(newurl)
        if (old.scheme, old.netloc) != (new.scheme, new.netloc):
            raise UserError(
                f"{req.full_url} redirects to {newurl}; if you trust that, fetch it by that address"
            )
        return super().redirect_request(req, fp, code, msg, headers, newurl)


def download(archive: Archive, directory: Path) -> Iterator[bytes]:
    """Yield the bytes at an address.

    Args:
        archive: the address, the most bytes, and the SHA-256 for the message.
        directory: where the message says to save a file that was downloaded in another way.

    Raises:
        UserError: it is refused, breaks off, takes too long, or is larger than expected.
    """
    _check_url(archive.url)
    call = request.Request(archive.url, headers={"User-Agent": "seq2seq-lag"})
    received = 0
    deadline = _Deadline(MOST_SECONDS)
    try:
        with deadline, _opener(deadline).open(call, timeout=TIMEOUT) as response:
            length = response.length or 0
            if length > archive.size:
                raise too_large(archive.url, archive.size)
            with tqdm(total=length or None, unit="B", unit_scale=True, desc="fetch", disable=None) as bar:
                while chunk := response.read(_CHUNK):
                    received += len(chunk)
                    if received > archive.size:
                        raise too_large(archive.url, archive.size)
                    bar.update(len(chunk))
                    yield chunk
        if deadline.over:  # the end of a connection may look like that of the page
            raise TimeoutError
        if received < length:
            raise ConnectionError(f"the connection ended after {received:,} of {length:,} bytes")
    except UserError:
        raise
    except (OSError, http.client.HTTPException, ValueError) as error:
        # A ValueError is about an address that the server redirects to.
        late = TimeoutError(f"it takes more than {MOST_SECONDS:,.0f} seconds")
        raise UserError(_by_hand(archive, directory, late if deadline.over else error)) from error


def _check_url(url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError as error:
        raise UsageError(f"{url} is not an address: {error}") from None
    if not host or not (parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(host))):
        raise UsageError(f"{url}: only https addresses are fetched; download it yourself and name the file")


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


class _Deadline:
    """Ends connections after some seconds, whatever the server does: a timeout is for each byte anew."""

    def __init__(self, seconds: float) -> None:
        self.over = False
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def watched(self, kind: type[http.client.HTTPConnection]) -> type[http.client.HTTPConnection]:
        """Return a kind of connection whose sockets this deadline ends."""
        sockets = self._sockets

        class Watched(kind):  # type: ignore[misc, valid-type]
            def connect(self) -> None:
                super().connect()
                sockets.append(self.sock)

        return Watched

    def _end(self) -> None:
        self.over = True
        for each in self._sockets:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)


class _Http(request.HTTPHandler):
    """Opens http addresses with a deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        super().__init__()
        self._connection = deadline.watched(http.client.HTTPConnection)

    def http_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req)


class _Https(request.HTTPSHandler):
    """Opens https addresses with a deadline."""

    def __init__(self, deadline: _Deadline) -> None:
        super().__init__(context=ssl.create_default_context())
        self._connection = deadline.watched(http.client.HTTPSConnection)

    def https_open(self, req: request.Request) -> http.client.HTTPResponse:
        return self.do_open(self._connection, req, context=self._context)  # type: ignore[attr-defined]


def _opener(deadline: _Deadline) -> request.OpenerDirector:
    # Not build_opener(): its default handlers also open file:, ftp: and data: addresses.
    opener = request.OpenerDirector()
    for handler in (
        request.ProxyHandler(),
        _Http(deadline),
        _Https(deadline),
        request.HTTPDefaultErrorHandler(),
        request.HTTPErrorProcessor(),
        _SameHost(),
    ):
        opener.add_handler(handler)
    return opener


def too_large(name: str, limit: int) -> UserError:
    return UserError(f"{name} exceeds the limit of {limit:,} bytes; deleted")


def _by_hand(archive: Archive, directory: Path, error: Exception) -> str:
    place = directory / (Path(urlsplit(archive.url).path).name or "pairs.zip")
    reason = error.reason if type(error) is URLError else error
    check = f", check that its sha256 is {archive.sha256}" if archive.sha256 else ""
    return (
        f"cannot fetch {archive.url}: {reason}; try again, or download the file with a browser{check}, save "
        f"it as {place} and fetch that file instead"
    )
