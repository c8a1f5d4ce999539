"""Claims about all base learners: `learners`."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nfl_signals.baselines import LEARNERS
from nfl_signals.learners.lightgbm import PARAMETERS, ROUNDS
from nfl_signals.learners.logistic import INVERSE_PENALTY, RIDGE_PENALTY, LogisticLearner
from nfl_signals.learners.protocol import Floats, Learner, Task, shares
from nfl_signals_tests.model_builders import files_of, new_learner, planted, targets

FREE = (0, 0, 0, 0)
EQUAL = (1.0, 1.0, 1.0, 1.0)
LITTLE = (0.1, 1.0, 1.0, 1.0)
TREES = ["lightgbm", "xgboost"]
every_learner = pytest.mark.parametrize("name", sorted(LEARNERS))
every_tree = pytest.mark.parametrize("name", TREES)
both_tasks = pytest.mark.parametrize("task", ["probability", "mean"])

IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path
from nfl_signals.storage import sha256_of
from nfl_signals_tests.model_builders import new_learner, planted, targets
for name in ("lightgbm", "logistic", "xgboost"):
    for task in ("probability", "mean"):
        x, points = planted(600, seed=1)
        learner = new_learner(name, task, monotone=(1, 0, 0, 0)).fit(x, targets(points, task))
        learner.save(Path(sys.argv[1]) / name / task)
        print(name, task, learner.predict(x).tobytes().hex())
print(sha256_of(Path(sys.argv[1])))
"""


def fitted(name: str, task: Task, *, seed: int = 7, monotone: tuple[int, ...] = FREE) -> Learner:
    x, points = planted(600, seed=1)
    return new_learner(name, task, monotone=monotone, seed=seed).fit(x, targets(points, task))


def weighted(
    name: str, task: Task, weight: tuple[float, ...], *, x: Floats | None = None
) -> Learner:
    """Fitted on columns 0 and 1 saying the same, so that belief has something to decide."""
    made, points = planted(600, seed=1)
    x = twins(made) if x is None else x
    learner = new_learner(name, task, monotone=(0,) * x.shape[1], weight=weight)
    return learner.fit(x, targets(points, task))


def twins(x: Floats) -> Floats:
    """Columns 0 and 1 are the signal with as much noise each, 2 and 3 nothing but noise."""
    noise = np.random.default_rng(9).normal(size=len(x))
    return np.column_stack([x[:, 0] + noise, x[:, 0] - noise, x[:, 2], x[:, 3]])


# --- what holds for every learner


@every_learner
@both_tasks
def test_the_same_seed_gives_the_same_predictions_and_the_same_files(
    name: str, task: Task, tmp_path: Path
) -> None:
    x, _ = planted(200, seed=2)
    first, second = fitted(name, task), fitted(name, task)
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    assert first.predict(x).tobytes() == second.predict(x).tobytes()
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


@every_tree
@both_tasks
def test_another_seed_samples_other_rows_and_columns(name: str, task: Task) -> None:
    x, _ = planted(200, seed=2)
    assert np.any(fitted(name, task).predict(x) != fitted(name, task, seed=8).predict(x))


