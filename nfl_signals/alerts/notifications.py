"""Notifications of alert episodes, in words for a phone.

When an episode opens, escalates and is over is `episodes.py`; what has been sent is `outbox.py`.
"""

from dataclasses import dataclass
from typing import Any, Literal

import polars as pl

from nfl_signals.markets.definitions import MARKETS

EventName = Literal["opened", "escalated", "recovered", "ended"]

NOTIFIED = ("warning", "critical")
HEADLINES: dict[EventName, str] = {
    "opened": "calibration {severity}",
    "escalated": "calibration needs a person",
    "recovered": "calibration is good again",
    "ended": "alarm over, no longer served",
}
ENDINGS: tuple[EventName, ...] = ("recovered", "ended")


@dataclass(frozen=True, kw_only=True)
class Event:
    """One message about one episode; `closed`: the episode is over by now."""

    alert_id: str
    event: EventName
    market: str
    title: str
    body: str
    closed: bool


def events(alerts: pl.DataFrame) -> list[Event]:
    """Notifications of warnings and worse about production, in order of opening.

    `alerts` are `episodes.ALERTS_SCHEMA`. Opened for every warning; escalated, recovered or ended (its
    series is no longer served) where that followed. None for severity info and for other books.
    """
    notified = alerts.filter(
        pl.col("severity").is_in(NOTIFIED), pl.col("warned_at").is_not_null(), book="production"
    ).sort("opened_at", "alert_id")
    return [
        _event(row, name)
        for row in notified.iter_rows(named=True)
        for name in HEADLINES
        if name == "opened" or (row["escalated"] if name == "escalated" else row["state"] == name)
    ]


def _event(row: dict[str, Any], name: EventName) -> Event:
    todo = "" if name in ENDINGS else f"What to do: {row['action']}.\n"
    since = f"{row['opened_season']} week {row['opened_week']} ({row['opened_at']:%Y-%m-%d})"
    return Event(
        alert_id=row["alert_id"],
        event=name,
        market=row["market"],
        title=f"{MARKETS[row['market']].title}: {HEADLINES[name].format(**row)}",
        body=f"{row['sentence']}\n{todo}Since {since}, served by {row['model_version']}.",
        closed=row["state"] in ENDINGS,
    )
