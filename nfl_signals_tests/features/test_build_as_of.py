"""Whole leagues: complete tables, and every past week rebuilt as it was."""

from datetime import datetime

import polars as pl
import pytest

from nfl_signals.features.build import build_features
from nfl_signals.features.declarations import FEATURES
from nfl_signals.ingest.history import History
from nfl_signals_tests.support.builders import utc


def evenly(table: pl.DataFrame, count: int) -> list[datetime]:
    kickoffs = table["kickoff_at"].unique().sort()
    return [kickoffs[(2 * i + 1) * len(kickoffs) // (2 * count)] for i in range(count)]


def assert_replays(tables: History, full: pl.DataFrame, count: int) -> None:
    """Cut at sampled kickoffs, rebuild, and every row up to the cut is identical."""
    played = tables.games.drop_nulls("result")
    for cut in evenly(played, count):
        up_to_cut = pl.col("kickoff_at") <= cut
        rebuilt = build_features(tables.known_at(cut), horizon="kickoff").filter(up_to_cut)
        assert rebuilt.height > 0
        assert rebuilt.equals(full.filter(up_to_cut)), f"cut at {cut}"


@pytest.mark.slow
def test_features_of_any_past_week_are_rebuilt_identically(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    assert_replays(simulated_history, simulated_features, 5)


def test_cutting_everything_at_once_leaves_the_fill_values(simulated_history: History) -> None:
    blank = build_features(simulated_history.known_at(utc("2000-01-01 00:00")), horizon="kickoff")
    assert blank["points_for_last5"].unique().to_list() == [22.0]
    assert blank["out_skill"].unique().to_list() == [0.0]
    # Nobody has been named yet: a newcomer everywhere.
    newcomer = {"quarterback": -2.0, "rating": -2.0, "epa_offense": -2.0, "defense": 0.0}
    for name, value in newcomer.items():
        assert blank[name].unique().to_list() == [value]
    assert blank["starter_share"].unique().to_list() == [1.0]


OF_SCHEDULE = [feature.name for feature in FEATURES if feature.known_at == "schedule"]


def test_what_is_known_by_schedule_is_the_same_before_anything_is_played(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    """Whatever else a team's last game tells, that it takes place is known all along."""
    blank = build_features(simulated_history.known_at(utc("2000-01-01 00:00")), horizon="kickoff")
    assert {"rest_days", "games_played", "travel_km", "is_playoff"} < set(OF_SCHEDULE)
    assert blank.select(OF_SCHEDULE).equals(simulated_features.select(OF_SCHEDULE))


def assert_complete(table: pl.DataFrame, games: pl.DataFrame) -> None:
    assert table.height == 2 * games.height
    assert table.select("game_id", "team_id").is_duplicated().sum() == 0
    assert table["game_id"].value_counts()["count"].unique().to_list() == [2]
    assert table.null_count().sum_horizontal().item() == 0
    assert table["is_home"].sum() == games.height


def test_every_scheduled_game_has_two_complete_rows(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    assert_complete(simulated_features, simulated_history.games)
    order = ["season", "week", "kickoff_at", "game_id", "is_home"]
    assert simulated_features.equals(simulated_features.sort(order))


def test_the_order_of_the_raw_rows_does_not_matter(
    simulated_history: History, simulated_features: pl.DataFrame
) -> None:
    def shuffled(table: pl.DataFrame) -> pl.DataFrame:
        return table.sample(fraction=1.0, shuffle=True, seed=3)

    mixed = History(
        games=shuffled(simulated_history.games),
        team_stats=shuffled(simulated_history.team_stats),
        injuries=shuffled(simulated_history.injuries),
        notes=shuffled(simulated_history.notes),
    )
    assert build_features(mixed, horizon="kickoff").equals(simulated_features)


@pytest.mark.slow
@pytest.mark.real_data
@pytest.mark.parametrize(
    ("game_id", "team", "tuesday", "rest"),
    [
        ("2020_06_HOU_TEN", "TEN", "2020-10-13 14:00", 4.75),
        ("2021_16_LA_MIN", "LA", "2021-12-21 14:00", 4.75),
    ],
)
def test_a_tuesday_on_which_a_team_plays_is_no_day_of_rest(
    real_history: History, game_id: str, team: str, tuesday: str, rest: float
) -> None:
    then = build_features(real_history.known_at(utc(tuesday)), horizon="kickoff")
    assert then.filter(game_id=game_id, team_id=team)["rest_days"].to_list() == [rest]


@pytest.mark.real_data
def test_real_features_are_complete(real_history: History, real_features: pl.DataFrame) -> None:
    assert real_features.height == 13_412
    assert_complete(real_features, real_history.games)


@pytest.mark.slow
@pytest.mark.real_data
def test_real_features_of_any_past_week_are_rebuilt_identically(
    real_history: History, real_features: pl.DataFrame
) -> None:
    assert_replays(real_history, real_features, 5)
