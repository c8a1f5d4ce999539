"""Alert episodes in words: since when, how bad, what happens next; and the state of a market."""

from datetime import datetime
from typing import Any

import polars as pl

from nfl_signals.markets.definitions import MARKETS
from nfl_signals.reports.weekly.series import Voice

Json = dict[str, Any]
LEVELS = ("none", "ok", "info", "warning", "critical")
NEXT = {
    "recalibration": "a recalibrated copy of the model is tried next, and speaks only if it is "
    "measurably better",
    "retraining": "a new model is trained next, and speaks only if it is measurably better",
}
BY_HAND = "nothing more happens by itself"
TO_DO = {
    "none": "nothing to do",
    "watch": "watch it; change nothing",
    "recalibrate": "let it be recalibrated",
    "retrain": "let it be retrained",
    "fall back to proxy": "set signal_source to proxy, so that the market's own prices speak",
}
GOOD, NO_GAMES = "all right", "too few games to tell"


def alert_records(alerts: pl.DataFrame) -> list[Json]:
    """Every episode, the open ones first, then the newest, with `title, series, since, next`."""
    gravity = pl.col("severity").replace_strict(
        {name: place for place, name in enumerate(LEVELS)}, return_dtype=pl.Int32
    )
    order = [pl.col("state") == "open", gravity, "opened_at", "alert_id"]
    rows = alerts.sort(order, descending=[True, True, True, False])
    return [_record(row) for row in rows.iter_rows(named=True)]


def grouped(records: list[Json], *, season: int, week: int) -> Json:
    """Episodes as of a report: `open` (all that stand), `opened` and `recovered` this week."""
    return {
        "open": [row for row in records if row["state"] == "open"],
        "opened": [
            row for row in records if (row["opened_season"], row["opened_week"]) == (season, week)
        ],
        "recovered": [
            row
            for row in records
            if row["state"] == "recovered"
            and (row["closed_season"], row["closed_week"]) == (season, week)
        ],
    }


def state_of(records: list[Json], voice: Voice | None) -> Json:
    """One market's state: `level` (of LEVELS), `word`, `action`, `to_do` and `sentence`.

    An open alert of production is always its market's state, even while the replay is shown.

    Args:
        records: of `alert_records`.
        voice: that counts for the market; None while none has been measured.
    """
    if voice is None:
        return _state("none", NO_GAMES, "none", "No game of this market has been measured yet.")
    mine = [row for row in records if row["state"] == "open" and _concerns(row, voice)]
    if not mine:
        return _state("ok", GOOD, "none", "No alert is open: as well calibrated as can be told.")
    worst = max(mine, key=lambda row: LEVELS.index(row["severity"]))
    return _state(worst["severity"], worst["severity"], worst["action"], worst["sentence"])


def _concerns(row: Json, voice: Voice) -> bool:
    mine = (row["book"], row["signal_source"]) == (voice.book, voice.signal_source)
    return bool(row["market"] == voice.market and (mine or row["book"] == "production"))


def _state(level: str, word: str, action: str, sentence: str) -> Json:
    to_do = TO_DO.get(action, action)
    return {"level": level, "word": word, "action": action, "to_do": to_do, "sentence": sentence}


def _record(row: Json) -> Json:
    series = Voice(**{name: row[name] for name in ("market", "book", "signal_source")})
    plain = {
        name: value.date().isoformat() if isinstance(value, datetime) else value
        for name, value in row.items()
    }
    until = {"open": "now", "ended": "its voice fell silent"}
    return plain | {
        "title": MARKETS[row["market"]].title,
        "series": series.short,
        "since": f"{row['opened_season']} week {row['opened_week']}",
        "until": until.get(row["state"]) or f"{row['closed_season']} week {row['closed_week']}",
        "next": "it is over"
        if row["state"] != "open"
        else NEXT.get(row["next_step"] or "", BY_HAND),
        "to_do": TO_DO.get(row["action"], row["action"]),
    }
