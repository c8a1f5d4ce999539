"""One season played to its end, week by week: what happens in one moves strengths for the next."""

from dataclasses import dataclass
from functools import partial

import numpy as np
import polars as pl

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.calendar import events, kickoffs, playoffs, schedule
from nfl_signals.simulator.games.drift import drifted
from nfl_signals.simulator.games.scoring import SimulatedScores, score_distribution
from nfl_signals.simulator.streams import stream
from nfl_signals.simulator.teams.franchises import N_TEAMS, not_yet_founded
from nfl_signals.simulator.teams.news import News, season_news
from nfl_signals.simulator.teams.quarterbacks import Quarterbacks, draft
from nfl_signals.simulator.teams.strengths import Strengths, next_week, opening_strengths
from nfl_signals.stats.arrays import Floats, Ints

AVERAGE_TOTAL = 46.0  # points; absent starters take one off
HOME_FIELD = 1.9  # points
SCORE_SD = 9.35  # points that a team scores, around their mean
# Share of games that went to overtime by final margin, 1999-2023; a tie always did.
OVERTIME_SHARE = {0: 1.0, 2: 0.008, 3: 0.276, 6: 0.290}


@dataclass(frozen=True, kw_only=True)
class Season:
    """A complete season, and what the next one grows out of."""

    season: int
    # The columns of `events.with_events`, `margin_at, total_at` (location of the score's distribution,
    # points), `margin_reported, total_reported` (the part of them that is in reports and notes),
    # `home_qb, away_qb` (people), `home_score, away_score, overtime` (of a cancelled game those it
    # would have had); ordered by week and announced kickoff.
    games: pl.DataFrame
    strengths: Strengths  # after the last week
    quarterbacks: Quarterbacks
    news: News
    ranked: Ints  # teams of each division by final rank, shape (8, 4)


def play_season(
    before: Season | None, *, season: int, seed: int, settings: SimulatorSettings
) -> Season:
    """Simulate a season to the Super Bowl; without one before it the league begins."""
    weeks = _Weeks(before, season=season, seed=seed, settings=settings)
    idle = sorted(not_yet_founded(season, settings=settings))
    ranked = np.arange(N_TEAMS).reshape(8, 4) if before is None else before.ranked
    fixtures = _regular_fixtures(ranked, idle, season=season, seed=seed, settings=settings)
    regular = pl.concat(weeks.play(games) for games in fixtures.partition_by("week"))
    order = playoffs.standings(regular.filter(~pl.col("cancelled")))
    rounds, last = [regular], schedule.regular_weeks(season)
    alive = [playoffs.seeds(order, conference=i, season=season) for i in (0, 1)]
    for week, game_type in enumerate(playoffs.ROUNDS, start=last + 1):
        games = playoffs.pairs_of_round(game_type, alive, season=season)
        fixtures = kickoffs.playoff_kickoffs(games, season=season, week=week, game_type=game_type)
        rounds.append(weeks.play(events.announced(fixtures)))
        alive = playoffs.without_losers(alive, rounds[-1])
    return Season(
        season=season,
        games=pl.concat(rounds),
        strengths=weeks.strengths,
        quarterbacks=weeks.quarterbacks,
        news=weeks.news,
        ranked=playoffs.ranked_divisions(order + idle),
    )


def _regular_fixtures(
    ranked: Ints, idle: list[int], *, season: int, seed: int, settings: SimulatorSettings
) -> pl.DataFrame:
    draw = partial(stream, seed, season=season)
    pairs = schedule.pairings(season, ranked=ranked, rng=draw(topic="schedule"))
    played = pairs.filter(~pl.any_horizontal(pl.col("home", "away").is_in(idle)))
    fixtures = kickoffs.regular_kickoffs(played, season=season, rng=draw(topic="calendar"))
    return events.with_events(fixtures, settings=settings, rng=draw(topic="events"))


