"""The e-process is fair to a forecast that is right and finds one that is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.special import expit, logit

from nfl_signals.evidence import (
    ALTERNATIVES,
    Floats,
    e_process,
    log_e_process,
    season_to_date,
)

WEEKS = np.repeat(np.arange(1, 19), 15)


def seasons(n: int, *, slope: float = 1.0, bias: float = 0.0, years: int = 1) -> Floats:
    """E-values (n, 18 * years) of moneyline-like forecasts whose truth is bias + slope * logit."""
    rng = np.random.default_rng(20)
    weeks = np.repeat(np.arange(18 * years), 15)
    stated = rng.normal(0.32, 0.85, (n, len(weeks)))
    y = (rng.random(stated.shape) < expit(bias + slope * stated)).astype(float)
    return np.array([e_process(expit(x), hit, weeks) for x, hit in zip(stated, y, strict=True)])


def share_reaching_20(paths: Floats) -> float:
    return float(np.mean(paths.max(axis=1) >= 20))


def test_one_game_by_hand() -> None:
    """P(y = 1) of the six alternatives at logit 1, averaged, over the stated probability."""
    expected = np.mean([expit(z) for z in (0.5, 0.7, 1.4, 2.0, 0.7, 1.3)]) / expit(1.0)
    found = e_process(np.array([expit(1.0)]), np.array([1.0]), np.array([1]))
    assert found == pytest.approx([expected])


@given(st.floats(0.01, 0.99))
def test_the_bet_on_any_single_game_is_fair_when_the_forecast_is_right(p: float) -> None:
    week = np.array([1])
    won = e_process(np.array([p]), np.array([1.0]), week)[0]
    lost = e_process(np.array([p]), np.array([0.0]), week)[0]
    assert p * won + (1 - p) * lost == pytest.approx(1.0, abs=1e-9)


def test_over_perfect_seasons_the_expectation_never_exceeds_one() -> None:
    paths = seasons(2000)
    slack = 3 * paths.std(axis=0) / np.sqrt(len(paths))
    assert (paths.mean(axis=0) <= 1 + slack).all()


def test_ville_at_most_one_perfect_season_in_twenty_ever_reaches_20() -> None:
    assert share_reaching_20(seasons(400)) <= 0.05


@pytest.mark.parametrize(
    ("slope", "bias", "reference"),
    [(1.0, 0.0, 0.013), (0.7, 0.0, 0.21), (0.5, 0.0, 0.74), (1.0, -0.3, 0.27)],
    ids=["perfect", "overconfident", "very overconfident", "biased"],
)
def test_power_within_one_season_is_that_of_an_untuned_six_part_mixture(
    slope: float, bias: float, reference: float
) -> None:
    assert share_reaching_20(seasons(400, slope=slope, bias=bias)) == pytest.approx(
        reference, abs=0.08
    )


def test_half_the_warranted_logit_is_found_in_most_seasons() -> None:
    assert share_reaching_20(seasons(400, slope=0.5)) > 0.5


def test_over_three_seasons_power_grows_and_false_alarms_stay_bounded() -> None:
    assert share_reaching_20(seasons(400, years=3)) <= 0.05
    assert share_reaching_20(seasons(400, slope=0.7, years=3)) == pytest.approx(0.74, abs=0.08)
    assert share_reaching_20(seasons(400, bias=-0.3, years=3)) == pytest.approx(0.87, abs=0.08)


def test_no_alternative_exceeds_the_mixture_by_more_than_its_share() -> None:
    """The mixture is never below a sixth of its best part, so little is lost by not choosing."""
    rng = np.random.default_rng(21)
    p, y = rng.uniform(0.2, 0.8, 270), (rng.random(270) < 0.5).astype(float)
    sign = 2 * y - 1
    parts = [
        np.log(expit(sign * (a.bias + a.slope * logit(p))) / expit(sign * logit(p))).sum()
        for a in ALTERNATIVES
    ]
    found = log_e_process(p, y, WEEKS)[-1]
    assert max(parts) - np.log(6) <= found <= max(parts)


def test_games_of_a_week_are_one_block_and_later_weeks_change_nothing() -> None:
    rng = np.random.default_rng(22)
    p, y = rng.uniform(0.1, 0.9, 270), rng.integers(0, 2, 270).astype(float)
    whole, order = log_e_process(p, y, WEEKS), rng.permutation(270)
    assert whole.shape == (18,)
    assert log_e_process(p[order], y[order], WEEKS[order]) == pytest.approx(whole, abs=1e-12)
    assert log_e_process(p[:150], y[:150], WEEKS[:150]) == pytest.approx(whole[:10], abs=1e-12)
    assert e_process(p, y, WEEKS) == pytest.approx(np.exp(whole))


def test_overwhelming_evidence_stays_a_finite_number() -> None:
    p, y = np.full(2000, 0.99), np.zeros(2000)
    assert np.isfinite(e_process(p, y, np.arange(2000))).all()
    assert log_e_process(p, y, np.arange(2000))[-1] > 700


@pytest.mark.parametrize(
    ("p", "y", "week"),
    [
        ([0.0], [0.0], [1]),
        ([1.0], [1.0], [1]),
        ([np.nan], [1.0], [1]),
        ([0.5], [np.nan], [1]),
        ([0.5, 0.5], [1.0], [1]),
        ([0.5], [1.0], [1, 2]),
    ],
)
def test_what_cannot_be_bet_on_is_refused(p: list[float], y: list[float], week: list[int]) -> None:
    with pytest.raises(ValueError, match="expected"):
        e_process(np.array(p), np.array(y), np.array(week))


def test_each_season_starts_its_evidence_anew() -> None:
    p, y = np.full(4, 0.8), np.zeros(4)
    found = season_to_date(p, y, np.array([2023, 2023, 2024, 2024]), np.array([1, 2, 1, 2]))
    assert found[:2] == pytest.approx(found[2:])
    assert found[1] > found[0] > 1


def test_pushes_neither_add_nor_remove_evidence() -> None:
    p, week = np.full(4, 0.8), np.array([1, 2, 2, 3])
    season, push = np.full(4, 2024), np.nan
    found = season_to_date(p, np.array([0.0, 0.0, push, push]), season, week)
    alone = e_process(np.full(2, 0.8), np.zeros(2), np.array([1, 2]))
    assert found == pytest.approx(alone[[0, 1, 1, 1]])
    assert season_to_date(p, np.full(4, push), season, week).tolist() == [1.0] * 4
