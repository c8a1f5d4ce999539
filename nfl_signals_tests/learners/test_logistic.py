"""Claims about the audit baseline: `learners.logistic`."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression, Ridge
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from nfl_signals.learners.logistic import INVERSE_PENALTY, RIDGE_PENALTY, LogisticLearner
from nfl_signals.learners.protocol import Learner, Task
from nfl_signals.stats.arrays import Floats
from nfl_signals_tests.support.model_builders import (
    inputs_of,
    new_learner,
    planted,
    predicted,
    targets,
    used,
    weighted,
    with_column,
)

FREE = (0, 0, 0, 0)
EQUAL = (1.0, 1.0, 1.0, 1.0)


def linear(task: Task, x: Floats, y: Floats) -> Learner:
    return new_learner("logistic", task, monotone=FREE).fit(inputs_of(x), y)


@pytest.mark.parametrize("weight", [EQUAL, (0.15, 0.5, 1.0, 0.25)])
def test_belief_w_divides_a_columns_ridge_penalty_by_w_squared(weight: tuple[float, ...]) -> None:
    x, points = planted(600, seed=1)
    standard = (x - x.mean(axis=0)) / x.std(axis=0)
    penalty = RIDGE_PENALTY * np.diag(1 / np.square(weight))
    effect = np.linalg.solve(standard.T @ standard + penalty, standard.T @ (points - points.mean()))
    learner = weighted("logistic", "mean", weight, x=x)
    expected = standard @ effect + points.mean()
    assert predicted(learner, x).tolist() == pytest.approx(expected.tolist(), abs=1e-9)
    assert used(learner).tolist() == pytest.approx((abs(effect) / abs(effect).sum()).tolist())


def test_a_smaller_belief_only_ever_shrinks_the_linear_effect() -> None:
    x, _ = planted(600, seed=1)
    slopes = []
    for belief in (1.0, 0.5, 0.25, 0.1, 0.01):
        learner = weighted("logistic", "probability", (belief, 1.0, 1.0, 1.0), x=x)
        p = predicted(learner, np.vstack([with_column(x[:1], 0, 0.0), with_column(x[:1], 0, 1.0)]))
        slopes.append(float(p[1] - p[0]))
    assert slopes == sorted(slopes, reverse=True)
    assert 0 < slopes[-1] < slopes[0] / 20


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
    mine = predicted(linear("probability", x, y), x)
    assert mine.tolist() == pytest.approx(expected.tolist(), abs=allowed)


def test_ridge_regression_equals_a_scikit_learn_pipeline() -> None:
    x, points = planted(600, seed=1)
    x = 3 * x + np.array([10.0, -4.0, 0.0, 100.0])
    expected = make_pipeline(StandardScaler(), Ridge(alpha=RIDGE_PENALTY)).fit(x, points).predict(x)
    mine = predicted(linear("mean", x, points), x)
    assert mine.tolist() == pytest.approx(expected.tolist(), abs=1e-9)


def test_columns_are_standardised_by_the_training_rows_alone() -> None:
    x, points = planted(600, seed=1)
    learner = linear("mean", x[:400], points[:400])
    assert isinstance(learner, LogisticLearner)
    assert learner.mean_.tolist() == pytest.approx(x[:400].mean(axis=0).tolist())
    assert learner.scale_.tolist() == pytest.approx(x[:400].std(axis=0).tolist())
    before = predicted(learner, x[:400])
    predicted(learner, 1000 * x[400:])
    assert predicted(learner, x[:400]).tobytes() == before.tobytes()


def test_units_of_a_feature_do_not_change_the_linear_forecast() -> None:
    x, points = planted(600, seed=1)
    y = targets(points, "probability")
    yards = predicted(linear("probability", x, y), x)
    inches = predicted(linear("probability", 36 * x, y), 36 * x)
    assert inches.tolist() == pytest.approx(yards.tolist(), abs=1e-9)
