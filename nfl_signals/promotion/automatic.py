"""What is done by itself about an open alert: recalibrate, then retrain, then leave it to a person.

Each step is judged by the gate and written into the history with the alert that caused it, won or
lost; the alert's next step follows from that (`alerts/episodes.py`). So a step is never done twice for one
episode, whoever starts it, and a process killed before its decision was written has done nothing.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from nfl_signals.alerts.steps import AlertState, SeriesStatus, current_alerts
from nfl_signals.calibration.recalibration import RecalibrationMap, fit_recalibration, prequential
from nfl_signals.core.errors import InputError, IntegrityError
from nfl_signals.markets.definitions import MarketName
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.champion import CHAMPION_SOURCE
from nfl_signals.predictions.upcoming import append_walk_forward
from nfl_signals.promotion.comparison import Book, paired, pairs_of, refuse_too_good
from nfl_signals.promotion.gate import GateReport, judge
from nfl_signals.promotion.measures import PAIRS_SCHEMA, week_codes
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision, Kind, Step
from nfl_signals.registry.model_card import read_card
from nfl_signals.training.recalibrated_copies import recalibrated_copy, training_window
from nfl_signals.workspace.market_games import latest_version
from nfl_signals.workspace.run_context import RunContext

Floats = NDArray[np.float64]

RECALIBRATION: Step = "recalibration"
RETRAINING: Step = "retraining"
KINDS: Mapping[str, Kind] = {
    "promote": "promoted",
    "reject": "rejected",
    "insufficient": "insufficient",
}
WALK_FORWARD = Book(signal_source="model", book="learning")
WARM_UP_WEEKS = 2  # of a model's games: they teach the first recalibration and judge none


@dataclass(frozen=True, kw_only=True)
class PendingStep:
    """One step that an open alert asks for now.

    Attributes:
        alert_id: of the alert.
        market: that it is about.
        step: recalibration or retraining.
        week: of the newest graded games, e.g. 2024-w09: a step that failed is due again a week on.
    """

    alert_id: str
    market: MarketName
    step: str
    week: str


def pending_steps(context: RunContext, found: AlertState | None = None) -> list[PendingStep]:
    """Steps that open alerts of book production ask for now, all of one kind; recalibration first.

    A step waits until the gate can tell: until the model has spoken for `gate.min_weeks` weeks, and
    a retraining until `monitor.cooldown_days` after the last one that an alert caused. Nothing is due
    where the settings pin a version or the proxy: a promotion would not be heard.
    """
    if context.settings.signal_source != CHAMPION_SOURCE:
        return []  # a person has said who speaks
    found = found or current_alerts(context)
    asked = [each for each in found.statuses() if each.next_step and _enough_games(context, each)]
    steps = {each.next_step for each in asked}
    step = RECALIBRATION if RECALIBRATION in steps else RETRAINING
    if step == RETRAINING and _cooling_down(context):
        return []
    return [
        PendingStep(alert_id=str(each.alert_id), market=each.market, step=step, week=each.week)
        for each in asked
        if each.next_step == step
    ]


def waiting_sentence(context: RunContext, standing: SeriesStatus) -> str:
    """What the next step of an alert waits for, as a sentence; empty where it waits for nothing."""
    if not standing.next_step or _enough_games(context, standing):
        return ""
    judged, gate = standing.weekly_games[WARM_UP_WEEKS:], context.settings.gate
    return (
        f" It waits until the gate can tell: {sum(judged)} of {gate.min_games} games in {len(judged)} of "
        f"{gate.min_weeks} weeks."
    )


def recalibrate(context: RunContext) -> Decision | None:
    """Recalibrate the champion on its own graded games where an alert asks for it.

    Judged prequentially: each week by the map of the weeks before it (`calibration/recalibration.py`).

    Returns:
        The decision as recorded; None where nothing is due.
    """
    asked = [each for each in pending_steps(context) if each.step == RECALIBRATION]
    if not asked:
        return None
    champion = str(
        decision_log.champion(decision_log.read(context.paths.history), as_of=context.as_of)
    )
    said = _forecasts_of(context, champion)
    focus = [each.market for each in asked]
    report = _answer(lambda: _judge(context, _against_itself(said, focus), focus))
    maps: dict[str, RecalibrationMap] = {
        name: fit_recalibration(*_numbers(said.filter(market=name))) for name in focus
    }
    card = recalibrated_copy(context, champion, maps, window=training_window(said))
    return _record(context, report, card, champion, RECALIBRATION, asked)


def decide(context: RunContext) -> Decision | None:
    """Let the gate judge the newest trained ensemble, in answer to the retrainings that are due.

    The challenger's word on played games is its recipe's walk-forward replay in the learning book,
    fitted on earlier seasons only; the champion's is what it said in production.

    Returns:
        The decision as recorded; None where the newest ensemble is champion or has been judged.
    """
    decisions = decision_log.read(context.paths.history, as_of=context.as_of)
    champion = decision_log.champion(decisions)
    challenger = latest_version(context.paths.ensemble("any").parent)
    asked = [each for each in pending_steps(context) if each.step == RETRAINING]
    judged = {each.version for each in decisions}
    if champion is None or challenger == champion or (challenger in judged and not asked):
        return None
    append_walk_forward(context)
    replay, focus = WALK_FORWARD.rows(graded_ledger(context)), [each.market for each in asked]
    record = replay.drop_nulls("y").rename({"p_hat": "p_challenger"})
    report = _answer(
        lambda: _judge(context, _against_walk_forward(context, champion), focus, record=record)
    )
    card = read_card(context.paths.ensemble(challenger))
    return _record(context, report, card, champion, RETRAINING, asked)


def _answer(ask: Callable[[], GateReport]) -> GateReport:
    """What the gate says; a leak is an answer too, and stops nobody who speaks."""
    try:
        return ask()
    except IntegrityError as leak:
        said = f"Refused before the gate: {leak}"
        return GateReport(answer="reject", sentence=said, findings=(), n_games=0, n_weeks=0)


def _judge(
    context: RunContext,
    pairs: pl.DataFrame,
    focus: Sequence[MarketName],
    *,
    record: pl.DataFrame | None = None,
) -> GateReport:
    settings = context.settings
    refuse_too_good(pairs, settings.gate, seed=settings.seed)
    return judge(
        pairs,
        settings.gate,
        focus=focus or None,
        seed=settings.seed,
        monitor=settings.monitor,
        record=record,
    )


def _record(
    context: RunContext,
    report: GateReport,
    card: Mapping[str, Any],
    champion: str,
    step: Step,
    asked: Sequence[PendingStep],
) -> Decision:
    version, kind = str(card["model_version"]), KINDS[report.answer]
    decision = Decision(
        at=context.as_of,
        kind=kind,
        version=version,
        model_hash=str(card["model_hash"]),
        champion=version if kind == "promoted" else champion,
        step=step,
        alerts=tuple(each.alert_id for each in asked),
        sentence=report.sentence,
        measures={"findings": [asdict(each) for each in report.findings]},
    )
    return decision_log.record(context.paths.history, decision, expected_champion=champion)


def _forecasts_of(context: RunContext, version: str) -> pl.DataFrame:
    """Graded forecasts of a version in production, in time order."""
    graded = graded_ledger(context)
    rows = Book(signal_source="model", book="production", model_version=version).rows(graded)
    return rows.sort("season", "week", "kickoff_at", "game_id")


def _against_itself(said: pl.DataFrame, focus: Sequence[str]) -> pl.DataFrame:
    """The champion against what recalibration would have made of it, without the weeks of warm-up."""
    parts = []
    for (market,), rows in said.group_by("market", maintain_order=True):
        p, y = _numbers(rows)
        p_new = prequential(p, y, week_codes(rows)) if market in focus else p
        leans = [(pl.Series(each) - rows["p_market"]).sign() for each in (p_new, p)]
        value = rows["closing_line_value"] * leans[0] * leans[1]
        parts.append(rows.with_columns(p_hat=pl.Series(p_new), closing_line_value=value))
    taught = said.select("season", "week").unique().sort("season", "week").head(WARM_UP_WEEKS)
    return paired(said, pl.concat(parts)).join(taught, on=["season", "week"], how="anti")


def _against_walk_forward(context: RunContext, champion: str) -> pl.DataFrame:
    voice = Book(signal_source="model", book="production", model_version=champion)
    try:
        return pairs_of(context, voice, WALK_FORWARD)
    except InputError:  # they share no game yet
        return PAIRS_SCHEMA.to_frame()


def _numbers(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Stated probabilities, and outcomes with NaN for a push."""
    return rows["p_hat"].to_numpy(), rows["y"].fill_null(float("nan")).to_numpy()


def _enough_games(context: RunContext, standing: SeriesStatus) -> bool:
    """Whether there are games enough for the gate, those left aside that only teach."""
    judged, gate = standing.weekly_games[WARM_UP_WEEKS:], context.settings.gate
    return len(judged) >= gate.min_weeks and sum(judged) >= gate.min_games


def _cooling_down(context: RunContext) -> bool:
    """Whether an alert caused a retraining only lately."""
    since = context.as_of - timedelta(days=context.settings.monitor.cooldown_days)
    return any(
        each.step == RETRAINING and each.alerts and since < each.at
        for each in decision_log.read(context.paths.history, as_of=context.as_of)
    )
