"""The score card against independent computations."""

import numpy as np
import pytest
from scipy.stats import norm
from sklearn.metrics import brier_score_loss, log_loss, roc_auc_score

from nfl_signals.reports.shared.score_card import LEVEL, Graded, compare, score_card
from nfl_signals.reports.shared.targets import verdict
from nfl_signals.stats import scores
from nfl_signals.stats.bootstrap import week_block_interval


def graded(n: int = 600, *, seed: int = 0, noise: float = 0.0) -> Graded:
    truth_rng, rng = np.random.default_rng(1), np.random.default_rng(seed)
    truth = truth_rng.uniform(0.2, 0.8, n)
    y = (truth_rng.random(n) < truth).astype(np.float64)
    p = np.clip(truth + rng.normal(0, noise, n), 0.01, 0.99) if noise else truth
    return Graded(p=p, y=y, weeks=np.arange(n) // 15)


def test_scores_equal_those_of_scikit_learn() -> None:
    given = graded(noise=0.1)
    card = score_card(given, seed=0)
    assert card["n"] == 600
    assert card["n_weeks"] == 40
    assert card["brier"]["estimate"] == pytest.approx(brier_score_loss(given.y, given.p))
    assert card["log_loss"] == pytest.approx(log_loss(given.y, given.p))
    assert card["auc"] == pytest.approx(roc_auc_score(given.y, given.p))
    assert card["accuracy"]["estimate"] == pytest.approx(scores.accuracy(given.p, given.y))


def test_intervals_redraw_whole_weeks() -> None:
    given = graded()
    expected = week_block_interval((given.p - given.y) ** 2, given.weeks, seed=5)
    card = score_card(given, seed=5)
    assert (card["brier"]["low"], card["brier"]["high"]) == (expected.low, expected.high)


def test_a_forecast_of_one_half_counts_as_half_a_hit() -> None:
    even = Graded(p=np.array([0.5, 0.6, 0.6]), y=np.array([1.0, 1.0, 0.0]), weeks=np.arange(3))
    assert even.hits.tolist() == [0.5, 1.0, 0.0]


def test_true_probabilities_look_calibrated_and_shaken_ones_overconfident() -> None:
    true = score_card(graded(n=6000), seed=0)
    shaken = score_card(graded(n=6000, noise=0.25), seed=0)
    assert true["slope"]["low"] < 1 < true["slope"]["high"]
    assert true["calibration_error"] < true["calibration_error_null95"]
    assert shaken["slope"]["high"] < 1
    assert shaken["calibration_error"] > shaken["calibration_error_null95"]


def test_the_paired_difference_by_hand() -> None:
    y, weeks = np.array([1.0, 0.0]), np.array([1, 2])
    mine = Graded(p=np.array([0.9, 0.2]), y=y, weeks=weeks)
    other = Graded(p=np.array([0.5, 0.5]), y=y, weeks=weeks)
    found = compare(mine, other, seed=0)
    assert found["estimate"] == pytest.approx((0.01 - 0.25 + 0.04 - 0.25) / 2)
    assert found["relative"] == pytest.approx(-0.225 / 0.25)
    sd = abs(-0.24 + 0.21) / np.sqrt(2)
    assert found["minimum_detectable"] == pytest.approx((1.96 + 0.8416) * sd / np.sqrt(2), 1e-4)
    assert found["verdict"] == "PASS"


def test_what_is_called_detectable_gets_its_verdict_with_the_stated_power() -> None:
    """By the verdict itself: an interval of the reports' level that lies wholly on one side."""
    y, weeks, reach = np.zeros(40), np.arange(40), float(norm.ppf((1 + LEVEL) / 2))
    random = np.random.default_rng(3)
    mine, other = (Graded(p=random.uniform(0, 1, 40), y=y, weeks=weeks) for _ in range(2))
    effect = compare(mine, other, seed=0)["minimum_detectable"]
    error = (mine.squared_errors - other.squared_errors).std(ddof=1) / np.sqrt(40)
    gains = random.normal(-effect, error, 20_000)
    ends = zip(gains - reach * error, gains + reach * error, strict=True)
    found = [verdict(low=low, high=high, limit=0.0, side="below") for low, high in ends]
    assert found.count("PASS") / len(found) == pytest.approx(0.8, abs=0.01)


def test_comparing_the_other_way_round_changes_the_sign_and_the_verdict() -> None:
    mine, other = graded(), graded(noise=0.3)
    forth, back = compare(mine, other, seed=0), compare(other, mine, seed=0)
    assert forth["estimate"] == pytest.approx(-back["estimate"])
    assert (forth["low"], forth["high"]) == pytest.approx((-back["high"], -back["low"]))
    assert (forth["verdict"], back["verdict"]) == ("PASS", "FAIL")


def test_a_forecaster_is_not_distinguishable_from_itself() -> None:
    found = compare(graded(), graded(), seed=0)
    assert found["estimate"] == 0
    assert found["verdict"] == "UNDERPOWERED"


def test_one_week_gives_no_interval_and_one_game_no_calibration() -> None:
    one = Graded(p=np.array([0.6]), y=np.array([1.0]), weeks=np.array([1]))
    card = score_card(one, seed=0)
    assert card["brier"] == {"estimate": pytest.approx(0.16), "low": None, "high": None}
    assert [card[key] for key in ("auc", "slope", "calibration_error")] == [None, None, None]
    assert compare(one, one, seed=0)["verdict"] == "UNDERPOWERED"
    assert compare(one, one, seed=0)["minimum_detectable"] is None


def test_against_a_reference_without_error_there_is_no_relative_difference() -> None:
    sure = Graded(p=np.array([1.0, 0.0]), y=np.array([1.0, 0.0]), weeks=np.array([1, 2]))
    assert compare(sure, sure, seed=0)["relative"] is None
