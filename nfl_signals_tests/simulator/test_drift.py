"""Claims about drift, of the game and of a model: `simulator.drift`."""

from functools import cache

import numpy as np
import polars as pl
import pytest
from pydantic import ValidationError
from scipy.special import logit

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.simulator.games.drift import PROBABILITIES
from nfl_signals.simulator.league import League, simulate
from nfl_signals.stats.scores import calibration_slope_intercept

START = "2011-w05"
BEFORE = (pl.col("season") < 2011) | ((pl.col("season") == 2011) & (pl.col("week") < 5))
FIRST_WEEK = (pl.col("season") == 2011) & (pl.col("week") == 5)


@cache
def league(drift_from: str | None = START, **drift: float) -> League:
    settings = SimulatorSettings(
        first_season=2010, n_seasons=4, weeks_played=22, drift_from=drift_from
    ).model_copy(update=drift)
    return simulate(settings, seed=3)


def games(of: League) -> pl.DataFrame:
    return of.games.join(of.truth, on="game_id", maintain_order="left")


def forecasts(**drift: float) -> pl.DataFrame:
    return league(**drift).model_forecasts


def test_the_true_probability_of_every_market_is_known() -> None:
    assert set(PROBABILITIES) == set(MARKETS)


@pytest.mark.slow
@pytest.mark.parametrize("drift", [{"drift_home_field": 3.0}, {"drift_scoring": -4.0}])
def test_until_the_drift_nothing_differs_and_then_the_games_do(drift: dict[str, float]) -> None:
    usual, drifting = games(league(None)), games(league(**drift))
    assert usual.filter(BEFORE).equals(drifting.filter(BEFORE))
    assert not usual.filter(~BEFORE)["result"].equals(drifting.filter(~BEFORE)["result"])


def test_a_drift_that_never_starts_or_adds_nothing_changes_nothing() -> None:
    usual = league(None)
    for same in (league(None, drift_home_field=3.0), league()):
        assert same.games.equals(usual.games)
        assert same.truth.equals(usual.truth)


@pytest.mark.slow
def test_home_teams_gain_the_points_of_the_settings_and_neutral_ground_none() -> None:
    """In the first week the strengths are still those of the league without drift."""
    week = games(league(None)).filter(FIRST_WEEK)
    both = week.join(games(league(drift_home_field=3.0)), on="game_id", suffix="_drifted")
    gain = both["true_mean_margin_drifted"] - both["true_mean_margin"]
    at_home = both["location"] == "Home"
    assert gain.filter(at_home).mean() == pytest.approx(3.0, abs=0.4)
    assert (gain.filter(~at_home).abs() < 1e-9).all()
    later = games(league(drift_home_field=3.0)).filter(~BEFORE, pl.col("location") == "Home")
    assert later["true_mean_margin"].mean() == pytest.approx(1.9 + 3.0, abs=0.6)


@pytest.mark.slow
def test_scoring_drifts_by_the_points_of_the_settings() -> None:
    week = games(league(None)).filter(FIRST_WEEK)
    both = week.join(games(league(drift_scoring=-4.0)), on="game_id", suffix="_drifted")
    gain = both["true_mean_total_drifted"] - both["true_mean_total"]
    assert gain.mean() == pytest.approx(-4.0, abs=0.5)


@pytest.mark.slow
def test_the_bookmaker_knows_the_drift() -> None:
    drifting = games(league(drift_home_field=5.0, drift_scoring=-5.0)).filter(~BEFORE)
    seen = drifting.drop_nulls("spread_line")
    for mean, line in (("true_mean_margin", "spread_line"), ("true_mean_total", "total_line")):
        assert (seen[mean] - seen[line]).mean() == pytest.approx(0, abs=0.3)


@pytest.mark.slow
def test_a_bookmaker_who_does_not_know_the_drift_posts_the_lines_of_before_and_the_truth_moves() -> (
    None
):
    """In the first week the strengths are still those of the league without drift."""
    drift = {"drift_home_field": 3.0, "drift_scoring": -4.0}
    usual, known, unknown = (
        games(of) for of in (league(None), league(**drift), league(**drift, drift_known=False))
    )
    truth = ["true_mean_margin", "true_mean_total", "result", "total"]
    assert unknown.select(truth).equals(known.select(truth))
    lines = ["spread_line", "total_line", "home_moneyline", "over_odds", "under_odds"]
    assert unknown.filter(BEFORE).equals(known.filter(BEFORE))
    one, two = (of.filter(FIRST_WEEK).select(lines) for of in (unknown, usual))
    assert one.equals(two)
    assert not known.filter(FIRST_WEEK).select(lines).equals(two)


