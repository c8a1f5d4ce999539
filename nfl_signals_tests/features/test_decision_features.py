"""Features at a Tuesday's decision time: what Friday, Saturday and Sunday bring does not exist yet."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from typing import Any

import polars as pl
import pytest

from nfl_signals.core.errors import LeakageError
from nfl_signals.features import leakage
from nfl_signals.features.build import build_features
from nfl_signals.features.leakage import check_no_leak, find_leaks, sample_decisions
from nfl_signals.features.starters import expected_starters
from nfl_signals.ingest.history import STARTERS, History
from nfl_signals.ingest.joins import TEAM_WEEK, team_weeks
from nfl_signals.llm.documents import dossiers
from nfl_signals.markets.decision_time import decision_at
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import Row, both_stats, game, injury, note, starters, utc

AT_KICKOFF = partial(build_features, horizon="kickoff")

AT_TUESDAY = partial(build_features, horizon="tuesday")
FIRST, SECOND, THIRD = "2022_01_DET_KC", "2022_02_DET_KC", "2022_03_DET_KC"
DAYS = {FIRST: "2022-09-11", SECOND: "2022-09-18", THIRD: "2022-09-25"}
TUESDAY = utc("2022-09-20 14:00")  # of the third game


def weeks(*quarterbacks: str, score: tuple[float, float] = (27, 13)) -> list[Row]:
    """KC's starters in order; the last of the three games is to come."""
    return [
        game(name, DAYS[name], score=score if name != THIRD else None, **starters(one, "Goff"))
        for name, one in zip(DAYS, quarterbacks, strict=True)
    ]


def both(name: str, *rows: Row, injuries: list[Row] | None = None) -> dict[str, dict[str, Any]]:
    """KC's row of a game at both horizons."""
    stats = [each for row in rows if "result" in row for each in both_stats(str(row["game_id"]))]
    history = builders.history(list(rows), stats, injuries or [])
    return {
        horizon: build_features(history, horizon)
        .filter(game_id=name, team_id="KC")
        .row(0, named=True)
        for horizon in ("tuesday", "kickoff")
    }


def test_on_tuesday_the_last_starter_is_expected_whoever_is_announced_on_sunday() -> None:
    games = builders.history(weeks("Mahomes", "Mahomes", "Henne"))
    for horizon, name in (("tuesday", "Mahomes"), ("kickoff", "Henne")):
        found = expected_starters(games, horizon).filter(game_id=THIRD, team="KC")  # type: ignore[arg-type]
        assert found.row(0)[2:] == (name, {"Mahomes": 1.0, "Henne": 0.0}[name])


def test_a_surprise_costs_the_rating_at_kickoff_and_not_on_tuesday() -> None:
    found = both(THIRD, *weeks("Mahomes", "Mahomes", "Henne"))
    expected = both(THIRD, *weeks("Mahomes", "Mahomes", "Mahomes"))
    assert found["tuesday"]["quarterback"] == expected["tuesday"]["quarterback"]
    assert found["kickoff"]["quarterback"] < expected["kickoff"]["quarterback"]


def test_what_was_scored_is_credited_to_who_started_and_not_to_who_had_been_expected() -> None:
    """After Henne's surprise start in week two Mahomes is rated by week one alone."""
    surprise = weeks("Mahomes", "Henne", "Mahomes")
    followed = [*surprise, game("2022_04_DET_KC", "2022-10-02", **starters(None, None))]
    rows = {
        name: build_features(builders.history(followed[:n]), "tuesday").filter(team_id="KC")
        for n, name in ((3, "third"), (4, "fourth"))
    }
    after_henne = rows["third"].filter(game_id=THIRD)["quarterback"].item()
    after_one = rows["third"].filter(game_id=SECOND)["quarterback"].item()
    assert after_henne < after_one  # Henne started last and is expected; he is no Mahomes
    by_himself = both(THIRD, *weeks("Mahomes", "Mahomes", "Mahomes"))["kickoff"]["quarterback"]
    assert both(THIRD, *surprise)["kickoff"]["quarterback"] < after_one < by_himself


def test_fridays_report_is_none_of_tuesdays_and_last_weeks_still_counts() -> None:
    friday = utc("2022-09-23 20:00")
    reports = [
        injury(SECOND, "KC", "a", modified=utc("2022-09-16 20:00")),
        injury(THIRD, "KC", "b", modified=friday),
        injury(THIRD, "KC", "c", modified=friday),
    ]
    found = both(THIRD, *weeks("Mahomes", "Mahomes", "Mahomes"), injuries=reports)
    assert (found["tuesday"]["out_skill"], found["kickoff"]["out_skill"]) == (1.0, 2.0)


def test_of_this_weeks_report_the_part_that_was_out_by_tuesday_counts() -> None:
    reports = [
        injury(SECOND, "KC", "a", modified=utc("2022-09-16 20:00")),
        injury(SECOND, "KC", "b", modified=utc("2022-09-16 20:00")),
        injury(THIRD, "KC", "a", modified=utc("2022-09-20 13:00")),
        injury(THIRD, "KC", "c", modified=utc("2022-09-23 20:00")),
    ]
    found = both(THIRD, *weeks("Mahomes", "Mahomes", "Mahomes"), injuries=reports)
    assert (found["tuesday"]["out_skill"], found["kickoff"]["out_skill"]) == (1.0, 2.0)


