"""What a game's numbers can be is stated once, and nothing absurd lies within."""

import math

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.features.declarations import FEATURES
from nfl_signals.markets import bounds
from nfl_signals.markets.bounds import Bounds, contradicted
from nfl_signals_tests.support.absurd import ABSURD, EVERY_BOUNDS

QUOTED = {"spread_line": 7.0, "home_moneyline": -300.0, "away_moneyline": 250.0}


def held(limits: Bounds, value: float | None) -> bool | None:
    frame = pl.DataFrame({"value": [value]}, schema={"value": pl.Float64})
    answer: bool | None = frame.select(limits.hold(pl.col("value"))).item()
    return answer


@pytest.mark.parametrize("limits", EVERY_BOUNDS, ids=str)
def test_nothing_absurd_lies_within_any_bounds(limits: Bounds) -> None:
    assert [value for value in ABSURD if held(limits, value)] == []
    assert held(limits, None) is None


@given(limits=st.sampled_from(EVERY_BOUNDS), value=st.floats())
def test_both_ends_belong_to_the_bounds_and_the_gap_does_not(limits: Bounds, value: float) -> None:
    assert held(limits, limits.low)
    assert held(limits, limits.high)
    assert held(limits, value) == (
        limits.low <= value <= limits.high and not math.isnan(value) and abs(value) >= limits.gap
    )


def test_every_feature_has_bounds_by_its_unit_and_its_fill_value_lies_within() -> None:
    assert [each.name for each in FEATURES if not held(each.bounds, each.fill_value)] == []


def test_every_line_and_every_price_has_bounds_by_market_and_by_column() -> None:
    assert set(bounds.QUOTES) >= {"spread_line", "total_line", "home_moneyline", "under_odds"}
    assert bounds.QUOTES["total_line"] is bounds.LINES_TAKEN["total"]


@pytest.mark.parametrize(
    ("change", "wrong"),
    [
        ({}, False),
        ({"spread_line": -7.0}, True),  # the bettor's sign
        ({"home_moneyline": 250.0, "away_moneyline": -300.0}, True),
        ({"away_moneyline": -300.0}, True),  # both favoured
        ({"spread_line": None}, False),
        ({"home_moneyline": None}, False),
    ],
)
def test_a_spread_and_moneylines_that_favour_different_teams_contradict_each_other(
    change: dict[str, float | None], wrong: bool
) -> None:
    frame = pl.DataFrame([QUOTED | change], schema=dict.fromkeys(QUOTED, pl.Float64))
    assert contradicted(frame).to_list() == [wrong]


def test_a_share_that_rounding_took_below_none_is_none() -> None:
    """Real: sacks per dropback over the last five games of Tennessee, 2008, week 9."""
    none = pl.DataFrame({"share": [-5.6e-18, 1 + 5.6e-16, -1e-6]})
    assert none.select(bounds.SHARE.of_sums().hold(pl.col("share")))["share"].to_list() == [
        True,
        True,
        False,
    ]
