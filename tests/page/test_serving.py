from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator

import pytest

from seq2seq.errors import UserError
from seq2seq.page.serving import HOST, PageServer


@pytest.fixture
def server() -> Iterator[PageServer]:
    with PageServer(b"<html>", 0) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def ask(server: PageServer, path: str = "/", host: str | None = None) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection(HOST, server.server_address[1], timeout=10)
    connection.request("GET", path, headers={"Host": host} if host else {})
    answer = connection.getresponse()
    found = answer.status, answer.read()
    connection.close()
    return found


def test_the_page_and_nothing_else_is_served(server: PageServer) -> None:
    assert ask(server) == (200, b"<html>")
    assert ask(server, "/?lag=8") == (200, b"<html>")
    assert ask(server, "/etc/passwd")[0] == 404
    assert server.address == f"http://127.0.0.1:{server.server_address[1]}/"


def test_a_site_that_points_its_name_here_gets_nothing(server: PageServer) -> None:
    assert ask(server, host="evil.example")[0] == 421
    assert ask(server, host="localhost")[0] == 200


def test_a_port_that_is_taken_is_named(server: PageServer) -> None:
    port = server.server_address[1]
    with pytest.raises(UserError, match=f"port {port} cannot be used"):
        PageServer(b"", port)
