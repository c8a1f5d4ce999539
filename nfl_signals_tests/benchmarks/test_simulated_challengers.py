"""Simulated challengers are what they are called."""

import numpy as np
import polars as pl
import pytest

from benchmarks.simulated_challengers import (
    GAMES,
    LEAK,
    OVERROUND,
    TOO_SURE,
    WEEKS,
    Kind,
    simulated_pairs,
)
from nfl_signals.promotion.measures import PAIRS_SCHEMA
from nfl_signals.stats.logit import logit


def logits(rows: pl.DataFrame, who: str) -> np.ndarray:
    return logit(rows[f"p_{who}"].to_numpy())


def brier(rows: pl.DataFrame, who: str) -> float:
    return float(((rows[f"p_{who}"] - rows["y"]) ** 2).mean())  # type: ignore[arg-type]


def test_a_span_is_so_many_seasons_of_three_markets() -> None:
    rows = simulated_pairs("equal", seasons=2, seed=1)
    assert rows.schema == PAIRS_SCHEMA
    assert rows.height == 2 * 3 * WEEKS * GAMES
    assert rows["season"].unique().sort().to_list() == [2023, 2024]
    assert rows.select("game_id", "market").is_unique().all()
    assert rows.equals(simulated_pairs("equal", seasons=2, seed=1))


@pytest.mark.parametrize(
    ("kind", "champion"), [("better", TOO_SURE), ("overconfident", 1 / TOO_SURE), ("copy", 1.0)]
)
def test_logits_are_so_many_times_the_others(kind: Kind, champion: float) -> None:
    rows = simulated_pairs(kind, seasons=1, seed=2)
    np.testing.assert_allclose(logits(rows, "champion"), champion * logits(rows, "challenger"))


def test_a_leaky_one_leans_to_whoever_won() -> None:
    rows = simulated_pairs("leaky", seasons=1, seed=3)
    leant = logits(rows, "challenger") - logits(rows, "champion")
    np.testing.assert_allclose(leant, LEAK * (2 * rows["y"].to_numpy() - 1))


def test_noise_costs_and_equals_are_equal() -> None:
    """Forty seasons of moneylines."""
    worse, equal = (
        simulated_pairs(kind, seasons=40, seed=4, markets=("moneyline",))
        for kind in ("worse", "equal")
    )
    assert brier(worse, "challenger") > brier(worse, "champion") + 0.005
    assert brier(equal, "challenger") == pytest.approx(brier(equal, "champion"), abs=0.002)


def test_both_prices_together_hold_the_bookmakers_share() -> None:
    rows = simulated_pairs("equal", seasons=1, seed=5)
    implied = sum(
        pl.when(pl.col(side) < 0)
        .then(-pl.col(side) / (100 - pl.col(side)))
        .otherwise(100 / (100 + pl.col(side)))
        for side in ("price_yes", "price_no")
    )
    held = rows.filter(pl.col("p_market").is_between(0.05, 0.95)).select(implied=implied)["implied"]
    np.testing.assert_allclose(held.to_numpy(), OVERROUND)