def distribution_of(
    games: pl.DataFrame, *, margin_error: Floats | float = 0.0, total_error: Floats | float = 0.0
) -> SimulatedScores:
    """The score's distribution for each game: the truth, or as seen with an error in points."""
    return score_distribution(
        games["margin_at"].to_numpy() + margin_error,
        games["total_at"].to_numpy() + total_error,
        can_tie=(games["game_type"] == "REG").to_numpy(),
    )


class _Weeks:
    """Plays one week after the other and carries the strengths along."""

    def __init__(
        self, before: Season | None, *, season: int, seed: int, settings: SimulatorSettings
    ) -> None:
        self.season, self.settings = season, settings
        self.scores = stream(seed, season=season, topic="scores")
        self.changes = stream(seed, season=season, topic="strengths")
        self.strengths = opening_strengths(before.strengths if before else None, rng=self.changes)
        self.quarterbacks = draft(
            before.quarterbacks if before else None,
            season=season,
            rng=stream(seed, season=season, topic="quarterbacks"),
        )
        self.news = season_news(
            self.quarterbacks, settings=settings, rng=stream(seed, season=season, topic="news")
        )

    def play(self, fixtures: pl.DataFrame) -> pl.DataFrame:
        """Add location, quarterbacks and result to one week's fixtures."""
        games = self._located(fixtures)
        truth = distribution_of(games)
        home_score, away_score = truth.draw(self.scores)
        margins = np.abs(home_score - away_score).tolist()
        overtime = np.array([OVERTIME_SHARE.get(points, 0.0) for points in margins])
        late = self.scores.random(len(games)) < overtime
        self._learn(games, np.stack([home_score, away_score]) - truth.mean_scores())
        return games.with_columns(
            home_score=pl.Series(home_score),
            away_score=pl.Series(away_score),
            overtime=pl.Series(late),
        )

    def _located(self, fixtures: pl.DataFrame) -> pl.DataFrame:
        """Where the truth lies, and the part of it that is reported."""
        home, away, week = (fixtures[name].to_numpy() for name in ("home", "away", "week"))
        home_points, away_points = self._edge(home, away, week), self._edge(away, home, week)
        home_news, away_news = (self.news.points[team, week - 1] for team in (home, away))
        since = drifted(pl.lit(self.season), pl.col("week"), settings=self.settings)
        field = HOME_FIELD + self.settings.drift_home_field * since.cast(pl.Float64)
        total = AVERAGE_TOTAL + self.settings.drift_scoring * since.cast(pl.Float64)
        on_neutral = pl.Series(home_points - away_points)
        return fixtures.with_columns(
            margin_at=on_neutral + pl.when("neutral").then(0.0).otherwise(field),
            total_at=pl.Series(home_points + away_points) + total,
            margin_reported=pl.Series(home_news - away_news),
            total_reported=pl.Series(home_news + away_news),
            home_qb=pl.Series(self.quarterbacks.playing(home, week)),
            away_qb=pl.Series(self.quarterbacks.playing(away, week)),
        )

    def _learn(self, games: pl.DataFrame, above_mean: Floats) -> None:
        """Carry the strengths into the next week; points above the mean have shape (2, n)."""
        surprise = self.changes.standard_normal((N_TEAMS, 2))  # stays with teams that do not play
        played = ~games["cancelled"].to_numpy()
        home, away = (games[side].to_numpy()[played] for side in ("home", "away"))
        for_home, for_away = above_mean[:, played] / SCORE_SD
        surprise[home] = np.column_stack([for_home, -for_away])
        surprise[away] = np.column_stack([for_away, -for_home])
        self.strengths = next_week(self.strengths, surprise=surprise, rng=self.changes)

    def _edge(self, team: Ints, opponent: Ints, week: Ints) -> Floats:
        """Points above the average that a team scores against an opponent on neutral ground."""
        passing = self.quarterbacks.value(team, week)
        shape = self.news.practised[team, week - 1]
        return self.strengths.offence[team] + passing + shape - self.strengths.defence[opponent]
