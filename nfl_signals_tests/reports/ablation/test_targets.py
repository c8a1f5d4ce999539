"""Targets of the stack: numbers by hand, verdicts from the interval beside them."""

from typing import Any

import numpy as np
import pytest

from nfl_signals.reports.ablation.targets import (
    EDGE,
    ats_picks,
    holds_one,
    learner_gains,
    no_worse,
    stack_targets,
)
from nfl_signals.reports.shared.forecasters import FINAL
from nfl_signals.reports.shared.score_card import Graded, score_card
from nfl_signals.stats.bootstrap import week_block_interval

SEED = 3
N = 4000
WEEKS = np.arange(N) // 16


def of(p: np.ndarray, y: np.ndarray, weeks: np.ndarray | None = None) -> Graded:
    return Graded(p=p, y=y, weeks=np.arange(len(p)) if weeks is None else weeks)


@pytest.fixture(scope="module")
def graded() -> dict[str, Graded]:
    """A stack that knows the truth, a close that nearly does, one shaken learner and a worse one."""
    rng = np.random.default_rng(0)
    truth = 1 / (1 + np.exp(-rng.normal(0, 0.9, N)))
    y = (rng.random(N) < truth).astype(np.float64)

    def shaken(size: float) -> Graded:
        return of(np.clip(truth + rng.normal(0, size, N), 0.02, 0.98), y, WEEKS)

    return {
        FINAL: of(truth, y, WEEKS),
        "price": shaken(0.02),
        "better": shaken(0.1),
        "worse": shaken(0.3),
    }


def judged(market: str, graded: dict[str, Graded]) -> dict[str, list[dict[str, Any]]]:
    kinds = {FINAL: "stack", "price": "price"}
    cards = {
        name: {"kind": kinds.get(name, "learner"), **score_card(one, seed=SEED)}
        for name, one in graded.items()
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for row in stack_targets(market, cards, graded, seed=SEED):
        found.setdefault(row["target"], []).append(row)
    return found


def test_each_market_has_its_own_targets(graded: dict[str, Graded]) -> None:
    assert set(judged("moneyline", graded)) == {"no_worse_than_price", "below_learners"}
    expected = {"below_learners", "brier_below_coin", "calibrated_slope"}
    assert set(judged("ats", graded)) == set(judged("total", graded)) == expected


def test_the_reduction_is_a_share_of_the_learner_s_brier_and_the_best_comes_first(
    graded: dict[str, Graded],
) -> None:
    rows = judged("moneyline", graded)["below_learners"]
    assert [row["reference"] for row in rows] == ["better", "worse"]
    for row in rows:
        mine = graded[FINAL].squared_errors.mean()
        assert row["estimate"] == pytest.approx(
            1 - mine / graded[row["reference"]].squared_errors.mean()
        )
        assert row["low"] < row["estimate"] < row["high"]
        assert (row["forecaster"], row["n"]) == (FINAL, N)
    assert rows[1]["verdict"] == "PASS"


def test_a_learner_as_good_as_the_stack_fails_the_two_percent(graded: dict[str, Graded]) -> None:
    rows = judged("ats", {**graded, "better": graded[FINAL]})["below_learners"]
    assert rows[0]["estimate"] == rows[0]["low"] == rows[0]["high"] == 0.0
    assert rows[0]["verdict"] == "FAIL"


def test_the_difference_to_the_close_is_paired(graded: dict[str, Graded]) -> None:
    row = judged("moneyline", graded)["no_worse_than_price"][0]
    difference = graded[FINAL].squared_errors - graded["price"].squared_errors
    expected = week_block_interval(difference, WEEKS, seed=SEED)
    assert (row["estimate"], row["low"], row["high"]) == pytest.approx(
        (expected.estimate, expected.low, expected.high)
    )
    assert row["verdict"] == "PASS"


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-0.003, -0.001, "PASS"),
        (-0.001, 0.0019, "PASS"),
        (0.0, 0.001, "PASS"),
        (-0.001, 0.002, "UNDERPOWERED"),
        (-0.05, 0.05, "UNDERPOWERED"),
        (0.00001, 0.0005, "FAIL"),
        (0.001, 0.05, "FAIL"),
        (None, None, "UNDERPOWERED"),
    ],
)
def test_no_worse_needs_an_interval_that_could_have_shown_worse(
    low: float | None, high: float | None, expected: str
) -> None:
    assert no_worse(low, high) == expected


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.9, 1.1, "PASS"),
        (0.01, 1.0, "PASS"),
        (-0.2, 1.3, "UNDERPOWERED"),
        (0.0, 1.0, "UNDERPOWERED"),
        (-0.5, 0.9, "FAIL"),
        (1.1, 1.5, "FAIL"),
        (None, None, "UNDERPOWERED"),
    ],
)
def test_a_slope_must_hold_one_and_tell_it_from_zero(
    low: float | None, high: float | None, expected: str
) -> None:
    assert holds_one(low, high) == expected


