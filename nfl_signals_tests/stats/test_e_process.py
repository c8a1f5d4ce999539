"""The e-process is fair to a forecast that is right and finds one that is wrong."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray
from scipy.special import expit

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.e_process import (
    ALTERNATIVES,
    MEMORY_SEASONS,
    Alternative,
    log_mixture,
    weekly_log_bets,
    with_memory,
)

WEEKS = np.repeat(np.arange(1, 19), 15)


def log_e_process(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    """Natural log of the e-process of one season, one value per distinct week, ascending."""
    bets = weekly_log_bets(p, y, week_index)
    return log_mixture(bets, np.zeros(bets.shape[1], dtype=np.int64))


def e_process(p: Floats, y: Floats, week_index: NDArray[np.integer]) -> Floats:
    return np.exp(log_e_process(p, y, week_index))


def seasons(n: int, *, slope: float = 1.0, bias: float = 0.0, years: int = 1) -> Floats:
    """E-values (n, 18 * years) of moneyline-like forecasts whose truth is bias + slope * logit."""
    rng = np.random.default_rng(20)
    stated = rng.normal(0.304, 0.852, n * years * 18 * 15)
    y = (rng.random(stated.shape) < expit(bias + slope * stated)).astype(float)
    bets = weekly_log_bets(expit(stated), y, np.repeat(np.arange(n * years * 18), 15))
    season = np.repeat(np.arange(years), 18)
    return np.exp(log_mixture(bets.reshape(len(ALTERNATIVES), n, years * 18), season))


def share_reaching_20(paths: Floats) -> float:
    return float(np.mean(paths.max(axis=1) >= 20))


def test_one_game_by_hand() -> None:
    """P(y = 1) of the alternatives at logit 1, averaged by stake, over the stated probability."""
    stakes = [a.season + a.memory for a in ALTERNATIVES]
    expected = np.dot(stakes, [expit(a.bias + a.slope) for a in ALTERNATIVES]) / expit(1.0)
    found = e_process(np.array([expit(1.0)]), np.array([1.0]), np.array([1]))
    assert found == pytest.approx([expected])


def test_the_stakes_are_all_there_is_and_none_is_negative() -> None:
    assert sum(a.season + a.memory for a in ALTERNATIVES) == pytest.approx(1.0, abs=1e-12)
    with pytest.raises(ValueError, match="odd: stakes"):
        Alternative(name="odd", season=-0.1, memory=0.2)


def test_no_direction_of_a_bias_is_preferred() -> None:
    """Evidence against YES and evidence against NO weigh the same."""
    rng = np.random.default_rng(23)
    p, y, week = rng.uniform(0.1, 0.9, 60), rng.integers(0, 2, 60).astype(float), np.arange(60)
    assert log_e_process(p, y, week) == pytest.approx(log_e_process(1 - p, 1 - y, week))


@given(st.floats(0.01, 0.99))
def test_the_bet_on_any_single_game_is_fair_when_the_forecast_is_right(p: float) -> None:
    week = np.array([1])
    won = e_process(np.array([p]), np.array([1.0]), week)[0]
    lost = e_process(np.array([p]), np.array([0.0]), week)[0]
    assert p * won + (1 - p) * lost == pytest.approx(1.0, abs=1e-9)


@pytest.mark.slow
def test_over_perfect_seasons_the_expectation_never_exceeds_one() -> None:
    paths = seasons(4000)
    slack = 3 * paths.std(axis=0) / np.sqrt(len(paths))
    assert (paths.mean(axis=0) <= 1 + slack).all()


@pytest.mark.slow
def test_after_two_perfect_seasons_the_third_starts_from_an_expectation_of_one() -> None:
    paths = seasons(4000, years=3)[:, 36:]
    slack = 3 * paths.std(axis=0) / np.sqrt(len(paths))
    assert (paths.mean(axis=0) <= 1 + slack).all()


@pytest.mark.slow
def test_ville_at_most_one_perfect_season_in_twenty_ever_reaches_20() -> None:
    assert share_reaching_20(seasons(2000)) <= 0.03
    assert share_reaching_20(seasons(2000, years=3)[:, 36:]) <= 0.03


@pytest.mark.parametrize(
    ("slope", "bias", "reference"),
    [(0.5, 0.0, 0.77), (0.7, 0.0, 0.30), (1.0, -0.3, 0.275)],
    ids=["much too sure", "too sure", "biased"],
)
def test_power_within_one_season(slope: float, bias: float, reference: float) -> None:
    found = share_reaching_20(seasons(1000, slope=slope, bias=bias))
    assert found == pytest.approx(reference, abs=0.05)


@pytest.mark.parametrize(
    ("slope", "bias", "reference"),
    [(0.7, 0.0, 0.785), (1.0, -0.3, 0.82)],
    ids=["too sure", "biased"],
)
def test_power_within_three_seasons(slope: float, bias: float, reference: float) -> None:
    found = share_reaching_20(seasons(1000, slope=slope, bias=bias, years=3))
    assert found == pytest.approx(reference, abs=0.05)


def test_no_alternative_exceeds_the_mixture_by_more_than_its_stake() -> None:
    """The mixture is never below a part's own bet times its stake: not choosing costs little."""
    rng = np.random.default_rng(21)
    p, y = rng.uniform(0.2, 0.8, 270), (rng.random(270) < 0.5).astype(float)
    parts = weekly_log_bets(p, y, WEEKS).sum(axis=1)
    stakes = np.log([a.season + a.memory for a in ALTERNATIVES])
    found = log_e_process(p, y, WEEKS)[-1]
    assert max(parts + stakes) <= found <= max(parts)


