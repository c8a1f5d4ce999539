"""One alert per episode: it opens, grows, is answered at most once by each step, and ends."""

from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nfl_signals.alerts.alarm_rule import LEVELS
from nfl_signals.alerts.episodes import ALERTS_SCHEMA, STEPS_TAKEN_SCHEMA, episodes
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA

POLICY = MonitorSettings()
START = datetime(2024, 9, 9, 20, tzinfo=UTC)
NOTHING_DONE = STEPS_TAKEN_SCHEMA.to_frame()


def path(
    error: list[float],
    evidence: list[float] | None = None,
    *,
    segment: list[int] | None = None,
    season: list[int] | None = None,
    **fixed: Any,  # noqa: ANN401 - a constant of any column
) -> pl.DataFrame:
    """Weeks of one series with 15 games each."""
    rows = [
        {
            "market": "moneyline",
            "book": "production",
            "signal_source": "model",
            "model_version": "v202401",
            "season": season[i] if season else 2024,
            "week": i + 1,
            "week_end_at": START + timedelta(weeks=i),
            "segment": segment[i] if segment else 0,
            "n_week": 15,
            "n_season": 15 * (i + 1),
            "season_error": each,
            "season_ece": each,
            "e_value": evidence[i] if evidence else 50.0,
        }
        | fixed
        for i, each in enumerate(error)
    ]
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA)


def found(weeks: pl.DataFrame, done: pl.DataFrame = NOTHING_DONE) -> list[dict[str, Any]]:
    return episodes(weeks, done, policy=POLICY).to_dicts()


def only(weeks: pl.DataFrame, done: pl.DataFrame = NOTHING_DONE) -> dict[str, Any]:
    (alert,) = found(weeks, done)
    return alert


def treated(weeks: pl.DataFrame, *steps: tuple[str, str, int]) -> dict[str, Any]:
    """The one episode after steps (name, answer, made a day after which week)."""
    alert_id = only(weeks)["alert_id"]
    rows = [
        (alert_id, START + timedelta(weeks=week - 1, days=1), step, answer)
        for step, answer, week in steps
    ]
    return only(weeks, pl.DataFrame(rows, schema=STEPS_TAKEN_SCHEMA, orient="row"))


DRIFT = path([0.02, 0.07, 0.07, 0.07, 0.07])


def test_calm_weeks_are_no_episode() -> None:
    assert found(path([0.03] * 8, [1.0] * 8)) == []
    assert episodes(path([]), NOTHING_DONE, policy=POLICY).schema == ALERTS_SCHEMA


def test_an_episode_opens_in_the_week_that_shows_a_lasting_error() -> None:
    alert = only(DRIFT)
    assert (alert["opened_season"], alert["opened_week"]) == (2024, 4)
    assert alert["warned_at"] == alert["opened_at"] == START + timedelta(weeks=3)
    assert (alert["severity"], alert["state"], alert["n_weeks"]) == ("warning", "open", 2)
    assert (alert["action"], alert["next_step"]) == ("recalibrate", "recalibration")
    assert alert["closed_at"] is None
    assert alert["sentence"] == (
        "Moneyline (production, model) has drifted; its forecasts are recalibrated next (since 2024 "
        "week 4: calibration error 0.070 over 75 games, 21 days over the limit, evidence 50, at "
        "most 50)."
    )


def test_growing_evidence_makes_a_note_a_warning_of_the_same_episode() -> None:
    note = only(path([0.07] * 3, [1, 6, 6]))
    assert (note["severity"], note["action"], note["warned_at"]) == ("info", "watch", None)
    grown = only(path([0.07] * 5, [1, 6, 6, 12, 25]))
    assert grown["alert_id"] == note["alert_id"]
    assert (grown["severity"], grown["opened_week"]) == ("warning", 3)
    assert grown["warned_at"] == START + timedelta(weeks=4)


