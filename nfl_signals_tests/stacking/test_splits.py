"""Claims about which games may be fitted on for which."""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.setting_sections import TrainingSettings
from nfl_signals.features.build import build_features
from nfl_signals.features.game_statistics import WINDOWS
from nfl_signals.ingest.history import History
from nfl_signals.stacking.splits import Indices, purged_kfold, walk_forward

# Two seasons of four weeks, two games a week: rows 0-7 and 8-15.
SEASON = np.repeat([2001, 2002], 8)
WEEK = np.tile(np.repeat([1, 2, 3, 4], 2), 2)


def written(season: Indices, week: Indices, n_folds: int, embargo: int) -> list[tuple[list, list]]:
    folds = purged_kfold(season, week, n_folds=n_folds, embargo_weeks=embargo)
    return [(fold.train.tolist(), fold.test.tolist()) for fold in folds]


@st.composite
def calendars(draw: st.DrawFn) -> tuple[Indices, Indices]:
    """Rows of up to five seasons and six weeks, in any order, with gaps."""
    keys = st.tuples(st.integers(2000, 2004), st.integers(1, 6))
    rows = draw(st.lists(keys, min_size=12, max_size=60))
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows])


def week_numbers(season: Indices, week: Indices) -> list[int]:
    """Running number of each row's week through all seasons, by a sorted list instead of numpy."""
    keys = list(zip(season.tolist(), week.tolist(), strict=True))
    order = sorted(set(keys))
    return [order.index(key) for key in keys]


# --- walk forward


def test_each_season_learns_from_all_earlier_ones() -> None:
    season = np.array([2001, 2001, 2002, 2003, 2003, 2004])
    folds = walk_forward(season, min_train_seasons=2)
    assert [(fold.number, fold.train.tolist(), fold.test.tolist()) for fold in folds] == [
        (2003, [0, 1, 2], [3, 4]),
        (2004, [0, 1, 2, 3, 4], [5]),
    ]


def test_rows_need_not_be_in_order_of_time() -> None:
    folds = walk_forward(np.array([2003, 2001, 2002, 2001]), min_train_seasons=1)
    assert [(fold.number, fold.train.tolist(), fold.test.tolist()) for fold in folds] == [
        (2002, [1, 3], [2]),
        (2003, [1, 2, 3], [0]),
    ]


def test_a_season_without_games_counts_for_nothing() -> None:
    folds = walk_forward(np.array([2001, 2003, 2004]), min_train_seasons=2)
    assert [fold.number for fold in folds] == [2004]


def test_too_few_seasons_predict_nothing() -> None:
    assert walk_forward(np.array([2001, 2002]), min_train_seasons=2) == []


@given(calendars(), st.integers(1, 4))
def test_walk_forward_never_trains_on_the_same_or_a_later_season(
    calendar: tuple[Indices, Indices], min_train_seasons: int
) -> None:
    season, _ = calendar
    for fold in walk_forward(season, min_train_seasons=min_train_seasons):
        assert set(season[fold.test].tolist()) == {fold.number}
        assert season[fold.train].max() < fold.number
        assert len(set(season[fold.train].tolist())) >= min_train_seasons


@given(calendars(), st.integers(1, 4))
def test_walk_forward_predicts_every_row_of_a_late_enough_season_once(
    calendar: tuple[Indices, Indices], min_train_seasons: int
) -> None:
    season, _ = calendar
    folds = walk_forward(season, min_train_seasons=min_train_seasons)
    tested = sorted(row for fold in folds for row in fold.test.tolist())
    late = sorted(set(season.tolist()))[min_train_seasons:]
    assert tested == [row for row, value in enumerate(season.tolist()) if value in late]


# --- purged, embargoed K-fold


def test_the_week_before_is_purged_and_the_week_after_embargoed_across_seasons() -> None:
    """Weeks in order: 2001 w1-w4 are rows 0-7, 2002 w1-w4 rows 8-15; four blocks of two weeks."""
    assert written(SEASON, WEEK, 4, 1) == [
        ([6, 7, 8, 9, 10, 11, 12, 13, 14, 15], [0, 1, 2, 3]),
        ([0, 1, 10, 11, 12, 13, 14, 15], [4, 5, 6, 7]),
        ([0, 1, 2, 3, 4, 5, 14, 15], [8, 9, 10, 11]),
        ([0, 1, 2, 3, 4, 5, 6, 7, 8, 9], [12, 13, 14, 15]),
    ]


