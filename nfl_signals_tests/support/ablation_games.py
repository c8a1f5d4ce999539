"""An ablation of a small made-up schedule whose true probabilities are known, for report tests."""

from dataclasses import replace

import numpy as np
import polars as pl

from nfl_signals.reports.ablation.numbers import AblationInputs
from nfl_signals.reports.ablation.table import COLUMNS, FINAL, UNCALIBRATED
from nfl_signals.stats.logit import expit, logit
from nfl_signals_tests.support.synthetic_forecasts import LEARNERS, MARKETS, gold_markets

SEASONS = (2019, 2021)  # first and last that the stack forecast
HEARD_FROM = 2020
WEIGHTS = {"market": 0.6, "noisy": 0.1, "perfect": 0.3}
SEVERAL = ["stack without market", "stack, platt"]
"""Forecasters that are not columns of the stacked table: one worse than the stack, one its equal."""
FEATURES = 14


def known(seed: int = 7) -> pl.DataFrame:
    """Markets with `truth`, seasons before the stack's included."""
    return gold_markets(seed)


def stacked(seed: int = 7) -> pl.DataFrame:
    """Blended, calibrated and agreed forecasts whose weights add up; signals from 2020 on."""
    rng = np.random.default_rng(seed + 1)
    games = known(seed).filter(pl.col("season") >= SEASONS[0])
    truth = games["truth"].to_numpy()
    p = {
        "market": games["p_market"].to_numpy(),
        "noisy": np.clip(truth + rng.normal(0, 0.2, games.height), 0.02, 0.98),
        "perfect": truth,
    }
    heard = games["season"].to_numpy() >= HEARD_FROM
    signal = np.where(heard, rng.normal(0, 0.5, games.height), 0.0)
    raw = 0.1 + sum(WEIGHTS[name] * logit(p[name]) for name in p) + 0.05 * signal
    return games.select(
        *("game_id", "market", "season", "week"),
        *(pl.Series(f"p_{name}", values) for name, values in p.items()),
        *(
            pl.Series(f"signal_{name}", np.where(heard, signal, np.nan)).fill_nan(None)
            for name in ("quarterback", "offense", "defense")
        ),
        *(pl.lit(weight).alias(f"weight_{name}") for name, weight in WEIGHTS.items()),
        pl.lit(0.1).alias("weight_intercept"),
        pl.Series("weight_quarterback", np.where(heard, 0.05, 0.0)),
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
    outcomes = known(seed).select("game_id", "market", "outcome")
    games = stacked(seed).join(outcomes, on=["game_id", "market"])
    decided = games.filter(pl.col("outcome").is_in(["yes", "no"]))
    columns = [
        (FINAL, "stack", pl.col("p_hat")),
        ("stack", "stack", pl.col("p_calibrated")),
        ("close", "close", pl.col("p_market")),
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


def movers() -> pl.DataFrame:
    """Feature i moves `noisy` by i tenths; `perfect` has no decomposition."""
    rows = [
        {"market": market, "feature": f"f{i:02d}", "mean_abs": i / 10}
        for market in MARKETS
        for i in range(FEATURES)
    ]
    constant = {"learner": "noisy", "version": "v202106", "season": 2021, "n": 60}
    return pl.DataFrame([{**constant, **row} for row in rows])


def ablation_inputs(seed: int = 7) -> AblationInputs:
    """Everything that the report is made from."""
    return AblationInputs(
        table=table(seed),
        wanted=(*table(seed)["forecaster"].unique(maintain_order=True), "stack, isotonic"),
        learners=LEARNERS,
        stacked=stacked(seed),
        markets=known(seed).drop("truth"),
        movers=movers(),
        source_name="synthetic schedule",
        feature_version="f00d",
        seed=3,
    )


def leaking(inputs: AblationInputs) -> AblationInputs:
    """The stack is told most of each moneyline outcome, whatever its calibration."""
    told = pl.col("forecaster").str.starts_with("stack") & (pl.col("market") == "moneyline")
    better = pl.when(told).then(0.2 + 0.6 * pl.col("y")).otherwise("p")
    return replace(inputs, table=inputs.table.with_columns(p=better))
