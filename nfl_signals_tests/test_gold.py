"""Features and markets of leagues so small that every number can be checked by hand."""

from datetime import timedelta

import pytest

from nfl_signals.feature_list import FEATURE_NAMES, FEATURES
from nfl_signals.gold import build_features
from nfl_signals.ratings import between_seasons, rate
from nfl_signals_tests.builders import Row, both_stats, game, history, injury, stats, utc

FIRST, SECOND, THIRD = "2022_01_BUF_KC", "2022_02_KC_BUF", "2022_03_BUF_KC"
NEXT_YEAR = "2023_01_KC_BUF"
PLAYED = [
    game(FIRST, "2022-09-11", score=(24, 20)),
    game(SECOND, "2022-09-18", score=(10, 13)),
    game(THIRD, "2022-09-25", score=(30, 31)),
]
UNPLAYED = game(NEXT_YEAR, "2023-09-10")
PLAIN_STATS = [*both_stats(FIRST), *both_stats(SECOND), *both_stats(THIRD)]


def features(
    games: list[Row], team_stats: list[Row] | None = None, injuries: list[Row] | None = None
) -> dict[tuple[str, str], dict[str, float]]:
    """Feature rows by game and team."""
    table = build_features(history(games, team_stats or [], injuries or []))
    return {(row["game_id"], row["team_id"]): row for row in table.iter_rows(named=True)}


def values(row: dict[str, float], *names: str) -> list[float]:
    return [row[name] for name in names]


def test_before_its_first_game_a_team_has_the_declared_fill_values() -> None:
    row = features(PLAYED, PLAIN_STATS)[FIRST, "KC"]
    always_known = {"home_field", "week_of_season"}
    expected = {f.name: f.fill_value for f in FEATURES if f.name not in always_known}
    assert {name: row[name] for name in expected} == expected
    assert values(row, "home_field", "week_of_season") == [1.0, 1.0]
    assert values(row, "points_for_last5", "margin_season", "rating") == [22.0, 0.0, 1500.0]


def test_points_are_averaged_over_the_games_before() -> None:
    rows = features([*PLAYED, UNPLAYED], PLAIN_STATS)
    third = rows[THIRD, "KC"]  # scored 24 and 13, allowed 20 and 10
    assert values(third, "points_for_last5", "points_for_last10", "points_for_season") == [18.5] * 3
    assert values(third, "points_against_last5", "margin_last5", "games_played") == [15.0, 3.5, 2.0]
    buffalo = rows[THIRD, "BUF"]
    assert values(buffalo, "points_for_last5", "margin_last5") == [15.0, -3.5]
    opener = rows[NEXT_YEAR, "KC"]  # margins 4, 3, -1
    assert opener["margin_last5"] == 2.0
    assert opener["points_for_last10"] == pytest.approx(67 / 3)


def test_windows_reach_back_five_ten_games_or_to_the_start_of_the_season() -> None:
    # Kansas City scores 1, 2, ... 12 in twelve weeks, then 20, and plays once more.
    weekly = [
        game(f"2022_{week:02}_BUF_KC", f"2022-{9 + week // 5:02}-{week % 5 + 10}", score=(week, 0))
        for week in range(1, 13)
    ]
    games = [
        *weekly,
        game(NEXT_YEAR, "2023-09-10", score=(0, 20)),
        game("2023_02_BUF_KC", "2023-09-17"),
    ]
    rows = features(games)
    windows = ["points_for_last5", "points_for_last10", "points_for_season"]
    assert values(rows["2022_12_BUF_KC", "KC"], *windows) == [9.0, 6.5, 6.0]
    # The first game of a season has no season to date: it takes the last ten.
    assert values(rows[NEXT_YEAR, "KC"], *windows) == [10.0, 7.5, 7.5]
    assert values(rows["2023_02_BUF_KC", "KC"], *windows) == pytest.approx([12.4, 9.2, 20.0])
    assert rows["2023_02_BUF_KC", "KC"]["games_played"] == 1.0


def test_turnovers_of_one_team_are_takeaways_of_the_other() -> None:
    lost: Row = {"passing_interceptions": 2, "sack_fumbles_lost": 1, "receiving_fumbles_lost": 1}
    team_stats = [stats(FIRST, "KC", **lost), stats(FIRST, "BUF", rushing_fumbles_lost=1)]
    rows = features(PLAYED[:2], team_stats)
    averages = ["turnovers_last5", "takeaways_last5"]
    assert values(rows[SECOND, "KC"], *averages) == [4.0, 1.0]
    assert values(rows[SECOND, "BUF"], *averages) == [1.0, 4.0]


