"""A franchise that moves keeps its history: reset or doubled, it does not pass silently."""

from functools import partial

import polars as pl
import pytest

from nfl_signals.core.errors import SchemaError
from nfl_signals.features import leakage
from nfl_signals.features.build import build_features
from nfl_signals.ingest.history import History
from nfl_signals_tests.support import builders
from nfl_signals_tests.support.builders import both_stats, game

AT_KICKOFF = partial(build_features, horizon="kickoff")


def moved(old: str, *, extra: list[builders.Row] | None = None) -> builders.MemoryRelease:
    """A franchise that is called `old` in 2019 and LV in 2020, and its opponents."""
    scores = [(20, 3), (17, 24), (30, 10)]
    games = [
        game(f"2019_{week:02d}_{old}_{home}", f"2019-09-{7 * week:02d}", score=score)
        for week, (home, score) in enumerate(zip(("KC", "DEN", "LAC"), scores, strict=True), 1)
    ]
    games += [
        game("2020_01_LV_CAR", "2020-09-13", score=(30, 34)),
        game("2020_02_NO_LV", "2020-09-21"),
    ]
    played = [row["game_id"] for row in games[:-1]]
    stats = [row for game_id in played for row in both_stats(game_id)]
    return builders.release([*games, *(extra or [])], stats)


@pytest.mark.slow
def test_a_moved_team_keeps_the_history_of_its_franchise() -> None:
    """Codes of the day and today's code throughout give the same features, and no check fails."""
    with_codes_of_the_day = builders.read_history(moved("OAK"))
    always_called_lv = builders.read_history(moved("LV"))
    features = build_features(with_codes_of_the_day, horizon="kickoff")
    assert features.drop("game_id").equals(
        build_features(always_called_lv, horizon="kickoff").drop("game_id")
    )
    assert features.filter(pl.col("team_id") == "LV").height == 5
    kickoffs = with_codes_of_the_day.games["kickoff_at"].to_list()
    assert (
        leakage.check_no_leak(with_codes_of_the_day, AT_KICKOFF, kickoffs, horizon="kickoff") == 10
    )


def renamed(history: History, old: str, new: str, *, until: int) -> History:
    """The history with a team called otherwise up to a season."""
    earlier = pl.col("season") <= until

    def rename(*names: str) -> list[pl.Expr]:
        return [
            pl.when(earlier).then(pl.col(n).replace(old, new)).otherwise(n).alias(n) for n in names
        ]

    return History(
        games=history.games.with_columns(rename("home_team", "away_team")),
        team_stats=history.team_stats.with_columns(rename("team", "opponent_team")),
        injuries=history.injuries,
        notes=history.notes,
    )


def test_a_move_that_resets_the_history_does_not_pass_silently() -> None:
    """A code that was not mapped is refused; under a code of its own the loss shows in the rows."""
    history = builders.read_history(moved("OAK"))
    with pytest.raises(SchemaError, match="OAK"):
        build_features(renamed(history, "LV", "OAK", until=2019), horizon="kickoff")
    first_game_after = (pl.col("game_id") == "2020_01_LV_CAR") & (pl.col("team_id") == "LV")
    honest = build_features(history, horizon="kickoff").filter(first_game_after)
    reset = build_features(renamed(history, "LV", "TB", until=2019), horizon="kickoff").filter(
        first_game_after
    )
    assert not honest.equals(reset)


def test_a_game_listed_under_the_old_and_the_new_code_counts_once() -> None:
    """Counted twice it would double the franchise's history."""
    twice = game("2019_01_LV_KC", "2019-09-07", score=(20, 3))
    doubled = builders.read_history(moved("OAK", extra=[twice]))
    assert doubled.games.height == builders.read_history(moved("OAK")).games.height
