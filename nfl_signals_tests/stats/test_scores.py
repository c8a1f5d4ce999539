"""The scores give what a hand calculation, an identity or an independent library gives."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from model_diagnostics.scoring import SquaredError, decompose
from scipy.special import expit, logit
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import brier_score_loss
from sklearn.metrics import log_loss as sklearn_log_loss

from nfl_signals.stats import scores
from nfl_signals.stats.arrays import Floats

TWO_WAY: list[Callable[[Floats, Floats], object]] = [
    scores.brier,
    scores.log_loss,
    scores.accuracy,
    scores.calibration_slope_intercept,
    scores.debiased_calibration_error,
    scores.reliability_curve,
    scores.murphy,
    scores.corp,
    scores.spiegelhalter_z,
]


def season(seed: int, *, n: int = 272, slope: float = 1.0) -> tuple[Floats, Floats]:
    """Stated probabilities of `n` games and outcomes; logits are 1 / slope times too large."""
    rng = np.random.default_rng(seed)
    stated = rng.normal(0.3, 0.85, n)
    return expit(stated), (rng.random(n) < expit(slope * stated)).astype(float)


@st.composite
def graded(draw: st.DrawFn) -> tuple[Floats, Floats]:
    """Up to 60 games whose forecasts repeat, so that ties and small bins occur."""
    n = draw(st.integers(2, 60))
    p = draw(st.lists(st.integers(1, 19), min_size=n, max_size=n))
    y = draw(st.lists(st.booleans(), min_size=n, max_size=n))
    return np.array(p) / 20, np.array(y, dtype=float)


def test_brier_log_loss_and_accuracy_of_three_games_by_hand() -> None:
    p, y = np.array([0.9, 0.5, 0.2]), np.array([1.0, 0.0, 1.0])
    assert scores.brier(p, y) == pytest.approx((0.01 + 0.25 + 0.64) / 3)
    assert scores.log_loss(p, y) == pytest.approx(-np.log([0.9, 0.5, 0.2]).mean())
    assert scores.accuracy(p, y) == pytest.approx((1 + 0.5 + 0) / 3)


def test_brier_and_log_loss_equal_scikit_learns() -> None:
    p, y = season(1)
    assert scores.brier(p, y) == pytest.approx(brier_score_loss(y, p), abs=1e-14)
    assert scores.log_loss(p, y) == pytest.approx(sklearn_log_loss(y, p), abs=1e-14)


def test_being_certain_and_wrong_costs_a_finite_log_loss() -> None:
    assert scores.log_loss(np.array([0.0]), np.array([1.0])) == pytest.approx(-np.log(1e-12))


@pytest.mark.parametrize("score", TWO_WAY)
@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([], []),
        ([np.nan, 0.5], [1.0, 0.0]),
        ([1.1, 0.5], [1.0, 0.0]),
        ([-0.1, 0.5], [1.0, 0.0]),
        ([0.5, 0.5], [1.0]),
        ([0.5, 0.5], [0.5, 1.0]),
        ([0.5, 0.5], [np.nan, 1.0]),
    ],
    ids=["empty", "NaN", "above 1", "below 0", "unequal length", "a push", "unplayed"],
)
def test_unusable_rows_are_refused(
    score: Callable[[Floats, Floats], object], p: list[float], y: list[float]
) -> None:
    with pytest.raises(ValueError, match=r"^(probabilities|outcomes): expected"):
        score(np.array(p), np.array(y))


@given(graded())
def test_the_order_of_games_does_not_matter(games: tuple[Floats, Floats]) -> None:
    p, y = games
    order = np.random.default_rng(len(p)).permutation(len(p))
    for score in (scores.brier, scores.log_loss, scores.debiased_calibration_error):
        assert score(p[order], y[order]) == pytest.approx(score(p, y), abs=1e-12)
    assert scores.reliability_curve(p[order], y[order]) == scores.reliability_curve(p, y)


@given(graded())
def test_forecasts_of_the_opposite_event_have_the_same_scores(games: tuple[Floats, Floats]) -> None:
    p, y = games
    for score in (scores.brier, scores.log_loss, scores.accuracy):
        assert score(1 - p, 1 - y) == pytest.approx(score(p, y), abs=1e-12)


def test_three_way_scores_of_a_push_by_hand() -> None:
    p_hat, p_push = np.array([0.6]), np.array([0.1])
    assert scores.three_way_brier(p_hat, p_push, ["push"]) == pytest.approx(
        0.54**2 + 0.36**2 + 0.9**2
    )
    assert scores.three_way_log_loss(p_hat, p_push, ["push"]) == pytest.approx(-np.log(0.1))
    assert scores.three_way_log_loss(p_hat, p_push, ["no"]) == pytest.approx(-np.log(0.36))


def test_where_no_push_is_possible_three_way_scores_are_the_two_way_scores() -> None:
    p, y = season(2)
    never, outcome = np.zeros_like(p), ["yes" if hit else "no" for hit in y]
    assert scores.three_way_brier(p, never, outcome) == pytest.approx(2 * scores.brier(p, y))
    assert scores.three_way_log_loss(p, never, outcome) == pytest.approx(scores.log_loss(p, y))


@pytest.mark.parametrize("outcome", [["void"], ["yes", "no"], []])
def test_three_way_scores_refuse_other_outcomes(outcome: list[str]) -> None:
    with pytest.raises(ValueError, match="outcome: expected 1"):
        scores.three_way_brier(np.array([0.5]), np.array([0.0]), outcome)


@pytest.mark.parametrize("seed", range(5))
def test_recalibration_equals_an_unpenalised_logistic_regression(seed: int) -> None:
    p, y = season(seed, slope=0.6)
    model = LogisticRegression(C=np.inf, tol=1e-10, max_iter=1000).fit(logit(p)[:, None], y)
    mine = scores.calibration_slope_intercept(p, y)
    assert mine.slope == pytest.approx(model.coef_[0, 0], abs=1e-5)
    assert mine.intercept == pytest.approx(model.intercept_[0], abs=1e-5)


def test_recalibration_of_two_groups_has_the_textbook_standard_error() -> None:
    """Two distinct forecasts saturate the line: slope = difference of empirical logits over width."""
    p = np.repeat([0.25, 0.75], 20)
    y = np.concatenate([np.repeat([1.0, 0.0], [8, 12]), np.repeat([1.0, 0.0], [11, 9])])
    mine, width = scores.calibration_slope_intercept(p, y), 2 * np.log(3)
    assert mine.slope == pytest.approx((logit(11 / 20) - logit(8 / 20)) / width)
    assert mine.slope_se == pytest.approx(np.sqrt(1 / 8 + 1 / 12 + 1 / 11 + 1 / 9) / width)
    assert mine.intercept == pytest.approx((logit(11 / 20) + logit(8 / 20)) / 2)
    assert mine.intercept_se == pytest.approx(np.sqrt(1 / 8 + 1 / 12 + 1 / 11 + 1 / 9) / 2)


def test_recalibration_finds_the_slope_that_made_the_outcomes() -> None:
    mine = scores.calibration_slope_intercept(*season(3, n=20_000, slope=0.7))
    assert mine.slope == pytest.approx(0.7, abs=3 * mine.slope_se)
    assert mine.intercept == pytest.approx(0.0, abs=3 * mine.intercept_se)


@given(graded())
@settings(max_examples=200)
def test_recalibration_either_solves_the_score_equations_or_is_refused(
    games: tuple[Floats, Floats],
) -> None:
    p, y = games
    try:
        mine = scores.calibration_slope_intercept(p, y)
    except scores.NotEstimableError:
        return
    residual = y - expit(mine.intercept + mine.slope * logit(p))
    assert residual.sum() == pytest.approx(0, abs=1e-6)
    assert (residual * logit(p)).sum() == pytest.approx(0, abs=1e-6)


@pytest.mark.parametrize(
    ("p", "y"),
    [
        ([0.4, 0.6], [1.0, 1.0]),
        ([0.5, 0.5], [1.0, 0.0]),
        ([0.3, 0.4, 0.6], [0.0, 0.0, 1.0]),
        ([0.3, 0.5, 0.5, 0.6], [0.0, 0.0, 1.0, 1.0]),
    ],
    ids=["one class", "one forecast", "separated", "touching"],
)
def test_a_slope_that_the_games_cannot_determine_is_not_estimated(
    p: list[float], y: list[float]
) -> None:
    with pytest.raises(scores.NotEstimableError):
        scores.calibration_slope_intercept(np.array(p), np.array(y))


def test_debiased_error_of_two_bins_by_hand() -> None:
    """Bin 1: (1/4 - 1/2)^2 - (1/4)/3 = -1/48; bin 2: (3/4 - 1)^2 - 0 = 3/48; half of each."""
    p = np.repeat([0.25, 0.75], 4)
    y = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    assert scores.debiased_calibration_error(p, y, n_bins=2) == pytest.approx(np.sqrt(1 / 48))


def test_debiased_error_is_zero_rather_than_the_root_of_a_negative_number() -> None:
    p, y = np.full(4, 0.5), np.array([1.0, 0.0, 1.0, 0.0])
    assert scores.debiased_calibration_error(p, y) == 0.0


def test_debiased_error_finds_a_constant_error_of_ten_points() -> None:
    rng = np.random.default_rng(4)
    p = rng.uniform(0.2, 0.8, 40_000)
    y = (rng.random(40_000) < p + 0.1).astype(float)
    assert scores.debiased_calibration_error(p, y) == pytest.approx(0.1, abs=0.01)


@pytest.mark.parametrize(("n", "bins"), [(2, 1), (19, 1), (30, 3), (99, 9), (272, 10)])
def test_few_games_get_few_bins(n: int, bins: int) -> None:
    assert len(scores.reliability_curve(*season(5, n=n))) == bins


@pytest.mark.parametrize(("n", "n_bins"), [(1, None), (10, 0)])
def test_bins_that_cannot_be_made_are_refused(n: int, n_bins: int | None) -> None:
    with pytest.raises(ValueError, match="bins: expected two rows"):
        scores.debiased_calibration_error(np.full(n, 0.5), np.zeros(n), n_bins=n_bins)


def test_perfect_calibration_exceeds_its_own_null_in_about_one_case_of_twenty() -> None:
    p, _ = season(6, n=120)
    rng, limit = np.random.default_rng(7), scores.calibration_error_null(p, seed=0, draws=4000)
    drawn = (rng.random((1000, 120)) < p).astype(float)
    beyond = np.mean([scores.debiased_calibration_error(p, y) > limit for y in drawn])
    assert 0.03 < beyond < 0.07


def test_the_null_repeats_with_its_seed_and_shrinks_with_games() -> None:
    small, large = season(8, n=64)[0], season(8, n=1024)[0]
    null = scores.calibration_error_null(small, seed=[1, 2])
    assert null == scores.calibration_error_null(small, seed=[1, 2])
    assert null != scores.calibration_error_null(small, seed=[1, 3])
    assert null > 0.05 > scores.calibration_error_null(large, seed=[1, 2])


@given(graded())
def test_every_bin_of_the_reliability_curve_is_sound(games: tuple[Floats, Floats]) -> None:
    """All games are in a bin, equal forecasts share it, and the interval is Wilson's."""
    p, y = games
    curve = scores.reliability_curve(p, y, n_bins=5)
    assert sum(point.n for point in curve) == len(p)
    edges = np.cumsum([0, *(point.n for point in curve)])
    for point, start, end in zip(curve, edges[:-1], edges[1:], strict=True):
        assert point.n >= 2
        assert start == 0 or np.sort(p)[start - 1] < np.sort(p)[start]
        assert point.mean_p == pytest.approx(np.sort(p)[start:end].mean())
        wilson = binomtest(round(point.mean_y * point.n), point.n).proportion_ci(method="wilson")
        assert (point.low, point.high) == pytest.approx((wilson.low, wilson.high), abs=1e-12)