def test_expected_points_are_per_play_with_sacks_as_plays() -> None:
    # 32 attempts + 3 sacks + 25 carries = 60 plays.
    team_stats = [stats(FIRST, "KC", passing_epa=7.5, rushing_epa=1.5), stats(FIRST, "BUF")]
    row = features(PLAYED[:2], team_stats)[SECOND, "KC"]
    expected = {"epa_offense_last5": 0.15, "epa_allowed_last5": 0.1, "first_down_rate_last5": 0.3}
    assert {name: row[name] for name in expected} == pytest.approx(expected)


def test_the_weighted_average_halves_a_games_weight_in_eight_games() -> None:
    team_stats = [*both_stats(FIRST), stats(SECOND, "KC", passing_epa=17.0), stats(SECOND, "BUF")]
    row = features(PLAYED, team_stats)[THIRD, "KC"]
    older = 0.5 ** (1 / 8)
    assert row["epa_offense_ewm"] == pytest.approx((0.3 + older * 0.1) / (1 + older))
    assert row["epa_allowed_ewm"] == pytest.approx(0.1)


def test_games_without_expected_points_are_skipped_and_no_zero() -> None:
    unknown: Row = {"passing_epa": None}
    team_stats = [*both_stats(FIRST), stats(SECOND, "KC", **unknown), stats(SECOND, "BUF")]
    rows = features(PLAYED, team_stats)
    names = ["epa_offense_last5", "epa_offense_season", "epa_offense_ewm"]
    assert values(rows[THIRD, "KC"], *names) == pytest.approx([0.1] * 3)
    never_known = features(PLAYED, [stats(FIRST, "KC", **unknown), stats(FIRST, "BUF", **unknown)])
    assert values(never_known[THIRD, "KC"], *names) == [0.0] * 3


def test_a_played_game_without_statistics_still_counts_its_points() -> None:
    row = features(PLAYED, [])[THIRD, "KC"]
    assert values(row, "points_for_last5", "turnovers_last5", "epa_offense_last5") == [18.5, 1.5, 0]


def test_rest_is_counted_from_kickoff_to_kickoff_and_capped() -> None:
    thursday = game("2022_02_KC_BUF", "2022-09-15", gametime="20:15", score=(3, 0))
    games = [PLAYED[0], thursday, game("2022_06_BUF_KC", "2022-10-30"), UNPLAYED]
    rows = features(games)
    assert rows[FIRST, "KC"]["rest_days"] == 10.0
    assert rows[SECOND, "KC"]["rest_days"] == pytest.approx(4 + 7.25 / 24)
    assert rows["2022_06_BUF_KC", "KC"]["rest_days"] == 16.0
    assert rows[NEXT_YEAR, "KC"]["rest_days"] == 10.0


def test_the_rating_is_the_one_after_the_previous_game_and_regressed_in_a_new_season() -> None:
    tables = history([*PLAYED, UNPLAYED])
    elo = {(game_id, team): rating for game_id, team, _, rating in rate(tables.games).iter_rows()}
    rows = features([*PLAYED, UNPLAYED])
    assert rows[THIRD, "KC"]["rating"] == pytest.approx(elo[SECOND, "KC"])
    assert rows[NEXT_YEAR, "BUF"]["rating"] == pytest.approx(between_seasons(elo[THIRD, "BUF"]))


@pytest.mark.parametrize(("gametime", "points"), [("19:00", 22.0), ("19:01", 24.0)])
def test_what_becomes_known_at_kickoff_itself_comes_too_late(gametime: str, points: float) -> None:
    # A result is known six hours after its kickoff at 13:00.
    rows = features([PLAYED[0], game(SECOND, "2022-09-11", gametime=gametime)])
    assert rows[SECOND, "KC"]["points_for_last5"] == points


def test_a_moved_team_keeps_its_history() -> None:
    rows = features(
        [
            game("2019_17_OAK_DEN", "2019-12-29", score=(16, 15)),
            game("2020_01_LV_CAR", "2020-09-13", score=(30, 34)),
        ],
        both_stats("2019_17_OAK_DEN"),
    )
    row = rows["2020_01_LV_CAR", "LV"]
    assert values(row, "points_for_last5", "points_against_last5") == [15.0, 16.0]
    assert row["epa_offense_last5"] == pytest.approx(0.1)
    assert row["rating"] < 1500


