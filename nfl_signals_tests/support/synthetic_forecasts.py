"""Forecasts of a small made-up schedule whose true probabilities are known, for report tests."""

from datetime import UTC, datetime
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.markets.decision_time import meaning
from nfl_signals.stats.logit import expit, logit

Json = dict[str, Any]

MARKETS = ("ats", "moneyline", "total")
LEARNERS = ("noisy", "perfect")
SEASONS = range(2016, 2022)
WEEKS = 6
GAMES_A_WEEK = 10
FIRST_FORECAST = 2018  # learners need two earlier seasons here, the stack one more
ORIGIN: Json = {
    "source": "synthetic schedule",
    "horizon": "kickoff",
    "decision_time": meaning("kickoff"),
    "feature_version": "f00d",
    "seed": 3,
}
"""What a report states of where its numbers come from."""
SPREAD = {"ats": 0.4, "moneyline": 0.9, "total": 0.3}  # sd of the true logits


def gold_markets(seed: int) -> pl.DataFrame:
    """Markets plus a column `truth` that no forecaster but `perfect` knows."""
    rng = np.random.default_rng(seed)
    rows = []
    for market in MARKETS:
        for season in SEASONS:
            for number in range(WEEKS * GAMES_A_WEEK):
                week = number // GAMES_A_WEEK + 1
                truth = 1 / (1 + np.exp(-rng.normal(0.2, SPREAD[market])))
                outcome = "yes" if rng.random() < truth else "no"
                rows.append(
                    {
                        "game_id": f"{season}_{week:02d}_{number:02d}",
                        "market": market,
                        "season": season,
                        "week": week,
                        "kickoff_at": datetime(season, 9, week, tzinfo=UTC),
                        "horizon": "kickoff",
                        "line": 0.0 if market == "moneyline" else 3.0,
                        "price_yes": -110.0,
                        "price_no": -110.0,
                        "truth": truth,
                        "p_market": float(np.clip(truth + rng.normal(0, 0.05), 0.05, 0.95)),
                        "outcome": "push" if rng.random() < 0.05 else outcome,
                    }
                )
    return pl.DataFrame(rows).with_columns(pl.col("season", "week").cast(pl.Int32))


def baseline_inputs(*, seed: int = 7) -> Json:
    """Of `baseline_numbers`: two learners from 2018 on, a stack from 2019 on.

    `noisy` misses some games of 2019.
    """
    known, rng = gold_markets(seed), np.random.default_rng(seed + 1)
    forecast = known.filter(pl.col("season") >= FIRST_FORECAST)
    shaken = np.clip(forecast["truth"].to_numpy() + rng.normal(0, 0.2, forecast.height), 0.02, 0.98)
    perfect = _oof(forecast, "perfect", forecast["truth"].to_numpy())
    noisy = _oof(forecast, "noisy", shaken).filter(~pl.col("game_id").str.starts_with("2019_01"))
    kfold = perfect.with_columns(scheme=pl.lit("purged_kfold"), p_hat=pl.lit(0.5))
    stacked = forecast.filter(pl.col("season") > FIRST_FORECAST).select(
        "game_id", "market", "season", "week", "p_market", p_hat="truth", p_push=pl.lit(0.05)
    )
    return {
        "oof": pl.concat([perfect, noisy, kfold]),
        "markets": known.drop("truth"),
        "stacked": stacked,
        "importance": importance(features=20),
        "seed": ORIGIN["seed"],
    }


def with_planted_leak(inputs: Json) -> Json:
    """The learner `perfect` knows most of each outcome on the moneyline."""
    outcomes = inputs["markets"].select("game_id", "market", "outcome")
    leaking = (
        inputs["oof"]
        .join(outcomes, on=["game_id", "market"])
        .with_columns(
            p_hat=pl.when((pl.col("learner") == "perfect") & (pl.col("market") == "moneyline"))
            .then(pl.when(pl.col("outcome") == "yes").then(0.85).otherwise(0.15))
            .otherwise("p_hat")
        )
        .drop("outcome")
    )
    return {**inputs, "oof": leaking}


def importance(*, features: int) -> pl.DataFrame:
    """Shares 1, 2, ... for one learner and equal shares for the other."""
    total = features * (features + 1) / 2
    rows = [
        {"market": market, "learner": learner, "feature": f"f{i:02d}", "share": share}
        for market in MARKETS
        for i in range(features)
        for learner, share in (("noisy", (i + 1) / total), ("perfect", 1 / features))
    ]
    return pl.DataFrame(rows)


def part_of(numbers: Json, market: str) -> Json:
    """Numbers of one market."""
    return next(part for part in numbers["markets"] if part["market"] == market)


def row_of(rows: list[Json], forecaster: str) -> Json:
    """The row of one forecaster."""
    return next(row for row in rows if row["forecaster"] == forecaster)


def _oof(forecast: pl.DataFrame, learner: str, p_hat: np.ndarray) -> pl.DataFrame:
    return forecast.select(
        "game_id",
        "market",
        learner=pl.lit(learner),
        scheme=pl.lit("walk_forward"),
        fold=pl.lit(0, dtype=pl.Int32),
        p_hat=pl.Series(p_hat),
        p_raw=pl.Series(p_hat if learner == "perfect" else expit(2 * logit(p_hat))),
        p_push=pl.lit(0.04),
    )
