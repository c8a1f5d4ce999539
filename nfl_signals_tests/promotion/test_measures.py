"""Churn, slippage, score and calibration of two forecasts, by hand and by simulated truth."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from benchmarks.simulated_challengers import simulated_pairs
from nfl_signals.promotion.measures import (
    both_lean,
    brier_excess,
    churn,
    evidence_against,
    extra_slippage,
    own_error,
    picks,
    slope_in_words,
    valued,
)
from nfl_signals.stats.bootstrap import week_block_interval
from nfl_signals.stats.e_process import with_memory
from nfl_signals.stats.recalibration_error import calibration_gap, weekly_sums
from nfl_signals.stats.scores import brier, calibration_slope_intercept
from nfl_signals_tests.support.gate_games import pairs

HOW = {"seed": 3, "level": 0.95}


def test_churn_is_the_share_of_picks_on_the_other_side_of_the_price() -> None:
    """Sides: both over, champion over, both under, challenger over; two of four changed."""
    rows = pairs(
        week=[1, 1, 2, 2],
        p_market=[0.5, 0.6, 0.6, 0.3],
        p_champion=[0.7, 0.61, 0.5, 0.2],
        p_challenger=[0.6, 0.59, 0.4, 0.4],
    )
    found = churn(rows, **HOW)
    assert (found.estimate, found.n, found.n_blocks) == (0.5, 4, 2)


def test_a_pick_is_on_the_other_side_of_the_price_not_of_one_half() -> None:
    rows = pairs(week=[1, 2], p_market=0.7, p_champion=0.65, p_challenger=0.55)
    assert churn(rows, **HOW).estimate == 0.0


def test_where_both_are_nearer_to_the_price_than_a_point_there_is_no_pick_that_could_change() -> (
    None
):
    """Two leans, a pick against a lean, two picks on either side and on one, a pick against the price."""
    rows = pairs(
        week=[1, 2, 1, 2, 1],
        p_market=0.5,
        p_champion=[0.509, 0.505, 0.51, 0.49, 0.5],
        p_challenger=[0.491, 0.49, 0.49, 0.45, 0.4],
    )
    assert churn(rows, **HOW).estimate == pytest.approx(2 / 5)
    assert picks(rows)["game_id"].to_list() == ["g001", "g002", "g003"]
    assert churn(picks(rows), **HOW).estimate == pytest.approx(2 / 3)


def test_who_does_not_lean_has_no_pick_that_could_change() -> None:
    rows = pairs(p_market=[0.5, 0.5, 0.5], p_champion=[0.5, 0.6, 0.4], p_challenger=[0.4, 0.5, 0.4])
    assert both_lean(rows)["game_id"].to_list() == ["g002"]


def test_slippage_is_the_closing_line_value_that_the_champion_had_more() -> None:
    """0.02 - 0.01, 0.00 - -0.03 (no lean) and 0.01 - 0.00; the unmoved game does not count."""
    rows = pairs(
        week=[1, 1, 2, 2],
        clv_champion=[0.02, None, 0.01, None],
        clv_challenger=[0.01, -0.03, None, None],
    )
    found = extra_slippage(rows, **HOW)
    assert found.estimate == pytest.approx((0.01 + 0.03 + 0.01) / 3)
    assert found.n == valued(rows).height == 3


def test_brier_excess_is_the_difference_of_the_two_scores_without_pushes() -> None:
    rows = pairs(
        week=[1, 2, 2],
        outcome=["yes", "no", "push"],
        p_champion=[0.6, 0.6, 0.9],
        p_challenger=[0.7, 0.5, 0.1],
    )
    found = brier_excess(rows, **HOW)
    assert found.estimate == pytest.approx((0.09 + 0.25) / 2 - (0.16 + 0.36) / 2)
    assert found.n == 2


def test_brier_excess_is_the_week_block_interval_widened_by_students_t() -> None:
    """18 weeks: sqrt(18 / 17) * 2.1098 / 1.9600 of the normal's width."""
    rows = simulated_pairs("worse", seasons=1, seed=1, markets=("moneyline",))
    p, q, y = (rows[name].to_numpy() for name in ("p_challenger", "p_champion", "y"))
    narrow = week_block_interval((p - y) ** 2 - (q - y) ** 2, rows["week"].to_numpy(), **HOW)
    found = brier_excess(rows, **HOW)
    assert found.estimate == narrow.estimate == pytest.approx(brier(p, y) - brier(q, y))
    wider = np.sqrt(18 / 17) * 2.1098 / 1.9600
    assert found.high - found.estimate == pytest.approx(
        wider * (narrow.high - narrow.estimate), 1e-4
    )
    assert found.estimate - found.low == pytest.approx(wider * (narrow.estimate - narrow.low), 1e-4)


