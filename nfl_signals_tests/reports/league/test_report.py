"""Claims about the league report: its marginals, its best achievable scores, its page and charts."""

import json
import xml.etree.ElementTree as ElementTree
from functools import cache
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.reports.league import reference
from nfl_signals.reports.league.achievable import best_achievable, share_of_gap
from nfl_signals.reports.league.marginals import (
    line_errors,
    margin_shares,
    marginals,
    played_games,
    pushes_by_line,
    total_shares,
)
from nfl_signals.reports.league.report import write_league_report
from nfl_signals.simulator.league import League, simulate
from nfl_signals.stats.scores import NotEstimableError
from nfl_signals_tests.support.snapshots import check_snapshot

FILES = {
    "league.md",
    "league.json",
    "league_margins.svg",
    "league_totals.svg",
    "league_pushes.svg",
    "league_line_errors.svg",
}


@cache
def league(n_seasons: int = 3, weeks_played: int = 9) -> League:
    settings = SimulatorSettings(first_season=2010, n_seasons=n_seasons, weeks_played=weeks_played)
    return simulate(settings, seed=5)


def five_games() -> pl.DataFrame:
    """By hand: two seasons, one tie, one push on the spread of 3, one on the total."""
    return pl.DataFrame(
        {
            "season": [2020, 2020, 2020, 2021, 2021],
            "result": [3.0, -7.0, 0.0, 10.0, 6.0],
            "total": [45.0, 41.0, 40.0, 50.0, 44.0],
            "spread_line": [3.0, -3.0, 1.0, 7.0, 3.0],
            "total_line": [44.0, 41.0, 44.5, 45.5, 47.0],
            "home_moneyline": [-110.0, 150.0, -110.0, -300.0, None],
            "away_moneyline": [-110.0, -180.0, -110.0, 250.0, None],
            "p_cover_push": [0.1, 0.09, 0.02, 0.06, 0.1],
        }
    )


def value(name: str, games: pl.DataFrame) -> float:
    (found,) = [row["league"] for row in marginals(games) if row["name"] == name]
    return float(found)


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("home wins", 3 / 5),
        ("ties", 1 / 5),
        ("error of the spread (RMSE)", ((0 + 16 + 1 + 9 + 9) / 5) ** 0.5),
        ("error of the total line (RMSE)", ((1 + 0 + 4.5**2 + 4.5**2 + 9) / 5) ** 0.5),
        ("margin of 3", 1 / 5),
        ("pushes on a line of 3", 1 / 3),
        ("pushes on a line of 7", 0.0),
        ("pushes on the spread", 1 / 5),
        ("pushes on the total", 1 / 5),
        ("home covers, no push", 2 / 4),
        ("overs, no push", 2 / 4),
    ],
)
def test_marginals_of_five_games_are_those_counted_by_hand(name: str, expected: float) -> None:
    assert value(name, five_games()) == pytest.approx(expected)


def test_the_brier_score_of_the_close_leaves_out_ties_and_games_without_prices() -> None:
    loss, win = 0.4 / (0.4 + 180 / 280), 0.75 / (0.75 + 100 / 350)
    expected = (0.5**2 + loss**2 + (1 - win) ** 2) / 3
    assert value("no-vig close", five_games()) == pytest.approx(expected)


def test_a_line_that_was_never_posted_has_no_push_rate() -> None:
    (row,) = [row for row in marginals(five_games()) if row["name"] == "pushes on a line of 10"]
    assert (row["league"], row["error"]) == (None, None)


def test_the_error_is_the_jackknife_over_seasons() -> None:
    """Home wins: 1/3 without 2021, 2/2 without 2020; sqrt(1/2 * sum of squares around the mean)."""
    (row,) = [row for row in marginals(five_games()) if row["name"] == "home wins"]
    left_out = np.array([1.0, 1 / 3])
    expected = np.sqrt(0.5 * ((left_out - left_out.mean()) ** 2).sum())
    assert row["error"] == pytest.approx(expected)
    one_season = five_games().filter(season=2020)
    assert all(row["error"] is None for row in marginals(one_season))


def test_shares_by_margin_and_total_are_those_counted_by_hand() -> None:
    margins = {row["margin"]: row["league"] for row in margin_shares(five_games())}
    assert {points for points, share in margins.items() if share} == {0, 3, 6, 7, 10}
    totals = {row["total"]: row["league"] for row in total_shares(five_games())}
    assert totals[40] == pytest.approx(3 / 5)
    assert totals[45] == totals[50] == pytest.approx(1 / 5)


