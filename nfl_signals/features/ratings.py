"""Team and quarterback ratings from a state-space model of what two teams score on each other.

    scored(team) = level + home field / 2 + offense(team) + quarterback(starter) + defense(opponent)

Offense, defense and quarterback are unknown, drift over time and are tracked by a Kalman filter
(Kalman 1960, doi 10.1115/1.3662552; for football ratings: Glickman & Stern 1998, doi
10.1080/01621459.1998.10474084). The same model runs on points and on expected points added, so every
rating is opponent-adjusted, early weeks lean on last season, and a quarterback takes his rating
along. League level and home field are learned as they move over the years.
"""

from collections import deque
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.stats.arrays import Floats

FORGOTTEN_AFTER = 3  # seasons without a start after which a quarterback counts as new
WEEK = timedelta(days=7)


@dataclass(frozen=True, kw_only=True)
class RatingModel:
    """Constants of the filter, chosen on the margins of 2003-2008; all deviations in points per game."""

    noise: float = 9.5  # deviation of what a team scores around its expectation
    team: float = 3.5  # deviation between teams of one side of the ball
    team_kept: float = 0.7  # share of a team's rating that survives the summer
    team_week: float = 0.35  # deviation that a team's rating gains in a week
    quarterback: float = 3.2  # deviation between quarterbacks
    quarterback_kept: float = 0.9  # share of a quarterback's rating that survives the summer
    quarterback_week: float = 0.4  # deviation that a quarterback's rating gains in a week
    newcomer: float = -2.0  # rating of a quarterback before his first start
    level: float = 21.5  # what a team scores before any game is known
    level_rate: float = 0.002  # share of each game's surprise that moves the level
    home_field: float = 2.4  # points of margin before any game is known
    home_field_rate: float = 0.008  # share of each game's surprise that moves home field


EPA_MODEL = RatingModel(noise=8.0, level=0.0)
"""Expected points added vary less from game to game than points do, and average about zero."""

MARGIN_CAP = 28.0
"""Points that a margin is bent towards."""

COLUMNS = [
    *("game_id", "season", "kickoff_at", "decision_at", "home_team", "away_team", "is_neutral"),
    *("home_expected", "away_expected", "home_starter", "away_starter"),
    *("home_scored", "away_scored"),
]

RATING_SCHEMA = pl.Schema(
    {
        "game_id": pl.String(),
        "team": pl.String(),
        "offense": pl.Float64(),  # points per game above average, quarterback included
        "defense": pl.Float64(),  # points allowed per game above average: lower is better
        "quarterback": pl.Float64(),  # points per game above the average quarterback
        "home_field": pl.Float64(),  # points of margin, for the home team; 0 on neutral ground
    }
)


def rate(
    games: pl.DataFrame, *, delay: timedelta, model: RatingModel | None = None
) -> pl.DataFrame:
    """Ratings of both teams as known at each game's decision time, by kickoff and game id, home first.

    `games` hold `game_id, season, kickoff_at, decision_at, home_team, away_team, is_neutral`; who is
    expected to start, `home_expected, away_expected`, and who started, `home_starter, away_starter`
    (null: unknown); and `home_scored, away_scored` (points, or expected points added; null where
    unknown), known `delay` after kickoff.
    """
    tracker = _Tracker(model or RatingModel())
    waiting: deque[tuple[datetime, _Played]] = deque()
    rows: list[tuple[str, str, float, float, float, float]] = []
    for game in games.sort("kickoff_at", "game_id").select(COLUMNS).iter_rows(named=True):
        while waiting and waiting[0][0] < game["decision_at"]:
            tracker.learn(waiting.popleft()[1])
        tracker.advance(game["season"], game["decision_at"])
        home = tracker.side(game["home_team"], game["away_team"], game["home_expected"])
        away = tracker.side(game["away_team"], game["home_team"], game["away_expected"])
        field = 0.0 if game["is_neutral"] else tracker.home_field
        rows += [
            (game["game_id"], game["home_team"], *tracker.ratings(home, away), field),
            (game["game_id"], game["away_team"], *tracker.ratings(away, home), 0.0),
        ]
        if None not in (game["home_scored"], game["away_scored"]):
            waiting.append((game["kickoff_at"] + delay, _Played.of(game)))
    return pl.DataFrame(rows, schema=RATING_SCHEMA, orient="row")


@dataclass(frozen=True, kw_only=True)
class _Side:
    """Where one team's chances to score lie in the state: offense, opponent's defense, starter."""

    offense: tuple[str, str]
    defense: tuple[str, str]
    starter: tuple[str, str] | None

    @property
    def parts(self) -> list[tuple[str, str]]:
        known = [self.offense, self.defense]
        return known if self.starter is None else [*known, self.starter]


@dataclass(frozen=True, kw_only=True)
class _Played:
    """A game that is over: home team first."""

    season: int
    teams: tuple[str, str]
    starters: tuple[str | None, str | None]  # who started, whoever had been expected
    scored: tuple[float, float]
    neutral: bool

    @classmethod
    def of(cls, game: dict[str, Any]) -> "_Played":
        """A row of `COLUMNS`."""
        return cls(
            season=game["season"],
            teams=(game["home_team"], game["away_team"]),
            starters=(game["home_starter"], game["away_starter"]),
            scored=(game["home_scored"], game["away_scored"]),
            neutral=game["is_neutral"],
        )


