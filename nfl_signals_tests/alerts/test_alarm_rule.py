"""The alarm needs an error that lasts and evidence of it, both in one season and of one model."""

from collections.abc import Sequence
from typing import get_args

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.alerts.alarm_rule import LEVELS, Alarm, Judgement, Reading
from nfl_signals.core.setting_sections import MonitorSettings, RuleName
from nfl_signals.stats.e_process import MEMORY_SEASONS

POLICY = MonitorSettings()
WEEKS = 6
ONE, TWO = [0] * WEEKS, [0, 0, 0, 1, 1, 1]


def judged(
    error: Sequence[float],
    evidence: Sequence[float],
    *,
    season: Sequence[int] = ONE,
    segment: Sequence[int] = ONE,
    day: Sequence[int] = range(0, 7 * WEEKS, 7),
    policy: MonitorSettings = POLICY,
) -> list[Judgement]:
    """Weeks with the same error by both measures."""
    alarm = Alarm(policy)
    rows = zip(season, day, segment, error, evidence, strict=False)
    return [
        alarm.read(Reading(season=s, day=d, segment=g, error=e, ece=e, e_value=v))
        for s, d, g, e, v in rows
    ]


def levels(error: Sequence[float], evidence: Sequence[float], **more: object) -> list[str]:
    return [LEVELS[int(each.level)] for each in judged(error, evidence, **more)]  # type: ignore[arg-type]


def test_seven_days_are_not_more_than_seven_days() -> None:
    assert levels([0.06] * 4, [20] * 4) == ["none", "none", "warning", "warning"]


def test_an_error_at_the_limit_is_not_over_it() -> None:
    assert levels([0.05] * 6, [99] * 6) == ["none"] * 6


def test_an_error_that_breaks_off_starts_counting_anew() -> None:
    found = levels([0.06, 0.06, 0.04, 0.06, 0.06, 0.06], [99] * 6)
    assert found == ["none"] * 5 + ["warning"]


def test_no_evidence_is_a_note_at_most_however_long_the_error_lasts() -> None:
    assert levels([0.2] * 3, [19.9] * 3)[-1] == "info"
    assert levels([0.2] * 6, [4.9] * 6)[-1] == "none"


def test_an_error_of_twice_the_limit_is_critical_once_it_is_shown() -> None:
    assert levels([0.101] * 3, [20] * 3)[-1] == "critical"
    assert levels([0.10] * 3, [20] * 3)[-1] == "warning"


def test_what_was_shown_once_stays_shown_in_its_season() -> None:
    assert levels([0.06] * 4, [1, 25, 3, 3]) == ["none", "none", "warning", "warning"]


def test_the_alarm_ends_with_the_error() -> None:
    assert levels([0.06, 0.06, 0.06, 0.01], [99] * 4)[-2:] == ["warning", "none"]


def test_neither_days_nor_evidence_outlast_their_season() -> None:
    once = ["none", "none", "warning"]
    assert levels([0.06] * 6, [99] * 6, season=TWO) == once * 2
    assert levels([0.06] * 6, [99, 99, 99, 1, 1, 1], season=TWO) == [*once, *["none"] * 3]


def test_a_model_that_replaces_another_starts_afresh() -> None:
    found = levels([0.06] * 6, [99, 99, 99, 1, 1, 1], segment=TWO)
    assert found == ["none", "none", "warning", "none", "none", "none"]


def test_days_are_counted_between_the_last_games_of_weeks() -> None:
    error, day = [0.1, 0.1, 0.0, 0.1, 0.1, 0.1], [0, 8, 14, 20, 30, 37]
    found = judged(error, [0] * 6, day=day)
    assert [int(each.days_over) for each in found] == [0, 8, 0, 0, 10, 17]


def test_an_error_is_settled_below_the_lower_limit_for_more_than_seven_days() -> None:
    """0.045 is no alarm any more and no recovery yet."""
    found = judged([0.045, 0.045, 0.04, 0.04, 0.04, 0.041], [1] * 6)
    assert [bool(each.settled) for each in found] == [False] * 4 + [True, False]


def test_once_counted_afresh_only_new_evidence_counts() -> None:
    """Evidence of 50 then grows twentyfold: that is new evidence; 999 would not be."""
    for value, level in ((999.0, "info"), (1000.0, "warning")):
        alarm = Alarm(POLICY)
        reading = {"season": 0, "segment": 0, "error": 0.06, "ece": 0.0}
        for day in (0, 7, 14):
            alarm.read(Reading(day=day, e_value=50.0, **reading))
        alarm.count_afresh()
        assert LEVELS[int(alarm.read(Reading(day=21, e_value=50.0, **reading)).level)] == "none"
        assert LEVELS[int(alarm.read(Reading(day=28, e_value=value, **reading)).level)] == level


