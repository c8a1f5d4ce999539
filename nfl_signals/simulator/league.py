"""The league: seasons in a row, as they are known at the end of the last week played.

Every season is simulated to its end and cut afterwards, so a league reported a week later has the
same past.
"""

from dataclasses import dataclass
from datetime import datetime

import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.calendar.as_of import (
    as_of,
    known_games,
    of_determined_games,
    published_stats,
    weeks_played,
)
from nfl_signals.simulator.calendar.events import as_announced
from nfl_signals.simulator.calendar.kickoffs import with_rest
from nfl_signals.simulator.games.bookmaker import OPENING, post_prices
from nfl_signals.simulator.games.drift import model_forecasts, unseen_drift
from nfl_signals.simulator.games.price_history import as_published, price_history
from nfl_signals.simulator.games.season import Season, play_season
from nfl_signals.simulator.games.truth import truth_table
from nfl_signals.simulator.games.tuesday import open_on_tuesday, settled_later, truth_on_tuesday
from nfl_signals.simulator.release.games_table import games_table
from nfl_signals.simulator.release.injuries import injuries
from nfl_signals.simulator.release.layout import GAMES, TEAM_STATS, conform
from nfl_signals.simulator.release.notes import notes
from nfl_signals.simulator.release.team_stats import team_stats
from nfl_signals.simulator.release.team_weeks import team_weeks
from nfl_signals.simulator.streams import stream
from nfl_signals.simulator.teams.franchises import codes_of_the_day, last_season
from nfl_signals.simulator.teams.strengths import MAX_WEEKS


@dataclass(frozen=True, kw_only=True)
class League:
    """Everything that has happened by `as_of`, and the truth behind it."""

    games: pl.DataFrame  # schedule of all seasons in nflverse's 46 columns
    team_stats: dict[int, pl.DataFrame]  # by season, nflverse's 102 columns
    injuries: dict[int, pl.DataFrame]  # by season, nflverse's 16 columns
    notes: dict[int, pl.DataFrame]  # by season, `release.layout.NOTES`
    prices: dict[
        int, pl.DataFrame
    ]  # by season, `release_columns.PRICES`: three books, as they moved
    truth: pl.DataFrame  # of every game in `games`; see `truth.truth_table`
    truth_tuesday: pl.DataFrame  # at the lines of its Tuesday; see `tuesday.truth_on_tuesday`
    lines_open: pl.DataFrame  # `game_id` and `bookmaker.OPENING` of every game whose lines are up
    model_forecasts: pl.DataFrame  # perfect until the drift; see `drift.model_forecasts`
    as_of: datetime  # the Tuesday after the last week played, aware, UTC
    settings: SimulatorSettings
    seed: int


@dataclass(frozen=True, kw_only=True)
class _Reported:
    """One season in the tables of its files, complete."""

    games: pl.DataFrame
    team_stats: pl.DataFrame
    injuries: pl.DataFrame
    notes: pl.DataFrame
    prices: pl.DataFrame  # as `price_history` gives them


def simulate(settings: SimulatorSettings, *, seed: int) -> League:
    """Simulate a league and cut it at its `as_of`; the seed is the only source of randomness."""
    reported: dict[int, _Reported] = {}
    before: Season | None = None
    for year in range(settings.first_season, last_season(settings) + 1):
        before = play_season(before, season=year, seed=seed, settings=settings)
        reported[year] = _report(before, settings=settings, seed=seed)
    now = as_of(settings)
    games = known_games(pl.concat(season.games for season in reported.values()), settings)
    truth = truth_table(games)
    stats = pl.concat(season.team_stats for season in reported.values())
    stats = published_stats(stats, games, settings)

    def until_now(rows: pl.DataFrame, published: str) -> pl.DataFrame:
        return of_determined_games(rows, settings).filter(pl.col(published) <= now)

    prices = {
        year: as_published(s.prices, games).filter(pl.col("observed_at") <= now)
        for year, s in reported.items()
    }
    return League(
        games=conform(games, GAMES),
        team_stats={year: stats.filter(season=year) for year in reported},
        injuries={year: until_now(s.injuries, "date_modified") for year, s in reported.items()},
        notes={year: until_now(s.notes, "published_at") for year, s in reported.items()},
        prices=prices,
        truth=truth,
        truth_tuesday=truth_on_tuesday(games, pl.concat(prices.values()), settings),
        lines_open=games.select("game_id", *OPENING).drop_nulls(),
        model_forecasts=model_forecasts(games, truth, settings=settings),
        as_of=now,
        settings=settings,
        seed=seed,
    )


def _report(season: Season, *, settings: SimulatorSettings, seed: int) -> _Reported:
    year = season.season
    codes = codes_of_the_day(year, settings=settings)
    still_open = open_on_tuesday(season)
    board = post_prices(
        season.games,
        settings=settings,
        scarce=year < settings.first_season + settings.n_seasons // 2,
        rng=stream(seed, season=year, topic="bookmaker"),
        unseen=unseen_drift(season.games, season=year, settings=settings),
        later=settled_later(still_open),
    )
    ahead = weeks_played(settings) + 1 if year == last_season(settings) else MAX_WEEKS
    calendar = with_rest(as_announced(season.games, after_week=ahead))
    stats = team_stats(season.games, season=year, rng=stream(seed, season=year, topic="team_stats"))
    weeks = team_weeks(season, codes=codes)
    return _Reported(
        games=games_table(
            pl.concat([calendar, board.closing, board.opening, still_open], how="horizontal"),
            season=year,
            codes=codes,
            rng=stream(seed, season=year, topic="weather"),
        ),
        team_stats=conform(stats, TEAM_STATS),
        injuries=injuries(weeks, rng=stream(seed, season=year, topic="injuries")),
        notes=notes(weeks, rng=stream(seed, season=year, topic="notes")),
        prices=price_history(
            season.games, board, settings=settings, rng=stream(seed, season=year, topic="prices")
        ).with_columns(season=pl.lit(year)),
    )
