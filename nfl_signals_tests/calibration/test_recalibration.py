"""Two numbers that recalibrate a model: little from few games, all from many, nothing from its own week."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from nfl_signals.calibration.recalibration import (
    GROSS,
    PRIOR_DEVIATION,
    RecalibrationMap,
    fit_recalibration,
    prequential,
)
from nfl_signals.stats.logit import expit, logit

Floats = NDArray[np.float64]
COIN = np.array([0.5])


def season(
    n: int, *, intercept: float = 0.0, slope: float = 1.0, seed: int = 1
) -> tuple[Floats, Floats]:
    """Stated probabilities, and outcomes of games that happen by another map of them."""
    random = np.random.default_rng(seed)
    x = random.normal(0.1, 0.8, n)
    return expit(x), (random.random(n) < expit(intercept + slope * x)).astype(np.float64)


# --- the map


def test_the_identity_leaves_probabilities_where_they_are() -> None:
    p = np.array([0.05, 0.4, 0.99])
    assert RecalibrationMap(intercept=0.0, slope=1.0).apply(p) == pytest.approx(p, abs=1e-15)


def test_an_intercept_moves_odds_and_a_slope_takes_their_power() -> None:
    """Odds 3 to 1, doubled, are 6 to 1; their square root 1.732 to 1."""
    p = np.array([0.75])
    doubled = RecalibrationMap(intercept=np.log(2), slope=1.0).apply(p)
    assert doubled == pytest.approx([6 / 7])
    root = RecalibrationMap(intercept=0.0, slope=0.5).apply(p)
    assert root == pytest.approx([np.sqrt(3) / (1 + np.sqrt(3))])


@given(
    a=st.floats(-1, 1),
    b=st.floats(0, 2),
    c=st.floats(-1, 1),
    d=st.floats(0, 2),
    p=st.floats(0.05, 0.95),
)
def test_one_map_after_another_is_one_map(a: float, b: float, c: float, d: float, p: float) -> None:
    first = RecalibrationMap(intercept=a, slope=b)
    second = RecalibrationMap(intercept=c, slope=d)
    stated = np.array([p])
    at_once = second.after(first).apply(stated)
    assert at_once == pytest.approx(second.apply(first.apply(stated)), abs=1e-9)


# --- the fit


def test_without_games_the_map_is_the_identity() -> None:
    nothing = np.array([])
    assert fit_recalibration(nothing, nothing) == RecalibrationMap(intercept=0.0, slope=1.0)


@pytest.mark.parametrize(("heads", "width"), [(30, 1.0), (48, GROSS)])
def test_of_coins_the_intercept_solves_the_equation_that_it_should(
    heads: int, width: float
) -> None:
    """At logit 0 only the intercept counts: n * (mean - expit(a)) = a / deviation squared.

    Thirty of fifty are an error of a common size; forty-eight are a gross one.
    """
    fitted = fit_recalibration(np.full(50, 0.5), np.repeat([1.0, 0.0], [heads, 50 - heads]))
    a, deviation = fitted.intercept, width * PRIOR_DEVIATION[0]
    pull = heads - 50 * expit(np.array([a]))[0]
    assert pull == pytest.approx(a / deviation**2)
    assert fitted.slope == pytest.approx(1.0)
    assert 0 < a < logit(np.array([heads / 50]))[0]


def test_few_games_move_the_map_a_little_and_more_of_the_same_move_it_further() -> None:
    p, y = np.full(4, 0.5), np.ones(4)
    steps = [fit_recalibration(np.tile(p, k), np.tile(y, k)).apply(COIN)[0] for k in (1, 4, 16, 64)]
    assert 0.5 < steps[0] < 0.56
    assert steps == sorted(steps)
    assert steps[-1] > 0.75


@pytest.mark.parametrize(("intercept", "slope"), [(0.0, 1.0), (0.4, 1.0), (0.0, 0.5), (-0.3, 1.4)])
def test_many_games_show_the_bias_and_slope_that_they_were_drawn_with(
    intercept: float, slope: float
) -> None:
    fitted = fit_recalibration(*season(40_000, intercept=intercept, slope=slope))
    assert fitted.intercept == pytest.approx(intercept, abs=0.05)
    assert fitted.slope == pytest.approx(slope, abs=0.05)


def test_favourites_are_never_turned_into_underdogs() -> None:
    p, y = season(4_000, intercept=0.3, slope=-1.0)
    fitted = fit_recalibration(p, y)
    assert fitted.slope == 0.0
    share = fitted.apply(COIN)[0]
    assert share == pytest.approx(y.mean(), abs=0.01)


def test_a_push_changes_nothing() -> None:
    p, y = season(60)
    pushed = np.append(y, [np.nan, np.nan])
    assert fit_recalibration(np.append(p, [0.9, 0.1]), pushed) == fit_recalibration(p, y)


@pytest.mark.parametrize(
    ("p", "y", "message"),
    [
        ([0.5, 0.5], [1.0], "of one length"),
        ([1.5], [1.0], "p must be probabilities"),
        ([np.nan], [1.0], "p must be probabilities"),
        ([0.5], [0.5], "y must be 0, 1 or NaN"),
    ],
)
def test_what_is_no_forecast_or_outcome_is_refused(
    p: list[float], y: list[float], message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        fit_recalibration(np.array(p), np.array(y))


# --- week by week


WEEK = np.repeat(np.arange(202401, 202411), 15)


def test_the_first_week_and_weeks_before_any_result_stay_as_they_were_bit_for_bit() -> None:
    p, y = season(150)
    y[WEEK < 202403] = np.nan
    recalibrated = prequential(p, y, WEEK)
    assert (recalibrated[WEEK < 202404] == p[WEEK < 202404]).all()
    assert (recalibrated[WEEK >= 202404] != p[WEEK >= 202404]).all()


def test_each_week_is_recalibrated_by_the_map_of_the_weeks_before_it() -> None:
    p, y = season(150)
    recalibrated = prequential(p, y, WEEK)
    for week in (202402, 202405, 202410):
        before, now = week > WEEK, week == WEEK
        assert (
            recalibrated[now].tolist()
            == fit_recalibration(p[before], y[before]).apply(p[now]).tolist()
        )


@given(week=st.integers(202401, 202410))
def test_no_week_sees_its_own_outcomes_or_later_ones(week: int) -> None:
    p, y = season(150)
    other = np.where(week <= WEEK, 1 - y, y)
    one, two = prequential(p, y, WEEK), prequential(p, other, WEEK)
    assert (one[week >= WEEK] == two[week >= WEEK]).all()
    if week < 202410:
        assert (one[week < WEEK] != two[week < WEEK]).all()


def test_the_order_of_rows_does_not_matter() -> None:
    p, y = season(150)
    shuffled = np.random.default_rng(2).permutation(150)
    in_order = prequential(p, y, WEEK)[shuffled]
    assert prequential(p[shuffled], y[shuffled], WEEK[shuffled]) == pytest.approx(
        in_order, abs=1e-12
    )


def test_a_model_that_is_too_sure_comes_closer_to_the_truth_and_a_perfect_one_stays_near() -> None:
    weeks = np.repeat(np.arange(40), 15)
    for slope, better in ((0.4, True), (1.0, False)):
        moved = []
        for seed in range(5):
            p, y = season(600, slope=slope, seed=seed)
            truth = expit(slope * logit(p))
            found = prequential(p, y, weeks)
            moved.append(np.mean((found - truth) ** 2) - np.mean((p - truth) ** 2))
        assert (np.mean(moved) < 0) == better
        assert np.mean(moved) < 0.002
