"""The alarm needs an error that lasts and proof of it, both in the same season."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.alarm_policy import AlarmPolicy, alarms, days_over, reached

DAY = 7 * np.arange(6)
ONE = np.zeros(6, dtype=int)
TWO = np.array([0, 0, 0, 1, 1, 1])
POLICY = AlarmPolicy()


def stands(error: list[float], evidence: list[float], season: np.ndarray = ONE) -> list[bool]:
    found = alarms(np.array(error), np.array(evidence), day=DAY, season=season, policy=POLICY)
    return [bool(x) for x in found]


def test_seven_days_are_not_more_than_seven_days() -> None:
    assert stands([0.06] * 6, [20] * 6) == [False, False, True, True, True, True]


def test_an_error_at_the_limit_is_not_over_it() -> None:
    assert not any(stands([0.05] * 6, [99] * 6))


def test_an_error_that_breaks_off_starts_counting_anew() -> None:
    assert stands([0.06, 0.06, 0.04, 0.06, 0.06, 0.06], [99] * 6) == [False] * 5 + [True]


def test_no_proof_no_alarm_however_long_the_error_lasts() -> None:
    assert not any(stands([0.2] * 6, [19.9] * 6))


def test_what_was_proved_once_stays_proved_in_its_season() -> None:
    assert stands([0.06] * 6, [1, 25, 3, 3, 3, 3]) == [False, False, True, True, True, True]


def test_the_alarm_ends_with_the_error() -> None:
    assert (
        stands([0.06, 0.06, 0.06, 0.01, 0.01, 0.01], [99] * 6) == [False] * 2 + [True] + [False] * 3
    )


def test_neither_days_nor_proof_outlast_their_season() -> None:
    assert stands([0.06] * 6, [99] * 6, TWO) == [False, False, True, False, False, True]
    assert stands([0.06] * 6, [99, 99, 99, 1, 1, 1], TWO) == [False, False, True] + [False] * 3


def test_days_are_counted_between_the_last_games_of_weeks() -> None:
    day = np.array([0, 8, 14, 20, 30, 37])
    error = np.array([0.1, 0.1, 0.0, 0.1, 0.1, 0.1])
    assert days_over(error, 0.05, day=day, season=ONE).tolist() == [0, 8, 0, 0, 10, 17]


def test_many_series_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(30)
    error, evidence = rng.uniform(0, 0.15, (40, 6)), rng.uniform(0, 40, (40, 6))
    together = alarms(error, evidence, day=DAY, season=TWO, policy=POLICY)
    assert together.any()
    for row, e, v in zip(together, error, evidence, strict=True):
        assert row.tolist() == stands(e.tolist(), v.tolist(), TWO)


@given(st.lists(st.floats(0, 50), min_size=6, max_size=6))
def test_proof_is_the_largest_value_so_far(evidence: list[float]) -> None:
    found = reached(np.array(evidence), 20.0, season=ONE)
    assert found.tolist() == [max(evidence[: week + 1]) >= 20 for week in range(6)]


def test_without_evidence_asked_for_the_lasting_error_alone_decides() -> None:
    literal = AlarmPolicy(evidence=0.0)
    found = alarms(np.full(6, 0.06), np.zeros(6), day=DAY, season=ONE, policy=literal)
    assert found.tolist() == [False, False, True, True, True, True]
    assert pytest.approx((0.05, 7, 20.0)) == (
        POLICY.max_calibration_error,
        POLICY.min_days,
        POLICY.evidence,
    )
