"""A map that recalibrates a model by what was played since it was fitted: two numbers a market.

    logit(p') = intercept + slope * logit(p)

(Cox 1958, Biometrika 45). It is fitted by maximum a posteriori logistic regression that expects the
identity: intercept 0, slope 1; how firmly, the marginal likelihood decides (Bishop 2006, section 3.5).
Few games move it a little, many as far as they show. A slope below 0 would turn favourites into
underdogs, which no drift does, so it is held at 0.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, fit_towards_prior, log_evidence, logit

IDENTITY = np.array([0.0, 1.0])
PRIOR_DEVIATION = np.array([0.25, 0.5])
"""Logits, and per logit: a bias of 6 points in 100 and a slope of one half are one deviation away."""
GROSS, CLEARLY = 4.0, 20.0
"""Times as wide, for a gross error; taken where its marginal likelihood is so many times as large.

Refitted weekly over 60 simulated seasons of 270 games, the squared distance to the truth changes by, in
10,000ths, so (always narrow; always twice as wide as gross): perfect moneyline +15 (+15; +56), slope
0.5 -50 (-50; -19), bias 0.3 -16 (-17; +19), bias 1.5 -675 (-589; -728); perfect spread +8 (+8; +45),
bias 0.3 -40 (-40; -14).
"""


@dataclass(frozen=True, kw_only=True)
class RecalibrationMap:
    """One market's map.

    Attributes:
        intercept: logits; above 0 makes YES likelier.
        slope: 0 or above; below 1 draws towards even chances.
    """

    intercept: float
    slope: float

    def apply(self, p: Floats) -> Floats:
        """Recalibrated probabilities, shape as given.

        Example:
            >>> RecalibrationMap(intercept=0.0, slope=0.5).apply(np.array([0.5, 0.8])).round(4).tolist()
            [0.5, 0.6667]
        """
        return expit(self.intercept + self.slope * logit(p))

    def after(self, earlier: "RecalibrationMap") -> "RecalibrationMap":
        """Both in one: first `earlier`, then this.

        Example:
            >>> first = RecalibrationMap(intercept=0.25, slope=0.5)
            >>> RecalibrationMap(intercept=0.5, slope=2.0).after(first)
            RecalibrationMap(intercept=1.0, slope=1.0)
        """
        return RecalibrationMap(
            intercept=self.intercept + self.slope * earlier.intercept,
            slope=self.slope * earlier.slope,
        )


def fit_recalibration(p: Floats, y: Floats) -> RecalibrationMap:
    """The map fitted on played games; the identity where there are none.

    `p` are stated probabilities of YES, `y` outcomes 0 or 1, NaN where a push voids the game; shape (n,).

    Raises:
        ValueError: unequal shapes, p that is no probability, or y other than 0, 1 and NaN.
    """
    x, happened = _checked(p, y)
    ones = np.ones_like(x)
    intercept, slope = _fit(np.column_stack([ones, x]), happened)
    if slope >= 0:
        return RecalibrationMap(intercept=float(intercept), slope=float(slope))
    # The loss is convex, so the best slope that is allowed is 0; the intercept settles anew.
    (level,) = _fit(ones[:, None], happened)
    return RecalibrationMap(intercept=float(level), slope=0.0)


def _fit(design: Floats, y: Floats) -> Floats:
    """Coefficients under the narrow prior, or under the wide one where that is clearly likelier."""
    mean, narrow = IDENTITY[: design.shape[1]], PRIOR_DEVIATION[: design.shape[1]]
    fits, evidence = [], []
    for wide in (narrow, narrow * GROSS):
        fits.append(fit_towards_prior(design, y, prior_mean=mean, prior_deviation=wide))
        evidence.append(log_evidence(design, y, fits[-1], prior_mean=mean, prior_deviation=wide))
    return fits[1] if evidence[1] - evidence[0] > np.log(CLEARLY) else fits[0]


def prequential(p: Floats, y: Floats, week: NDArray[np.integer]) -> Floats:
    """Each week's games recalibrated by the map of earlier weeks only (Dawid 1984, JRSS A 147).

    The result is as honest as forecasts made at the time: no game counts in its own week. The games
    of the first week, and any before a game counts, stay as they were, bit for bit.

    Arguments and errors as `fit_recalibration`; weeks ascend with time, e.g. season * 100 + week, and
    rows may come in any order.
    """
    _checked(p, y)
    recalibrated = p.astype(np.float64).copy()
    for one in np.unique(week):
        earlier = (week < one) & ~np.isnan(y)
        if earlier.any():
            now = week == one
            recalibrated[now] = fit_recalibration(p[earlier], y[earlier]).apply(p[now])
    return recalibrated


def _checked(p: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Logits and outcomes of the games that count."""
    if p.shape != y.shape or p.ndim != 1:
        raise ValueError(f"recalibration: p {p.shape} and y {y.shape} must be of one length")
    if not ((p >= 0) & (p <= 1)).all():
        raise ValueError("recalibration: p must be probabilities")
    counts = ~np.isnan(y)
    if not np.isin(y[counts], (0.0, 1.0)).all():
        raise ValueError("recalibration: y must be 0, 1 or NaN")
    return logit(p[counts]), y[counts]
