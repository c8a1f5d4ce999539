"""As of when the league is reported: what of a season is known by then, how the calendar looked."""

from datetime import UTC, datetime, time, timedelta

import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import LINES, PRICES
from nfl_signals.simulator.calendar.kickoffs import thursday
from nfl_signals.simulator.calendar.schedule import regular_weeks
from nfl_signals.simulator.games.bookmaker import OPENING
from nfl_signals.simulator.teams.franchises import TEAMS, last_season

POSTSEASON_WEEKS = 4
AS_OF_TIME = time(14, tzinfo=UTC)  # Tuesday morning in the United States
KNOWN_AT_THE_END = (
    "away_score home_score result total overtime temp wind referee away_qb_id home_qb_id away_qb_name "
    "home_qb_name"
).split()
KNOWN_AT_THE_CLOSE = [*LINES, *PRICES]


def weeks_played(settings: SimulatorSettings) -> int:
    """Weeks of the last season behind us: those of the setting, at most the whole season."""
    return min(settings.weeks_played, regular_weeks(last_season(settings)) + POSTSEASON_WEEKS)


def as_of(settings: SimulatorSettings) -> datetime:
    """The Tuesday after the last week played, 14:00 UTC.

    Example:
        >>> as_of(SimulatorSettings(first_season=2014, n_seasons=12)).isoformat()
        '2025-11-04T14:00:00+00:00'
    """
    season, played = last_season(settings), weeks_played(settings)
    idle = int(played == regular_weeks(season) + POSTSEASON_WEEKS)  # the week before the Super Bowl
    day = thursday(season, played + 1 + idle) - timedelta(days=2)
    return datetime.combine(day, AS_OF_TIME)


def known_games(games: pl.DataFrame, settings: SimulatorSettings) -> pl.DataFrame:
    """Games without those cancelled or not determined yet, blank where nothing is known yet.

    What is ahead shows the opening lines and prices, what was played the closing ones.
    """
    last, played = last_season(settings), weeks_played(settings)
    week = pl.when(pl.col("season") == last).then("week").otherwise(0)
    determined = (pl.col("game_type") == "REG") | (week <= played + 1)
    listed = determined & ~(pl.col("cancelled") & (week <= played))
    # A postponed game may still be ahead when its week counts as played.
    today = as_of(settings).date().isoformat()
    over = (pl.col("season") < last) | ((week <= played) & (pl.col("gameday") < today))
    quoted = week <= played + 1
    now = [
        pl.when(over | pl.col(close).is_null()).then(close).otherwise(opened).alias(close)
        for opened, close in OPENING.items()
    ]
    known = ((KNOWN_AT_THE_END, over), (KNOWN_AT_THE_CLOSE, quoted), (list(OPENING), quoted))
    return (
        games.filter(listed)
        .with_columns(now)
        .with_columns(pl.when(condition).then(pl.col(names)) for names, condition in known)
    )


def of_determined_games(rows: pl.DataFrame, settings: SimulatorSettings) -> pl.DataFrame:
    """Reports or notes but on playoff games not determined yet: teams with a bye have notes before."""
    season = last_season(settings)
    latest = max(regular_weeks(season), weeks_played(settings) + 1)
    return rows.filter((pl.col("season") < season) | (pl.col("week") <= latest))


def published_stats(
    stats: pl.DataFrame, games: pl.DataFrame, settings: SimulatorSettings
) -> pl.DataFrame:
    """Statistics that are out: those of `known_games` played, but for the newest `late_stats`."""
    played = games.drop_nulls("result").sort("gameday", "gametime", "game_id")
    out = played.head(max(len(played) - settings.late_stats, 0))
    rows = pl.concat(
        out.select("season", "week", team=pl.col(side).replace_strict(range(len(TEAMS)), TEAMS))
        for side in ("home", "away")
    ).cast({name: stats.schema[name] for name in ("season", "week", "team")})
    return stats.join(rows, on=["season", "week", "team"], how="semi", maintain_order="left")
