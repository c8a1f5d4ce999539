"""What the servers of the tests share: a loopback address, a thread, and an orderly end."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


def listening(handler: type[BaseHTTPRequestHandler]) -> tuple[ThreadingHTTPServer, str]:
    """A server on a free port of the loopback interface, and its URL."""
    http = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    return http, f"http://127.0.0.1:{http.server_address[1]}"


@contextmanager
def running(http: ThreadingHTTPServer) -> Iterator[None]:
    """The server answers inside the block."""
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield
    finally:
        http.shutdown()
        thread.join()
        http.server_close()