@pytest.mark.slow
def test_two_fresh_processes_with_other_thread_counts_write_the_same_bytes(tmp_path: Path) -> None:
    printed = []
    for threads in ("1", "4"):
        wanted = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LIGHTGBM_NUM_THREADS")
        result = subprocess.run(
            [sys.executable, "-c", IN_A_FRESH_PROCESS, str(tmp_path / threads)],
            env=os.environ | dict.fromkeys(wanted, threads),
            cwd=Path(__file__).parents[1],
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(result.stdout)
    assert len(printed[0].splitlines()) == 7
    assert printed[0] == printed[1]


@every_learner
@both_tasks
def test_a_stored_learner_predicts_bit_for_bit_as_before(
    name: str, task: Task, tmp_path: Path
) -> None:
    x, _ = planted(200, seed=2)
    before = fitted(name, task)
    before.save(tmp_path)
    after = new_learner(name, task, monotone=FREE, seed=0).load(tmp_path)
    assert after.predict(x).tobytes() == before.predict(x).tobytes()
    assert after.importance().tolist() == pytest.approx(before.importance().tolist(), rel=1e-6)


@every_learner
@both_tasks
def test_storing_a_loaded_learner_writes_the_same_file_again(
    name: str, task: Task, tmp_path: Path
) -> None:
    fitted(name, task).save(tmp_path / "first")
    again = new_learner(name, task, monotone=FREE, seed=0).load(tmp_path / "first")
    again.save(tmp_path / "second")
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


@every_learner
@both_tasks
def test_importance_sums_to_one_and_finds_the_informative_column(name: str, task: Task) -> None:
    importance = fitted(name, task).importance()
    assert importance.shape == (4,)
    assert importance.min() >= 0
    assert importance.sum() == pytest.approx(1)
    assert importance[0] > 0.6


@every_learner
def test_probabilities_lie_between_zero_and_one_and_follow_the_signal(name: str) -> None:
    x, _ = planted(400, seed=2)
    p = fitted(name, "probability").predict(x)
    assert p.min() > 0
    assert p.max() < 1
    assert np.corrcoef(p, x[:, 0])[0, 1] > 0.8


@every_learner
def test_expected_points_average_to_what_happened_in_training(name: str) -> None:
    x, points = planted(600, seed=1)
    assert fitted(name, "mean").predict(x).mean() == pytest.approx(points.mean(), abs=0.5)


@every_learner
@both_tasks
def test_a_constant_column_neither_crashes_nor_matters(name: str, task: Task) -> None:
    x, points = planted(600, seed=1)
    x[:, 3] = 5.0
    learner = new_learner(name, task, monotone=FREE).fit(x, targets(points, task))
    assert np.isfinite(learner.predict(x)).all()
    assert learner.importance()[3] == 0


@every_learner
@both_tasks
def test_each_row_is_predicted_on_its_own(name: str, task: Task) -> None:
    """Company in the batch is no information: one row alone gives what it gave among others."""
    x, _ = planted(50, seed=2)
    learner = fitted(name, task)
    alone = np.concatenate([learner.predict(x[row : row + 1]) for row in range(50)])
    assert alone.tolist() == pytest.approx(learner.predict(x).tolist(), rel=1e-12)


@every_learner
@both_tasks
def test_no_rows_give_no_predictions(name: str, task: Task) -> None:
    assert fitted(name, task).predict(np.empty((0, 4))).shape == (0,)


def test_shares_of_nothing_stay_nothing() -> None:
    assert shares(np.zeros(3)).tolist() == [0.0, 0.0, 0.0]


# --- prior belief


@every_learner
@both_tasks
def test_a_column_with_less_belief_is_used_less_and_its_twin_more(name: str, task: Task) -> None:
    equal = weighted(name, task, EQUAL).importance()
    little = weighted(name, task, LITTLE).importance()
    assert little[0] < 0.6 * equal[0]
    assert little[1] > equal[1]


@every_learner
@both_tasks
def test_belief_in_every_column_alike_prefers_none(name: str, task: Task) -> None:
    importance = weighted(name, task, EQUAL).importance()
    assert importance[0] == pytest.approx(importance[1], abs=0.15)


@every_learner
@both_tasks
def test_the_only_column_that_says_anything_is_used_even_with_little_belief(
    name: str, task: Task
) -> None:
    x, _ = planted(600, seed=1)
    learner = weighted(name, task, (0.5, 1.0, 1.0, 1.0), x=x)
    assert learner.importance().argmax() == 0
    assert np.corrcoef(learner.predict(x), x[:, 0])[0, 1] > 0.8


@every_learner
@both_tasks
def test_a_learner_with_beliefs_is_stored_and_explains_itself_as_before(
    name: str, task: Task, tmp_path: Path
) -> None:
    x, _ = planted(200, seed=2)
    before = weighted(name, task, LITTLE)
    before.save(tmp_path)
    after = new_learner(name, task, monotone=FREE, seed=0).load(tmp_path)
    assert after.predict(x).tobytes() == before.predict(x).tobytes()
    assert after.importance().tolist() == pytest.approx(before.importance().tolist(), rel=1e-6)


@pytest.mark.parametrize("weight", [EQUAL, (0.15, 0.5, 1.0, 0.25)])
def test_belief_w_divides_a_columns_ridge_penalty_by_w_squared(weight: tuple[float, ...]) -> None:
    x, points = planted(600, seed=1)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    penalty = RIDGE_PENALTY * np.diag(1 / np.square(weight))
    effect = np.linalg.solve(standard.T @ standard + penalty, standard.T @ (points - points.mean()))
    learner = weighted("logistic", "mean", weight, x=x)
    expected = standard @ effect + points.mean()
    assert learner.predict(x).tolist() == pytest.approx(expected.tolist(), abs=1e-9)
    assert learner.importance().tolist() == pytest.approx(
        (abs(effect) / abs(effect).sum()).tolist()
    )


def test_a_smaller_belief_only_ever_shrinks_the_linear_effect() -> None:
    x, _ = planted(600, seed=1)
    slopes = []
    for belief in (1.0, 0.5, 0.25, 0.1, 0.01):
        learner = weighted("logistic", "probability", (belief, 1.0, 1.0, 1.0), x=x)
        p = learner.predict(np.vstack([_with(x[:1], 0, 0.0), _with(x[:1], 0, 1.0)]))
        slopes.append(float(p[1] - p[0]))
    assert slopes == sorted(slopes, reverse=True)
    assert 0 < slopes[-1] < slopes[0] / 20


@both_tasks
def test_trees_of_lightgbm_with_full_belief_are_those_without_any(task: Task) -> None:
    import lightgbm

    x, points = planted(600, seed=1)
    objective = "binary" if task == "probability" else "regression"
    data = lightgbm.Dataset(x, label=targets(points, task), params={"verbosity": -1})
    plain = lightgbm.train(
        PARAMETERS | {"objective": objective, "seed": 7}, data, num_boost_round=ROUNDS
    )
    assert fitted("lightgbm", task).predict(x).tobytes() == plain.predict(x).tobytes()


@both_tasks
def test_only_relative_belief_steers_the_sampling_of_xgboost(task: Task) -> None:
    x, _ = planted(600, seed=1)
    half, full = (weighted("xgboost", task, (belief,) * 4, x=x) for belief in (0.5, 1.0))
    assert half.predict(x).tobytes() == full.predict(x).tobytes()


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
    paths = [learner.predict(_with(x, 1, value)) for value in np.linspace(-3, 3, 25)]
    assert (direction * np.diff(paths, axis=0)).min() >= 0


@every_tree
def test_without_the_constraint_the_forecast_does_move_the_wrong_way(name: str) -> None:
    x, _ = planted(100, seed=3)
    learner = fitted(name, "mean")
    paths = [learner.predict(_with(x, 1, value)) for value in np.linspace(-3, 3, 25)]
    assert np.diff(paths, axis=0).min() < 0 < np.diff(paths, axis=0).max()


@every_tree
def test_a_constraint_against_the_truth_silences_the_feature(name: str) -> None:
    learner = fitted(name, "mean", monotone=(-1, 0, 0, 0))
    assert learner.importance()[0] < fitted(name, "mean").importance()[0] / 2


def _with(x: np.ndarray, column: int, value: float) -> np.ndarray:
    changed = x.copy()
    changed[:, column] = value
    return changed


# --- the linear learner is scikit-learn's


@pytest.mark.parametrize(("solver_tolerance", "allowed"), [(1e-4, 1e-8), (1e-10, 1e-4)])
def test_logistic_regression_equals_a_scikit_learn_pipeline(
    solver_tolerance: float, allowed: float
) -> None:
    """With the same stopping rule, and, less closely, with the exact minimum."""
    x, points = planted(600, seed=1)
    x = 3 * x + np.array([10.0, -4.0, 0.0, 100.0])
    y = targets(points, "probability")
    model = LogisticRegression(C=INVERSE_PENALTY, tol=solver_tolerance, max_iter=10_000)
    expected = make_pipeline(StandardScaler(), model).fit(x, y).predict_proba(x)[:, 1]
    mine = new_learner("logistic", "probability", monotone=FREE).fit(x, y).predict(x)
    assert mine.tolist() == pytest.approx(expected.tolist(), abs=allowed)


def test_ridge_regression_equals_a_scikit_learn_pipeline() -> None:
    x, points = planted(600, seed=1)
    x = 3 * x + np.array([10.0, -4.0, 0.0, 100.0])
    expected = make_pipeline(StandardScaler(), Ridge(alpha=RIDGE_PENALTY)).fit(x, points).predict(x)
    mine = new_learner("logistic", "mean", monotone=FREE).fit(x, points).predict(x)
    assert mine.tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_columns_are_standardised_by_the_training_rows_alone() -> None:
    x, points = planted(600, seed=1)
    learner = LogisticLearner(task="mean", monotone=FREE, weight=EQUAL, seed=0)
    learner.fit(x[:400], points[:400])
    assert learner.mean_.tolist() == pytest.approx(x[:400].mean(axis=0).tolist())
    assert learner.scale_.tolist() == pytest.approx(x[:400].std(axis=0).tolist())
    before = learner.predict(x[:400])
    learner.predict(1000 * x[400:])
    assert learner.predict(x[:400]).tobytes() == before.tobytes()


def test_units_of_a_feature_do_not_change_the_linear_forecast() -> None:
    x, points = planted(600, seed=1)
    y = targets(points, "probability")
    yards = new_learner("logistic", "probability", monotone=FREE).fit(x, y).predict(x)
    inches = new_learner("logistic", "probability", monotone=FREE).fit(36 * x, y).predict(36 * x)
    assert inches.tolist() == pytest.approx(yards.tolist(), abs=1e-9)
