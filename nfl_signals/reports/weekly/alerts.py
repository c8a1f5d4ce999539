"""Alert episodes in words: since when, how bad, what happens next; and the state of a market."""

from datetime import datetime

import polars as pl

from nfl_signals.core.files import Json
from nfl_signals.markets.definitions import MARKETS
from nfl_signals.monitoring.rolling_windows import SERIES
from nfl_signals.reports.weekly.series import SeriesLabel

LEVELS = ("none", "ok", "info", "warning", "critical")
NEXT = {
    "recalibration": "a recalibrated copy of the model is tried; it serves only if it is measurably "
    "better",
    "retraining": "a new model is trained; it serves only if it is measurably better",
}
BY_HAND = "nothing more happens by itself"
TO_DO = {
    "none": "nothing to do",
    "watch": "watch it; change nothing",
    "recalibrate": "let it be recalibrated",
    "retrain": "let it be retrained",
    "fall back to proxy": "set signal_source to proxy, so that the market's own prices are served",
}
UNTIL = {"open": "now", "ended": "it was no longer served"}
NOTHING_TO_DO = {"action": "none", "to_do": TO_DO["none"]}
NO_GAMES = NOTHING_TO_DO | {
    "level": "none",
    "word": "too few games to judge",
    "sentence": "No game of this market has been measured yet.",
}
ALL_RIGHT = NOTHING_TO_DO | {
    "level": "ok",
    "word": "all right",
    "sentence": "No alert is open; no miscalibration is detected.",
}


def alert_records(alerts: pl.DataFrame) -> list[Json]:
    """Every episode, the open ones first, then the gravest, then the newest.

    Returns ALERTS_SCHEMA with dates as text, and in words `title, series, since, until, next,
    to_do`.
    """
    gravity = pl.col("severity").cast(pl.Enum(LEVELS)).to_physical()
    rows = alerts.sort(
        pl.col("state") == "open", gravity, "opened_at", "alert_id",
        descending=[True, True, True, False],
    )  # fmt: skip
    return [_record(row) for row in rows.to_dicts()]


def _record(row: Json) -> Json:
    dated = {
        name: value.date().isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    is_open = row["state"] == "open"
    return dated | {
        "title": MARKETS[row["market"]].title,
        "series": SeriesLabel(**{name: row[name] for name in SERIES}).described()["short"],
        "since": f"{row['opened_season']} week {row['opened_week']}",
        "until": UNTIL.get(row["state"]) or f"{row['closed_season']} week {row['closed_week']}",
        "next": NEXT.get(row["next_step"], BY_HAND) if is_open else "it is over",
        "to_do": TO_DO.get(row["action"], row["action"]),
    }


def grouped(records: list[Json], *, season: int, week: int) -> Json:
    """Episodes as of a report: every `open` one, and those `opened` and `recovered` this week."""

    def this_week(row: Json, end: str) -> bool:
        return (row[f"{end}_season"], row[f"{end}_week"]) == (season, week)

    recovered = [row for row in records if row["state"] == "recovered"]
    return {
        "open": [row for row in records if row["state"] == "open"],
        "opened": [row for row in records if this_week(row, "opened")],
        "recovered": [row for row in recovered if this_week(row, "closed")],
    }


def state_of(records: list[Json], series: SeriesLabel | None) -> Json:
    """One market's state: `level` (of LEVELS), `word`, `action`, `to_do` and `sentence`.

    An open alert of production is always its market's state, even while the walk-forward series is
    judged; without a series, none has been measured.
    """
    if series is None:
        return NO_GAMES
    mine = [row for row in records if row["state"] == "open" and _concerns(row, series)]
    if not mine:
        return ALL_RIGHT
    worst = max(mine, key=lambda row: LEVELS.index(row["severity"]))
    known = {name: worst[name] for name in ("action", "to_do", "sentence")}
    return {"level": worst["severity"], "word": worst["severity"], **known}


def _concerns(row: Json, series: SeriesLabel) -> bool:
    same = (row["book"], row["signal_source"]) == (series.book, series.signal_source)
    return bool(row["market"] == series.market and (same or row["book"] == "production"))
