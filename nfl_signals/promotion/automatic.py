"""Automatic steps against an open alert: recalibrate, then retrain, then leave it to a person.

Each step is judged by the gate and written into the decision log with the alert that caused it, won or
lost; the alert's next step follows from that (`alerts/episodes.py`). So a step is never done twice for
one episode, whoever starts it, and a process killed before its decision was written has done nothing.
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from typing import Any

import polars as pl

from nfl_signals.alerts.series_status import SeriesStatus
from nfl_signals.alerts.steps import alert_state
from nfl_signals.calibration.recalibration import RecalibrationMap, fit_recalibration, prequential
from nfl_signals.core.errors import IntegrityError
from nfl_signals.core.setting_sections import GateSettings
from nfl_signals.markets.definitions import MarketName
from nfl_signals.monitoring.noted import ledger_head, require_noted_heads
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.predictions.champion import CHAMPION_SOURCE, trained_by_then
from nfl_signals.predictions.upcoming import append_walk_forward
from nfl_signals.promotion.books import STANDS_IN, WALK_FORWARD, forecast_by, paired, production
from nfl_signals.promotion.comparison import judge_pair, pairs_of
from nfl_signals.promotion.gate import GateReport
from nfl_signals.promotion.measures import week_codes
from nfl_signals.promotion.stand_in import stand_in_for
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import LEDGER_HEAD, Decision, Kind, Step
from nfl_signals.registry.model_card import read_card
from nfl_signals.stats.arrays import Floats
from nfl_signals.training.recalibrated_copies import recalibrated_copy, training_window
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


RECALIBRATION: Step = "recalibration"
RETRAINING: Step = "retraining"
KINDS: Mapping[str, Kind] = {
    "promote": "promoted",
    "reject": "rejected",
    "insufficient": "insufficient",
}
WARM_UP_WEEKS = 2  # of a model's games: the first recalibration is fitted on them; they judge none


@dataclass(frozen=True, kw_only=True)
class PendingStep:
    """One step that an open alert needs now."""

    alert_id: str
    market: MarketName
    step: str  # recalibration or retraining
    week: str  # of the newest graded games, e.g. 2024-w09: a failed step is pending again a week on


def pending_steps(context: RunContext) -> list[PendingStep]:
    """Steps that open alerts of book production need now, all of one kind; recalibration first.

    A step waits until the gate has games enough: until the model has been served for `gate.min_weeks`
    weeks, and a retraining until `monitor.cooldown_days` after the last one that an alert caused.
    Nothing is pending where the settings pin a version or the proxy, as a promotion would not be served, nor
    in a backdated run.
    """
    if context.settings.signal_source != CHAMPION_SOURCE:
        return []  # a person has decided what is served
    if context.moment.backdated:
        return []  # it looks at the past, and answers no alert of today
    gate, statuses = context.settings.gate, alert_state(context).statuses()
    ready = [each for each in statuses if each.next_step and _enough(each, gate)]
    steps = {each.next_step for each in ready}
    step = RECALIBRATION if RECALIBRATION in steps else RETRAINING
    since = context.as_of - timedelta(days=context.settings.monitor.cooldown_days)
    retrained = [each.at for each in context.decisions if each.step == RETRAINING and each.alerts]
    if step == RETRAINING and max(retrained, default=since) > since:
        return []
    return [
        PendingStep(alert_id=str(each.alert_id), market=each.market, step=step, week=each.week)
        for each in ready
        if each.next_step == step
    ]


def waiting_sentence(status: SeriesStatus, gate: GateSettings) -> str:
    """What the next step of an alert waits for, as a sentence; empty where it waits for nothing."""
    if not status.next_step or _enough(status, gate):
        return ""
    judged = status.weekly_games[WARM_UP_WEEKS:]
    return (
        f" It waits until the gate can decide: {sum(judged)} of {gate.min_games} games in "
        f"{len(judged)} of {gate.min_weeks} weeks."
    )


def recalibrate(context: RunContext) -> Decision | None:
    """Recalibrate the champion on its own graded games where an alert needs it.

    Judged prequentially: each week by the map of the weeks before it (`calibration/recalibration.py`).

    Returns the decision as recorded; None where nothing is pending.
    """
    pending = [each for each in pending_steps(context) if each.step == RECALIBRATION]
    if not pending:
        _log.info("recalibration: no alert needs one now")
        return None
    require_noted_heads(context)
    champion = str(decision_log.champion(context.decisions))
    focus = [each.market for each in pending]
    graded = production(champion).rows(graded_ledger(context))
    forecasts = graded.sort("season", "week", "kickoff_at", "game_id")
    pairs = _against_itself(forecasts, focus)
    report = _answer(lambda: judge_pair(pairs, context.settings, focus=focus))
    maps: dict[str, RecalibrationMap] = {
        name: fit_recalibration(*_numbers(forecasts.filter(market=name))) for name in focus
    }
    card = recalibrated_copy(context, champion, maps, window=training_window(forecasts))
    alerts = tuple(each.alert_id for each in pending)
    return _record(context, report, card, champion, RECALIBRATION, alerts)


def decide(context: RunContext) -> Decision | None:
    """Judge the newest trained ensemble by the gate, in answer to the retrainings that are pending.

    Both answer the same questions: the champion in production, the challenger beside it in the shadow
    book, and its recipe where it was not there yet, fitted on earlier seasons only and asked at the
    champion's lines, prices and moments (`promotion/stand_in.py`).

    Where the evidence was insufficient it is asked again, week by week, until it decides; it says so once.

    Returns the decision as recorded; None where there is nothing to judge, or still no answer, and in a
    backdated run, which changes nothing that is served.
    """
    if context.moment.backdated:
        _log.info("gate: nothing is judged as of %s, a backdated run", context.as_of.isoformat())
        return None
    champion = decision_log.champion(context.decisions)
    newest = next(reversed(trained_by_then(context)), None)
    pending = [each for each in pending_steps(context) if each.step == RETRAINING]
    before = [each for each in context.decisions if each.version == newest]
    undecided = bool(before) and before[-1].kind == "insufficient"
    if newest is None or champion in (None, newest) or (before and not pending and not undecided):
        _log.info("gate: nothing to judge; champion %s, newest %s", champion or "none", newest)
        return None
    append_walk_forward(context)
    stand_in_for(context, newest, against=champion)
    alerts = tuple(each.alert_id for each in pending) or (before[-1].alerts if before else ())
    focus = [each.market for each in alert_state(context).statuses() if each.alert_id in alerts]
    forecasts = WALK_FORWARD.rows(graded_ledger(context)).drop_nulls("y")
    record = forecasts.rename({"p_hat": "p_challenger"})

    def judged_pairs() -> GateReport:
        pairs = pairs_of(context, (production(champion),), (forecast_by(newest), STANDS_IN))
        own = pairs_of(context, (production(champion),), (forecast_by(newest),)).height
        report = judge_pair(pairs, context.settings, focus=focus, record=record)
        return replace(report, sentence=f"{report.sentence} {_whose(own, pairs.height)}")

    report = _answer(judged_pairs)
    if undecided and not pending and report.answer == "insufficient":
        _log.info("gate: %s is still undecided; %s", newest, report.sentence)
        return None
    card = read_card(context.paths.ensemble(newest))
    return _record(context, report, card, champion, RETRAINING, alerts)


def _whose(own: int, n: int) -> str:
    """Whose forecasts were judged, as a sentence."""
    if own == n:
        return f"All {n} forecasts are its own."
    return (
        f"{own} of {n} forecasts are its own; the others are of its recipe at the champion's lines and "
        "prices, fitted on the seasons before each game's, which is not the champion's training window."
    )


def _answer(judged: Callable[[], GateReport]) -> GateReport:
    """The gate's report; a leak rejects, and stops no model that is served."""
    try:
        return judged()
    except IntegrityError as leak:
        sentence = f"Refused before the gate: {leak}"
        return GateReport(answer="reject", sentence=sentence, findings=(), n_games=0, n_weeks=0)


