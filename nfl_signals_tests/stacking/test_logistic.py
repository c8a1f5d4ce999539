"""Claims about the linear blend of market, learners and signals: `stacker.logistic`."""

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nfl_signals.stacking.files import load_stack
from nfl_signals.stacking.logistic import LogisticStack, fit_logistic_stack
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import TAIL, expit, fit_towards_prior, logit
from nfl_signals_tests.support.blend_games import INPUTS, SIGNALS, blend_games, brier

MANY = tuple(f"input{number}" for number in range(11))
finite = st.floats(-14, 14)


def fit(values: Floats, y: Floats) -> LogisticStack:
    return fit_logistic_stack(values, y, inputs=INPUTS, signals=SIGNALS)


def given_weights(intercept: float, weights: list[float]) -> LogisticStack:
    n = len(weights)
    return LogisticStack(
        inputs=MANY[:n],
        intercept=intercept,
        weights=tuple(weights),
        prior_mean=(0.0,) * n,
        prior_width=(0.1,) * n,
        n_games=0,
    )


# --- who earns weight


def test_before_any_game_the_market_counts_alone() -> None:
    stack = fit(np.empty((0, 5)), np.empty(0))
    assert (stack.intercept, stack.weights) == (0.0, (1.0, 0.0, 0.0, 0.0, 0.0))
    p_market = np.array([0.3, 0.62])
    values = np.column_stack([logit(p_market), [[2.0, -2.0, 1.0, -1.0]] * 2])
    assert stack.parts(values).p_raw.tolist() == pytest.approx(p_market.tolist())


def test_weight_has_to_be_earned_with_games() -> None:
    values, y = blend_games(20_000, seed=1, market_noise=0.8, learner_noise=0.0)
    weights = [fit(values[:n], y[:n]).weights[1] for n in (0, 40, 400, 20_000)]
    assert weights == sorted(weights)
    assert weights[1] < 0.3
    assert weights[-1] > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_where_a_learner_knows_more_than_the_market_the_blend_beats_both(seed: int) -> None:
    league = {"market_noise": 0.5, "learner_noise": 0.5}
    stack = fit(*blend_games(10_000, seed=seed, **league))
    values, y = blend_games(20_000, seed=seed + 100, **league)
    blended = brier(stack.parts(values).p_raw, y)
    assert blended < brier(expit(values[:, 0]), y) - 0.003
    assert blended < brier(expit(values[:, 1]), y) - 0.003


def test_two_equally_noisy_opinions_share_the_weight() -> None:
    values, y = blend_games(40_000, seed=2, market_noise=0.5, learner_noise=0.5)
    market, learner, *_ = fit(values, y).weights
    assert market == pytest.approx(learner, abs=0.12)
    assert market + learner < 1.1


def test_coherence_counts_once_per_opinion() -> None:
    """A learner that repeats the market adds no knowledge: the two weights sum to about one."""
    values, y = blend_games(20_000, seed=7)
    values[:, 1] = values[:, 0]
    stack = fit(values, y)
    assert stack.weights[0] + stack.weights[1] == pytest.approx(1, abs=0.08)
    assert np.abs(stack.parts(values).logits - values[:, 0]).mean() < 0.12


def test_certain_forecasts_that_were_wrong_still_give_a_finite_blend() -> None:
    sure = float(logit(np.array([1.0]))[0])
    values = np.repeat([[sure, -sure, sure, 1, -1], [-sure, sure, -sure, -1, 1]], 20, axis=0)
    stack = fit(values, np.repeat([0.0, 1.0], 20))
    assert np.isfinite(stack.parts(values).logits).all()
    assert stack.weights[0] < 1
    assert stack.weights[1] > 0


# --- what the fit is


def test_the_fit_is_map_logistic_regression_under_the_prior_that_it_states() -> None:
    values, y = blend_games(800, seed=3, market_noise=0.4, learner_noise=0.4, effect=0.5)
    stack = fit(values, y)
    by_hand = fit_towards_prior(
        np.column_stack([np.ones(800), values]),
        y,
        prior_mean=np.array([0.0, 1.0, 0.0, 0.0, 0.0, 0.0]),
        prior_deviation=np.array([0.05, *stack.prior_width]),
    )
    assert [stack.intercept, *stack.weights] == by_hand.tolist()
    assert stack.prior_mean == (1.0, 0.0, 0.0, 0.0, 0.0)
    assert (stack.inputs, stack.n_games) == (INPUTS, 800)


