"""Claims about who meets whom and when: `schedule`, `calendar`, `playoffs`, `franchises`."""

from collections import Counter
from datetime import date

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest.teams import TEAM_IDS
from nfl_signals.simulator.calendar import kickoffs, playoffs
from nfl_signals.simulator.calendar.schedule import pairings, regular_weeks
from nfl_signals.simulator.teams.franchises import TEAMS, codes_of_the_day, old_codes

SEASONS = (2014, 2015, 2016, 2017, 2020, 2021, 2022, 2023, 2024)


def season_pairs(season: int, seed: int = 0) -> pl.DataFrame:
    rng = np.random.default_rng(seed)
    ranked = np.stack([4 * d + rng.permutation(4) for d in range(8)])
    return pairings(season, ranked=ranked, rng=rng)


def fixtures(season: int) -> pl.DataFrame:
    rng = np.random.default_rng(1)
    return kickoffs.regular_kickoffs(season_pairs(season), season=season, rng=rng)


def games_of(pairs: pl.DataFrame) -> list[tuple[int, int]]:
    return [(int(h), int(a)) for h, a in pairs.select("home", "away").rows()]


def test_the_teams_are_the_pipelines_franchises() -> None:
    assert set(TEAMS) == TEAM_IDS


@pytest.mark.parametrize("season", SEASONS)
def test_every_team_plays_sixteen_games_and_seventeen_from_2021(season: int) -> None:
    counts = Counter(team for game in games_of(season_pairs(season)) for team in game)
    assert set(counts.values()) == {17 if season >= 2021 else 16}
    assert len(counts) == 32


@pytest.mark.parametrize("season", SEASONS)
def test_no_team_plays_twice_in_a_week_and_each_has_one_bye_between_weeks_5_and_14(
    season: int,
) -> None:
    played: Counter[tuple[int, int]] = Counter()
    for week, home, away in season_pairs(season).rows():
        played[week, home] += 1
        played[week, away] += 1
    assert set(played.values()) == {1}
    for team in range(32):
        idle = [w for w in range(1, regular_weeks(season) + 1) if (w, team) not in played]
        assert len(idle) == 1
        assert 5 <= idle[0] <= 14


@pytest.mark.parametrize("season", SEASONS)
def test_division_rivals_meet_twice_once_at_each_ground_and_others_at_most_once(
    season: int,
) -> None:
    games = Counter(games_of(season_pairs(season)))
    for home in range(32):
        for away in range(32):
            meetings = games[home, away] + games[away, home]
            if home != away and home // 4 == away // 4:
                assert games[home, away] == games[away, home] == 1
            else:
                assert meetings <= 1


@pytest.mark.parametrize("season", SEASONS)
def test_home_games_are_shared_evenly(season: int) -> None:
    at_home = Counter(home for home, _ in games_of(season_pairs(season)))
    if season < 2021:
        assert set(at_home.values()) == {8}
    else:
        assert {at_home[team] for team in range(16)} == {9 if season % 2 else 8}
        assert {at_home[team] for team in range(16, 32)} == {8 if season % 2 else 9}


