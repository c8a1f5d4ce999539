"""Features of leagues so small that every number can be checked by hand."""

from datetime import date, timedelta

import polars as pl
import pytest

from nfl_signals.core.validation import validate
from nfl_signals.features.build import EPA_MODEL, build_features
from nfl_signals.features.declarations import FEATURE_NAMES, FEATURES, POSITION_GROUPS
from nfl_signals.features.ratings import rate, soft_margin
from nfl_signals.features.schemas import gold_features_schema
from nfl_signals.ingest.history import RESULT_DELAY, STATS_DELAY
from nfl_signals.ingest.release_columns import TEAM_STATS
from nfl_signals.markets import bounds
from nfl_signals_tests.support.builders import (
    Row,
    both_stats,
    game,
    history,
    injury,
    starters,
    stats,
    utc,
)

FIRST, SECOND, THIRD = "2022_01_BUF_KC", "2022_02_KC_BUF", "2022_03_BUF_KC"
NEXT_YEAR = "2023_01_KC_BUF"
PLAYED = [
    game(FIRST, "2022-09-11", score=(24, 20), **starters("Mahomes", "Allen")),
    game(SECOND, "2022-09-18", score=(10, 13), **starters("Allen", "Mahomes")),
    game(THIRD, "2022-09-25", score=(30, 31), **starters("Henne", "Allen")),
]
UNPLAYED = game(NEXT_YEAR, "2023-09-10")
PLAIN_STATS = [*both_stats(FIRST), *both_stats(SECOND), *both_stats(THIRD)]
RATINGS = [
    "rating",
    "offense",
    "defense",
    "epa_rating",
    "epa_offense",
    "epa_defense",
    "quarterback",
]


def features(
    games: list[Row], team_stats: list[Row] | None = None, injuries: list[Row] | None = None
) -> dict[tuple[str, str], dict[str, float]]:
    """Feature rows by game and team."""
    table = build_features(history(games, team_stats or [], injuries or []), horizon="kickoff")
    return {(row["game_id"], row["team_id"]): row for row in table.iter_rows(named=True)}


@pytest.mark.parametrize("sign", [1, -1])
def test_raw_numbers_at_the_end_of_their_bounds_give_features_within_theirs(sign: int) -> None:
    """Else one absurd week that every raw rule lets pass would end in a refused request."""
    most = {name: bounds.PLAYS.high for name in TEAM_STATS if TEAM_STATS[name].known_at == "stats"}
    most |= {"penalty_yards": bounds.YARDS.high}
    most |= dict.fromkeys(("passing_epa", "rushing_epa"), sign * bounds.EPA.high)
    score = (bounds.SCORE.high, 0.0) if sign > 0 else (0.0, bounds.SCORE.high)
    ids = [f"2022_{week:02}_BUF_KC" for week in range(1, 19)]
    days = [(date(2022, 9, 11) + timedelta(days=7 * place)).isoformat() for place in range(18)]
    rows = [game(name, day, score=score) for name, day in zip(ids, days, strict=True)]
    sides = [stats(name, team, **most) for name in ids for team in ("BUF", "KC")]
    table = build_features(history([*rows, UNPLAYED], sides), horizon="kickoff")
    validate(table, gold_features_schema(), "gold features")


def values(row: dict[str, float], *names: str) -> list[float]:
    return [row[name] for name in names]


# --- form


def test_before_its_first_game_a_team_has_the_declared_fill_values() -> None:
    row = features(PLAYED, PLAIN_STATS)[FIRST, "KC"]
    always_known = {"home_field", "week_of_season", "quarterback"}
    expected = {f.name: f.fill_value for f in FEATURES if f.name not in always_known}
    assert {name: row[name] for name in expected} == expected
    assert values(row, "home_field", "week_of_season", "quarterback") == [2.4, 1.0, 0.0]
    assert values(row, "points_for_last5", "margin_season", "rest_days") == [22.0, 0.0, 10.0]


