"""Every alteration that a feed has shown gets its declared answer, alone and together with others."""

import random
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.errors import InputError
from nfl_signals.core.files import read_parquet
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.simulator.feed.catalog import TROUBLES
from nfl_signals.simulator.feed.trouble import TroubledRelease, named
from nfl_signals.workspace import tables
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.run_contexts import copy_context

SEASON = 2024
REFUSED = [name for name, each in TROUBLES.items() if each.answer == "refuse"]
ANSWERED = [name for name in TROUBLES if name not in REFUSED]
# What is repaired so that not a cell of any table differs.
WITHOUT_A_TRACE = (
    "game_twice result_missing gametime_is_time other_codes full_names stats_twice stamps_as_text "
    "note_twice location_null stamps_as_numbers notes_missing"
).split()
# What can be wrong with one game's row, or with a row about one of its teams.
OF_ONE_GAME = (
    "division_null location_null odds_zero odds_infinite moneyline_99 line_400 one_line_flipped na_text "
    "blank_text "
    "day_of_another_year score_wrong pro_bowl preseason opponent_tbd game_twice game_two_versions "
    "new_status player_null week_null stamp_placeholder all_stars two_reports bye_team note_unstamped "
    "note_twice"
).split()
# Two that alter the same thing, or of which one hides the other, are no test of either.
EXCLUDING = (
    {name for name, each in TROUBLES.items() if each.table == "team_stats"},
    {name for name, each in TROUBLES.items() if each.table == "injuries"},
    {"other_codes", "full_names"},
    {"time_tbd", "gametime_is_time", "time_impossible", "game_two_versions"},
    {"odds_zero", "odds_infinite"},
    {"moneyline_99", "one_line_flipped", "game_twice", "game_two_versions"},
    {"roof_dropped", "blank_text"},
    {"postponed", "cancelled", "stats_late", "stats_opponent", "stats_missing"},
    {"score_wrong", "result_missing", "cancelled", "postponed"},
    {"note_twice", "note_unstamped", "notes_missing"},
    {name for name, each in TROUBLES.items() if each.table == "prices"},
)


@pytest.fixture(scope="module")
def context(finished_home: Path, tmp_path_factory: pytest.TempPathFactory) -> RunContext:
    return copy_context(finished_home, tmp_path_factory.mktemp("troubled"))


def ingested(context: RunContext, *names: str) -> RunContext:
    """The season as it is read with these alterations."""
    release = TroubledRelease(context.release, SEASON, named(names, TROUBLES))
    changed = replace(context, release=release)
    for table in tables.SCHEMAS:
        tables.ingest(changed, table, [SEASON])
    return changed


def predicted(context: RunContext) -> pl.DataFrame:
    """The upcoming week by what has been ingested."""
    tables.build_gold(context, [SEASON])
    tables.build_gold_markets(context, [SEASON])
    return predict_upcoming(context)


def altered_for(context: RunContext, game_id: str, name: str) -> RunContext:
    """The season as it is read with an alteration of the rows about one game."""
    trouble, (_, _, *teams) = TROUBLES[name], game_id.split("_")

    def alter(frame: pl.DataFrame) -> pl.DataFrame:
        # On a Tuesday the newest reports are those of the week before.
        newest = (pl.col("week") >= 9) & pl.col("team").is_in(teams)
        about = pl.col("game_id") == game_id if trouble.table == "games" else newest
        altered = trouble.alter(frame.filter(about))
        assert altered is not None
        return pl.concat([frame.filter(~about), altered], how="vertical_relaxed")

    release = TroubledRelease(context.release, SEASON, (replace(trouble, alter=alter),))
    changed = replace(context, release=release)
    for table in tables.SCHEMAS:
        tables.ingest(changed, table, [SEASON])
    return changed


def answers(context: RunContext) -> set[tuple[str, str]]:
    found = context.quality.filter(season=SEASON).select("rule", "answer")
    joins = [each.frame(context.as_of) for each in tables.matched(context, [SEASON]).found]
    every = pl.concat([found, *(each.select("rule", "answer") for each in joins)])
    return set(every.iter_rows())


def raw_tables(context: RunContext) -> dict[str, pl.DataFrame]:
    return {name: read_parquet(context.paths.raw(name, SEASON)) for name in tables.READERS}


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERED)
def test_each_alteration_gets_its_declared_answer(context: RunContext, name: str) -> None:
    assert (TROUBLES[name].rule, TROUBLES[name].answer) in answers(ingested(context, name))


def test_without_an_alteration_there_is_nothing_to_answer(context: RunContext) -> None:
    assert answers(ingested(context)) == set()


@pytest.mark.slow
@pytest.mark.parametrize("name", WITHOUT_A_TRACE)
def test_what_is_repaired_whole_leaves_the_tables_as_they_would_have_been(
    context: RunContext, name: str
) -> None:
    sound = raw_tables(ingested(context))
    repaired = raw_tables(ingested(context, name))
    assert all(repaired[table].equals(sound[table]) for table in sound)


@pytest.mark.parametrize("name", REFUSED)
def test_what_would_make_numbers_wrong_is_refused_and_nothing_is_written(
    context: RunContext, name: str
) -> None:
    sound = raw_tables(ingested(context))
    with pytest.raises(InputError, match=TROUBLES[name].rule):
        ingested(context, name)
    assert all(table.equals(sound[key]) for key, table in raw_tables(context).items())


@pytest.mark.slow
@pytest.mark.parametrize("name", ANSWERED)
def test_with_each_alteration_every_game_is_predicted(context: RunContext, name: str) -> None:
    games = set(predicted(ingested(context))["game_id"])
    upcoming = predicted(ingested(context, name))
    assert games <= set(upcoming["game_id"])
    assert upcoming["p_hat"].is_between(0, 1, closed="none").all()


@pytest.fixture(scope="module")
def sound(context: RunContext) -> pl.DataFrame:
    return predicted(ingested(context))


@pytest.mark.slow
@pytest.mark.parametrize("name", OF_ONE_GAME)
def test_what_is_wrong_with_one_game_changes_no_byte_of_another_ones_forecast(
    context: RunContext, sound: pl.DataFrame, name: str
) -> None:
    game_id = sound["game_id"].sort()[3]
    changed = altered_for(context, game_id, name)
    assert (TROUBLES[name].rule, TROUBLES[name].answer) in answers(changed)
    others = pl.col("game_id") != game_id
    assert predicted(changed).filter(others).equals(sound.filter(others))


@pytest.mark.slow
@settings(max_examples=8)
@given(seed=st.integers(0, 2**32))
def test_ten_at_once_each_get_their_answer_and_the_week_is_predicted(
    context: RunContext, seed: int
) -> None:
    chosen = compatible(random.Random(seed).sample(ANSWERED, len(ANSWERED)))[:10]
    changed = ingested(context, *chosen)
    assert {(TROUBLES[name].rule, TROUBLES[name].answer) for name in chosen} <= answers(changed)
    assert predicted(changed).height > 0


def compatible(names: Iterable[str]) -> list[str]:
    """The names in their order, without those that an earlier one excludes."""
    kept: list[str] = []
    for name in names:
        if not any(name in group and group & set(kept) for group in EXCLUDING):
            kept.append(name)
    return kept


def test_a_name_that_there_is_not_is_refused_with_those_there_are() -> None:
    with pytest.raises(InputError, match=r"trouble pro_bowel: no such.*there are .*pro_bowl"):
        named(["pro_bowel"], TROUBLES)
