"""A chat-completions server on the loopback interface that answers as a test wants."""

import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler
from typing import Any

from nfl_signals_tests.support.loopback import listening, running

GOOD = {"quarterback": -1, "offense": 0.5, "defense": 0.0, "confidence": 0.8}


def completion(content: object, *, finish: str = "stop") -> bytes:
    """The body of a chat completion; anything but text is sent as JSON."""
    text = content if isinstance(content, str) else json.dumps(content)
    return json.dumps(
        {"choices": [{"message": {"content": text}, "finish_reason": finish}]}
    ).encode()


@dataclass(frozen=True, kw_only=True)
class Reply:
    """One response; a status of 0 closes the connection, -1 sends nothing until the test ends."""

    status: int = 200
    body: bytes = field(default_factory=lambda: completion(GOOD))
    headers: Mapping[str, str] = field(default_factory=dict)


GONE = Reply(status=0)
SILENT = Reply(status=-1)
Script = Callable[[dict[str, Any]], Reply]


def send(handler: BaseHTTPRequestHandler, reply: Reply, ended: threading.Event) -> None:
    """Answer a request by a reply; a silent one holds it until the test has ended."""
    if reply.status == 0:
        return
    if reply.status == -1:
        ended.wait()
        return
    handler.send_response(reply.status)
    for name, value in reply.headers.items():
        handler.send_header(name, value)
    handler.end_headers()
    handler.wfile.write(reply.body)


class ChatServer:
    """Replies by `script`, which sees each request's JSON; keeps what it was sent."""

    def __init__(self) -> None:
        self.script: Script = lambda _: Reply()
        self.requests: list[dict[str, Any]] = []
        self.authorizations: list[str | None] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.requests.append(request | {"path": self.path})
                outer.authorizations.append(self.headers["Authorization"])
                send(self, outer.script(request), outer.ended)

            def log_message(self, *_: object) -> None:
                """No log of requests."""

        self.http, address = listening(Handler)
        self.url = f"{address}/v1"

    def reply_with(self, *replies: Reply) -> None:
        """These replies in turn; the last one for ever."""
        left = list(replies)
        self.script = lambda _: left.pop(0) if len(left) > 1 else left[0]


@contextmanager
def serving() -> Iterator[ChatServer]:
    """A running server."""
    server = ChatServer()
    with running(server.http):
        try:
            yield server
        finally:
            server.ended.set()
