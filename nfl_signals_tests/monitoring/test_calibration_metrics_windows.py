"""Windows of every length, versions within a series, curves, and what a recomputation may reuse."""

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from polars.testing import assert_frame_equal

from nfl_signals.monitoring import calibration_metrics
from nfl_signals.stats import scores
from nfl_signals.stats.consistency_band import consistency_band, draw_outcomes
from nfl_signals.stats.fixed_time_tests import hosmer_lemeshow_p
from nfl_signals.stats.smooth_ece import smooth_calibration_error, smooth_error_quantile
from nfl_signals_tests.support.graded_games import graded


def measured(games: pl.DataFrame, stored: pl.DataFrame | None = None) -> pl.DataFrame:
    return calibration_metrics.calibration_metrics(games, window_weeks=8, seed=5, stored=stored)


def walk_forward() -> pl.DataFrame:
    """Two seasons of twenty weeks, each by a version of its own, as a walk-forward has."""
    games = graded(seasons=range(2023, 2025), weeks=20, per_week=4, push=0.1, seed=1)
    version = pl.format("replay_{}", "season")
    return games.with_columns(book=pl.lit("learning"), model_version=version)


def test_each_week_closes_a_window_of_each_length() -> None:
    end = measured(walk_forward()).filter(
        window_end_season=2024, window_end_week=10, model_version="replay_2024"
    )
    found = dict(end.filter(scope="series").select("window", "n_weeks").iter_rows())
    assert found == {"4w": 4, "8w": 8, "16w": 16, "season": 10, "all": 30}
    found = dict(end.filter(scope="version").select("window", "n_weeks").iter_rows())
    assert found == {"season": 10, "all": 10}


def test_growing_windows_wait_for_thirty_games() -> None:
    """Four games a week, a tenth of them pushes."""
    rows = measured(walk_forward()).filter(scope="series", window_end_season=2024)
    season, everything = (rows.filter(window=name) for name in ("season", "all"))
    assert season["n"].min() == pytest.approx(30, abs=3)
    assert season["n_weeks"].to_list() == list(range(int(season["n_weeks"][0]), 21))
    assert everything["n_weeks"].to_list() == list(range(21, 41))


def test_the_judged_window_is_there_whatever_its_length() -> None:
    rows = calibration_metrics.calibration_metrics(graded(), window_weeks=5, seed=1)
    assert set(rows["window"]) == {"4w", "5w", "8w", "16w", "season", "all"}


def test_the_key_names_a_row() -> None:
    two = pl.concat([walk_forward(), graded(seasons=range(2024, 2025), market="total")])
    rows = measured(two)
    assert not rows.select(calibration_metrics.KEY).is_duplicated().any()
    assert rows.sort(calibration_metrics.KEY).equals(rows)
    assert (
        rows.drop("slope", "slope_se", "closing_line_value").null_count().sum_horizontal()[0] == 0
    )


def test_versions_that_forecast_side_by_side_are_followed_apart() -> None:
    """Both forecast every game, the second a day later: the series is the second one."""
    first = graded(seed=2)
    second = graded(seed=2, slope=0.2).with_columns(
        pl.col("made_at").dt.offset_by("1d"), model_version=pl.lit("model_v2"), y=first["y"]
    )
    rows = measured(pl.concat([first, second])).filter(window="season", window_end_week=18)
    brier = {(s, v): b for s, v, b in rows.select("scope", "model_version", "brier").iter_rows()}
    assert set(brier) == {("series", "model_v2"), ("version", "model_v1"), ("version", "model_v2")}
    assert brier["series", "model_v2"] == brier["version", "model_v2"]


def test_the_new_measures_are_those_of_the_windows_own_games() -> None:
    worth = np.random.default_rng(3).normal(0.01, 0.02, 18 * 15)
    games = graded(push=0.1, seed=3, p_push=0.08).with_columns(
        closing_line_value=pl.when(pl.col("week") < 15).then(pl.lit(pl.Series(worth)))
    )
    row = measured(games).filter(window="8w", scope="series").row(-1, named=True)
    window = games.filter(pl.col("week") > 10)
    scored = window.filter(pl.col("y").is_not_null())
    p, y = scored["p_hat"].to_numpy(), scored["y"].to_numpy()
    forecasts = window["p_hat"].to_numpy(), window["p_push"].to_numpy(), window["outcome"].to_list()
    assert row["smooth_calibration_error"] == smooth_calibration_error(p, y)
    assert row["hosmer_lemeshow_p"] == hosmer_lemeshow_p(p, y)
    assert row["three_way_brier"] == scores.three_way_brier(*forecasts)
    assert row["three_way_log_loss"] == scores.three_way_log_loss(*forecasts)
    assert row["n_valued"] == 60
    assert row["closing_line_value"] == pytest.approx(window["closing_line_value"].mean())
    null = smooth_error_quantile(p, draw_outcomes(p, seed=0, draws=5000))
    assert row["smooth_calibration_error_null95"] == pytest.approx(null, rel=0.2)