def test_brier_excess_over_the_price_leaves_out_games_without_one() -> None:
    rows = pairs(week=[1, 2, 2], p_market=[0.5, 0.5, None], p_challenger=[0.6, 0.6, 0.9])
    found = brier_excess(rows, over="p_market", **HOW)
    assert (found.estimate, found.n) == (pytest.approx(0.16 - 0.25), 2)


def test_the_difference_of_scores_is_one_of_calibration_against_what_both_know() -> None:
    """E(p - r)^2 - E(q - r)^2 with r the truth given both: what the gate's docstring says."""
    rng = np.random.default_rng(1)
    r, noise = rng.uniform(0.2, 0.8, 200_000), rng.normal(0, 0.1, 200_000)
    p, q = r + 0.05, np.clip(r + noise, 0.01, 0.99)
    y = (rng.random(len(r)) < r).astype(float)
    of_scores = brier(p, y) - brier(q, y)
    assert of_scores == pytest.approx(np.mean((p - r) ** 2 - (q - r) ** 2), abs=0.001)


@settings(max_examples=20)
@given(st.integers(0, 1000))
def test_changing_roles_changes_the_sign_of_differences_and_nothing_of_churn(seed: int) -> None:
    rows = simulated_pairs("worse", seasons=1, seed=seed, markets=("ats",))
    swapped = rows.rename(
        {
            "p_champion": "p_challenger",
            "p_challenger": "p_champion",
            "clv_champion": "clv_challenger",
            "clv_challenger": "clv_champion",
        }
    )
    for measure in (brier_excess, extra_slippage):
        found, other = measure(rows, **HOW), measure(swapped, **HOW)
        assert other.estimate == pytest.approx(-found.estimate)
        assert (other.low, other.high) == pytest.approx((-found.high, -found.low))
    assert churn(rows, **HOW) == churn(swapped, **HOW)


def test_own_error_is_the_monitors_error_over_all_games() -> None:
    rows = simulated_pairs("overconfident", seasons=2, seed=1, markets=("moneyline",))
    p, y = rows["p_challenger"].to_numpy(), rows["y"].to_numpy()
    found = own_error(rows, **HOW)
    sums = weekly_sums(p, y, np.zeros(len(p), dtype=int))[:, 0]
    assert found.estimate == pytest.approx(float(calibration_gap(sums)))
    assert found.low < found.estimate < found.high
    assert (found.n, found.n_blocks) == (540, 36)


def test_the_interval_of_ones_own_error_has_the_true_error_inside() -> None:
    """True error of logits times 1.6: the root mean square of the forecast less the truth."""
    inside = []
    for seed in range(40):
        rows = simulated_pairs("overconfident", seasons=2, seed=seed, markets=("moneyline",))
        gap = (rows["p_challenger"] - rows["p_champion"]).to_numpy()
        found = own_error(rows, draws=300, **HOW)
        inside.append(found.low <= np.sqrt(np.mean(gap**2)) <= found.high)
    assert np.mean(inside) >= 0.85


def test_the_error_of_an_honest_forecast_is_not_shown_to_be_above_nothing() -> None:
    rows = simulated_pairs("copy", seasons=2, seed=5, markets=("moneyline",))
    assert own_error(rows, **HOW).low == 0.0


def test_evidence_is_what_the_monitor_would_show_after_the_last_week() -> None:
    rows = simulated_pairs("overconfident", seasons=3, seed=2, markets=("moneyline",))
    p, y, season, week = (
        rows[name].to_numpy().astype(float) for name in ("p_challenger", "y", "season", "week")
    )
    path = with_memory(p, y, season.astype(int), week.astype(int))
    assert evidence_against(rows) == path[(season == 2024) & (week == 18)][0]
    assert evidence_against(rows) > 20


def test_the_slope_is_given_in_words_with_its_interval() -> None:
    rows = simulated_pairs("copy", seasons=1, seed=1, markets=("moneyline",))
    p, y = rows["p_challenger"].to_numpy(), rows["y"].to_numpy()
    slope = calibration_slope_intercept(p, y).slope
    assert slope_in_words(rows).startswith(f"slope {slope:.2f} [")
    assert slope_in_words(rows.filter(pl.col("y") == 1)) == "slope not estimable"