@pytest.mark.slow
def test_lines_that_do_not_know_the_drift_are_off_by_it_at_home_only() -> None:
    drift = {"drift_home_field": 3.0, "drift_scoring": -4.0, "drift_known": False}
    seen = games(league(**drift)).filter(~BEFORE).drop_nulls("spread_line")
    at_home = seen.filter(location="Home")
    assert (at_home["true_mean_margin"] - at_home["spread_line"]).mean() == pytest.approx(
        3, abs=0.4
    )
    away = seen.filter(pl.col("location") != "Home")
    assert away.height > 0
    assert (away["true_mean_margin"] - away["spread_line"]).mean() == pytest.approx(0, abs=1.5)
    assert (seen["true_mean_total"] - seen["total_line"]).mean() == pytest.approx(-4, abs=0.8)


@pytest.mark.slow
def test_where_the_game_itself_does_not_drift_there_is_nothing_to_know() -> None:
    known, unknown = league(), league(drift_known=False)
    assert unknown.games.equals(known.games)
    assert unknown.model_forecasts.equals(known.model_forecasts)
    assert unknown.lines_open.equals(known.lines_open)


@pytest.mark.slow
def test_the_model_is_perfect_until_the_drift_and_wrong_in_the_known_way_from_then_on() -> None:
    stated = forecasts(drift_slope=0.7, drift_bias=0.2)
    before = stated.filter(BEFORE)
    assert before["p_hat"].equals(before["p_true"])
    after = stated.filter(~BEFORE)
    expected = 0.2 + 0.7 * logit(after["p_hat"].to_numpy())
    np.testing.assert_allclose(logit(after["p_true"].to_numpy()), expected, atol=1e-9)


def test_slope_and_bias_are_those_that_the_monitors_estimate() -> None:
    drifting = league("2010-w01", drift_slope=0.6, drift_bias=0.3)
    stated = drifting.model_forecasts.filter(market="moneyline")
    both = stated.join(drifting.games, on="game_id").filter(pl.col("result") != 0)
    y = (both["result"] > 0).cast(pl.Float64).to_numpy()
    found = calibration_slope_intercept(both["p_hat"].to_numpy(), y)
    assert found.slope == pytest.approx(0.6, abs=4 * found.slope_se)
    assert found.intercept == pytest.approx(0.3, abs=4 * found.intercept_se)
    assert found.slope + 4 * found.slope_se < 1


@pytest.mark.slow
def test_a_slope_below_one_is_a_model_too_sure_of_itself() -> None:
    after = forecasts(drift_slope=0.5).filter(~BEFORE)
    assert ((after["p_hat"] - 0.5).abs() >= (after["p_true"] - 0.5).abs()).all()


def test_without_drift_the_model_is_the_truth() -> None:
    stated = league(None).model_forecasts
    assert stated["p_hat"].equals(stated["p_true"])


def test_every_market_of_a_game_with_a_line_is_forecast_once_given_no_push() -> None:
    stated = forecasts()
    assert stated.select("game_id", "market").is_unique().all()
    counts = dict(stated.group_by("market").len().rows())
    assert counts["moneyline"] == len(league().games)
    assert counts["ats"] == len(league().games.drop_nulls("spread_line"))
    truth = stated.join(league().truth, on="game_id").filter(market="ats")
    given_no_push = truth["p_home_cover"] / (1 - truth["p_cover_push"])
    np.testing.assert_allclose(truth["p_true"], given_no_push)


@pytest.mark.parametrize("drift_from", ["2011", "2011-5", "2011-w5", "week 5"])
def test_the_start_of_the_drift_is_a_season_and_a_week(drift_from: str) -> None:
    with pytest.raises(ValidationError, match="drift_from"):
        SimulatorSettings(drift_from=drift_from)