def test_flags_of_the_game_are_the_same_for_both_teams() -> None:
    london = PLAYED[0] | {"location": "Neutral", "div_game": 1, "roof": "dome", "game_type": "SB"}
    rows = features([london])
    names = ["home_field", "is_neutral", "is_divisional", "is_covered", "is_playoff"]
    assert values(rows[FIRST, "KC"], *names) == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert values(rows[FIRST, "BUF"], *names) == [0.0, 1.0, 1.0, 1.0, 1.0]
    plain = features(PLAYED)
    assert values(plain[FIRST, "KC"], *names) == [1.0, 0.0, 0.0, 0.0, 0.0]
    assert values(plain[FIRST, "BUF"], *names) == [0.0] * 5


KICKOFF = utc("2022-09-18 17:00")  # of SECOND


def players_out(injuries: list[Row], game_id: str = SECOND) -> float:
    return features([*PLAYED, UNPLAYED], PLAIN_STATS, injuries)[game_id, "KC"]["players_out"]


def test_players_listed_out_or_doubtful_are_counted() -> None:
    friday = KICKOFF - timedelta(days=2)
    statuses = ["Out", "Doubtful", "Questionable", "Probable", "Note", None]
    report = [
        injury(SECOND, "KC", f"player {number}", status=status, modified=friday)
        for number, status in enumerate(statuses)
    ]
    assert players_out(report) == 2.0
    assert players_out([injury(SECOND, "BUF", modified=friday)]) == 0.0


def test_a_report_from_kickoff_on_does_not_count() -> None:
    assert players_out([injury(SECOND, "KC", modified=KICKOFF - timedelta(seconds=1))]) == 1.0
    assert players_out([injury(SECOND, "KC", modified=KICKOFF)]) == 0.0


def test_a_report_without_a_stamp_counts_from_the_day_before() -> None:
    assert players_out([injury(SECOND, "KC")]) == 1.0


def test_only_the_latest_report_counts() -> None:
    first = [injury(FIRST, "KC", f"player {number}") for number in range(5)]
    second = [injury(SECOND, "KC", "player 1", status="Questionable"), injury(SECOND, "KC", "x")]
    assert players_out([*first, *second]) == 1.0
    assert players_out([*first, *second], FIRST) == 5.0


def test_without_a_new_report_last_weeks_stands_but_not_last_seasons() -> None:
    report = [injury(FIRST, "KC"), injury(THIRD, "KC")]
    assert players_out(report, SECOND) == 1.0
    assert players_out(report, NEXT_YEAR) == 0.0


def test_unplayed_games_have_complete_features_from_what_is_known_now() -> None:
    later = game("2023_02_BUF_KC", "2023-09-17")
    rows = features([*PLAYED, UNPLAYED, later], PLAIN_STATS)
    upcoming, after = rows[NEXT_YEAR, "KC"], rows["2023_02_BUF_KC", "KC"]
    same = [name for name in FEATURE_NAMES if name not in {"home_field", "week_of_season"}]
    assert values(upcoming, *same) == values(after, *same)


@pytest.mark.parametrize("change", ["score", "statistics", "report", "line", "deletion"])
def test_neither_a_games_own_numbers_nor_later_ones_reach_its_features(change: str) -> None:
    def rows(second: Row, third: Row, *, extra: int, reports: list[Row]) -> dict[str, float]:
        wild: Row = {"carries": 25 + extra, "passing_epa": 5.0 + extra}
        team_stats = [
            *both_stats(FIRST),
            *(
                stats(game_id, team, **wild)
                for game_id in (SECOND, THIRD)
                for team in ("KC", "BUF")
            ),
        ]
        kept = [row for row in team_stats if row["week"] == 1 or "home_score" in second]
        return features([PLAYED[0], second, third], kept, reports)[SECOND, "KC"]

    second, third, extra, reports = PLAYED[1], PLAYED[2], 0, list[Row]()
    before = rows(second, third, extra=extra, reports=reports)
    if change == "score":
        second = game(SECOND, "2022-09-18", score=(0, 70))
        third = game(THIRD, "2022-09-25", score=(0, 70))
    elif change == "statistics":
        extra = 40
    elif change == "report":
        reports = [injury(SECOND, "KC", modified=KICKOFF), injury(THIRD, "KC")]
    elif change == "line":
        second |= {"spread_line": -14.0, "home_moneyline": 500.0, "away_moneyline": -700.0}
    else:
        second, third = game(SECOND, "2022-09-18"), game(THIRD, "2022-09-25")
    assert rows(second, third, extra=extra, reports=reports) == before
