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
from nfl_signals.predictions.champion import spoken_version
from nfl_signals.predictions.upcoming import predict_upcoming
from nfl_signals.promotion import automatic
from nfl_signals.promotion.automatic import RECALIBRATION, RETRAINING, Due
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.registry.model_card import CARD, read_card
from nfl_signals.stats.logit import expit
from nfl_signals.workspace.run_context import World
from nfl_signals_tests.support.builders import utc
from nfl_signals_tests.support.production import OLDER, seat_older, speak
from nfl_signals_tests.support.worlds import copy_world, earlier

BEFORE = utc("2023-09-05 14:00")
THIS_SEASON = pl.col("season") == 2024
GATE = {"min_weeks": 6, "min_games": 60}
"""Nine weeks of the season are played; two of them only teach."""


def opened(finished: Path, folder: Path, **changes: object) -> World:
    """A home whose champion is an older one, before it has said anything."""
    world = copy_world(finished, folder, **{"gate": GATE, **changes})
    seat_older(earlier(world, BEFORE))
    return world


@pytest.fixture
def world(finished_home: Path, tmp_path: Path) -> World:
    return opened(finished_home, tmp_path)


def alert(world: World) -> dict[str, object]:
    (row,) = steps.watch(world).alerts.filter(book="production").to_dicts()
    return row


def tried(
    world: World, step: decision_log.Step, kind: decision_log.Kind, *, days_ago: int = 0
) -> None:
    """Write a decision against the one open alert into the history."""
    decision = Decision(
        at=world.as_of - timedelta(days=days_ago),
        kind=kind,
        version=OLDER,
        model_hash=str(read_card(world.paths.ensemble(OLDER))["model_hash"]),
        champion=OLDER,
        step=step,
        alerts=(str(alert(world)["alert_id"]),),
        sentence=f"{step}: {kind}, for a test.",
    )
    decision_log.record(world.paths.history, decision, expected_champion=OLDER)


def decisions(world: World) -> list[Decision]:
    return decision_log.read(world.paths.history)


def test_a_calm_season_asks_for_nothing(world: World) -> None:
    speak(world, THIS_SEASON)
    assert automatic.due(world) == []
    assert automatic.recalibrate(world) is None
    assert [each.kind for each in decisions(world)] == ["first"]


