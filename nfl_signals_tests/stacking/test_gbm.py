"""Claims about the blend of trees: `stacker.gbm`."""

from pathlib import Path

import lightgbm
import numpy as np
import pytest

from nfl_signals.stacking.files import load_stack
from nfl_signals.stacking.gbm import PARAMETERS, GbmStack, fit_gbm_stack
from nfl_signals.stacking.logistic import fit_logistic_stack
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit
from nfl_signals_tests.support.blend_games import INPUTS, blend_games, brier

ENOUGH = 2 * PARAMETERS["min_data_in_leaf"]
THREE = ("market", "logistic", "offense")


def fit(values: Floats, y: Floats, inputs: tuple[str, ...] = INPUTS, seed: int = 7) -> GbmStack:
    return fit_gbm_stack(values, y, inputs=inputs, seed=seed)


def raw_score(stack: GbmStack, values: Floats) -> Floats:
    """What the trees say on their own, without the market's offset."""
    booster = lightgbm.Booster(model_str=stack.trees)
    return np.asarray(booster.predict(values, raw_score=True, num_threads=1), dtype=np.float64)


def interacting(n: int, *, seed: int) -> tuple[Floats, Floats]:
    """A learner that is right only on good news: 1.5 logits where both are positive."""
    random = np.random.default_rng(seed)
    market, learner = 0.8 * random.normal(size=n), random.normal(size=n)
    news = random.uniform(-1, 1, size=n)
    p = expit(market + 1.5 * ((learner > 0) & (news > 0)) - 0.375)
    return np.column_stack([market, learner, news]), p


# --- its answer in pieces


def test_contributions_and_base_are_what_the_booster_gives_on_top_of_the_market() -> None:
    stack = fit(*blend_games(4000, seed=1, market_noise=0.5, learner_noise=0.5, effect=0.5))
    values, _ = blend_games(1000, seed=2)
    parts = stack.parts(values)
    expected = raw_score(stack, values) + values[:, 0]
    pieces = parts.base + (parts.weights * values).sum(axis=1)
    assert np.abs(pieces - expected).max() < 1e-9
    assert parts.logits.tobytes() == pieces.tobytes()
    assert np.abs(parts.p_raw - expit(expected)).max() < 1e-9
    assert np.unique(parts.weights, axis=0).shape[0] > 1


def test_without_a_market_trees_start_from_even_odds() -> None:
    values, y = blend_games(4000, seed=3, learner_noise=0.3)
    stack = fit(values[:, 1:].copy(), y, INPUTS[1:])
    fresh, outcome = blend_games(4000, seed=4, learner_noise=0.3)
    parts = stack.parts(fresh[:, 1:].copy())
    assert np.abs(parts.logits - raw_score(stack, fresh[:, 1:].copy())).max() < 1e-9
    assert brier(parts.p_raw, outcome) < 0.24


def test_a_value_of_zero_carries_no_weight_and_its_contribution_goes_to_the_base() -> None:
    stack = fit(*blend_games(4000, seed=1, market_noise=0.5, learner_noise=0.5, effect=0.5))
    values, _ = blend_games(200, seed=2)
    values[::2, 1] = 0.0
    values[:, 4] = 0.0
    parts = stack.parts(values)
    assert (parts.weights[values == 0] == 0).all()
    assert np.isfinite(parts.weights).all()
    assert np.abs(parts.logits - raw_score(stack, values) - values[:, 0]).max() < 1e-9
    booster = lightgbm.Booster(model_str=stack.trees)
    shapley = np.asarray(booster.predict(values, pred_contrib=True, num_threads=1))
    orphaned = np.where(values == 0, shapley[:, :-1], 0.0).sum(axis=1)
    assert np.abs(parts.base - shapley[:, -1] - orphaned).max() < 1e-12
    assert np.abs(orphaned[::2]).min() > 0


