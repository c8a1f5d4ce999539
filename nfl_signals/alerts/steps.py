"""Steps of alerting: the alert state of the ledger as it is now, its table, and notifications.

The alert state is computed from ledger, results and decision log: nothing that an interrupted run
left behind can open an episode twice or lose one.
"""

import logging

import polars as pl

from nfl_signals.alerts.delivery import deliver, open_sender
from nfl_signals.alerts.episodes import ALERTS_SCHEMA
from nfl_signals.alerts.series_status import AlertState, alert_state_of
from nfl_signals.core.files import write_parquet
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA, evidence_path
from nfl_signals.workspace.run_context import RunContext

_log = logging.getLogger(__name__)


def alert_state(context: RunContext) -> AlertState:
    """Evidence and episodes as the ledger is now; stores nothing."""
    if not context.paths.ledger.exists():
        return AlertState(evidence=EVIDENCE_SCHEMA.to_frame(), alerts=ALERTS_SCHEMA.to_frame())
    evidence = context.derive(evidence_path, graded_ledger(context))
    policy = context.settings.monitor
    return context.derive(alert_state_of, evidence, context.decisions, policy)


def update_alerts(context: RunContext) -> pl.DataFrame:
    """Store the alerts table, `episodes.ALERTS_SCHEMA`, and return it."""
    alerts = alert_state(context).alerts
    write_parquet(context.paths.alerts, alerts)
    _log.info("alerts: %d episodes, %d open", alerts.height, alerts.filter(state="open").height)
    return alerts


def send_alerts(context: RunContext) -> str:
    """Notify the addresses of `monitor.notify` of what is new in the stored alerts table.

    Returns what was sent and what was not, in words.

    Raises:
        SettingsError: an address cannot be used.
    """
    policy = context.settings.monitor
    if policy.notify is None:
        return "nobody to notify: monitor.notify is not set"
    alerts, send = context.read(context.paths.alerts), open_sender(policy.notify)
    report = deliver(context.paths.deliveries, alerts, send, attempts=policy.notify_attempts)
    _log.info("notifications: %s", report.sentence)
    return report.sentence
