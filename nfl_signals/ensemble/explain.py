"""Take every forecast to pieces: each input's value, weight and contribution, down to p_hat.

    logit(p_hat) = intercept + sum of weight * value over the inputs
                   + calibration + coherence [+ recalibration]

`calibration` is what the calibrator moved, `coherence` what made the game's markets coherent,
`recalibration` what was added since, in an ensemble that is a recalibrated copy of another.
Nothing is left over: the contributions of a game and market add up to the logit of its p_hat.
"""

from collections.abc import Sequence

import polars as pl

from nfl_signals.stacking.inputs import SIGNALS, logit_matrix
from nfl_signals.stats.logit import logit

KEYS = ("game_id", "market")
STEPS = ("calibration", "coherence", "recalibration")


def contributions(rows: pl.DataFrame, inputs: Sequence[str]) -> pl.DataFrame:
    """One row per game, market and piece.

    Args:
        rows: stacked predictions or an ensemble's forecasts: `game_id, market, p_<input>,
            signal_<name>, weight_*, p_raw, p_calibrated, p_hat`, and `p_coherent` of a recalibrated one.
        inputs: market and learners, in the order in which they are to be shown; signals follow.

    Returns:
        `game_id, market, input, value, weight, contribution` (value: logit of a probability, or
        the signal; weight: logits per unit; contribution: logits). Steps and intercept have neither
        value nor weight; a signal that was not available has no row.
    """
    recalibrated = "p_coherent" in rows.columns
    pieces = [
        _piece(rows, "intercept", rows["weight_intercept"]),
        *(_weighed(rows, name) for name in inputs),
        *(_weighed(rows.drop_nulls(f"signal_{name}"), name) for name in SIGNALS),
        _piece(rows, "calibration", _moved(rows, "p_raw", "p_calibrated")),
        _piece(
            rows,
            "coherence",
            _moved(rows, "p_calibrated", "p_coherent" if recalibrated else "p_hat"),
        ),
    ]
    if recalibrated:
        pieces.append(_piece(rows, "recalibration", _moved(rows, "p_coherent", "p_hat")))
    order = {name: place for place, name in enumerate(["intercept", *inputs, *SIGNALS, *STEPS])}
    place = pl.col("input").replace_strict(order, return_dtype=pl.Int64)
    table = pl.concat(pieces).with_columns(place=place)
    first = rows.select(KEYS).with_row_index("row")
    return table.join(first, on=KEYS).sort("row", "place").drop("row", "place")


def _weighed(rows: pl.DataFrame, name: str) -> pl.DataFrame:
    value = pl.Series(logit_matrix(rows, [name])[:, 0], dtype=pl.Float64)
    weight = rows[f"weight_{name}"]
    return _piece(rows, name, value * weight).with_columns(value=value, weight=weight)


def _moved(rows: pl.DataFrame, before: str, after: str) -> pl.Series:
    return pl.Series(logit(rows[after].to_numpy()) - logit(rows[before].to_numpy()))


def _piece(rows: pl.DataFrame, name: str, contribution: pl.Series) -> pl.DataFrame:
    return rows.select(
        *KEYS,
        pl.lit(name).alias("input"),
        pl.lit(None, pl.Float64).alias("value"),
        pl.lit(None, pl.Float64).alias("weight"),
        pl.Series("contribution", contribution, dtype=pl.Float64),
    )