def test_an_alert_asks_for_a_recalibration_first(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    expected = Due(
        alert_id=str(alert(world)["alert_id"]),
        market="moneyline",
        step=RECALIBRATION,
        week="2024-w09",
    )
    assert automatic.due(world) == [expected]


def test_an_alert_waits_until_the_gate_can_tell(finished_home: Path, tmp_path: Path) -> None:
    """Eight weeks and 120 games by default, beside the two weeks that only teach."""
    world = opened(finished_home, tmp_path, gate={})
    speak(world, THIS_SEASON, slope=-1.0)
    assert alert(world)["next_step"] == RECALIBRATION
    assert automatic.due(world) == []
    standing = next(each for each in steps.watch(world).standings() if each.next_step)
    said = automatic.waiting(world, standing)
    assert said.startswith(" It waits until the gate can tell: ")
    assert said.endswith(" games in 7 of 8 weeks.")


def test_where_a_person_has_said_who_speaks_nothing_is_done_by_itself(
    finished_home: Path, tmp_path: Path
) -> None:
    world = opened(finished_home, tmp_path, signal_source=f"model_{OLDER}")
    speak(world, THIS_SEASON, slope=-1.0)
    assert automatic.due(world) == []


def test_a_forecast_that_leans_to_one_side_is_straightened_and_promoted(world: World) -> None:
    """Home covers are stated a logit too rarely; the map gives that back."""
    speak(world, THIS_SEASON, market="ats", bias=-1.0)
    alert_id = alert(world)["alert_id"]
    decision = automatic.recalibrate(world)
    assert decision is not None
    assert (decision.kind, decision.step, decision.alerts) == (
        "promoted",
        RECALIBRATION,
        (alert_id,),
    )
    assert decision.version == "v202222r202409"
    card = read_card(world.paths.ensemble(decision.version))
    assert card["model_hash"] == decision.model_hash
    assert set(card["recalibration"]["maps"]) == {"ats"}
    straight = RecalibrationMap(**card["recalibration"]["maps"]["ats"])
    stated = expit(np.array([-1.0]))  # of an even chance
    assert 0.42 < straight.apply(stated)[0] < 0.58
    assert spoken_version(world) == decision.version
    assert set(predict_upcoming(world)["model_version"]) == {decision.version}
    assert (alert(world)["action"], alert(world)["next_step"]) == ("watch", None)


def test_sides_that_are_swapped_cannot_be_straightened_and_are_retrained_next(
    world: World,
) -> None:
    """What is left is flat, and shown to be worse than the price: that is not enough."""
    speak(world, THIS_SEASON, slope=-1.0)
    decision = automatic.recalibrate(world)
    assert decision is not None
    assert decision.kind in {"rejected", "insufficient"}
    assert spoken_version(world) == OLDER
    assert alert(world)["next_step"] == RETRAINING
    assert [each.step for each in automatic.due(world)] == [RETRAINING]


def test_no_step_is_done_twice_for_one_alert(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    assert automatic.recalibrate(world) is not None
    before = world.paths.history.read_bytes()
    assert automatic.recalibrate(world) is None
    assert world.paths.history.read_bytes() == before


def test_a_retraining_that_is_better_is_promoted(world: World) -> None:
    speak(world, THIS_SEASON, slope=-1.0)
    tried(world, RECALIBRATION, "rejected")
    decision = automatic.decide(world)
    assert decision is not None
    assert (decision.kind, decision.step, decision.version) == ("promoted", RETRAINING, "v202409")
    assert spoken_version(world) == "v202409"
    assert alert(world)["action"] == "watch"


def test_a_retraining_in_vain_ends_in_an_escalation_and_not_in_a_loop(
    finished_home: Path, tmp_path: Path
) -> None:
    """A limit that no challenger keeps: the gate cannot promote."""
    world = opened(finished_home, tmp_path, gate={**GATE, "max_churn": 0.0})
    speak(world, THIS_SEASON, slope=-1.0)
    tried(world, RECALIBRATION, "rejected")
    decision = automatic.decide(world)
    assert decision is not None
    assert decision.kind != "promoted"
    assert (alert(world)["severity"], alert(world)["escalated"]) == ("critical", True)
    assert alert(world)["action"] == "fall back to proxy"
    assert automatic.due(world) == []
    assert automatic.decide(world) is None


def test_retrainings_keep_their_distance(world: World) -> None:
    """Another alert's retraining two weeks ago: this one's waits for the third."""
    speak(world, THIS_SEASON, slope=-1.0)
    tried(world, RECALIBRATION, "rejected")
    other = Decision(
        at=world.as_of - timedelta(days=14),
        kind="rejected",
        version="v202301",
        model_hash="f" * 64,
        champion=OLDER,
        step=RETRAINING,
        alerts=("another alert",),
        sentence="Of another market.",
    )
    assert len(automatic.due(world)) == 1
    decision_log.record(world.paths.history, other, expected_champion=OLDER)
    assert automatic.due(world) == []
    monitor = world.settings.monitor.model_copy(update={"cooldown_days": 14})
    settings = world.settings.model_copy(update={"monitor": monitor})
    assert len(automatic.due(replace(world, settings=settings))) == 1


def test_a_newer_ensemble_is_judged_without_any_alert_and_only_once(world: World) -> None:
    speak(world, THIS_SEASON)
    decision = automatic.decide(world)
    assert decision is not None
    assert (decision.kind, decision.alerts) == ("insufficient", ())
    assert spoken_version(world) == OLDER
    assert automatic.decide(world) is None


def test_a_champion_that_never_spoke_keeps_its_seat(world: World) -> None:
    decision = automatic.decide(world)
    assert decision is not None
    assert decision.kind == "insufficient"


def test_a_leak_is_a_rejection_and_the_champion_goes_on_speaking(world: World) -> None:
    """The champion's card says that games taught it which it forecast: no comparison is fair."""
    speak(world, THIS_SEASON, slope=-1.0)
    folder = world.paths.ensemble(OLDER)
    card = read_card(folder)
    window = card["training_window"] | {"last": "2024-w08"}
    write_json(folder / CARD, card | {"training_window": window})
    decision = automatic.decide(world)
    assert decision is not None
    assert decision.kind == "rejected"
    assert decision.sentence.startswith("Refused before the gate: ")
    assert "it knows what it is judged on" in decision.sentence
    assert spoken_version(world) == OLDER
