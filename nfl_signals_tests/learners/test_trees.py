"""Claims about gradient-boosted trees: `learners.lightgbm`, `learners.xgboost`."""

import numpy as np
import pytest

from nfl_signals.learners.lightgbm import PARAMETERS, ROUNDS
from nfl_signals.learners.protocol import Task
from nfl_signals_tests.support.model_builders import (
    fitted,
    planted,
    predicted,
    targets,
    used,
    weighted,
    with_column,
)

every_tree = pytest.mark.parametrize("name", ["lightgbm", "xgboost"])
both_tasks = pytest.mark.parametrize("task", ["probability", "mean"])


@every_tree
@both_tasks
def test_another_seed_samples_other_rows_and_columns(name: str, task: Task) -> None:
    x, _ = planted(200, seed=2)
    assert np.any(predicted(fitted(name, task), x) != predicted(fitted(name, task, seed=8), x))


@both_tasks
def test_trees_of_lightgbm_with_full_belief_are_those_without_any(task: Task) -> None:
    import lightgbm

    x, points = planted(600, seed=1)
    objective = "binary" if task == "probability" else "regression"
    data = lightgbm.Dataset(x, label=targets(points, task), params={"verbosity": -1})
    plain = lightgbm.train(
        PARAMETERS | {"objective": objective, "seed": 7}, data, num_boost_round=ROUNDS
    )
    assert predicted(fitted("lightgbm", task), x).tobytes() == plain.predict(x).tobytes()


@both_tasks
def test_only_relative_belief_steers_the_sampling_of_xgboost(task: Task) -> None:
    x, _ = planted(600, seed=1)
    half, full = (weighted("xgboost", task, (belief,) * 4, x=x) for belief in (0.5, 1.0))
    assert predicted(half, x).tobytes() == predicted(full, x).tobytes()


# --- trees obey football


@every_tree
@both_tasks
@pytest.mark.parametrize("direction", [1, -1])
def test_a_constrained_feature_never_moves_the_forecast_the_wrong_way(
    name: str, task: Task, direction: int
) -> None:
    """Column 1 is pure noise, so an unconstrained tree would go up and down with it."""
    x, _ = planted(100, seed=3)
    learner = fitted(name, task, monotone=(0, direction, 0, 0))
    paths = [predicted(learner, with_column(x, 1, value)) for value in np.linspace(-3, 3, 25)]
    assert (direction * np.diff(paths, axis=0)).min() >= 0


@every_tree
def test_without_the_constraint_the_forecast_does_move_the_wrong_way(name: str) -> None:
    x, _ = planted(100, seed=3)
    learner = fitted(name, "mean")
    paths = [predicted(learner, with_column(x, 1, value)) for value in np.linspace(-3, 3, 25)]
    assert np.diff(paths, axis=0).min() < 0 < np.diff(paths, axis=0).max()


@every_tree
def test_a_constraint_against_the_truth_silences_the_feature(name: str) -> None:
    learner = fitted(name, "mean", monotone=(-1, 0, 0, 0))
    assert used(learner)[0] < used(fitted(name, "mean"))[0] / 2
