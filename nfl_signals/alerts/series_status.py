"""Status of every monitored series of book production: its flag, its open alert, what comes next."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from nfl_signals.alerts.episodes import MIN_GAMES, STEPS, STEPS_TAKEN_SCHEMA, episodes
from nfl_signals.alerts.wording import status_sentence
from nfl_signals.core.setting_sections import MonitorSettings
from nfl_signals.markets.definitions import MARKETS, MarketName
from nfl_signals.monitoring.rolling_windows import SERIES
from nfl_signals.registry.decision_log import Decision

UNMONITORED = "unmonitored"
"""`period_flag` until production has enough graded games; then 'ok' or an open alert's severity."""
OK = "ok"


@dataclass(frozen=True, kw_only=True)
class SeriesStatus:
    """Status of one series of book production: a market, forecast by model or proxy."""

    market: MarketName
    signal_source: str
    flag: str  # unmonitored, ok, or the severity of its open alert
    error: float  # calibration error of the season so far, debiased, probability
    evidence: float  # e-value
    n_games: int  # behind them
    week: str  # of its newest graded games, e.g. 2024-w09
    weekly_games: tuple[int, ...]  # graded games of each week since its model has been served
    days_over: int  # that the error has been over the limit; 0 without an alert
    next_step: str | None  # recalibration, retraining
    alert_id: str | None  # of its open alert
    sentence: str

    @property
    def alarming(self) -> bool:
        """Whether an alert of severity warning or critical is open."""
        return self.flag not in {UNMONITORED, OK, "info"}


@dataclass(frozen=True, kw_only=True, eq=False)
class AlertState:
    """The evidence of every series, week by week, and the alert episodes on it."""

    evidence: pl.DataFrame  # EVIDENCE_SCHEMA
    alerts: pl.DataFrame  # ALERTS_SCHEMA

    def statuses(self) -> list[SeriesStatus]:
        """Production series that forecast their market's latest graded week, by market."""
        production = self.evidence.filter(book="production")
        one_model = production.group_by(*SERIES, "segment", maintain_order=True).agg(
            pl.exclude("n_week").last(), weekly_games=pl.col("n_week")
        )
        last = one_model.group_by(SERIES, maintain_order=True).last()
        code = pl.col("season") * 100 + pl.col("week")
        current = last.filter(code == code.max().over("market"))
        opened = self.alerts.filter(state="open")
        rows = current.join(opened, on=SERIES, how="left", validate="1:1", suffix="_alert")
        return sorted(
            map(_status, rows.iter_rows(named=True)),
            key=lambda status: (list(MARKETS).index(status.market), status.signal_source),
        )

    def flags(self) -> dict[tuple[str, str], str]:
        """`period_flag` of every market and signal source that has been monitored."""
        return {(each.market, each.signal_source): each.flag for each in self.statuses()}


def alert_state_of(
    evidence: pl.DataFrame, decisions: Sequence[Decision], policy: MonitorSettings
) -> AlertState:
    """Episodes on the evidence, given what was done about them until now."""
    return AlertState(
        evidence=evidence, alerts=episodes(evidence, steps_taken(decisions), policy=policy)
    )


def steps_taken(decisions: Sequence[Decision]) -> pl.DataFrame:
    """What was tried against each alert and how it ended, as `episodes.STEPS_TAKEN_SCHEMA`."""
    rows = [
        (alert, each.at, each.step, each.kind)
        for each in decisions
        if each.step in STEPS
        for alert in each.alerts
    ]
    return pl.DataFrame(rows, schema=STEPS_TAKEN_SCHEMA, orient="row")


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