def test_a_large_error_is_critical_and_recommends_the_price_until_it_is_answered() -> None:
    alert = only(path([0.12, 0.12, 0.12, 0.06]))
    assert (alert["severity"], alert["escalated"]) == ("critical", False)
    assert (alert["action"], alert["next_step"]) == ("fall back to proxy", "recalibration")
    assert "recalibrated next; the error is grave: set `signal_source: proxy`" in alert["sentence"]


def test_an_episode_outlives_an_error_between_the_two_limits() -> None:
    alert = only(path([0.07] * 3 + [0.045] * 5))
    assert (alert["state"], alert["days_over"], alert["n_weeks"]) == ("open", 0, 6)


def test_a_new_season_opens_no_second_episode_on_the_evidence_of_a_recovered_one() -> None:
    """Evidence of 50 stays in the memory of two more seasons; the first episode has used it."""
    error, season = [0.07] * 3 + [0.03] * 4 + [0.07] * 4, [2024] * 7 + [2025] * 4
    assert only(path(error, [50.0] * 11, season=season))["state"] == "recovered"
    grown = path(error, [50.0] * 10 + [1000.0], season=season)
    assert [alert["opened_season"] for alert in found(grown)] == [2024, 2025]


def test_it_is_over_when_the_error_has_been_gone_for_more_than_seven_days() -> None:
    alert = only(path([0.07] * 3 + [0.03] * 4))
    assert (alert["state"], alert["closed_week"]) == ("recovered", 6)
    assert (alert["action"], alert["next_step"]) == ("none", None)
    assert "is well calibrated again; nothing to do" in alert["sentence"]


def test_after_it_is_over_the_same_evidence_opens_no_second_one() -> None:
    error = [0.07] * 3 + [0.03] * 3 + [0.07] * 4
    assert len(found(path(error))) == 1
    again = found(path(error, [50] * 9 + [1000]))
    assert [alert["state"] for alert in again] == ["recovered", "open"]
    assert len({alert["alert_id"] for alert in again}) == 2


def test_a_note_ends_with_its_season_and_a_warning_does_not() -> None:
    season = [2024] * 3 + [2025] * 2
    note = only(path([0.07] * 5, [6, 6, 6, 1, 1], season=season))
    assert (note["state"], note["closed_season"]) == ("recovered", 2024)
    warning = only(path([0.07] * 5, [50, 50, 50, 1, 1], season=season))
    assert warning["state"] == "open"


def test_a_series_that_is_no_longer_served_needs_no_answer() -> None:
    """After a rollback to the market's own price."""
    proxy = path([0.01] * 6, [1] * 6, signal_source="proxy")
    alert = only(pl.concat([DRIFT, proxy]))
    assert (alert["state"], alert["action"], alert["next_step"]) == ("ended", "none", None)
    assert "no longer served" in alert["sentence"]


@pytest.mark.parametrize("who", [{"book": "learning"}, {"signal_source": "proxy"}])
def test_nothing_is_done_by_itself_about_walks_forward_and_prices(who: dict[str, str]) -> None:
    alert = only(path([0.07] * 4, **who))
    assert (alert["severity"], alert["action"], alert["next_step"]) == ("warning", "watch", None)


@pytest.mark.parametrize("answer", ["rejected", "insufficient"])
def test_retraining_follows_a_recalibration_that_was_not_enough(answer: str) -> None:
    alert = treated(DRIFT, ("recalibration", answer, 5))
    assert (alert["action"], alert["next_step"]) == ("retrain", "retraining")
    assert not alert["escalated"]
    assert "recalibration did not settle it; it is retrained next" in alert["sentence"]


@pytest.mark.parametrize("answer", ["rejected", "insufficient"])
def test_a_retraining_that_was_not_enough_ends_in_an_escalation_and_no_second_one(
    answer: str,
) -> None:
    alert = treated(DRIFT, ("recalibration", "rejected", 4), ("retraining", answer, 5))
    assert (alert["severity"], alert["escalated"]) == ("critical", True)
    assert (alert["action"], alert["next_step"]) == ("fall back to proxy", None)