def test_where_nobody_ever_named_a_quarterback_a_newcomer_is_expected() -> None:
    (row, _) = features([UNPLAYED]).values()
    fill = {f.name: f.fill_value for f in FEATURES}
    assert row["quarterback"] == fill["quarterback"] == -2.0
    assert values(row, "rating", "offense", "defense", "epa_offense") == [-2.0, -2.0, 0.0, -2.0]
    assert row["starter_share"] == 1.0


def test_form_is_the_average_of_the_games_before() -> None:
    rows = features([*PLAYED, UNPLAYED], PLAIN_STATS)
    third = rows[THIRD, "KC"]  # scored 24 and 13, allowed 20 and 10
    assert values(third, "points_for_last5", "points_for_last10") == [18.5, 18.5]
    assert values(third, "points_against_last5", "margin_last5", "games_played") == [15.0, 3.5, 2.0]
    buffalo = rows[THIRD, "BUF"]
    assert values(buffalo, "points_for_last5", "margin_last5") == [15.0, -3.5]
    assert buffalo["epa_pass_last5"] == pytest.approx(0.2)
    opener = rows[NEXT_YEAR, "KC"]  # margins 4, 3, -1
    assert opener["margin_last5"] == 2.0
    assert opener["points_for_last10"] == pytest.approx(67 / 3)


def test_a_season_to_date_leans_on_the_league_average_and_starts_anew() -> None:
    rows = features([*PLAYED, UNPLAYED], PLAIN_STATS)
    names = ["points_for_season", "margin_season", "games_played"]
    # Four games of 22 points and no margin, then 24 and 13 points, margins 4 and 3.
    assert values(rows[THIRD, "KC"], *names) == pytest.approx([125 / 6, 7 / 6, 2.0])
    assert values(rows[NEXT_YEAR, "KC"], *names) == [22.0, 0.0, 0.0]
    assert rows[NEXT_YEAR, "KC"]["epa_pass_season"] == 0.03


def test_turnovers_of_one_team_are_takeaways_of_the_other() -> None:
    lost: Row = {"passing_interceptions": 2, "sack_fumbles_lost": 1, "receiving_fumbles_lost": 1}
    team_stats = [stats(FIRST, "KC", **lost), stats(FIRST, "BUF", rushing_fumbles_lost=1)]
    rows = features(PLAYED[:2], team_stats)
    averages = ["turnovers_last5", "takeaways_last5"]
    assert values(rows[SECOND, "KC"], *averages) == [4.0, 1.0]
    assert values(rows[SECOND, "BUF"], *averages) == [1.0, 4.0]


def test_a_played_game_without_statistics_still_counts_its_points() -> None:
    row = features(PLAYED, [])[THIRD, "KC"]
    assert values(row, "points_for_last5", "turnovers_last5", "epa_pass_last5") == [18.5, 1.5, 0.03]
    assert values(row, "epa_rating", "epa_defense") == [0.0, 0.0]
    assert row["rating"] > 0


def test_rest_is_counted_from_kickoff_to_kickoff_and_capped() -> None:
    thursday = game("2022_02_KC_BUF", "2022-09-15", gametime="20:15", score=(3, 0))
    games = [PLAYED[0], thursday, game("2022_06_BUF_KC", "2022-10-30"), UNPLAYED]
    rows = features(games)
    assert rows[FIRST, "KC"]["rest_days"] == 10.0
    assert rows[SECOND, "KC"]["rest_days"] == pytest.approx(4 + 7.25 / 24)
    assert rows["2022_06_BUF_KC", "KC"]["rest_days"] == 16.0
    assert rows[NEXT_YEAR, "KC"]["rest_days"] == 10.0


