"""Claims about out-of-fold predictions: `oof`."""

import io
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.progress import listening
from nfl_signals.learners.baseline import fit_baseline
from nfl_signals.markets.definitions import ATS
from nfl_signals.stacking.oof import Forecasts, OofTask, Predictor, check_fold, out_of_fold
from nfl_signals.stacking.splits import Fold, Indices, purged_kfold, walk_forward
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.model_builders import NEEDS_TORCH, matrix_of, planted

# Four seasons of five weeks, four games a week: 80 games.
SEASON = np.repeat([2001, 2002, 2003, 2004], 20)
WEEK = np.tile(np.repeat([1, 2, 3, 4, 5], 4), 4)
N = len(SEASON)
GAMES = pl.Series("game_id", [f"g{row:03d}" for row in range(N)])
BLOCKS = purged_kfold(SEASON, WEEK, n_folds=5, embargo_weeks=1)
EVERY = np.full(N, fill_value=True)


def uncalibrated(p: Floats, p_push: Floats) -> Forecasts:
    return Forecasts(p_hat=p, p_raw=p, p_push=p_push)


def always_half(_train: Indices) -> Predictor:
    return lambda test: uncalibrated(np.full(len(test), 0.5), np.zeros(len(test)))


def task(**changes: Any) -> OofTask:  # noqa: ANN401 - whichever field a test is about
    fields: dict[str, Any] = {
        "market": "ats",
        "learner": "half",
        "scheme": "purged_kfold",
        "folds": BLOCKS,
        "trainable": EVERY,
        "eligible": EVERY,
        "fit": always_half,
    }
    return OofTask(**fields | changes)


def run(*tasks: OofTask, threads: int = 1) -> pl.DataFrame:
    return out_of_fold(tasks, GAMES, threads=threads)


def dropping(rows: Callable[[int], slice]) -> Callable[[Indices], Predictor]:
    """A fit whose predictor answers only for some of the rows that it was given."""

    def predict(test: Indices) -> Forecasts:
        kept = test[rows(len(test))]
        return uncalibrated(np.full(len(kept), 0.5), np.zeros(len(kept)))

    return lambda _train: predict


# --- coverage


def test_every_game_is_predicted_once_by_the_fold_that_tests_it() -> None:
    table = run(task())
    assert sorted(table["game_id"].to_list()) == GAMES.to_list()
    for fold in BLOCKS:
        mine = table.filter(pl.col("fold") == fold.number)
        assert mine["game_id"].to_list() == GAMES.gather(fold.test).to_list()


def test_walk_forward_leaves_only_the_first_seasons_without_prediction() -> None:
    folds = walk_forward(SEASON, min_train_seasons=2)
    table = run(task(scheme="walk_forward", folds=folds))
    assert sorted(table["game_id"].to_list()) == GAMES.to_list()[40:]
    assert table["fold"].unique().sort().to_list() == [2003, 2004]


@settings(deadline=None, max_examples=30)
@given(st.lists(st.booleans(), min_size=N, max_size=N))
def test_exactly_the_eligible_games_are_predicted(eligible: list[bool]) -> None:
    mask = np.array(eligible)
    predicted = run(task(eligible=mask))["game_id"].to_list()
    assert sorted(predicted) == GAMES.filter(pl.Series(mask)).to_list()


def test_games_to_come_are_predicted_and_train_no_model() -> None:
    unplayed = np.arange(N) >= 76
    trained: list[int] = []

    def spy(train: Indices) -> Predictor:
        trained.extend(train.tolist())
        return always_half(train)

    table = run(task(trainable=~unplayed, fit=spy))
    assert set(GAMES.to_list()[76:]) <= set(table["game_id"].to_list())
    assert set(trained) == set(range(76))


def test_ineligible_games_may_still_train() -> None:
    """A game without a line has a result all the same."""
    trained: list[int] = []

    def spy(train: Indices) -> Predictor:
        trained.extend(train.tolist())
        return always_half(train)

    run(task(eligible=np.arange(N) >= 4, fit=spy))
    assert {0, 1, 2, 3} <= set(trained)


@pytest.mark.parametrize("threads", [1, 4])
def test_each_fit_receives_the_trainable_training_rows_of_its_fold(threads: int) -> None:
    trainable = np.arange(N) % 7 != 0
    calls: list[tuple[list[int], list[int]]] = []

    def spy(train: Indices) -> Predictor:
        def predict(test: Indices) -> Forecasts:
            calls.append((train.tolist(), test.tolist()))
            return always_half(train)(test)

        return predict

    run(task(trainable=trainable, fit=spy), threads=threads)
    assert sorted(calls) == sorted(
        ([row for row in fold.train.tolist() if row % 7], fold.test.tolist()) for fold in BLOCKS
    )


def test_a_block_without_eligible_games_gives_no_rows() -> None:
    table = run(task(eligible=~np.isin(np.arange(N), BLOCKS[2].test)))
    assert table["fold"].unique().sort().to_list() == [0, 1, 3, 4]


# --- what must not pass


@pytest.mark.parametrize(
    "rows",
    [lambda n: slice(n - 1), lambda n: slice(1, n), lambda _: slice(1), lambda _: slice(0)],
    ids=["last lost", "first lost", "one answer for all", "no answer"],
)
def test_a_model_that_drops_rows_is_caught(rows: Callable[[int], slice]) -> None:
    with pytest.raises(IntegrityError, match="ats/half/purged_kfold"):
        run(task(fit=dropping(rows)))


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_an_answer_that_is_no_number_is_a_gap_and_caught(gap: float) -> None:
    def predict(test: Indices) -> Forecasts:
        return uncalibrated(np.where(test == 40, gap, 0.5), np.zeros(len(test)))

    with pytest.raises(IntegrityError, match="ats/half/purged_kfold"):
        run(task(fit=lambda _train: predict))


