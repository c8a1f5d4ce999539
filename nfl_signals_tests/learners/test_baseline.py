"""Claims about base models of each market: `baselines`."""

from dataclasses import replace
from functools import cache, partial
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nfl_signals.calibration.identity import IdentityCalibrator
from nfl_signals.calibration.temperature import TemperatureCalibrator
from nfl_signals.core.errors import InputError, IntegrityError, SettingsError
from nfl_signals.learners.baseline import (
    CALIBRATOR_FILE,
    HOLDOUT_SHARE,
    SLOPE_DEVIATION,
    TAIL,
    Baseline,
    fit_baseline,
    require,
)
from nfl_signals.learners.device import gpu_count
from nfl_signals.learners.game_matrix import GameMatrix, combine_of
from nfl_signals.learners.protocol import Inputs
from nfl_signals.markets.definitions import ATS, MARKETS, MONEYLINE, TOTAL, Market
from nfl_signals.markets.outcome_distribution import LARGEST, OutcomeDistribution
from nfl_signals.stats.arrays import Floats
from nfl_signals.stats.logit import expit, logit
from nfl_signals_tests.support.model_builders import (
    EVERY_LEARNER,
    files_of,
    inputs_of,
    matrix_of,
    new_learner,
    planted,
    predicted,
)

N = 500
every_market = pytest.mark.parametrize("market", MARKETS.values(), ids=lambda m: m.name)
every_learner = pytest.mark.parametrize("learner", EVERY_LEARNER)
by_margin_or_total = pytest.mark.parametrize("market", [ATS, TOTAL], ids=lambda m: m.name)


def league(market: Market, *, seed: int = 1) -> tuple[GameMatrix, Floats]:
    """Features of N games and their margins, or totals around 44."""
    x, points = planted(N, seed=seed)
    return matrix_of(x), np.maximum(points + 44, 0) if market is TOTAL else points


def lines(market: Market) -> Floats:
    """One threshold for every game."""
    return np.full(N, 44.0 if market is TOTAL else 3.0)


@cache
def fitted(market: Market, learner: str = "logistic") -> tuple[Baseline, Inputs]:
    matrix, points = league(market)
    rows = np.arange(N)
    model = fit_baseline(
        matrix, rows, points, lines(market), market=market, learner=learner, seed=7
    )
    return model, matrix.inputs


class FirstColumn:
    """A learner that predicts column 0 as it stands."""

    name = "logistic"
    spec = new_learner("logistic", "mean", monotone=(0,)).spec

    def predict(self, inputs: Inputs) -> Floats:
        return inputs.x[:, 0]


def baseline_of(market: Market, distribution: OutcomeDistribution | None = None) -> Baseline:
    return Baseline(
        market=market,
        learner=FirstColumn(),  # type: ignore[arg-type]
        distribution=distribution,
        calibrator=IdentityCalibrator(n_games=0),
        push_rate=0.01,
        names=("f0",),
    )


def thirteen_points(*, symmetric: bool) -> OutcomeDistribution:
    weights = (1.0,) * 3 + (2.5,) + (1.0,) * (LARGEST - 3)
    return OutcomeDistribution(deviation=13.0, symmetric=symmetric, weights=weights)


# --- what a forecast means


@every_learner
def test_a_moneyline_model_ignores_the_line(learner: str) -> None:
    model, inputs = fitted(MONEYLINE, learner)
    without = model.predict(inputs, np.zeros(N))
    somewhere = model.predict(inputs, np.linspace(-20, 20, N))
    assert without[0].tobytes() == somewhere[0].tobytes()
    assert without[1].tobytes() == somewhere[1].tobytes()


@pytest.mark.parametrize(("market", "mean"), [(ATS, -2.5), (TOTAL, 46.5)])
@pytest.mark.parametrize("away_from_mean", [-7.0, 0.5, 3.5, 10.0])
def test_p_hat_is_the_share_above_the_line_among_games_that_do_not_push(
    market: Market, mean: float, away_from_mean: float
) -> None:
    distribution = thirteen_points(symmetric=market is ATS)
    line = mean + away_from_mean
    p_yes, p_push = baseline_of(market, distribution).predict(
        inputs_of(np.array([[mean]])), np.array([line])
    )
    mass = dict(
        zip(
            distribution.support.tolist(),
            distribution.mass(np.array([mean]))[0].tolist(),
            strict=True,
        )
    )
    above = sum(p for points, p in mass.items() if points > line)
    under = sum(p for points, p in mass.items() if points < line)
    assert p_yes[0] == pytest.approx(above / (above + under))
    assert p_push[0] == pytest.approx(mass.get(int(line), 0.0) if line == int(line) else 0.0)


