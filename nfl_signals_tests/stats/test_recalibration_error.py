"""The recalibration error has no sampling bias, and is right about known errors."""

import numpy as np
import pytest
from scipy.special import expit

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import logit
from nfl_signals.stats.recalibration_error import (
    PRIOR_PRECISION,
    calibration_gap,
    gap_per_row,
    gap_to_date,
    weekly_sums,
)
from nfl_signals.stats.scores import debiased_calibration_error


def outcomes(n: int, slope: float, bias: float, seed: int) -> tuple[Floats, Floats]:
    rng = np.random.default_rng(seed)
    stated = rng.normal(0.304, 0.852, n)
    return expit(stated), (rng.random(n) < expit(bias + slope * stated)).astype(float)


def one(p: Floats, y: Floats) -> float:
    return float(calibration_gap(weekly_sums(p, y, np.zeros(len(p), dtype=int)))[0])


@pytest.mark.parametrize(("slope", "bias"), [(0.7, 0.0), (1.0, -0.3), (1.4, 0.0)])
def test_of_many_games_it_is_the_distance_to_the_true_probabilities(
    slope: float, bias: float
) -> None:
    p, y = outcomes(400_000, slope, bias, 40)
    truth = np.sqrt(np.mean((p - expit(bias + slope * logit(p))) ** 2))
    assert one(p, y) == pytest.approx(truth, rel=0.06)


def test_perfect_seasons_show_none_as_often_as_an_unbiased_square_is_negative() -> None:
    """A chi-square with two degrees of freedom is below its mean in 63 % of draws."""
    p, y = outcomes(4000 * 270, 1.0, 0.0, 41)
    gap = calibration_gap(weekly_sums(p, y, np.repeat(np.arange(4000), 270)))
    assert 0.58 < np.mean(gap == 0) < 0.68


def test_chance_makes_it_exceed_the_limit_less_often_than_the_binned_error_does() -> None:
    p, y = outcomes(400 * 270, 1.0, 0.0, 42)
    gap = calibration_gap(weekly_sums(p, y, np.repeat(np.arange(400), 270)))
    binned = [
        debiased_calibration_error(a, b)
        for a, b in zip(np.split(p, 400), np.split(y, 400), strict=True)
    ]
    assert np.mean(gap > 0.05) < 0.1 < np.mean(np.array(binned) > 0.05)


def test_one_forecast_of_one_half_by_hand() -> None:
    """Sixteen even forecasts, all YES: only the intercept can be seen."""
    found = one(np.full(16, 0.5), np.ones(16))
    information = 16 * 0.25 + PRIOR_PRECISION
    step, chance = 8 / information, 4 / information**2
    assert found == pytest.approx(np.sqrt(step**2 - chance) / 4)


def test_weeks_add_up_in_any_order() -> None:
    p, y = outcomes(270, 0.5, 0.0, 43)
    week, order = np.repeat(np.arange(18), 15), np.random.default_rng(0).permutation(270)
    weekly = weekly_sums(p[order], y[order], week[order])
    assert calibration_gap(weekly.sum(axis=1)) == pytest.approx(one(p, y))


def test_each_week_shows_the_larger_of_season_and_memory() -> None:
    p, y = outcomes(40 * 15, 0.6, 0.0, 44)
    sums = weekly_sums(p, y, np.repeat(np.arange(40), 15))
    season = np.repeat(np.arange(4), 10)
    found = gap_to_date(sums, season)
    for week in (0, 9, 10, 25, 33, 39):
        first = 10 * season[week]
        spans = [sums[:, start : week + 1].sum(axis=1) for start in (first, max(first - 20, 0))]
        assert found[week] == pytest.approx(max(calibration_gap(span) for span in spans))


def test_every_row_shows_the_end_of_its_week_and_pushes_count_for_nothing() -> None:
    p, y = outcomes(90, 0.4, 0.0, 45)
    season, week = np.repeat([2023, 2024], 45), np.tile(np.repeat([1, 2, 3], 15), 2)
    y[[3, *range(75, 90)]] = np.nan
    found, used = gap_per_row(p, y, season, week), ~np.isnan(y)
    sums = weekly_sums(p[used], y[used], (season * 100 + week)[used])
    ends = gap_to_date(sums, np.array([2023, 2023, 2023, 2024, 2024]))
    assert found[:75:15] == pytest.approx(ends)
    assert found[75:] == pytest.approx(np.full(15, ends[-1]))


def test_no_games_show_no_error() -> None:
    assert calibration_gap(np.zeros((9, 2))).tolist() == [0.0, 0.0]


def test_what_is_no_forecast_is_refused() -> None:
    with pytest.raises(ValueError, match="expected p in"):
        weekly_sums(np.ones(1), np.ones(1), np.ones(1, dtype=int))
