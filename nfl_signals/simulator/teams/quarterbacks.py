"""Quarterbacks: who starts, what he is worth in points, and when he is hurt."""

from dataclasses import dataclass

import numpy as np

from nfl_signals.simulator.teams.franchises import N_TEAMS
from nfl_signals.simulator.teams.people import FIRST_QUARTERBACK
from nfl_signals.simulator.teams.strengths import MAX_WEEKS
from nfl_signals.stats.arrays import Bools, Floats, Ints

STARTER_SD = 1.8  # points per game
BACKUP_MEAN = -3.5  # points per game against the average starter
BACKUP_SD = 1.2
REPLACED_EACH_SUMMER = 0.2
HURT_PER_WEEK = 0.03
HEALS_PER_WEEK = 0.25  # four weeks on average


@dataclass(frozen=True, kw_only=True)
class Quarterbacks:
    """One season's quarterbacks; row 0 holds the starters, row 1 the backups."""

    numbers: Ints  # people, shape (2, 32)
    values: Floats  # points per game above the average starter, shape (2, 32)
    out: Bools  # whether the starter misses the week, shape (32, 22)

    def playing(self, team: Ints, week: Ints) -> Ints:
        """Person who plays quarterback for each team in each week."""
        return np.asarray(self.numbers[self.out[team, week - 1].astype(int), team])

    def loss(self, team: Ints, week: Ints) -> Floats:
        """What the starter's absence costs, or brings, in points per game; zero while he plays."""
        return np.asarray(self.value(team, week) - self.values[0, team])

    def value(self, team: Ints, week: Ints) -> Floats:
        """What who plays is worth, in points per game."""
        return np.asarray(self.values[self.out[team, week - 1].astype(int), team])


def draft(before: Quarterbacks | None, *, season: int, rng: np.random.Generator) -> Quarterbacks:
    """Quarterbacks of the next season: most starters stay, all are healthy in the first week."""
    newcomers = FIRST_QUARTERBACK + season * 100 + np.arange(2 * N_TEAMS).reshape(2, N_TEAMS)
    centre = np.array([[0.0], [BACKUP_MEAN]])
    spread = np.array([[STARTER_SD], [BACKUP_SD]])
    drawn = centre + spread * rng.standard_normal((2, N_TEAMS))
    replaced = rng.random((2, N_TEAMS)) < REPLACED_EACH_SUMMER
    out = absences(rng)
    if before is None:
        return Quarterbacks(numbers=newcomers, values=drawn, out=out)
    return Quarterbacks(
        numbers=np.where(replaced, newcomers, before.numbers),
        values=np.where(replaced, drawn, before.values),
        out=out,
    )


def absences(rng: np.random.Generator) -> Bools:
    """Whether each team's starter misses each week of a season, shape (32, 22)."""
    hurt = rng.random((MAX_WEEKS, N_TEAMS)) < HURT_PER_WEEK
    lasting = rng.geometric(HEALS_PER_WEEK, size=(MAX_WEEKS, N_TEAMS))
    out = np.zeros((N_TEAMS, MAX_WEEKS), dtype=np.bool_)
    weeks_left = np.zeros(N_TEAMS, dtype=np.int64)
    for week in range(MAX_WEEKS):
        out[:, week] = weeks_left > 0
        healthy = weeks_left == 0
        weeks_left = np.where(healthy & hurt[week], lasting[week], np.maximum(weeks_left - 1, 0))
    return out
