"""Alert episodes of the ledger as it is now, and what they mean for those who speak.

Everything here is computed from ledger, results and history: nothing that an interrupted run left
behind can open an episode twice or lose one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nfl_signals.alerts.delivery import deliver, open_sender
from nfl_signals.alerts.episodes import ALERTS_SCHEMA, MIN_GAMES, STEPS_TAKEN_SCHEMA, episodes
from nfl_signals.alerts.wording import status_sentence
from nfl_signals.core.files import read_parquet, write_parquet
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.rolling_windows import SERIES
from nfl_signals.monitoring.steps import graded_ledger
from nfl_signals.monitoring.weekly_evidence import EVIDENCE_SCHEMA, evidence_path
from nfl_signals.registry import decision_log
from nfl_signals.registry.decision_log import Decision
from nfl_signals.workspace.run_context import RunContext

UNMONITORED = "unmonitored"
"""`period_flag` until production has enough graded games; then 'ok' or an open alert's severity."""
OK = "ok"
ALERT_STEPS = ("recalibration", "retraining")
"""Steps that answer alerts."""


@dataclass(frozen=True, kw_only=True)
class SeriesStatus:
    """How one voice of book production stands with one market.

    Attributes:
        market: one of `markets.MARKETS`.
        signal_source: model or proxy.
        flag: unmonitored, ok, or the severity of its open alert.
        error: calibration error of the season so far, debiased, probability.
        evidence: e-value.
        n_games: behind them.
        week: of its newest graded games, e.g. 2024-w09.
        weekly_games: graded games of each week since its model began to speak.
        days_over: days that the error has stood over the limit; 0 without an alert.
        next_step: recalibration, retraining or None.
        alert_id: of its open alert, or None.
        sentence: all of it in words.
    """

    market: MarketName
    signal_source: str
    flag: str
    error: float
    evidence: float
    n_games: int
    week: str
    weekly_games: tuple[int, ...]
    days_over: int
    next_step: str | None
    alert_id: str | None
    sentence: str

    @property
    def alarming(self) -> bool:
        """Whether an alert of severity warning or critical is open."""
        return self.flag not in {UNMONITORED, OK, "info"}


@dataclass(frozen=True, kw_only=True)
class AlertState:
    """The evidence path of the ledger and the episodes on it."""

    path: pl.DataFrame
    alerts: pl.DataFrame

    def statuses(self) -> list[SeriesStatus]:
        """Production voices that spoke in their market's latest graded week, by market."""
        spoke = self.path.filter(pl.col("book") == "production")
        one_model = spoke.group_by(*SERIES, "segment", maintain_order=True).agg(
            pl.exclude("n_week").last(), weekly_games=pl.col("n_week")
        )
        last = one_model.group_by(SERIES, maintain_order=True).last()
        code = pl.col("season") * 100 + pl.col("week")
        current = last.filter(code == code.max().over("market"))
        found = self.alerts.filter(pl.col("state") == "open")
        rows = current.join(found, on=SERIES, how="left", validate="1:1", suffix="_alert")
        order = {name: place for place, name in enumerate(MARKETS)}
        return sorted(
            map(_status, rows.iter_rows(named=True)),
            key=lambda standing: (order[standing.market], standing.signal_source),
        )

    def flags(self) -> dict[tuple[str, str], str]:
        """`period_flag` of every market and signal source that has been monitored."""
        return {(each.market, each.signal_source): each.flag for each in self.statuses()}


def current_alerts(context: RunContext) -> AlertState:
    """Evidence and episodes as the ledger is now; stores nothing."""
    if not context.paths.ledger.exists():
        path = EVIDENCE_SCHEMA.to_frame()
        return AlertState(path=path, alerts=ALERTS_SCHEMA.to_frame())
    return alerts_of(context, graded_ledger(context))


def alerts_of(context: RunContext, graded: pl.DataFrame) -> AlertState:
    """Evidence and episodes of graded predictions, and what was done about them until now."""
    path = evidence_path(graded)
    known = decision_log.read(context.paths.history, as_of=context.as_of)
    done = steps_taken(known)
    return AlertState(path=path, alerts=episodes(path, done, policy=context.settings.monitor))


def update_alerts(context: RunContext) -> pl.DataFrame:
    """Store the alerts table.

    Returns:
        `episodes.ALERTS_SCHEMA`.
    """
    alerts = current_alerts(context).alerts
    write_parquet(context.paths.alerts, alerts)
    return alerts


def send_alerts(context: RunContext) -> str:
    """Tell those whom `monitor.notify` names of what is new in the stored alerts table.

    Returns:
        What was sent and what was not, in words.

    Raises:
        SettingsError: an address cannot be used.
    """
    policy = context.settings.monitor
    if policy.notify is None:
        return "nobody to tell: monitor.notify is not set"
    alerts, send = read_parquet(context.paths.alerts), open_sender(policy.notify)
    report = deliver(context.paths.deliveries, alerts, send, attempts=policy.notify_attempts)
    return report.sentence


def _status(row: dict[str, Any]) -> SeriesStatus:
    alert = row["alert_id"]
    enough = row["n_season"] >= MIN_GAMES
    return SeriesStatus(
        market=row["market"],
        signal_source=row["signal_source"],
        flag=row["severity"] if alert else OK if enough else UNMONITORED,
        error=row["season_error"],
        evidence=row["e_value"],
        n_games=row["n_season"],
        week=f"{row['season']}-w{row['week']:02d}",
        weekly_games=tuple(row["weekly_games"]),
        days_over=row["days_over"] or 0,
        next_step=row["next_step"],
        alert_id=alert,
        sentence=row["sentence"] or status_sentence(row),
    )


def steps_taken(decisions: Sequence[Decision]) -> pl.DataFrame:
    """What was tried against each alert and how it ended, as `episodes.STEPS_TAKEN_SCHEMA`."""
    rows = [
        (alert, each.at, each.step, each.kind)
        for each in decisions
        if each.step in ALERT_STEPS
        for alert in each.alerts
    ]
    return pl.DataFrame(rows, schema=STEPS_TAKEN_SCHEMA, orient="row")
