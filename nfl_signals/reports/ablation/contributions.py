"""What moves the forecasts: features inside each learner, inputs inside the stack, calibrators chosen."""

from typing import Any

import numpy as np
import polars as pl

from nfl_signals.ensemble.explain import STEPS, contributions
from nfl_signals.stacking.inputs import SIGNALS

Json = dict[str, Any]
TOP = 10  # features shown per learner
UNITS = {"moneyline": "logits", "ats": "points of margin", "total": "points of both teams"}


def largest_contributions(moves: pl.DataFrame, market: str) -> list[Json]:
    """The features that move each learner most.

    Args:
        moves: `market, learner, version, season, n, feature, mean_abs`; mean absolute contribution
            over n games, logits on the moneyline and points elsewhere.
        market: name.

    Returns:
        One entry a learner: `learner, version, season, n, unit, n_features, features`, the last in
        falling order, `feature, mean_abs` each.
    """
    mine = moves.filter(pl.col("market") == market)
    found = []
    for learner in mine["learner"].unique(maintain_order=True):
        rows = mine.filter(pl.col("learner") == learner).sort(-pl.col("mean_abs"), "feature")
        found.append(
            {
                **{key: rows[key][0] for key in ("learner", "version", "season", "n")},
                "unit": UNITS[market],
                "n_features": rows.height,
                "features": rows.head(TOP).select("feature", "mean_abs").to_dicts(),
            }
        )
    return found


def input_contributions(stacked: pl.DataFrame, inputs: list[str]) -> list[Json]:
    """How far each input, and each step after the blend, moves the stack.

    Args:
        stacked: walk-forward rows of one market, `schemas.stacked_schema`.
        inputs: market and learners, in the order in which they are shown.

    Returns:
        Rows `input, n, n_heard, mean_weight, mean_abs`: logits over all n games; where an input was
        not heard it moved nothing. `mean_weight` is over the games where it was; None for steps.
    """
    if stacked.is_empty():
        return []
    pieces = contributions(stacked, inputs)
    # Summed by numpy: polars' groups add up in an order that depends on the number of threads.
    parts = {part["input"][0]: part for part in pieces.partition_by("input", maintain_order=True)}
    order = dict.fromkeys(["intercept", *inputs, *SIGNALS, *STEPS])
    return [_moved(parts[name], stacked.height) for name in order if name in parts]


def _moved(part: pl.DataFrame, n: int) -> Json:
    weights = part["weight"].drop_nulls().to_numpy()
    return {
        "input": part["input"][0],
        "n": n,
        "n_heard": part.height,
        "mean_weight": float(weights.mean()) if len(weights) else None,
        "mean_abs": float(np.abs(part["contribution"].to_numpy()).sum()) / n,
    }


def calibrators(stacked: pl.DataFrame) -> list[Json]:
    """Which calibrator spoke in each season, and for how many games.

    Args:
        stacked: walk-forward rows of one market.

    Returns:
        Rows `season, calibrator, n`.
    """
    counted = stacked.group_by("season", "calibrator").agg(n=pl.len())
    return counted.sort("season", "calibrator").to_dicts()
