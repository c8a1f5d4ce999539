"""What reports and notes hold about a team before a game, and what that is worth in points.

Two things are reported: whether the starting quarterback is out (injury report and notes), and how the
rest of the offence practised (notes alone), in five levels from -2 to 2:

    -2  "Several starting UNIT of CODE missed practice on DAY."
    -1  "One of CODE's starting UNIT missed practice on DAY."
     0  nothing
     1  "One of CODE's starting UNIT returned to practice on DAY."
     2  "Several starting UNIT of CODE returned to practice on DAY."

UNIT is linemen, receivers or backs. A team scores `points_per_level` more for each level.

Under `news` = none both are drawn without looking at who plays, and nothing reported is worth
anything; otherwise both are true. Whether the bookmaker knows is `bookmaker.py`.
"""

from dataclasses import dataclass

import numpy as np

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.teams.franchises import N_TEAMS
from nfl_signals.simulator.teams.quarterbacks import Quarterbacks, absences
from nfl_signals.simulator.teams.strengths import MAX_WEEKS
from nfl_signals.stats.arrays import Bools, Floats, Ints

LEVELS = (-2, -1, 0, 1, 2)
LEVEL_SHARES = (0.05, 0.15, 0.60, 0.15, 0.05)
LEVEL_SD = 0.7**0.5  # of the distribution above
UNITS = ("linemen", "receivers", "backs")
PHRASES = {
    -2: "Several starting {unit} of {code} missed practice on {day}.",
    -1: "One of {code}'s starting {unit} missed practice on {day}.",
    1: "One of {code}'s starting {unit} returned to practice on {day}.",
    2: "Several starting {unit} of {code} returned to practice on {day}.",
}


@dataclass(frozen=True, kw_only=True)
class News:
    """What is reported in one season, shape (32, 22) each."""

    out: Bools  # whether the starting quarterback is reported to miss the week
    level: Ints  # how the rest of the offence practised, -2 to 2
    practised: Floats  # what the level is worth to the team's score, points
    points: Floats  # what both are worth to it; zero where nothing reported is true


def season_news(
    quarterbacks: Quarterbacks, *, settings: SimulatorSettings, rng: np.random.Generator
) -> News:
    """Draw what is reported about every team before every week."""
    level = rng.choice(np.array(LEVELS), size=(N_TEAMS, MAX_WEEKS), p=LEVEL_SHARES)
    if settings.news == "none":
        nothing = np.zeros(level.shape)
        return News(out=absences(rng), level=level, practised=nothing, points=nothing)
    practised = points_per_level(settings) * level
    week = np.arange(1, MAX_WEEKS + 1)
    worth = practised + quarterbacks.loss(np.arange(N_TEAMS)[:, None], week)
    return News(out=quarterbacks.out, level=level, practised=practised, points=worth)


def points_per_level(settings: SimulatorSettings) -> float:
    """Points on a team's score that make a game's margin vary with the sd of the setting.

    Example:
        >>> round(points_per_level(SimulatorSettings(news_effect=1.0)), 3)
        0.845
    """
    return settings.news_effect / (2**0.5 * LEVEL_SD)