@by_margin_or_total
@every_learner
def test_a_higher_line_never_raises_p_hat(market: Market, learner: str) -> None:
    model, inputs = fitted(market, learner)
    few = inputs.take(np.arange(40))
    start = -30.0 if market is ATS else 20.0
    answers = [model.predict(few, np.full(40, start + step / 2))[0] for step in range(120)]
    assert np.diff(answers, axis=0).max() <= 1e-12


@given(st.floats(-40, 40), st.floats(-40, 40))
def test_no_base_model_claims_certainty(mean: float, line: float) -> None:
    narrow = OutcomeDistribution(deviation=1.0, symmetric=True, weights=(1.0,) * (LARGEST + 1))
    p_yes, _ = baseline_of(ATS, narrow).predict(inputs_of(np.array([[mean]])), np.array([line]))
    assert TAIL <= p_yes[0] <= 1 - TAIL


def test_a_moneyline_probability_is_clipped_and_its_push_rate_constant() -> None:
    p_yes, p_push = baseline_of(MONEYLINE).predict(
        inputs_of(np.array([[0.0], [0.4], [1.0]])), np.zeros(3)
    )
    assert p_yes.tolist() == [TAIL, 0.4, 1 - TAIL]
    assert p_push.tolist() == [0.01] * 3


@every_market
@every_learner
def test_every_learner_finds_the_planted_signal_on_games_it_never_saw(
    market: Market, learner: str
) -> None:
    model, _ = fitted(market, learner)
    matrix, points = league(market, seed=2)
    line = np.full(N, 44.5 if market is TOTAL else 0.0)
    yes, decided = points > line, points != line
    p_yes, _ = model.predict(matrix.inputs, line)
    brier = np.mean((p_yes[decided] - yes[decided]) ** 2)
    assert brier < 0.24


# --- what it is fitted on


def test_ties_change_nothing_of_a_moneyline_model_but_the_push_rate() -> None:
    matrix, points = league(MONEYLINE)
    points[points == 0] = 1
    points[:25] = 0
    rows = np.arange(N)
    model = fit_baseline(
        matrix, rows, points, lines(MONEYLINE), market=MONEYLINE, learner="logistic", seed=7
    )
    alone = new_learner("logistic", "probability", monotone=matrix.monotone)
    alone.fit(inputs_of(matrix.x[25:]), (points[25:] > 0).astype(np.float64))
    p_yes, p_push = model.predict(matrix.inputs, np.zeros(N))
    assert p_push.tolist() == [25 / N] * N
    assert p_yes.tobytes() == alone.predict(matrix.inputs).tobytes()


@by_margin_or_total
@every_learner
def test_distribution_and_slope_come_from_the_latest_two_fifths_and_a_model_that_saw_the_rest(
    market: Market, learner: str
) -> None:
    matrix, points = league(market)
    rows = np.arange(0, 450)
    model = fit_baseline(
        matrix, rows, points, lines(market), market=market, learner=learner, seed=7
    )
    first = new_learner(
        learner, "mean", monotone=matrix.monotone, seed=7, combine=combine_of(market)
    )
    first.fit(inputs_of(matrix.x[:270]), points[:270])
    expected, late = predicted(first, matrix.x[270:450]), points[270:450]
    errors = late - expected
    assert HOLDOUT_SHARE == 0.4
    assert model.distribution is not None
    assert model.distribution.deviation == pytest.approx(np.sqrt(np.mean(errors**2)))
    assert model.distribution.symmetric == (market is ATS)
    line = lines(market)[270:450]
    p_raw, _ = model.distribution.yes_and_push(expected, line)
    decided = late != line
    assert isinstance(model.calibrator, TemperatureCalibrator)
    assert model.calibrator.n_games == decided.sum()
    # Where the posterior is steepest downhill nowhere: what is unexplained is what the prior pulls.
    x, slope = logit(p_raw[decided]), model.calibrator.slope
    unexplained = np.sum(x * ((late > line)[decided] - expit(slope * x)))
    assert unexplained == pytest.approx((slope - 1) / SLOPE_DEVIATION**2, abs=1e-6)


