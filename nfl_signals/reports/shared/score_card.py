"""The scores of forecasters on settled games, each with what chance alone would do.

Numbers come out as JSON values; what the rows cannot determine is None, never a stand-in. Rows are
`settled.py`'s, pushes left out: `forecaster, season, week, outcome, p`.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Self

import numpy as np
import polars as pl
from scipy.stats import norm
from sklearn.metrics import roc_auc_score

from nfl_signals.core.files import Json
from nfl_signals.reports.shared.targets import verdict
from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats, Ints
from nfl_signals.stats.bootstrap import Interval, minimum_detectable_effect, week_block_interval

LEVEL = 0.95  # coverage of every interval in the reports
ALPHA = (1 - LEVEL) / 2  # of the one-sided test that a verdict on such an interval is
NO_ESTIMATE: Json = {"estimate": None, "low": None, "high": None}
WEEKS_A_SEASON = 100  # more than a season has: season * 100 + week is distinct over seasons


@dataclass(frozen=True, kw_only=True, eq=False)
class Graded:
    """One forecaster's n probabilities of YES beside what happened, pushes left out."""

    p: Floats  # stated, shape (n,)
    y: Floats  # 0 or 1, shape (n,)
    weeks: Ints  # label of each game's week, distinct over seasons, shape (n,)

    @classmethod
    def of(cls, rows: pl.DataFrame) -> Self:
        """From one forecaster's rows."""
        y = (rows["outcome"] == "yes").cast(pl.Float64).to_numpy()
        return cls(p=rows["p"].to_numpy(), y=y, weeks=week_labels(rows))

    @property
    def squared_errors(self) -> Floats:
        """Brier score of each game."""
        return (self.p - self.y) ** 2

    @property
    def log_losses(self) -> Floats:
        """Log loss of each game, nats."""
        held = np.clip(self.p, scores.CLIP, 1 - scores.CLIP)
        return np.asarray(-np.where(self.y == 1.0, np.log(held), np.log1p(-held)))

    @property
    def hits(self) -> Floats:
        """1 where the side above one half happened, one half where neither side was picked."""
        return np.where(self.p == 0.5, 0.5, (self.p > 0.5) == (self.y == 1.0)).astype(np.float64)


def week_labels(rows: pl.DataFrame) -> Ints:
    """A number for each row's week, distinct over seasons."""
    return (rows["season"].cast(pl.Int64) * WEEKS_A_SEASON + rows["week"]).to_numpy()


def grade(rows: pl.DataFrame) -> dict[str, Graded]:
    """Every forecaster's games, forecasters in the order of the rows."""
    by_name = rows.partition_by("forecaster", maintain_order=True)
    return {part["forecaster"][0]: Graded.of(part) for part in by_name}


def score_card(graded: Graded, *, seed: int) -> Json:
    """Every two-way score of one forecaster with at least one game.

    Returns `n, n_weeks`; `brier, accuracy, slope` with 95 % intervals (`estimate, low, high`);
    `log_loss` in nats, `auc`, `calibration_error` and the 95 % quantile of what a perfectly
    calibrated forecast would show, `calibration_error_null95`.
    """
    p, y = graded.p, graded.y
    enough = len(p) >= 2
    return {
        "n": len(p),
        "n_weeks": len(np.unique(graded.weeks)),
        "brier": interval(graded.squared_errors, graded.weeks, seed=seed),
        "log_loss": scores.log_loss(p, y),
        "accuracy": interval(graded.hits, graded.weeks, seed=seed),
        "auc": float(roc_auc_score(y, p)) if len(np.unique(y)) == 2 else None,
        "calibration_error": scores.debiased_calibration_error(p, y) if enough else None,
        "calibration_error_null95": (
            scores.calibration_error_null(p, seed=seed, level=LEVEL) if enough else None
        ),
        "slope": _slope(p, y),
    }


def compare(graded: Graded, reference: Graded, *, seed: int) -> Json:
    """Paired Brier difference on the same games in the same order; negative is better.

    Returns `estimate, low, high, relative` (to the reference's Brier)`, minimum_detectable` (by that
    verdict, power 80 %) and the verdict on "Brier below the reference's".
    """
    difference = graded.squared_errors - reference.squared_errors
    n, result = len(difference), interval(difference, graded.weeks, seed=seed)
    base = float(reference.squared_errors.mean())
    deviation = float(difference.std(ddof=1)) if n >= 2 else None
    return {
        **result,
        "relative": result["estimate"] / base if base > 0 else None,
        "minimum_detectable": (
            None if deviation is None else minimum_detectable_effect(deviation, n, alpha=ALPHA)
        ),
        "verdict": verdict(low=result["low"], high=result["high"], limit=0.0, side="below"),
    }


def interval(values: Floats, weeks: Ints, *, seed: int) -> Json:
    """Mean with its week-block interval; no interval where there is only one week."""
    if len(np.unique(weeks)) < 2:
        return NO_ESTIMATE | {"estimate": float(values.mean())}
    return ends(week_block_interval(values, weeks, seed=seed, level=LEVEL))


def ends(found: Interval) -> Json:
    """`estimate, low, high` of an interval."""
    return {name: getattr(found, name) for name in NO_ESTIMATE}


def per_season(rows: pl.DataFrame) -> list[Json]:
    """`forecaster, season, n, brier, log_loss`, each forecaster on all its games of the season."""
    groups = rows.group_by("forecaster", "season", maintain_order=True)
    return [
        {
            "forecaster": name,
            "season": season,
            "n": part.height,
            "brier": scores.brier(graded.p, graded.y),
            "log_loss": scores.log_loss(graded.p, graded.y),
        }
        for (name, season), part in groups
        for graded in [Graded.of(part)]
    ]


def reliability(graded: Mapping[str, Graded]) -> list[Json]:
    """`forecaster, n, mean_p, mean_y, low, high`, one row a bin of each forecaster's curve."""
    return [
        {"forecaster": name, **asdict(point)}
        for name, one in graded.items()
        if len(one.p) >= 2
        for point in scores.reliability_curve(one.p, one.y, level=LEVEL)
    ]


def _slope(p: Floats, y: Floats) -> Json | None:
    try:
        fitted = scores.calibration_slope_intercept(p, y)
    except scores.NotEstimableError:
        return None
    half = float(norm.ppf((1 + LEVEL) / 2)) * fitted.slope_se
    return {"estimate": fitted.slope, "low": fitted.slope - half, "high": fitted.slope + half}