def test_the_truth_is_calibrated_and_below_a_coin(graded: dict[str, Graded]) -> None:
    rows = judged("total", graded)
    assert rows["calibrated_slope"][0]["verdict"] == "PASS"
    assert rows["brier_below_coin"][0]["verdict"] == "PASS"


def test_a_forecast_without_spread_has_no_slope_and_no_verdict_on_it(
    graded: dict[str, Graded],
) -> None:
    flat = {**graded, FINAL: of(np.full(N, 0.5), graded[FINAL].y, WEEKS)}
    row = judged("ats", flat)["calibrated_slope"][0]
    assert (row["estimate"], row["verdict"]) == (None, "UNDERPOWERED")


def test_picks_by_hand() -> None:
    """Four games; the last is liked exactly as much as its price, the others have an edge."""
    y = np.array([1.0, 0.0, 1.0, 0.0])
    final = of(np.array([0.60, 0.52, 0.49, 0.505]), y)
    close = of(np.array([0.50, 0.53, 0.47, 0.505]), y)
    every, price, edge = ats_picks(final, close, seed=SEED)
    assert every["estimate"] == pytest.approx(1 / 4)  # right, wrong, wrong, wrong
    assert price["estimate"] == pytest.approx((1 + 1 + 1 + 0.5) / 4)
    assert (edge["n"], edge["n_weeks"], edge["estimate"]) == (3, 3, 1.0)


def test_a_difference_of_exactly_the_threshold_is_an_edge() -> None:
    y = np.array([1.0, 1.0])
    final, close = of(np.array([0.5 + EDGE.limit, 0.504]), y), of(np.array([0.5, 0.5]), y)
    assert ats_picks(final, close, seed=SEED)[2]["n"] == 1


def test_without_an_edge_nothing_is_claimed() -> None:
    same = of(np.array([0.4, 0.6]), np.array([1.0, 0.0]))
    edge = ats_picks(same, same, seed=SEED)[2]
    assert (edge["n"], edge["estimate"], edge["verdict"]) == (0, None, "UNDERPOWERED")


def test_gains_over_a_learner_are_positive_where_the_stack_is_better(
    graded: dict[str, Graded],
) -> None:
    rows = learner_gains(graded[FINAL], graded["worse"], seed=SEED)
    assert [row["measure"] for row in rows] == ["Brier", "log loss", "accuracy", "AUC"]
    assert all(row["low"] > 0 for row in rows)
    assert {row["verdict"] for row in rows} == {"PASS"}
    back = learner_gains(graded["worse"], graded[FINAL], seed=SEED)
    assert {row["verdict"] for row in back} == {"FAIL"}
    assert [row["estimate"] for row in back] == pytest.approx([-row["estimate"] for row in rows])


def test_one_week_or_one_outcome_gives_no_auc() -> None:
    for y, weeks in ((np.array([1.0, 0.0]), [1, 1]), (np.array([1.0, 1.0]), [1, 2])):
        one = of(np.array([0.6, 0.7]), y, np.array(weeks))
        row = learner_gains(one, one, seed=SEED)[3]
        assert (row["estimate"], row["verdict"]) == (None, "UNDERPOWERED")


def test_in_one_week_a_reduction_has_no_interval() -> None:
    y = np.array([1.0, 0.0])
    one = of(np.array([0.8, 0.2]), y, np.array([1, 1]))
    two = of(np.array([0.6, 0.4]), y, np.array([1, 1]))
    row = judged("moneyline", {FINAL: one, "price": one, "tree": two})["below_learners"][0]
    assert row["estimate"] == pytest.approx(1 - 0.04 / 0.16)
    assert (row["low"], row["verdict"]) == (None, "UNDERPOWERED")


def test_log_losses_of_games_average_to_the_log_loss() -> None:
    one = of(np.array([0.8, 0.4, 1.0]), np.array([1.0, 0.0, 1.0]))
    assert one.log_losses == pytest.approx([-np.log(0.8), -np.log(0.6), 0.0], abs=1e-9)
    assert one.log_losses.mean() == pytest.approx(score_card(one, seed=0)["log_loss"])
