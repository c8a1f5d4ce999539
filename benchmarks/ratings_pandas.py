"""The Kalman filter of `nfl_signals/features/ratings.py`, written plainly over labelled pandas objects.

The belief is a Series of means and a DataFrame of covariances whose labels say what they are about,
`offense KC` or `quarterback 00-0033873`. Only the filter's constants are taken from
the package, so the two implementations check each other.
"""

from collections import deque
from typing import Any

import numpy as np
import pandas as pd

from nfl_signals.features.ratings import FORGOTTEN_AFTER, RatingModel

Key = str
Side = tuple[Key, Key, Key | None]  # own offense, opponent's defense, own starter
WEEK = pd.Timedelta(days=7)


def rate(games: pd.DataFrame, delay: pd.Timedelta, model: RatingModel) -> pd.DataFrame:
    """Ratings of both teams as known before each game.

    Args:
        games: `game_id, season, kickoff_at, home_team, away_team, is_neutral, home_starter,
            away_starter, home_scored, away_scored`.
        delay: after which time from kickoff a game's scores are known.
        model: the filter's constants.

    Returns:
        `game_id, team, offense, defense, quarterback, home_field`, two rows per game; points.
    """
    belief = Belief(model)
    waiting: deque[tuple[pd.Timestamp, Side, Side, Any]] = deque()
    rows: list[dict[str, Any]] = []
    for game in games.sort_values(["kickoff_at", "game_id"]).itertuples():
        while waiting and waiting[0][0] < game.kickoff_at:
            _, home, away, played = waiting.popleft()
            belief.learn(home, away, played)
        belief.pass_time(game.season, game.kickoff_at)
        home = belief.meet(game.home_team, game.away_team, game.home_starter)
        away = belief.meet(game.away_team, game.home_team, game.away_starter)
        home_field = 0.0 if game.is_neutral else belief.home_field
        for team, own, other, field in (
            (game.home_team, home, away, home_field),
            (game.away_team, away, home, 0.0),
        ):
            known = {"game_id": game.game_id, "team": team, "home_field": field}
            rows.append(known | belief.ratings(own, other))
        if not (np.isnan(game.home_scored) or np.isnan(game.away_scored)):
            waiting.append((game.kickoff_at + delay, home, away, game))
    return pd.DataFrame(rows)


class Belief:
    """What is believed of every team and quarterback, and how surely."""

    def __init__(self, model: RatingModel) -> None:
        self.model = model
        self.level = model.level
        self.home_field = model.home_field
        self.mean = pd.Series(dtype=float)
        self.covariance = pd.DataFrame(dtype=float)
        self.last_seen: dict[Key, int] = {}
        self.season: int | None = None
        self.first_season: int | None = None
        self.now: pd.Timestamp | None = None

    def meet(self, team: str, opponent: str, starter: str | float) -> Side:
        """Who takes part in one team's scoring; newcomers enter the belief."""
        quarterback = None if pd.isna(starter) else f"quarterback {starter}"
        side = f"offense {team}", f"defense {opponent}", quarterback
        for key in side:
            if key is not None:
                if key not in self.last_seen:
                    self._welcome(key)
                self.last_seen[key] = self.season or 0
        return side

    def ratings(self, own: Side, other: Side) -> dict[str, float]:
        """Offense with quarterback, own defense, quarterback."""
        quarterback = self.model.newcomer if own[2] is None else self.mean[own[2]]
        return {
            "offense": self.mean[own[0]] + quarterback,
            "defense": self.mean[other[1]],
            "quarterback": quarterback,
        }

    def pass_time(self, season: int, kickoff: pd.Timestamp) -> None:
        """Beliefs widen by the week and fall back towards average over a summer."""
        if self.first_season is None:
            self.first_season = season
        if self.season is not None and season != self.season:
            for summer in range(self.season + 1, season + 1):
                self._summer(summer)
        elif self.now is not None and kickoff > self.now:
            weeks = (kickoff - self.now) / WEEK
            drift = self._of_each(self.model.team_week, self.model.quarterback_week)
            self.covariance += np.diag(weeks * drift**2)
        self.season, self.now = season, kickoff

    def learn(self, home: Side, away: Side, game: Any) -> None:  # noqa: ANN401 - a named tuple
        """Move the belief by what both teams scored; an unnamed starter is some newcomer."""
        field = 0.0 if game.is_neutral else self.home_field
        teams = [[key for key in side if key is not None] for side in (home, away)]
        expected = [self.mean[keys].sum() + self.level for keys in teams]
        surprise = np.array([game.home_scored, game.away_scored]) - expected
        unnamed = np.array([side[2] is None for side in (home, away)])
        surprise -= np.array([field / 2, -field / 2]) + unnamed * self.model.newcomer
        gain = pd.concat([self.covariance[keys].sum(axis=1) for keys in teams], axis=1)
        spread = np.array([gain.loc[keys].sum() for keys in teams])
        spread += np.diag(self.model.noise**2 + unnamed * self.model.quarterback**2)
        weight = gain.to_numpy() @ np.linalg.inv(spread)
        self.mean += weight @ surprise
        self.covariance -= weight @ gain.to_numpy().T
        self.level += self.model.level_rate * surprise.sum() / 2
        if not game.is_neutral:
            self.home_field += self.model.home_field_rate * (surprise[0] - surprise[1])

    def _welcome(self, key: Key) -> None:
        quarterback = key.startswith("quarterback")
        is_new = quarterback and self.season != self.first_season
        start = self.model.quarterback if quarterback else self.model.team
        keys = [*self.mean.index, key]
        mean = [*self.mean, self.model.newcomer if is_new else 0.0]
        covariance = np.zeros((len(keys), len(keys)))
        covariance[:-1, :-1] = self.covariance
        covariance[-1, -1] = start**2
        self.mean = pd.Series(mean, index=keys)
        self.covariance = pd.DataFrame(covariance, index=keys, columns=keys)

    def _summer(self, season: int) -> None:
        """Forget who has not played for years, then regress everybody."""
        stay = [
            key
            for key in self.mean.index
            if not key.startswith("quarterback") or self.last_seen[key] >= season - FORGOTTEN_AFTER
        ]
        self.last_seen = {key: self.last_seen[key] for key in stay}
        self.mean, self.covariance = self.mean[stay], self.covariance.loc[stay, stay]
        kept = self._of_each(self.model.team_kept, self.model.quarterback_kept)
        deviation = self._of_each(self.model.team, self.model.quarterback)
        target = self._of_each(0.0, self.model.newcomer / 2)
        self.mean = kept * self.mean + (1 - kept) * target
        self.covariance = self.covariance * np.outer(kept, kept)
        self.covariance += np.diag((1 - kept**2) * deviation**2)

    def _of_each(self, team: float, quarterback: float) -> np.ndarray:
        is_quarterback = self.mean.index.str.startswith("quarterback")
        return np.where(is_quarterback, quarterback, team)
