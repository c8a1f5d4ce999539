"""An alert is answered by each step once: recalibration, then retraining, then a person."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from nfl_signals.alerts import steps
from nfl_signals.calibration.recalibration import RecalibrationMap
from nfl_signals.core.files import write_json
from nfl_signals.core.moment import LATEST
from nfl_signals.monitoring import ledger
from nfl_signals.predictions.champion import served_version
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.promotion import automatic
from nfl_signals.promotion.automatic import RECALIBRATION, RETRAINING, PendingStep
from nfl_signals.promotion.stand_in import stand_in_for
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.stats.logit import expit
from nfl_signals.workspace.run_context import RunContext
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import OLDER, forecast_weeks, promote_older
from nfl_signals_tests.support.run_contexts import contents, copy_context, earlier

BEFORE = utc("2023-09-05 14:00")
THIS_SEASON = pl.col("season") == 2024
GATE = {"min_weeks": 6, "min_games": 60}
"""Nine weeks of the season are played; two of them only train."""


def opened(finished: Path, folder: Path, **changes: object) -> RunContext:
    """A home whose champion is an older one, before it has forecast anything."""
    context = copy_context(finished, folder, **{"gate": GATE, **changes})
    promote_older(earlier(context, BEFORE))
    return context


@pytest.fixture
def context(finished_home: Path, tmp_path: Path) -> RunContext:
    return opened(finished_home, tmp_path)


def alert(context: RunContext) -> dict[str, object]:
    (row,) = steps.alert_state(context).alerts.filter(book="production").to_dicts()
    return row


def tried(
    context: RunContext,
    step: decision_log.Step,
    kind: decision_log.Kind,
    *,
    days_ago: int = 0,
    version: str = OLDER,
) -> None:
    """Write a decision against the one open alert into the history."""
    decision = Decision(
        at=context.as_of - timedelta(days=days_ago),
        kind=kind,
        version=version,
        model_hash=str(read_card(context.paths.ensemble(version))["model_hash"]),
        champion=OLDER,
        step=step,
        alerts=(str(alert(context)["alert_id"]),),
        sentence=f"{step}: {kind}, for a test.",
    )
    decision_log.record(context.paths.history, decision, expected_champion=OLDER)


def decisions(context: RunContext) -> list[Decision]:
    return decision_log.read(context.paths.history)


def test_a_calm_season_needs_nothing(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON)
    assert automatic.pending_steps(context) == []
    assert automatic.recalibrate(context) is None
    assert [each.kind for each in decisions(context)] == ["first"]


def test_an_alert_needs_a_recalibration_first(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    expected = PendingStep(
        alert_id=str(alert(context)["alert_id"]),
        market="moneyline",
        step=RECALIBRATION,
        week="2024-w09",
    )
    assert automatic.pending_steps(context) == [expected]


def test_an_alert_waits_until_the_gate_can_decide(finished_home: Path, tmp_path: Path) -> None:
    """Eight weeks and 120 games by default, beside the two weeks that only train."""
    context = opened(finished_home, tmp_path, gate={})
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    assert alert(context)["next_step"] == RECALIBRATION
    assert automatic.pending_steps(context) == []
    status = next(each for each in steps.alert_state(context).statuses() if each.next_step)
    sentence = automatic.waiting_sentence(status, context.settings.gate)
    assert sentence.startswith(" It waits until the gate can decide: ")
    assert sentence.endswith(" games in 7 of 8 weeks.")


def test_where_a_person_has_chosen_the_served_model_nothing_is_done_by_itself(
    finished_home: Path, tmp_path: Path
) -> None:
    context = opened(finished_home, tmp_path, signal_source=f"model_{OLDER}")
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    assert automatic.pending_steps(context) == []


def test_a_backdated_run_changes_nothing_that_is_served(context: RunContext) -> None:
    """The alert is open then too, and the newest ensemble not judged yet."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    back = earlier(context, context.as_of - LATEST - timedelta(seconds=1))
    assert back.moment.backdated
    assert alert(back)["next_step"] == RECALIBRATION
    before = contents(context.paths.home)
    assert automatic.pending_steps(back) == []
    assert automatic.recalibrate(back) is None
    assert automatic.decide(back) is None
    assert contents(context.paths.home) == before
    assert automatic.pending_steps(earlier(context, context.as_of - LATEST)) != []


