"""Signals of every team before every game: complete, bounded, true in the simulated league, no leak."""

from dataclasses import replace
from datetime import timedelta
from functools import cache, partial
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfl_signals.core.errors import LeakageError
from nfl_signals.core.setting_sections import SimulatorSettings
from nfl_signals.core.validation import validate
from nfl_signals.features.leakage import check_no_leak, sample_decisions
from nfl_signals.ingest.history import History, reports_before
from nfl_signals.ingest.source import DirectoryRelease
from nfl_signals.ingest.teams import franchise
from nfl_signals.llm.provider import NoProvider, RulesProvider
from nfl_signals.llm.rules import MISSES_GAME
from nfl_signals.llm.schemas import LLM_SIGNALS
from nfl_signals.llm.signals import SCHEMA, read_signals
from nfl_signals.simulator.league import League, simulate
from nfl_signals.simulator.teams.news import points_per_level
from nfl_signals.simulator.write import RELEASE, write_release
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import OPENER, SECOND, game, injury, note, read_history, utc

NUMBERS = ["quarterback", "offense", "defense", "confidence"]
SEASONS = [2014, 2015]


def signals(history: History) -> pl.DataFrame:
    return read_signals(history, RulesProvider(), SEASONS, horizon="kickoff")


def opening(**reports: list[builders.Row]) -> pl.DataFrame:
    """Signals of the opener on Thursday and another game on Sunday of the same week."""
    games = [game(OPENER, "2023-09-07", gametime="20:20"), game(SECOND, "2023-09-10")]
    return read_signals(
        builders.history(games, **reports), RulesProvider(), [2023], horizon="kickoff"
    )


def row(table: pl.DataFrame, team: str) -> dict[str, object]:
    return table.filter(team_id=team).row(0, named=True)


def test_a_team_with_documents_has_signals_and_no_reason() -> None:
    found = row(opening(injuries=[injury(OPENER, "KC")]), "KC")
    assert [found[name] for name in NUMBERS] == [0, -0.1, 0, 0.4]
    assert (found["available"], found["reason"], found["n_documents"]) == (True, "", 1)
    assert found["known_at"] == utc("2023-09-07 00:20")
    assert found["provider"] == "rules"


def test_a_team_without_documents_is_quiet_once_others_have_some() -> None:
    found = row(opening(injuries=[injury(OPENER, "KC")]), "CLE")
    assert [found[name] for name in NUMBERS] == [0, 0, 0, 0]
    assert (found["available"], found["reason"], found["n_documents"]) == (True, "quiet", 0)
    assert (found["documents_hash"], found["known_at"]) == ("", None)


def test_a_team_is_quiet_only_when_its_own_report_is_due() -> None:
    """Thursday's teams are read from Tuesday on; of Sunday's nothing is known until Saturday."""
    games = [game(OPENER, "2023-09-07"), game(SECOND, "2023-09-10")]
    history = builders.history(games, injuries=[injury(OPENER, "KC", modified=utc("2023-09-05"))])

    def reason(now: str) -> str:
        table = read_signals(history, RulesProvider(), [2023], as_of=utc(now), horizon="kickoff")
        return str(row(table, "CIN")["reason"])

    kickoff = row(read_signals(history, RulesProvider(), [2023], horizon="kickoff"), "CIN")[
        "kickoff_at"
    ]
    assert reason("2023-09-05 14:00") == "its report is not due yet"
    assert (
        reason((kickoff - timedelta(days=1, minutes=1)).isoformat()) == "its report is not due yet"
    )
    assert reason((kickoff - timedelta(days=1)).isoformat()) == "quiet"


def test_a_team_that_played_before_anything_was_written_is_not_quiet_but_missing() -> None:
    table = opening(notes=[note(SECOND, "CLE", utc("2023-09-09 15:00"))])
    assert row(table, "KC")["reason"] == "no documents this week"
    assert row(table, "CIN")["reason"] == "quiet"


def test_a_week_without_documents_is_missing_with_its_reason() -> None:
    table = opening()
    assert table["available"].to_list() == [False] * 4
    assert set(table["reason"]) == {"no documents this week"}
    assert table.select(NUMBERS).null_count().row(0) == (4,) * 4


def test_nobody_reading_is_missing_everywhere_even_where_a_team_was_quiet() -> None:
    games = [game(OPENER, "2023-09-07"), game(SECOND, "2023-09-10")]
    history = builders.history(games, injuries=[injury(OPENER, "KC")])
    table = read_signals(history, NoProvider(), [2023], horizon="kickoff")
    assert set(table["reason"]) == {"the settings name no provider"}
    assert not table["available"].any()


