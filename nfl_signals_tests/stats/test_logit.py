"""Claims about logits and about logistic regression towards a prior: `logit`."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.integrate import quad
from sklearn.linear_model import LogisticRegression

from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import TAIL, expit, fit_towards_prior, log_evidence, logit


def simulated(n: int, coefficients: list[float], *, seed: int) -> tuple[Floats, Floats]:
    """A column of ones, Normal inputs, and outcomes of the logistic model."""
    random = np.random.default_rng(seed)
    x = np.column_stack([np.ones(n), random.normal(size=(n, len(coefficients) - 1))])
    return x, (random.random(n) < expit(x @ np.array(coefficients))).astype(np.float64)


def gradient(x: Floats, y: Floats, coefficients: Floats, mean: Floats, deviation: Floats) -> Floats:
    """Slope of the negative log posterior: zero at its minimum, and only there (it is convex)."""
    return x.T @ (expit(x @ coefficients) - y) + (coefficients - mean) / deviation**2


@pytest.mark.parametrize(
    ("p", "expected"), [(0.5, 0.0), (0.75, math.log(3)), (0.2, -math.log(4)), (0.9, math.log(9))]
)
def test_log_odds_by_hand(p: float, expected: float) -> None:
    assert logit(np.array([p]))[0] == pytest.approx(expected, abs=1e-15)
    assert expit(np.array([expected]))[0] == pytest.approx(p, abs=1e-15)


def test_certainty_becomes_the_largest_finite_log_odds() -> None:
    edge = math.log((1 - TAIL) / TAIL)
    assert logit(np.array([0.0, 1.0])).tolist() == pytest.approx([-edge, edge], rel=1e-9)


@given(st.floats(TAIL, 1 - TAIL))
def test_expit_undoes_logit(p: float) -> None:
    assert expit(logit(np.array([p])))[0] == pytest.approx(p, rel=1e-9)


@given(st.floats(-13, 13))
def test_logit_undoes_expit(x: float) -> None:
    assert logit(expit(np.array([x])))[0] == pytest.approx(x, abs=1e-8)


@given(st.floats(0, 1), st.floats(0, 1))
def test_logit_keeps_order_and_is_odd_around_one_half(low: float, high: float) -> None:
    low, high = min(low, high), max(low, high)
    below, above, mirrored = logit(np.array([low, high, 1 - low]))
    assert below <= above
    assert mirrored == pytest.approx(-below, rel=1e-6, abs=1e-9)


@pytest.mark.parametrize("penalty", [0.01, 1.0, 25.0])
def test_a_prior_at_zero_is_scikit_learns_ridge_penalty(penalty: float) -> None:
    """C is the prior variance: both minimise log loss + |coefficients|^2 / (2 C)."""
    x, y = simulated(400, [0.4, -1.0, 0.3], seed=1)
    mine = fit_towards_prior(
        x, y, prior_mean=np.zeros(3), prior_deviation=np.full(3, math.sqrt(penalty))
    )
    theirs = LogisticRegression(C=penalty, fit_intercept=False, tol=1e-12, max_iter=10_000)
    assert mine.tolist() == pytest.approx(theirs.fit(x, y).coef_[0].tolist(), abs=1e-6)


def test_without_rows_the_prior_comes_back() -> None:
    prior = np.array([0.1, 1.0, -2.0])
    fitted = fit_towards_prior(
        np.empty((0, 3)), np.empty(0), prior_mean=prior, prior_deviation=np.ones(3)
    )
    assert fitted.tolist() == prior.tolist()


def test_an_infinitely_sure_prior_is_not_moved_by_data() -> None:
    x, y = simulated(2000, [0.5, 1.0], seed=2)
    prior = np.array([-0.2, 0.3])
    fitted = fit_towards_prior(x, y, prior_mean=prior, prior_deviation=np.full(2, 1e-6))
    assert fitted.tolist() == pytest.approx(prior.tolist(), abs=1e-6)


def test_two_hundred_thousand_rows_overrule_a_wrong_prior() -> None:
    x, y = simulated(200_000, [0.2, -1.0, 0.5], seed=3)
    right, wrong = (
        fit_towards_prior(x, y, prior_mean=mean, prior_deviation=np.full(3, 0.5))
        for mean in (np.array([0.2, -1.0, 0.5]), np.array([-1.0, 1.0, -1.0]))
    )
    assert np.max(np.abs(right - wrong)) < 0.001
    assert wrong.tolist() == pytest.approx([0.2, -1.0, 0.5], abs=0.03)


def test_more_data_moves_the_estimate_further_from_the_prior() -> None:
    x, y = simulated(4000, [0.0, 1.0], seed=4)
    slopes = [
        fit_towards_prior(x[:n], y[:n], prior_mean=np.zeros(2), prior_deviation=np.full(2, 0.1))[1]
        for n in (0, 40, 400, 4000)
    ]
    assert slopes == sorted(slopes)
    assert slopes[0] == 0
    assert slopes[-1] > 0.8


def test_the_prior_passed_in_is_not_written_to() -> None:
    x, y = simulated(50, [0.0, 1.0], seed=5)
    prior = np.zeros(2)
    fit_towards_prior(x, y, prior_mean=prior, prior_deviation=np.ones(2))
    assert prior.tolist() == [0.0, 0.0]


def test_perfectly_separated_outcomes_still_give_finite_coefficients() -> None:
    x = np.column_stack([np.ones(6), [-3.0, -2.0, -1.0, 1.0, 2.0, 3.0]])
    y = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
    mean, deviation = np.zeros(2), np.ones(2)
    fitted = fit_towards_prior(x, y, prior_mean=mean, prior_deviation=deviation)
    assert np.abs(gradient(x, y, fitted, mean, deviation)).max() < 1e-8


def test_an_input_that_is_not_a_number_is_refused() -> None:
    x = np.array([[1.0, np.nan], [1.0, 0.0]])
    with pytest.raises(ValueError, match="every input must be finite"):
        fit_towards_prior(
            x, np.array([0.0, 1.0]), prior_mean=np.zeros(2), prior_deviation=np.ones(2)
        )


@given(
    arrays(np.float64, (12, 2), elements=st.floats(-14, 14)),
    arrays(np.bool_, 12),
    st.floats(-1, 1),
    st.floats(0.05, 1.0),
)
def test_the_fit_ends_where_the_posterior_is_flat(
    inputs: Floats, yes: Floats, mean: float, deviation: float
) -> None:
    """Inputs reach as far as logits of clipped probabilities do (about 13.8)."""
    y = yes.astype(np.float64)
    prior, width = np.full(2, mean), np.full(2, deviation)
    fitted = fit_towards_prior(inputs, y, prior_mean=prior, prior_deviation=width)
    assert np.abs(gradient(inputs, y, fitted, prior, width)).max() < 1e-5


# --- evidence


def evidence(x: Floats, y: Floats, mean: Floats, deviation: Floats) -> float:
    """Of the fit under the same prior."""
    prior = {"prior_mean": mean, "prior_deviation": deviation}
    return log_evidence(x, y, fit_towards_prior(x, y, **prior), **prior)


def integrated(x: Floats, y: Floats, mean: float, deviation: float) -> float:
    """Log of likelihood times prior, integrated over the one coefficient."""

    def log_joint(at: float) -> float:
        likelihood = y @ (x[:, 0] * at) - np.logaddexp(0, x[:, 0] * at).sum()
        prior = -0.5 * ((at - mean) / deviation) ** 2
        return float(likelihood + prior - math.log(deviation * math.sqrt(2 * math.pi)))

    grid = np.linspace(mean - 8 * deviation, mean + 8 * deviation, 401)
    at_grid = [log_joint(at) for at in grid]
    top, peak = max(at_grid), float(grid[int(np.argmax(at_grid))])
    area, _ = quad(lambda at: math.exp(log_joint(at) - top), grid[0], grid[-1], points=[peak])
    return top + math.log(area)


@pytest.mark.parametrize("deviation", [0.02, 0.1, 0.4])
@pytest.mark.parametrize("n", [5, 40, 200, 1000])
def test_the_evidence_is_the_integral_of_likelihood_times_prior(n: int, deviation: float) -> None:
    """Laplace's approximation is good to 0.002 where a prior of 0.4 helps so few games."""
    random = np.random.default_rng(n)
    x = random.normal(size=(n, 1))
    y = (random.random(n) < expit(x[:, 0])).astype(np.float64)
    laplace = evidence(x, y, np.array([0.7]), np.array([deviation]))
    assert laplace == pytest.approx(integrated(x, y, 0.7, deviation), abs=2e-3)