def test_a_game_that_is_still_to_be_played_counts_for_the_rest_before_the_next_one() -> None:
    """On the Tuesday on which Tennessee plays Buffalo, five days before it plays Houston."""
    games = [
        game("2020_03_TEN_MIN", "2020-09-27", score=(30, 31)),
        game("2020_05_BUF_TEN", "2020-10-13", gametime="19:00", score=(42, 16)),
        game("2020_06_HOU_TEN", "2020-10-18"),
    ]
    tuesday = history(games).known_at(utc("2020-10-13 14:00"))
    row = build_features(tuesday, horizon="kickoff").filter(
        game_id="2020_06_HOU_TEN", team_id="TEN"
    )
    assert row.select("rest_days", "games_played").row(0) == (4.75, 2.0)
    # Form is of the games whose results are known: nobody can average what is not played.
    assert row["points_for_last5"].item() == 31.0


# --- ratings and starters


def test_a_rating_is_offense_minus_defense_of_points_and_of_expected_points() -> None:
    for row in features([*PLAYED, UNPLAYED], PLAIN_STATS).values():
        assert row["rating"] == row["offense"] - row["defense"]
        assert row["epa_rating"] == row["epa_offense"] - row["epa_defense"]


def test_one_game_moves_the_ratings_by_hand() -> None:
    # 24-20 bends to a margin of 28 tanh(4 / 28) = 3.97303: 23.98651 and 20.01349, against
    # 21.5 + 1.2 and 21.5 - 1.2 expected. Variances 12.25, 12.25, 10.24 and 90.25 (ratings.py).
    row = features(PLAYED[:2])[SECOND, "KC"]
    scored, allowed = 23.98651 - 22.7, 20.01349 - 20.3
    assert row["offense"] == pytest.approx(scored * 22.49 / 124.99, abs=1e-5)
    assert row["quarterback"] == pytest.approx(scored * 10.24 / 124.99, abs=1e-5)
    assert row["defense"] == pytest.approx(allowed * 12.25 / 124.99, abs=1e-5)


def test_expected_points_move_their_own_ratings_with_less_noise() -> None:
    # 14 - 2.5 = 11.5 against 1.2, and 7 - 2.5 = 4.5 against -1.2; noise 8^2 = 64.
    team_stats = [stats(FIRST, "KC", passing_epa=14.0), stats(FIRST, "BUF")]
    row = features(PLAYED[:2], team_stats)[SECOND, "KC"]
    assert row["epa_offense"] == pytest.approx((11.5 - 1.2) * 22.49 / 98.74)
    assert row["epa_defense"] == pytest.approx((4.5 + 1.2) * 12.25 / 98.74)


def test_ratings_are_what_the_filter_believes_of_bent_scores_and_named_starters() -> None:
    games = history([*PLAYED, UNPLAYED], PLAIN_STATS).games
    home, away = soft_margin(pl.col("home_score"), pl.col("away_score"))
    # Next year's starters are those of the last game.
    named = {
        f"{side}_{who}": pl.col(f"{side}_qb_id").fill_null(last)
        for side, last in (("home", "Allen"), ("away", "Henne"))
        for who in ("expected", "starter")
    } | {"decision_at": pl.col("kickoff_at")}
    by_score = rate(
        games.with_columns(home_scored=home, away_scored=away, **named), delay=RESULT_DELAY
    )
    plain_epa = pl.when(pl.col("result").is_not_null()).then(4.5)
    by_epa = rate(
        games.with_columns(home_scored=plain_epa, away_scored=plain_epa, **named),
        delay=STATS_DELAY,
        model=EPA_MODEL,
    )
    rows = features([*PLAYED, UNPLAYED], PLAIN_STATS)
    for prefix, ratings in (("", by_score), ("epa_", by_epa)):
        for rating in ratings.iter_rows(named=True):
            row = rows[rating["game_id"], rating["team"]]
            expected = values(rating, "offense", "defense")
            assert values(row, f"{prefix}offense", f"{prefix}defense") == pytest.approx(expected)
    for rating in by_score.iter_rows(named=True):
        row = rows[rating["game_id"], rating["team"]]
        expected = values(rating, "quarterback", "home_field")
        assert values(row, "quarterback", "home_field") == pytest.approx(expected)


