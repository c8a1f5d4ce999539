"""Any release cut to what was published at an instant.

When upstream publishes what is measured on nflverse's releases: results within hours of the game,
statistics the same night, a file of a season with its first rows, next season's schedule in May, a
playoff game once its teams are known, the last week's times once the week before is over. Where opening
lines are given, a game shows those until its line moves, once, within two days of its kickoff.
"""

import zlib
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl

from nfl_signals.ingest.games import UNKNOWN_KICKOFF, kickoff_of
from nfl_signals.ingest.history import LINES, REPORT_LEAD, RESULTS, STARTER_LEAD, STARTERS
from nfl_signals.ingest.joins import team_kickoffs
from nfl_signals.ingest.raw import SCHEDULE
from nfl_signals.ingest.source import MissingReleaseError, Release
from nfl_signals.ingest.teams import franchise
from nfl_signals.simulator.games.bookmaker import OPENING

RESULTS_AFTER = timedelta(hours=4)  # from kickoff
STATISTICS_AFTER = timedelta(hours=8)  # from kickoff
LINES_BEFORE = timedelta(days=7)
LINE_MOVES = timedelta(days=2)  # before kickoff at most; the hour is drawn by the game's id
SEASON_SHOWN = "{season}-05-15"  # on which the schedule begins to hold a season
ROUND_OVER = timedelta(hours=6)  # from the last kickoff of a week to the next week's pairings


@dataclass(frozen=True)
class Feed:
    """A release of which every day can be had."""

    release: Release
    opening: pl.DataFrame | None = (
        None  # `game_id` and columns of `OPENING`; None: lines never move
    )

    def at(self, instant: datetime) -> "FeedAt":
        """What was published at an instant."""
        return FeedAt(self, instant)

    @cached_property
    def games(self) -> pl.DataFrame:
        """The schedule with `kickoff`, and `shown`: from when on it holds the game."""
        games = self.release.read(SCHEDULE)
        clock = pl.col("gameday").cast(pl.String) + " "
        clock += pl.col("gametime").cast(pl.String).fill_null(UNKNOWN_KICKOFF)
        games = games.with_columns(kickoff=kickoff_of(clock))
        weeks = games.group_by("season", "week").agg(over=pl.col("kickoff").max() + ROUND_OVER)
        before = weeks.with_columns(pl.col("week") + 1).rename({"over": "week_before_over"})
        games = games.join(before, on=["season", "week"], how="left", maintain_order="left")
        may = pl.format(SEASON_SHOWN.replace("{season}", "{}"), "season").str.to_datetime(
            "%Y-%m-%d", time_unit="us", time_zone="UTC"
        )
        regular = pl.col("game_type") == "REG"
        shown = pl.when(regular).then(may).otherwise(pl.col("week_before_over"))
        games = games.with_columns(
            shown=shown, last_week=regular & (pl.col("week") == _last_week(regular))
        )
        return games if self.opening is None else _with_opening(games, self.opening)

    @cached_property
    def kickoffs(self) -> pl.DataFrame:
        """Kickoff of each franchise's game, and `first`: of its week's first game."""
        games = self.games.with_columns(franchise(pl.col("home_team", "away_team")))
        mine = team_kickoffs(games.rename({"kickoff": "kickoff_at"}))
        return mine.with_columns(first=pl.col("kickoff_at").min().over("season", "week"))


def _with_opening(games: pl.DataFrame, opening: pl.DataFrame) -> pl.DataFrame:
    """With the columns of `OPENING` and `moves`: when the line of the game moves."""
    shares = [zlib.crc32(game.encode()) / 2**32 for game in games["game_id"]]
    before = LINE_MOVES * pl.Series(shares, dtype=pl.Float64)
    return games.join(opening, on="game_id", how="left", maintain_order="left").with_columns(
        moves=pl.col("kickoff") - before
    )


def _last_week(regular: pl.Expr) -> pl.Expr:
    return pl.col("week").filter(regular).max().over("season")


