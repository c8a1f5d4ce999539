"""Small inputs for the tests of the model side, with a signal that is planted and known."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals.baselines import LEARNERS
from nfl_signals.feature_list import FEATURES
from nfl_signals.game_matrix import GameMatrix
from nfl_signals.learners.protocol import Learner, Task

Floats = NDArray[np.float64]

SIGNAL = 8.0  # points of margin per unit of column 0
NOISE = 12.0  # points
KICKOFF = datetime(2020, 9, 13, 17, tzinfo=UTC)


def planted(n: int, *, seed: int, d: int = 4) -> tuple[Floats, Floats]:
    """Features n x d and whole margins n that depend on column 0 alone."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d))
    return x, np.round(SIGNAL * x[:, 0] + NOISE * random.normal(size=n))


def targets(points: Floats, task: Task) -> Floats:
    """Margins as a learner of the task wants them."""
    return points if task == "mean" else (points > 0).astype(np.float64)


def new_learner(
    name: str,
    task: Task,
    *,
    monotone: tuple[int, ...],
    weight: tuple[float, ...] | None = None,
    seed: int = 7,
) -> Learner:
    """A learner that believes in all columns alike, unless `weight` says otherwise."""
    weight = weight or (1.0,) * len(monotone)
    return LEARNERS[name](task=task, monotone=monotone, weight=weight, seed=seed)


def matrix_of(x: Floats) -> GameMatrix:
    """A matrix around given numbers, one game an hour, only column 0 constrained (upwards).

    Prior belief is the same in every column.
    """
    n, d = x.shape
    games = pl.DataFrame(
        {
            "game_id": [f"g{row:05d}" for row in range(n)],
            "season": [2020] * n,
            "week": [1] * n,
            "kickoff_at": [KICKOFF + timedelta(hours=row) for row in range(n)],
        }
    )
    names = tuple(f"f{column}" for column in range(d))
    monotone = (1, *[0] * (d - 1))
    return GameMatrix(games=games, names=names, x=x, monotone=monotone, weight=(1.0,) * d)


def team_row(game_id: str, team: str, *, is_home: bool, **values: float) -> dict[str, object]:
    """One row of gold features, zero wherever nothing is said; `day` moves the kickoff."""
    day = values.pop("day", 0.0)
    season = int(values.pop("season", 2020))
    week = int(values.pop("week", 1))
    return {
        "game_id": game_id,
        "team_id": team,
        "season": season,
        "week": week,
        "kickoff_at": KICKOFF + timedelta(days=day),
        "is_home": is_home,
        **{feature.name: 0.0 for feature in FEATURES},
        **values,
    }


def files_of(folder: Path) -> dict[str, bytes]:
    """Name and content of every file in a model folder."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}