def test_a_backup_costs_what_separates_him_from_the_starter() -> None:
    games = [*PLAYED[:2], game(THIRD, "2022-09-25", **starters("Mahomes", "Allen"))]
    backup = [*PLAYED[:2], game(THIRD, "2022-09-25", **starters("Henne", "Allen"))]
    here, there = (features(given)[THIRD, "KC"] for given in (games, backup))
    between = here["quarterback"] - there["quarterback"]
    assert between != 0.0
    for name in ("rating", "offense"):
        assert here[name] - there[name] == pytest.approx(between)
    assert here["defense"] == there["defense"]
    assert (here["starter_share"], there["starter_share"]) == (1.0, 0.0)


def test_until_he_is_named_the_last_starter_is_expected_unless_listed_out() -> None:
    games = [*PLAYED[:2], game(THIRD, "2022-09-25")]
    named = features([*PLAYED[:2], game(THIRD, "2022-09-25", **starters("Mahomes", "Allen"))])
    assert values(features(games)[THIRD, "KC"], *RATINGS) == values(named[THIRD, "KC"], *RATINGS)
    out = features(games, injuries=[injury(THIRD, "KC", "Mahomes", position="QB")])[THIRD, "KC"]
    assert values(out, "quarterback", "starter_share", "out_skill") == [-2.0, 0.0, 0.0]


# --- known strictly before kickoff


@pytest.mark.parametrize(("gametime", "rated"), [("19:00", False), ("19:01", True)])
def test_a_result_known_at_kickoff_itself_comes_too_late(gametime: str, rated: bool) -> None:
    # A result is known six hours after its kickoff at 13:00.
    rows = features([PLAYED[0], game(SECOND, "2022-09-11", gametime=gametime)])
    assert (rows[SECOND, "KC"]["rating"] != 0.0) == rated
    assert (rows[SECOND, "KC"]["home_field"], rows[SECOND, "BUF"]["home_field"] != 2.4) == (
        0,
        rated,
    )


@pytest.mark.parametrize(("gametime", "known"), [("01:00", False), ("01:01", True)])
def test_statistics_known_at_kickoff_itself_come_too_late(gametime: str, known: bool) -> None:
    # Statistics are known twelve hours after the kickoff at 13:00.
    rows = features([PLAYED[0], game(SECOND, "2022-09-12", gametime=gametime)], both_stats(FIRST))
    row = rows[SECOND, "KC"]
    names = ["points_for_last5", "epa_pass_last5"]
    assert values(row, *names) == pytest.approx([24.0, 0.2] if known else [22.0, 0.03])
    assert (row["epa_rating"] != 0.0) == known


def test_a_moved_team_keeps_its_history() -> None:
    rows = features(
        [
            game("2019_17_OAK_DEN", "2019-12-29", score=(16, 15), **starters("Lock", "Carr")),
            game("2020_01_LV_CAR", "2020-09-13", score=(30, 34)),
        ],
        both_stats("2019_17_OAK_DEN"),
    )
    row = rows["2020_01_LV_CAR", "LV"]
    assert values(row, "points_for_last5", "points_against_last5") == [15.0, 16.0]
    assert row["epa_pass_last5"] == pytest.approx(0.2)
    assert row["rating"] < 0
    assert row["starter_share"] == 1.0
    assert -1.0 < row["quarterback"] < -0.1  # Carr's, who scored little; no newcomer's


def test_flags_of_the_game_are_the_same_for_both_teams() -> None:
    london = PLAYED[0] | {"location": "Neutral", "div_game": 1, "roof": "dome", "game_type": "SB"}
    rows = features([london])
    names = ["home_field", "is_neutral", "is_divisional", "is_covered", "is_playoff"]
    assert values(rows[FIRST, "KC"], *names) == [0.0, 1.0, 1.0, 1.0, 1.0]
    assert values(rows[FIRST, "BUF"], *names) == [0.0, 1.0, 1.0, 1.0, 1.0]
    plain = features(PLAYED)
    assert values(plain[FIRST, "KC"], *names) == [2.4, 0.0, 0.0, 0.0, 0.0]
    assert values(plain[FIRST, "BUF"], *names) == [0.0] * 5


