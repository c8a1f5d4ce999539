"""Ratios of sums redraw the same weeks above and below the line."""

import numpy as np
import pytest

from nfl_signals.stats.bootstrap import week_block_interval, week_block_ratio, week_draws


def test_a_ratio_to_one_per_game_is_the_mean_with_the_mean_s_interval() -> None:
    rng = np.random.default_rng(0)
    values, weeks = rng.random(60), np.repeat(np.arange(6), 10)
    ratio = week_block_ratio(values, np.ones(60), weeks, seed=3)
    mean = week_block_interval(values, weeks, seed=3)
    assert (ratio.n, ratio.n_blocks) == (60, 6)
    assert [ratio.estimate, ratio.low, ratio.high] == pytest.approx(
        [mean.estimate, mean.low, mean.high]
    )


def test_what_is_proportional_game_by_game_has_no_interval() -> None:
    values = np.random.default_rng(1).random(40)
    found = week_block_ratio(0.98 * values, values, np.arange(40) // 5, seed=0)
    assert [found.estimate, found.low, found.high] == pytest.approx([0.98] * 3)


def test_draws_of_two_weeks_can_be_counted_by_hand() -> None:
    """Only week 1: 1/2; both: 3/4; only week 2: 1; with chances 1/4, 1/2, 1/4."""
    weeks, above, below = [1, 2], np.array([1.0, 2.0]), np.array([2.0, 2.0])
    found = week_block_ratio(above, below, weeks, seed=0, draws=4000, level=0.4)
    assert (found.estimate, found.low, found.high) == (0.75, 0.75, 0.75)
    found = week_block_ratio(above, below, weeks, seed=0, draws=4000, level=0.6)
    assert (found.low, found.high) == (0.5, 1.0)


def test_games_know_their_week_and_every_draw_has_as_many_weeks_as_there_are() -> None:
    position, drawn = week_draws(["b", "a", "b"], seed=0, draws=50)
    assert position.tolist() == [1, 0, 1]
    assert drawn.shape == (50, 2)
    assert set(drawn.ravel().tolist()) == {0, 1}


def test_sums_without_two_weeks_of_numbers_are_refused() -> None:
    with pytest.raises(ValueError, match="two or more"):
        week_block_ratio(np.ones(2), np.ones(2), [1, 1], seed=0)
    with pytest.raises(ValueError, match="finite"):
        week_block_ratio(np.ones(2), np.array([1.0, np.nan]), [1, 2], seed=0)