def efficient_lines(market: Market, *, seed: int) -> tuple[GameMatrix, Floats, Floats]:
    """A league whose lines know the mean of every game, of which the learner sees a quarter."""
    random = np.random.default_rng(seed)
    x = random.normal(size=(2 * N, 4))
    mean = (44.0 if market is TOTAL else 0.0) + 3.0 * x.sum(axis=1)
    points = np.maximum(np.round(mean + 12.0 * random.normal(size=2 * N)), -60)
    seen = np.column_stack([x[:, 0], random.normal(size=(2 * N, 3))])
    return matrix_of(seen), np.abs(points) if market is TOTAL else points, np.round(mean) + 0.5


@by_margin_or_total
@pytest.mark.parametrize("learner", ["logistic", "lightgbm", "xgboost"])
def test_a_learner_that_knows_less_than_the_line_is_drawn_back_to_a_coin(
    market: Market, learner: str
) -> None:
    """Against such lines nothing but one half is right, whatever the learner expects."""
    matrix, points, line = efficient_lines(market, seed=4)
    train, test = np.arange(N), np.arange(N, 2 * N)
    model = fit_baseline(matrix, train, points, line, market=market, learner=learner, seed=7)
    inputs, yes = matrix.inputs.take(test), points[test] > line[test]
    raw, calibrated = (
        np.mean((predict(inputs, line[test])[0] - yes) ** 2)
        for predict in (model.predict_raw, model.predict)
    )
    assert raw > 0.26
    assert calibrated < 0.252


@by_margin_or_total
def test_p_hat_is_the_raw_probability_with_its_logit_times_the_slope(market: Market) -> None:
    model = replace(fitted(market)[0], calibrator=TemperatureCalibrator(slope=0.5, n_games=9))
    inputs, line = fitted(market)[1], lines(market) + np.arange(N) % 9
    (p_raw, push_raw), (p_hat, push) = model.predict_raw(inputs, line), model.predict(inputs, line)
    odds_raw, odds = p_raw / (1 - p_raw), p_hat / (1 - p_hat)
    assert odds == pytest.approx(np.sqrt(odds_raw))
    assert push.tobytes() == push_raw.tobytes()
    assert model.calibrated(p_raw).tobytes() == p_hat.tobytes()


@every_learner
def test_a_moneyline_model_is_fitted_to_the_probability_itself_and_has_no_slope(
    learner: str,
) -> None:
    model, inputs = fitted(MONEYLINE, learner)
    p_raw, p_hat = model.predict_raw(inputs, lines(MONEYLINE)), model.predict(inputs, lines(ATS))
    assert model.calibrator == IdentityCalibrator(n_games=0)
    assert p_raw[0].tobytes() == p_hat[0].tobytes()


@by_margin_or_total
def test_games_without_a_line_set_no_slope(market: Market) -> None:
    matrix, points = league(market)
    line = lines(market)
    line[300:] = np.nan
    model = fit_baseline(
        matrix, np.arange(N), points, line, market=market, learner="logistic", seed=7
    )
    assert model.calibrator == TemperatureCalibrator(slope=1.0, n_games=0)
    assert model.distribution == fitted(market)[0].distribution


@by_margin_or_total
def test_the_mean_itself_is_fitted_on_all_training_games(market: Market) -> None:
    matrix, points = league(market)
    model, _ = fitted(market)
    alone = new_learner("logistic", "mean", monotone=matrix.monotone).fit(matrix.inputs, points)
    assert model.learner.predict(matrix.inputs).tobytes() == alone.predict(matrix.inputs).tobytes()


@every_market
@every_learner
def test_games_outside_the_training_rows_change_nothing(market: Market, learner: str) -> None:
    matrix, points = league(market)
    rows = np.arange(0, 400)
    changed, x, line = points.copy(), matrix.x.copy(), lines(market)
    other_line = np.concatenate([line[:400], line[400:] + 20])
    changed[400:], x[400:] = -99.0, 99.0
    answers = [
        fit_baseline(matrix_of(given_x), rows, given, at, market=market, learner=learner, seed=7)
        .predict(matrix.inputs.take(rows), line[:400])[0]
        .tobytes()
        for given_x, given, at in ((matrix.x, points, line), (x, changed, other_line))
    ]
    assert answers[0] == answers[1]


@every_market
def test_an_unplayed_training_game_raises(market: Market) -> None:
    matrix, points = league(market)
    points[3] = np.nan
    with pytest.raises(ValueError, match="must be played"):
        fit_baseline(
            matrix, np.arange(N), points, lines(market), market=market, learner="logistic", seed=7
        )