def test_one_game_alone_gets_the_bits_it_gets_among_many() -> None:
    stack = fit(*blend_games(2000, seed=1, market_noise=0.5, learner_noise=0.5))
    values, _ = blend_games(20, seed=5)
    parts = stack.parts(values)
    for row in range(20):
        alone = stack.parts(values[row : row + 1].copy())
        assert alone.logits.tobytes() == parts.logits[row].tobytes()
        assert alone.weights.tobytes() == parts.weights[row].tobytes()


def test_taking_apart_leaves_the_values_as_they_were() -> None:
    stack = fit(*blend_games(2000, seed=1))
    values, _ = blend_games(50, seed=5)
    before = values.copy()
    stack.parts(values)
    assert values.tobytes() == before.tobytes()


# --- what it learns


@pytest.mark.parametrize("n", [0, 1, ENOUGH - 1])
def test_with_few_games_the_answer_is_exactly_the_markets(n: int) -> None:
    values, y = blend_games(n, seed=6, market_noise=0.5, learner_noise=0.0)
    stack = fit(values, y)
    assert (stack.trees, stack.n_games) == ("", n)
    games, _ = blend_games(50, seed=7)
    parts = stack.parts(games)
    assert parts.logits.tobytes() == games[:, 0].tobytes()
    assert parts.weights.tolist() == [[1.0, 0.0, 0.0, 0.0, 0.0]] * 50
    assert not parts.base.any()


def test_with_few_games_and_no_market_the_answer_is_one_half() -> None:
    stack = fit(np.ones((10, 2)), np.ones(10), INPUTS[1:3])
    assert stack.parts(np.array([[1.0, -2.0]])).p_raw.tolist() == [0.5]


@pytest.mark.parametrize("seed", range(3))
def test_where_learners_are_noise_it_stays_near_the_market(seed: int) -> None:
    stack = fit(*blend_games(5000, seed=seed))
    values, _ = blend_games(5000, seed=seed + 50)
    moved = np.abs(stack.parts(values).p_raw - expit(values[:, 0]))
    assert moved.mean() < 0.025
    assert moved.max() < 0.1


@pytest.mark.parametrize("seed", range(3))
def test_it_learns_an_interaction_that_the_linear_blend_cannot(seed: int) -> None:
    values, p = interacting(8000, seed=seed)
    y = (np.random.default_rng(seed).random(8000) < p).astype(np.float64)
    trees = fit(values, y, THREE)
    line = fit_logistic_stack(values, y, inputs=THREE, signals=["offense"])
    fresh, truth = interacting(8000, seed=seed + 50)
    error = {
        blend: brier(fitted.parts(fresh).p_raw, truth)
        for blend, fitted in (("trees", trees), ("line", line))
    }
    assert error["trees"] < 0.3 * error["line"]
    assert error["line"] < brier(expit(fresh[:, 0]), truth)


# --- its file


def test_the_same_games_and_seed_give_the_same_file(tmp_path: Path) -> None:
    games = blend_games(2000, seed=8, market_noise=0.5, learner_noise=0.5)
    for name in ("one", "other"):
        fit(*games).save(tmp_path / name)
    assert (tmp_path / "one").read_bytes() == (tmp_path / "other").read_bytes()


@pytest.mark.parametrize("n", [10, 2000])
def test_a_stored_blend_is_the_same_blend(tmp_path: Path, n: int) -> None:
    stack = fit(*blend_games(n, seed=9, market_noise=0.5, learner_noise=0.5))
    stack.save(tmp_path / "stack.json")
    loaded = load_stack(tmp_path / "stack.json")
    assert loaded == stack
    values, _ = blend_games(100, seed=10)
    assert loaded.parts(values).logits.tobytes() == stack.parts(values).logits.tobytes()


def test_no_games_have_no_answers() -> None:
    stack = fit(*blend_games(2000, seed=8))
    parts = stack.parts(np.empty((0, 5)))
    assert (parts.base.shape, parts.weights.shape, parts.logits.shape) == ((0,), (0, 5), (0,))
