"""AUC differences against scikit-learn, game by game and draw by draw."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import roc_auc_score

from nfl_signals.stats.auc import auc_difference
from nfl_signals.stats.bootstrap import percentiles, week_draws
from nfl_signals.stats.scores import NotEstimableError

N = 80
WEEKS = np.arange(N) // 8


def forecasts(seed: int, *, decimals: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two forecasts, coarse enough to tie, and outcomes drawn from the first."""
    rng = np.random.default_rng(seed)
    p = rng.random(N)
    other = np.clip(p + rng.normal(0, 0.3, N), 0, 1).round(decimals)
    return p.round(decimals), other, (rng.random(N) < p).astype(np.float64)


@given(seed=st.integers(0, 10_000), decimals=st.sampled_from([1, 8]))
def test_the_difference_is_that_of_scikit_learn_ties_included(seed: int, decimals: int) -> None:
    p, other, y = forecasts(seed, decimals=decimals)
    found = auc_difference(p, other, y, WEEKS, seed=0, draws=2)
    assert found.estimate == pytest.approx(roc_auc_score(y, p) - roc_auc_score(y, other))
    assert (found.n, found.n_blocks) == (N, 10)


@pytest.mark.parametrize("decimals", [1, 8])
def test_every_draw_is_the_auc_of_the_redrawn_games(decimals: int) -> None:
    p, other, y = forecasts(5, decimals=decimals)
    position, drawn = week_draws(WEEKS, seed=4, draws=40)
    by_hand = []
    for taken in drawn:
        games = np.concatenate([np.flatnonzero(position == week) for week in taken])
        by_hand.append(roc_auc_score(y[games], p[games]) - roc_auc_score(y[games], other[games]))
    found = auc_difference(p, other, y, WEEKS, seed=4, draws=40)
    assert (found.low, found.high) == pytest.approx(percentiles(np.array(by_hand), level=0.95))


def test_a_forecast_is_as_good_as_itself_and_as_any_that_ranks_alike() -> None:
    p, _, y = forecasts(1, decimals=8)
    for alike in (p, p**3):
        found = auc_difference(p, alike, y, WEEKS, seed=0, draws=50)
        assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)


def test_a_draw_with_one_outcome_only_is_left_out() -> None:
    """Week 1 has YES games only: a draw of week 1 twice ranks nothing."""
    y, weeks = np.array([1.0, 1.0, 0.0, 1.0]), np.array([1, 1, 2, 2])
    p = np.array([0.9, 0.8, 0.1, 0.7])
    found = auc_difference(p, np.full(4, 0.5), y, weeks, seed=0, draws=50)
    assert (found.low, found.high) == (0.5, 0.5)


def test_one_outcome_only_has_no_auc() -> None:
    with pytest.raises(NotEstimableError, match="YES games and NO games"):
        auc_difference(np.full(4, 0.5), np.full(4, 0.5), np.ones(4), np.arange(4), seed=0)