def test_a_game_in_two_tests_is_caught() -> None:
    overlapping = [*BLOCKS, Fold(number=9, train=np.arange(40, N), test=np.array([5]))]
    with pytest.raises(IntegrityError, match="81 predictions"):
        run(task(folds=overlapping))


def test_two_games_of_one_name_are_caught() -> None:
    doubled = GAMES.to_list()
    doubled[1] = doubled[0]
    with pytest.raises(IntegrityError, match="ats/half/purged_kfold"):
        out_of_fold([task()], pl.Series(doubled), threads=1)


def test_the_same_task_given_twice_is_caught() -> None:
    with pytest.raises(IntegrityError, match="160 predictions for 80 eligible games"):
        run(task(), task())


# --- the table


def test_tasks_keep_their_names_and_the_table_is_sorted() -> None:
    table = run(
        task(market="total"),
        task(learner="zeta"),
        task(scheme="walk_forward", folds=walk_forward(SEASON, min_train_seasons=3)),
        task(),
    )
    keys = ["market", "learner", "scheme", "fold", "game_id"]
    assert table.equals(table.sort(keys))
    assert dict(table.schema) == {
        "game_id": pl.String,
        "market": pl.String,
        "learner": pl.String,
        "scheme": pl.String,
        "fold": pl.Int32,
        "p_hat": pl.Float64,
        "p_raw": pl.Float64,
        "p_push": pl.Float64,
    }
    counts = table.group_by("market", "learner", "scheme").len()
    assert sorted(counts.rows()) == [
        ("ats", "half", "purged_kfold", 80),
        ("ats", "half", "walk_forward", 20),
        ("ats", "zeta", "purged_kfold", 80),
        ("total", "half", "purged_kfold", 80),
    ]


def by_row(_train: Indices) -> Predictor:
    return lambda test: Forecasts(p_hat=test / 100, p_raw=test / 200, p_push=test / 1000)


def test_all_probabilities_of_a_game_stay_with_the_game() -> None:
    rows = run(task(fit=by_row)).sort("game_id")
    assert rows["p_hat"].to_list() == (np.arange(N) / 100).tolist()
    assert rows["p_raw"].to_list() == (np.arange(N) / 200).tolist()
    assert rows["p_push"].to_list() == (np.arange(N) / 1000).tolist()


@pytest.mark.parametrize("column", ["p_hat", "p_raw", "p_push"])
def test_a_stored_forecast_that_its_fold_does_not_give_is_found_in_every_column(
    column: str,
) -> None:
    stored, one = run(task(fit=by_row)), task(fit=by_row)
    check_fold(one, BLOCKS[1], stored, GAMES)
    changed = stored.with_columns(pl.col(column) + 0.01)
    with pytest.raises(IntegrityError, match="was not predicted out of fold"):
        check_fold(one, BLOCKS[1], changed, GAMES)


def test_a_listener_is_called_at_every_fit() -> None:
    calls: list[tuple[str, int, int]] = []
    with listening(lambda what, done, total: calls.append((what, done, total))):
        run(task(), task(learner="zeta"))
    assert [(done, total) for _, done, total in calls] == [(i, 10) for i in range(1, 11)]


def test_no_task_at_all_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one learner and one market"):
        out_of_fold([], GAMES, threads=1)


@pytest.mark.parametrize(
    "names",
    [
        ("logistic", "lightgbm", "xgboost"),
        pytest.param(("lstm",), marks=[NEEDS_TORCH, pytest.mark.slow]),
    ],
)
def test_one_thread_and_four_threads_give_equal_bytes(names: tuple[str, ...]) -> None:
    x, points = planted(N, seed=1)
    matrix = matrix_of(x)

    def fit(learner: str, train: Indices) -> Predictor:
        line = np.full(N, 3.0)
        model = fit_baseline(matrix, train, points, line, market=ATS, learner=learner, seed=7)
        return lambda test: uncalibrated(*model.predict(matrix.inputs.take(test), line[test]))

    tasks = [task(learner=name, fit=partial(fit, name)) for name in names]
    stored = []
    for threads in (1, 4):
        buffer = io.BytesIO()
        run(*tasks, threads=threads).write_parquet(buffer)
        stored.append(buffer.getvalue())
    assert stored[0] == stored[1]


# --- the leak that this module is there to prevent


def test_a_fit_that_sees_its_test_rows_would_look_far_better_than_it_is() -> None:
    """A memorising learner on pure noise: honest folds show it as worthless, a leak as perfect."""
    random = np.random.default_rng(5)
    x, y = random.normal(size=N), random.integers(0, 2, N).astype(np.float64)

    def nearest(train: Indices) -> Predictor:
        def predict(test: Indices) -> Forecasts:
            closest = np.abs(x[test][:, None] - x[train][None, :]).argmin(axis=1)
            return uncalibrated(y[train][closest], np.zeros(len(test)))

        return predict

    leaking = [Fold(number=f.number, train=np.arange(N), test=f.test) for f in BLOCKS]
    honest, leaked = (
        run(task(fit=nearest, folds=folds)).sort("game_id")["p_hat"].to_numpy()
        for folds in (BLOCKS, leaking)
    )
    assert np.mean((leaked - y) ** 2) == 0
    assert np.mean((honest - y) ** 2) > 0.35
