"""The simulated league looks like the real one, and its truth is true.

Real values: seasons 2006-2025 of nflverse. Statements about expectations are computed from the true
probabilities, so they carry no luck; statements about outcomes allow for four standard errors.
"""

from functools import cache

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.markets.odds import no_vig_probability
from nfl_signals.simulator.league import simulate

Probabilities = np.ndarray[tuple[int], np.dtype[np.float64]]


@cache
def games() -> pl.DataFrame:
    """Played games with lines and prices, beside their truth, of twenty seasons."""
    league = simulate(SimulatorSettings(first_season=1999, n_seasons=20), seed=2024)
    both = league.games.join(league.truth, on="game_id", validate="1:1")
    needed = ["result", "spread_line", "total_line", "home_moneyline"]
    return both.drop_nulls(needed).with_columns(
        p_close=no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline")),
        p_true=pl.col("p_home_win") / (1 - pl.col("p_tie")),
    )


def decided() -> pl.DataFrame:
    return games().filter(pl.col("result") != 0)


def column(name: str) -> Probabilities:
    return games()[name].to_numpy()


def assert_calibrated(probability: Probabilities, happened: Probabilities) -> None:
    """Outcomes match their probabilities overall and in ten bins, within four sigma."""
    order = np.argsort(probability)
    for part in (order, *np.array_split(order, 10)):
        expected, variance = (
            probability[part].sum(),
            (probability[part] * (1 - probability[part])).sum(),
        )
        assert abs(happened[part].sum() - expected) <= 4 * np.sqrt(variance)


def brier(probability: pl.Series, happened: pl.Series) -> float:
    return float(((probability - happened.cast(pl.Float64)) ** 2).mean())


@pytest.mark.slow
@pytest.mark.parametrize(
    ("probability", "event"),
    [
        ("p_home_win", pl.col("result") > 0),
        ("p_tie", pl.col("result") == 0),
        ("p_home_cover", pl.col("result") > pl.col("spread_line")),
        ("p_cover_push", pl.col("result") == pl.col("spread_line")),
        ("p_over", pl.col("total") > pl.col("total_line")),
        ("p_total_push", pl.col("total") == pl.col("total_line")),
    ],
)
def test_every_true_probability_is_calibrated(probability: str, event: pl.Expr) -> None:
    happened = games().select(event.cast(pl.Float64)).to_series().to_numpy()
    assert_calibrated(column(probability), happened)


def test_true_means_are_the_means_of_what_happens() -> None:
    for truth, outcome, sd in (
        ("true_mean_margin", "result", 13),
        ("true_mean_total", "total", 13.3),
    ):
        surprise = column(outcome) - column(truth)
        assert abs(surprise.mean()) < 4 * sd / np.sqrt(len(surprise))
        slope = np.polyfit(column(truth), column(outcome), 1)[0]
        assert slope == pytest.approx(1, abs=0.1)


def test_probabilities_are_between_zero_and_one_and_leave_room_for_the_other_side() -> None:
    for yes, push in (
        ("p_home_win", "p_tie"),
        ("p_home_cover", "p_cover_push"),
        ("p_over", "p_total_push"),
    ):
        assert (column(yes) > 0).all()
        assert (column(push) >= 0).all()
        assert (column(yes) + column(push) < 1).all()


def test_the_truth_beats_the_close_and_the_close_beats_the_base_rate() -> None:
    won = decided()["result"] > 0
    truth, close = brier(decided()["p_true"], won), brier(decided()["p_close"], won)
    base = float(won.mean() * (1 - won.mean()))
    assert truth < close < base - 0.02


def test_the_expected_brier_score_of_the_close_is_that_of_real_games() -> None:
    """Real: 0.211. Expected over outcomes: p(1-p) of the truth plus the squared error of the price."""
    truth, price = column("p_true"), column("p_close")
    expected = (truth * (1 - truth) + (truth - price) ** 2).mean()
    assert expected == pytest.approx(0.211, abs=0.006)


def test_the_close_is_as_far_from_results_as_real_ones() -> None:
    """Real: 13.2 points on the spread, 13.4 on the total."""
    spread = np.sqrt(((column("result") - column("spread_line")) ** 2).mean())
    total = np.sqrt(((column("total") - column("total_line")) ** 2).mean())
    assert spread == pytest.approx(13.2, abs=0.6)
    assert total == pytest.approx(13.4, abs=0.6)


