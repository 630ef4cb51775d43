"""A server of one page for this machine alone."""

from __future__ import annotations

import webbrowser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Final

from seq2seq.errors import UserError, print_error

HOST: Final = "127.0.0.1"
NAMES: Final = (HOST, "localhost")
"""How a browser may call this machine; another name in a request is that of a site that misuses it."""


class PageServer(ThreadingHTTPServer):
    """Serves one page at the address of the root, and nothing else.

    Args:
        data: the page.
        port: where; 0 takes a free one.

    Raises:
        UserError: the port is taken, or may not be used.
    """

    daemon_threads = True

    def __init__(self, data: bytes, port: int) -> None:
        self.data = data
        try:
            super().__init__((HOST, port), _PageHandler)
        except OSError as error:
            raise UserError(
                f"port {port} cannot be used: {error.strerror}; give another one, or 0 for any"
            ) from None

    @property
    def address(self) -> str:
        """Where a browser finds the page."""
        return f"http://{HOST}:{self.server_address[1]}/"


class _PageHandler(BaseHTTPRequestHandler):
    server: PageServer

    def do_GET(self) -> None:
        """Answer with the page."""
        self._answer(with_content=True)

    def do_HEAD(self) -> None:
        """Answer with the size of the page."""
        self._answer(with_content=False)

    def _answer(self, with_content: bool) -> None:
        name = self.headers.get("Host", "").rpartition(":")[0] or self.headers.get("Host", "")
        if name not in NAMES:
            self.send_error(421)
            return
        if self.path.partition("?")[0] != "/":
            self.send_error(404)
            return
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(self.server.data)))
        self.send_header("Cache-Control", "no-store")
        self.send_header("X-Content-Type-Options", "nosniff")
        self.end_headers()
        if with_content:
            self.wfile.write(self.server.data)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""
        del format, args


def serve(data: bytes, port: int) -> None:
    """Serve a page until the user stops it, and open it in the browser.

    Args:
        data: the page.
        port: as for `PageServer`.
    """
    with PageServer(data, port) as server:
        print_error(f"the page is at {server.address} until you press Ctrl-C")
        webbrowser.open(server.address)
        server.serve_forever()
