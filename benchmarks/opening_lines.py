"""Forecasts at the opening line, and what the market's move from there to the close was worth to them."""

import argparse
from collections.abc import Sequence
from typing import Any

import numpy as np
import polars as pl

from nfl_signals.markets.decision_time import decision_at
from nfl_signals.monitoring.closing_line_value import with_closing_line_value
from nfl_signals.promotion.books import paired
from nfl_signals.promotion.measures import valued, week_codes
from nfl_signals.stats.bootstrap import Interval, week_block_interval

LEARNERS = ("lightgbm", "logistic")
VALUED = ("stack", *LEARNERS)
EVEN = -110.0  # American odds at which openers of spreads and totals are taken
QUANTILES = (0.05, 0.25, 0.5, 0.75, 0.95)


def opened(rows: pl.DataFrame, lines: pl.DataFrame, settled: pl.DataFrame) -> pl.DataFrame:
    """The rows at the opening line and prices, forecasts carried over; as they are where unknown."""
    both = rows.join(lines.drop("season", "week"), on="game_id", how="left", maintain_order="left")
    market = pl.col("market")
    spread = pl.when(market == "ats").then("spread_open").when(market == "total").then("total_open")
    known = spread.is_not_null()
    prices = {
        f"price_{side}": pl.when(known)
        .then(EVEN)
        .when((market == "moneyline") & pl.col("away_ml_open").is_not_null())
        .then(f"{team}_ml_open")
        .otherwise(f"price_{side}")
        for side, team in (("yes", "home"), ("no", "away"))
    }
    asked = pl.when(known).then(decision_at("tuesday")).otherwise("made_at")
    at_open = both.with_columns(line=pl.coalesce(spread, "line"), made_at=asked, **prices)
    return at_open.with_columns(_carried(at_open, rows, name, settled) for name in VALUED)


def _carried(
    at_open: pl.DataFrame, rows: pl.DataFrame, name: str, settled: pl.DataFrame
) -> pl.Series:
    """A forecast at the closing line, read at the opening line as a closing price would be."""
    stated = rows.with_columns(p_market=name)
    asked = at_open.with_columns(p_market=name)
    return with_closing_line_value(asked, stated, settled)["p_close"].alias(name)


def season_values(options: argparse.Namespace) -> list[dict[str, Any]]:
    """Closing-line value of who may have one, season by season."""
    found = []
    for season in options.seasons:
        for name in VALUED:
            rows = options.graded[name].filter(pl.col("season") == season)
            known = rows.drop_nulls("closing_line_value")
            if known.height:
                value = known["closing_line_value"].to_numpy()
                mean = week_block_interval(value, week_codes(known), seed=options.seed, level=0.95)
                found.append({"season": season, "who": name, **ends(mean), "n": mean.n})
    return found


def spread_of_values(
    options: argparse.Namespace, compared: Sequence[tuple[str, str]]
) -> list[dict[str, Any]]:
    """How closing-line value, and what a challenger loses of it, is distributed over games."""
    columns = {
        name: _of_seasons(options, name).drop_nulls("closing_line_value").rename(
            {"closing_line_value": "value"}
        )
        for name in VALUED
    }  # fmt: skip
    for old, new in compared:
        known = valued(paired(_of_seasons(options, old), _of_seasons(options, new)))
        lost = pl.col("clv_champion").fill_null(0.0) - pl.col("clv_challenger").fill_null(0.0)
        columns[f"{old} -> {new}"] = known.with_columns(value=lost)
    found = []
    for name, rows in columns.items():
        value, codes = rows["value"].to_numpy(), week_codes(rows)
        mean = week_block_interval(value, codes, seed=options.seed, level=0.95)
        quantiles = np.quantile(value, QUANTILES).tolist()
        found.append({
            "who": name, "n": len(value), **ends(mean), "sd": float(value.std()),
            "mean_size": float(np.abs(value).mean()), "quantiles": quantiles,
            "season_se": float(value.std() / np.sqrt(len(value) / len(options.seasons))),
        })  # fmt: skip
    return found


def _of_seasons(options: argparse.Namespace, name: str) -> pl.DataFrame:
    return options.graded[name].filter(pl.col("season").is_in(options.seasons))


def ends(found: Interval) -> dict[str, float]:
    """The interval as a record."""
    return {"estimate": found.estimate, "low": found.low, "high": found.high}
