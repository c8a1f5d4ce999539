"""Claims about all base learners: `learners`."""

import os
import subprocess
import sys
from pathlib import Path
from typing import get_args

import numpy as np
import pytest

from nfl_signals.core.setting_sections import LearnerName
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.learners.protocol import Inputs, Task, shares
from nfl_signals.registry.model_card import PACKAGES
from nfl_signals_tests.support.model_builders import (
    EVERY_LEARNER,
    files_of,
    fitted,
    inputs_of,
    new_learner,
    planted,
    predicted,
    targets,
    used,
    weighted,
)

FREE = (0, 0, 0, 0)
EQUAL = (1.0, 1.0, 1.0, 1.0)
LITTLE = (0.1, 1.0, 1.0, 1.0)
every_learner = pytest.mark.parametrize("name", EVERY_LEARNER)
both_tasks = pytest.mark.parametrize("task", ["probability", "mean"])

IN_A_FRESH_PROCESS = """
import sys
from pathlib import Path
from nfl_signals_tests.support.hashes import sha256_of
from nfl_signals_tests.support.model_builders import inputs_of, new_learner, planted, targets
for task in ("probability", "mean"):
    x, points = planted(600, seed=1)
    inputs, learner = inputs_of(x), new_learner(sys.argv[2], task, monotone=(1, 0, 0, 0))
    learner.fit(inputs, targets(points, task))
    learner.save(Path(sys.argv[1]) / task)
    print(task, learner.predict(inputs).tobytes().hex())
print(sha256_of(Path(sys.argv[1])))
"""


# --- what holds for every learner


def test_the_settings_offer_every_learner_that_there_is() -> None:
    assert set(get_args(LearnerName)) == set(LEARNERS)


def test_a_card_names_the_packages_of_every_learner_but_the_optional_one() -> None:
    on_the_card = {name for names in PACKAGES.values() for name in names}
    used = {name for kind in LEARNERS.values() for name in kind.packages.split()}
    assert used - on_the_card == {"torch"}


@every_learner
@both_tasks
def test_the_same_seed_gives_the_same_predictions_and_the_same_files(
    name: str, task: Task, tmp_path: Path
) -> None:
    x, _ = planted(200, seed=2)
    first, second = fitted(name, task), fitted(name, task)
    first.save(tmp_path / "first")
    second.save(tmp_path / "second")
    assert predicted(first, x).tobytes() == predicted(second, x).tobytes()
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


@pytest.mark.slow
@every_learner
def test_two_fresh_processes_with_other_thread_counts_write_the_same_bytes(
    name: str, tmp_path: Path
) -> None:
    printed = []
    for threads in ("1", "4"):
        wanted = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "LIGHTGBM_NUM_THREADS")
        result = subprocess.run(
            [sys.executable, "-c", IN_A_FRESH_PROCESS, str(tmp_path / threads), name],
            env=os.environ | dict.fromkeys(wanted, threads),
            cwd=Path(__file__).parents[2],
            capture_output=True,
            text=True,
            check=True,
        )
        printed.append(result.stdout)
    assert len(printed[0].splitlines()) == 3
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
    assert predicted(after, x).tobytes() == predicted(before, x).tobytes()
    assert after.importance() == pytest.approx(before.importance(), rel=1e-6)


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
    learner = fitted(name, task)
    importance = used(learner)
    assert importance.shape == (4,)
    assert importance.min() >= 0
    assert sum(learner.importance().values()) == pytest.approx(1)
    assert importance[0] > 0.6


@every_learner
def test_probabilities_lie_between_zero_and_one_and_follow_the_signal(name: str) -> None:
    x, _ = planted(400, seed=2)
    p = predicted(fitted(name, "probability"), x)
    assert p.min() > 0
    assert p.max() < 1
    assert np.corrcoef(p, x[:, 0])[0, 1] > 0.8


@every_learner
def test_expected_points_average_to_what_happened_in_training(name: str) -> None:
    x, points = planted(600, seed=1)
    assert predicted(fitted(name, "mean"), x).mean() == pytest.approx(points.mean(), abs=0.5)


@every_learner
@both_tasks
def test_a_constant_column_neither_crashes_nor_matters(name: str, task: Task) -> None:
    x, points = planted(600, seed=1)
    x[:, 3] = 5.0
    learner = new_learner(name, task, monotone=FREE).fit(inputs_of(x), targets(points, task))
    assert np.isfinite(predicted(learner, x)).all()
    assert used(learner)[3] == 0


@every_learner
@both_tasks
def test_each_row_is_predicted_on_its_own(name: str, task: Task) -> None:
    """Company in the batch is no information: one row alone gives what it gave among others."""
    x, _ = planted(50, seed=2)
    learner = fitted(name, task)
    alone = np.concatenate([predicted(learner, x[row : row + 1]) for row in range(50)])
    assert alone.tolist() == pytest.approx(predicted(learner, x).tolist(), rel=1e-12)


