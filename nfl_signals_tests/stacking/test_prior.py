"""Claims about what a blend believes before and after games: `stacker.prior`."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.stacking.logistic import LogisticStack, fit_logistic_stack
from nfl_signals.stacking.prior import (
    INTERCEPT_DEVIATION,
    LARGEST_ADVICE,
    WIDTHS,
    Prior,
    advised_means,
    chosen_prior,
    default_means,
)
from nfl_signals.stats.logit import fit_towards_prior, log_evidence
from nfl_signals_tests.support.blend_games import INPUTS, LEARNERS, SIGNALS, blend_games

NARROWEST, WIDE = min(WIDTHS), 0.2
names = st.sampled_from([*INPUTS, "moon", "xgboost"])


def fitted(seed: int, **league: float) -> LogisticStack:
    values, y = blend_games(20_000, seed=seed, **league)
    return fit_logistic_stack(values, y, inputs=INPUTS, signals=SIGNALS)


def width(stack: LogisticStack, name: str) -> float:
    return stack.prior_width[INPUTS.index(name)]


def weights(stack: LogisticStack, *wanted: str) -> list[float]:
    return [stack.weights[INPUTS.index(name)] for name in wanted]


# --- where weights start


def test_the_market_starts_at_one_and_everybody_else_at_nothing() -> None:
    means = default_means(INPUTS, SIGNALS)
    assert means == {"market": 1, "logistic": 0, "lightgbm": 0, "offense": 0, "defense": 0}
    assert tuple(means) == INPUTS


@pytest.mark.parametrize("n", [1, 2, 4])
def test_without_a_market_learners_share_the_weight_and_signals_get_none(n: int) -> None:
    learners = [f"learner{number}" for number in range(n)]
    means = default_means([*learners, "offense"], ["offense"])
    assert means == {**dict.fromkeys(learners, 1 / n), "offense": 0.0}


@given(st.dictionaries(names, st.floats(-100, 100)))
def test_advice_moves_a_mean_by_no_more_than_the_largest_advice(advice: dict[str, float]) -> None:
    means = default_means(INPUTS, SIGNALS)
    advised = advised_means(means, advice)
    assert tuple(advised) == INPUTS
    for name, mean in means.items():
        assert abs(advised[name] - mean) <= LARGEST_ADVICE
        wanted = advice.get(name, mean)
        assert advised[name] == wanted or abs(wanted - mean) > LARGEST_ADVICE


@given(st.dictionaries(st.sampled_from(["moon", "xgboost", ""]), st.floats(-100, 100)))
def test_advice_about_unknown_names_is_ignored(advice: dict[str, float]) -> None:
    means = default_means(INPUTS, SIGNALS)
    assert advised_means(means, advice) == advised_means(means, None) == means


def test_advice_on_a_signal_is_where_its_weight_starts_and_games_overrule_it() -> None:
    means = advised_means(default_means(INPUTS, SIGNALS), {"offense": 0.3})
    values, y = blend_games(20_000, seed=1)
    few, many = (
        fit_logistic_stack(values[:n], y[:n], inputs=INPUTS, signals=SIGNALS, means=means)
        for n in (0, 20_000)
    )
    assert weights(few, "offense") == [0.3]
    assert abs(weights(many, "offense")[0]) < 0.1


@given(st.lists(st.floats(-2, 2), min_size=5, max_size=5))
def test_without_games_the_weights_are_the_prior_means_exactly(given_means: list[float]) -> None:
    means = dict(zip(INPUTS, given_means, strict=True))
    stack = fit_logistic_stack(np.empty((0, 5)), np.empty(0), inputs=INPUTS, means=means)
    assert stack.weights == stack.prior_mean == tuple(given_means)
    assert (stack.intercept, stack.n_games) == (0.0, 0)


def test_the_order_in_which_means_are_given_does_not_matter() -> None:
    values, y = blend_games(500, seed=2, market_noise=0.5, learner_noise=0.5)
    means = {"market": 0.7, "logistic": 0.3, "lightgbm": 0.0, "offense": 0.1, "defense": -0.1}
    turned = dict(reversed(means.items()))
    straight, other = (
        fit_logistic_stack(values, y, inputs=INPUTS, signals=SIGNALS, means=given_means)
        for given_means in (means, turned)
    )
    assert straight == other


def test_a_prior_puts_the_intercept_before_the_inputs() -> None:
    prior = Prior(mean=(1.0, 0.5), width=(0.1, 0.2))
    assert prior.center().tolist() == [0.0, 1.0, 0.5]
    assert prior.deviation().tolist() == [INTERCEPT_DEVIATION, 0.1, 0.2]


# --- how firmly weights are held, as the games decide


@pytest.mark.slow
def test_noise_is_held_firmly_and_stays_near_zero() -> None:
    """The evidence is itself a draw: one league in ten may prefer the next width."""
    stacks = [fitted(seed) for seed in range(10)]
    for name in (LEARNERS[0], SIGNALS[0]):
        chosen = [width(stack, name) for stack in stacks]
        assert chosen.count(NARROWEST) >= 9
        assert max(chosen) <= WIDTHS[1]
    noise = [weights(stack, *LEARNERS, *SIGNALS) for stack in stacks]
    assert np.abs(noise).max() < 0.1
    assert np.mean(np.abs(noise)) < 0.02


@pytest.mark.parametrize("seed", range(3))
def test_a_learner_that_knows_something_is_let_loose_and_earns_weight(seed: int) -> None:
    stack = fitted(seed, market_noise=0.8, learner_noise=0.4)
    assert width(stack, "logistic") >= WIDE
    learner, ignorant, market = weights(stack, "logistic", "lightgbm", "market")
    assert learner > 0.5
    assert market < 0.4
    assert abs(ignorant) < 0.1
    assert width(stack, "offense") <= WIDTHS[1]


@pytest.mark.parametrize("seed", range(3))
def test_signals_that_move_games_are_let_loose_while_noisy_learners_are_not(seed: int) -> None:
    stack = fitted(seed, effect=0.6)
    assert width(stack, "offense") >= WIDE
    assert weights(stack, *SIGNALS) == pytest.approx([0.6, 0.6], abs=0.12)
    assert width(stack, "logistic") <= WIDTHS[1]
    assert np.abs(weights(stack, *LEARNERS)).max() < 0.1


def test_against_a_spread_that_is_always_even_money_learners_stay_silent() -> None:
    """The market's logit is 0 in every game, and nobody knows which side covers."""
    values, y = blend_games(5000, seed=4)
    values[:, 0] = 0.0
    y = (np.random.default_rng(4).random(5000) < 0.5).astype(np.float64)
    stack = fit_logistic_stack(values, y, inputs=INPUTS, signals=SIGNALS)
    assert stack.weights[0] == pytest.approx(1.0)
    assert np.abs(weights(stack, *LEARNERS)).max() < 0.05


def test_inputs_of_one_kind_share_one_width() -> None:
    market, first, second, offense, defense = fitted(
        5, market_noise=0.8, learner_noise=0.4
    ).prior_width
    assert first == second
    assert offense == defense
    assert len({market, first, offense}) > 1


def test_the_chosen_width_is_the_one_under_which_the_games_are_least_surprising() -> None:
    """Without a market and without signals there is one group, so every width can be tried."""
    values, y = blend_games(3000, seed=6, learner_noise=0.3)
    design = np.column_stack([np.ones(3000), values[:, 1:3]])
    means = {"logistic": 0.5, "lightgbm": 0.5}
    evidence = []
    for candidate in WIDTHS:
        prior = {
            "prior_mean": np.array([0.0, 0.5, 0.5]),
            "prior_deviation": np.array([INTERCEPT_DEVIATION, candidate, candidate]),
        }
        fit = fit_towards_prior(design, y, **prior)
        evidence.append(log_evidence(design, y, fit, **prior))
    best = WIDTHS[int(np.argmax(evidence))]
    assert chosen_prior(design, y, means=means, signals=[]).width == (best, best)
    assert best > NARROWEST
