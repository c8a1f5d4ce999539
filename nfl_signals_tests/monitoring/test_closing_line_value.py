"""Closing-line value is the move of the price towards the side leant to, at the line taken."""

from collections.abc import Mapping

import polars as pl
import pytest
from scipy.stats import norm

from nfl_signals.monitoring.closing_line_value import POINTS_SD, with_closing_line_value

EVEN = {"price_yes": -110.0, "price_no": -110.0, "p_market": 0.5}
TAKEN = {"game_id": "a", "market": "ats", "line": 3.0, "p_hat": 0.55, **EVEN}
CLOSE = {"game_id": "a", "market": "ats", "line": 3.0, **EVEN}


def value(taken: Mapping[str, object], close: Mapping[str, object]) -> float | None:
    """Of one game; the arguments change the pick and the close above."""
    graded = pl.DataFrame([TAKEN | dict(taken)], schema_overrides={"p_market": pl.Float64})
    closes = pl.DataFrame([CLOSE | dict(close)], schema_overrides={"p_market": pl.Float64})
    found: float | None = with_closing_line_value(graded, closes)["closing_line_value"].item()
    return found


def test_a_price_that_moves_towards_the_lean_is_worth_its_move() -> None:
    moved = {"price_yes": -120.0, "p_market": 0.53}
    assert value({"p_hat": 0.55}, moved) == pytest.approx(0.03)
    assert value({"p_hat": 0.45}, moved) == pytest.approx(-0.03)


def test_a_line_that_moves_is_worth_its_points_at_the_line_taken() -> None:
    """Took the home team at 3; it closed as favourite by 4.5: a point and a half to the good."""
    gained = norm.cdf(1.5 / POINTS_SD["ats"]) - 0.5
    assert value({}, {"line": 4.5}) == pytest.approx(gained)
    assert value({"p_hat": 0.4}, {"line": 4.5}) == pytest.approx(-gained)
    assert value({}, {"line": 1.5}) == pytest.approx(-gained)


def test_a_line_that_moves_against_its_price_is_worth_nearly_nothing() -> None:
    """4.5 with the underdog's side at 0.5449 says the same mean margin as 3 even."""
    price = float(norm.cdf(-1.5 / POINTS_SD["ats"]))
    assert value({}, {"line": 4.5, "price_yes": 105.0, "p_market": price}) == pytest.approx(0.0)


def test_totals_use_the_spread_of_totals() -> None:
    over = {"market": "total", "line": 44.5}
    gained = norm.cdf(2 / POINTS_SD["total"]) - 0.5
    assert value(over, {**over, "line": 46.5}) == pytest.approx(gained)


def test_a_market_that_nobody_has_defined_is_refused() -> None:
    with pytest.raises(pl.exceptions.InvalidOperationError, match="incomplete mapping"):
        value({"market": "first_half"}, {"market": "first_half", "line": 4.5})


def test_moneyline_prices_are_compared_as_they_are() -> None:
    market = {"market": "moneyline", "line": 0.0}
    taken = market | {"p_market": 0.6, "price_yes": -160.0, "p_hat": 0.58}
    assert value(taken, market | {"p_market": 0.55, "price_yes": -130.0}) == pytest.approx(0.05)


@pytest.mark.parametrize(
    ("taken", "close"),
    [
        ({}, {}),
        ({"p_hat": 0.5}, {"price_yes": -120.0, "p_market": 0.53}),
        ({"price_yes": None, "p_market": None}, {"line": 4.5}),
        ({}, {"line": 4.5, "price_no": None, "p_market": None}),
        ({}, {"game_id": "b", "line": 4.5}),
    ],
    ids=["nothing moved", "no lean", "no price at the pick", "no price at the close", "still open"],
)
def test_where_nothing_is_known_there_is_no_value(
    taken: Mapping[str, object], close: Mapping[str, object]
) -> None:
    assert value(taken, close) is None


def test_rows_and_columns_stay_as_they_were() -> None:
    graded = pl.DataFrame([TAKEN | {"game_id": name} for name in ("c", "a", "b", "a")])
    found = with_closing_line_value(graded, pl.DataFrame([CLOSE | {"line": 4.0}]))
    assert found.drop("closing_line_value").equals(graded)
    assert found["closing_line_value"].is_not_null().to_list() == [False, True, False, True]
