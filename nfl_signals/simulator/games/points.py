"""How a score came about: touchdowns, kicks and safeties that add up to it exactly."""

from itertools import product
from math import comb, exp, factorial

import numpy as np

from nfl_signals.simulator.games.scoring import TOP_SCORE
from nfl_signals.stats.arrays import Floats, Ints

# Per team and game, 2010-2023.
TOUCHDOWNS, FIELD_GOALS = 2.5, 1.65
EXTRA_POINT_MADE, TWO_POINTS, SAFETY = 0.94, 0.03, 0.02
MISSED_FIELD_GOALS = 0.27


def _probability(touchdowns: int, kicks: int, twos: int, field_goals: int, safety: int) -> float:
    failed = touchdowns - kicks - twos
    ways = comb(touchdowns, kicks) * comb(touchdowns - kicks, twos)
    conversions = EXTRA_POINT_MADE**kicks * TWO_POINTS**twos
    conversions *= (1 - EXTRA_POINT_MADE - TWO_POINTS) ** failed
    scored, kicked = (
        exp(-mean) * mean**count / factorial(count)
        for mean, count in ((TOUCHDOWNS, touchdowns), (FIELD_GOALS, field_goals))
    )
    return scored * kicked * ways * conversions * (SAFETY if safety else 1 - SAFETY)


def _ways_to_score() -> dict[int, tuple[Ints, Floats]]:
    """For each score: rows of (touchdowns, kicks, field goals) and their probabilities."""
    ways: dict[int, list[tuple[int, int, int, float]]] = {}
    for touchdowns, field_goals, safety in product(range(11), range(9), (0, 1)):
        for kicks in range(touchdowns + 1):
            for twos in range(min(3, touchdowns - kicks + 1)):
                points = 6 * touchdowns + kicks + 2 * twos + 3 * field_goals + 2 * safety
                chance = _probability(touchdowns, kicks, twos, field_goals, safety)
                ways.setdefault(points, []).append((touchdowns, kicks, field_goals, chance))
    table = {}
    for points in (points for points in ways if points <= TOP_SCORE):
        chances = np.array([way[3] for way in ways[points]])
        table[points] = (np.array([way[:3] for way in ways[points]]), chances / chances.sum())
    return table


WAYS = _ways_to_score()


def scoring_plays(scored: Ints, rng: np.random.Generator) -> dict[str, Ints]:
    """Touchdowns and kicks behind points of any shape, each of that shape.

    `touchdowns, pat_made, pat_att, pat_missed, fg_made, fg_att, fg_missed`.
    """
    plays = np.zeros((*scored.shape, 3), dtype=np.int64)
    for points in np.unique(scored):
        chosen = scored == points
        ways, chances = WAYS[int(points)]
        plays[chosen] = ways[rng.choice(len(ways), size=int(chosen.sum()), p=chances)]
    touchdowns, kicks, field_goals = np.moveaxis(plays, -1, 0)
    missed = rng.poisson(MISSED_FIELD_GOALS, size=scored.shape)
    missed_kicks = rng.binomial(touchdowns - kicks, 0.5)
    return {
        "touchdowns": touchdowns,
        "pat_made": kicks,
        "pat_att": kicks + missed_kicks,
        "pat_missed": missed_kicks,
        "fg_made": field_goals,
        "fg_att": field_goals + missed,
        "fg_missed": missed,
    }