def test_a_forecast_that_leans_to_one_side_is_recalibrated_and_promoted(
    context: RunContext,
) -> None:
    """Home covers are stated a logit too rarely; the map gives that back."""
    forecast_weeks(context, THIS_SEASON, market="ats", bias=-1.0)
    alert_id = alert(context)["alert_id"]
    decision = automatic.recalibrate(context)
    assert decision is not None
    assert (decision.kind, decision.step, decision.alerts) == (
        "promoted",
        RECALIBRATION,
        (alert_id,),
    )
    assert decision.version == "v202222r202409"
    card = read_card(context.paths.ensemble(decision.version))
    assert card["model_hash"] == decision.model_hash
    assert set(card["recalibration"]["maps"]) == {"ats"}
    straight = RecalibrationMap(**card["recalibration"]["maps"]["ats"])
    stated = expit(np.array([-1.0]))  # of an even chance
    assert 0.42 < straight.apply(stated)[0] < 0.58
    assert served_version(context) == decision.version
    assert set(predict_upcoming(context)["model_version"]) == {decision.version}
    assert (alert(context)["action"], alert(context)["next_step"]) == ("watch", None)


def test_sides_that_are_swapped_cannot_be_recalibrated_and_are_retrained_next(
    context: RunContext,
) -> None:
    """What is left is flat, and shown to be worse than the price: that is not enough."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    decision = automatic.recalibrate(context)
    assert decision is not None
    assert decision.kind in {"rejected", "insufficient"}
    assert served_version(context) == OLDER
    assert alert(context)["next_step"] == RETRAINING
    assert [each.step for each in automatic.pending_steps(context)] == [RETRAINING]


def test_no_step_is_done_twice_for_one_alert(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    assert automatic.recalibrate(context) is not None
    before = context.paths.history.read_bytes()
    assert automatic.recalibrate(context) is None
    assert context.paths.history.read_bytes() == before


@pytest.mark.slow
def test_a_retraining_that_is_better_is_promoted(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    tried(context, RECALIBRATION, "rejected")
    decision = automatic.decide(context)
    assert decision is not None
    assert (decision.kind, decision.step, decision.version) == ("promoted", RETRAINING, "v202409")
    assert served_version(context) == "v202409"
    assert alert(context)["action"] == "watch"


@pytest.mark.slow
def test_a_retraining_is_judged_on_every_game_that_the_champion_forecast_before_the_line_moved(
    context: RunContext,
) -> None:
    """No close is at a line and prices of Tuesday: the recipe is asked there, and its answers kept."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0, early=True)
    tried(context, RECALIBRATION, "rejected")
    decision = automatic.decide(context)
    assert decision is not None
    written = ledger.read(context.paths.ledger)
    mine = written.filter(book="production", model_version=OLDER)
    answers = written.filter(pl.col("model_version") == "stand_in_2024")
    asked = ["game_id", "market", "made_at", "line", "price_yes", "price_no"]
    assert answers.select(asked).sort(asked).equals(mine.select(asked).sort(asked))
    assert f"0 of {mine.height} forecasts are its own" in decision.sentence
    findings = {each["name"]: each for each in decision.measures["findings"]}
    assert findings["drawdown"]["n"] >= 0.95 * mine.height


@pytest.mark.slow
def test_a_retraining_in_vain_ends_in_an_escalation_and_not_in_a_loop(
    finished_home: Path, tmp_path: Path
) -> None:
    """A limit that no challenger keeps: the gate cannot promote."""
    context = opened(finished_home, tmp_path, gate={**GATE, "max_churn": 0.0})
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    tried(context, RECALIBRATION, "rejected")
    decision = automatic.decide(context)
    assert decision is not None
    assert decision.kind != "promoted"
    assert (alert(context)["severity"], alert(context)["escalated"]) == ("critical", True)
    assert alert(context)["action"] == "fall back to proxy"
    assert automatic.pending_steps(context) == []
    assert automatic.decide(context) is None