@given(graded())
def test_murphys_terms_add_up_to_the_brier_score(games: tuple[Floats, Floats]) -> None:
    p, y = games
    parts = scores.murphy(p, y)
    total = parts.reliability - parts.resolution + parts.uncertainty + parts.within_bin
    assert total == pytest.approx(scores.brier(p, y), abs=1e-12)


def test_murphys_terms_of_two_bins_by_hand() -> None:
    """Reliability (1/16 + 1/16) / 2 less 1/24; resolution 1/16 less 1/24 plus 3/112."""
    p = np.repeat([0.25, 0.75], 4)
    y = np.array([1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 1.0])
    parts = scores.murphy(p, y, n_bins=2)
    assert parts.reliability == pytest.approx(1 / 16 - 1 / 24)
    assert parts.resolution == pytest.approx(1 / 16 - 1 / 24 + 3 / 112)
    assert parts.uncertainty == pytest.approx(3 / 16 + 3 / 112)
    assert parts.within_bin == pytest.approx(0)


def test_murphys_reliability_of_a_perfect_forecast_is_zero_on_average() -> None:
    p = np.repeat(np.linspace(0.1, 0.9, 5), 12)
    rng = np.random.default_rng(9)
    found = [scores.murphy(p, (rng.random(60) < p) * 1.0, n_bins=5) for _ in range(2000)]
    reliability = np.array([parts.reliability for parts in found])
    assert reliability.mean() == pytest.approx(0, abs=3 * reliability.std() / np.sqrt(2000))
    spread = np.mean(p * (1 - p)) + p.var(ddof=1)
    uncertainty = np.array([parts.uncertainty for parts in found])
    assert uncertainty.mean() == pytest.approx(spread, abs=3 * uncertainty.std() / np.sqrt(2000))