@pytest.mark.parametrize("season", SEASONS)
def test_each_team_meets_a_whole_division_of_its_conference_and_one_of_the_other(
    season: int,
) -> None:
    games = games_of(season_pairs(season))
    for team in range(32):
        foes = Counter((h + a - team) // 4 for h, a in games if team in (h, a))
        own = sorted(n for d, n in foes.items() if d // 4 == team // 16)
        other = sorted(n for d, n in foes.items() if d // 4 != team // 16)
        assert own == [1, 1, 4, 6]
        assert other == ([1, 4] if season >= 2021 else [4])


def test_all_final_week_games_are_division_games() -> None:
    pairs = season_pairs(2023)
    last = pairs.filter(pl.col("week") == 18)
    assert len(last) == 16
    assert (last["home"] // 4 == last["away"] // 4).all()


@pytest.mark.parametrize(
    ("season", "day"), [(2014, "2014-09-04"), (2015, "2015-09-10"), (2023, "2023-09-07")]
)
def test_seasons_open_on_the_thursday_after_labor_day(season: int, day: str) -> None:
    assert kickoffs.opening_day(season) == date.fromisoformat(day)


def test_a_usual_week_has_one_thursday_and_one_monday_game() -> None:
    weeks = (
        fixtures(2023)
        .filter(pl.col("week") < 18)
        .group_by("week")
        .agg(
            (pl.col("gameday").dt.weekday() == 4).sum().alias("thursday"),
            (pl.col("gameday").dt.weekday() == 1).sum().alias("monday"),
        )
    )
    assert (weeks["thursday"] == 1).all()
    assert (weeks["monday"] == 1).all()


@pytest.mark.parametrize("season", SEASONS)
def test_rest_is_at_least_four_days_and_seven_in_the_first_week(season: int) -> None:
    games = kickoffs.with_rest(fixtures(season))
    first = games.filter(pl.col("week") == 1)
    assert (first["home_rest"] == 7).all()
    assert (first["away_rest"] == 7).all()
    assert games.select(pl.min_horizontal("home_rest", "away_rest").min()).item() >= 4


def test_rest_counts_the_days_since_the_last_game_of_either_side() -> None:
    rows = [
        (1, 0, 1, "REG", date(2023, 9, 10), "13:00", False),
        (2, 1, 2, "REG", date(2023, 9, 18), "20:15", False),
        (3, 2, 0, "REG", date(2023, 9, 24), "13:00", False),
    ]
    games = kickoffs.with_rest(pl.DataFrame(rows, schema=kickoffs.FIXTURE, orient="row"))
    assert games["home_rest"].to_list() == [7, 8, 6]
    assert games["away_rest"].to_list() == [7, 7, 14]


def test_london_games_are_the_only_neutral_ones_of_the_regular_season() -> None:
    games = pl.concat(fixtures(season) for season in SEASONS)
    neutral = games.filter("neutral")
    assert set(neutral["gametime"]) == {"09:30"}
    assert 2 * len(SEASONS) < len(neutral) < 7 * len(SEASONS)


def test_the_super_bowl_is_two_weeks_after_the_championships_and_on_neutral_ground() -> None:
    last = kickoffs.playoff_kickoffs([(0, 16)], season=2023, week=22, game_type="SB")
    before = kickoffs.playoff_kickoffs([(0, 1), (16, 17)], season=2023, week=21, game_type="CON")
    assert last["gameday"][0].isoformat() == "2024-02-11"
    assert before["gameday"].unique().to_list() == [date(2024, 1, 28)]
    assert last["neutral"].all()
    assert not before["neutral"].any()


def test_standings_order_by_record_then_point_difference_then_points() -> None:
    rows = [(0, 1, 20, 10), (2, 3, 20, 10), (0, 2, 7, 7), (1, 3, 30, 0), (4, 5, 21, 11)]
    games = pl.DataFrame(rows, schema=["home", "away", "home_score", "away_score"], orient="row")
    # 4: 1-0; 0: 1-0-1 with 27 points; 2: the same difference, 27 points, higher number; 1: 1-1.
    assert playoffs.standings(games) == [4, 0, 2, 1, 5, 3]


def test_seeds_are_four_division_winners_then_the_best_of_the_rest() -> None:
    order = [0, 1, 2, 4, 8, 3, 5, 12, *(t for t in range(32) if t not in (0, 1, 2, 4, 8, 3, 5, 12))]
    assert playoffs.seeds(order, conference=0, season=2019) == [0, 4, 8, 12, 1, 2]
    assert playoffs.seeds(order, conference=0, season=2020) == [0, 4, 8, 12, 1, 2, 3]


def test_the_top_seed_rests_and_then_meets_the_lowest_left() -> None:
    alive = [[0, 4, 8, 12, 1, 2, 3], [16, 20, 24, 28, 17, 18, 19]]
    first = playoffs.pairs_of_round("WC", alive, season=2022)
    assert first == [(4, 3), (8, 2), (12, 1), (20, 19), (24, 18), (28, 17)]
    alive = [[0, 8, 1, 3], [16, 20, 24, 28]]
    second = playoffs.pairs_of_round("DIV", alive, season=2022)
    assert second == [(0, 3), (8, 1), (16, 28), (20, 24)]


def test_two_teams_of_each_conference_rest_before_2020() -> None:
    alive = [[0, 4, 8, 12, 1, 2], [16, 20, 24, 28, 17, 18]]
    assert playoffs.pairs_of_round("WC", alive, season=2019)[:2] == [(8, 2), (12, 1)]


def test_the_conferences_take_turns_as_the_super_bowls_home_team() -> None:
    assert playoffs.pairs_of_round("SB", [[3], [30]], season=2022) == [(3, 30)]
    assert playoffs.pairs_of_round("SB", [[3], [30]], season=2023) == [(30, 3)]


def test_losers_leave_and_seeds_keep_their_order() -> None:
    games = pl.DataFrame(
        {"home": [4, 8], "away": [3, 2], "home_score": [10, 20], "away_score": [13, 3]}
    )
    assert playoffs.without_losers([[0, 4, 8, 2, 3]], games) == [[0, 8, 3]]


def test_one_franchise_moves_and_is_called_by_its_old_code_before() -> None:
    settings = SimulatorSettings(first_season=2014, n_seasons=12)
    before = codes_of_the_day(2019, settings=settings)
    assert set(TEAMS) - set(before) == {"LV"}
    assert set(before) - set(TEAMS) == {"OAK"}
    assert codes_of_the_day(2020, settings=settings) == TEAMS


@pytest.mark.parametrize(
    ("relocations", "codes"), [(0, set()), (2, {"OAK", "STL"}), (3, {"OAK", "STL", "SD"})]
)
def test_as_many_franchises_move_as_set_each_in_its_real_season(
    relocations: int, codes: set[str]
) -> None:
    settings = SimulatorSettings(first_season=2014, n_seasons=12, relocations=relocations)
    assert set(codes_of_the_day(2014, settings=settings)) - set(TEAMS) == codes
    assert set(codes_of_the_day(2017, settings=settings)) - set(TEAMS) == codes & {"OAK"}


def test_the_moves_fall_inside_whatever_seasons_are_simulated() -> None:
    for first, n in ((1999, 2), (2019, 2), (2020, 5), (2030, 11)):
        settings = SimulatorSettings(first_season=first, n_seasons=n, relocations=3)
        assert all(first < moved < first + n for _, moved in old_codes(settings).values())