def test_every_table_fits_its_schema(simulated_history: History) -> None:
    table = signals(simulated_history)
    assert table.schema == SCHEMA
    assert table.height == 2 * simulated_history.games.height
    for found in (table, table.clear(), opening(), opening(injuries=[injury(OPENER, "KC")])):
        validate(found, LLM_SIGNALS, "signals")


@pytest.mark.parametrize(
    "wrong",
    [
        pl.lit(1.5).alias("offense"),
        pl.lit(float("nan")).alias("defense"),
        pl.lit(None, dtype=pl.Float64).alias("confidence"),
        pl.lit(value=False).alias("available"),
        pl.col("kickoff_at").alias("known_at"),
        pl.lit(None, dtype=SCHEMA["known_at"]).alias("known_at"),
    ],
)
def test_the_schema_refuses_what_is_out_of_bounds_half_missing_or_late(wrong: pl.Expr) -> None:
    table = opening(injuries=[injury(OPENER, "KC")]).filter(team_id="KC")
    with pytest.raises(Exception, match="llm_signals"):
        validate(table.with_columns(wrong), LLM_SIGNALS, "signals")


def test_nothing_after_kickoff_moves_a_signal(simulated_history: History) -> None:
    """Cut at a kickoff, or with every later result, starter, report and note corrupted."""
    kickoffs = sample_decisions(simulated_history, SEASONS, horizon="kickoff")
    assert check_no_leak(simulated_history, signals, kickoffs, horizon="kickoff") == 6


@pytest.mark.slow
def test_a_reader_that_looks_past_kickoff_is_caught(simulated_history: History) -> None:
    """Notes appear four days later than they were, and a reader dates them back."""
    moved = {
        days: lambda history, days=days: replace(
            history, notes=history.notes.with_columns(pl.col("published_at").dt.offset_by(days))
        )
        for days in ("4d", "-4d")
    }
    late = moved["4d"](simulated_history)
    kickoffs = sample_decisions(late, SEASONS, horizon="kickoff")
    assert check_no_leak(late, signals, kickoffs, horizon="kickoff") == 6
    with pytest.raises(LeakageError, match="n_documents"):
        check_no_leak(
            late, lambda history: signals(moved["-4d"](history)), kickoffs, horizon="kickoff"
        )


def test_documents_published_at_kickoff_or_later_change_nothing(simulated_history: History) -> None:
    """Every note and report moved to its own game's kickoff: nobody had written anything."""
    kickoffs = signals(simulated_history).select("season", "week", "kickoff_at", team="team_id")
    joined = simulated_history.notes.join(kickoffs, on=["season", "week", "team"])
    notes = joined.with_columns(published_at="kickoff_at").drop("kickoff_at")
    late = simulated_history.injuries.join(kickoffs, on=["season", "week", "team"])
    injuries = late.with_columns(date_modified="kickoff_at").drop("kickoff_at")
    assert (
        signals(replace(simulated_history, injuries=injuries, notes=notes))["n_documents"].sum()
        == 0
    )


def test_seasons_read_alone_are_those_read_together(simulated_history: History) -> None:
    together = signals(simulated_history)
    alone = [
        read_signals(simulated_history, RulesProvider(), [season], horizon="kickoff")
        for season in SEASONS
    ]
    assert pl.concat(alone).equals(together)


@cache
def league() -> League:
    settings = SimulatorSettings(
        first_season=2015, n_seasons=6, weeks_played=22, news="in_line", news_effect=2.0
    )
    return simulate(settings, seed=17)