@given(st.permutations(range(5)))
@settings(max_examples=20)
def test_the_order_of_the_inputs_does_not_matter(order: list[int]) -> None:
    values, y = blend_games(500, seed=3, market_noise=0.4, learner_noise=0.4)
    straight = fit(values, y)
    turned = fit_logistic_stack(
        values[:, order], y, inputs=[INPUTS[i] for i in order], signals=SIGNALS
    )
    assert turned.inputs == tuple(INPUTS[i] for i in order)
    assert turned.weights == pytest.approx([straight.weights[i] for i in order], abs=1e-9)


def test_swapping_yes_and_no_swaps_the_answer() -> None:
    values, y = blend_games(500, seed=4, market_noise=0.4, learner_noise=0.4)
    yes, no = fit(values, y), fit(-values, 1 - y)
    assert (yes.parts(values).p_raw + no.parts(-values).p_raw).tolist() == pytest.approx(
        [1.0] * 500
    )


def test_the_fit_repeats_itself() -> None:
    assert fit(*blend_games(500, seed=5)) == fit(*blend_games(500, seed=5))


# --- its answer in pieces


@given(
    st.floats(-1, 1),
    st.lists(st.floats(-2, 2), min_size=3, max_size=3),
    st.lists(st.floats(0.001, 0.999), min_size=3, max_size=3),
)
def test_intercept_and_weighted_logits_reproduce_p_raw(
    intercept: float, weights: list[float], p: list[float]
) -> None:
    """Written out with logarithms, input by input: what the stored weights explain."""
    parts = given_weights(intercept, weights).parts(logit(np.array([p])))
    log_odds = intercept + sum(w * np.log(q / (1 - q)) for w, q in zip(weights, p, strict=True))
    assert parts.p_raw[0] == pytest.approx(1 / (1 + np.exp(-log_odds)), rel=1e-9)


@given(arrays(np.float64, (6, 11), elements=finite), st.integers(1, 11))
def test_parts_add_up_bit_for_bit_and_one_game_alone_gets_the_bits_it_gets_among_many(
    values: Floats, n_inputs: int
) -> None:
    stack = given_weights(0.1, [0.37 - 0.11 * number for number in range(n_inputs)])
    chosen = np.ascontiguousarray(values[:, :n_inputs])
    parts = stack.parts(chosen)
    assert (parts.logits == parts.base + (parts.weights * chosen).sum(axis=1)).all()
    for row in range(6):
        alone = stack.parts(chosen[row : row + 1])
        assert alone.logits.tobytes() == parts.logits[row].tobytes()
        assert alone.p_raw.tobytes() == parts.p_raw[row].tobytes()


@given(arrays(np.float64, (6, 11), elements=finite))
def test_the_bits_do_not_depend_on_how_the_values_lie_in_memory(values: Floats) -> None:
    """Eleven inputs: from eight on numpy adds in another order along another stride."""
    stack = given_weights(0.1, [0.37 - 0.11 * number for number in range(11)])
    columns = stack.parts(np.asfortranarray(values))
    assert columns.logits.tobytes() == stack.parts(values).logits.tobytes()


def test_every_game_has_the_weights_of_the_fit() -> None:
    values, y = blend_games(300, seed=6)
    stack = fit(values, y)
    parts = stack.parts(values)
    assert parts.weights.shape == (300, 5)
    assert {tuple(row) for row in parts.weights.tolist()} == {stack.weights}
    assert set(parts.base.tolist()) == {stack.intercept}


def test_no_games_have_no_answers() -> None:
    parts = given_weights(0.1, [1.0, 0.5]).parts(np.empty((0, 2)))
    assert (parts.base.shape, parts.weights.shape, parts.logits.shape) == ((0,), (0, 2), (0,))


def test_answers_stay_probabilities_at_the_largest_logits() -> None:
    edge = float(logit(np.array([1 - TAIL]))[0])
    stack = given_weights(0.0, [2.0, 2.0])
    p_raw = stack.parts(np.array([[edge, edge], [-edge, -edge]])).p_raw
    assert ((p_raw >= 0) & (p_raw <= 1)).all()


# --- its file


def test_a_stored_blend_is_the_same_blend(tmp_path: Path) -> None:
    values, y = blend_games(500, seed=6, market_noise=0.4, learner_noise=0.4)
    stack = fit(values, y)
    stack.save(tmp_path / "stack.json")
    loaded = load_stack(tmp_path / "stack.json")
    assert loaded == stack
    assert loaded.parts(values).logits.tobytes() == stack.parts(values).logits.tobytes()
