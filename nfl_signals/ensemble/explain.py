"""Take every forecast to pieces: each input's value, weight and contribution, down to p_hat.

    logit(p_hat) = intercept + sum of weight * value over the inputs
                   + calibration + coherence [+ recalibration]

`calibration` is what the calibrator moved, `coherence` what made the game's markets coherent,
`recalibration` what was added since, in an ensemble that is a recalibrated copy of another.
Nothing is left over: the contributions of a game and market add up to the logit of its p_hat.
"""

from collections.abc import Sequence
from itertools import pairwise

import polars as pl

from nfl_signals.markets.definitions import KEYS
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.stats.logit import logit

STAGES = ("p_raw", "p_calibrated", "p_coherent", "p_hat")
"""Of a forecast; `p_coherent` is there only in a recalibrated copy, else p_hat is coherent."""
STEPS = ("calibration", "coherence", "recalibration")


def contributions(rows: pl.DataFrame, inputs: Sequence[str]) -> pl.DataFrame:
    """One row per game, market and piece of stacked predictions or an ensemble's forecasts.

    `inputs` are market and learners, in the order in which they are to be shown; signals follow.
    Columns: `game_id, market, input, value, weight, contribution` (value: logit of a probability, or
    the signal; weight: logits per unit; contribution: logits). Steps and intercept have neither value
    nor weight; a signal that was not available has no row.
    """
    stages = [name for name in STAGES if name in rows.columns]
    logits = {
        name: pl.Series(logit(rows[name].to_numpy()))
        for name in dict.fromkeys([*(f"p_{name}" for name in inputs), *stages])
    }
    pieces = [_piece(rows, "intercept", rows["weight_intercept"])]
    pieces += [_weighed(rows, name, logits[f"p_{name}"]) for name in inputs]
    for name in SIGNALS:
        available = rows.drop_nulls(f"signal_{name}")
        pieces.append(_weighed(available, name, available[f"signal_{name}"]))
    for step, (before, after) in zip(STEPS, pairwise(stages), strict=False):
        pieces.append(_piece(rows, step, logits[after] - logits[before]))
    order = {name: place for place, name in enumerate(["intercept", *inputs, *SIGNALS, *STEPS])}
    place = pl.col("input").replace_strict(order, return_dtype=pl.Int64)
    table = pl.concat(pieces).with_columns(place=place)
    first = rows.select(KEYS).with_row_index("row")
    return table.join(first, on=KEYS).sort("row", "place").drop("row", "place")


def _weighed(rows: pl.DataFrame, name: str, value: pl.Series) -> pl.DataFrame:
    weight = rows[f"weight_{name}"]
    return _piece(rows, name, value * weight).with_columns(
        value=value.cast(pl.Float64), weight=weight
    )


def _piece(rows: pl.DataFrame, name: str, contribution: pl.Series) -> pl.DataFrame:
    return rows.select(
        *KEYS,
        pl.lit(name).alias("input"),
        pl.lit(None, pl.Float64).alias("value"),
        pl.lit(None, pl.Float64).alias("weight"),
        pl.Series("contribution", contribution, dtype=pl.Float64),
    )
