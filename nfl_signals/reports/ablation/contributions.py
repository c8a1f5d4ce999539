"""What forecasts are made of: features in each learner, inputs in the stack, calibrators chosen."""

import numpy as np
import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.ensemble.explain import STEPS, contributions
from nfl_signals.learners import neutral_ground
from nfl_signals.learners.baseline import Baseline
from nfl_signals.stacking.inputs import SIGNALS
from nfl_signals.workspace.market_games import MarketGames

TOP = 10  # features shown per learner
POINTS = {"result": "points of margin", "total": "points of both teams"}


def feature_contributions(games: MarketGames, baseline: Baseline, version: str) -> Json | None:
    """The features that contribute most to one learner on the last season, by its own decomposition.

    Returns `learner, version, season, n` (games)`, unit, n_features, features`, the last in falling
    order, `feature, mean_abs` (mean absolute contribution) each. None for a learner that cannot be
    decomposed.
    """
    seasons = games.matrix.games["season"].to_numpy()
    last = np.flatnonzero(seasons == seasons.max())
    found = neutral_ground.contributions(baseline.learner, games.matrix.inputs.take(last))
    if found is None:
        return None
    sizes = dict(zip(games.matrix.names, np.abs(found[0]).mean(axis=0).tolist(), strict=True))
    largest = sorted(sizes, key=lambda feature: (-sizes[feature], feature))[:TOP]
    return {
        "learner": baseline.learner.name,
        "version": version,
        "season": int(seasons.max()),
        "n": len(last),
        "unit": POINTS[games.market.outcome_column] if games.market.line_column else "logits",
        "n_features": len(sizes),
        "features": [{"feature": name, "mean_abs": sizes[name]} for name in largest],
    }


def input_contributions(stacked: pl.DataFrame, inputs: list[str]) -> list[Json]:
    """How far each input, and each step after the blend, moves the stack on one market.

    Returns rows `input, n, n_available, mean_weight, mean_abs`: logits over all n games; where an
    input was not available it moved nothing. `mean_weight` is over the games where it was; None for
    steps.
    """
    if stacked.is_empty():
        return []
    pieces = contributions(stacked, inputs)
    # Summed by numpy: polars' groups add up in an order that depends on the number of threads.
    parts = {part["input"][0]: part for part in pieces.partition_by("input", maintain_order=True)}
    weights = {name: part["weight"].drop_nulls().to_numpy() for name, part in parts.items()}
    return [
        {
            "input": name,
            "n": stacked.height,
            "n_available": parts[name].height,
            "mean_weight": float(weights[name].mean()) if len(weights[name]) else None,
            "mean_abs": float(np.abs(parts[name]["contribution"].to_numpy()).sum())
            / stacked.height,
        }
        for name in dict.fromkeys(["intercept", *inputs, *SIGNALS, *STEPS])
        if name in parts
    ]


def calibrators(stacked: pl.DataFrame) -> list[Json]:
    """Which calibrator each season had, and for how many games: rows `season, calibrator, n`."""
    counted = stacked.group_by("season", "calibrator").agg(n=pl.len())
    return counted.sort("season", "calibrator").to_dicts()
