"""On neutral ground it does not matter who is called home; everywhere else nothing changes."""

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from nfl_signals.learners import neutral_ground
from nfl_signals.learners.baseline import LEARNERS
from nfl_signals.learners.protocol import Combine, Inputs, Learner, Task
from nfl_signals.stats.logit import logit
from nfl_signals_tests.support.model_builders import EVERY_LEARNER, inputs_of, new_learner, targets

NAMES = ("strength_difference", "home_field_difference", "is_neutral", "is_covered")
N = 900
HOME_FIELD = 3.0  # points of margin
every_learner = pytest.mark.parametrize("learner", EVERY_LEARNER)
every_task = pytest.mark.parametrize("task", ["mean", "probability"])


def games(*, seed: int) -> tuple[Inputs, np.ndarray]:
    """Games of which one in ninety is on neutral ground, and their margins."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(N, len(NAMES)))
    x[:, 2], x[:, 3] = np.arange(N) % 90 == 0, np.arange(N) % 3 == 0
    x[:, 1] = HOME_FIELD * (1 - x[:, 2])
    return inputs_of(x), np.round(6 * x[:, 0] + x[:, 1] + 12 * random.normal(size=N))


def exchanged(inputs: Inputs) -> Inputs:
    """Written out by hand: the two differences negated, the teams' histories in the other order."""
    x = inputs.x.copy()
    x[:, 0], x[:, 1] = -x[:, 0], -x[:, 1]
    return Inputs(x=x, sequence=np.stack([inputs.sequence[:, 1], inputs.sequence[:, 0]], axis=1))


@cache
def fitted(name: str, task: Task, combine: Combine = "difference") -> Learner:
    inputs, margins = games(seed=1)
    blank = new_learner(name, task, monotone=(0,) * len(NAMES), combine=combine)
    return LEARNERS[name](replace(blank.spec, names=NAMES)).fit(inputs, targets(margins, task))


@every_task
@every_learner
def test_exchanging_the_teams_on_neutral_ground_turns_the_forecast_round(
    learner: str, task: Task
) -> None:
    model, inputs = fitted(learner, task), games(seed=2)[0]
    neutral = inputs.take(inputs.x[:, 2] == 1)
    here, there = (neutral_ground.predict(model, each) for each in (neutral, exchanged(neutral)))
    turned = 1 - there if task == "probability" else -there
    assert here == pytest.approx(turned, abs=1e-6)
    assert len(neutral) == N / 90
    plain = model.predict(neutral)
    assert np.abs(here - plain).max() > 1e-3


@every_task
@every_learner
def test_in_somebodys_stadium_nothing_changes(learner: str, task: Task) -> None:
    model, inputs = fitted(learner, task), games(seed=2)[0]
    home = inputs.x[:, 2] == 0
    assert (
        neutral_ground.predict(model, inputs)[home].tobytes()
        == model.predict(inputs)[home].tobytes()
    )
    assert neutral_ground.predict(model, inputs.take(np.zeros(0, dtype=np.int64))).size == 0


@every_learner
def test_points_of_both_teams_stay_as_they_are_on_any_ground(learner: str) -> None:
    model, inputs = fitted(learner, "mean", "sum"), games(seed=2)[0]
    assert neutral_ground.predict(model, inputs).tobytes() == model.predict(inputs).tobytes()


@every_task
@pytest.mark.parametrize("learner", ["logistic", "lightgbm", "xgboost"])
def test_parts_and_base_add_up_to_the_forecast_on_any_ground(learner: str, task: Task) -> None:
    model, inputs = fitted(learner, task), games(seed=2)[0]
    found, predicted = (
        part(model, inputs) for part in (neutral_ground.contributions, neutral_ground.predict)
    )
    assert found is not None
    parts, base = found
    stated = logit(predicted) if task == "probability" else predicted
    assert parts.sum(axis=1) + base == pytest.approx(stated, abs=1e-3)
    neutral = inputs.x[:, 2] == 1
    assert base[neutral] == pytest.approx(0.0, abs=1e-6)  # nobody has the average game's home field


def test_a_learner_of_columns_that_do_not_name_the_ground_is_left_alone() -> None:
    blank = new_learner("logistic", "mean", monotone=(0,) * len(NAMES))
    inputs, margins = games(seed=1)
    model = blank.fit(inputs, margins)
    assert neutral_ground.predict(model, inputs).tobytes() == model.predict(inputs).tobytes()