def _record(
    context: RunContext,
    report: GateReport,
    card: Mapping[str, Any],
    champion: str,
    step: Step,
    alerts: tuple[str, ...],
) -> Decision:
    version, kind = str(card["model_version"]), KINDS[report.answer]
    decision = Decision(
        at=context.as_of,
        kind=kind,
        version=version,
        model_hash=str(card["model_hash"]),
        champion=version if kind == "promoted" else champion,
        step=step,
        alerts=alerts,
        sentence=report.sentence,
        measures={
            "findings": [asdict(each) for each in report.findings],
            LEDGER_HEAD: ledger_head(context),
        },
    )
    games = f"{report.n_games} games in {report.n_weeks} weeks"
    _log.info("%s of %s: %s on %s", step, version, kind, games)
    return decision_log.record(context.paths.history, decision, expected_champion=champion)


def _against_itself(forecasts: pl.DataFrame, focus: Sequence[str]) -> pl.DataFrame:
    """The champion against its recalibrated self, without the weeks of warm-up."""
    parts = []
    for (market,), rows in forecasts.group_by("market", maintain_order=True):
        p, y = _numbers(rows)
        p_new = prequential(p, y, week_codes(rows)) if market in focus else p
        leans = [(pl.Series(each) - rows["p_market"]).sign() for each in (p_new, p)]
        value = rows["closing_line_value"] * leans[0] * leans[1]
        parts.append(rows.with_columns(p_hat=pl.Series(p_new), closing_line_value=value))
    warm_up = forecasts.select("season", "week").unique().sort("season", "week").head(WARM_UP_WEEKS)
    return paired(forecasts, pl.concat(parts)).join(warm_up, on=["season", "week"], how="anti")


def _numbers(rows: pl.DataFrame) -> tuple[Floats, Floats]:
    """Stated probabilities, and outcomes with NaN for a push."""
    return rows["p_hat"].to_numpy(), rows["y"].fill_null(float("nan")).to_numpy()


def _enough(status: SeriesStatus, gate: GateSettings) -> bool:
    """Whether there are games enough for the gate, those of the warm-up left aside."""
    judged = status.weekly_games[WARM_UP_WEEKS:]
    return len(judged) >= gate.min_weeks and sum(judged) >= gate.min_games
