"""Small inputs for the tests of the model side, with a signal that is planted and known."""

from datetime import UTC, datetime, timedelta
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from numpy.typing import NDArray

from nfl_signals.features.declarations import FEATURES
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.learners.game_matrix import GameMatrix
from nfl_signals.learners.protocol import Combine, Device, Inputs, Learner, Spec, Task
from nfl_signals.learners.sequences import CHANNELS, WINDOW

Floats = NDArray[np.float64]

SIGNAL = 8.0  # points of margin per unit of column 0
NOISE = 12.0  # points
NEEDS_TORCH = pytest.mark.skipif(
    find_spec("torch") is None, reason="PyTorch is not installed; run `make sequence`"
)
EVERY_LEARNER = [
    pytest.param(name, marks=[NEEDS_TORCH, pytest.mark.slow] if name == "lstm" else ())
    for name in sorted(LEARNERS)
]
KICKOFF = datetime(2020, 9, 13, 17, tzinfo=UTC)


def planted(n: int, *, seed: int, d: int = 4) -> tuple[Floats, Floats]:
    """Features n x d and whole margins n that depend on column 0 alone."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(n, d))
    return x, np.round(SIGNAL * x[:, 0] + NOISE * random.normal(size=n))


def inputs_of(x: Floats) -> Inputs:
    """Full sequences beside the columns, a function of the row's last column: noise."""
    n = len(x)
    phase = x[:, -1:, None, None] * np.arange(1, len(CHANNELS) + 1)
    sequence = 0.2 * np.cos(
        17 * phase + np.arange(WINDOW)[:, None] + 3 * np.arange(2)[:, None, None]
    )
    sequence[..., CHANNELS.index("played")] = 1.0
    return Inputs(x=x, sequence=sequence.reshape(n, 2, WINDOW, len(CHANNELS)))


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
    combine: Combine = "difference",
    device: Device = "cpu",
) -> Learner:
    """A learner that believes in all columns f0, f1, ... alike, unless `weight` predicted otherwise."""
    spec = Spec(
        names=tuple(f"f{column}" for column in range(len(monotone))),
        task=task,
        combine=combine,
        monotone=monotone,
        weight=weight or (1.0,) * len(monotone),
        seed=seed,
        device=device,
    )
    return LEARNERS[name](spec)


def fitted(
    name: str, task: Task, *, seed: int = 7, monotone: tuple[int, ...] = (0, 0, 0, 0)
) -> Learner:
    """A learner after 600 planted games."""
    x, points = planted(600, seed=1)
    learner = new_learner(name, task, monotone=monotone, seed=seed)
    return learner.fit(inputs_of(x), targets(points, task))


def weighted(
    name: str, task: Task, weight: tuple[float, ...], *, x: Floats | None = None
) -> Learner:
    """Fitted on columns 0 and 1 with equal information, so that belief has something to decide."""
    made, points = planted(600, seed=1)
    x = _twins(made) if x is None else x
    learner = new_learner(name, task, monotone=(0,) * x.shape[1], weight=weight)
    return learner.fit(inputs_of(x), targets(points, task))


def _twins(x: Floats) -> Floats:
    """Columns 0 and 1 are the signal with as much noise each, 2 and 3 nothing but noise."""
    noise = np.random.default_rng(9).normal(size=len(x))
    return np.column_stack([x[:, 0] + noise, x[:, 0] - noise, x[:, 2], x[:, 3]])


def predicted(learner: Learner, x: Floats) -> Floats:
    """What it predicts from these columns, and the sequences that go with them."""
    return learner.predict(inputs_of(x))


def used(learner: Learner) -> Floats:
    """Importance of the columns, in their order."""
    importance = learner.importance()
    return np.array([importance[name] for name in learner.spec.names])


def with_column(x: Floats, column: int, value: float) -> Floats:
    """A copy with one column set to one value."""
    changed = x.copy()
    changed[:, column] = value
    return changed


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
    weight = (1.0,) * d
    return GameMatrix(
        games=games, names=names, inputs=inputs_of(x), monotone=monotone, weight=weight
    )


def team_row(game_id: str, team: str, *, is_home: bool, **values: float) -> dict[str, object]:
    """One row of gold features, zero by default; `day` moves the kickoff."""
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
