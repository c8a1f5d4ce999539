"""What an odds feed may answer, v4 of The Odds API, and how it becomes observations.

An answer of another shape is refused whole. Of one that has the shape, an event or a market that cannot be
used is set aside by a named rule, and the others are kept.
"""

import math
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Any

import polars as pl
from pydantic import (
    AfterValidator,
    AwareDatetime,
    BaseModel,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
)

from nfl_signals.core.errors import SourceError
from nfl_signals.core.schema_columns import UTC_MICROSECONDS
from nfl_signals.ingest.price_matching import MARKET_NAMES, matched, oriented
from nfl_signals.ingest.prices import observations
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.release_columns import PRICES
from nfl_signals.markets.bounds import PRICE, SEASON
from nfl_signals.markets.definitions import MONEYLINE, ODDS, TOTAL

ASKED = ("h2h", "spreads", "totals")
"""Its names of the markets; others are left out."""


def _in_utc(instant: datetime) -> datetime:
    if not SEASON.low <= instant.year < SEASON.high:  # its ends cannot be moved to another zone
        raise ValueError("no time of a season")
    return instant.astimezone(UTC)


Instant = Annotated[AwareDatetime, AfterValidator(_in_utc)]
Number = Annotated[float, Field(allow_inf_nan=False)]
Name = Annotated[str, Field(min_length=1, max_length=100)]


class _Part(BaseModel):
    """A part of an answer; what else it holds is of no use here."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class Outcome(_Part):
    """One side of a market."""

    name: str  # a team, Over or Under
    price: Number  # American odds
    point: Number | None = None  # of a spread from this team's side; of a total


class BookMarket(_Part):
    """A market as one book shows it."""

    key: str
    last_update: Instant | None = None
    outcomes: tuple[Outcome, ...]


class Bookmaker(_Part):
    """A book and what it shows on a game."""

    key: Name
    last_update: Instant | None = None
    markets: tuple[BookMarket, ...]


class Event(_Part):
    """A game with the books that price it."""

    commence_time: Instant
    home_team: Name
    away_team: Name
    bookmakers: tuple[Bookmaker, ...] = ()


class Snapshot(_Part):
    """All games at one instant."""

    timestamp: Instant | None = None  # of a snapshot of the past
    data: tuple[Event, ...]


ROWS = pl.Schema(
    {
        "event": pl.String(),  # in words
        "commence_at": UTC_MICROSECONDS,
        "home": pl.String(),
        "away": pl.String(),
        "market": pl.String(),
        "book": pl.String(),
        "observed_at": UTC_MICROSECONDS,
        "line": pl.Float64(),  # of a total
        "home_line": pl.Float64(),
        "price_yes": pl.Float64(),
        "price_no": pl.Float64(),
        "sided": pl.Boolean(),  # two sides at one line
    }
)


def parsed(body: bytes, where: str, *, historical: bool) -> Snapshot:
    """The answer of a feed; SourceError, which quotes nothing of it, where it is none."""
    text = body.strip()
    if not text:
        raise SourceError(f"{where}: the answer is empty; try again later.")
    if text.startswith(b"<"):
        raise SourceError(f"{where}: answered with a web page; check odds.url.")
    try:
        if historical:
            found = Snapshot.model_validate_json(text, strict=True)
        else:
            events = TypeAdapter(tuple[Event, ...]).validate_json(text, strict=True)
            found = Snapshot(data=events)
    except ValidationError as error:
        raise SourceError(f"{where}: {_wrong(error)}") from None
    if not found.data:
        raise SourceError(f"{where}: lists no game, and the schedule has games to come.")
    return found


def observed(answer: Snapshot, games: pl.DataFrame, where: str, quality: Quality) -> pl.DataFrame:
    """The answer's prices of scheduled games as `RAW_PRICES`, in any order; what is wrong is noted.

    Args:
        answer: as `parsed` gives it.
        games: `RAW_GAMES` of the season that is meant.
        where: the feed, for messages.
        quality: takes what is set aside.

    Raises:
        SourceError: its prices are no American odds.
        SchemaError: too many rows cannot be used.
    """
    rows = pl.DataFrame(list(_rows(answer)), schema=ROWS, orient="row")
    quality.read = rows.height
    prices = [price for price in rows.select(ODDS).unpivot()["value"] if price is not None]
    if prices and all(abs(price) < PRICE.gap for price in prices):
        raise SourceError(
            f"{where}: {prices[0]:g} and all other prices are no American odds; the feed does not keep to "
            "oddsFormat=american."
        )
    rows = quality.set_aside(rows, ~pl.col("sided"), "market_sides", "event")
    rows = rows.with_columns(
        game_id=pl.lit(None, pl.String),
        day=pl.col("commence_at").dt.date(),
        moment=pl.lit("snapshot"),
    )
    rows = oriented(matched(rows, games))
    swapped = (pl.col("turned") & ~pl.col("is_neutral")).fill_null(value=False)
    unknown = ~pl.col("scheduled") | swapped
    events = rows.filter(unknown).select("event", "commence_at").unique(maintain_order=True)
    quality.note("event_unknown", events, "event")
    rows = rows.filter(~unknown)
    in_play = pl.col("observed_at") > pl.col("commence_at")
    rows = quality.set_aside(rows, in_play, "after_kickoff", "observed_at")
    return observations(rows.select(list(PRICES)), games, where, quality)


def _rows(answer: Snapshot) -> Iterator[tuple[Any, ...]]:
    for event in answer.data:
        named = f"{event.away_team} at {event.home_team}"
        game = (named, event.commence_time, event.home_team, event.away_team)
        for book in event.bookmakers:
            for market in book.markets:
                if market.key in ASKED:
                    seen = market.last_update or book.last_update or answer.timestamp
                    yield (*game, *_quote(event, book.key, market, seen))


def _quote(event: Event, book: str, market: BookMarket, seen: datetime | None) -> tuple[Any, ...]:
    """Columns of `ROWS` from the market on."""
    name = MARKET_NAMES[market.key]
    sides = ("Over", "Under") if name == TOTAL.name else (event.home_team, event.away_team)
    by_name = {side.name: side for side in market.outcomes}
    yes, no = (by_name.get(side) for side in sides)
    if yes is None or no is None or len(market.outcomes) != len(sides):
        return (name, book, seen, None, None, None, None, False)
    prices = (yes.price, no.price)
    if name == MONEYLINE.name:
        return (name, book, seen, None, None, *prices, True)
    sign = 1 if name == TOTAL.name else -1
    if yes.point is None or no.point is None or not math.isclose(yes.point, sign * no.point):
        return (name, book, seen, None, None, *prices, False)
    lines = (yes.point, None) if name == TOTAL.name else (None, yes.point)
    return (name, book, seen, *lines, *prices, True)


def _wrong(error: ValidationError) -> str:
    problem = error.errors(include_url=False, include_context=False, include_input=False)[0]
    if problem["type"] == "json_invalid":
        return "the answer is not JSON; check odds.url."
    place = ".".join(map(str, problem["loc"])) or "the whole"
    return f"the answer has not the shape of v4: {place}: {problem['msg']}."
