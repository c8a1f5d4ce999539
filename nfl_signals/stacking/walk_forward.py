"""The walk-forward of blend, calibrator and coherence: each season from earlier seasons only.

For season S the blend is fitted on learners' walk-forward forecasts of seasons before S, the
calibrator on the blend's own forecasts of seasons before S, and the score distribution on games of
seasons before S. All fit functions are handed in.
"""

from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import polars as pl

from nfl_signals.stacking.inputs import SIGNALS, drop_missing_signals, logit_matrix
from nfl_signals.stacking.protocol import Blend, Parts
from nfl_signals.stats.arrays import Floats


class Calibration(NamedTuple):
    """What a fitted calibrator makes of n forecasts."""

    method: str
    p: Floats
    low: Floats  # Venn-Abers p0, had the game been a NO
    high: Floats  # Venn-Abers p1, had it been a YES


FitBlend = Callable[[Floats, Floats, int], Blend]  # values, outcomes, predicted season
Calibrate = Callable[[Floats], Calibration]
FitCalibrator = Callable[[pl.DataFrame], Calibrate]
"""Settled rows of earlier seasons with `p_raw, y, season, week` -> calibrator."""
MakeCoherent = Callable[[pl.DataFrame, pl.DataFrame], pl.DataFrame]
"""Settled games of earlier seasons, rows of one season -> those rows with `p_hat, p_push`."""


def walk_forward_blend(
    rows: pl.DataFrame, *, inputs: Sequence[str], fit_blend: FitBlend, min_seasons: int
) -> pl.DataFrame:
    """Blend every season that has enough earlier ones; rows that lack a signal are left out.

    Rows are `inputs.stack_inputs` of the walk-forward scheme, with signals where there are; those of
    blended seasons come back with `p_raw, weight_intercept, weight_<input>...` added.
    """
    usable = drop_missing_signals(rows, inputs)
    names = ["p_raw", "weight_intercept", *(f"weight_{name}" for name in inputs)]
    blended = [usable.head(0).with_columns(pl.lit(0.0).alias(name) for name in names)]
    for season in usable["season"].unique().sort().to_list()[min_seasons:]:
        training = settled_yes_no(usable.filter(pl.col("season") < season))
        blend = fit_blend(logit_matrix(training, inputs), training["y"].to_numpy(), season)
        current = usable.filter(pl.col("season") == season)
        blended.append(with_parts(current, blend.parts(logit_matrix(current, inputs)), inputs))
    return pl.concat(blended)


def walk_forward_calibration(
    blended: pl.DataFrame, *, fit_calibrator: FitCalibrator, min_seasons: int
) -> pl.DataFrame:
    """Calibrate every blended season that has enough earlier blended ones; see `with_calibration`."""
    none = Calibration("", *(blended["p_raw"].head(0).to_numpy() for _ in range(3)))
    calibrated = [with_calibration(blended.head(0), none)]
    for season in blended["season"].unique().sort().to_list()[min_seasons:]:
        calibrate = fit_calibrator(settled_yes_no(blended.filter(pl.col("season") < season)))
        current = blended.filter(pl.col("season") == season)
        calibrated.append(with_calibration(current, calibrate(current["p_raw"].to_numpy())))
    return pl.concat(calibrated)


def walk_forward_coherence(
    rows: pl.DataFrame, settled: pl.DataFrame, *, make_coherent: MakeCoherent
) -> pl.DataFrame:
    """Calibrated rows of all markets with coherent `p_hat, p_push`, in time order.

    Each season is made coherent by the scores of `settled` games of the seasons before it.
    """
    coherent = [rows.head(0).with_columns(p_hat=pl.lit(0.0), p_push=pl.lit(0.0))]
    for season in rows["season"].unique().sort():
        current = rows.filter(pl.col("season") == season)
        coherent.append(make_coherent(settled.filter(pl.col("season") < season), current))
    return pl.concat(coherent).sort("season", "week", "kickoff_at", "game_id", "market")


def prefer_signals(without: pl.DataFrame, signals: pl.DataFrame) -> pl.DataFrame:
    """Rows of the stack with signals where it has a forecast, of the one without elsewhere.

    Games and order are those of `without`; a column `llm_available` is added, and the weight of a
    signal that was not used is 0 and its value null.
    """
    order = without.select("game_id").with_row_index("row")
    missing = without.join(signals, on="game_id", how="anti")
    fallback = without_signals(missing).with_columns(llm_available=pl.lit(value=False))
    used = signals.with_columns(llm_available=pl.lit(value=True)).select(fallback.columns)
    return pl.concat([fallback, used]).join(order, on="game_id").sort("row").drop("row")


def without_signals(rows: pl.DataFrame) -> pl.DataFrame:
    """The rows of a stack that weighs no signal: weights 0, values null."""
    return rows.with_columns(
        *(pl.lit(0.0).alias(f"weight_{name}") for name in SIGNALS),
        *(pl.lit(None, pl.Float64).alias(f"signal_{name}") for name in SIGNALS),
    )


def with_calibration(rows: pl.DataFrame, found: Calibration) -> pl.DataFrame:
    """The rows with `calibrator, p_calibrated, venn_abers_low, venn_abers_high`."""
    return rows.with_columns(
        pl.lit(found.method).alias("calibrator"),
        pl.Series("p_calibrated", found.p, dtype=pl.Float64),
        pl.Series("venn_abers_low", found.low, dtype=pl.Float64),
        pl.Series("venn_abers_high", found.high, dtype=pl.Float64),
    )


def with_parts(rows: pl.DataFrame, parts: Parts, inputs: Sequence[str]) -> pl.DataFrame:
    """The rows with `p_raw, weight_intercept, weight_<input>...`."""
    columns: dict[str, Any] = {"p_raw": parts.p_raw, "weight_intercept": parts.base}
    columns |= {f"weight_{name}": parts.weights[:, i] for i, name in enumerate(inputs)}
    return rows.with_columns(
        pl.Series(name, column, dtype=pl.Float64) for name, column in columns.items()
    )


def settled_yes_no(rows: pl.DataFrame) -> pl.DataFrame:
    """Settled rows with `y` (1.0 YES, 0.0 NO); pushes and open games left out."""
    settled = rows.filter(pl.col("outcome").is_in(["yes", "no"]))
    return settled.with_columns(y=(pl.col("outcome") == "yes").cast(pl.Float64))
