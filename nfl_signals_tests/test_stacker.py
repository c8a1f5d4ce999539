"""Claims about the blend of learners and market: `stacker`."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.logit import expit, logit
from nfl_signals.stacker import Floats, Stack, fit_stack

INPUTS = ["market", "logistic", "lightgbm"]


def league(
    n: int, *, seed: int, market_noise: float = 0.0, learner_noise: float | None = None
) -> tuple[Floats, Floats]:
    """Forecasts of market and two learners, and outcomes.

    Noise is in logits around the true log odds. A learner without `learner_noise` knows nothing of
    the game: it forecasts at random. The second learner always does.
    """
    random = np.random.default_rng(seed)
    truth = 0.8 * random.normal(size=n)
    ignorant = 0.8 * random.normal(size=(n, 2))
    first = ignorant[:, 0]
    if learner_noise is not None:
        first = truth + learner_noise * random.normal(size=n)
    market = truth + market_noise * random.normal(size=n)
    y = (random.random(n) < expit(truth)).astype(np.float64)
    return expit(np.column_stack([market, first, ignorant[:, 1]])), y


def brier(p: Floats, y: Floats) -> float:
    return float(np.mean((p - y) ** 2))


# --- who earns weight


def test_before_any_game_the_market_speaks_alone() -> None:
    stack = fit_stack(np.empty((0, 3)), np.empty(0), inputs=INPUTS)
    assert (stack.intercept, stack.weights, stack.n_games) == (0.0, (1.0, 0.0, 0.0), 0)
    p = np.array([[0.3, 0.9, 0.1], [0.62, 0.2, 0.5]])
    assert stack.predict(p).tolist() == pytest.approx([0.3, 0.62])


@pytest.mark.parametrize("seed", range(5))
def test_where_learners_are_noise_the_market_keeps_its_weight(seed: int) -> None:
    """Sampling sd of a weight is about 0.02 with 20,000 games; four of them are allowed."""
    p, y = league(20_000, seed=seed)
    stack = fit_stack(p, y, inputs=INPUTS)
    assert stack.weights[0] == pytest.approx(1, abs=0.08)
    assert np.abs(stack.weights[1:]).max() < 0.08
    assert abs(stack.intercept) < 0.06


@pytest.mark.parametrize("seed", range(5))
def test_where_a_learner_is_the_truth_and_the_market_noisy_the_learner_earns_weight(
    seed: int,
) -> None:
    p, y = league(20_000, seed=seed, market_noise=0.8, learner_noise=0.0)
    stack = fit_stack(p, y, inputs=INPUTS)
    market, learner, ignorant = stack.weights
    assert learner > 0.7
    assert market < 0.3
    assert abs(ignorant) < 0.1
    fresh_p, fresh_y = league(20_000, seed=seed + 100, market_noise=0.8, learner_noise=0.0)
    assert brier(stack.predict(fresh_p), fresh_y) < brier(fresh_p[:, 0], fresh_y) - 0.01


def test_weight_has_to_be_earned_with_games() -> None:
    p, y = league(20_000, seed=1, market_noise=0.8, learner_noise=0.0)
    weights = [fit_stack(p[:n], y[:n], inputs=INPUTS).weights[1] for n in (0, 100, 1000, 20_000)]
    assert weights == sorted(weights)
    assert weights[1] < 0.25


def test_two_equally_noisy_opinions_share_the_weight() -> None:
    p, y = league(40_000, seed=2, market_noise=0.5, learner_noise=0.5)
    market, learner, _ = fit_stack(p, y, inputs=INPUTS).weights
    assert market == pytest.approx(learner, abs=0.12)
    assert market + learner < 1.1


# --- what a blend is


@given(
    st.floats(-1, 1),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3),
)
def test_intercept_and_weighted_logits_reproduce_p_raw(
    intercept: float, weights: list[float], p: list[float]
) -> None:
    """Written out with logarithms, game by game: what the stored weights explain."""
    stack = Stack(inputs=tuple(INPUTS), intercept=intercept, weights=tuple(weights), n_games=0)
    log_odds = intercept + sum(w * np.log(q / (1 - q)) for w, q in zip(weights, p, strict=True))
    assert stack.predict(np.array([p]))[0] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-9)


@settings(deadline=None)
@given(st.permutations(range(3)))
def test_the_order_of_the_inputs_does_not_matter(order: list[int]) -> None:
    p, y = league(500, seed=3, market_noise=0.4, learner_noise=0.4)
    straight = fit_stack(p, y, inputs=INPUTS)
    turned = fit_stack(p[:, order], y, inputs=[INPUTS[i] for i in order])
    assert turned.inputs == tuple(INPUTS[i] for i in order)
    assert turned.weights == pytest.approx([straight.weights[i] for i in order], abs=1e-9)


def test_swapping_yes_and_no_swaps_the_answer() -> None:
    p, y = league(500, seed=4, market_noise=0.4, learner_noise=0.4)
    yes, no = (fit_stack(q, outcome, inputs=INPUTS) for q, outcome in ((p, y), (1 - p, 1 - y)))
    assert (yes.predict(p) + no.predict(1 - p)).tolist() == pytest.approx([1.0] * 500)


def test_the_fit_counts_its_games_and_repeats_itself() -> None:
    p, y = league(500, seed=5)
    assert fit_stack(p, y, inputs=INPUTS) == fit_stack(p, y, inputs=INPUTS)
    assert fit_stack(p, y, inputs=INPUTS).n_games == 500


def test_certain_forecasts_that_were_wrong_still_give_a_finite_blend() -> None:
    p = np.array([[1.0, 0.0, 1.0]] * 20 + [[0.0, 1.0, 0.0]] * 20)
    y = np.repeat([0.0, 1.0], 20)
    stack = fit_stack(p, y, inputs=INPUTS)
    assert np.isfinite(stack.predict(p)).all()
    assert stack.weights[0] < 1
    assert stack.weights[1] > 0


def test_without_the_market_there_is_nothing_to_shrink_towards() -> None:
    with pytest.raises(ValueError, match=r"must contain 'market', got \['logistic', 'xgboost'\]"):
        fit_stack(np.full((4, 2), 0.5), np.ones(4), inputs=["logistic", "xgboost"])


def test_a_stored_stack_is_the_same_stack(tmp_path: Path) -> None:
    p, y = league(500, seed=6, market_noise=0.4, learner_noise=0.4)
    stack = fit_stack(p, y, inputs=INPUTS)
    stack.save(tmp_path)
    assert Stack.load(tmp_path) == stack
    assert Stack.load(tmp_path).predict(p).tobytes() == stack.predict(p).tobytes()


def test_agreement_counts_once_per_opinion() -> None:
    """A learner that repeats the market adds no knowledge: the two weights sum to about one."""
    p, y = league(20_000, seed=7)
    p[:, 1] = p[:, 0]
    stack = fit_stack(p, y, inputs=INPUTS)
    assert stack.weights[0] + stack.weights[1] == pytest.approx(1, abs=0.08)
    blended = logit(stack.predict(p)) - logit(p[:, 0])
    assert np.abs(blended).mean() < 0.12
