"""An ablation of a small made-up schedule whose true probabilities are known, for report tests."""

from typing import Any

import numpy as np
import polars as pl

from nfl_signals.reports.ablation.variants import COLUMNS
from nfl_signals.reports.shared.forecasters import FINAL, UNCALIBRATED
from nfl_signals.stats.logit import expit, logit
from nfl_signals_tests.support.synthetic_forecasts import LEARNERS, MARKETS, ORIGIN, gold_markets

Json = dict[str, Any]

SEASONS = (2019, 2021)  # first and last that the stack forecast
SIGNALS_FROM = 2020
WEIGHTS = {"market": 0.6, "noisy": 0.1, "perfect": 0.3}
SEVERAL = ["stack without market", "stack, platt"]
"""Forecasters that are not columns of the stacked table: one worse than the stack, one its equal."""


def stacked(seed: int = 7) -> pl.DataFrame:
    """Blended, calibrated and coherent forecasts whose weights add up; signals from 2020 on."""
    rng = np.random.default_rng(seed + 1)
    games = gold_markets(seed).filter(pl.col("season") >= SEASONS[0])
    truth = games["truth"].to_numpy()
    p = {
        "market": games["p_market"].to_numpy(),
        "noisy": np.clip(truth + rng.normal(0, 0.2, games.height), 0.02, 0.98),
        "perfect": truth,
    }
    available = games["season"].to_numpy() >= SIGNALS_FROM
    signal = np.where(available, rng.normal(0, 0.5, games.height), 0.0)
    raw = 0.1 + sum(WEIGHTS[name] * logit(p[name]) for name in p) + 0.05 * signal
    return games.select(
        *("game_id", "market", "season", "week"),
        *(pl.Series(f"p_{name}", values) for name, values in p.items()),
        *(
            pl.Series(f"signal_{name}", np.where(available, signal, np.nan)).fill_nan(None)
            for name in ("quarterback", "offense", "defense")
        ),
        *(pl.lit(weight).alias(f"weight_{name}") for name, weight in WEIGHTS.items()),
        pl.lit(0.1).alias("weight_intercept"),
        pl.Series("weight_quarterback", np.where(available, 0.05, 0.0)),
        *(pl.lit(0.0).alias(f"weight_{name}") for name in ("offense", "defense")),
        pl.Series("p_raw", expit(raw)),
        pl.when(pl.col("season") == SEASONS[0])
        .then(pl.lit("platt"))
        .otherwise(pl.lit("beta"))
        .alias("calibrator"),
        pl.Series("p_calibrated", expit(0.95 * raw)),
        pl.Series("p_hat", expit(0.95 * raw + 0.02)),
        p_push=pl.lit(0.05),
    )


def table(seed: int = 7) -> pl.DataFrame:
    """`ablation_table` of the same games: every kind of forecaster but another blend."""
    outcomes = gold_markets(seed).select("game_id", "market", "outcome")
    games = stacked(seed).join(outcomes, on=["game_id", "market"])
    decided = games.filter(pl.col("outcome").is_in(["yes", "no"]))
    columns = [
        (FINAL, "stack", pl.col("p_hat")),
        ("stack", "stack", pl.col("p_calibrated")),
        ("price", "price", pl.col("p_market")),
        *((name, "learner", pl.col(f"p_{name}")) for name in LEARNERS),
        (UNCALIBRATED, "calibrator", pl.col("p_raw")),
        (SEVERAL[0], "without", pl.col("p_noisy") * 0.5 + 0.25),
        (SEVERAL[1], "calibrator", pl.col("p_calibrated")),
    ]
    return pl.concat(
        decided.select(
            *("market", "game_id", "season", "week"),
            forecaster=pl.lit(name),
            kind=pl.lit(kind),
            y=(pl.col("outcome") == "yes").cast(pl.Float64),
            p=p,
        ).select(COLUMNS)
        for name, kind, p in columns
    )


def contributions(market: str) -> list[Json]:
    """The ten largest features of `noisy`; `perfect` has no decomposition."""
    features = [{"feature": f"f{i:02d}", "mean_abs": i / 10} for i in range(13, 3, -1)]
    unit = "logits" if market == "moneyline" else "points of margin"
    model = {"learner": "noisy", "version": "v202106", "season": 2021, "n": 60, "unit": unit}
    return [{**model, "n_features": 14, "features": features}]


def ablation_inputs(seed: int = 7) -> Json:
    """Everything that `ablation_numbers` takes."""
    games = table(seed)
    return {
        "table": games,
        "wanted": (*games["forecaster"].unique(maintain_order=True), "stack, isotonic"),
        "learners": LEARNERS,
        "stacked": stacked(seed),
        "markets": gold_markets(seed).drop("truth"),
        "contributions": {market: contributions(market) for market in MARKETS},
        "seed": ORIGIN["seed"],
    }


def leaking(inputs: Json) -> Json:
    """The stack knows most of each moneyline outcome, whatever its calibration."""
    knows = pl.col("forecaster").str.starts_with("stack") & (pl.col("market") == "moneyline")
    better = pl.when(knows).then(0.2 + 0.6 * pl.col("y")).otherwise("p")
    return {**inputs, "table": inputs["table"].with_columns(p=better)}