def test_the_bet_of_a_week_is_the_posterior_of_the_weeks_before() -> None:
    """The factor gained in a week is the parts' own factors, averaged by Bayes' posterior."""
    rng = np.random.default_rng(24)
    p, y = rng.uniform(0.2, 0.8, 270), (rng.random(270) < 0.5).astype(float)
    bets = weekly_log_bets(p, y, WEEKS)
    prior = np.array([a.season + a.memory for a in ALTERNATIVES])
    posterior = prior * np.exp(bets[:, :9].sum(axis=1))
    posterior /= posterior.sum()
    path = e_process(p, y, WEEKS)
    assert path[9] / path[8] == pytest.approx(posterior @ np.exp(bets[:, 9]))


def test_games_of_a_week_are_one_block_and_later_weeks_change_nothing() -> None:
    rng = np.random.default_rng(22)
    p, y = rng.uniform(0.1, 0.9, 270), rng.integers(0, 2, 270).astype(float)
    whole, order = log_e_process(p, y, WEEKS), rng.permutation(270)
    assert whole.shape == (18,)
    assert log_e_process(p[order], y[order], WEEKS[order]) == pytest.approx(whole, abs=1e-12)
    assert log_e_process(p[:150], y[:150], WEEKS[:150]) == pytest.approx(whole[:10], abs=1e-12)
    found = with_memory(p, y, np.full(270, 2024), WEEKS)
    assert found == pytest.approx(np.exp(whole)[WEEKS - 1])


def test_overwhelming_evidence_stays_a_finite_number() -> None:
    p, y, week = np.full(2000, 0.99), np.zeros(2000), np.repeat(np.arange(20), 100)
    assert np.isfinite(with_memory(p, y, np.full(2000, 2024), week)).all()
    assert log_e_process(p, y, week)[-1] > 700


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


def test_pushes_neither_add_nor_remove_evidence() -> None:
    p, week = np.full(4, 0.8), np.array([1, 2, 2, 3])
    season, push = np.full(4, 2024), np.nan
    found = with_memory(p, np.array([0.0, 0.0, push, push]), season, week)
    alone = e_process(np.full(2, 0.8), np.zeros(2), np.array([1, 2]))
    assert found == pytest.approx(alone[[0, 1, 1, 1]])
    assert with_memory(p, np.full(4, push), season, week).tolist() == pytest.approx([1.0] * 4)


def test_part_of_the_evidence_carries_over_two_seasons_and_no_more() -> None:
    season, week = np.repeat(np.arange(2020, 2024), 40), np.tile(np.repeat([1, 2], 20), 4)
    p, y = np.full(160, 0.7), np.tile([1.0, 0.0], 80)
    found = with_memory(p, y, season, week)
    alone = [season == one for one in np.unique(season)]
    fresh = np.concatenate([with_memory(p[o], y[o], season[o], week[o]) for o in alone])
    assert found[:40] == pytest.approx(fresh[:40])
    assert found[40:80].min() > fresh[40:80].max()
    assert MEMORY_SEASONS == 3
    assert found[120:] == pytest.approx(found[80:120])
    assert with_memory(p[40:], y[40:], season[40:], week[40:])[80:] == pytest.approx(found[120:])


def test_memory_by_hand_over_two_seasons_of_one_game() -> None:
    p, y = np.array([0.8, 0.6]), np.array([0.0, 1.0])
    found = with_memory(p, y, np.array([2023, 2024]), np.array([1, 1]))
    one, two = (np.exp(b) for b in weekly_log_bets(p, y, np.array([1, 2])).T)
    season, memory = (np.array([getattr(a, n) for a in ALTERNATIVES]) for n in ("season", "memory"))
    assert found[1] == pytest.approx(season @ two + memory @ (one * two))


def test_a_row_of_the_past_never_learns_what_came_later() -> None:
    rng = np.random.default_rng(25)
    p, y = rng.uniform(0.2, 0.8, 90), rng.integers(0, 2, 90).astype(float)
    season, week = np.repeat([2022, 2023, 2024], 30), np.tile(np.repeat([1, 2, 3], 10), 3)
    y[[5, 40, 41, 42]] = np.nan
    whole = with_memory(p, y, season, week)
    assert with_memory(p[:50], y[:50], season[:50], week[:50]) == pytest.approx(whole[:50])


def test_a_week_of_pushes_adds_no_evidence_to_memory() -> None:
    p, y = np.full(3, 0.8), np.array([0.0, np.nan, np.nan])
    found = with_memory(p, y, np.array([2023, 2023, 2024]), np.array([1, 2, 1]))
    memory = sum(a.memory for a in ALTERNATIVES)
    assert found[0] == found[1]
    assert 1 < found[2] < found[0]
    assert found[2] > 1 - memory
