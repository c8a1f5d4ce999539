"""The league: seasons in a row, told as they stand at the end of the last week played.

Every season is simulated to its end and cut afterwards, so a league that stands a week later has the
same past.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta

import polars as pl

from nfl_signals.settings import SimulatorSettings
from nfl_signals.simulator.arrays import stream
from nfl_signals.simulator.bookmaker import closing_prices
from nfl_signals.simulator.calendar import thursday
from nfl_signals.simulator.franchises import codes_of_the_day, last_season, move_season
from nfl_signals.simulator.games import games_table
from nfl_signals.simulator.injuries import injuries
from nfl_signals.simulator.layout import GAMES, TEAM_STATS, conform
from nfl_signals.simulator.notes import notes
from nfl_signals.simulator.reports import team_weeks
from nfl_signals.simulator.schedule import regular_weeks
from nfl_signals.simulator.season import Season, play_season
from nfl_signals.simulator.team_stats import team_stats
from nfl_signals.simulator.truth import truth_table

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


@dataclass(frozen=True, kw_only=True)
class League:
    """Everything that has happened by `as_of`, and the truth behind it.

    Attributes:
        games: schedule of all seasons in nflverse's 46 columns.
        team_stats: by season, nflverse's 102 columns.
        injuries: by season, nflverse's 16 columns.
        notes: by season, `season, week, team, note_id, published_at, text`.
        truth: true probabilities of every game in `games`; see `truth.truth_table`.
        as_of: the Tuesday after the last week played, aware, UTC.
        settings: what the league was made of.
        seed: what it was drawn with.
    """

    games: pl.DataFrame
    team_stats: dict[int, pl.DataFrame]
    injuries: dict[int, pl.DataFrame]
    notes: dict[int, pl.DataFrame]
    truth: pl.DataFrame
    as_of: datetime
    settings: SimulatorSettings
    seed: int


@dataclass(frozen=True, kw_only=True)
class _Told:
    """One season as its files tell it, complete."""

    games: pl.DataFrame
    team_stats: pl.DataFrame
    injuries: pl.DataFrame
    notes: pl.DataFrame


def simulate(settings: SimulatorSettings, *, seed: int) -> League:
    """Simulate a league and cut it at its standing point.

    Args:
        settings: size, standing point, and how the bookmaker behaves.
        seed: the only source of randomness; a league that stands a week later has the same past.

    Returns:
        The league as it stands; upcoming games of the next week have lines, later ones none.
    """
    told: dict[int, _Told] = {}
    before: Season | None = None
    for year in range(settings.first_season, last_season(settings) + 1):
        before = play_season(before, season=year, seed=seed)
        told[year] = _tell(before, settings=settings, seed=seed)
    as_of = standing_point(settings)
    games = _as_it_stands(pl.concat(season.games for season in told.values()), settings)
    last = pl.col("season") < last_season(settings)
    played = last | (pl.col("week") <= weeks_played(settings))
    return League(
        games=conform(games, GAMES),
        team_stats={year: season.team_stats.filter(played) for year, season in told.items()},
        injuries={
            year: season.injuries.filter(pl.col("date_modified") <= as_of)
            for year, season in told.items()
        },
        notes={
            year: season.notes.filter(pl.col("published_at") <= as_of)
            for year, season in told.items()
        },
        truth=truth_table(games),
        as_of=as_of,
        settings=settings,
        seed=seed,
    )


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


def _tell(season: Season, *, settings: SimulatorSettings, seed: int) -> _Told:
    year = season.season
    codes = codes_of_the_day(year, moves=move_season(settings))
    prices = closing_prices(
        season.games,
        settings=settings,
        scarce=year < settings.first_season + settings.n_seasons // 2,
        rng=stream(seed, season=year, topic="bookmaker"),
    )
    priced = pl.concat([season.games, prices], how="horizontal")
    weather = stream(seed, season=year, topic="weather")
    stats = team_stats(season.games, season=year, rng=stream(seed, season=year, topic="team_stats"))
    weeks = team_weeks(season, codes=codes)
    return _Told(
        games=games_table(priced, season=year, codes=codes, rng=weather),
        team_stats=conform(stats, TEAM_STATS),
        injuries=injuries(weeks, rng=stream(seed, season=year, topic="injuries")),
        notes=notes(weeks, rng=stream(seed, season=year, topic="notes")),
    )


def _as_it_stands(games: pl.DataFrame, settings: SimulatorSettings) -> pl.DataFrame:
    """Drop games that are not determined yet and blank what is not known yet."""
    played = weeks_played(settings)
    week = pl.when(pl.col("season") == last_season(settings)).then("week").otherwise(0)
    determined = (pl.col("game_type") == "REG") | (week <= played + 1)
    return games.filter(determined).with_columns(
        pl.when(week <= limit).then(pl.col(names))
        for names, limit in ((KNOWN_AT_THE_END, played), (KNOWN_AT_THE_CLOSE, played + 1))
    )
