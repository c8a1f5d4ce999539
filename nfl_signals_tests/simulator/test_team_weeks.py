"""Claims about box scores, injuries and notes, and about the people in them."""

from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cache

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.simulator.games.season import Season, play_season
from nfl_signals.simulator.release.injuries import injuries
from nfl_signals.simulator.release.notes import notes
from nfl_signals.simulator.release.team_stats import team_stats
from nfl_signals.simulator.release.team_weeks import TeamWeek, team_weeks
from nfl_signals.simulator.streams import stream
from nfl_signals.simulator.teams.franchises import TEAMS
from nfl_signals.simulator.teams.people import person

POSITIONS = {
    "WR",
    "CB",
    "LB",
    "T",
    "S",
    "RB",
    "DT",
    "DE",
    "TE",
    "G",
    "QB",
    "C",
    "FB",
    "P",
    "K",
    "LS",
}


@cache
def season() -> Season:
    return play_season(None, season=2022, seed=3, settings=SimulatorSettings())


@cache
def weeks() -> list[TeamWeek]:
    return team_weeks(season(), codes=TEAMS)


@cache
def box_scores() -> pl.DataFrame:
    stats = team_stats(season().games, season=2022, rng=stream(3, season=2022, topic="team_stats"))
    return stats.join(scores_of(season()), on=["week", "team"])


@cache
def injury_reports() -> pl.DataFrame:
    return injuries(weeks(), rng=stream(3, season=2022, topic="injuries"))


@cache
def team_notes() -> pl.DataFrame:
    return notes(weeks(), rng=stream(3, season=2022, topic="notes"))


def scores_of(played: Season) -> pl.DataFrame:
    sides = [
        played.games.select(
            "week",
            team=pl.col(side).replace_strict(range(32), TEAMS, return_dtype=pl.String),
            scored=f"{side}_score",
            strength=(pl.col("total_at") + sign * pl.col("margin_at")) / 2,
        )
        for side, sign in (("home", 1), ("away", -1))
    ]
    return pl.concat(sides)


def opponents(column: str) -> pl.Series:
    """A column of the other team's row, in the order of `box_scores`."""
    other = box_scores().select("week", pl.col(column).alias("theirs"), opponent_team="team")
    return box_scores().join(other, on=["week", "opponent_team"], maintain_order="left")["theirs"]


def test_each_game_has_one_row_for_each_team() -> None:
    assert len(box_scores()) == 2 * len(season().games)
    assert box_scores().select("week", "team").is_unique().all()


@pytest.mark.parametrize(
    ("own", "theirs"),
    [
        ("def_sacks", "sacks_suffered"),
        ("def_interceptions", "passing_interceptions"),
        ("opponent_team", "team"),
    ],
)
def test_what_one_team_does_the_other_suffers(own: str, theirs: str) -> None:
    assert (box_scores()[own] == opponents(theirs)).all()


def test_recovered_fumbles_are_the_ones_that_the_opponent_lost() -> None:
    lost = sum(opponents(f"{kind}_fumbles_lost") for kind in ("sack", "rushing", "receiving"))
    assert (box_scores()["fumble_recovery_opp"] == lost).all()


def test_parts_never_exceed_their_whole() -> None:
    stats = box_scores()
    for part, whole in (
        ("completions", "attempts"),
        ("passing_first_downs", "completions"),
        ("sack_fumbles", "sacks_suffered"),
        ("sack_fumbles_lost", "sack_fumbles"),
        ("rushing_fumbles_lost", "rushing_fumbles"),
        ("receiving_fumbles_lost", "receiving_fumbles"),
        ("rushing_first_downs", "carries"),
        ("targets", "attempts"),
        ("receptions", "targets"),
        ("def_sacks", "def_qb_hits"),
        ("passing_tds", "completions"),
    ):
        assert (stats[part] <= stats[whole]).all(), (part, whole)


def test_touchdowns_and_kicks_explain_the_score_up_to_conversions_and_a_safety() -> None:
    stats = box_scores()
    touchdowns = stats["passing_tds"] + stats["rushing_tds"]
    rest = stats["scored"] - 6 * touchdowns - stats["pat_made"] - 3 * stats["fg_made"]
    assert rest.min() >= 0
    assert (rest <= 2 * (touchdowns - stats["pat_made"]) + 2).all()


def test_expected_points_follow_the_score() -> None:
    epa = box_scores()["passing_epa"] + box_scores()["rushing_epa"]
    assert 0.6 < np.corrcoef(epa, box_scores()["scored"])[0, 1] < 0.85
    assert epa.std() == pytest.approx(12, abs=1.5)


def test_expected_points_show_more_of_the_true_strength_than_the_score_alone() -> None:
    stats = box_scores()
    epa = (stats["passing_epa"] + stats["rushing_epa"]).to_numpy()
    strength = stats["strength"].to_numpy()
    score = np.column_stack([np.ones(len(stats)), stats["scored"].to_numpy()])
    both = np.column_stack([score, epa])

    def unexplained(design: np.ndarray) -> float:
        fitted = design @ np.linalg.lstsq(design, strength, rcond=None)[0]
        return float(((strength - fitted) ** 2).sum())

    gain = (unexplained(score) - unexplained(both)) / (unexplained(both) / (len(stats) - 3))
    assert gain > 12  # F(1, n): one in two thousand by chance


