"""Base models of each market: fit, predict, save, load.

A moneyline model estimates the probability of a home win directly. An ats or total model estimates
the expected margin or total; a discrete outcome distribution turns it into the probability of
beating any line, pushes included. Which rows it may be fitted on is `folds.py`.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from nfl_signals.errors import IntegrityError
from nfl_signals.game_matrix import GameMatrix
from nfl_signals.learners.lightgbm import LightGBMLearner
from nfl_signals.learners.logistic import LogisticLearner
from nfl_signals.learners.protocol import Floats, Learner, Task
from nfl_signals.learners.xgboost import XGBoostLearner
from nfl_signals.markets import MARKETS, Market
from nfl_signals.outcome_distribution import OutcomeDistribution, fit_outcome_distribution
from nfl_signals.storage import read_json, write_json

LEARNERS: dict[str, Callable[..., Learner]] = {
    "logistic": LogisticLearner,
    "lightgbm": LightGBMLearner,
    "xgboost": XGBoostLearner,
}
HOLDOUT_SHARE = 0.2  # of the training games, the latest: they size the outcome distribution
TAIL = 1e-4  # no single base model claims more certainty than this
BASELINE_FILE = "baseline.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """One fitted base model.

    Attributes:
        market: the question it answers.
        learner: fitted learner.
        distribution: of points around the learner's mean; None for the moneyline.
        push_rate: share of ties in training, moneyline only.
        names: feature columns it expects, in order.
    """

    market: Market
    learner: Learner
    distribution: OutcomeDistribution | None
    push_rate: float
    names: tuple[str, ...]

    def predict(self, x: Floats, line: Floats) -> tuple[Floats, Floats]:
        """Probability of YES given no push, and probability of a push, per row.

        Args:
            x: n x d features in the order of `names`.
            line: n thresholds in points.
        """
        center = self.learner.predict(x)
        if self.distribution is None:
            p_yes, p_push = center, np.full(len(center), self.push_rate)
        else:
            p_yes, p_push = self.distribution.yes_and_push(center, line)
        return np.clip(p_yes, TAIL, 1 - TAIL), p_push

    def save(self, folder: Path) -> None:
        """Write learner and distribution below `folder`."""
        self.learner.save(folder)
        content: dict[str, Any] = {
            "market": self.market.name,
            "learner": self.learner.name,
            "names": list(self.names),
            "push_rate": self.push_rate,
            "distribution": None if self.distribution is None else self.distribution.to_json(),
        }
        write_json(folder / BASELINE_FILE, content)

    @classmethod
    def load(cls, folder: Path, names: tuple[str, ...]) -> Self:
        """Read what `save` wrote.

        Args:
            folder: model folder.
            names: feature columns that will be given to it.

        Raises:
            IntegrityError: the model was fitted on other columns.
        """
        content = read_json(folder / BASELINE_FILE)
        if tuple(content["names"]) != names:
            raise IntegrityError(
                f"{folder}: fitted on other feature columns than today's; retrain before predicting."
            )
        market = MARKETS[content["market"]]
        plain = {"monotone": (0,) * len(names), "weight": (1.0,) * len(names), "seed": 0}
        empty = LEARNERS[content["learner"]](task=_task(market), **plain)
        stored = content["distribution"]
        return cls(
            market=market,
            learner=empty.load(folder),
            distribution=None if stored is None else OutcomeDistribution.from_json(stored),
            push_rate=float(content["push_rate"]),
            names=names,
        )


def fit_baseline(
    matrix: GameMatrix,
    rows: NDArray[np.int64],
    points: Floats,
    *,
    market: Market,
    learner: str,
    seed: int,
) -> Baseline:
    """Fit one learner for one market.

    Args:
        matrix: features of all games.
        rows: indices of the training games, ascending in time.
        points: home margin or total of all games (n of the matrix), NaN where unplayed.
        market: the question.
        learner: key of `LEARNERS`.
        seed: of the learner's sampling.

    Raises:
        ValueError: a training game is unplayed.
    """
    x, y = matrix.x[rows], points[rows]
    if not np.isfinite(y).all():
        raise ValueError("training rows must be played games")
    new = _new_learner(learner, market, matrix, seed=seed)
    if market.name == "moneyline":
        decided = y != 0
        fitted = new.fit(x[decided], (y[decided] > 0).astype(np.float64))
        return Baseline(
            market=market,
            learner=fitted,
            distribution=None,
            push_rate=float(np.mean(~decided)),
            names=matrix.names,
        )
    distribution = _held_out_distribution(matrix, rows, points, market, learner, seed)
    return Baseline(
        market=market,
        learner=new.fit(x, y),
        distribution=distribution,
        push_rate=0.0,
        names=matrix.names,
    )


def _held_out_distribution(
    matrix: GameMatrix,
    rows: NDArray[np.int64],
    points: Floats,
    market: Market,
    learner: str,
    seed: int,
) -> OutcomeDistribution:
    """Size the residuals on the latest training games, which a first fit does not see."""
    cut = int(len(rows) * (1 - HOLDOUT_SHARE))
    early, late = rows[:cut], rows[cut:]
    first = _new_learner(learner, market, matrix, seed=seed)
    first.fit(matrix.x[early], points[early])
    return fit_outcome_distribution(
        points[late], first.predict(matrix.x[late]), symmetric=market.outcome_column == "result"
    )


def _new_learner(name: str, market: Market, matrix: GameMatrix, *, seed: int) -> Learner:
    return LEARNERS[name](
        task=_task(market), monotone=matrix.monotone, weight=matrix.weight, seed=seed
    )


def _task(market: Market) -> Task:
    return "probability" if market.name == "moneyline" else "mean"
