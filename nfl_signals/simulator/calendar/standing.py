"""The standing point: what of a simulated season is known by then, and how the calendar looked."""

from datetime import UTC, datetime, time, timedelta

import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.calendar.kickoffs import thursday
from nfl_signals.simulator.calendar.schedule import regular_weeks
from nfl_signals.simulator.teams.franchises import TEAMS, last_season

POSTSEASON_WEEKS = 4
STANDING_TIME = time(14, tzinfo=UTC)  # Tuesday morning in the United States
KNOWN_AT_THE_END = (
    "away_score home_score result total overtime temp wind referee away_qb_id home_qb_id away_qb_name "
    "home_qb_name"
).split()
KNOWN_AT_THE_CLOSE = (
    "spread_line total_line away_moneyline home_moneyline away_spread_odds home_spread_odds under_odds "
    "over_odds"
).split()
KNOWN_AT_THE_OPEN = "spread_open total_open home_moneyline_open away_moneyline_open".split()


def weeks_played(settings: SimulatorSettings) -> int:
    """Weeks of the last season behind us: as asked for, at most the whole season."""
    return min(settings.weeks_played, regular_weeks(last_season(settings)) + POSTSEASON_WEEKS)


def standing_point(settings: SimulatorSettings) -> datetime:
    """The Tuesday after the last week played, 14:00 UTC.

    Example:
        >>> standing_point(SimulatorSettings(first_season=2014, n_seasons=12)).isoformat()
        '2025-11-04T14:00:00+00:00'
    """
    season, played = last_season(settings), weeks_played(settings)
    idle = int(played == regular_weeks(season) + POSTSEASON_WEEKS)  # the week before the Super Bowl
    day = thursday(season, played + 1 + idle) - timedelta(days=2)
    return datetime.combine(day, STANDING_TIME)


def as_it_stands(games: pl.DataFrame, settings: SimulatorSettings) -> pl.DataFrame:
    """Drop games that are cancelled or not determined yet and blank what is not known yet.

    Args:
        games: all seasons to their ends, as from `games.games_table`, with opening lines.
        settings: where the calendar stands.
    """
    played = weeks_played(settings)
    week = pl.when(pl.col("season") == last_season(settings)).then("week").otherwise(0)
    determined = (pl.col("game_type") == "REG") | (week <= played + 1)
    listed = determined & ~(pl.col("cancelled") & (week <= played))
    priced = week <= played + 1
    known = (
        (KNOWN_AT_THE_END, _over(settings)),
        (KNOWN_AT_THE_CLOSE, priced),
        (KNOWN_AT_THE_OPEN, priced),
    )
    return games.filter(listed).with_columns(
        pl.when(condition).then(pl.col(names)) for names, condition in known
    )


def of_drawn_games(rows: pl.DataFrame, settings: SimulatorSettings) -> pl.DataFrame:
    """Reports or notes without those that look ahead to a playoff game whose teams are not known.

    A team with a bye in the first round has notes on its next game before that game exists.

    Args:
        rows: with `season, week`.
        settings: where the calendar stands.
    """
    season = last_season(settings)
    latest = max(regular_weeks(season), weeks_played(settings) + 1)
    return rows.filter((pl.col("season") < season) | (pl.col("week") <= latest))


def published_stats(
    stats: pl.DataFrame, games: pl.DataFrame, settings: SimulatorSettings
) -> pl.DataFrame:
    """Statistics that are out: those of games played, but for the newest `late_stats` of them.

    Joins tolerate missing statistics for three days: about fourteen games at the end of a usual week.

    Args:
        stats: complete team statistics of a season.
        games: as from `as_it_stands`, with `home, away` (numbers).
        settings: how many games are late.
    """
    played = games.drop_nulls("result").sort("gameday", "gametime", "game_id")
    out = played.head(max(len(played) - settings.late_stats, 0))
    rows = pl.concat(
        out.select("season", "week", team=pl.col(side).replace_strict(range(len(TEAMS)), TEAMS))
        for side in ("home", "away")
    ).cast({name: stats.schema[name] for name in ("season", "week", "team")})
    return stats.join(rows, on=["season", "week", "team"], how="semi", maintain_order="left")


def _over(settings: SimulatorSettings) -> pl.Expr:
    """Whether a game has ended: a postponed one may still be ahead when its week counts as played."""
    last, today = last_season(settings), standing_point(settings).date().isoformat()
    ahead = (pl.col("week") > weeks_played(settings)) | (pl.col("gameday") >= today)
    return (pl.col("season") < last) | ~ahead
