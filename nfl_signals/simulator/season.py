"""One season played to its end, week by week: what happens in one moves strengths for the next."""

from dataclasses import dataclass

import numpy as np
import polars as pl

from nfl_signals.simulator import calendar, playoffs, schedule
from nfl_signals.simulator.arrays import FloatArray, IntArray, stream
from nfl_signals.simulator.franchises import N_TEAMS
from nfl_signals.simulator.quarterbacks import Quarterbacks, draft
from nfl_signals.simulator.scoring import ScoreDistribution, score_distribution
from nfl_signals.simulator.strengths import Strengths, next_week, opening_strengths

AVERAGE_TOTAL = 46.0  # points; absent starters take one off
HOME_FIELD = 1.9  # points
SCORE_SD = 9.35  # points that a team scores, around their mean
# Share of games that went to overtime by final margin, 1999-2023; a tie always did.
OVERTIME_SHARE = {0: 1.0, 2: 0.008, 3: 0.276, 6: 0.290}


@dataclass(frozen=True, kw_only=True)
class Season:
    """A complete season, and what the next one grows out of.

    Attributes:
        season: year in which it began.
        games: the columns of `calendar.FIXTURE`, `home_rest, away_rest`, `margin_at, total_at`
            (location of the score's distribution, points), `home_qb, away_qb` (people),
            `home_score, away_score, overtime`; ordered by week and kickoff.
        strengths: offences and defences after the last week.
        quarterbacks: who started where.
        ranked: teams of each division by final rank, shape (8, 4).
    """

    season: int
    games: pl.DataFrame
    strengths: Strengths
    quarterbacks: Quarterbacks
    ranked: IntArray


def play_season(before: Season | None, *, season: int, seed: int) -> Season:
    """Simulate a season to the Super Bowl.

    Args:
        before: the season before it; None starts the league.
        season: year in which it begins.
        seed: the league's.
    """
    weeks = _Weeks(before, season=season, seed=seed)
    fixtures = _regular_fixtures(before, season=season, seed=seed)
    regular = pl.concat(weeks.play(games) for games in fixtures.partition_by("week"))
    order = playoffs.standings(regular)
    rounds, last = [regular], schedule.regular_weeks(season)
    alive = [playoffs.seeds(order, conference=i, season=season) for i in (0, 1)]
    for week, game_type in enumerate(playoffs.ROUNDS, start=last + 1):
        pairs = playoffs.pairs_of_round(game_type, alive, season=season)
        fixtures = calendar.playoff_kickoffs(pairs, season=season, week=week, game_type=game_type)
        rounds.append(weeks.play(fixtures))
        alive = playoffs.without_losers(alive, rounds[-1])
    return Season(
        season=season,
        games=calendar.with_rest(pl.concat(rounds)),
        strengths=weeks.strengths,
        quarterbacks=weeks.quarterbacks,
        ranked=playoffs.ranked_divisions(order),
    )


def distribution_of(
    games: pl.DataFrame,
    *,
    margin_error: FloatArray | None = None,
    total_error: FloatArray | None = None,
) -> ScoreDistribution:
    """The score's distribution for each game: the truth, or as somebody in error sees it.

    Args:
        games: `margin_at, total_at, game_type`.
        margin_error: points added to the location of the margin, shape (n,).
        total_error: points added to the location of the total, shape (n,).
    """
    margin, total = games["margin_at"].to_numpy(), games["total_at"].to_numpy()
    return score_distribution(
        margin if margin_error is None else margin + margin_error,
        total if total_error is None else total + total_error,
        can_tie=(games["game_type"] == "REG").to_numpy(),
    )


def _regular_fixtures(before: Season | None, *, season: int, seed: int) -> pl.DataFrame:
    ranked = np.arange(N_TEAMS).reshape(8, 4) if before is None else before.ranked
    pairs = schedule.pairings(
        season, ranked=ranked, rng=stream(seed, season=season, topic="schedule")
    )
    return calendar.regular_kickoffs(
        pairs, season=season, rng=stream(seed, season=season, topic="calendar")
    )


class _Weeks:
    """Plays one week after the other and carries the strengths along."""

    def __init__(self, before: Season | None, *, season: int, seed: int) -> None:
        self.scores = stream(seed, season=season, topic="scores")
        self.changes = stream(seed, season=season, topic="strengths")
        self.strengths = opening_strengths(before.strengths if before else None, rng=self.changes)
        self.quarterbacks = draft(
            before.quarterbacks if before else None,
            season=season,
            rng=stream(seed, season=season, topic="quarterbacks"),
        )

    def play(self, fixtures: pl.DataFrame) -> pl.DataFrame:
        """Add location, quarterbacks and result to one week's fixtures."""
        home, away, week = (fixtures[name].to_numpy() for name in ("home", "away", "week"))
        home_points, away_points = self._edge(home, away, week), self._edge(away, home, week)
        field = np.where(fixtures["neutral"].to_numpy(), 0.0, HOME_FIELD)
        games = fixtures.with_columns(
            margin_at=pl.Series(home_points - away_points + field),
            total_at=pl.Series(home_points + away_points + AVERAGE_TOTAL),
            home_qb=pl.Series(self.quarterbacks.playing(home, week)),
            away_qb=pl.Series(self.quarterbacks.playing(away, week)),
        )
        truth = distribution_of(games)
        home_score, away_score = truth.draw(self.scores)
        late = self.scores.random(len(games)) < _overtime_share(home_score - away_score)
        surprise = np.stack([home_score, away_score]) - truth.mean_scores()
        news = self.changes.standard_normal((N_TEAMS, 2))  # stays with teams that do not play
        news[home] = np.column_stack([surprise[0], -surprise[1]]) / SCORE_SD
        news[away] = np.column_stack([surprise[1], -surprise[0]]) / SCORE_SD
        self.strengths = next_week(self.strengths, news=news, rng=self.changes)
        return games.with_columns(
            home_score=pl.Series(home_score),
            away_score=pl.Series(away_score),
            overtime=pl.Series(late),
        )

    def _edge(self, team: IntArray, opponent: IntArray, week: IntArray) -> FloatArray:
        """Points above the average that a team scores against an opponent on neutral ground."""
        offence = self.strengths.offence[team] + self.quarterbacks.value(team, week)
        return np.asarray(offence - self.strengths.defence[opponent])


def _overtime_share(margin: IntArray) -> FloatArray:
    return np.array([OVERTIME_SHARE.get(abs(int(points)), 0.0) for points in margin])