@pytest.mark.parametrize(
    ("column", "mean", "tolerance"),
    [
        ("attempts", 34.7, 1.5),
        ("completions", 22.0, 1.5),
        ("passing_yards", 248, 12),
        ("rushing_yards", 114, 8),
        ("passing_interceptions", 0.8, 0.12),
        ("sacks_suffered", 2.4, 0.3),
        ("penalties", 6.2, 0.4),
        ("penalty_yards", 53, 4),
        ("passing_epa", 1.4, 1.5),
        ("rushing_epa", -1.5, 0.8),
    ],
)
def test_averages_are_those_of_real_team_games(column: str, mean: float, tolerance: float) -> None:
    """Means of 2014-2023."""
    assert box_scores()[column].mean() == pytest.approx(mean, abs=tolerance)


def test_lost_yards_are_negative_for_the_offence_and_none_without_a_sack() -> None:
    stats = box_scores()
    assert (stats["sack_yards_lost"] <= 0).all()
    assert (stats.filter(pl.col("sacks_suffered") == 0)["sack_yards_lost"] == 0).all()


def test_a_team_lists_five_to_ten_players_in_most_weeks() -> None:
    listed = injury_reports().group_by("week", "team").len()["len"]
    assert 5 < listed.mean() < 8
    assert listed.max() < 20


def test_every_absent_starter_is_out_in_the_report_and_nobody_else_at_his_position() -> None:
    absent = {(w.week, w.code, person(w.starter).gsis_id) for w in weeks() if w.starter_out}
    passers = injury_reports().filter(position="QB")
    assert set(passers.select("week", "team", "gsis_id").rows()) == absent
    assert set(passers["report_status"]) == {"Out"}
    assert len(absent) > 10


def test_reports_use_the_words_of_real_ones() -> None:
    report = injury_reports()
    assert set(report["position"]) <= POSITIONS
    assert set(report["report_status"]) == {"Out", "Doubtful", "Questionable", None}
    assert set(report["practice_status"]) == {
        "Did Not Participate In Practice",
        "Limited Participation in Practice",
        "Full Participation in Practice",
    }
    assert (report["report_primary_injury"].is_null() == report["report_status"].is_null()).all()


def test_a_player_is_listed_once_a_week() -> None:
    assert injury_reports().select("week", "gsis_id").is_unique().all()


def test_reports_close_on_friday_before_a_sunday_and_on_wednesday_before_a_thursday() -> None:
    days = Counter(week.reported_at.strftime("%A") for week in weeks())
    assert days.most_common(1)[0][0] == "Friday"
    assert set(days) == {"Wednesday", "Thursday", "Friday", "Saturday"}
    first_day = season().games["gameday"][0]
    opener = next(week for week in weeks() if week.team == season().games["home"][0])
    assert opener.reported_at == datetime.combine(
        first_day - timedelta(days=1), datetime.min.time(), UTC
    ) + timedelta(hours=20)


def test_no_report_is_updated_after_it_closes() -> None:
    closes = {(week.week, week.code): week.reported_at for week in weeks()}
    for week, team, updated in injury_reports().select("week", "team", "date_modified").rows():
        early = closes[week, team] - updated
        assert timedelta(0) <= early < timedelta(hours=3)


def test_notes_name_the_absent_starter_and_his_backup() -> None:
    for week in (week for week in weeks() if week.starter_out):
        text = " ".join(team_notes().filter(week=week.week, team=week.code)["text"])
        assert f"{person(week.starter).full_name} did not practice" in text
        assert f"{person(week.quarterback).full_name} will start" in text


def test_the_first_absence_is_reported_on_the_morning_after_the_game() -> None:
    hurt = [week for week in weeks() if week.game_before]
    assert hurt
    for week in hurt:
        notes = team_notes().filter(week=week.week, team=week.code)
        first = notes.row(0, named=True)
        assert "will miss time" in first["text"]
        assert week.game_before is not None
        assert first["published_at"].date() == week.game_before + timedelta(days=1)
        assert first["published_at"].hour < 14


def test_all_notes_are_published_before_kickoff() -> None:
    kickoff = {
        (row["week"], TEAMS[row[side]]): row["gameday"]
        for row in season().games.iter_rows(named=True)
        for side in ("home", "away")
    }
    for week, team, published in team_notes().select("week", "team", "published_at").rows():
        assert published.date() < kickoff[week, team]


def test_notes_have_names_of_their_own() -> None:
    assert team_notes()["note_id"].is_unique().all()


def test_most_notes_are_no_news() -> None:
    news = team_notes()["text"].str.contains("ruled out|did not practice|miss time").mean()
    assert 0.1 < news < 0.6


def test_absences_after_a_bye_still_know_the_game_of_the_injury() -> None:
    games = pl.DataFrame(
        {
            "week": [1, 3],
            "game_type": ["REG"] * 2,
            "gameday": [date(2022, 9, 11), date(2022, 9, 25)],
            "home": [0, 0],
            "away": [1, 2],
        }
    )
    out = np.zeros((32, 22), dtype=np.bool_)
    out[0, 2] = True
    made_up = replace(season(), games=games, news=replace(season().news, out=out))
    absent = [week for week in team_weeks(made_up, codes=TEAMS) if week.starter_out]
    assert [(week.week, week.game_before) for week in absent] == [(3, date(2022, 9, 11))]