KICKOFF = utc("2022-09-18 17:00")  # of SECOND


def players_out(injuries: list[Row], game_id: str = SECOND) -> float:
    """Receivers and backs out; `builders.injury` lists a receiver by default."""
    return features([*PLAYED, UNPLAYED], PLAIN_STATS, injuries)[game_id, "KC"]["out_skill"]


def test_players_listed_out_or_doubtful_are_counted() -> None:
    friday = KICKOFF - timedelta(days=2)
    statuses = ["Out", "Doubtful", "Questionable", "Probable", "Note", None]
    report = [
        injury(SECOND, "KC", f"player {number}", status=status, modified=friday)
        for number, status in enumerate(statuses)
    ]
    assert players_out(report) == 2.0
    assert players_out([injury(SECOND, "BUF", modified=friday)]) == 0.0


def test_players_are_counted_by_position_group() -> None:
    positions = ["T", "G", "WR", "TE", "FB", "LB", "CB", "S", "QB", "K"]
    report = [injury(SECOND, "KC", f"a {name}", position=name) for name in positions]
    row = features([*PLAYED, UNPLAYED], PLAIN_STATS, report)[SECOND, "KC"]
    groups = ["out_line", "out_skill", "out_front", "out_secondary"]
    assert values(row, *groups) == [2.0, 3.0, 1.0, 2.0]
    flat = [position for group in POSITION_GROUPS.values() for position in group]
    assert len(flat) == len(set(flat))


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
    moves = {"home_field", "week_of_season", "travel_km", "time_zones", "rest_days", "games_played"}
    same = [name for name in FEATURE_NAMES if name not in moves]
    assert values(upcoming, *same) == values(after, *same)


OTHERS = [row for row in PLAIN_STATS if row["week"] == 1]
LATER_STATS = [row for row in PLAIN_STATS if row["week"] > 1]


def changed(rows: list[Row], **columns: object) -> list[Row]:
    return [row | columns for row in rows]


@pytest.mark.parametrize(
    "change", ["score", "statistics", "report", "starters", "line", "deletion"]
)
def test_neither_a_games_own_numbers_nor_later_ones_reach_its_features(change: str) -> None:
    first, second, third = PLAYED
    before = features(PLAYED, PLAIN_STATS)
    later, team_stats, reports = [second, third], LATER_STATS, list[Row]()
    if change == "score":
        wild: Row = {"home_score": 0.0, "away_score": 70.0, "result": -70.0, "total": 70.0}
        later = changed(later, **wild)
    elif change == "statistics":
        team_stats = changed(LATER_STATS, carries=65, passing_epa=45.0, penalty_yards=200)
    elif change == "report":
        reports = [injury(SECOND, "KC", "Mahomes", modified=KICKOFF), injury(THIRD, "KC", "Henne")]
    elif change == "starters":
        later = [second, third | starters("Mahomes", "Allen")]
    elif change == "line":
        later = changed(later, spread_line=-14.0, home_moneyline=500.0, away_moneyline=-700.0)
    else:
        later = [
            game(SECOND, "2022-09-18", **starters("Allen", "Mahomes")),
            game(THIRD, "2022-09-25"),
        ]
        team_stats = []
    after = features([first, *later], [*OTHERS, *team_stats], reports)
    for team in ("KC", "BUF"):
        assert after[SECOND, team] == before[SECOND, team]
        assert after[FIRST, team] == before[FIRST, team]
    # Except for lines, which are no feature, what was changed does reach the game after it.
    assert (after[THIRD, "KC"] == before[THIRD, "KC"]) == (change == "line")
