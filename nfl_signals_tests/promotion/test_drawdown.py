"""Flat stakes: units by hand, the deepest fall, and one against another."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks.simulated_challengers import simulated_pairs
from nfl_signals.promotion.drawdown import extra_drawdown, season_drawdown, units_won
from nfl_signals_tests.support.gate_games import pairs


@pytest.mark.parametrize(
    ("p_hat", "outcome", "units"),
    [
        (0.6, "yes", 1.5),
        (0.6, "no", -1.0),
        (0.4, "no", 0.5),
        (0.4, "yes", -1.0),
        (0.6, "push", 0.0),
        (0.5, "yes", 0.0),
    ],
)
def test_one_unit_is_staked_on_the_lean_at_its_recorded_price(
    p_hat: float, outcome: str, units: float
) -> None:
    row = pairs(p_champion=[p_hat], outcome=outcome, price_yes=150.0, price_no=-200.0)
    assert row.select(units_won("p_champion")).item() == pytest.approx(units)


def test_the_deepest_fall_is_from_the_highest_point_before_it() -> None:
    weekly = np.array([[3.0, -1.0, 2.0, -4.0, -1.0, 6.0], [1.0, 1.0, 1.0, 1.0, 1.0, 1.0]])
    assert season_drawdown(weekly, np.zeros(6, dtype=int)).tolist() == [5.0, 0.0]


def test_a_season_that_only_loses_falls_from_nothing() -> None:
    assert season_drawdown(np.array([-1.0, -2.0]), np.zeros(2, dtype=int)) == 3.0


def test_each_season_starts_with_a_new_bankroll() -> None:
    """Falls of 3 and 1; as one season it would have been 4."""
    assert season_drawdown(np.array([-3.0, -1.0]), np.array([2023, 2024])) == 2.0


@given(st.lists(st.integers(-20, 20), min_size=1, max_size=30))
def test_the_fall_is_what_a_search_over_all_pairs_of_weeks_finds(weekly: list[int]) -> None:
    path = np.cumsum([0, *weekly])
    deepest = max(path[i] - path[j] for i in range(len(path)) for j in range(i, len(path)))
    found = season_drawdown(np.array(weekly, dtype=float), np.zeros(len(weekly), dtype=int))
    assert found == deepest


def test_extra_drawdown_is_the_challengers_fall_less_the_champions() -> None:
    """Paths of 1, 0, 2 and of -1, 0, -2: they fall by 1 and by 2."""
    rows = pairs(
        week=[1, 2, 3, 3], outcome=["yes", "no", "yes", "yes"], p_champion=0.6, p_challenger=0.4
    )
    found = extra_drawdown(rows, seed=1)
    assert found.estimate == 2.0 - 1.0
    assert (found.n, found.n_blocks) == (4, 3)


def test_the_same_leans_have_no_extra_drawdown_in_any_draw() -> None:
    rows = simulated_pairs("copy", seasons=1, seed=1)
    found = extra_drawdown(rows, seed=1)
    assert (found.estimate, found.low, found.high) == (0.0, 0.0, 0.0)


def test_changing_roles_changes_the_sign() -> None:
    rows = simulated_pairs("worse", seasons=1, seed=1)
    swapped = rows.rename({"p_champion": "p_challenger", "p_challenger": "p_champion"})
    found, other = (extra_drawdown(table, seed=4) for table in (rows, swapped))
    assert other.estimate == -found.estimate
    assert (other.low, other.high) == pytest.approx((-found.high, -found.low))


def test_rows_may_come_in_any_order() -> None:
    rows = simulated_pairs("worse", seasons=1, seed=1)
    shuffled = rows.sample(fraction=1.0, shuffle=True, seed=3)
    ours, theirs = (extra_drawdown(table, seed=4) for table in (rows, shuffled))
    assert ours.estimate == pytest.approx(theirs.estimate)
    assert (ours.low, ours.high) == pytest.approx((theirs.low, theirs.high))


def test_one_week_cannot_be_redrawn() -> None:
    with pytest.raises(ValueError, match="expected two or more"):
        extra_drawdown(pairs(outcome=["yes"], p_champion=0.6, p_challenger=0.4), seed=1)