@dataclass(frozen=True)
class FeedAt:
    """A `Release` that holds what was published by an instant."""

    feed: Feed
    instant: datetime

    def locate(self, table: str) -> str:
        """See `Release.locate`."""
        return self.feed.release.locate(table)

    def modified_at(self, table: str) -> datetime | None:
        """See `Release.modified_at`: now."""
        return self.instant

    def read(self, table: str) -> pl.DataFrame:
        """See `Release.read`; a season's file is not there before its first row."""
        if table == SCHEDULE:
            return self._schedule()
        frame, kind = self.feed.release.read(table), table.split("/")[0]
        known = {
            "stats_team": self._statistics,
            "injuries": self._reports,
            "notes": self._notes,
            "prices": self._prices,
        }
        rows = known[kind](frame)
        if rows.is_empty():
            raise MissingReleaseError(f"{self.locate(table)}: not published by {self.instant}")
        return rows

    def _schedule(self) -> pl.DataFrame:
        games, now = self.feed.games.filter(pl.col("shown") <= self.instant), pl.lit(self.instant)
        games = _quoted(games, now)
        kickoff, before = pl.col("kickoff"), pl.col("week_before_over")
        told = {RESULTS_AFTER: RESULTS, -LINES_BEFORE: LINES, -STARTER_LEAD: STARTERS}
        games = games.with_columns(
            pl.when(kickoff + delay <= now).then(pl.col(name)).alias(name)
            for delay, names in told.items()
            for name in names
            if name in games.columns
        )
        timed = ~pl.col("last_week") | (before <= now)
        games = games.with_columns(pl.when(timed).then("gametime").alias("gametime"))
        return games.drop("kickoff", "shown", "week_before_over", "last_week")

    def _dated(self, rows: pl.DataFrame) -> pl.DataFrame:
        """With the kickoff of each row's game; of a team without one, of the week's first game."""
        mine = self.feed.kickoffs
        weeks = mine.select("season", "week", "first").unique()
        keyed = rows.with_columns(
            franchise(pl.col("team")).alias("__team"),
            pl.col("season", "week").cast(mine.schema["season"]),
        )
        dated = keyed.join(
            mine.drop("first").rename({"team": "__team"}),
            on=["season", "week", "__team"],
            how="left",
            maintain_order="left",
        ).join(weeks, on=["season", "week"], how="left", maintain_order="left")
        return dated.with_columns(kickoff=pl.coalesce("kickoff_at", "first")).drop(
            "__team", "kickoff_at", "first"
        )

    def _statistics(self, rows: pl.DataFrame) -> pl.DataFrame:
        dated = self._dated(rows)
        return dated.filter(pl.col("kickoff") + STATISTICS_AFTER <= self.instant).drop("kickoff")

    def _reports(self, rows: pl.DataFrame) -> pl.DataFrame:
        dated = self._dated(rows)
        stamp = pl.col("date_modified").cast(pl.Datetime("us", "UTC"))
        known = pl.coalesce(stamp, pl.col("kickoff") - REPORT_LEAD)
        return dated.filter(known <= self.instant).drop("kickoff")

    def _notes(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(pl.col("published_at") <= self.instant)

    def _prices(self, rows: pl.DataFrame) -> pl.DataFrame:
        return rows.filter(pl.col("observed_at") <= self.instant)


def _quoted(games: pl.DataFrame, now: pl.Expr) -> pl.DataFrame:
    """With the opening lines and prices where they have not moved yet."""
    if "moves" not in games.columns:
        return games
    opened = [name for name in OPENING if name in games.columns]
    return games.with_columns(
        pl.when(
            now < pl.col("moves"), pl.col(name).is_not_null(), pl.col(OPENING[name]).is_not_null()
        )
        .then(name)
        .otherwise(OPENING[name])
        .cast(games.schema[OPENING[name]])
        .alias(OPENING[name])
        for name in opened
    ).drop(*opened, "moves")