@every_learner
@every_market
def test_prior_beliefs_of_the_matrix_reach_the_learner(market: Market, learner: str) -> None:
    matrix, points = league(market)
    doubted = replace(matrix, weight=(0.05, 1.0, 1.0, 1.0))
    shares = [
        fit_baseline(
            given, np.arange(N), points, lines(market), market=market, learner=learner, seed=7
        ).learner.importance()["f0"]
        for given in (matrix, doubted)
    ]
    assert shares[1] < shares[0] - 0.05


@pytest.mark.parametrize("learner", ["lightgbm", "xgboost"])
@every_market
@settings(deadline=None, max_examples=10)
@given(st.floats(-2, 2), st.floats(0, 2))
def test_monotone_directions_of_the_matrix_reach_the_learner(
    market: Market, learner: str, low: float, more: float
) -> None:
    model, inputs = fitted(market, learner)
    x, line = inputs.x, np.full(40, 44.0 if market is TOTAL else 0.0)
    worse, better = x[:40].copy(), x[:40].copy()
    worse[:, 0], better[:, 0] = low, low + more
    assert np.all(
        model.predict(inputs_of(better), line)[0] >= model.predict(inputs_of(worse), line)[0]
    )


# --- stored as data


@every_market
@every_learner
def test_a_stored_model_answers_bit_for_bit_as_before(
    market: Market, learner: str, tmp_path: Path
) -> None:
    matrix, points = league(market)
    matrix = replace(matrix, weight=(0.5, 1.0, 0.15, 1.0))
    model = fit_baseline(
        matrix, np.arange(N), points, lines(market), market=market, learner=learner, seed=7
    )
    inputs, line = matrix.inputs, np.full(N, 44.0 if market is TOTAL else 3.0)
    model.save(tmp_path)
    after = Baseline.load(tmp_path, model.names)
    before, again = model.learner.importance(), after.learner.importance()
    assert again == pytest.approx(before, rel=1e-6)
    assert [part.tobytes() for part in after.predict(inputs, line)] == [
        part.tobytes() for part in model.predict(inputs, line)
    ]
    assert (after.market, after.names, after.distribution, after.push_rate, after.calibrator) == (
        model.market,
        model.names,
        model.distribution,
        model.push_rate,
        model.calibrator,
    )


def test_a_model_that_lost_its_calibrator_is_refused(tmp_path: Path) -> None:
    model, _ = fitted(ATS)
    model.save(tmp_path)
    (tmp_path / CALIBRATOR_FILE).unlink()
    with pytest.raises(InputError, match=CALIBRATOR_FILE):
        Baseline.load(tmp_path, model.names)


@every_market
@every_learner
def test_two_fits_with_one_seed_write_the_same_files(
    market: Market, learner: str, tmp_path: Path
) -> None:
    for folder in ("first", "second"):
        fitted.__wrapped__(market, learner)[0].save(tmp_path / folder)
    assert files_of(tmp_path / "first") == files_of(tmp_path / "second")


@pytest.mark.parametrize(
    "names", [("f1", "f0", "f2", "f3"), ("f0", "f1", "f2"), ("f0", "f1", "f2", "f3", "f4")]
)
def test_a_model_of_other_feature_columns_is_refused(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    model, _ = fitted(ATS)
    model.save(tmp_path)
    with pytest.raises(IntegrityError, match="other feature columns"):
        Baseline.load(tmp_path, names)


@every_learner
def test_a_model_may_be_fitted_on_whatever_device_there_is(learner: str) -> None:
    """`auto` takes a GPU where it can; the answers are close wherever the sums were made."""
    matrix, points = league(ATS)
    line = np.full(N, 3.0)
    fit = partial(
        fit_baseline, matrix, np.arange(N), points, lines(ATS), market=ATS, learner=learner
    )
    here, there = fit(seed=7, device="cpu"), fit(seed=7, device="auto")
    gap = here.predict(matrix.inputs, line)[0] - there.predict(matrix.inputs, line)[0]
    assert np.abs(gap).max() < 0.01


def test_learners_that_need_nothing_special_are_always_there() -> None:
    require(["logistic", "lightgbm", "xgboost"], "auto")


def test_a_missing_gpu_is_an_error_before_the_first_fit() -> None:
    require(["logistic", "lightgbm"], "cuda")
    if gpu_count() == 0:
        with pytest.raises(SettingsError, match="set it to auto or cpu"):
            require(["logistic", "xgboost"], "cuda")