def after_a_recovery(
    season: int, e_values: Sequence[float], *, segment: int = 0
) -> list[Judgement]:
    """Weeks of a later season; in season 0 an episode of evidence 50 was over."""
    alarm = Alarm(POLICY)
    alarm.read(Reading(season=0, day=0, segment=0, error=0.06, ece=0.0, e_value=50.0))
    alarm.count_afresh()
    return [
        alarm.read(
            Reading(season=season, day=7 * week, segment=segment, error=0.06, ece=0.0, e_value=each)
        )
        for week, each in enumerate(e_values, 100)
    ]


def test_after_a_recovery_the_next_season_counts_only_new_evidence_too() -> None:
    """Its e-value of 50 is what it remembers of the season before; 20 times that is new."""
    for last, level in ((50.0, "none"), (999.0, "info"), (1000.0, "warning")):
        found = after_a_recovery(1, [50.0, 50.0, last])
        assert LEVELS[int(found[-1].level)] == level


@given(st.sampled_from([1, 2]), st.lists(st.floats(1e-3, 1e6), min_size=1, max_size=6))
def test_a_season_that_remembers_a_recovery_counts_from_its_first_week(
    season: int, e_values: list[float]
) -> None:
    found = [float(each.evidence) for each in after_a_recovery(season, e_values)]
    assert found == [max(e_values[: week + 1]) / e_values[0] for week in range(len(e_values))]


@pytest.mark.parametrize(("season", "segment"), [(MEMORY_SEASONS, 0), (1, 1)])
def test_what_no_longer_remembers_the_recovery_counts_in_full(season: int, segment: int) -> None:
    found = after_a_recovery(season, [20.0] * 3, segment=segment)
    assert LEVELS[int(found[-1].level)] == "warning"


def test_many_series_are_judged_as_each_alone() -> None:
    rng = np.random.default_rng(30)
    error, evidence = rng.uniform(0, 0.15, (40, WEEKS)), rng.uniform(0, 40, (40, WEEKS))
    alarm = Alarm(POLICY, shape=(40,))
    together = [
        alarm.read(
            Reading(
                season=TWO[week],
                day=7 * week,
                segment=0,
                error=error[:, week],
                ece=error[:, week],
                e_value=evidence[:, week],
            )
        )
        for week in range(WEEKS)
    ]
    assert max(int(each.level.max()) for each in together) == LEVELS.index("critical")
    for row in range(40):
        alone = judged(error[row].tolist(), evidence[row].tolist(), season=TWO)
        assert [int(a.level) for a in alone] == [int(each.level[row]) for each in together]
        assert [int(a.days_over) for a in alone] == [int(each.days_over[row]) for each in together]


@given(st.lists(st.floats(0, 50), min_size=6, max_size=6))
def test_evidence_is_the_largest_value_so_far(evidence: list[float]) -> None:
    found = [float(each.evidence) for each in judged([0.0] * 6, evidence)]
    assert found == [max(evidence[: week + 1]) for week in range(6)]


@given(
    st.lists(st.floats(0, 0.2), min_size=6, max_size=6),
    st.lists(st.floats(0, 50), min_size=6, max_size=6),
)
def test_the_literal_rule_is_never_quieter_than_the_shipped_one(
    error: list[float], evidence: list[float]
) -> None:
    literal = POLICY.model_copy(update={"rule": "literal"})
    pairs = zip(judged(error, evidence), judged(error, evidence, policy=literal), strict=True)
    assert all(one.level <= other.level or one.level == 1 for one, other in pairs)


def test_the_literal_rule_reads_the_plain_error_and_needs_no_evidence() -> None:
    literal = Alarm(POLICY.model_copy(update={"rule": "literal"}))
    found = [
        literal.read(Reading(season=0, day=7 * week, segment=0, error=0.0, ece=0.06, e_value=0.0))
        for week in range(3)
    ]
    assert [LEVELS[int(each.level)] for each in found] == ["none", "none", "warning"]


def test_every_rule_that_can_be_set_judges_the_error_it_is_about() -> None:
    week = Reading(season=0, day=7, segment=0, error=0.06, ece=0.09, e_value=1.0)
    found = {
        rule: float(Alarm(MonitorSettings(rule=rule)).read(week).error)
        for rule in get_args(RuleName)
    }
    assert found == {"proven": 0.06, "literal": 0.09}


def test_the_limits_are_those_of_the_requirement() -> None:
    limits = (POLICY.max_calibration_error, POLICY.min_days, POLICY.evidence)
    assert limits == pytest.approx((0.05, 7, 20.0))
