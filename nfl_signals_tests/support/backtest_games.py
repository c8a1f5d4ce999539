"""Games of a backtest: one at a time with known values, and a small made-up schedule at a Tuesday."""

from collections.abc import Mapping
from typing import Any

import polars as pl

from nfl_signals.markets.decision_time import decision_at
from nfl_signals_tests.support.ablation_games import stacked
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.synthetic_forecasts import ORIGIN, gold_markets

Json = dict[str, Any]

TUESDAY = ORIGIN | {"horizon": "tuesday", "decision_time": "made on a Tuesday, settled at the end"}
GAME = {
    "game_id": "a",
    "market": "ats",
    "season": 2020,
    "week": 1,
    "decision_at": utc("2020-09-08 14:00"),
    "kickoff_at": utc("2020-09-13 17:00"),
    "line": 3.0,
    "price_yes": -110.0,
    "price_no": -110.0,
    "p_market": 0.5,
    "price_moment": "open",
    "price_source": "standard",
    "points": 7.0,
    "outcome": "yes",
    "p_hat": 0.55,
    "p_push": 0.0,
}
NUMBERS = dict.fromkeys(("price_yes", "price_no", "p_market", "p_hat", "p_push"), pl.Float64)


def games_of(*changes: Mapping[str, object]) -> pl.DataFrame:
    """Games `g0, g1, ...`, each `GAME` with the changes."""
    named = [GAME | {"game_id": f"g{place}"} | dict(each) for place, each in enumerate(changes)]
    return pl.DataFrame(named, schema_overrides=NUMBERS)


def tables_of(games: pl.DataFrame) -> Json:
    """`stacked` and `markets` that hold these games."""
    keys = ["game_id", "market"]
    forecasts = ["p_hat", "p_push"]
    return {"stacked": games.select(*keys, *forecasts), "markets": games.drop(forecasts)}


def tuesday_inputs(seed: int = 7) -> Json:
    """Of `backtest_numbers`: moneylines are derived, and the close has moved half-way to the truth."""
    won = pl.col("outcome").replace_strict({"yes": 1.0, "no": -1.0, "push": 0.0})
    known = gold_markets(seed).with_columns(
        price_moment=pl.lit("open"),
        price_source=pl.when(market=pl.lit("moneyline"))
        .then(pl.lit("derived"))
        .otherwise(pl.lit("standard")),
        points=pl.col("line") + won,
        decision_at=decision_at("tuesday"),
    )
    close = {"price_yes": pl.lit(-115.0), "p_market": (pl.col("p_market") + pl.col("truth")) / 2}
    return {
        "stacked": stacked(seed),
        "markets": known.drop("truth"),
        "closing": known.with_columns(**close).drop("truth"),
        "seed": ORIGIN["seed"],
    }


def kickoff_inputs(seed: int = 7) -> Json:
    """The same games, forecast at the close."""
    inputs = tuesday_inputs(seed)
    moment = {"price_moment": pl.lit("close"), "price_source": pl.lit("recorded")}
    return inputs | {"markets": inputs["markets"].with_columns(**moment), "closing": None}