def test_push_rates_by_line_count_both_directions_of_the_spread() -> None:
    rows = {row["line"]: row for row in pushes_by_line(five_games())}
    assert rows[3]["n"] == 3
    assert rows[3]["league"] == pytest.approx(1 / 3)
    assert rows[3]["expected"] == pytest.approx(0.29 / 3)
    assert (rows[3]["real"], rows[1]["real"]) == (reference.PUSHES_BY_LINE[3], None)


@pytest.mark.slow
def test_the_league_in_the_report_looks_like_real_seasons() -> None:
    """Within five standard errors, and the sds within a tenth besides."""
    for row in marginals(played_games(league(12))):
        tolerance = 0.1 * row["real"] if row["name"].startswith("sd") else 0.015
        assert row["league"] == pytest.approx(row["real"], abs=5 * row["error"] + tolerance), row


@pytest.mark.slow
def test_lines_err_by_the_noise_of_the_settings() -> None:
    for row in line_errors(played_games(league(12))):
        assert row["sd"] == pytest.approx({"close": 1.1, "open": 2.0}[row["line"]], abs=0.2)
        assert abs(row["mean"]) < 0.4


def test_reference_shares_are_shares() -> None:
    assert 0.85 < sum(reference.MARGINS) < 1
    assert sum(reference.TOTALS) == pytest.approx(1, abs=0.001)
    assert reference.MARGINS[0] == reference.TIES


def test_the_truth_closes_the_whole_gap_and_the_base_rate_none_of_it() -> None:
    truth, y = np.array([0.1, 0.6, 0.8]), np.array([0.0, 1.0, 1.0])
    assert share_of_gap(truth, truth, 0.5, y) == 1
    assert share_of_gap(np.full(3, 0.5), truth, 0.5, y) == 0


def test_the_share_of_the_gap_on_outcomes_is_the_one_computed_by_hand() -> None:
    p, truth, y = np.array([0.4, 0.7]), np.array([0.2, 0.9]), np.array([0.0, 1.0])
    base, mine, best = 0.25, (0.16 + 0.09) / 2, (0.04 + 0.01) / 2
    assert share_of_gap(p, truth, 0.5, y) == pytest.approx((base - mine) / (base - best))


@given(mix=st.floats(0, 1))
def test_a_forecast_between_base_rate_and_truth_leaves_the_square_of_its_distance(
    mix: float,
) -> None:
    truth = np.array([0.2, 0.5, 0.9])
    forecast = (1 - mix) * 0.5 + mix * truth
    assert share_of_gap(forecast, truth, 0.5, truth) == pytest.approx(1 - (1 - mix) ** 2)


def test_worse_than_the_base_rate_is_below_zero_and_no_gap_is_refused() -> None:
    truth, y = np.array([0.2, 0.9]), np.array([0.0, 1.0])
    assert share_of_gap(1 - truth, truth, 0.5, y) < 0
    with pytest.raises(NotEstimableError, match="these 2 games"):
        share_of_gap(truth, truth, 0.5, 1 - y)


@pytest.mark.slow
def test_nobody_beats_the_truth_and_the_close_comes_near_it() -> None:
    scores = best_achievable(league(12))
    winner = scores["moneyline"]
    assert winner["truth"] < winner["base_rate"] - 0.02
    assert winner["close_share_of_gap"] > 0.9
    for market in ("ats", "total"):
        assert scores[market]["close_share_of_gap"] < 0.5
        assert scores[market]["base_rate"] == pytest.approx(0.25, abs=0.001)


@pytest.mark.slow
def test_the_report_is_a_page_its_numbers_and_four_charts(tmp_path: Path) -> None:
    content = write_league_report(league(), tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == FILES
    assert json.loads((tmp_path / "league.json").read_text()) == json.loads(json.dumps(content))
    page = (tmp_path / "league.md").read_text()
    for chart in (name for name in FILES if name.endswith(".svg")):
        assert f"]({chart})" in page
        assert ElementTree.parse(tmp_path / chart).getroot().tag.endswith("svg")
    assert f"{content['games']:,} games played" in page
    check_snapshot(Path(__file__).parent / "snapshots" / "league.md", page)


def test_the_same_league_gives_the_same_report(tmp_path: Path) -> None:
    for name in ("one", "two"):
        write_league_report(league(), tmp_path / name)
    for file in FILES:
        assert (tmp_path / "one" / file).read_bytes() == (tmp_path / "two" / file).read_bytes()


def test_a_league_of_one_complete_season_can_be_reported_too(tmp_path: Path) -> None:
    content = write_league_report(league(2, 0), tmp_path)
    assert all(row["error"] is None for row in content["marginals"])
    assert "| - |" in (tmp_path / "league.md").read_text()