def test_a_game_that_was_moved_past_the_next_ones_tuesday_is_not_known_to_it() -> None:
    """KC plays on Wednesday and again on Monday: what happens on Wednesday is news after Tuesday."""
    wednesday = game(
        SECOND, "2022-09-21", score=(50, 0), gametime="15:40", **starters("Henne", "x")
    )
    monday = game(THIRD, "2022-09-26", **starters("Henne", "x"))
    opener = weeks("Mahomes", "Mahomes", "Mahomes")[0]
    without = game(SECOND, "2022-09-21", gametime="15:40", **starters("Henne", "x"))
    found, blank = both(THIRD, opener, wednesday, monday), both(THIRD, opener, without, monday)
    assert found["tuesday"] == blank["tuesday"]
    assert found["kickoff"] != blank["kickoff"]


def test_on_tuesday_a_team_without_documents_is_not_quiet_for_its_report_is_not_due() -> None:
    reports = [injury(THIRD, "DET", modified=utc("2022-09-19 13:00"))]
    early = note(THIRD, "DET", utc("2022-09-20 12:00"))
    late = note(THIRD, "DET", utc("2022-09-24 12:00"), note_id="n2")
    history = builders.history(weeks("a", "a", "a"), [], reports, [early, late])
    for horizon, documents, due in (("tuesday", 2, False), ("kickoff", 3, True)):
        teams = {d.team_id: d for d in dossiers(history, [2022], horizon=horizon) if d.week == 3}  # type: ignore[arg-type]
        assert (len(teams["DET"].documents), len(teams["KC"].documents)) == (documents, 0)
        assert teams["KC"].week_had_documents
        assert teams["KC"].report_due is due


# --- planted leaks

Planted = Callable[[History], pl.DataFrame]


def sides(history: History) -> pl.DataFrame:
    return team_weeks(history.games).rename({"team": "team_id"}).sort("team_id", "kickoff_at")


def announced_starter(history: History) -> pl.DataFrame:
    names = [pl.col(name).hash(seed=1).cast(pl.Float64).fill_null(0.0) for name in STARTERS]
    games = history.games.select("game_id", form=names[0] + names[1])
    return sides(history).join(games, on="game_id")


def final_report(history: History) -> pl.DataFrame:
    out = (pl.col("report_status") == "Out").sum().cast(pl.Float64).alias("form")
    reports = history.injuries.group_by(TEAM_WEEK).agg(out).rename({"team": "team_id"})
    on = ["season", "week", "team_id"]
    return (
        sides(history).join(reports, on=on, how="left").with_columns(pl.col("form").fill_null(0.0))
    )


def line_of_the_schedule(history: History) -> pl.DataFrame:
    lines = history.games.select("game_id", form=pl.col("spread_line").fill_null(0.0))
    return sides(history).join(lines, on="game_id")


@pytest.mark.parametrize("build", [announced_starter, final_report, line_of_the_schedule])
def test_a_planted_leak_of_the_days_after_tuesday_is_caught(
    simulated_history: History, build: Planted
) -> None:
    def planted(history: History) -> pl.DataFrame:
        return build(history).select("game_id", "team_id", "kickoff_at", "form")

    cuts = sample_decisions(simulated_history, [2014], "tuesday")
    assert find_leaks(simulated_history, planted, cuts[:1], "tuesday")
    with pytest.raises(LeakageError, match=r"form is .* after decision time"):
        check_no_leak(simulated_history, planted, cuts[:1], "tuesday")


@pytest.mark.slow
def test_features_of_kickoff_are_leaks_on_tuesday_and_those_of_tuesday_are_none(
    simulated_history: History,
) -> None:
    cuts = sample_decisions(simulated_history, [2014, 2015], "tuesday")
    assert all((cut.weekday(), cut.hour) == (1, 14) for cut in cuts)
    assert check_no_leak(simulated_history, AT_TUESDAY, cuts, "tuesday") == 6
    found = find_leaks(simulated_history, AT_KICKOFF, cuts, "tuesday")
    moved = {leak.column for leak in found}
    assert {"quarterback", "starter_share", "out_skill"} <= moved


@pytest.mark.slow
@pytest.mark.real_data
def test_no_feature_of_any_real_tuesday_knows_what_came_after_it(real_history: History) -> None:
    seasons = real_history.games["season"].unique().sort().to_list()
    cuts = [
        times[len(times) // 2]
        for s in seasons
        if (times := sample_decisions(real_history, [s], "tuesday"))
    ]
    assert (
        leakage.check_no_leak(real_history, AT_TUESDAY, cuts, "tuesday") == 2 * len(seasons) == 50
    )


@pytest.mark.parametrize("days", [0, 3, 6])
def test_a_game_row_is_the_same_whenever_in_its_week_it_is_built(
    simulated_history: History, days: int
) -> None:
    """From Tuesday on the features of the week's games stand; kickoff features go on moving."""
    played = simulated_history.games.filter(season=2015, week=5)
    decided: datetime = played.select(decision_at("tuesday").min()).item()
    week = pl.col("game_id").is_in(played["game_id"].implode())
    then = AT_TUESDAY(simulated_history.known_at(decided + timedelta(days=days))).filter(week)
    assert then.equals(AT_TUESDAY(simulated_history).filter(week))
