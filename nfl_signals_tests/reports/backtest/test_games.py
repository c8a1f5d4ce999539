"""A bet is one unit where forecast and price promise a profit, and returns what the odds say."""

from collections.abc import Mapping

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.errors import JoinError
from nfl_signals.reports.backtest.games import backtest_games, with_bets
from nfl_signals_tests.support.backtest_games import games_of, tables_of

WIN = 100 / 110  # units, at -110
Bet = tuple[str | None, float | None, float | None]


def bet(changes: Mapping[str, object]) -> Bet:
    """Side, expected value and profit of one game."""
    found: Bet = with_bets(games_of(changes)).select("side", "expected", "profit").row(0)
    return found


@pytest.mark.parametrize(("outcome", "profit"), [("yes", WIN), ("no", -1.0), ("push", 0.0)])
def test_a_bet_wins_what_its_odds_pay_loses_its_unit_or_has_it_back(
    outcome: str, profit: float
) -> None:
    assert bet({"p_hat": 0.55, "outcome": outcome}) == pytest.approx(("yes", 0.05, profit))


def test_the_side_that_the_forecast_does_not_name_is_bet_on_alike() -> None:
    assert bet({"p_hat": 0.45, "outcome": "no"}) == pytest.approx(("no", 0.05, WIN))
    assert bet({"p_hat": 0.45, "outcome": "yes"}) == pytest.approx(("no", 0.05, -1.0))


def test_a_forecast_that_does_not_pay_for_the_hold_is_no_bet() -> None:
    """Break-even at -110 is 52.38 %."""
    assert bet({"p_hat": 0.523}) == (None, None, None)
    assert bet({"p_hat": 0.477}) == (None, None, None)
    assert bet({"p_hat": 0.524})[0] == "yes"


def test_a_push_takes_its_share_of_what_is_expected_and_no_side() -> None:
    assert bet({"p_hat": 0.55, "p_push": 0.1}) == pytest.approx(("yes", 0.045, WIN))


def test_an_underdog_below_one_half_is_bet_on_where_its_odds_pay() -> None:
    long_odds = {"price_yes": 150.0, "price_no": -170.0, "p_hat": 0.45}
    assert bet(long_odds) == pytest.approx(("yes", 0.125, 1.5))


def test_where_both_sides_promise_a_profit_the_better_one_is_taken() -> None:
    """The best prices of two books may have no hold."""
    both = {"price_yes": 105.0, "price_no": 105.0}
    assert bet({**both, "p_hat": 0.49, "outcome": "no"}) == pytest.approx(("no", 0.0455, 1.05))
    assert bet({**both, "p_hat": 0.51})[0] == "yes"


def test_derived_odds_and_missing_odds_are_no_bet() -> None:
    assert bet({"p_hat": 0.9, "price_source": "derived"}) == (None, None, None)
    assert bet({"p_hat": 0.9, "price_yes": None, "price_no": None}) == (None, None, None)


@given(p=st.floats(0.01, 0.99), hold=st.floats(0.0, 0.2))
def test_with_a_hold_the_side_bet_on_is_the_one_rated_higher_than_its_price(
    p: float, hold: float
) -> None:
    price = -100 * (1 + hold) / (1 - hold)
    side = bet({"p_hat": p, "price_yes": price, "price_no": price})[0]
    assert side in ((None, "yes") if p >= 0.5 else (None, "no"))


def test_games_are_those_that_are_settled_and_forecast() -> None:
    tables = tables_of(games_of({}, {"outcome": "push"}, {"outcome": None, "points": None}, {}))
    tables["stacked"] = tables["stacked"].head(3)
    found = backtest_games(**tables, closing=None)
    assert found["game_id"].to_list() == ["g0", "g1"]
    assert found["p_close"].null_count() == found["closing_line_value"].null_count() == 2


def test_the_close_is_read_at_the_line_taken() -> None:
    tables = tables_of(games_of({"p_hat": 0.55}, {"p_hat": 0.45}, {}))
    moved = tables["markets"].with_columns(price_yes=-120.0, p_market=0.53).head(2)
    found = backtest_games(**tables, closing=moved)
    assert found["p_close"].to_list() == [0.53, 0.53, None]
    assert found["closing_line_value"].head(2).to_list() == pytest.approx([0.03, -0.03])


def test_a_line_stood_still_where_the_close_has_it_a_moneyline_where_the_spread_did() -> None:
    spreads = games_of({}, {}, {})
    money = spreads.with_columns(market=pl.lit("moneyline"), line=pl.lit(0.0))
    tables = tables_of(pl.concat([spreads, money]))
    moved = pl.when(game_id="g1", market="ats").then(pl.col("line") + 1).otherwise("line")
    closing = tables["markets"].with_columns(moved.alias("line")).filter(pl.col("game_id") != "g2")
    found = backtest_games(**tables, closing=closing)
    assert found.select("market", "game_id", "stood_still").rows() == [
        (market, *still)
        for market in ("ats", "moneyline")
        for still in (("g0", True), ("g1", False), ("g2", None))
    ]


def test_a_forecast_of_a_game_that_gold_markets_lack_is_refused() -> None:
    tables = tables_of(games_of({}, {}))
    tables["markets"] = tables["markets"].head(1)
    with pytest.raises(JoinError, match=r"ats report: 1 forecast game\(s\).*the first is g1"):
        backtest_games(**tables, closing=None)