def test_a_replacement_is_on_trial_until_its_own_games_clear_it() -> None:
    alert = treated(DRIFT, ("recalibration", "promoted", 5))
    assert (alert["action"], alert["next_step"], alert["escalated"]) == ("watch", None, False)
    assert "on trial" in alert["sentence"]


def after(error: list[float], evidence: list[float]) -> pl.DataFrame:
    """Drift in weeks 1 to 5, then another model."""
    return path([0.07] * 5 + error, [50.0] * 5 + evidence, segment=[0] * 5 + [1] * len(error))


def test_the_episode_ends_when_the_replacement_has_shown_itself() -> None:
    cured = after([0.02] * 3, [1.0] * 3)
    alert = treated(cured, ("recalibration", "promoted", 5))
    assert (alert["state"], alert["closed_week"], alert["severity"]) == ("recovered", 8, "warning")


def test_a_replacement_that_alarms_in_turn_is_retrained_once_and_then_escalated() -> None:
    ill = after([0.09] * 3, [30.0] * 3)
    one = treated(ill, ("recalibration", "promoted", 5))
    assert (one["action"], one["next_step"], one["escalated"]) == ("retrain", "retraining", False)
    two = treated(ill, ("recalibration", "rejected", 4), ("retraining", "promoted", 5))
    assert (two["action"], two["next_step"], two["escalated"]) == ("fall back to proxy", None, True)


def test_few_games_of_a_replacement_end_no_episode() -> None:
    few = after([0.0] * 3, [1.0] * 3).with_columns(
        n_season=pl.lit(29, dtype=pl.Int32), n_week=pl.lit(9, dtype=pl.Int32)
    )
    assert treated(few, ("recalibration", "promoted", 5))["state"] == "open"


@pytest.mark.parametrize(("proved_in", "trial"), [(3, 3), (5, 5)])
def test_a_trial_lasts_as_many_games_as_the_evidence_took(proved_in: int, trial: int) -> None:
    """Over few games the error of a sound model looks large; evidence against it there is none."""
    evidence = [6.0] * (proved_in - 1) + [25.0] * (6 - proved_in) + [1.0] * 8
    weeks = path([0.07] * 13, evidence, segment=[0] * 5 + [1] * 8)
    alert = treated(weeks, ("recalibration", "promoted", 5))
    assert (alert["state"], alert["closed_week"]) == ("recovered", 5 + trial)


def test_a_replacement_against_which_evidence_grows_stays_on_trial() -> None:
    weeks = after([0.07] * 6, [1.0, 2.0, 6.0, 6.0, 6.0, 6.0])
    alert = treated(weeks, ("recalibration", "promoted", 5))
    assert (alert["state"], alert["action"]) == ("open", "watch")


@pytest.mark.slow
@given(
    st.lists(st.sampled_from([0.0, 0.03, 0.045, 0.07, 0.12]), min_size=1, max_size=20), st.data()
)
def test_a_further_week_changes_no_id_and_lowers_no_severity(
    error: list[float], data: st.DataObject
) -> None:
    """What was sent last week is this week's first part: nothing is lost, nothing sent twice."""
    size = len(error)
    evidence = data.draw(st.lists(st.sampled_from([0.5, 6.0, 25.0]), min_size=size, max_size=size))
    for n in range(1, size):
        before, now = found(path(error[:n], evidence[:n])), found(path(error, evidence))
        for then, later in zip(before, now, strict=False):
            assert then["alert_id"] == later["alert_id"]
            assert LEVELS.index(then["severity"]) <= LEVELS.index(later["severity"])
            assert then["state"] in {"open", later["state"]}
    ids = [alert["alert_id"] for alert in found(path(error, evidence))]
    assert len(set(ids)) == len(ids)


@given(st.permutations(range(3)))
def test_series_do_not_meddle_with_each_other(order: list[int]) -> None:
    parts = [path([0.07] * 4, market=market) for market in ("ats", "moneyline", "total")]
    weeks = pl.concat([parts[place] for place in order])
    assert [alert["market"] for alert in found(weeks)] == ["ats", "moneyline", "total"]
