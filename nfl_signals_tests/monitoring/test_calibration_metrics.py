"""Calibration is measured window by window."""

from datetime import UTC, datetime
from typing import Any

import polars as pl
import pytest

from nfl_signals.monitoring import calibration_metrics
from nfl_signals.stats import scores
from nfl_signals.stats.e_process import with_memory
from nfl_signals.stats.recalibration_error import gap_per_row
from nfl_signals_tests.support.graded_games import graded


def measured(games: pl.DataFrame, *, window_weeks: int = 8) -> pl.DataFrame:
    """Windows of one length."""
    rows = calibration_metrics.calibration_metrics(games, window_weeks=window_weeks, seed=5)
    return rows.filter(window=f"{window_weeks}w")


def test_one_row_per_series_and_week_from_the_first_window_of_thirty_games() -> None:
    """Week 1 holds 15 games only; weeks 2 to 7 use what is there; from week 8 windows are full."""
    found = measured(graded())
    assert found.schema == calibration_metrics.METRICS_SCHEMA
    assert found["window_end_week"].to_list() == list(range(2, 19))
    assert found["n_weeks"].to_list() == [2, 3, 4, 5, 6, 7, *[8] * 11]
    assert found["n"].to_list() == [30, 45, 60, 75, 90, 105, *[120] * 11]


def test_a_full_window_gives_a_row_however_few_its_games() -> None:
    found = measured(graded(per_week=2), window_weeks=3)
    assert found["n"].to_list() == [6] * 16


def test_windows_run_across_the_turn_of_the_season() -> None:
    found = measured(graded(seasons=range(2023, 2025), weeks=4), window_weeks=3)
    first = found.filter(window_end_season=2024, window_end_week=1)
    assert first["n_weeks"].item() == 3
    assert first["window_end_at"].item() == datetime(2024, 9, 9, 7, tzinfo=UTC)


def test_every_number_is_that_of_the_windows_own_games() -> None:
    games = graded(push=0.1, seed=1)
    row = measured(games).row(-1, named=True)
    window = games.filter(pl.col("week") > 10)
    scored = window.filter(pl.col("y").is_not_null())
    p, y = scored["p_hat"].to_numpy(), scored["y"].to_numpy()
    slope = scores.calibration_slope_intercept(p, y)
    murphy, corp = scores.murphy(p, y), scores.corp(p, y)
    assert (row["n"], row["n_push"]) == (scored.height, window.height - scored.height)
    expected = {
        "brier": scores.brier(p, y),
        "log_loss": scores.log_loss(p, y),
        "skill_vs_base": 1 - scores.brier(p, y) / (y.mean() * (1 - y.mean())),
        "brier_price": scores.brier(scored["p_market"].to_numpy(), y),
        "brier_close": scores.brier(scored["p_close"].to_numpy(), y),
        "calibration_error": scores.debiased_calibration_error(p, y),
        "slope": slope.slope,
        "intercept": slope.intercept,
        "slope_se": slope.slope_se,
        "spiegelhalter_z": scores.spiegelhalter_z(p, y),
        "reliability": murphy.reliability,
        "resolution": murphy.resolution,
        "miscalibration": corp.miscalibration,
        "discrimination": corp.discrimination,
    }
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_evidence_and_error_are_of_the_season_so_far() -> None:
    games = graded(seasons=range(2023, 2025), push=0.05, seed=2)
    found = measured(games)
    columns = [games[name].to_numpy() for name in ("p_hat", "y", "season", "week")]
    expected = games.select("season", "week").with_columns(
        e_value=with_memory(*columns), season_error=gap_per_row(*columns)
    )
    for season in (2023, 2024):
        weekly = expected.filter(season=season).unique("week").sort("week")
        rows = found.filter(window_end_season=season)
        for name in ("e_value", "season_error"):
            assert rows[name].to_list() == pytest.approx(weekly[name].to_list()[-rows.height :])


def test_the_error_stands_beside_what_chance_gives_a_perfect_forecast() -> None:
    row = measured(graded(seed=3)).row(-1, named=True)
    p = graded(seed=3).filter(pl.col("week") > 10)["p_hat"].to_numpy()
    exact = scores.calibration_error_null(p, seed=0, draws=5000)
    assert row["calibration_error_null95"] == pytest.approx(exact, rel=0.2)


REFERENCES = {"price": "p_market", "close": "p_close"}


@pytest.mark.parametrize("name", REFERENCES)
def test_the_price_at_the_pick_and_the_close_are_each_scored_where_they_are_known(
    name: str,
) -> None:
    column = REFERENCES[name]
    games = graded(seed=4).with_columns(
        pl.when(pl.col("week") > 12).then(column).otherwise(None).alias(column)
    )
    row = measured(games).row(-1, named=True)
    known = games.filter(pl.col("week") > 12)
    p, reference, y = (known[name].to_numpy() for name in ("p_hat", column, "y"))
    assert (row["n"], row[f"n_{name}"], row["n_price"] + row["n_close"]) == (120, 90, 210)
    assert row[f"brier_{name}"] == pytest.approx(scores.brier(reference, y))
    skill = 1 - scores.brier(p, y) / scores.brier(reference, y)
    assert row[f"skill_vs_{name}"] == pytest.approx(skill)