def test_without_rows_there_is_nothing_to_be_surprised_by() -> None:
    nothing = evidence(np.empty((0, 3)), np.empty(0), np.ones(3), np.array([0.05, 0.4, 2.0]))
    assert nothing == pytest.approx(0, abs=1e-12)


def test_under_a_sure_prior_the_evidence_is_the_likelihood_of_its_mean() -> None:
    x, y = simulated(300, [0.2, 1.0], seed=6)
    mean = np.array([0.1, 0.8])
    p = expit(x @ mean)
    likelihood = float(np.sum(np.log(np.where(y == 1, p, 1 - p))))
    assert evidence(x, y, mean, np.full(2, 1e-5)) == pytest.approx(likelihood, abs=1e-5)


def test_evidence_rewards_a_prior_that_reaches_the_truth_and_no_further() -> None:
    """The truth is 0.5 away from the prior mean; too wide a prior wastes its belief elsewhere."""
    x, y = simulated(4000, [0.0, 0.5], seed=7)
    found = {
        deviation: evidence(x, y, np.zeros(2), np.array([0.05, deviation]))
        for deviation in (0.01, 0.5, 50.0)
    }
    assert found[0.5] > found[0.01]
    assert found[0.5] > found[50.0] + 4


def test_two_coefficients_by_drawing_them_from_the_prior() -> None:
    """Averages the likelihood over 200,000 draws; the seed makes it the same number every time."""
    x, y = simulated(60, [0.3, -0.5], seed=8)
    mean, deviation = np.array([0.1, -0.3]), np.array([0.2, 0.3])
    draws = mean + deviation * np.random.default_rng(1).normal(size=(200_000, 2))
    linear = draws @ x.T
    likelihood = linear @ y - np.logaddexp(0, linear).sum(axis=1)
    top = likelihood.max()
    drawn = top + math.log(np.exp(likelihood - top).mean())
    assert evidence(x, y, mean, deviation) == pytest.approx(drawn, abs=0.01)
