"""Claims about what happens to the calendar, and about franchises that move or come late."""

from functools import cache
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.ingest import raw
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.simulator.league import League, simulate
from nfl_signals.simulator.write import write_release

NAMES = ["season", "week", "team"]


@cache
def league(
    weeks_played: int = 9,
    first_season: int = 2020,
    **changes: Any,  # noqa: ANN401 - settings of any type
) -> League:
    settings = SimulatorSettings(
        first_season=first_season, n_seasons=2, weeks_played=weeks_played, **changes
    )
    return simulate(settings, seed=11)


def matched(one: League, other: League) -> pl.DataFrame:
    return one.games.join(other.games, on="game_id", suffix="_other")


def moved_games(postponed: int = 16) -> pl.DataFrame:
    """Postponed games, with their announced day as `gameday_other`."""
    both = matched(league(22, postponed_per_season=postponed), league(22))
    return both.filter(pl.col("gameday") != pl.col("gameday_other"))


def team_weeks(games: pl.DataFrame) -> set[tuple[int, int, str]]:
    sides = [games.select("season", "week", team=f"{side}_team") for side in ("home", "away")]
    return set(pl.concat(sides).rows())


@pytest.mark.slow
@pytest.mark.parametrize("postponed", [0, 1, 5])
def test_as_many_games_are_postponed_each_season_as_set(postponed: int) -> None:
    per_season = dict(moved_games(postponed).group_by("season").len().rows())
    assert per_season == ({2020: postponed, 2021: postponed} if postponed else {})


def test_postponing_games_changes_the_calendar_and_nothing_else() -> None:
    both = matched(league(22, postponed_per_season=16), league(22))
    assert len(both) == len(league(22).games)
    for name in ("result", "total", "spread_line", "home_moneyline", "home_qb_id", "wind"):
        assert (both[name].eq_missing(both[f"{name}_other"])).all()


def test_postponed_games_move_by_a_day_or_two_and_at_most_into_wednesday() -> None:
    days = moved_games().select(
        (pl.col("gameday").str.to_date() - pl.col("gameday_other").str.to_date()).dt.total_days()
    )
    assert set(days.to_series()) == {1, 2}
    assert set(moved_games()["weekday"]) <= {"Monday", "Tuesday", "Wednesday"}
    assert "Tuesday" in moved_games()["weekday"]


def test_a_postponed_game_leaves_every_team_four_days_before_its_next() -> None:
    games = league(22, postponed_per_season=16).games
    assert games.select(pl.min_horizontal("home_rest", "away_rest").min()).item() >= 4


def test_reports_follow_a_postponed_game_to_its_new_day() -> None:
    reports = league(22, postponed_per_season=16).injuries[2020]
    for season, week, home, day in (
        moved_games().filter(season=2020).select("season", "week", "home_team", "gameday").rows()
    ):
        closed = reports.filter(season=season, week=week, team=home)["date_modified"].max()
        assert closed is not None
        assert str(closed.date()) < day


@pytest.mark.slow
def test_a_postponement_is_known_in_the_week_before_and_not_earlier() -> None:
    for season, week in moved_games().filter(season=2021).select("season", "week").unique().rows():
        game = moved_games().filter(season=season, week=week).row(0, named=True)
        for weeks_played, shown in ((week - 2, game["gameday_other"]), (week - 1, game["gameday"])):
            if weeks_played < 0:
                continue
            seen = league(weeks_played, postponed_per_season=16).games
            assert seen.filter(game_id=game["game_id"])["gameday"].item() == shown


def test_rest_ahead_is_counted_from_the_announced_calendar() -> None:
    """A game of week w moves in week w; seen from w - 2, the rest before week w + 1 is still old."""
    usual, moved = league(0), league(0, postponed_per_season=16)
    ahead = matched(usual, moved).filter(pl.col("season") == 2021, pl.col("week") > 2)
    assert ahead["home_rest"].equals(ahead["home_rest_other"])
    assert ahead["gameday"].equals(ahead["gameday_other"])


@pytest.mark.slow
def test_a_game_moved_beyond_as_of_is_not_played_yet() -> None:
    late = moved_games().filter(
        pl.col("season") == 2021, pl.col("weekday").is_in(["Tuesday", "Wednesday"])
    )
    assert len(late) > 0
    for week, game_id in late.select("week", "game_id").rows():
        now = league(week, postponed_per_season=16)
        game = now.games.filter(game_id=game_id).row(0, named=True)
        assert game["result"] is None
        assert game["spread_line"] is not None
        assert game["gameday"] >= now.as_of.date().isoformat()
        played = team_weeks(now.games.drop_nulls("result").filter(pl.col("season") == 2021))
        assert set(now.team_stats[2021].select(NAMES).rows()) == played
        a_week_later = league(week + 1, postponed_per_season=16)
        assert a_week_later.games.filter(game_id=game_id)["result"].item() is not None


@pytest.mark.slow
def test_a_cancelled_game_has_no_row_and_its_reports_stay() -> None:
    usual, now = league(22), league(22, cancelled_per_season=2)
    first = usual.games.filter(pl.col("game_type") == "REG", pl.col("season") == 2020)
    gone = first.join(now.games, on="game_id", how="anti")
    assert len(gone) == 2
    assert gone.join(now.truth, on="game_id").is_empty()
    absent = team_weeks(gone)
    assert absent <= set(now.injuries[2020].select(NAMES).rows())
    assert not absent & set(now.team_stats[2020].select(NAMES).rows())


