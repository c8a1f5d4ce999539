"""Base models of each market: fit, predict, save, load.

A moneyline model estimates the probability of a home win directly. An ats or total model estimates
the expected margin or total; a discrete outcome distribution turns it into the probability of
beating any line, pushes included. Which rows it may be fitted on is `stacking/splits.py`.

A line knows more than a learner, so where the two differ the learner is mostly wrong: its raw
probability of beating the line is too sure. One slope on its logit draws it back, fitted with the
distribution on games that a first fit on earlier training games forecast. Whatever a fold may learn
from bounds its slope too, under every scheme. A moneyline learner is fitted to the probability itself;
a slope made its log loss of 2003-2008 worse by 0.0005 to 0.0007 and is not fitted.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Self

import numpy as np

from nfl_signals.calibration.files import load_calibrator, save_calibrator
from nfl_signals.calibration.identity import fit_identity
from nfl_signals.calibration.protocol import Calibrator
from nfl_signals.calibration.temperature import fit_temperature
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.files import read_json, write_json
from nfl_signals.learners import neutral_ground
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
HOLDOUT_SHARE = 0.4
"""Of the training games, the latest: they size the outcome distribution and set the slope.

By the log loss of ats and total in 2003-2008: 0.3 and 0.5 are worse, 0.6 is better by less than 0.0001
a game but leaves the first fit too few seasons. An intercept beside the slope was worse at every share.
"""
SLOPE_DEVIATION = 2.0
"""Prior sd of the slope around 1: keeps it finite where few games are forecast without an error.

It costs 0.00002 of log loss in 2003-2008; the 0.2 of the stack's calibrators would hold it near 1.
"""
TAIL = 1e-4  # no single base model claims more certainty than this
BASELINE_FILE = "baseline.json"
CALIBRATOR_FILE = "calibrator.json"


@dataclass(frozen=True, kw_only=True, eq=False)
class Baseline:
    """One fitted base model."""

    market: Market
    learner: Learner
    distribution: OutcomeDistribution | None  # of points around the learner's mean; not moneyline
    calibrator: Calibrator  # applied to the raw probability
    push_rate: float  # share of ties in training, moneyline only
    names: tuple[str, ...]  # feature columns it expects, in order

    def predict(self, inputs: Inputs, line: Floats) -> tuple[Floats, Floats]:
        """Calibrated P(YES) given no push, and P(push); see `predict_raw`."""
        p_raw, p_push = self.predict_raw(inputs, line)
        return self.calibrated(p_raw), p_push

    def calibrated(self, p_raw: Floats) -> Floats:
        """What `predict` makes of raw probabilities."""
        return np.clip(self.calibrator.predict(p_raw), TAIL, 1 - TAIL)

    def expected(self, inputs: Inputs) -> Floats:
        """The learner's own forecast, n: points, or the probability of a home win."""
        return neutral_ground.predict(self.learner, inputs)

    def predict_raw(self, inputs: Inputs, line: Floats) -> tuple[Floats, Floats]:
        """P(YES) given no push before calibration, and P(push), n each.

        Columns as in `names`, lines in points.
        """
        center = self.expected(inputs)
        if self.distribution is None:
            p_yes, p_push = center, np.full(len(center), self.push_rate)
        else:
            p_yes, p_push = self.distribution.yes_and_push(center, line)
        return np.clip(p_yes, TAIL, 1 - TAIL), p_push

    def save(self, folder: Path) -> None:
        """Write learner, distribution and calibrator below `folder`."""
        self.learner.save(folder)
        save_calibrator(folder / CALIBRATOR_FILE, self.calibrator)
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
            calibrator=load_calibrator(folder / CALIBRATOR_FILE),
            push_rate=float(content["push_rate"]),
            names=names,
        )


def fit_baseline(
    matrix: GameMatrix,
    rows: Ints,
    points: Floats,
    line: Floats,
    *,
    market: Market,
    learner: str,
    seed: int,
    device: Device = "cpu",
) -> Baseline:
    """Fit one learner, a key of `LEARNERS`, for one market.

    `rows` are indices of the training games, ascending in time, all played; `points` are the home
    margins or totals of all n games of the matrix, NaN where unplayed; `line` their thresholds, NaN
    where there is none: the learner never sees them, only the one slope is set by them.
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
        return baseline(
            learner=fitted,
            distribution=None,
            calibrator=fit_identity(np.empty(0), np.empty(0)),
            push_rate=float(np.mean(~decided)),
        )
    distribution, calibrator = _fit_held_out(new, inputs, y, line[rows], market)
    return baseline(
        learner=new().fit(inputs, y),
        distribution=distribution,
        calibrator=calibrator,
        push_rate=0.0,
    )


def require(learners: Iterable[str], device: Device) -> None:
    """Refuse by SettingsError, before the first fit, a learner or device that is not there."""
    for name in learners:
        LEARNERS[name](replace(_spec(MARKETS["ats"], ()), device=device))


def _fit_held_out(
    new: Callable[[], Learner], inputs: Inputs, points: Floats, line: Floats, market: Market
) -> tuple[OutcomeDistribution, Calibrator]:
    """Residuals and slope of the latest training games, which a first fit does not see."""
    cut = int(len(points) * (1 - HOLDOUT_SHARE))
    early, late = np.arange(cut), np.arange(cut, len(points))
    first = new().fit(inputs.take(early), points[early])
    expected = neutral_ground.predict(first, inputs.take(late))
    symmetric = combine_of(market) == "difference"
    distribution = fit_outcome_distribution(points[late], expected, symmetric=symmetric)
    decided = np.isfinite(line[late]) & (points[late] != line[late])
    p_raw, _ = distribution.yes_and_push(expected[decided], line[late][decided])
    yes = (points[late] > line[late])[decided].astype(np.float64)
    p_raw = np.clip(p_raw, TAIL, 1 - TAIL)
    return distribution, fit_temperature(p_raw, yes, deviation=SLOPE_DEVIATION)


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