def test_without_prices_and_closes_their_columns_are_null() -> None:
    row = measured(graded(p_market=None, p_close=None)).row(-1, named=True)
    for name in REFERENCES:
        assert row[f"n_{name}"] == 0
        assert (row[f"brier_{name}"], row[f"skill_vs_{name}"]) == (None, None)


def test_a_forecast_that_beats_the_price_it_took_may_still_lose_to_the_close() -> None:
    """Thirty home sides won, ten lost: stated 0.6, at a price of 0.5, closed at 0.7."""
    won = [1.0] * 30 + [0.0] * 10
    games = graded(weeks=4, per_week=10, p_hat=0.6, p_market=0.5, p_close=0.7).with_columns(
        y=pl.Series(won), outcome=pl.Series(["yes"] * 30 + ["no"] * 10)
    )
    row = measured(games).row(-1, named=True)
    assert row["brier"] == pytest.approx(0.75 * 0.4**2 + 0.25 * 0.6**2)  # 0.21
    assert (row["brier_price"], row["brier_close"]) == pytest.approx((0.25, 0.19))
    assert row["skill_vs_price"] == pytest.approx(1 - 0.21 / 0.25)
    assert row["skill_vs_close"] == pytest.approx(1 - 0.21 / 0.19)


def test_what_the_games_cannot_determine_is_null_not_a_number() -> None:
    """A coin for every game, all won: no slope, no Z, no skill against the base rate."""
    row = measured(graded(p_hat=0.5, y=1.0, outcome="yes")).row(-1, named=True)
    undetermined = ["slope", "slope_se", "intercept", "spiegelhalter_z", "skill_vs_base"]
    assert [row[name] for name in undetermined] == [None] * 5
    assert row["brier"] == 0.25
    assert row["calibration_error"] == 0.5


def test_unplayed_games_are_left_out() -> None:
    games = graded()
    unplayed = graded(seasons=range(2025, 2026), y=None, outcome=None)
    both = pl.concat([games, unplayed], how="vertical_relaxed")
    assert measured(both).equals(measured(games))


def test_no_game_counts_twice_when_a_new_model_forecasts_again_before_kickoff() -> None:
    old = graded(seed=6)
    later = old.filter(pl.col("week") == 18).with_columns(
        p_hat=1 - pl.col("p_hat"),
        made_at=pl.col("made_at").dt.offset_by("1d"),
        model_version=pl.lit("model_v2"),
    )
    replaced = pl.concat([old.filter(pl.col("week") < 18), later])
    found = measured(pl.concat([later, old]))
    assert found.equals(measured(replaced))
    assert found["model_version"].to_list() == ["model_v1"] * 16 + ["model_v2"]


def test_markets_books_and_sources_are_separate_series() -> None:
    changes: list[dict[str, Any]] = [
        {"market": "total"},
        {"book": "learning"},
        {"signal_source": "proxy"},
    ]
    parts = [graded(seed=i, **change) for i, change in enumerate([{}, *changes])]
    together = measured(pl.concat(parts).sample(fraction=1.0, shuffle=True, seed=1))
    apart = pl.concat([measured(part) for part in parts])
    assert together.equals(apart.sort(calibration_metrics.KEY))


def test_later_weeks_never_change_an_earlier_row() -> None:
    games = graded(seasons=range(2023, 2025))
    early = measured(games.filter(pl.col("season") == 2023))
    assert early.equals(measured(games).filter(window_end_season=2023))


def test_the_seed_moves_only_the_null() -> None:
    one = calibration_metrics.calibration_metrics(graded(), window_weeks=8, seed=1)
    two = calibration_metrics.calibration_metrics(graded(), window_weeks=8, seed=2)
    assert one.equals(calibration_metrics.calibration_metrics(graded(), window_weeks=8, seed=1))
    assert not one.equals(two)
    drawn = ["calibration_error_null95", "smooth_calibration_error_null95", "games_digest"]
    assert one.drop(drawn).equals(two.drop(drawn))


def test_no_games_give_no_rows() -> None:
    found = measured(graded().clear())
    assert found.shape == (0, len(calibration_metrics.METRICS_SCHEMA))
    assert (
        calibration_metrics.reliability_table(graded().clear(), window_weeks=8, seed=1).height == 0
    )


def test_a_window_of_no_weeks_is_refused() -> None:
    with pytest.raises(ValueError, match="window_weeks: expected 1 or more"):
        measured(graded(), window_weeks=0)