def test_a_longer_embargo_drops_more_weeks_after_the_block_and_none_before_it() -> None:
    assert written(SEASON, WEEK, 4, 3)[:2] == [
        ([10, 11, 12, 13, 14, 15], [0, 1, 2, 3]),
        ([0, 1, 14, 15], [4, 5, 6, 7]),
    ]


def test_what_is_said_of_the_embargo_is_so(simulated_history: History) -> None:
    """Features remember a block for longer than the default embargo, and as long as the text says."""
    block = pl.col("season").eq(2014) & pl.col("week").is_between(1, 3)
    shift = pl.when(block).then(pl.col("home_score") + 7).otherwise("home_score")
    games = simulated_history.games.with_columns(home_score=shift)
    moved = build_features(replace(simulated_history, games=games), horizon="kickoff")
    before = build_features(simulated_history, horizon="kickoff")
    weeks = pl.col("week") > 3 + TrainingSettings().embargo_weeks
    after = before.filter(weeks, season=2014), moved.filter(weeks, season=2014)
    for name in ("points_for_last10", "points_for_season", "rating"):
        assert not after[0][name].equals(after[1][name]), name
    reach = max(games_back for games_back in WINDOWS.values() if games_back)
    text = " ".join(str(purged_kfold.__doc__).split())
    assert f"windows reach {reach} games back, and season to date and ratings further" in text


def test_without_embargo_only_the_week_before_is_purged() -> None:
    assert written(SEASON, WEEK, 4, 0)[1] == ([0, 1, 8, 9, 10, 11, 12, 13, 14, 15], [4, 5, 6, 7])


def test_a_block_may_reach_over_the_new_year_of_football() -> None:
    """Three blocks over eight weeks: 3, 3 and 2 weeks, so block 1 spans both seasons."""
    blocks = [test for _, test in written(SEASON, WEEK, 3, 1)]
    assert blocks == [[0, 1, 2, 3, 4, 5], [6, 7, 8, 9, 10, 11], [12, 13, 14, 15]]
    assert written(SEASON, WEEK, 3, 1)[1][0] == [0, 1, 2, 3, 14, 15]


def test_row_order_does_not_move_a_game_to_another_block() -> None:
    back_to_front = np.arange(15, -1, -1)
    turned = written(SEASON[back_to_front], WEEK[back_to_front], 4, 1)
    assert [sorted(15 - row for row in test) for _, test in turned] == [
        test for _, test in written(SEASON, WEEK, 4, 1)
    ]


def test_folds_are_numbered_from_zero() -> None:
    folds = purged_kfold(SEASON, WEEK, n_folds=3, embargo_weeks=1)
    assert [fold.number for fold in folds] == [0, 1, 2]


def test_fewer_weeks_than_folds_raise() -> None:
    with pytest.raises(ValueError, match="8 weeks cannot be split into 9 folds"):
        purged_kfold(SEASON, WEEK, n_folds=9, embargo_weeks=1)


@settings(deadline=None)
@given(calendars(), st.integers(2, 6), st.integers(0, 4))
def test_every_row_is_tested_once_and_no_training_week_lies_in_the_margin(
    calendar: tuple[Indices, Indices], n_folds: int, embargo_weeks: int
) -> None:
    season, week = calendar
    number = week_numbers(season, week)
    if max(number) + 1 < n_folds:
        return
    folds = purged_kfold(season, week, n_folds=n_folds, embargo_weeks=embargo_weeks)
    assert sorted(row for fold in folds for row in fold.test.tolist()) == list(range(len(season)))
    for fold in folds:
        tested = {number[row] for row in fold.test.tolist()}
        trained = {number[row] for row in fold.train.tolist()}
        assert tested == set(range(min(tested), max(tested) + 1))
        margin = set(range(min(tested) - 1, max(tested) + embargo_weeks + 1))
        assert trained == set(number) - margin


@given(calendars(), st.integers(2, 6), st.integers(0, 4))
def test_training_and_test_rows_ascend_and_are_disjoint(
    calendar: tuple[Indices, Indices], n_folds: int, embargo_weeks: int
) -> None:
    season, week = calendar
    if len(set(week_numbers(season, week))) < n_folds:
        return
    for fold in purged_kfold(season, week, n_folds=n_folds, embargo_weeks=embargo_weeks):
        train, test = fold.train.tolist(), fold.test.tolist()
        assert train == sorted(set(train))
        assert test == sorted(set(test))
        assert not set(train) & set(test)