@pytest.mark.parametrize("seed", range(5))
def test_corp_equals_model_diagnostics(seed: int) -> None:
    p, y = season(seed)
    p = p.round(2)
    theirs = decompose(y, p, scoring_function=SquaredError()).row(0, named=True)
    mine = scores.corp(p, y)
    assert mine.miscalibration == pytest.approx(theirs["miscalibration"], abs=1e-10)
    assert mine.discrimination == pytest.approx(theirs["discrimination"], abs=1e-10)
    assert mine.uncertainty == pytest.approx(theirs["uncertainty"], abs=1e-10)


@given(graded())
def test_corp_terms_are_not_negative_and_add_up(games: tuple[Floats, Floats]) -> None:
    p, y = games
    parts = scores.corp(p, y)
    assert min(parts.miscalibration, parts.discrimination, parts.uncertainty) >= -1e-12
    total = parts.miscalibration - parts.discrimination + parts.uncertainty
    assert total == pytest.approx(scores.brier(p, y), abs=1e-12)


def test_corp_discrimination_ignores_how_sure_the_forecast_sounds() -> None:
    p, y = season(10)
    louder = expit(2 * logit(p))
    assert scores.corp(louder, y).discrimination == pytest.approx(scores.corp(p, y).discrimination)


def test_spiegelhalter_z_of_two_upsets_by_hand() -> None:
    """(0.8 * 0.6 + 0.6 * 0.2) / sqrt(0.36 * 0.16 + 0.04 * 0.24)."""
    z = scores.spiegelhalter_z(np.array([0.8, 0.6]), np.array([0.0, 0.0]))
    assert z == pytest.approx(0.6 / np.sqrt(0.0672))


def test_spiegelhalter_z_is_standard_normal_for_a_perfect_forecast() -> None:
    p, _ = season(11)
    drawn = (np.random.default_rng(12).random((2000, len(p))) < p).astype(float)
    z = np.array([scores.spiegelhalter_z(p, y) for y in drawn])
    assert z.mean() == pytest.approx(0, abs=0.07)
    assert z.std() == pytest.approx(1, abs=0.05)


def test_spiegelhalter_z_of_coins_is_not_estimable() -> None:
    with pytest.raises(scores.NotEstimableError):
        scores.spiegelhalter_z(np.full(3, 0.5), np.array([1.0, 0.0, 1.0]))