@every_learner
@both_tasks
def test_no_rows_give_no_predictions(name: str, task: Task) -> None:
    assert predicted(fitted(name, task), np.empty((0, 4))).shape == (0,)


def test_shares_of_nothing_stay_nothing() -> None:
    assert shares(("a", "b"), np.zeros(2)) == {"a": 0.0, "b": 0.0}


def test_what_a_learner_sees_belongs_to_the_same_games() -> None:
    x, sequence = np.zeros((3, 4)), np.zeros((3, 2, 8, 5))
    inputs = Inputs(x=x + np.arange(3)[:, None], sequence=sequence)
    assert len(inputs) == 3
    assert inputs.take(np.array([2, 0])).x[:, 0].tolist() == [2.0, 0.0]
    assert inputs.take(np.array([True, False, True])).x[:, 0].tolist() == [0.0, 2.0]
    assert inputs.take(np.array([2, 0])).sequence.shape == (2, 2, 8, 5)
    assert len(Inputs.tabular(x)) == 3
    for wrong in ({"x": x[:2]}, {"x": x[0]}, {"sequence": sequence[:, :1]}, {"sequence": x}):
        with pytest.raises(ValueError, match=r"axes|rows, but"):
            Inputs(**{"x": x, "sequence": sequence, **wrong})


# --- what each column adds


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "xgboost"])
@both_tasks
def test_contributions_and_base_add_up_to_the_forecast(name: str, task: Task) -> None:
    x, _ = planted(200, seed=2)
    learner = fitted(name, task)
    found = learner.contributions(inputs_of(x))
    assert found is not None
    parts, base = found
    assert parts.shape == x.shape
    assert base.shape == (200,)
    answers = predicted(learner, x)
    scale = np.log(answers / (1 - answers)) if task == "probability" else answers
    tolerance = 1e-4 if name == "xgboost" else 1e-9
    assert (parts.sum(axis=1) + base).tolist() == pytest.approx(scale.tolist(), abs=tolerance)
    assert np.corrcoef(parts[:, 0], x[:, 0])[0, 1] > 0.8
    assert np.abs(parts[:, 0]).mean() > 2 * np.abs(parts[:, 1:]).mean(axis=0).max()


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "xgboost"])
def test_contributions_of_a_stored_learner_are_those_of_before(name: str, tmp_path: Path) -> None:
    x, _ = planted(50, seed=2)
    before = fitted(name, "mean")
    before.save(tmp_path)
    after = new_learner(name, "mean", monotone=FREE).load(tmp_path)
    for mine, stored in zip(
        before.contributions(inputs_of(x)) or (),
        after.contributions(inputs_of(x)) or (),
        strict=True,
    ):
        assert mine.tobytes() == stored.tobytes()


@pytest.mark.parametrize("name", ["logistic", "lightgbm", "xgboost"])
def test_no_rows_have_no_contributions(name: str) -> None:
    found = fitted(name, "mean").contributions(inputs_of(np.empty((0, 4))))
    assert found is not None
    assert [part.shape for part in found] == [(0, 4), (0,)]


# --- prior belief


@every_learner
@both_tasks
def test_a_column_with_less_belief_is_used_less_and_its_twin_more(name: str, task: Task) -> None:
    equal = used(weighted(name, task, EQUAL))
    little = used(weighted(name, task, LITTLE))
    assert little[0] < 0.6 * equal[0]
    assert little[1] > equal[1]


@every_learner
@both_tasks
def test_belief_in_every_column_alike_prefers_none(name: str, task: Task) -> None:
    importance = used(weighted(name, task, EQUAL))
    assert importance[0] == pytest.approx(importance[1], abs=0.15)


@every_learner
@both_tasks
def test_the_only_informative_column_is_used_even_with_little_belief(name: str, task: Task) -> None:
    x, _ = planted(600, seed=1)
    learner = weighted(name, task, (0.5, 1.0, 1.0, 1.0), x=x)
    assert used(learner).argmax() == 0
    assert np.corrcoef(predicted(learner, x), x[:, 0])[0, 1] > 0.8


@every_learner
@both_tasks
def test_a_learner_with_beliefs_is_stored_and_explains_itself_as_before(
    name: str, task: Task, tmp_path: Path
) -> None:
    x, _ = planted(200, seed=2)
    before = weighted(name, task, LITTLE)
    before.save(tmp_path)
    after = new_learner(name, task, monotone=FREE, seed=0).load(tmp_path)
    assert predicted(after, x).tobytes() == predicted(before, x).tobytes()
    assert after.importance() == pytest.approx(before.importance(), rel=1e-6)
