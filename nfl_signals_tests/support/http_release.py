"""A release behind a loopback server, as nflverse's lies behind a URL."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import formatdate
from http.server import BaseHTTPRequestHandler
from pathlib import Path

from nfl_signals_tests.support.loopback import listening, running


class Server:
    """Serves a folder on the loopback interface, counts requests, and fails on demand."""

    def __init__(self, folder: Path) -> None:
        self.requests: Counter[str] = Counter()  # of whole files
        self.asked: Counter[str] = Counter()  # whether one has changed
        self.failures: list[int] = []
        self.stamps = True  # whether it says when a file was modified
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_HEAD(self) -> None:
                outer.asked[self.path] += 1
                self.answer()

            def do_GET(self) -> None:
                outer.requests[self.path] += 1
                self.wfile.write(self.answer())

            def answer(self) -> bytes:
                file = folder / self.path.lstrip("/")
                status = outer.failures.pop(0) if outer.failures else 200
                status = 404 if status == 200 and not file.is_file() else status
                body = file.read_bytes() if status == 200 else b""
                self.send_response(status)
                self.send_header("Content-Length", str(len(body)))
                if outer.stamps and status == 200:
                    self.send_header("Last-Modified", formatdate(file.stat().st_mtime, usegmt=True))
                self.end_headers()
                return body

            def log_message(self, *_: object) -> None:
                """No log of requests."""

        self.http, self.url = listening(Handler)


@contextmanager
def served(folder: Path) -> Iterator[Server]:
    """The folder behind a URL, inside the block."""
    server = Server(folder)
    with running(server.http):
        yield server
