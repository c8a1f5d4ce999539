"""Claims about the league as it stands: what is known when, and in which words."""

from datetime import UTC, datetime
from functools import cache

import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.calendar.as_of import KNOWN_AT_THE_CLOSE, KNOWN_AT_THE_END, as_of
from nfl_signals.simulator.games.bookmaker import OPENING
from nfl_signals.simulator.league import League, simulate

PRICES = ["spread_line", "total_line", "home_moneyline", "over_odds"]


@cache
def league(weeks_played: int = 9, first_season: int = 2020, n_seasons: int = 2) -> League:
    settings = SimulatorSettings(
        first_season=first_season, n_seasons=n_seasons, weeks_played=weeks_played
    )
    return simulate(settings, seed=11)


def last_season(weeks_played: int) -> pl.DataFrame:
    return league(weeks_played).games.filter(pl.col("season") == 2021)


def test_as_of_is_tuesday_afternoon_utc_after_the_last_week_played() -> None:
    assert league(9).as_of == datetime(2021, 11, 9, 14, tzinfo=UTC)
    assert league(9).as_of.weekday() == 1
    assert str(last_season(9).filter(week=9)["gameday"].max()) == "2021-11-08"


def test_before_the_first_week_it_is_the_tuesday_before_the_opening_game() -> None:
    assert league(0).as_of == datetime(2021, 9, 7, 14, tzinfo=UTC)
    assert league(0).team_stats[2021].is_empty()
    assert last_season(0)["result"].is_null().all()


@pytest.mark.parametrize(("first", "day"), [(2020, "2022-02-15"), (2013, "2015-02-03")])
def test_a_complete_season_stands_on_the_tuesday_after_the_super_bowl(first: int, day: str) -> None:
    settings = SimulatorSettings(first_season=first, n_seasons=2, weeks_played=22)
    assert as_of(settings).date().isoformat() == day


def test_played_games_have_results_and_later_ones_have_none() -> None:
    games = last_season(9)
    played = pl.col("week") <= 9
    assert games.filter(played).select(pl.col("result", "total", "overtime").is_null().any()).row(
        0
    ) == (False, False, False)
    later = games.filter(~played)
    assert later.select(pl.all_horizontal(pl.col(KNOWN_AT_THE_END).is_null()).all()).item()


def test_next_weeks_games_have_prices_and_those_after_it_none() -> None:
    games = last_season(9)
    assert games.filter(week=10).select(pl.col(PRICES).is_null().sum()).row(0) == (0, 0, 0, 0)
    later = games.filter(pl.col("week") > 10)
    assert len(later) > 100
    assert later.select(pl.all_horizontal(pl.col(KNOWN_AT_THE_CLOSE).is_null()).all()).item()


def test_truth_covers_every_listed_game_and_has_no_line_where_the_schedule_has_none() -> None:
    both = league(9).games.join(league(9).truth, on="game_id", how="full")
    assert len(both) == len(league(9).games) == len(league(9).truth)
    assert both["p_home_win"].null_count() == 0
    assert (both["p_home_cover"].is_null() == both["spread_line"].is_null()).all()
    assert (both["p_over"].is_null() == both["total_line"].is_null()).all()


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [0, 4, 9, 17, 18, 20, 21])
def test_a_week_later_the_past_is_the_same_and_one_week_is_new(weeks: int) -> None:
    now, later = league(weeks), league(weeks + 1)
    for season in (2020, 2021):
        for before, after in (
            (now.team_stats[season], later.team_stats[season]),
            (now.injuries[season], later.injuries[season]),
            (now.notes[season], later.notes[season]),
        ):
            known = after.join(before, on=after.columns, how="semi", nulls_equal=True)
            assert known.equals(before)
    new = later.team_stats[2021].filter(pl.col("week") == weeks + 1)
    assert len(later.team_stats[2021]) - len(now.team_stats[2021]) == len(new) > 0


@pytest.mark.parametrize("weeks", [0, 9, 18, 21])
@pytest.mark.slow
def test_what_was_played_never_changes_and_its_prices_are_the_close(weeks: int) -> None:
    before = league(weeks).games.join(league(weeks).truth, on="game_id")
    after = before.select("game_id").join(
        league(weeks + 1).games.join(league(weeks + 1).truth, on="game_id"), on="game_id"
    )
    played = before["result"].is_not_null()
    for name in (*KNOWN_AT_THE_END, *KNOWN_AT_THE_CLOSE):
        assert before[name].filter(played).equals(after[name].filter(played)), name
    assert before["p_home_win"].equals(after["p_home_win"])


@pytest.mark.parametrize("weeks", [0, 9, 18, 21])
def test_the_week_ahead_shows_the_opening_lines_and_has_moved_a_week_later(weeks: int) -> None:
    now, later = league(weeks), league(weeks + 1)
    ahead = now.games.filter(pl.col("result").is_null()).drop_nulls(KNOWN_AT_THE_CLOSE)
    opened = ahead.select("game_id").join(now.lines_open, on="game_id", maintain_order="left")
    assert opened.height == ahead.height > 0
    closed = ahead.select("game_id").join(later.games, on="game_id", maintain_order="left")
    for name, close in OPENING.items():
        assert (ahead[close] == opened[name]).all(), close
        assert (closed[close] != opened[name]).sum() >= opened.height / 3, close


