"""Figures against the true probabilities are those computed by hand."""

from dataclasses import astuple

import numpy as np
import polars as pl
import pytest
from scipy.special import expit

from benchmarks.against_truth import (
    calibration,
    calibration_intervals,
    expected_brier,
    known_games,
    share_of_gap,
    true_probabilities,
)
from nfl_signals.core.errors import InputError
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.league import achievable
from nfl_signals.stats.logit import logit

PUSHES = {"p_tie": 0.0, "p_cover_push": 0.2, "p_total_push": 0.0}


def truths() -> tuple[pl.DataFrame, pl.DataFrame]:
    """One game at the close and on Tuesday."""
    close = {"game_id": "a", "p_home_win": 0.7, "p_home_cover": 0.4, "p_over": None, **PUSHES}
    then = {"spread_line": 3.0, "total_line": None}
    tuesday = [
        {**close, **then, "known_by": "tuesday", "p_home_win": 0.6, "p_home_cover": 0.2},
        {**close, **then, "known_by": "kickoff", "p_home_cover": 0.24},
    ]
    kinds = {"p_over": pl.Float64, "total_line": pl.Float64}
    return pl.DataFrame(close, schema_overrides=kinds), pl.DataFrame(
        tuesday, schema_overrides=kinds
    )


def test_truth_is_given_no_push_and_of_the_moment_whose_lines_are_asked_about() -> None:
    rows = true_probabilities(*truths(), "tuesday").sort("market").rows()
    assert [row[:2] for row in rows] == [("a", "ats"), ("a", "moneyline")]
    assert rows[0][2:] == pytest.approx((0.2 / 0.8, 0.24 / 0.8, 3.0))
    assert rows[1][2:] == pytest.approx((0.6, 0.7, 0.0))
    close = true_probabilities(*truths(), "kickoff").sort("market").rows()
    assert close[0][2:4] == pytest.approx((0.5, 0.5))
    assert close[1][2:4] == pytest.approx((0.7, 0.7))


def tables(line: float) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Stacked forecasts, gold markets and truth of a spread at a line, a push and an open game."""
    markets = pl.DataFrame(
        {
            "game_id": ["a", "b", "c"],
            "market": ["ats"] * 3,
            "season": [2020] * 3,
            "week": [1, 2, 3],
            "line": [line, 7.0, 1.0],
            "outcome": ["yes", "push", None],
            "p_market": [0.5, 0.5, 0.5],
        }
    )
    stacked = markets.select("game_id", "market", p_hat=pl.lit(0.4))
    return stacked, markets, true_probabilities(*truths(), "tuesday")


def test_games_are_the_settled_ones_without_a_push() -> None:
    (row,) = known_games(*tables(3.0), MARKETS["ats"]).rows(named=True)
    assert row == pytest.approx(
        {
            "game_id": "a",
            "season": 2020,
            "week": 1,
            "expected": 0.3,
            "truth": 0.25,
            "forecast": 0.4,
            "price": 0.5,
            "base_rate": 0.5,
        }
    )


def test_a_truth_of_another_line_is_refused() -> None:
    with pytest.raises(InputError, match=r"1 forecast game\(s\) lack it at their line, .* is a"):
        known_games(*tables(3.5), MARKETS["ats"])


def games() -> pl.DataFrame:
    """Tuesday's truth differs from what the week made of it."""
    return pl.DataFrame(
        {
            "expected": [0.3, 0.7, 0.6],
            "truth": [0.2, 0.8, 0.6],
            "forecast": [0.35, 0.7, 0.55],
            "base_rate": [0.5, 0.5, 0.5],
        }
    )


def test_expected_scores_are_averages_over_the_outcomes() -> None:
    by_hand = [
        0.3 * (0.2 - 1) ** 2 + 0.7 * 0.2**2,
        0.7 * 0.2**2 + 0.3 * 0.8**2,
        0.6 * 0.16 + 0.4 * 0.36,
    ]
    np.testing.assert_allclose(expected_brier(games(), "truth"), by_hand)


def test_the_truth_closes_the_whole_gap_the_base_rate_nothing_and_the_rest_is_in_between() -> None:
    weeks = np.array([1, 1, 2])
    shares = {who: share_of_gap(games(), who, weeks, seed=1) for who in games().columns[1:]}
    assert (shares["truth"].low, shares["truth"].high) == (1.0, 1.0)
    assert (shares["base_rate"].low, shares["base_rate"].high) == (0.0, 0.0)
    # 0.09 - 0.0050 of 0.09 - 0.02: this forecast knows more than Tuesday's truth did.
    assert shares["forecast"].estimate == pytest.approx((0.09 - 0.005) / (0.09 - 0.02))


def test_it_is_the_share_that_the_league_report_states() -> None:
    rows = games()
    p, truth, y = (rows[name].to_numpy() for name in ("forecast", "truth", "expected"))
    mine = share_of_gap(rows, "forecast", np.array([1, 1, 2]), seed=1)
    assert mine.estimate == pytest.approx(achievable.share_of_gap(p, truth, 0.5, y))


def test_a_forecast_too_sure_has_a_slope_below_1_and_its_error_is_the_distance_to_the_mended_one() -> (
    None
):
    p = np.linspace(0.1, 0.9, 41)
    t = expit(0.2 + 0.5 * logit(p))
    found = calibration(p, t)
    assert (found.slope, found.intercept) == pytest.approx((0.5, 0.2))
    assert found.error == pytest.approx(float(np.sqrt(np.mean((p - t) ** 2))))
    assert calibration(t, t).error == pytest.approx(0.0, abs=1e-9)


def test_weights_count_games_more_than_once() -> None:
    random = np.random.default_rng(4)
    p, t = random.uniform(0.2, 0.8, (2, 50))
    counts = random.integers(0, 3, 50)
    weighted = calibration(p, t, counts.astype(np.float64))
    repeated = calibration(np.repeat(p, counts), np.repeat(t, counts))
    assert astuple(weighted) == pytest.approx(astuple(repeated))


@pytest.mark.slow
def test_a_forecast_further_from_the_truth_is_found_to_be_and_one_like_the_other_is_not() -> None:
    random = np.random.default_rng(4)
    t, weeks = expit(random.normal(0, 0.8, 600)), np.repeat(np.arange(40), 15)
    own = expit(logit(t) + random.normal(0, 0.1, 600))
    too_sure = expit(1.5 * logit(own))
    found = calibration_intervals(own, too_sure, t, weeks, seed=1)
    assert found["distance_more"].low > 0
    assert found["error_more"].low > 0
    assert found["slope_other"].high < 0.7 < 0.95 < found["slope_own"].low
    same = calibration_intervals(own, own, t, weeks, seed=1)
    assert same["distance_more"].estimate == same["error_more"].estimate == 0