def test_signs_are_right() -> None:
    assert 0.3 < np.corrcoef(column("spread_line"), column("result"))[0, 1] < 0.5
    assert np.corrcoef(column("spread_line"), column("p_close"))[0, 1] > 0.9
    assert np.corrcoef(column("total_line"), column("total"))[0, 1] > 0.2


def test_home_teams_win_as_often_as_real_ones() -> None:
    assert (column("result") > 0).mean() == pytest.approx(0.56, abs=0.015)
    assert column("p_home_win").mean() == pytest.approx(0.56, abs=0.01)


def test_neutral_ground_favours_nobody() -> None:
    neutral = games().filter(location="Neutral")
    assert abs(neutral["true_mean_margin"].mean()) < 1.5
    at_home = games().filter(location="Home")
    assert at_home["true_mean_margin"].mean() == pytest.approx(1.9, abs=0.3)


def test_ties_are_rare() -> None:
    regular = games().filter(game_type="REG")
    assert 0.002 < regular["p_tie"].mean() < 0.005
    assert games().filter(pl.col("game_type") != "REG")["p_tie"].max() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("points", "share", "tolerance"),
    [(3, 0.150, 0.012), (7, 0.092, 0.012), (10, 0.057, 0.012), (6, 0.062, 0.01), (14, 0.05, 0.01)],
)
def test_key_numbers_decide_as_many_games_as_in_reality(
    points: int, share: float, tolerance: float
) -> None:
    assert (np.abs(column("result")) == points).mean() == pytest.approx(share, abs=tolerance)


@pytest.mark.parametrize(("line", "share"), [(3, 0.090), (7, 0.065)])
def test_lines_on_key_numbers_push_at_the_real_rate(line: int, share: float) -> None:
    on_it = games().filter(pl.col("spread_line").abs() == line)
    assert on_it["p_cover_push"].mean() == pytest.approx(share, abs=0.006)


def test_pushes_are_as_rare_as_in_reality() -> None:
    """Real: 2.7 % on the spread, 1.5 % on the total."""
    assert column("p_cover_push").mean() == pytest.approx(0.027, abs=0.006)
    assert column("p_total_push").mean() == pytest.approx(0.015, abs=0.004)


def test_neither_side_of_a_line_wins_more_often() -> None:
    cover = games().filter(pl.col("result") != pl.col("spread_line"))
    over = games().filter(pl.col("total") != pl.col("total_line"))
    for share, n in (
        ((cover["result"] > cover["spread_line"]).mean(), len(cover)),
        ((over["total"] > over["total_line"]).mean(), len(over)),
    ):
        assert share == pytest.approx(0.5, abs=0.005 + 4 * 0.5 / np.sqrt(n))


@pytest.mark.slow
def test_lines_spread_out_as_real_ones_do() -> None:
    """Real, 2014-2023: 6.0 and 4.35 points."""
    assert column("spread_line").std() == pytest.approx(6.1, abs=0.4)
    assert column("total_line").std() == pytest.approx(4.35, abs=0.6)


@pytest.mark.slow
def test_an_absent_starter_costs_his_team_points() -> None:
    league = simulate(SimulatorSettings(first_season=2014, n_seasons=12, weeks_played=22), seed=5)
    out = pl.concat(league.injuries.values()).filter(position="QB", report_status="Out")
    absent = out.select(
        pl.col("season", "week").cast(pl.Int64), home_team="team", home_out=pl.lit(True)
    )
    truth = league.games.join(league.truth, on="game_id").join(
        absent, on=["season", "week", "home_team"], how="left"
    )
    means = dict(
        truth.group_by(pl.col("home_out").fill_null(False))
        .agg(pl.col("true_mean_margin").mean())
        .rows()
    )
    assert 2 < means[False] - means[True] < 6


@pytest.mark.slow
def test_a_sharper_bookmaker_scores_better() -> None:
    def error(noise: float) -> float:
        settings = SimulatorSettings(first_season=2014, n_seasons=4, line_noise=noise)
        league = simulate(settings, seed=1)
        close = no_vig_probability(pl.col("home_moneyline"), pl.col("away_moneyline"))
        both = league.games.join(league.truth, on="game_id").drop_nulls("home_moneyline")
        return float(
            both.select(((close - pl.col("p_home_win") / (1 - pl.col("p_tie"))) ** 2).mean()).item()
        )

    assert error(0.0) < 1e-5 < error(1.0) < error(3.0)
