"""Intervals redraw whole weeks; effects too small to see are named beforehand."""

import numpy as np
import pytest

from nfl_signals.stats.bootstrap import minimum_detectable_effect, week_block_interval


def test_the_interval_holds_the_plain_mean_and_counts_games_and_weeks() -> None:
    found = week_block_interval(np.array([1.0, 2.0, 3.0, 6.0]), [1, 1, 2, 3], seed=0)
    assert (found.estimate, found.n, found.n_blocks) == (3.0, 4, 3)
    assert found.low <= 3.0 <= found.high


def test_draws_of_two_weeks_can_be_counted_by_hand() -> None:
    """Two weeks of one game: 0, 1/2 and 1 come up with chances 1/4, 1/2, 1/4."""
    found = week_block_interval(np.array([0.0, 1.0]), [1, 2], seed=0, draws=4000, level=0.4)
    assert (found.low, found.high) == (0.5, 0.5)
    found = week_block_interval(np.array([0.0, 1.0]), [1, 2], seed=0, draws=4000, level=0.6)
    assert (found.low, found.high) == (0.0, 1.0)


def test_a_week_with_more_games_weighs_more() -> None:
    """Draws of both weeks average 3 games of 1 and 1 game of 0: 3/4, not 1/2."""
    values, weeks = np.array([1.0, 1.0, 1.0, 0.0]), [1, 1, 1, 2]
    found = week_block_interval(values, weeks, seed=1, draws=4000, level=0.3)
    assert (found.low, found.high) == (0.75, 0.75)


def test_the_same_seed_gives_the_same_interval_whatever_the_labels_and_order() -> None:
    rng = np.random.default_rng(2)
    values, weeks = rng.normal(size=60), np.repeat(np.arange(6), 10)
    order = rng.permutation(60)
    one = week_block_interval(values, weeks, seed=3)
    assert one == week_block_interval(values, [f"week {w}" for w in weeks], seed=3)
    other = week_block_interval(values[order], weeks[order], seed=3)
    assert (one.low, one.high) == pytest.approx((other.low, other.high))
    assert one != week_block_interval(values, weeks, seed=4)


def test_games_that_move_together_within_a_week_widen_the_interval() -> None:
    """Each week's games are copies: 15 times fewer draws than games, so about sqrt(15) wider."""
    weekly = np.repeat(np.random.default_rng(5).normal(size=100), 15)
    blocks = week_block_interval(weekly, np.repeat(np.arange(100), 15), seed=0)
    singles = week_block_interval(weekly, np.arange(1500), seed=0)
    ratio = (blocks.high - blocks.low) / (singles.high - singles.low)
    assert ratio == pytest.approx(np.sqrt(15), rel=0.1)


def test_nine_intervals_in_ten_or_more_hold_the_true_mean() -> None:
    rng, weeks, hits = np.random.default_rng(6), np.repeat(np.arange(40), 15), 0
    for seed in range(200):
        values = rng.normal(size=600) + np.repeat(rng.normal(size=40), 15)
        found = week_block_interval(values, weeks, seed=seed, draws=400)
        hits += found.low <= 0 <= found.high
    assert 0.90 <= hits / 200 <= 0.98


@pytest.mark.parametrize(
    ("values", "weeks"),
    [([], []), ([1.0], [1]), ([1.0, 2.0], [1, 1]), ([1.0, np.nan], [1, 2]), ([1.0], [1, 2])],
    ids=["empty", "one game", "one week", "NaN", "unequal length"],
)
def test_rows_without_two_weeks_of_numbers_are_refused(
    values: list[float], weeks: list[int]
) -> None:
    with pytest.raises(ValueError, match="expected"):
        week_block_interval(np.array(values), weeks, seed=0)


def test_two_percent_of_a_brier_score_takes_about_935_games() -> None:
    """At sd 0.052 per game; 2 % of the 0.2115 that a closing line scores."""
    assert minimum_detectable_effect(0.052, 935, alpha=0.05) == pytest.approx(
        0.02 * 0.2115, rel=0.01
    )


def test_detecting_54_percent_against_break_even_takes_about_5868_games() -> None:
    assert minimum_detectable_effect(np.sqrt(0.54 * 0.46), 5868, alpha=0.05) == pytest.approx(
        0.54 - 110 / 210, rel=0.01
    )


def test_an_effect_of_that_size_is_found_with_the_stated_power() -> None:
    effect = minimum_detectable_effect(1.0, 100, power=0.8, alpha=0.05)
    means = np.random.default_rng(7).normal(effect, 1 / np.sqrt(100), size=20_000)
    assert np.mean(means * np.sqrt(100) > 1.6449) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize(("sd", "n"), [(1.0, 0), (-1.0, 10)])
def test_power_without_games_is_refused(sd: float, n: int) -> None:
    with pytest.raises(ValueError, match="n >= 1"):
        minimum_detectable_effect(sd, n, alpha=0.05)