@pytest.fixture(scope="module")
def reported(tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    """Games of the league with truth and the rules' signals of both teams, times confidence."""
    folder = tmp_path_factory.mktemp("league")
    write_release(league(), folder)
    history = read_history(DirectoryRelease(Path(folder) / RELEASE))
    table = read_signals(history, RulesProvider(), range(2015, 2021), horizon="kickoff")
    games = history.games.join(league().truth, on="game_id").drop_nulls("result")
    for side in ("home", "away"):
        own = table.select(
            *("game_id", pl.col("team_id").alias(f"{side}_team")),
            *((pl.col(n) * pl.col("confidence")).alias(f"{side}_{n}") for n in NUMBERS[:3]),
        )
        games = games.join(own, on=["game_id", f"{side}_team"])
    return games


def test_the_rules_recover_what_practice_is_worth_in_points(reported: pl.DataFrame) -> None:
    """Half a signal a level, at 0.9 confidence; players who are merely listed add noise."""
    healthy = reported.filter(pl.col("home_quarterback") == 0, pl.col("away_quarterback") == 0)
    gap = (healthy["home_offense"] - healthy["away_offense"]).to_numpy()
    truth = healthy["news_margin"].to_numpy()
    assert len(truth) > 1000
    assert np.corrcoef(gap, truth)[0, 1] > 0.95
    worth = points_per_level(league().settings) * 2 / 0.9
    assert np.polyfit(gap, truth, 1)[0] == pytest.approx(worth, rel=0.1)


def test_better_practice_means_more_points(reported: pl.DataFrame) -> None:
    for side in ("home", "away"):
        found = reported.select(pl.corr(f"{side}_offense", f"{side}_score")).item()
        assert found > 3 / len(reported) ** 0.5


@pytest.mark.slow
def test_a_quarterback_signal_costs_his_team_the_margin(reported: pl.DataFrame) -> None:
    out = reported.filter(pl.col("home_quarterback") < -0.8, pl.col("away_quarterback") == 0)
    assert len(out) > 50
    assert float(out["news_margin"].mean() or 0) < -1  # type: ignore[arg-type]


def test_a_quarterback_signal_is_given_exactly_where_the_starter_is_ruled_out(
    reported: pl.DataFrame,
) -> None:
    notes = pl.concat(league().notes.values())
    ruled_out = notes.filter(pl.col("text").str.contains("is ruled out; .* will start"))
    keys = [pl.col("season", "week").cast(pl.Int32), franchise(pl.col("team"))]
    expected = set(ruled_out.select(keys).rows())
    found = {
        (season, week, team)
        for side in ("home", "away")
        for season, week, team in reported.filter(pl.col(f"{side}_quarterback") == -0.9)
        .select("season", "week", f"{side}_team")
        .iter_rows()
    }
    assert found == expected
    assert set(reported["home_quarterback"]) == {-0.9, 0.0}


@pytest.mark.real_data
def test_real_starters_miss_games_as_often_as_the_rules_assume(real_history: History) -> None:
    """Of listed quarterbacks who started the team's previous game, how many did not start."""
    sides = [
        real_history.games.select(
            *("season", "week", "kickoff_at", "game_id"),
            *(pl.col(f"{side}_{what}").alias(what) for what in ("team", "qb_id")),
        )
        for side in ("home", "away")
    ]
    starts = pl.concat(sides).sort("kickoff_at", "game_id")
    starts = starts.with_columns(gsis_id=pl.col("qb_id").shift(1).over("team")).drop("kickoff_at")
    listed = reports_before(real_history, horizon="kickoff").filter(position="QB")
    found = starts.join(listed, on=["season", "week", "team", "gsis_id"])
    missed = found.group_by("report_status").agg((pl.col("qb_id") != pl.col("gsis_id")).mean())
    rates = dict(missed.iter_rows())
    for status, assumed in MISSES_GAME.items():
        assert rates[status] == pytest.approx(assumed, abs=0.02)


@pytest.mark.slow
@pytest.mark.real_data
def test_on_real_games_bad_news_comes_with_fewer_points_and_leaks_nothing(
    real_history: History,
) -> None:
    table = read_signals(real_history, RulesProvider(), range(1999, 2024), horizon="kickoff")
    validate(table, LLM_SIGNALS, "signals")
    assert set(table.filter(pl.col("season") < 2009)["reason"]) == {"no documents this week"}
    games = real_history.games.drop_nulls("result")
    margins = pl.concat(
        games.select("game_id", pl.col("result") * sign, team_id=f"{side}_team")
        for side, sign in (("home", 1), ("away", -1))
    )
    both = table.filter("available").join(margins, on=["game_id", "team_id"])
    for name in ("quarterback", "offense"):
        value = pl.col(name) * pl.col("confidence")
        assert both.select(pl.corr(value, "result")).item() > 3 / len(both) ** 0.5
    kickoffs = sample_decisions(real_history, [2023], horizon="kickoff")
    last = partial(read_signals, provider=RulesProvider(), seasons=[2023], horizon="kickoff")
    assert check_no_leak(real_history, last, kickoffs, horizon="kickoff") == 6
