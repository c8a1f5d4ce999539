"""American odds against hand-computed values and their own symmetries."""

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.markets.odds import implied_probability, no_vig_probability, payout_per_unit

american = st.one_of(st.integers(-20_000, -100), st.integers(100, 20_000)).map(float)
YES, NO = pl.col("yes"), pl.col("no")


def of(expression: pl.Expr, yes: float | None, no: float | None = None) -> float:
    frame = pl.DataFrame({"yes": [yes], "no": [no]}, schema={"yes": pl.Float64, "no": pl.Float64})
    return frame.select(expression).item()


@pytest.mark.parametrize(
    ("price", "probability", "profit"),
    [
        (-110, 110 / 210, 100 / 110),
        (-200, 2 / 3, 0.5),
        (150, 0.4, 1.5),
        (400, 0.2, 4.0),
        (100, 0.5, 1.0),
        (-100, 0.5, 1.0),
    ],
)
def test_a_price_breaks_even_at_its_implied_probability(
    price: float, probability: float, profit: float
) -> None:
    assert of(implied_probability(YES), price) == pytest.approx(probability, rel=1e-12)
    assert of(payout_per_unit(YES), price) == pytest.approx(profit, rel=1e-12)


@given(american)
def test_a_bet_at_the_implied_probability_gains_nothing_on_average(price: float) -> None:
    p, profit = of(implied_probability(YES), price), of(payout_per_unit(YES), price)
    assert p * profit - (1 - p) == pytest.approx(0, abs=1e-9)


def test_the_vig_is_removed_in_proportion() -> None:
    # -150 implies 0.6 and +130 implies 100/230; their sum is 1.034783.
    assert of(no_vig_probability(YES, NO), -150, 130) == pytest.approx(0.6 / (0.6 + 100 / 230))


def test_the_one_negative_hold_in_the_real_data_stays_a_probability() -> None:
    # 2020_01_LV_CAR closed at +134 / -124: 0.42735 + 0.55357 is below one.
    both = of(implied_probability(YES) + implied_probability(NO), 134, -124)
    assert both == pytest.approx(100 / 234 + 124 / 224)
    assert both < 1
    assert of(no_vig_probability(YES, NO), 134, -124) == pytest.approx(0.435662, abs=1e-6)


@given(american, american)
def test_both_sides_without_vig_sum_to_one_and_stay_inside_zero_and_one(
    yes: float, no: float
) -> None:
    p_yes, p_no = of(no_vig_probability(YES, NO), yes, no), of(no_vig_probability(NO, YES), yes, no)
    assert p_yes + p_no == pytest.approx(1, abs=1e-12)
    assert 0 < p_yes < 1
    assert 0 < p_no < 1


@given(american, american, american)
def test_a_shorter_price_on_yes_never_lowers_its_probability(a: float, b: float, no: float) -> None:
    p = {price: of(implied_probability(YES), price) for price in (a, b)}
    shorter, longer = sorted(p, key=p.__getitem__, reverse=True)[0], min(p, key=p.__getitem__)
    fair = no_vig_probability(YES, NO)
    assert of(fair, shorter, no) >= of(fair, longer, no)


@pytest.mark.parametrize(("yes", "no"), [(None, -110), (-110, None), (None, None)])
def test_without_both_prices_there_is_no_probability(yes: float | None, no: float | None) -> None:
    assert of(no_vig_probability(YES, NO), yes, no) is None
