"""Seasons of forecasts side by side, and fit functions to walk them forward with."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial

import numpy as np
import polars as pl

from nfl_signals.calibration.platt import fit_platt
from nfl_signals.stacking.gbm import fit_gbm_stack
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.stacking.logistic import LogisticStack, fit_logistic_stack
from nfl_signals.stacking.protocol import Blend
from nfl_signals.stacking.walk_forward import (
    Calibration,
    FitBlend,
    walk_forward_blend,
    walk_forward_calibration,
)
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit

SEASONS = (2001, 2002, 2003, 2004, 2005)
INPUTS = ("market", "first", "second")
ALL_INPUTS = (*INPUTS, *SIGNALS)
GAMES = 60  # a season, the last of which is a push


def league(
    seasons: Sequence[int] = SEASONS, *, seed: int = 1, silent_until: int = 0, silent_every: int = 0
) -> pl.DataFrame:
    """What `stack_inputs` returns, joined with signals.

    Args:
        seasons: which.
        seed: of everything.
        silent_until: games of earlier seasons have no signals.
        silent_every: of the others, every such game has none either; 0: all have them.
    """
    random = np.random.default_rng(seed)
    n = len(seasons) * GAMES
    truth = 0.8 * random.normal(size=n)
    noisy = {f"p_{name}": expit(truth + 0.5 * random.normal(size=n)) for name in INPUTS}
    news = {f"signal_{name}": random.uniform(-1, 1, size=n) for name in SIGNALS}
    outcome = np.where(random.random(n) < expit(truth), "yes", "no").astype("<U4")
    outcome[GAMES - 1 :: GAMES] = "push"
    start = datetime(2001, 9, 9, 17, tzinfo=UTC)
    table = pl.DataFrame(
        {
            "game_id": [f"g{row:04d}" for row in range(n)],
            "market": ["ats"] * n,
            "season": pl.Series(np.repeat(seasons, GAMES), dtype=pl.Int32),
            "week": pl.Series([row % GAMES // 4 + 1 for row in range(n)], dtype=pl.Int32),
            "kickoff_at": [start + timedelta(days=row) for row in range(n)],
            "outcome": outcome,
            **noisy,
            **news,
        }
    )
    number = pl.int_range(n)
    silent = pl.col("season") < silent_until
    if silent_every:
        silent |= number % silent_every == 0
    return table.with_columns(pl.when(~silent).then(pl.col(name)).alias(name) for name in news)


def linear(values: Floats, y: Floats, _season: int, *, inputs: Sequence[str]) -> LogisticStack:
    """The default blend."""
    signals = [name for name in inputs if name in SIGNALS]
    return fit_logistic_stack(values, y, inputs=inputs, signals=signals)


def trees(values: Floats, y: Floats, _season: int, *, inputs: Sequence[str]) -> Blend:
    """The blend of trees."""
    return fit_gbm_stack(values, y, inputs=inputs, seed=7)


BLENDS: dict[str, Callable[..., Blend]] = {"linear": linear, "trees": trees}


def platt(rows: pl.DataFrame) -> Callable[[Floats], Calibration]:
    """Platt calibration whose interval is the forecast before and after."""
    fitted = fit_platt(rows["p_raw"].to_numpy(), rows["y"].to_numpy())

    def calibrate(p_raw: Floats) -> Calibration:
        p = fitted.predict(p_raw)
        return Calibration(fitted.method, p, np.minimum(p, p_raw), np.maximum(p, p_raw))

    return calibrate


def walk_forward(
    rows: pl.DataFrame, *, inputs: Sequence[str] = INPUTS, blend: str = "linear"
) -> pl.DataFrame:
    """One season for the blend, two blended seasons for the calibrator: 2004 is the first."""
    fit_blend: FitBlend = partial(BLENDS[blend], inputs=inputs)
    blended = walk_forward_blend(rows, inputs=inputs, fit_blend=fit_blend, min_seasons=1)
    return walk_forward_calibration(blended, fit_calibrator=platt, min_seasons=2)
