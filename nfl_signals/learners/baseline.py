"""Base models of each market: fit, predict, save, load.

A moneyline model estimates the probability of a home win directly. An ats or total model estimates
the expected margin or total; a discrete outcome distribution turns it into the probability of
beating any line, pushes included. Which rows it may be fitted on is `stacking/splits.py`.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.learners.game_matrix import GameMatrix, combine_of
from nfl_signals.learners.lightgbm import LightGBMLearner
from nfl_signals.learners.logistic import LogisticLearner
from nfl_signals.learners.lstm import LSTMLearner
from nfl_signals.learners.protocol import Device, Inputs, Learner, Spec
from nfl_signals.learners.xgboost import XGBoostLearner
from nfl_signals.markets.definitions import MARKETS, Market
from nfl_signals.markets.outcome_distribution import OutcomeDistribution, fit_outcome_distribution
from nfl_signals.stats.arrays import Floats, Ints

KINDS: tuple[type[Learner], ...] = (LogisticLearner, LightGBMLearner, XGBoostLearner, LSTMLearner)
LEARNERS = {kind.name: kind for kind in KINDS}
SEQUENCE_LEARNERS = {kind.name for kind in KINDS if kind.reads_sequences}
HOLDOUT_SHARE = 0.2  # of the training games, the latest: they size the outcome distribution
TAIL = 1e-4  # no single base model claims more certainty than this
BASELINE_FILE = "baseline.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """One fitted base model."""

    market: Market
    learner: Learner
    distribution: OutcomeDistribution | None  # of points around the learner's mean; not moneyline
    push_rate: float  # share of ties in training, moneyline only
    names: tuple[str, ...]  # feature columns it expects, in order

    def predict(self, inputs: Inputs, line: Floats) -> tuple[Floats, Floats]:
        """P(YES) given no push, and P(push), n each; columns as in `names`, lines in points."""
        center = self.learner.predict(inputs)
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
        """Read what `save` wrote; IntegrityError where it was fitted on other columns than `names`."""
        content = read_json(folder / BASELINE_FILE)
        if tuple(content["names"]) != names:
            raise IntegrityError(
                f"{folder}: fitted on other feature columns than today's; retrain before predicting."
            )
        market = MARKETS[content["market"]]
        empty = LEARNERS[content["learner"]](_spec(market, names))
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
    rows: Ints,
    points: Floats,
    *,
    market: Market,
    learner: str,
    seed: int,
    device: Device = "cpu",
) -> Baseline:
    """Fit one learner, a key of `LEARNERS`, for one market.

    `rows` are indices of the training games, ascending in time, all played; `points` are the home
    margins or totals of all n games of the matrix, NaN where unplayed.
    """
    inputs, y = matrix.inputs.take(rows), points[rows]
    if not np.isfinite(y).all():
        raise ValueError("training rows must be played games")
    spec = replace(
        _spec(market, matrix.names),
        monotone=matrix.monotone,
        weight=matrix.weight,
        seed=seed,
        device=device,
    )
    new = partial(LEARNERS[learner], spec)
    baseline = partial(Baseline, market=market, names=matrix.names)
    if market.line_column is None:
        decided = y != 0
        fitted = new().fit(inputs.take(decided), (y[decided] > 0).astype(np.float64))
        return baseline(learner=fitted, distribution=None, push_rate=float(np.mean(~decided)))
    distribution = _held_out_distribution(new, inputs, y, market)
    return baseline(learner=new().fit(inputs, y), distribution=distribution, push_rate=0.0)


def require(learners: Iterable[str], device: Device) -> None:
    """Refuse by SettingsError, before the first fit, a learner or device that is not there."""
    for name in learners:
        LEARNERS[name](replace(_spec(MARKETS["ats"], ()), device=device))


def _held_out_distribution(
    new: Callable[[], Learner], inputs: Inputs, points: Floats, market: Market
) -> OutcomeDistribution:
    """Size the residuals on the latest training games, which a first fit does not see."""
    cut = int(len(points) * (1 - HOLDOUT_SHARE))
    early, late = np.arange(cut), np.arange(cut, len(points))
    expected = new().fit(inputs.take(early), points[early]).predict(inputs.take(late))
    symmetric = combine_of(market) == "difference"
    return fit_outcome_distribution(points[late], expected, symmetric=symmetric)


def _spec(market: Market, names: tuple[str, ...]) -> Spec:
    """No constraint, equal belief, on the CPU: all that a stored learner needs."""
    return Spec(
        names=names,
        task="probability" if market.line_column is None else "mean",
        combine=combine_of(market),
        monotone=(0,) * len(names),
        weight=(1.0,) * len(names),
        seed=0,
    )