def test_what_was_forecast_at_the_close_has_no_closing_line_value() -> None:
    row = measured(graded()).row(-1, named=True)
    assert (row["n_valued"], row["closing_line_value"]) == (0, None)


@pytest.mark.slow
def test_perfect_windows_exceed_their_nulls_in_about_one_of_twenty() -> None:
    """Two hundred sources that forecast for four weeks each."""
    games = graded(seasons=range(1800, 2000), weeks=4, per_week=20, seed=4)
    series = games.with_columns(signal_source=pl.format("source {}", "season"))
    rows = measured(series).filter(window="4w", scope="series", window_end_week=4)
    assert rows.height == 200
    for error in ("calibration_error", "smooth_calibration_error"):
        assert 2 < (rows[error] > rows[f"{error}_null95"]).sum() < 20


def test_curves_are_of_the_latest_window_of_each_length_with_their_bands() -> None:
    games = pl.concat([graded(), graded(market="total", seed=1)])
    table = calibration_metrics.reliability_table(games, window_weeks=8, seed=5)
    assert table.schema == calibration_metrics.CURVE_SCHEMA
    assert table["window_end_week"].unique().to_list() == [18]
    last = graded().filter(pl.col("week") > 10)
    p, y = last["p_hat"].to_numpy(), last["y"].to_numpy()
    curve = scores.reliability_curve(p, y)
    mine = table.filter(market="moneyline", window="8w")
    assert mine["bin"].to_list() == list(range(1, 11))
    assert mine["mean_y"].to_list() == [point.mean_y for point in curve]
    assert mine["low"].to_list() == [point.low for point in curve]
    wide = [high - low for low, high in consistency_band(p, seed=0, draws=5000)]
    assert (mine["consistent_high"] - mine["consistent_low"]).mean() == pytest.approx(
        np.mean(wide), rel=0.1
    )
    spans = table.filter(market="total").select("scope", "window").unique()
    assert spans.height == 5 + 2


def n_new(rows: pl.DataFrame, stored: pl.DataFrame) -> int:
    """How many windows had to be measured: those whose games `stored` does not have."""
    return rows.join(stored, on="games_digest", how="anti")["games_digest"].n_unique()


def test_a_new_week_costs_its_own_windows_only() -> None:
    games = walk_forward()
    new = (pl.col("season") == 2024) & (pl.col("week") == 20)
    before = measured(games.filter(~new))
    after = measured(games, before)
    assert_frame_equal(after, measured(games), check_exact=True)
    assert n_new(after, before) == 5  # 4w, 8w, 16w, season and all
    assert n_new(after, after) == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    "change",
    [
        {"p_hat": pl.col("p_hat") * 0.999},
        {"p_push": pl.col("p_push") + 0.01},
        {"p_market": pl.lit(None, pl.Float64)},
        {"p_close": pl.lit(None, pl.Float64)},
        {"closing_line_value": pl.lit(0.01)},
        {"y": pl.lit(None, pl.Float64), "outcome": pl.lit("push")},
    ],
    ids=lambda change: str(next(iter(change))),
)
def test_a_corrected_game_changes_the_windows_that_hold_it(change: dict[str, pl.Expr]) -> None:
    games = walk_forward().with_columns(pl.col("closing_line_value").cast(pl.Float64))
    one = pl.col("game_id") == "2024_08_00"
    corrected = games.with_columns(
        pl.when(one).then(value).otherwise(name).alias(name) for name, value in change.items()
    )
    before = measured(games)
    after = measured(corrected, before)
    assert_frame_equal(after, measured(corrected), check_exact=True)
    same = after.join(before, on="games_digest", how="semi")
    assert not same.filter(window="4w").is_empty()
    assert set(same.filter(window_end_season=2024)["window_end_week"]).isdisjoint({8})


@pytest.mark.slow
def test_another_seed_reuses_nothing() -> None:
    before = calibration_metrics.calibration_metrics(walk_forward(), window_weeks=8, seed=4)
    assert_frame_equal(measured(walk_forward(), before), measured(walk_forward()), check_exact=True)


@pytest.mark.slow
@settings(max_examples=5, deadline=None)
@given(st.lists(st.integers(0, 29), min_size=1, max_size=3), st.integers(0, 100))
def test_however_the_weeks_arrive_the_result_is_that_of_a_full_computation(
    cuts: list[int], seed: int
) -> None:
    """Updates at any weeks, in any order, rows in any order: also backwards, after a restore."""
    games = graded(seasons=range(2023, 2025), weeks=15, per_week=3, push=0.05, seed=seed)
    place = (pl.col("season") - 2023) * 15 + pl.col("week") - 1
    stored = measured(games.clear())
    for cut in [*cuts, 29]:
        shuffled = games.filter(place <= cut).sample(fraction=1.0, shuffle=True, seed=cut)
        stored = measured(shuffled, stored)
    assert_frame_equal(stored, measured(games), check_exact=True)
