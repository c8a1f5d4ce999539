"""Over perfect past seasons the literal rule raises false alarms and the shipped one does not."""

import polars as pl
import pytest

from nfl_signals.alerts.backtest import BACKTEST_SCHEMA, CLOSE, WALK_FORWARD, alarm_backtest
from nfl_signals.alerts.episodes import STEPS_TAKEN_SCHEMA, episodes
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.monitoring.weekly_evidence import evidence_path
from nfl_signals_tests.support.graded_games import graded

POLICY = MonitorSettings()


def walk_forward(slope: float, *, seasons: int = 4) -> pl.DataFrame:
    return graded(seasons=range(2015, 2015 + seasons), slope=slope, seed=11, book="learning")


def test_perfect_seasons_have_no_alarm_but_the_literal_one() -> None:
    found = alarm_backtest(walk_forward(1.0), POLICY)
    assert found.schema == BACKTEST_SCHEMA
    assert found.select("series", "season").rows() == [
        (series, season) for series in (WALK_FORWARD, CLOSE) for season in range(2015, 2019)
    ]
    model = found.filter(series=WALK_FORWARD)
    assert model["weeks_shipped"].sum() == 0
    assert (model["weeks_literal"] > 0).all()


def test_a_drifting_model_is_found_by_both_rules_in_the_weeks_of_its_episode() -> None:
    games = walk_forward(0.3, seasons=1)
    found = alarm_backtest(games, POLICY).filter(series=WALK_FORWARD).row(0, named=True)
    (episode,) = episodes(
        evidence_path(games), STEPS_TAKEN_SCHEMA.to_frame(), policy=POLICY
    ).to_dicts()
    warned = episode["warned_at"]
    weeks = evidence_path(games).filter(pl.col("week_end_at") >= warned).height
    assert found["weeks_shipped"] == weeks > 0
    assert found["weeks_literal"] >= found["weeks_shipped"]


def test_the_rule_of_the_settings_does_not_matter() -> None:
    games = walk_forward(0.5, seasons=2)
    literal = POLICY.model_copy(update={"rule": "literal"})
    assert alarm_backtest(games, literal).equals(alarm_backtest(games, POLICY))


def test_production_is_left_out() -> None:
    games = walk_forward(1.0, seasons=1)
    production = games.with_columns(book=pl.lit("production"), p_hat=1 - pl.col("p_hat"))
    assert alarm_backtest(pl.concat([games, production]), POLICY).equals(
        alarm_backtest(games, POLICY)
    )


def test_the_final_error_is_that_of_the_whole_season() -> None:
    games = walk_forward(1.0, seasons=2)
    path = evidence_path(games).filter(week=18)
    found = alarm_backtest(games, POLICY).filter(series=WALK_FORWARD)
    assert found["final_error"].to_list() == pytest.approx(path["season_ece"].to_list())
