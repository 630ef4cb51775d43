"""Downloads: they end, whatever the server does, and leave nothing behind."""

from __future__ import annotations

import http.server
import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator
from multiprocessing.connection import Connection
from pathlib import Path

import pytest

from seq2seq.corpus import download as download_module
from seq2seq.corpus.download import Archive, download, own_directory
from seq2seq.errors import UserError


class Odd(http.server.BaseHTTPRequestHandler):
    """Redirects to where nobody can go, or sends a byte now and then: of its headers, or of the page."""

    def do_GET(self) -> None:
        if self.path == "/bracket":
            self.send_response(302)
            self.send_header("Location", "http://[/")
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if self.path == "/page":
            self.send_response(200)
            self.send_header("Content-Length", "1000")
            self.end_headers()
        else:
            self.wfile.write(b"HTTP/1.0 200 OK\r\nX: ")
        try:
            for _ in range(200):
                self.wfile.write(b"a")
                self.wfile.flush()
                time.sleep(0.02)
        except OSError:
            pass

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setenv("no_proxy", "*")
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Odd) as web:
        thread = threading.Thread(target=web.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"http://127.0.0.1:{web.server_address[1]}"
        web.shutdown()
        thread.join()


def read(url: str) -> bytes:
    return b"".join(download(Archive(url, 10_000, ""), Path("there")))


def test_redirect_to_what_is_no_address_is_a_clear_error(server: str) -> None:
    with pytest.raises(UserError, match=rf"cannot fetch {server}/bracket: .*; try again, or download"):
        read(f"{server}/bracket")


@pytest.mark.parametrize("page", ["page", "headers"])
def test_server_that_sends_a_byte_now_and_then_is_left(
    server: str, page: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The timeout is for each byte, so it was waited for without end."""
    monkeypatch.setattr(download_module, "MOST_SECONDS", 0.3)
    began = time.monotonic()
    with pytest.raises(UserError, match="it takes more than 0 seconds"):
        read(f"{server}/{page}")
    assert time.monotonic() - began < 2


def hold(parent: str, told: Connection) -> None:
    with own_directory(Path(parent)) as directory:
        (directory / "download").write_bytes(b"begun")
        told.send(directory.name)
        time.sleep(60)


def test_what_a_killed_fetch_left_is_deleted_by_the_next_one(tmp_path: Path) -> None:
    """Each left a directory for ever. One of a living process stays."""
    context = multiprocessing.get_context("fork")
    names, processes = [], []
    for _ in range(2):
        here, there = context.Pipe()
        processes.append(context.Process(target=hold, args=(str(tmp_path), there)))
        processes[-1].start()
        names.append(here.recv())
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted(names)
    pid = processes[0].pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    processes[0].join()
    with own_directory(tmp_path) as directory:
        assert {path.name for path in tmp_path.iterdir()} == {names[1], directory.name}
    assert [path.name for path in tmp_path.iterdir()] == [names[1]]
    processes[1].kill()
    processes[1].join()