@pytest.mark.slow
def test_a_cancelled_game_is_still_in_the_schedule_before_its_week() -> None:
    at_the_end, at_first = league(22, cancelled_per_season=2), league(0, cancelled_per_season=2)
    regular = [
        of.games.filter(pl.col("game_type") == "REG", pl.col("season") == 2021)
        for of in (at_first, at_the_end)
    ]
    gone = regular[0].join(regular[1], on="game_id", how="anti")
    assert len(gone) == 2
    week = gone["week"].min()
    assert isinstance(week, int)
    for weeks_played, listed in ((week - 1, True), (week, False)):
        seen = league(weeks_played, cancelled_per_season=2).games["game_id"]
        assert (gone.sort("week")["game_id"][0] in seen) == listed


def test_an_expansion_team_plays_from_its_first_season_on() -> None:
    now = league(22, 2000, expansion_season=2001)
    before, after = (now.games.filter(pl.col("season") == year) for year in (2000, 2001))
    assert "HOU" not in pl.concat([before["home_team"], before["away_team"]])
    assert "HOU" in after["home_team"]
    for tables in (now.team_stats, now.injuries, now.notes):
        assert "HOU" not in tables[2000]["team"]
        assert "HOU" in tables[2001]["team"]
    regular = before.filter(pl.col("game_type") == "REG")
    assert len(regular) == 256 - 16
    assert before["home_team"].n_unique() == 31
    assert len(after) == 256 + 11


def test_every_team_of_a_league_of_31_has_a_week_off_and_none_plays_twice_in_one() -> None:
    games = league(22, 2000, expansion_season=2002).games.filter(pl.col("season") == 2000)
    regular = games.filter(pl.col("game_type") == "REG")
    played = pl.concat([regular["home_team"], regular["away_team"]]).value_counts()["count"]
    assert set(played) <= {14, 15, 16}
    assert len(team_weeks(games)) == 2 * len(games)


@pytest.mark.slow
def test_statistics_of_the_newest_games_may_be_late() -> None:
    usual, late = league(), league(late_stats=3)
    assert late.games.equals(usual.games)
    missing = usual.team_stats[2021].join(late.team_stats[2021], on=NAMES, how="anti")
    newest = usual.games.drop_nulls("result").sort("gameday", "gametime", "game_id").tail(3)
    assert set(missing.select(NAMES).rows()) == team_weeks(newest)
    assert late.team_stats[2020].equals(usual.team_stats[2020])


def test_more_late_statistics_than_games_leave_none() -> None:
    late = league(late_stats=10_000).team_stats
    assert all(stats.is_empty() for stats in late.values())
    assert late[2021].schema == league().team_stats[2021].schema


@pytest.mark.parametrize("share", [0.0, 0.2, 1.0])
def test_the_first_half_of_the_seasons_lacks_as_many_prices_as_set(share: float) -> None:
    games = league(22, missing_lines=share).games
    missing = games.group_by("season").agg(pl.col("home_moneyline").is_null().mean())
    found = dict(missing.rows())
    assert found[2020] == pytest.approx(share, abs=0.08)
    assert found[2021] == 0


@pytest.mark.slow
@pytest.mark.parametrize("weeks", [0, 4, 9, 17, 18, 20])
def test_with_everything_happening_at_once_a_later_as_of_has_the_same_past(weeks: int) -> None:
    changes: dict[str, Any] = {
        "postponed_per_season": 8,
        "cancelled_per_season": 2,
        "expansion_season": 2021,
        "relocations": 3,
        "news": "not_in_line",
        "drift_from": "2020-w10",
        "drift_home_field": 2.0,
        "drift_slope": 0.6,
    }
    now, later = league(weeks, **changes), league(weeks + 1, **changes)
    past = now.games.drop_nulls("result")
    played = now.model_forecasts.join(past, on="game_id", how="semi")
    assert past.equals(later.games.join(past, on="game_id", how="semi", maintain_order="left"))
    for before, after in (
        (now.lines_open, later.lines_open),
        (played, later.model_forecasts),
        (now.team_stats[2021], later.team_stats[2021]),
        (now.injuries[2021], later.injuries[2021]),
        (now.notes[2021], later.notes[2021]),
    ):
        gone = pl.col("game_id").is_in(later.games["game_id"].implode())
        kept = before.filter(gone) if "game_id" in before.columns else before
        assert kept.join(after, on=kept.columns, how="anti", nulls_equal=True).is_empty()


@pytest.mark.slow
def test_the_pipelines_reader_accepts_a_league_with_all_events(tmp_path: Path) -> None:
    now = league(9, 2010, expansion_season=2011, postponed_per_season=8, relocations=3)
    write_release(now, tmp_path)
    release = DirectoryRelease(tmp_path / "release")
    for season in (2010, 2011):
        assert len(raw.read_games(release, season)) > 200
        for read in (raw.read_team_stats, raw.read_injuries, raw.read_notes):
            assert len(read(release, season)) > 100