def test_retrainings_keep_their_distance(context: RunContext) -> None:
    """Another alert's retraining two weeks ago: this one's waits for the third."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    tried(context, RECALIBRATION, "rejected")
    other = Decision(
        at=context.as_of - timedelta(days=14),
        kind="rejected",
        version="v202301",
        model_hash="f" * 64,
        champion=OLDER,
        step=RETRAINING,
        alerts=("another alert",),
        sentence="Of another market.",
    )
    assert len(automatic.pending_steps(context)) == 1
    decision_log.record(context.paths.history, other, expected_champion=OLDER)
    assert automatic.pending_steps(context) == []
    monitor = context.settings.monitor.model_copy(update={"cooldown_days": 14})
    settings = context.settings.model_copy(update={"monitor": monitor})
    assert len(automatic.pending_steps(replace(context, settings=settings))) == 1


@pytest.mark.slow
def test_a_newer_ensemble_is_judged_without_any_alert_and_only_once(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON)
    decision = automatic.decide(context)
    assert decision is not None
    assert (decision.kind, decision.alerts) == ("insufficient", ())
    assert served_version(context) == OLDER
    assert automatic.decide(context) is None


@pytest.mark.slow
def test_where_the_evidence_was_too_little_the_gate_is_asked_again_and_says_so_once(
    context: RunContext,
) -> None:
    forecast_weeks(context, THIS_SEASON & (pl.col("week") <= 4), slope=-1.0)
    first = automatic.decide(context)
    assert first is not None
    assert first.kind == "insufficient"
    assert automatic.decide(context) is None
    forecast_weeks(context, THIS_SEASON & (pl.col("week") > 4), slope=-1.0)
    second = automatic.decide(context)
    assert second is not None
    assert (second.kind, second.version) == ("promoted", first.version)
    assert automatic.decide(context) is None
    assert [each.kind for each in decisions(context)[-2:]] == ["insufficient", "promoted"]


@pytest.mark.slow
def test_a_later_promotion_answers_the_alert_that_the_retraining_was_for(
    context: RunContext,
) -> None:
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    tried(context, RECALIBRATION, "rejected")
    tried(context, RETRAINING, "insufficient", days_ago=14, version="v202409")
    assert automatic.pending_steps(context) == []
    assert alert(context)["escalated"]
    decision = automatic.decide(context)
    assert decision is not None
    assert (decision.kind, decision.alerts) == ("promoted", (alert(context)["alert_id"],))
    assert (alert(context)["action"], alert(context)["escalated"]) == ("watch", False)


@pytest.mark.slow
def test_what_the_recipe_has_answered_is_not_asked_again(context: RunContext) -> None:
    forecast_weeks(context, THIS_SEASON & (pl.col("week") <= 4), early=True)
    n = stand_in_for(context, "v202409", against=OLDER)
    assert n > 0
    assert stand_in_for(context, "v202409", against=OLDER) == 0
    forecast_weeks(context, THIS_SEASON & (pl.col("week") == 5), early=True)
    assert 0 < stand_in_for(context, "v202409", against=OLDER) < n


def test_a_champion_that_never_forecast_stays_champion(context: RunContext) -> None:
    decision = automatic.decide(context)
    assert decision is not None
    assert decision.kind == "insufficient"


@pytest.mark.slow
def test_a_leak_is_a_rejection_and_the_champion_stays(context: RunContext) -> None:
    """The champion's card shows that it was fitted on games that it forecast: no comparison is fair."""
    forecast_weeks(context, THIS_SEASON, slope=-1.0)
    folder = context.paths.ensemble(OLDER)
    card = read_card(folder)
    window = card["training_window"] | {"last": "2024-w08"}
    write_json(folder / CARD, card | {"training_window": window})
    decision = automatic.decide(context)
    assert decision is not None
    assert decision.kind == "rejected"
    assert decision.sentence.startswith("Refused before the gate: ")
    assert "it knows what it is judged on" in decision.sentence
    assert served_version(context) == OLDER
