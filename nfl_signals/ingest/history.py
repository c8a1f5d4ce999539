"""The past as it was known at an instant: the raw tables with everything later removed.

Every stage that looks at football starts here, so `as_of` has one meaning. When a value becomes
known is stated by the delays below and by `release_columns.KnownAt`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

import polars as pl

from nfl_signals.ingest.joins import TEAM_WEEK, team_kickoffs
from nfl_signals.markets import definitions
from nfl_signals.markets.decision_time import Horizon, decision_at

RESULT_DELAY = timedelta(hours=6)  # a game and its overtime are over
STATS_DELAY = timedelta(hours=12)  # nightly publication of play-by-play statistics
STARTER_LEAD = timedelta(minutes=90)  # inactive lists are public
EARLIEST_REPORT = timedelta(days=10)  # before kickoff; the first of a week are 8.3 days early
REPORT_LEAD = timedelta(hours=24)  # reports without a time stamp: final a day before kickoff
LINES_HORIZON = timedelta(days=8)  # a line further ahead is not the week's market yet

PLAYER_WEEK = [*TEAM_WEEK, "gsis_id"]
STARTERS = ["home_qb_id", "away_qb_id"]
RESULTS = ["home_score", "away_score", "result", "total"]
LINES = [*definitions.LINES, *definitions.PRICES]


@dataclass(frozen=True, kw_only=True)
class History:
    """All seasons of the raw tables, in the types of `schemas.py`."""

    games: pl.DataFrame  # one row per game
    team_stats: pl.DataFrame  # one row per team and game
    injuries: pl.DataFrame  # one row per player, week and time stamp
    notes: pl.DataFrame  # one row per note

    def known_at(self, as_of: datetime) -> "History":
        """The same tables with nothing that was unknown at `as_of`.

        Results, statistics, starters, reports and notes that came later are removed. The schedule
        stays. A release keeps no history of its lines: games within `LINES_HORIZON` keep the line that
        the release shows (for past games the closing one), later games have none.
        """
        kickoff = pl.col("kickoff_at")
        games = self.games.with_columns(
            pl.when(kickoff + RESULT_DELAY <= as_of).then(pl.col(RESULTS)),
            pl.when(kickoff - STARTER_LEAD <= as_of).then(pl.col(STARTERS)),
            pl.when(kickoff <= as_of + LINES_HORIZON).then(pl.col(LINES)),
        )
        kickoffs = team_kickoffs(games)
        return History(
            games=games,
            team_stats=_until(self.team_stats, kickoffs, pl.col("kickoff_at") + STATS_DELAY, as_of),
            injuries=_until(self.injuries, kickoffs, report_known_at(), as_of),
            notes=self.notes.filter(pl.col("published_at") <= as_of),
        )


def report_known_at() -> pl.Expr:
    """When an injury row was known: its own stamp, else `REPORT_LEAD` before kickoff.

    A stamp of more than `EARLIEST_REPORT` before kickoff is none: nothing was reported then.
    """
    stamp, kickoff = pl.col("date_modified"), pl.col("kickoff_at")
    stamped = pl.when(stamp.is_not_null() & ~(stamp < kickoff - EARLIEST_REPORT)).then(stamp)
    return pl.coalesce(stamped, kickoff - REPORT_LEAD)


def reports_before(history: History, horizon: Horizon) -> pl.DataFrame:
    """Each player's newest report before decision time of a scheduled game.

    With `kickoff_at`, `known_at` and `decision_at`.
    """
    return (
        history.injuries.join(
            team_kickoffs(history.games), on=TEAM_WEEK, how="inner", maintain_order="left"
        )
        .with_columns(decision_at(horizon), known_at=report_known_at())
        .filter(pl.col("known_at") < pl.col("decision_at"))
        .sort("known_at", maintain_order=True)
        .unique(PLAYER_WEEK, keep="last", maintain_order=True)
    )


def _until(
    table: pl.DataFrame, kickoffs: pl.DataFrame, known_at: pl.Expr, as_of: datetime
) -> pl.DataFrame:
    """Rows known at `as_of`; a row without a game and without a stamp is kept for the join check."""
    joined = table.join(kickoffs, on=TEAM_WEEK, how="left", maintain_order="left")
    return joined.filter((known_at <= as_of).fill_null(value=True)).drop("kickoff_at")
