"""Prices as observations: what a book showed on a bet, and when. They are added to, never rewritten.

An opener without a stamp was known by the Tuesday before its game. Of several observations that a book made
at one instant the one that was added last counts.
"""

from datetime import datetime

import polars as pl

from nfl_signals.ingest.answers import conforming
from nfl_signals.ingest.casting import cast_columns
from nfl_signals.ingest.quality import Quality
from nfl_signals.ingest.raw import FILES
from nfl_signals.ingest.release_columns import PRICES
from nfl_signals.ingest.schemas import RAW_PRICES
from nfl_signals.ingest.source import Release
from nfl_signals.markets.bounds import LINES_TAKEN, unfair
from nfl_signals.markets.definitions import CONSENSUS, KEYS, MARKETS, MONEYLINE, ODDS, QUOTE, Market

OBSERVED = [*KEYS, "book", "moment", "observed_at"]


def read_prices(
    release: Release, season: int, games: pl.DataFrame, quality: Quality | None = None
) -> pl.DataFrame:
    """One season's prices of a release, schema `schemas.RAW_PRICES`; `games` as in `RAW_GAMES`.

    Raises:
        SourceError: missing (`MissingReleaseError`; nflverse has none) or unreadable.
        SchemaError: a column is wrong, or too many rows are.
    """
    quality, table = quality or Quality("prices", season), FILES["prices"].format(season=season)
    where, published = release.locate(table), release.read(table)
    quality.read = published.height
    return observations(cast_columns(published, PRICES, where, quality), games, where, quality)


def observations(
    prices: pl.DataFrame, games: pl.DataFrame, where: str, quality: Quality
) -> pl.DataFrame:
    """Rows of `release_columns.PRICES` as `RAW_PRICES`, without what cannot be; what is wrong is noted.

    Raises:
        SchemaError: too many rows are wrong; `where` names their origin.
    """
    on_moneyline = pl.col("market") == MONEYLINE.name
    is_zero = on_moneyline | (pl.col("line") == 0)  # no -0.0 either
    line = pl.when(is_zero).then(0.0).otherwise("line")
    book = as_written(pl.col("book"))
    rows = quality.distinct(prices.with_columns(line.alias("line"), book.alias("book")))
    rows = rows.join(games.select("game_id", "kickoff_at"), on="game_id", how="left")
    rows = quality.set_aside(rows, pl.col("kickoff_at").is_null(), "no_game")
    at_close = pl.when(moment="close").then("kickoff_at")
    rows = rows.with_columns(pl.coalesce("observed_at", at_close))
    unstamped = pl.col("observed_at").is_null() & (pl.col("moment") != "open")
    rows = quality.set_aside(rows, unstamped, "key_missing", "observed_at")
    late = pl.col("observed_at") > pl.col("kickoff_at")
    rows = quality.set_aside(rows, late, "after_kickoff", "observed_at").drop("kickoff_at")
    for name, limits in LINES_TAKEN.items():
        beyond = (pl.col("market") == name) & ~limits.hold(pl.col("line"))
        rows = quality.set_aside(rows, beyond, "impossible_line", "line")
    rows = quality.withhold(rows, unfair(*map(pl.col, ODDS)), "impossible_price", ODDS)
    nothing = pl.col("line").is_null() | (on_moneyline & pl.any_horizontal(pl.col(ODDS).is_null()))
    rows = quality.set_aside(rows, nothing, "price_missing", "line")
    contradict = pl.struct(OBSERVED).is_duplicated()
    rows = quality.set_aside(rows, contradict, "conflicting_rows", "line")
    return conforming(rows.select(list(RAW_PRICES.columns)), RAW_PRICES, where, quality)


def as_written(book: pl.Expr) -> pl.Expr:
    """A book's name; that of a consensus in small letters, however it was written."""
    small = book.str.strip_chars().str.to_lowercase()
    return pl.when(small.is_in(CONSENSUS)).then(small).otherwise(book)


def on_schedule(games: pl.DataFrame, *, book: str, as_of: datetime, live: bool) -> pl.DataFrame:
    """What a schedule (`RAW_GAMES`) shows: of a game that has begun the close, else a snapshot of now.

    Not `live`, its lines of games to come may be those of a later day, and are left out.
    """
    quotes = pl.concat(_quotes(games, market) for market in MARKETS.values())
    begun = pl.col("kickoff_at") <= as_of
    if not live:
        quotes = quotes.filter(begun)
    return quotes.with_columns(
        book=pl.lit(book),
        moment=pl.when(begun).then(pl.lit("close")).otherwise(pl.lit("snapshot")),
        observed_at=pl.when(begun).then("kickoff_at").otherwise(pl.lit(as_of)),
    ).select(list(RAW_PRICES.columns))


def added(stored: pl.DataFrame, new: pl.DataFrame) -> pl.DataFrame:
    """The stored observations with new ones after them; what was observed before is there once."""
    fresh = new.join(stored, on=stored.columns, how="anti", nulls_equal=True, maintain_order="left")
    return pl.concat([stored, fresh])


def changed(stored: pl.DataFrame, seen: pl.DataFrame) -> pl.DataFrame:
    """Rows of `seen`, snapshots and closes of one book, without snapshots that show what was last stored."""
    last = (
        stored.filter(moment="snapshot")
        .sort("observed_at", maintain_order=True)
        .unique([*KEYS, "book"], keep="last", maintain_order=True)
        .select(*KEYS, "book", "moment", *QUOTE)
    )
    return seen.join(last, on=last.columns, how="anti", nulls_equal=True, maintain_order="left")


def _quotes(games: pl.DataFrame, market: Market) -> pl.DataFrame:
    name = pl.lit(market.name).alias("market")
    rows = games.select("game_id", name, "kickoff_at", *market.quote())
    needed = ["line"] if market.line_column else ODDS
    return rows.drop_nulls(needed)