class _Tracker:
    """The filter's state: a Normal belief over all ratings, league level and home field."""

    def __init__(self, model: RatingModel) -> None:
        self.model = model
        self.level, self.home_field = model.level, model.home_field
        self.place: dict[tuple[str, str], int] = {}
        self.mean: Floats = np.zeros(0)
        self.covariance: Floats = np.zeros((0, 0))
        self.season: int | None = None
        self.first_season: int | None = None
        self.now: datetime | None = None
        self.last_seen: dict[tuple[str, str], int] = {}

    def side(
        self, team: str, opponent: str, starter: str | None, *, season: int | None = None
    ) -> _Side:
        """Who plays on one side, in a season (None: the present one); everybody gets a place in the state."""
        quarterback = None if starter is None else ("quarterback", starter)
        side = _Side(offense=("offense", team), defense=("defense", opponent), starter=quarterback)
        for key in side.parts:
            self._welcome(key)
            self.last_seen[key] = season or self.season or 0
        return side

    def ratings(self, own: _Side, other: _Side) -> tuple[float, float, float]:
        """Offense with quarterback, own defense, quarterback."""
        starter = self.model.newcomer if own.starter is None else self._mean(own.starter)
        return self._mean(own.offense) + starter, self._mean(other.defense), starter

    def advance(self, season: int, kickoff: datetime) -> None:
        """Let time pass: beliefs widen by the week, and fall back towards average over a summer."""
        if self.first_season is None:
            self.first_season = season
        if self.season is not None and season != self.season:
            for summer in range(self.season + 1, season + 1):
                self._summer(summer)
        elif self.now is not None and kickoff > self.now:
            weeks = (kickoff - self.now) / WEEK
            drift = self._by_kind(self.model.team_week, self.model.quarterback_week) ** 2
            self.covariance[np.diag_indices(len(drift))] += weeks * drift
        self.season, self.now = season, kickoff

    def learn(self, game: _Played) -> None:
        """Update the belief with what both teams scored; an unnamed starter is some newcomer."""
        (home, away), (starter, other) = game.teams, game.starters
        sides = (
            self.side(home, away, starter, season=game.season),
            self.side(away, home, other, season=game.season),
        )
        rows = [[self.place[key] for key in side.parts] for side in sides]
        field = 0.0 if game.neutral else self.home_field
        expected = [
            sum(float(self.mean[i]) for i in row) + self.level + sign * field / 2
            for row, sign in zip(rows, (1, -1), strict=True)
        ]
        unnamed = np.array([side.starter is None for side in sides])
        surprise = np.array(game.scored) - np.array(expected) - unnamed * self.model.newcomer
        gains = np.column_stack([self.covariance[:, row].sum(axis=1) for row in rows])
        spread = np.array([[gains[row, k].sum() for k in (0, 1)] for row in rows])
        spread[np.diag_indices(2)] += self.model.noise**2 + unnamed * self.model.quarterback**2
        weights = gains @ np.linalg.inv(spread)
        self.mean = self.mean + weights @ surprise
        self.covariance = self.covariance - weights @ gains.T
        self.level += self.model.level_rate * float(surprise.sum()) / 2
        if not game.neutral:
            self.home_field += self.model.home_field_rate * float(surprise[0] - surprise[1])

    def _mean(self, key: tuple[str, str]) -> float:
        return float(self.mean[self.place[key]])

    def _welcome(self, key: tuple[str, str]) -> None:
        if key in self.place:
            return
        is_new = key[0] == "quarterback" and self.season != self.first_season
        self.place[key] = len(self.mean)
        self.mean = np.append(self.mean, self.model.newcomer if is_new else 0.0)
        self.covariance = np.pad(self.covariance, ((0, 1), (0, 1)))
        start = self.model.quarterback if key[0] == "quarterback" else self.model.team
        self.covariance[-1, -1] = start**2

    def _summer(self, season: int) -> None:
        """Forget who has not played for years, then regress everybody."""
        stay = [
            key
            for key in self.place
            if key[0] != "quarterback" or self.last_seen[key] >= season - FORGOTTEN_AFTER
        ]
        rows = [self.place[key] for key in stay]
        self.place = {key: index for index, key in enumerate(stay)}
        kept = self._by_kind(self.model.team_kept, self.model.quarterback_kept)
        deviation = self._by_kind(self.model.team, self.model.quarterback)
        target = self._by_kind(0.0, self.model.newcomer / 2)
        self.mean = kept * self.mean[rows] + (1 - kept) * target
        self.covariance = self.covariance[np.ix_(rows, rows)] * np.outer(kept, kept)
        self.covariance[np.diag_indices(len(rows))] += (1 - kept**2) * deviation**2

    def _by_kind(self, team: float, quarterback: float) -> Floats:
        return np.array([quarterback if kind == "quarterback" else team for kind, _ in self.place])


def soft_margin(home: pl.Expr, away: pl.Expr) -> tuple[pl.Expr, pl.Expr]:
    """Scores with the same total and a margin bent towards MARGIN_CAP: a rout shows little more.

    Example:
        >>> frame = pl.DataFrame({"home": [45.0], "away": [3.0]})
        >>> home, away = soft_margin(pl.col("home"), pl.col("away"))
        >>> frame.select((home - away).round(1).alias("margin"), (home + away).alias("total")).row(0)
        (25.3, 48.0)
    """
    margin = MARGIN_CAP * ((home - away) / MARGIN_CAP).tanh()
    return (home + away + margin) / 2, (home + away - margin) / 2
