"""Every column of the backtest, worked out by hand on five games."""

import numpy as np
import polars as pl
import pytest

from nfl_signals.reports.backtest.games import backtest_games
from nfl_signals.reports.backtest.measures import between_weeks, measured
from nfl_signals.reports.shared.score_card import interval
from nfl_signals_tests.support.backtest_games import Json, games_of, tables_of

WIN = 100 / 110
FIVE = games_of(
    {"p_hat": 0.60, "outcome": "yes"},  # bet on yes, won
    {"p_hat": 0.55, "outcome": "no", "week": 2},  # bet on yes, lost
    {"p_hat": 0.51, "outcome": "no", "week": 2},  # no bet
    {"p_hat": 0.30, "outcome": "push", "week": 3},  # bet on no, pushed
    {"p_hat": 0.40, "p_market": 0.45, "price_no": -130.0, "outcome": "no"},  # bet on no, won
)
CLOSE = {"g0": (-120.0, 0.53), "g1": (-120.0, 0.48), "g2": (-110.0, 0.50), "g3": (-90.0, 0.46)}
"""Price of YES and no-vig probability of the games whose close is known; g2 stood still."""


@pytest.fixture(scope="module")
def games() -> pl.DataFrame:
    tables = tables_of(FIVE)
    prices = {name: [value[i] for value in CLOSE.values()] for i, name in enumerate(("yes", "p"))}
    closing = (
        tables["markets"]
        .head(4)
        .with_columns(price_yes=pl.Series(prices["yes"]), p_market=pl.Series(prices["p"]))
    )
    return backtest_games(**tables, closing=closing)


@pytest.fixture(scope="module")
def row(games: pl.DataFrame) -> Json:
    return measured(games, seed=1)


def estimate(found: Json) -> float:
    """Of few games: no interval is stated."""
    assert (found["low"], found["high"]) == (None, None)
    value: float = found["estimate"]
    return value


def test_pushes_are_counted_and_not_scored(row: Json) -> None:
    assert (row["n"], row["n_push"], row["n_weeks"]) == (4, 1, 2)


def test_brier_of_forecast_price_and_their_difference(row: Json) -> None:
    forecast = (0.4**2 + 0.55**2 + 0.51**2 + 0.4**2) / 4
    price = (3 * 0.5**2 + 0.45**2) / 4
    assert estimate(row["brier"]) == pytest.approx(forecast)
    assert estimate(row["brier_price"]) == pytest.approx(price)
    assert estimate(row["difference"]) == pytest.approx(forecast - price)


def test_accuracy_is_of_the_side_above_one_half(row: Json) -> None:
    assert estimate(row["accuracy"]) == 2 / 4


def test_the_preferred_side_is_that_above_its_price() -> None:
    """0.40 is below one half, and above a price of 0.35."""
    found = measured(
        backtest_games(
            **tables_of(games_of({"p_hat": 0.4, "p_market": 0.35}, {"p_hat": 0.5})), closing=None
        ),
        seed=1,
    )
    assert estimate(found["accuracy"]) == (0 + 0.5) / 2
    assert estimate(found["accuracy_preferred"]) == (1 + 0.5) / 2
    assert found["mean_edge"] == pytest.approx(0.025)


def test_units_are_won_lost_and_returned(row: Json) -> None:
    bets = row["bets"]
    assert (bets["n"], bets["n_push"]) == (4, 1)
    assert bets["units"] == pytest.approx(WIN - 1 + 0 + 100 / 130)
    assert estimate(bets["per_bet"]) == pytest.approx(bets["units"] / 4)


def test_what_the_forecast_promised_stands_beside_it(row: Json) -> None:
    promised = [0.6 * (1 + WIN) - 1, 0.55 * (1 + WIN) - 1, 0.7 * (1 + WIN) - 1]
    promised.append(0.6 * (1 + 100 / 130) - 1)
    assert row["bets"]["expected"] == pytest.approx(sum(promised) / 4)


def test_closing_line_value_counts_what_stood_still_as_nothing_gained(row: Json) -> None:
    found = row["closing_line_value"]
    assert found["n"] == 4
    assert estimate(found) == pytest.approx((0.03 - 0.02 + 0 + 0.04) / 4)
    of_bets = row["bets"]["closing_line_value"]  # what stood still was no bet
    assert estimate(of_bets) == pytest.approx((0.03 - 0.02 + 0.04) / 3)
    assert estimate(row["bets"]["positive"]) == pytest.approx(2 / 3)


def test_the_close_is_scored_on_the_decided_games_that_have_one(row: Json) -> None:
    close, n = row["close"], 3
    scored = (0.47**2 + 0.48**2 + 0.5**2) / n
    assert close["n"] == n
    assert estimate(close["brier_close"]) == pytest.approx(scored)
    forecast = (0.4**2 + 0.55**2 + 0.51**2) / n
    assert estimate(close["difference"]) == pytest.approx(forecast - scored)
    assert estimate(close["price_difference"]) == pytest.approx(0.25 - scored)


def test_nothing_is_stated_of_no_games(games: pl.DataFrame) -> None:
    found = measured(games.clear(), seed=1)
    assert (found["n"], found["bets"]["n"], found["bets"]["units"]) == (0, 0, 0.0)
    assert found["mean_edge"] is found["bets"]["expected"] is None
    assert estimate(found["brier"]) is estimate(found["close"]["brier_close"]) is None


@pytest.mark.parametrize(("n", "n_weeks"), [(29, 10), (30, 9)])
def test_few_games_or_weeks_have_an_estimate_and_no_interval(n: int, n_weeks: int) -> None:
    values = np.arange(n, dtype=np.float64)
    weeks = np.arange(n) % n_weeks
    assert estimate(between_weeks(values, weeks, seed=1)) == values.mean()


def test_an_interval_is_that_of_redrawn_weeks() -> None:
    values, weeks = np.arange(30, dtype=np.float64), np.arange(30) % 10
    assert between_weeks(values, weeks, seed=1) == interval(values, weeks, seed=1)
