"""Alert episodes as the monitors store them."""

from datetime import UTC, datetime

import polars as pl

from nfl_signals.alerts.episodes import ALERTS_SCHEMA

OPENED = datetime(2024, 10, 8, 3, tzinfo=UTC)
CLOSED = datetime(2024, 11, 19, 3, tzinfo=UTC)
ROW = {
    "alert_id": "a1",
    "market": "moneyline",
    "book": "production",
    "signal_source": "champion",
    "model_version": "model_v202405",
    "severity": "warning",
    "state": "open",
    "action": "retrain",
    "next_step": "retraining",
    "escalated": False,
    "opened_season": 2024,
    "opened_week": 5,
    "opened_at": OPENED,
    "warned_at": OPENED,
    "sentence": "Off by 8 points for 14 days.",
}
OVER = {"state": "recovered", "closed_season": 2024, "closed_week": 11, "closed_at": CLOSED}


def alerts(*rows: dict[str, object]) -> pl.DataFrame:
    """A frame of `ALERTS_SCHEMA`; each row changes a warning on the moneyline."""
    return pl.DataFrame([ROW | row for row in rows], schema=ALERTS_SCHEMA)
