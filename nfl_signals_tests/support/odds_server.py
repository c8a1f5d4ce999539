"""An odds feed on the loopback interface that answers as a test wants, and answers of its shape."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler
from typing import Any
from urllib.parse import parse_qs, urlsplit

from nfl_signals.core.odds_settings import OddsSettings
from nfl_signals_tests.support.chat_server import Reply, send
from nfl_signals_tests.support.loopback import listening, running

KEY = "0123456789abcdef-secret"
QUOTA = {"x-requests-remaining": "487", "x-requests-used": "13"}
HOME, AWAY = "Kansas City Chiefs", "Detroit Lions"
Json = dict[str, Any]


def market(key: str = "spreads", seen: str | None = None, /, *sides: tuple[Any, ...]) -> Json:
    """A market of a book; `sides` are name, price and, where there is one, point."""
    outcomes = [dict(zip(("name", "price", "point"), side, strict=False)) for side in sides]
    return {"key": key, "outcomes": outcomes} | ({"last_update": seen} if seen else {})


def spread(
    point: float = -3.5, price: float = -110, seen: str | None = None, away: float = -105
) -> Json:
    """The home team's spread as a sportsbook writes it."""
    return market("spreads", seen, (HOME, price, point), (AWAY, away, -point))


def moneyline(home: float = -180, away: float = 155) -> Json:
    """Odds on the winner."""
    return market("h2h", None, (AWAY, away), (HOME, home))


def total(point: float = 53.5) -> Json:
    """Odds on the sum of both scores."""
    return market("totals", None, ("Over", -112, point), ("Under", -108, point))


def book(*markets: Json, key: str = "draftkings", seen: str = "2023-09-05T14:00:00Z") -> Json:
    """A book; without markets it shows all three."""
    shown = markets or (spread(), moneyline(), total())
    return {"key": key, "title": key.title(), "last_update": seen, "markets": [*shown]}


def event(*books: Json, **changes: Any) -> Json:  # noqa: ANN401 - whatever a test gives
    """A game; without books `draftkings` prices it."""
    usual = {
        "id": "e912304de2b2ce35b473ce2ecd3d1502",
        "sport_key": "americanfootball_nfl",
        "commence_time": "2023-09-07T17:00:00Z",
        "home_team": HOME,
        "away_team": AWAY,
        "bookmakers": [*books] or [book()],
    }
    return usual | changes


def odds(*events: Json, **headers: str) -> Reply:
    """A good reply with its quota."""
    return Reply(body=json.dumps(events).encode(), headers=QUOTA | headers)


def snapshot(*events: Json, timestamp: str = "2023-09-05T13:55:00Z") -> Reply:
    """A reply of the past."""
    found = {"timestamp": timestamp, "previous_timestamp": None, "next_timestamp": None}
    return Reply(body=json.dumps(found | {"data": events}).encode(), headers=QUOTA)


class OddsServer:
    """Replies in turn, the last one for ever; keeps the paths and queries that it was sent."""

    def __init__(self) -> None:
        self.replies = [odds(event())]
        self.paths: list[str] = []
        self.queries: list[dict[str, str]] = []
        self.ended = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                parts = urlsplit(self.path)
                outer.paths.append(parts.path)
                outer.queries.append({name: v[0] for name, v in parse_qs(parts.query).items()})
                left = outer.replies
                send(self, left.pop(0) if len(left) > 1 else left[0], outer.ended)

            def log_message(self, *_: object) -> None:
                """No log of requests."""

        self.http, self.url = listening(Handler)

    def settings(self, **changes: Any) -> OddsSettings:  # noqa: ANN401 - field values
        """Settings that ask this server."""
        usual = {"url": self.url, "api_key": KEY, "timeout_seconds": 5.0}
        return OddsSettings.model_validate(usual | changes)


@contextmanager
def odds_feed() -> Iterator[OddsServer]:
    """A running feed."""
    server = OddsServer()
    with running(server.http):
        try:
            yield server
        finally:
            server.ended.set()
