"""Walk-forward replay of stack and calibrator: each season predicted from earlier seasons only.

For season S the blend is fitted on learners' walk-forward forecasts of seasons before S, and the
calibrator on the blend's own forecasts of seasons before S. Both fit functions are handed in.
"""

from collections.abc import Callable, Sequence
from typing import Protocol

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
SCORED = ["yes", "no"]


class Blend(Protocol):
    """A fitted stack."""

    @property
    def intercept(self) -> float:
        """Logits."""
        ...

    @property
    def weights(self) -> tuple[float, ...]:
        """One per input."""
        ...

    def predict(self, probabilities: Floats) -> Floats:
        """N x inputs -> n."""
        ...


class Calibrator(Protocol):
    """A fitted calibrator."""

    def predict(self, p_raw: Floats) -> Floats:
        """N -> n."""
        ...


FitBlend = Callable[[Floats, Floats], Blend]
FitCalibrator = Callable[[Floats, Floats], Calibrator]


def stack_inputs(
    oof: pl.DataFrame, markets: pl.DataFrame, *, market: str, scheme: str, learners: Sequence[str]
) -> pl.DataFrame:
    """One row per game with the market's and every learner's probability side by side.

    Args:
        oof: out-of-fold predictions.
        markets: gold markets.
        market: name.
        scheme: 'walk_forward' or 'purged_kfold'.
        learners: columns wanted.

    Returns:
        `game_id, market, season, week, kickoff_at, outcome, p_market, p_<learner>..., p_push`
        (mean over learners), games without price or line left out, in time order.
    """
    mine = oof.filter((pl.col("market") == market) & (pl.col("scheme") == scheme))
    wide = mine.pivot(on="learner", index="game_id", values="p_hat").rename(
        {name: f"p_{name}" for name in learners}
    )
    push = mine.group_by("game_id").agg(pl.col("p_push").mean())
    keys = ["game_id", "market", "season", "week", "kickoff_at", "outcome", "p_market"]
    return (
        markets.filter((pl.col("market") == market) & pl.col("p_market").is_not_null())
        .select(keys)
        .join(wide, on="game_id")
        .join(push, on="game_id")
        .select(*keys, *(f"p_{name}" for name in learners), "p_push")
        .sort("season", "week", "kickoff_at", "game_id")
    )


def replay_blend(
    rows: pl.DataFrame, *, inputs: Sequence[str], fit_blend: FitBlend, min_seasons: int
) -> pl.DataFrame:
    """Blend every season that has enough earlier ones.

    Args:
        rows: result of `stack_inputs` with the walk-forward scheme.
        inputs: names; the columns `p_<name>` are blended.
        fit_blend: (n x inputs probabilities, n outcomes) -> blend.
        min_seasons: earlier seasons the blend needs.

    Returns:
        The rows of blended seasons with `p_raw, weight_intercept, weight_<input>...,
        llm_available`; other columns as given.
    """
    seasons = rows["season"].unique().sort().to_list()[min_seasons:]
    empty = _blend_columns(rows.head(0), inputs)
    return pl.concat(
        [empty, *(_blend_season(rows, season, inputs, fit_blend) for season in seasons)]
    )


def replay_calibration(
    blended: pl.DataFrame, *, fit_calibrator: FitCalibrator, min_seasons: int
) -> pl.DataFrame:
    """Calibrate every blended season that has enough earlier ones.

    Args:
        blended: result of `replay_blend`.
        fit_calibrator: (n blended probabilities, n outcomes) -> calibrator.
        min_seasons: earlier blended seasons the calibrator needs.

    Returns:
        The rows of calibrated seasons with `p_hat`.
    """
    finished = [blended.head(0).with_columns(p_hat=pl.lit(0.0))]
    for season in blended["season"].unique().sort().to_list()[min_seasons:]:
        raw, outcome = scored(blended.filter(pl.col("season") < season), ["p_raw"])
        current = blended.filter(pl.col("season") == season)
        p_hat = fit_calibrator(raw[:, 0], outcome).predict(current["p_raw"].to_numpy())
        finished.append(current.with_columns(p_hat=pl.Series(p_hat, dtype=pl.Float64)))
    return pl.concat(finished)


def scored(rows: pl.DataFrame, columns: Sequence[str]) -> tuple[Floats, Floats]:
    """Columns and outcomes (1 YES, 0 NO) of settled rows; pushes and open games left out."""
    settled = rows.filter(pl.col("outcome").is_in(SCORED))
    y = (settled["outcome"] == "yes").cast(pl.Float64).to_numpy()
    return settled.select(columns).to_numpy(), y


def _blend_season(
    rows: pl.DataFrame, season: int, inputs: Sequence[str], fit_blend: FitBlend
) -> pl.DataFrame:
    columns = [f"p_{name}" for name in inputs]
    blend = fit_blend(*scored(rows.filter(pl.col("season") < season), columns))
    current = rows.filter(pl.col("season") == season)
    p_raw = blend.predict(current.select(columns).to_numpy())
    return current.with_columns(
        pl.Series("p_raw", p_raw),
        pl.lit(blend.intercept).alias("weight_intercept"),
        *(
            pl.lit(weight).alias(f"weight_{name}")
            for name, weight in zip(inputs, blend.weights, strict=True)
        ),
        pl.lit(value=False).alias("llm_available"),
    )


def _blend_columns(rows: pl.DataFrame, inputs: Sequence[str]) -> pl.DataFrame:
    numbers = ["p_raw", "weight_intercept", *(f"weight_{name}" for name in inputs)]
    return rows.with_columns(
        *(pl.lit(0.0).alias(name) for name in numbers), pl.lit(value=False).alias("llm_available")
    )