def test_nothing_is_dated_after_as_of() -> None:
    for weeks in (0, 9, 19):
        now = league(weeks)
        assert now.injuries[2021].filter(pl.col("date_modified") > now.as_of).is_empty()
        assert now.notes[2021].filter(pl.col("published_at") > now.as_of).is_empty()
        assert now.team_stats[2021].filter(pl.col("week") > weeks).is_empty()
        assert now.injuries[2021].filter(pl.col("week") > weeks).is_empty()


def test_some_notes_already_look_ahead_to_the_coming_week() -> None:
    ahead = [league(w).notes[2021].filter(pl.col("week") > w) for w in (4, 9, 10, 17)]
    assert sum(len(notes) for notes in ahead) > 0
    assert all("will miss time" in text for notes in ahead for text in notes["text"])


@pytest.mark.slow
def test_rounds_of_the_postseason_appear_once_they_are_determined() -> None:
    rounds = {17: [], 18: ["WC"], 19: ["DIV", "WC"], 20: ["CON", "DIV", "WC"]}
    for weeks, expected in rounds.items():
        found = last_season(weeks).filter(pl.col("game_type") != "REG")["game_type"]
        assert sorted(found.unique()) == expected
    assert last_season(18).filter(game_type="WC")["spread_line"].null_count() == 0


@pytest.mark.slow
@pytest.mark.parametrize(
    ("season", "games"), [(2020, 256 + 13), (2021, 272 + 13), (2019, 256 + 11)]
)
def test_complete_seasons_have_the_nfls_number_of_games(season: int, games: int) -> None:
    simulated = simulate(SimulatorSettings(first_season=2019, n_seasons=3, weeks_played=22), seed=1)
    assert len(simulated.games.filter(pl.col("season") == season)) == games


def test_game_ids_are_unique_and_spell_season_week_away_home() -> None:
    games = league().games
    assert games["game_id"].is_unique().all()
    spelt = pl.format(
        "{}_{}_{}_{}",
        "season",
        pl.col("week").cast(pl.String).str.zfill(2),
        "away_team",
        "home_team",
    )
    assert (games["game_id"] == games.select(spelt).to_series()).all()


def test_result_and_total_are_the_difference_and_the_sum_of_the_scores() -> None:
    games = league().games.drop_nulls("result")
    assert (games["result"] == games["home_score"] - games["away_score"]).all()
    assert (games["total"] == games["home_score"] + games["away_score"]).all()


@pytest.mark.slow
def test_every_tie_went_to_overtime_and_no_postseason_game_is_one() -> None:
    games = simulate(SimulatorSettings(first_season=2000, n_seasons=15), seed=4).games
    ties = games.filter(pl.col("result") == 0)
    assert len(ties) > 0
    assert (ties["overtime"] == 1).all()
    assert set(ties["game_type"]) == {"REG"}
    decided_late = games.filter(pl.col("overtime") == 1)
    assert set(decided_late["result"].abs()) <= {0, 2, 3, 6}
    assert games["overtime"].mean() == pytest.approx(0.06, abs=0.015)


def test_the_moved_franchise_keeps_its_current_code_in_statistics_only() -> None:
    moved = league(9, 2018, 4)
    for season, code in ((2019, "OAK"), (2020, "LV")):
        games = moved.games.filter(pl.col("season") == season)
        other = {"OAK": "LV", "LV": "OAK"}[code]
        for teams in (
            games["home_team"],
            moved.injuries[season]["team"],
            moved.notes[season]["team"],
        ):
            assert code in teams
            assert other not in teams
        assert "LV" in moved.team_stats[season]["team"]
        assert "OAK" not in moved.team_stats[season]["team"]


def test_only_division_rivals_play_division_games_in_the_regular_season() -> None:
    rivals = {"KC", "DEN", "LAC", "LV", "OAK"}
    games = league().games.filter(pl.col("home_team") == "KC", pl.col("game_type") == "REG")
    assert (games["away_team"].is_in(list(rivals)) == (games["div_game"] == 1)).all()


def test_statistics_exist_for_both_teams_of_every_played_game() -> None:
    games = league().games.drop_nulls("result").filter(pl.col("season") == 2021)
    pairs = set(games.select("week", "home_team").rows()) | set(
        games.select("week", "away_team").rows()
    )
    assert set(league().team_stats[2021].select("week", "team").rows()) == pairs


def test_weather_is_known_outdoors_only() -> None:
    games = league().games.drop_nulls("result")
    assert games.filter(roof="dome")["temp"].is_null().all()
    assert games.filter(roof="outdoors")["temp"].is_not_null().all()
    assert (games["wind"].drop_nulls() >= 0).all()


@pytest.mark.slow
def test_seeds_decide_everything() -> None:
    settings = SimulatorSettings(first_season=2014, n_seasons=2)
    one, same, other = (simulate(settings, seed=seed) for seed in (1, 1, 2))
    assert one.games.equals(same.games)
    assert one.truth.equals(same.truth)
    assert not one.games.equals(other.games)


@pytest.mark.slow
def test_the_bookmakers_settings_leave_the_games_alone() -> None:
    settings = SimulatorSettings(first_season=2014, n_seasons=2)
    sharp = simulate(settings.model_copy(update={"line_noise": 0.0, "hold": 0.0}), seed=1)
    usual = simulate(settings, seed=1)
    assert sharp.games["result"].equals(usual.games["result"])
    assert sharp.truth["p_home_win"].equals(usual.truth["p_home_win"])
    assert not sharp.games["home_moneyline"].equals(usual.games["home_moneyline"])
