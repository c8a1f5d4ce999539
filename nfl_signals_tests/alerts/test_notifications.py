"""Notifications: warnings about production, in words for a phone."""

from datetime import timedelta

import pytest

from nfl_signals.alerts.notifications import events
from nfl_signals_tests.support.alert_rows import OPENED, OVER, alerts


def test_a_warning_says_what_is_wrong_what_to_do_and_since_when() -> None:
    (event,) = events(alerts({}))
    assert event.title == "Moneyline: calibration warning"
    assert event.body == (
        "Off by 8 points for 14 days.\n"
        "What to do: retrain.\n"
        "Since 2024 week 5 (2024-10-08), served by model_v202405."
    )
    assert (event.alert_id, event.event, event.closed) == ("a1", "opened", False)


def test_an_episode_sends_its_opening_its_escalation_and_its_end_in_that_order() -> None:
    found = events(alerts({"severity": "critical", "escalated": True, **OVER}))
    assert [event.event for event in found] == ["opened", "escalated", "recovered"]
    assert [event.title for event in found] == [
        "Moneyline: calibration critical",
        "Moneyline: calibration needs a person",
        "Moneyline: calibration is good again",
    ]
    assert all(event.closed for event in found)
    assert "What to do" not in found[-1].body


def test_an_episode_whose_series_is_no_longer_served_is_over_too() -> None:
    opened, ended = events(alerts({"state": "ended"}))
    assert (ended.event, ended.title) == ("ended", "Moneyline: alarm over, no longer served")
    assert opened.closed
    assert "What to do" not in ended.body


@pytest.mark.parametrize(
    "row",
    [{"severity": "info", "warned_at": None}, {"book": "backtest"}, {"warned_at": None}],
    ids=["a note", "another book", "never a warning"],
)
def test_nobody_is_sent_of_what_is_no_warning_in_production(row: dict[str, object]) -> None:
    assert events(alerts(row)) == []


def test_the_oldest_episode_comes_first() -> None:
    late = {"alert_id": "a0", "opened_at": OPENED + timedelta(days=7)}
    assert [event.alert_id for event in events(alerts(late, {"alert_id": "a2"}, {}))] == [
        "a1",
        "a2",
        "a0",
    ]


def test_no_alerts_are_no_events() -> None:
    assert events(alerts()) == []
